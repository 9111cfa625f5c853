"""Golden records: which of its records' values a customer keeps."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import an_engine, assert_rows, cells, holding, table
from regpipe.fields import CUSTOMER_FIELDS
from regpipe.sql import deltas, groups
from regpipe.sql import golden as sql
from regpipe.sql.cells import sql_type
from regpipe.sql.golden import Survival

engine = pytest.fixture(an_engine)
holding = pytest.fixture(holding)

BILLING = ("street", "street2", "postcode", "city", "region", "country")

OWN = {"created_at": Survival("min"), "updated_at": Survival("max")}


def rules(default="newest", **fields):
    """Give the rule of every golden field; a tuple of names is ordered sources."""
    by_name = {
        name: Survival("sources", rule) if isinstance(rule, tuple) else Survival(rule)
        for name, rule in fields.items()
    }
    return {f: Survival(default) for f in sql.FIELDS} | OWN | by_name


def blank(header):
    """Give the columns of a record that a drawing leaves out: the kind, or null."""
    return {
        name: "'registered'"
        if name == "kind"
        else f"cast(null as {sql_type(CUSTOMER_FIELDS[name])})"
        for name in CUSTOMER_FIELDS
        if name not in header
    }


def make_golden(engine, records, how):
    """Make the golden records of the records drawn, all of them present."""
    header, _ = cells(records)
    engine.make(table("present", records, **blank(header)))
    engine.make(sql.several())
    engine.make(sql.golden(how))


def test_newest_known_value_wins_field_by_field(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | email    | phone  |
        | 1           | a      | r1          | 2024-01-05 | a@old.se | +46701 |
        | 1           | a      | r2          | 2024-03-05 | a@new.se | -      |
        | 1           | a      | r3          | 2024-02-05 | -        | +46702 |
        | 2           | a      | r4          | -          | -        | -      |
        """,
        rules(),
    )
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | email    | phone  |
        | 1           | a@new.se | +46702 |
        | 2           | -        | -      |
        """,
    )


def test_a_record_without_a_time_is_older_than_any_with_one(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | email    |
        | 1           | z      | r9          | -          | undated  |
        | 1           | a      | r1          | 1991-01-01 | dated    |
        """,
        rules(),
    )
    assert_rows(engine, "golden", "| customer_id | email |\n| 1 | dated |")


@pytest.mark.parametrize("turned", [False, True])
def test_a_tie_is_decided_by_source_and_external_id_not_by_place(engine, turned):
    lines = """
        | customer_id | source | external_id | updated_at | email |
        | 1           | a      | r9          | 2024-01-01 | a9    |
        | 1           | b      | r1          | 2024-01-01 | b1    |
        | 1           | b      | r2          | 2024-01-01 | b2    |
    """.strip().splitlines()
    order = [lines[0], *(lines[:0:-1] if turned else lines[1:])]
    make_golden(engine, "\n".join(order), rules())
    assert_rows(engine, "golden", "| customer_id | email |\n| 1 | b2 |")


def test_the_first_source_that_has_a_value_gives_it(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | phone | city   |
        | 1           | old    | r1          | 2024-01-01 | old   | Old    |
        | 1           | web    | r2          | 2020-01-01 | web   | -      |
        | 2           | old    | r3          | 2024-01-01 | -     | Old    |
        | 2           | club   | r4          | 2024-01-01 | club  | -      |
        | 3           | web    | r5          | 2020-01-01 | five  | Five   |
        | 3           | web    | r6          | 2021-01-01 | six   | Six    |
        | 3           | web    | r7          | 2022-01-01 | -     | -      |
        """,
        rules(phone=("web", "old"), billing=("web", "old")),
    )
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | phone |
        | 1           | web   |
        | 2           | club  |
        | 3           | six   |
        """,
    )
    engine.define(sql.addresses("golden"))
    assert_rows(
        engine,
        "addresses_now",
        """
        | customer_id | kind    | city |
        | 1           | billing | Old  |
        | 2           | billing | Old  |
        | 3           | billing | Six  |
        """,
    )


def test_longest_value_wins_and_among_equals_the_newest(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | first_name | note |
        | 1           | a      | r1          | 2024-03-01 | Ann        | bb   |
        | 1           | a      | r2          | 2024-01-01 | Annika     | cc   |
        | 1           | a      | r3          | 2024-02-01 | Anneli     | -    |
        """,
        rules(first_name="longest", note="longest"),
    )
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | first_name | note |
        | 1           | Anneli     | bb   |
        """,
    )


def test_most_common_value_wins_and_among_equals_the_newest(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | city | last_name |
        | 1           | a      | r1          | 2024-01-01 | Lund | Berg      |
        | 1           | a      | r2          | 2024-02-01 | Lund | Ek        |
        | 1           | a      | r3          | 2024-03-01 | Ystad | -        |
        | 1           | a      | r4          | 2024-04-01 | -    | -         |
        | 1           | a      | r5          | 2024-05-01 | -    | -         |
        """,
        rules("most_common"),
    )
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | last_name |
        | 1           | Ek        |
        """,
    )
    engine.define(sql.addresses("golden"))
    assert_rows(engine, "addresses_now", "| customer_id | city |\n| 1 | Lund |")


def test_any_all_min_and_max_look_at_what_is_known(engine):
    records = """
        | customer_id | source | external_id | tax_exempt | birth_date | created_at |
        | 1           | a      | r1          | true       | 1980-01-02 | 2020-01-01 |
        | 1           | a      | r2          | false      | 1980-01-01 | 2019-01-01 |
        | 1           | a      | r3          | -          | -          | -          |
        | 2           | a      | r4          | -          | -          | -          |
        | 2           | a      | r5          | -          | -          | -          |
        | 3           | a      | r6          | true       | 1970-01-01 | 2021-01-01 |
        | 3           | a      | r7          | -          | 1970-01-01 | 2021-01-01 |
        """
    make_golden(engine, records, rules(tax_exempt="any", birth_date="max"))
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | tax_exempt | birth_date | created_at |
        | 1           | true       | 1980-01-02 | 2019-01-01 |
        | 2           | -          | -          | -          |
        | 3           | true       | 1970-01-01 | 2021-01-01 |
        """,
    )
    make_golden(engine, records, rules(tax_exempt="all", birth_date="min"))
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | tax_exempt | birth_date |
        | 1           | false      | 1980-01-01 |
        | 2           | -          | -          |
        | 3           | true       | 1970-01-01 |
        """,
    )


def test_without_rules_of_their_own_created_is_the_first_and_updated_the_last(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | created_at | updated_at |
        | 1           | a      | r1          | 2020-01-01 | 2023-01-01 |
        | 1           | b      | r2          | 2021-01-01 | 2022-01-01 |
        """,
        rules(),
    )
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | created_at | updated_at |
        | 1           | 2020-01-01 | 2023-01-01 |
        """,
    )


def test_an_address_is_taken_whole_and_one_with_a_street_first(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | street | postcode | city |
        | 1           | a      | r1          | 2024-01-01 | Gata 1 | 11111    | -    |
        | 1           | a      | r2          | 2024-02-01 | Gata 2 | -        | Lund |
        | 1           | a      | r3          | 2024-03-01 | -      | 33333    | Kalmar |
        | 2           | a      | r4          | 2024-01-01 | -      | -        | Malmö |
        | 2           | a      | r5          | 2024-02-01 | -      | -        | -    |
        | 3           | a      | r6          | 2024-01-01 | -      | -        | -    |
        """,
        rules(),
    )
    engine.define(sql.addresses("golden"))
    assert_rows(
        engine,
        "addresses_now",
        """
        | customer_id | kind    | name | street | postcode | city  |
        | 1           | billing | -    | Gata 2 | -        | Lund  |
        | 2           | billing | -    | -      | -        | Malmö |
        """,
    )


def test_billing_and_shipping_are_decided_each_by_its_own_rule(engine):
    records = """
        | customer_id | source | external_id | updated_at | street | shipping_name | \
shipping_street |
        | 1           | a      | r1          | 2024-01-01 | A 1    | Ann           | \
A 2             |
        | 1           | b      | r2          | 2024-02-01 | B 1    | Bo            | \
B 2             |
        """
    make_golden(engine, records, rules(shipping=("a",)))
    engine.define(sql.addresses("golden"))
    assert_rows(
        engine,
        "addresses_now",
        """
        | customer_id | kind     | name | street | city |
        | 1           | billing  | -    | B 1    | -    |
        | 1           | shipping | Ann  | A 2    | -    |
        """,
    )


def test_the_strongest_kind_wins_whatever_the_rules(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | updated_at | kind       |
        | 1           | a      | r1          | 2024-01-01 | registered |
        | 1           | a      | r2          | 2024-02-01 | guest      |
        | 1           | a      | r3          | 2024-03-01 | subscriber |
        | 2           | a      | r4          | 2024-01-01 | subscriber |
        | 2           | a      | r5          | 2024-02-01 | guest      |
        | 3           | a      | r6          | 2024-02-01 | guest      |
        """,
        rules("most_common"),
    )
    assert_rows(
        engine,
        "golden",
        """
        | customer_id | kind       |
        | 1           | registered |
        | 2           | subscriber |
        | 3           | guest      |
        """,
    )


def test_a_full_name_is_made_of_what_there_is_of_it(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | first_name | last_name |
        | 1           | a      | r1          | Ann        | Berg      |
        | 2           | a      | r2          | -          | Berg      |
        | 3           | a      | r3          | -          | -         |
        """,
        rules(),
    )
    engine.define(sql.customers("golden"))
    assert_rows(
        engine,
        "customers_now",
        """
        | customer_id | full_name |
        | 1           | Ann Berg  |
        | 2           | Berg      |
        | 3           | -         |
        """,
    )


MEMBERS = """
    | customer_id | source | external_id | updated_at | groups         |
    | 1           | a      | r1          | 2024-01-01 | [Gold, Club]   |
    | 1           | b      | r2          | 2024-02-01 | [GOLD, Staff]  |
    | 1           | b      | r3          | 2024-03-01 | -              |
    | 2           | a      | r4          | -          | [Club]         |
    | 2           | b      | r5          | 2024-01-01 | []             |
    | 3           | a      | r6          | 2024-01-01 | -              |
    """


@pytest.mark.parametrize(
    ("rule", "members"),
    [
        (
            Survival("union"),
            """
            | customer_id | group_key | name  |
            | 1           | gold      | GOLD  |
            | 1           | club      | Club  |
            | 1           | staff     | Staff |
            | 2           | club      | Club  |
            """,
        ),
        (
            Survival("newest"),
            """
            | customer_id | group_key | name  |
            | 1           | gold      | GOLD  |
            | 1           | staff     | Staff |
            """,
        ),
        (
            Survival("sources", ("a", "b")),
            """
            | customer_id | group_key | name  |
            | 1           | gold      | Gold  |
            | 1           | club      | Club  |
            | 2           | club      | Club  |
            """,
        ),
    ],
    ids=["union", "newest", "sources"],
)
def test_groups_are_those_of_all_records_of_the_newest_or_of_a_source(
    engine, rule, members
):
    engine.make(table("present", MEMBERS))
    engine.make(groups.memberships(rule))
    assert_rows(engine, "memberships_named", members)


def test_a_group_is_called_by_its_first_spelling_in_whatever_order_they_came(holding):
    engine = holding(
        groups="""
            | group_key | name | kind       |
            | gold      | GOLD | membership |
            | club      | Club | group      |
            | none      | None | group      |
            """
    )
    engine.make(
        table(
            "memberships_named",
            """
            | customer_id | group_key | name  |
            | 1           | gold      | Gold  |
            | 1           | club      | CLUB  |
            | 1           | staff     | Staff |
            | 2           | staff     | STAFF |
            """,
        )
    )
    engine.make(groups.groups_new())
    engine.make(groups.groups_gone())
    assert_rows(
        engine,
        "groups_new",
        """
        | group_key | kind  | name  |
        | club      | group | CLUB  |
        | staff     | group | STAFF |
        """,
    )
    assert_rows(engine, "groups_gone", "| group_key |\n| club |")


TYPES = {"email": "varchar", "birth_date": "date", "tax_exempt": "boolean"}


def test_what_a_person_set_by_hand_beats_every_feed(engine):
    make_golden(
        engine,
        """
        | customer_id | source | external_id | email | birth_date | tax_exempt |
        | 1           | a      | r1          | a@x   | 1980-01-01 | true       |
        | 2           | a      | r2          | b@x   | 1980-01-01 | true       |
        | 3           | a      | r3          | c@x   | 1980-01-01 | true       |
        """,
        rules(),
    )
    engine.make(
        table(
            "overrides_in_force",
            """
            | customer_id | field      | value      |
            | 1           | email      | set@x      |
            | 1           | birth_date | 1999-12-31 |
            | 1           | tax_exempt | false      |
            | 2           | email      | -          |
            | 9           | email      | nobody@x   |
            """,
        )
    )
    engine.make(sql.overridden(TYPES))
    assert_rows(
        engine,
        "golden_by_hand",
        """
        | customer_id | email | birth_date | tax_exempt |
        | 1           | set@x | 1999-12-31 | false      |
        | 2           | -     | 1980-01-01 | true       |
        | 3           | c@x   | 1980-01-01 | true       |
        """,
    )


OVERRIDES = """
    | customer_id | field | value  | set_by | set_at     |
    | 1           | email | old@x  | eva    | 2024-01-01 |
    | 1           | phone | +46701 | eva    | 2024-01-01 |
    | 2           | email | two@x  | eva    | 2024-03-01 |
    | 3           | note  | keep   | eva    | 2024-01-01 |
    """


def test_the_override_set_last_counts_for_whom_the_customer_became(holding):
    engine = holding(
        overrides=OVERRIDES,
        customer_redirects="| customer_id | redirect_to |\n| 2 | 1 |",
    )
    nothing = "| customer_id | redirect_to |"
    engine.make(table("customer_redirects_new", nothing))
    engine.make(table("customer_redirects_gone", "| customer_id |"))
    engine.make(table("overrides_gone", "| customer_id | field |\n| 3 | note |"))
    engine.make(
        table(
            "overrides_new",
            """
            | customer_id | field | value | set_by | set_at     |
            | 3           | note  | mine  | bo     | 2024-05-01 |
            """,
        )
    )
    engine.make(deltas.overrides_in_force())
    assert_rows(
        engine,
        "overrides_in_force",
        """
        | customer_id | field | value  | set_by | set_at              |
        | 1           | email | two@x  | eva    | 2024-03-01 00:00:00 |
        | 1           | phone | +46701 | eva    | 2024-01-01 00:00:00 |
        | 3           | note  | mine   | bo     | 2024-05-01 00:00:00 |
        """,
    )


def test_an_override_follows_a_merge_of_this_very_run_and_comes_back_from_one(holding):
    engine = holding(
        overrides=OVERRIDES,
        customer_redirects="| customer_id | redirect_to |\n| 2 | 1 |",
    )
    engine.make(table("customer_redirects_gone", "| customer_id |\n| 2 |"))
    engine.make(
        table("customer_redirects_new", "| customer_id | redirect_to |\n| 3 | 2 |")
    )
    engine.make(table("overrides_gone", "| customer_id | field |"))
    nothing = "| customer_id | field | value | set_by | set_at |"
    engine.make(table("overrides_new", nothing))
    engine.make(deltas.overrides_in_force())
    assert_rows(
        engine,
        "overrides_in_force",
        """
        | customer_id | field | value  |
        | 1           | email | old@x  |
        | 1           | phone | +46701 |
        | 2           | email | two@x  |
        | 2           | note  | keep   |
        """,
    )


def test_records_that_are_gone_give_nothing_and_others_of_the_customer_do(engine):
    def records(name, text):
        header, _ = cells(text)
        engine.make(table(name, text, **blank(header)))

    records(
        "records_new",
        """
        | source | external_id | customer_id | email |
        | a      | r1          | 1           | new@x |
        | a      | r2          | -           | guest |
        """,
    )
    records(
        "stored",
        """
        | source | external_id | email  | gone_at    |
        | a      | r3          | held@x | -          |
        | a      | r4          | gone@x | 2024-01-01 |
        | a      | r5          | far@x  | -          |
        """,
    )
    engine.make(
        table(
            "identified",
            """
            | origin | source | external_id | customer_id |
            | 7      | a      | r1          | 1           |
            | -      | a      | r3          | 1           |
            | -      | a      | r4          | 1           |
            """,
        )
    )
    engine.make(sql.present(fresh=False))
    assert_rows(
        engine,
        "present",
        """
        | customer_id | external_id | email  |
        | 1           | r1          | new@x  |
        | 1           | r3          | held@x |
        """,
    )
    engine.make(sql.present(fresh=True))
    assert_rows(engine, "present", "| customer_id | email |\n| 1 | new@x |")


# The rules once more, in plain Python, on small random customers.

RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.integers(1, 2),
            "source": st.sampled_from(["a", "b", "c"]),
            "updated_at": st.none() | st.sampled_from(["2024-01-01", "2024-02-01"]),
            "email": st.none() | st.sampled_from(["x", "yy", "zz"]),
            "birth_date": st.none() | st.sampled_from(["1980-01-01", "1990-01-01"]),
            "tax_exempt": st.none() | st.booleans(),
            "street": st.none() | st.sampled_from(["Gata 1", "Gata 2"]),
            "city": st.none() | st.sampled_from(["Lund", "Ystad"]),
        }
    ),
    min_size=1,
    max_size=7,
)
ORDERED = ("b", "a")
HOW = st.fixed_dictionaries(
    {
        "email": st.sampled_from(["newest", ORDERED, "longest", "most_common"]),
        "birth_date": st.sampled_from(["newest", ORDERED, "min", "max"]),
        "tax_exempt": st.sampled_from(["any", "all", "most_common"]),
        "billing": st.sampled_from(["newest", ORDERED, "most_common"]),
    }
)

FIELDS = ("email", "birth_date", "tax_exempt", "billing")


def survivor(records, field, rule):
    """Give the value of a field by its rule, as the contract says it."""
    placed = sorted(
        records, key=lambda r: (r["updated_at"] or "", r["source"], r["external_id"])
    )
    known = [(r[field], r) for r in placed if r[field] is not None]
    values = [value for value, _ in known]
    if not values:
        return None
    times = Counter(values)

    def weight(item):
        value, record = item
        match rule:
            case "longest":
                return len(value)
            case "most_common":
                return times[value]
            case tuple():
                source = record["source"]
                return -rule.index(source) if source in rule else -len(rule)
            case _ if field == "billing":
                return value[0] is not None
            case _:
                return 0

    match rule:
        case "min" | "all":
            return min(values)
        case "max" | "any":
            return max(values)
    best = max(weight(item) for item in known)
    return [item for item in known if weight(item) == best][-1][0]


@pytest.fixture(scope="module")
def lasting():
    yield from an_engine()


@given(records=RECORDS, how=HOW, seed=st.randoms())
@settings(max_examples=40, deadline=None)
def test_rules_choose_as_their_plain_reading_does_in_any_order_of_rows(
    lasting, records, how, seed
):
    for place, record in enumerate(records):
        record["external_id"] = f"r{place}"
        whole = (record["street"], None, None, record["city"], None, None)
        record["billing"] = whole if any(whole) else None
    header = [name for name in records[0] if name != "billing"]
    rows = seed.sample(records, len(records))
    text = "\n".join(
        "| " + " | ".join(cells_of) + " |"
        for cells_of in (
            header,
            *(["-" if r[n] is None else str(r[n]) for n in header] for r in rows),
        )
    )
    make_golden(lasting, text, rules(**how))
    got = lasting.collect("select * from golden").to_pylist()
    for row in got:
        mine = [r for r in records if r["customer_id"] == row["customer_id"]]
        address = row["billing"] and tuple(row["billing"][name] for name in BILLING)
        born = row["birth_date"] and row["birth_date"].isoformat()
        assert (row["email"], born, row["tax_exempt"], address) == tuple(
            survivor(mine, field, how[field]) for field in FIELDS
        )
    assert {row["customer_id"] for row in got} == {r["customer_id"] for r in records}
