"""Resolve: which records are one person, and the id that this person keeps."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import an_engine, assert_rows, cells, hold, holding, table
from regpipe.fields import CUSTOMER_FIELDS
from regpipe.spec import Identity
from regpipe.sql import deltas, records, ties
from regpipe.sql import resolve as sql
from regpipe.sql.cells import sql_type
from regpipe.sql.keys import Keys, members_among
from regpipe.sql.name_cells import NAMES, joins_of_names, keys_of_names
from regpipe.sql.records import originals
from regpipe.sql.review import COLUMNS
from regpipe.sql.step import step
from regpipe.stages.canonical import ask_of_records
from regpipe.stages.resolve import resolve
from regpipe.stages.review import merge_questions

engine = pytest.fixture(an_engine)
holding = pytest.fixture(holding)

OTHERS = {
    "source": "'shop'",
    "external_id": "cast(row_number() over () as varchar)",
    "kind": "'registered'",
    "delivered_at": "timestamp '2024-05-01'",
    "fingerprint": "0",
    "file_id": "1",
    "row_number": "2",
}
NO_SCORE = "| source_a | external_id_a | source_b | external_id_b | score:double |"
NO_DECISION = "| source_a | external_id_a | source_b | external_id_b | decision |"


def put_incoming(engine, drawing):
    """Make ``incoming`` of the records drawn; what is left out is as in OTHERS."""
    header, _ = cells(drawing)
    engine.make(
        table(
            "drawing",
            drawing,
            **{name: sql for name, sql in OTHERS.items() if name not in header},
            **{
                name: f"cast(null as {sql_type(kind)})"
                for name, kind in CUSTOMER_FIELDS.items()
                if name not in header and name not in OTHERS
            },
        )
    )
    asked = ask_of_records(engine, {"drawing": NAMES})
    first, last = keys_of_names(NAMES, asked)
    engine.make(
        step(
            "incoming",
            f"""
            select
                d.*,
                row_number() over (order by source, external_id) as origin,
                {first} as first_key,
                {last} as last_key,
                vat_id as vat_key,
                org_number as org_key,
                {originals({})} as originals,
                cast(null as varchar) as undated
            from drawing d
            {" ".join(joins_of_names(NAMES, asked))}
            """,
        )
    )


def put_decisions(engine, *decided):
    """Make ``decisions_in_force``: pairs of external ids of the shop, and the word."""
    rows = "".join(f"\n| shop | {a} | shop | {b} | {word} |" for a, b, word in decided)
    engine.make(table("decisions_in_force", NO_DECISION + rows))
    engine.make(table("scores_in_force", NO_SCORE))


def together(engine):
    """Give who is one customer: a set of sets of external ids."""
    rows = engine.collect("select customer_id, external_id from identified").to_pylist()
    found = {}
    for row in rows:
        found.setdefault(row["customer_id"], set()).add(row["external_id"])
    return {frozenset(each) for each in found.values()}


def assert_persons(engine, drawing, *decided, **identity):
    """Say that records resolve to the persons in the column of that name."""
    put_incoming(engine, drawing)
    put_decisions(engine, *decided)
    outcome = resolve(engine, Identity(**identity), next_id=1, fresh=True, orders=False)
    drawn_rows = engine.collect("select person, external_id from drawing").to_pylist()
    persons = {}
    for row in drawn_rows:
        if row["person"] is not None:
            persons.setdefault(row["person"], set()).add(row["external_id"])
    assert together(engine) == {frozenset(each) for each in persons.values()}
    return outcome


# One mailbox, one first name each.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "Anna"),
        ("Anna", "ANNA"),
        ("André", "Andre"),
        ("Anna-Karin", "Anna Karin"),
        ("Kristina", "Christina"),
        ("Mattias", "Matthias"),
        ("A", "Anna"),
        ("A.", "Anna"),
        ("-", "Anna"),
        ("-", "-"),
    ],
)
def test_one_mailbox_and_first_names_that_may_be_one_make_one_person(
    engine, one, other
):
    assert_persons(
        engine,
        f"""
        | first_name | last_name | email | person |
        | {one}      | Berg      | a@x   | A      |
        | {other}    | Ek        | a@x   | A      |
        """,
    )


@pytest.mark.parametrize(
    ("one", "other"), [("Anna", "Bo"), ("Anna", "Karin"), ("B", "Anna"), ("Bo", "Åke")]
)
def test_a_family_with_one_mailbox_stays_a_family(engine, one, other):
    assert_persons(
        engine,
        f"""
        | first_name | last_name | email | person |
        | {one}      | Berg      | a@x   | A      |
        | {other}    | Berg      | a@x   | B      |
        """,
    )


def test_first_and_last_name_may_be_swapped(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | person |
        | Berg       | Bo        | a@x   | A      |
        | Bo         | Berg      | a@x   | A      |
        | Berg       | Bo        | b@x   | B      |
        | Bo         | Ek        | b@x   | C      |
        """,
    )


def test_a_name_that_fits_two_who_do_not_fit_each_other_joins_neither(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | person |
        | Anna       | Berg      | a@x   | A      |
        | Bo         | Berg      | a@x   | B      |
        | -          | Berg      | a@x   | C      |
        | Anna       | Ek        | b@x   | D      |
        | Anders     | Ek        | b@x   | E      |
        | A          | Ek        | b@x   | F      |
        """,
    )


def test_a_name_that_fits_others_who_fit_each_other_joins_them_all(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | person |
        | Anna       | Berg      | a@x   | A      |
        | A          | Berg      | a@x   | A      |
        | -          | -         | a@x   | A      |
        | Annah      | Berg      | a@x   | A      |
        """,
    )


def test_who_is_torn_under_one_key_may_belong_to_somebody_by_another(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | phone | person |
        | Anna       | Berg      | a@x   | -     | A      |
        | Bo         | Berg      | a@x   | +461  | B      |
        | -          | Berg      | a@x   | +461  | B      |
        """,
    )


def test_a_pet_form_a_second_name_and_a_slip_may_be_one_person(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | phone | person |
        | Bosse      | Berg      | +461  | A      |
        | Bo         | Berg      | +461  | A      |
        | Ida Maria  | Ek        | +462  | B      |
        | Ida        | Ek        | +462  | B      |
        | Ewa        | Holm      | +463  | C      |
        | Eva        | Holm      | +463  | C      |
        """,
    )


def test_with_a_phone_alone_the_last_names_have_a_say_with_a_mailbox_they_have_none(
    engine,
):
    assert_persons(
        engine,
        """
        | first_name | last_name | phone | email | person |
        | A          | Berg      | +461  | -     | A      |
        | Anna       | Ek        | +461  | -     | B      |
        | Anna       | Holm      | +462  | -     | C      |
        | Anna       | Lund      | +462  | -     | C      |
        | A          | Berg      | -     | a@x   | D      |
        | Anna       | Ek        | -     | a@x   | D      |
        """,
        match=[["phone"], ["email"]],
    )


def test_full_names_are_equal_with_the_columns_swapped(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | postcode | person |
        | Anna       | Berg      | 11122    | A      |
        | Berg       | Anna      | 11122    | A      |
        """,
    )


def test_phone_and_last_name_is_a_key_phone_alone_is_none(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | phone | person |
        | Anna       | Berg      | +461  | A      |
        | Anna       | BERG      | +461  | A      |
        | Anna       | Ek        | +461  | B      |
        | Anna       | -         | +461  | C      |
        | Bo         | Berg      | +461  | D      |
        """,
    )


def test_full_name_and_postcode_must_be_equal_but_for_case_accents_and_signs(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | postcode | person |
        | René       | d'Arc     | 11122    | A      |
        | RENE       | Darc      | 11122    | A      |
        | R          | Darc      | 11122    | B      |
        | René       | d'Arc     | 11123    | C      |
        | René       | d'Arc     | -        | D      |
        | -          | d'Arc     | 11122    | E      |
        """,
    )


def test_full_names_are_not_taken_apart_at_another_place(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | postcode | person |
        | Ann        | Aberg     | 11122    | A      |
        | Anna       | Berg      | 11122    | B      |
        """,
    )


@pytest.mark.parametrize("field", ["vat_id", "org_number", "company", "birth_date"])
def test_any_field_that_may_be_a_key_is_one_where_it_is_declared(engine, field):
    one, other = {
        "birth_date": ("1980-01-01", "1981-01-01"),
        "company": ("Bolaget AB", "BOLAGET ab"),
    }.get(field, ("X1", "X2"))
    same = field == "company"
    assert_persons(
        engine,
        f"""
        | first_name | last_name | {field} | person |
        | Anna       | Berg      | {one}   | A      |
        | Anna       | Ek        | {one}   | A      |
        | Anna       | Holm      | {other} | {"A" if same else "B"} |
        | Anna       | Lund      | -       | C      |
        """,
        match=[[field]],
    )


def test_a_chain_of_different_keys_is_one_person(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | phone | postcode | person |
        | Anna       | Berg      | a@x   | -     | -        | A      |
        | Anna       | Berg      | a@x   | +461  | -        | A      |
        | Anna       | Berg      | b@x   | +461  | 11122    | A      |
        | Anna       | Berg      | -     | -     | 11122    | A      |
        | Anna       | Berg      | c@x   | +462  | 11133    | B      |
        """,
    )


def test_records_of_several_sources_are_told_apart_by_source_and_id(engine):
    put_incoming(
        engine,
        """
        | source | external_id | first_name | email |
        | club   | 1           | Anna       | a@x   |
        | shop   | 1           | Anna       | b@x   |
        | shop   | 2           | Anna       | a@x   |
        """,
    )
    put_decisions(engine)
    resolve(engine, Identity(), next_id=7, fresh=True, orders=False)
    assert_rows(
        engine,
        "identified",
        """
        | source | external_id | customer_id | founder_of |
        | club   | 1           | 7           | 7          |
        | shop   | 1           | 8           | 8          |
        | shop   | 2           | 7           | -          |
        """,
    )


# What is no key.


def test_addresses_that_tell_nobody_apart_are_no_keys(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email         | phone  | person |
        | Anna       | Berg      | noreply@x.se  | -      | A      |
        | Anna       | Berg      | noreply@x.se  | -      | B      |
        | Anna       | Berg      | no_reply@x.se | -      | C      |
        | Anna       | Berg      | no_reply@x.se | -      | D      |
        | Anna       | Berg      | nocreply@x.se | -      | E      |
        | Anna       | Berg      | nocreply@x.se | -      | E      |
        | Anna       | Berg      | -             | +46000 | F      |
        | Anna       | Berg      | -             | +46000 | G      |
        | Anna       | Berg      | -             | +46001 | H      |
        | Anna       | Berg      | -             | +46001 | H      |
        """,
        never_match_on={"email": ["noreply@*", "no_reply@*"], "phone": "*000"},
    )


@pytest.mark.parametrize("sign", ["%", "_", "\\", "'"])
def test_a_glob_knows_no_sign_but_the_star(engine, sign):
    drawing = """
        | first_name | email  | person |
        | Anna       | a@x    | A      |
        | Anna       | a@x    | {0}    |
        | Anna       | a{1}@x | C      |
        | Anna       | a{1}@x | D      |
        """
    assert_persons(
        engine, drawing.format("A", sign), never_match_on={"email": [f"a{sign}@*"]}
    )


def test_a_mailbox_of_more_names_than_it_may_have_is_no_key_for_any_of_them(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | phone | person |
        | Anna       | Berg      | a@x   | -     | A      |
        | Anna       | Berg      | a@x   | +461  | B      |
        | Bo         | Berg      | a@x   | -     | C      |
        | Cia        | Berg      | a@x   | +461  | D      |
        | Cia        | Berg      | b@x   | +461  | D      |
        | Anna       | Ek        | b@x   | -     | E      |
        | Anna       | Ek        | b@x   | -     | E      |
        """,
        shared_above=2,
    )


def test_one_person_may_hold_a_mailbox_as_often_as_they_like(engine):
    rows = "| Anna | Berg | a@x | A |\n" * 6
    assert_persons(
        engine, f"| first_name | last_name | email | person |\n{rows}", shared_above=2
    )


def test_a_crowded_phone_is_no_part_of_a_key(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | phone | person |
        | Anna       | Berg      | +461  | A      |
        | Anna       | Berg      | +461  | B      |
        | Bo         | Ek        | +461  | C      |
        | Cia        | Holm      | +461  | D      |
        """,
        shared_above=2,
    )


# Clusters that are too large, and what people decided.

CHAIN = """
    | first_name | email | phone | last_name | person |
    | Anna       | a@x   | +461  | Berg      | {}     |
    | Anna       | b@x   | +461  | Berg      | {}     |
    | Anna       | b@x   | -     | Berg      | {}     |
    | Bo         | c@x   | -     | Ek        | X      |
    | Bo         | c@x   | -     | Ek        | X      |
    """


def test_a_cluster_as_large_as_may_be_is_merged(engine):
    outcome = assert_persons(engine, CHAIN.format("A", "A", "A"), largest_cluster=3)
    assert outcome.notes == {"held_back": 0, "kept_apart": 0, "reused": 0}


def test_a_larger_cluster_is_held_back_and_nobody_in_it_merged(engine):
    outcome = assert_persons(engine, CHAIN.format("A", "B", "C"), largest_cluster=2)
    assert outcome.notes == {"held_back": 1, "kept_apart": 0, "reused": 0}


def test_of_a_larger_cluster_what_people_decided_stands(engine):
    assert_persons(
        engine,
        CHAIN.format("A", "B", "A"),
        ("1", "3", "same"),
        largest_cluster=2,
    )


def test_same_joins_records_that_share_nothing(engine):
    assert_persons(
        engine,
        """
        | first_name | email | person |
        | Anna       | a@x   | A      |
        | Bo         | b@x   | A      |
        | Cia        | c@x   | C      |
        """,
        ("1", "2", "same"),
    )


def test_different_keeps_two_records_apart_whatever_ties_them(engine):
    outcome = assert_persons(
        engine,
        """
        | first_name | last_name | email | phone | postcode | person |
        | Anna       | Berg      | a@x   | +461  | 11122    | A      |
        | Anna       | Berg      | a@x   | +461  | 11122    | B      |
        | Anna       | Berg      | a@x   | -     | -        | A      |
        """,
        ("1", "2", "different"),
    )
    assert outcome.notes["kept_apart"] == 1


def test_a_decision_about_a_record_that_is_not_there_means_nothing(engine):
    assert_persons(
        engine,
        """
        | first_name | email | person |
        | Anna       | a@x   | A      |
        | Anna       | a@x   | A      |
        """,
        ("1", "9", "different"),
        ("8", "2", "same"),
    )


# Guests.

GUESTS = """
    | kind       | first_name | email | person |
    | registered | Anna       | a@x   | A      |
    | guest      | Anna       | a@x   | {0}    |
    | guest      | Bo         | b@x   | {1}    |
    | subscriber | Cia        | c@x   | C      |
    """


def test_guests_are_no_customers_where_they_only_order(engine):
    assert_persons(engine, GUESTS.format("-", "-"))


def test_guests_are_customers_where_they_are_registered(engine):
    assert_persons(engine, GUESTS.format("A", "B"), guests="register")


# The steps between.


KEYS = Keys((("email",), ("full_name", "postcode")), {}, 4, guests=True)


def put_members(engine, drawing, keys=KEYS):
    """Make ``members`` of a drawing, as a run does of a pool of records."""
    header, _ = cells(drawing)
    missing = [c for c in (*keys.columns, "source", "external_id") if c not in header]
    nothing = {c: "cast(null as date)" for c in missing if c == "birth_date"}
    others = {c: "cast(null as varchar)" for c in missing if c != "birth_date"}
    also = {"origin": "0", "founder_of": "0", "kind": "'registered'"}
    engine.make(table("said", drawing, **also, **nothing, **others))
    engine.make(step("members", members_among(keys, "select * from said")))


def test_a_value_is_plain_where_all_its_records_say_the_same(engine):
    put_members(
        engine,
        """
        | record_no | email | first_key | last_key | postcode |
        | 1         | a@x   | anna      | berg     | 1        |
        | 2         | a@x   | anna      | berg     | -        |
        | 3         | a@x   | bo        | berg     | 1        |
        | 4         | b@x   | bo        | berg     | 1        |
        | 5         | -     | bo        | -        | 1        |
        """,
    )
    engine.make(ties.held(KEYS, 0, any_crowded=False))
    assert_rows(
        engine,
        "held_0",
        """
        | record_no | value:bigint | plain |
        | 1         | 1            | false |
        | 2         | 1            | false |
        | 3         | 1            | false |
        """,
    )
    engine.make(ties.held(KEYS, 1, any_crowded=False))
    assert_rows(
        engine,
        "held_1",
        """
        | record_no | value:bigint | plain |
        | 3         | 3            | true  |
        | 4         | 3            | true  |
        """,
    )


def test_a_variant_is_what_several_records_say_alike(engine):
    put_members(
        engine,
        """
        | record_no | email | first_key | last_key | birth_date |
        | 1         | a@x   | anna      | berg     | -          |
        | 2         | a@x   | anna      | berg     | -          |
        | 3         | a@x   | anna      | berg     | 1980-01-01 |
        | 4         | a@x   | bo        | berg     | -          |
        | 5         | b@x   | bo        | berg     | -          |
        | 6         | b@x   | bo        | berg     | -          |
        """,
    )
    engine.make(ties.held(KEYS, 0, any_crowded=False))
    engine.make(ties.variants(0))
    assert_rows(
        engine,
        "variants_0",
        """
        | value:bigint | hub | variants | first_key | birth_date |
        | 1            | 1   | 3        | anna      | -          |
        | 1            | 3   | 3        | anna      | 1980-01-01 |
        | 1            | 4   | 3        | bo        | -          |
        """,
    )


def test_torn_is_a_variant_that_fits_two_which_do_not_fit_each_other(engine):
    put_members(
        engine,
        """
        | record_no | email | first_key | last_key |
        | 1         | a@x   | anna      | berg     |
        | 2         | a@x   | bo        | berg     |
        | 3         | a@x   | -         | berg     |
        | 4         | b@x   | anna      | berg     |
        | 5         | b@x   | a         | berg     |
        """,
    )
    engine.make(ties.held(KEYS, 0, any_crowded=False))
    engine.make(ties.variants(0))
    engine.make(ties.pairs(KEYS, 0))
    assert_rows(
        engine,
        "pairs_0",
        """
        | value:bigint | a | b | why        |
        | 1            | 1 | 2 | first_name |
        | 1            | 1 | 3 | -          |
        | 1            | 2 | 3 | -          |
        | 4            | 4 | 5 | -          |
        """,
    )
    engine.make(ties.torn(0))
    assert_rows(engine, "torn_0", "| hub |\n| 3 |")


def test_crowded_counts_names_not_records(engine):
    keys = Keys((("email",),), {}, 1, guests=True)
    put_members(
        engine,
        """
        | record_no | email | phone | first_key | last_key |
        | 1         | a@x   | +461  | anna      | berg     |
        | 2         | a@x   | +461  | anna      | berg     |
        | 3         | b@x   | +461  | anna      | berg     |
        | 4         | b@x   | -     | bo        | berg     |
        | 5         | -     | -     | cia       | berg     |
        """,
        keys,
    )
    engine.make(ties.crowded(keys))
    assert_rows(
        engine,
        "crowded",
        """
        | field | value | records | people |
        | email | b@x   | 2       | 2      |
        """,
    )


def test_a_value_under_which_too_many_stand_ties_nobody(engine):
    """Each of so many people has two records, which the value alone would tie."""
    many = ties.MOST_COMPARED + 1
    people = "".join(
        f"| Anna{n} | Berg | Umeå | A{n}a |\n| Anna{n} | Berg | Umeå | A{n}b |\n"
        for n in range(many)
    )
    few = "| Bo | Ek | Lund | B |\n| Bo | Ek | Lund | B |\n| Cia | Ek | Lund | C |"
    assert_persons(
        engine,
        f"| first_name | last_name | city | person |\n{people}{few}",
        match=[["city"]],
    )


# What tells two people apart, or says that they are one all the same.


@pytest.mark.parametrize(
    ("one", "other", "persons"),
    [
        ("1950-03-14", "1980-07-20", "AB"),
        ("1950-03-14", "1950-03-14", "AA"),
        ("1950-03-14", "1951-03-14", "AA"),
        ("1950-03-04", "1950-04-03", "AA"),
        ("1950-03-14", "1951-04-14", "AB"),
        ("1950-03-14", "-", "AA"),
    ],
    ids=["father", "same", "slip", "swapped", "two-slips", "unknown"],
)
@pytest.mark.parametrize("postcode", ["11122", "-"])
def test_a_date_of_birth_tells_father_and_son_of_one_name_apart(
    engine, one, other, persons, postcode
):
    email = "-" if postcode == "11122" else "a@x"
    assert_persons(
        engine,
        f"""
        | first_name | last_name | postcode   | email   | birth_date | person       |
        | Karl       | Berg      | {postcode} | {email} | {one}      | {persons[0]} |
        | Karl       | Berg      | {postcode} | {email} | {other}    | {persons[1]} |
        """,
    )


@pytest.mark.parametrize("field", ["org_number", "vat_id"])
def test_one_person_in_two_companies_is_two_customers(engine, field):
    assert_persons(
        engine,
        f"""
        | first_name | last_name | email | {field}    | person |
        | Anna       | Berg      | a@x   | 5560000001 | A      |
        | Anna       | Berg      | a@x   | 5560000002 | B      |
        | Bo         | Ek        | b@x   | 5560000001 | C      |
        | Bo         | Ek        | b@x   | -          | C      |
        """,
    )


def test_whom_two_companies_claim_belongs_to_neither(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | org_number | person |
        | Anna       | Berg      | a@x   | 5560000001 | A      |
        | Anna       | Berg      | a@x   | 5560000002 | B      |
        | Anna       | Berg      | a@x   | -          | C      |
        """,
    )


def test_twins_with_one_mailbox_are_two(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | birth_date | person |
        | Anna       | Berg      | a@x   | 1990-05-05 | A      |
        | Bea        | Berg      | a@x   | 1990-05-05 | B      |
        """,
    )


def test_a_date_of_birth_vouches_for_another_name_but_not_within_one_family(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | email | birth_date | person |
        | Anna       | Petrova   | a@x   | 1990-05-05 | A      |
        | Njuta      | Berg      | a@x   | 1990-05-05 | A      |
        | Bo         | Petrova   | a@x   | -          | B      |
        """,
    )


@pytest.mark.parametrize(
    ("number", "persons"), [("19800101-1234", "AA"), ("5560000001", "AB")]
)
def test_a_persons_number_vouches_for_another_first_name_a_companys_does_not(
    engine, number, persons
):
    assert_persons(
        engine,
        f"""
        | first_name | last_name | email | org_number | person       |
        | Gustav     | Berg      | a@x   | {number}   | {persons[0]} |
        | Robert     | Berg      | a@x   | {number}   | {persons[1]} |
        """,
    )


@pytest.mark.parametrize(
    ("first", "email", "born", "persons"),
    [
        ("-", "familjen@x", "-", "AB"),
        ("-", "familjen@x", "1990-05-05", "AA"),
        ("Anna", "familjen@x", "-", "AA"),
        ("-", "berg@x", "-", "AA"),
    ],
    ids=["of-a-family", "born-that-day", "named", "of-one"],
)
def test_a_familys_mailbox_says_of_nobody_without_a_first_name_who_it_is(
    engine, first, email, born, persons
):
    assert_persons(
        engine,
        f"""
        | first_name | last_name | email   | birth_date | person       |
        | Anna       | Berg      | {email} | 1990-05-05 | {persons[0]} |
        | {first}    | -         | {email} | {born}     | {persons[1]} |
        """,
    )


@pytest.mark.parametrize(
    ("first", "email", "born", "persons"),
    [
        ("-", "b@x", "-", "AB"),
        ("-", "b@x", "1990-05-05", "AA"),
        ("-", "a@x", "-", "AA"),
        ("-", "-", "-", "AA"),
        ("Anna", "b@x", "-", "AA"),
    ],
    ids=["another", "born-that-day", "same", "unknown", "named"],
)
def test_a_landline_ties_nobody_without_a_first_name_whose_e_mail_is_another(
    engine, first, email, born, persons
):
    assert_persons(
        engine,
        f"""
        | first_name | last_name | phone | email   | birth_date | person       |
        | Anna       | Berg      | +461  | a@x     | 1990-05-05 | {persons[0]} |
        | {first}    | Berg      | +461  | {email} | {born}     | {persons[1]} |
        """,
        match=[["phone"]],
    )


def test_two_without_a_first_name_are_not_one_by_a_landline_and_two_mailboxes(engine):
    assert_persons(
        engine,
        """
        | first_name | last_name | phone | email | person |
        | -          | Berg      | +461  | a@x   | A      |
        | -          | Berg      | +461  | b@x   | B      |
        | -          | Berg      | +461  | b@x   | B      |
        """,
        match=[["phone"]],
    )


# Scores.


def test_a_score_joins_from_the_threshold_on_and_only_through_the_guard(engine):
    """Names or dates of birth must speak for it; what else there is, is the model's."""
    put_incoming(
        engine,
        """
        | external_id | first_name | last_name | birth_date | org_number |
        | a           | Anna       | Berg      | -          | -          |
        | b           | Anna       | Bergh     | -          | -          |
        | c           | Anne       | Berger    | -          | -          |
        | d           | Bo         | Berg      | -          | -          |
        | e           | Karl       | Ek        | 1950-01-01 | -          |
        | f           | Karl       | Ek        | 1980-02-02 | -          |
        | g           | Cia        | Holm      | 1950-01-01 | -          |
        | h           | Dag        | Holm      | 1950-01-01 | -          |
        | i           | Eva        | Holm      | 1950-01-01 | -          |
        | j           | Gun        | Holm      | 1980-02-02 | -          |
        | k           | Liv        | Dahl      | -          | 5560000001 |
        | l           | Liv        | Dahl      | -          | 5560000002 |
        | m           | Nils       | Olin      | 1950-01-01 | -          |
        | n           | Olin       | Nils      | 1980-02-02 | -          |
        | o           | -          | Palm      | 1950-01-01 | -          |
        | p           | Rut        | Palm      | 1980-02-02 | -          |
        | q           | Sten       | Quist     | 1950-01-01 | -          |
        | r           | Quist      | Tove      | 1980-02-02 | -          |
        """,
    )
    put_decisions(engine)
    pairs = ["ab 0.9", "ac 0.89", "ad 0.99", "ef 0.99", "gh 0.99", "ij 0.99", "kl 0.99"]
    pairs += ["mn 0.99", "op 0.99", "qr 0.99"]
    rows = "".join(f"\n| shop | {p[0]} | shop | {p[1]} | {p[3:]} |" for p in pairs)
    engine.make(table("scores_in_force", NO_SCORE + rows))
    identity = Identity.model_validate({"score": {"accept_above": 0.9}})
    resolve(engine, identity, next_id=1, fresh=True, orders=False)
    joined = {frozenset(pair) for pair in ("ab", "ef", "gh", "mn")}
    assert together(engine) == {*joined, *map(frozenset, "cdijklopqr")}


def test_a_cluster_keeps_its_oldest_id_and_records_what_they_founded(engine):
    engine.make(
        table(
            "members",
            """
            | record_no | origin | source | external_id | founder_of |
            | 1         | 11     | shop   | new         | -          |
            | 2         | -      | shop   | old         | 4          |
            | 3         | -      | shop   | older       | 2          |
            | 4         | 12     | shop   | alone       | -          |
            | 5         | 13     | shop   | with        | -          |
            | 6         | 14     | shop   | back        | 9          |
            """,
        )
    )
    engine.make(
        table(
            "labels",
            """
            | record_no | cluster |
            | 1         | 1       |
            | 2         | 1       |
            | 3         | 1       |
            | 4         | 4       |
            | 5         | 4       |
            """,
        )
    )
    engine.make(sql.identified(20))
    assert_rows(
        engine,
        "identified",
        """
        | origin | external_id | customer_id | founder_of |
        | 11     | new         | 2           | -          |
        | -      | old         | 2           | 4          |
        | -      | older       | 2           | 2          |
        | 12     | alone       | 20          | 20         |
        | 13     | with        | 20          | -          |
        | 14     | back        | 9           | 9          |
        """,
    )


def test_the_decision_made_last_about_a_pair_is_in_force(holding):
    engine = holding(
        link_decisions="""
            | source_a | external_id_a | source_b | external_id_b | decision  | \
decided_by | decided_at |
            | shop     | 1             | shop     | 2             | same      | \
eva        | 2024-01-01 |
            | shop     | 3             | shop     | 4             | same      | \
eva        | 2024-01-01 |
            | shop     | 5             | shop     | 6             | different | \
eva        | 2024-01-01 |
            """
    )
    pair = "| source_a | external_id_a | source_b | external_id_b |"
    engine.make(
        table(
            "link_decisions_gone",
            f"{pair}\n| shop | 1 | shop | 2 |\n| shop | 3 | shop | 4 |",
        )
    )
    engine.make(
        table(
            "link_decisions_new",
            f"{pair} decision | decision_id:bigint | decided_by | decided_at |\n"
            "| shop | 1 | shop | 2 | different | 7 | bo | 2024-02-01 |",
        )
    )
    engine.make(sql.decisions_in_force())
    assert_rows(
        engine,
        "decisions_in_force",
        """
        | external_id_a | external_id_b | decision  |
        | 1             | 2             | different |
        | 5             | 6             | different |
        """,
    )


def test_an_id_merged_away_leads_to_the_one_it_became_and_may_come_back(holding):
    engine = holding(
        customer_redirects="""
            | customer_id | redirect_to |
            | 3           | 1           |
            | 4           | 1           |
            | 5           | 2           |
            | 9           | 8           |
            """
    )
    engine.make(
        table(
            "identified",
            """
            | external_id | customer_id | founder_of |
            | a           | 1           | 1          |
            | b           | 1           | 3          |
            | c           | 4           | 4          |
            | d           | 1           | 5          |
            | e           | 1           | 6          |
            | f           | 1           | -          |
            """,
        )
    )
    engine.make(deltas.redirects_now())
    engine.make(deltas.redirects_gone())
    engine.make(deltas.redirects_new())
    assert_rows(
        engine,
        "customer_redirects_gone",
        "| customer_id |\n| 4 |\n| 5 |",
    )
    assert_rows(
        engine,
        "customer_redirects_new",
        "| customer_id | redirect_to |\n| 5 | 1 |\n| 6 | 1 |",
    )


def test_a_delta_is_the_rows_that_are_new_or_otherwise_and_those_that_go(holding):
    engine = holding(
        addresses="""
            | customer_id | kind     | city  |
            | 1           | billing  | Lund  |
            | 1           | shipping | Lund  |
            | 2           | billing  | Ystad |
            | 3           | billing  | -     |
            | 4           | billing  | Malmö |
            """
    )
    engine.make(
        table(
            "addresses_now",
            """
            | customer_id | kind    | city  |
            | 1           | billing | Lund  |
            | 2           | billing | Visby |
            | 3           | billing | -     |
            | 5           | billing | -     |
            """,
        )
    )
    engine.make(table("touched", "| customer_id |\n| 1 |\n| 2 |\n| 3 |\n| 5 |\n| 6 |"))
    key, columns = ("customer_id", "kind"), ("customer_id", "kind", "city")
    engine.make(deltas.rows_new("addresses", "addresses_now", key, columns))
    engine.make(deltas.rows_gone("addresses", "addresses_now", key, "touched"))
    assert_rows(
        engine,
        "addresses_new",
        """
        | customer_id | kind    | city  |
        | 2           | billing | Visby |
        | 5           | billing | -     |
        """,
    )
    assert_rows(
        engine,
        "addresses_gone",
        """
        | customer_id | kind     |
        | 1           | shipping |
        | 2           | billing  |
        """,
    )


# A registry that grew over several deliveries is as one made at once.

SMALL = {"shared_above": 2, "largest_cluster": 4}

RECORD = st.fixed_dictionaries(
    {
        "external_id": st.sampled_from("12345678"),
        "first_name": st.sampled_from(["-", "Anna", "Annah", "A", "Bo", "Berg"]),
        "last_name": st.sampled_from(["-", "Berg", "Berg", "Bo"]),
        "email": st.sampled_from(["-", "a@x", "b@x", "c@x"]),
        "phone": st.sampled_from(["-", "-", "+461", "+462"]),
        "birth_date": st.sampled_from(["-", "-", "1950-01-01", "1980-02-02"]),
        "postcode": st.sampled_from(["-", "1"]),
        "kind": st.sampled_from(["registered", "registered", "guest"]),
    }
)
DELIVERY = st.lists(
    RECORD, min_size=1, max_size=5, unique_by=lambda r: r["external_id"]
)
DECISION = st.tuples(
    st.sampled_from("1234"),
    st.sampled_from("5678"),
    st.sampled_from(["same", "different"]),
)
DELIVERIES = st.lists(
    st.tuples(DELIVERY, st.lists(DECISION, max_size=2, unique_by=lambda d: d[:2])),
    min_size=2,
    max_size=4,
)


def drawing_of(rows):
    header = list(RECORD_NAMES)
    lines = [header, *([row[name] for name in header] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


RECORD_NAMES = (
    *("external_id", "first_name", "last_name", "email", "phone", "postcode"),
    *("birth_date", "kind"),
)


def bring(engine, delivery, decisions, decided, identity):
    """Resolve one delivery and put what comes of it into the registry."""
    engine.drop("frontier")
    put_incoming(engine, drawing_of(delivery))
    engine.make(table("vanished", "| source | external_id | gone_at |"))
    engine.make(table("rescored", "| source | external_id |"))
    engine.make(table("dismissals_in_force", "| kind | subject |"))
    engine.make(
        table(
            "decided",
            "| source | external_id |"
            + "".join(f"\n| shop | {number} |" for number in decided),
        )
    )
    put_decisions(engine, *decisions)
    engine.define(records.stored())
    held = engine.collect(
        "select count(*) as n, coalesce(max(founder_of), 0) + 1 as next_id "
        "from registry.source_records"
    ).to_pylist()[0]
    resolve(
        engine, identity, next_id=held["next_id"], fresh=held["n"] == 0, orders=True
    )
    merge_questions(engine, identity, last_question(engine), any_scored=False)
    engine.make(records.records_new(fresh=held["n"] == 0))
    engine.make(records.records_moved())
    engine.make(records.records_gone())
    engine.make(records.records_coming())
    hold(
        engine,
        "delete from source_records where external_id in "
        "(select external_id from memory.records_gone)",
        "insert into source_records by name "
        "select *, 1 as run_id from memory.records_coming",
        "delete from review_items where review_id in "
        "(select review_id from memory.review_items_gone)",
        "insert into review_items by name "
        "select *, 1 as run_id from memory.review_items_new",
    )


def last_question(engine):
    """Give the last number of a question that was ever asked in this registry."""
    found = engine.collect("select max(review_id) as last from registry.review_items")
    return found["last"][0].as_py() or 0


def questions(engine, name):
    """Give the questions of a table, without their numbers."""
    columns = ", ".join(COLUMNS)
    found = engine.collect(f"select {columns} from {name}").to_pylist()
    return sorted(found, key=lambda row: (row["kind"], row["subject"]))


def persons_held(engine):
    rows = engine.collect(
        "select customer_id, founder_of, external_id from registry.source_records"
    ).to_pylist()
    found = {}
    for row in rows:
        found.setdefault(row["customer_id"], []).append(row)
    return found


@pytest.fixture(scope="module")
def lasting():
    yield from an_engine()


def somebody_else(before, now):
    """Tell whether two versions of a record have so little in common."""
    if before is None or "-" in (before["email"], now["email"]):
        return False
    return before["email"] != now["email"] and before["last_name"] != now["last_name"]


@given(DELIVERIES, st.booleans())
@settings(max_examples=20, deadline=None)
def test_growing_by_deliveries_is_as_starting_from_scratch(lasting, deliveries, guests):
    identity = Identity(guests="register" if guests else "orders_only", **SMALL)
    hold(lasting, "delete from source_records", "delete from review_items")
    latest, decisions, founded = {}, {}, {}
    for delivery, decided in deliveries:
        before = latest.keys() | set()
        held = dict(latest)
        latest |= {record["external_id"]: record for record in delivery}
        new = [d for d in decided if d[0] in before and d[1] in before]
        decisions |= {(a, b): (a, b, word) for a, b, word in new}
        about = {number for a, b, _ in new for number in (a, b)}
        bring(lasting, delivery, decisions.values(), sorted(about), identity)
        for customer, rows in persons_held(lasting).items():
            founders = [row["founder_of"] for row in rows if row["founder_of"]]
            assert customer is None or customer == min(founders)
            for row in rows:
                number = row["external_id"]
                if not guests and latest[number]["kind"] == "guest":
                    assert customer is None
                    founded.pop(number, None)
                if somebody_else(held.get(number), latest[number]):
                    founded.pop(number, None)
                assert founded.get(number) in (None, row["founder_of"])
                founded[number] = row["founder_of"]
        founders = [founder for founder in founded.values() if founder]
        assert len(founders) == len(set(founders))
    held = persons_held(lasting)
    grown = {
        frozenset(row["external_id"] for row in rows)
        for customer, rows in held.items()
        if customer is not None
    }
    lasting.drop("frontier")
    put_incoming(lasting, drawing_of(latest.values()))
    resolve(lasting, identity, next_id=1, fresh=True, orders=False)
    assert grown == together(lasting)
    asked = questions(lasting, "registry.review_items")
    hold(lasting, "delete from source_records", "delete from review_items")
    merge_questions(lasting, identity, 0, any_scored=False)
    assert asked == questions(lasting, "review_items_new")
