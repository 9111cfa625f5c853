"""A segment is one expression over the customer view, and can do nothing else."""

import contextlib
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from regpipe.errors import PipelineError
from regpipe.spec import Export
from regpipe.sql.customer_view import VIEW, customers, moment
from regpipe.sql.expression import AS_OF as AS_OF_WORD
from regpipe.sql.functions import FUNCTIONS, OPERATORS, TIME_WORDS
from regpipe.sql.segment import Segment
from regpipe.sql.step import step
from regpipe.stages.segments import check_exports, segment
from shop import AS_OF, in_memory

PEOPLE = {
    "customers": [
        {
            "customer_id": 1,
            "email": "anna@x.se",
            "phone": "+46701",
            "first_name": "Anna",
            "last_name": "O'Hara",
            "tax_exempt": True,
            "birth_date": datetime(1990, 5, 1),
            "created_at": datetime(2020, 1, 1, 12),
        },
        {"customer_id": 2, "email": "bo@x.no", "phone": "+46702", "language": "no"},
        {"customer_id": 3, "email": None, "kind": "guest", "company": "Bolaget"},
        {"customer_id": 4, "email": "cilla@x.se", "tax_exempt": False},
    ],
    "addresses": [
        {"customer_id": 1, "country": "SE", "postcode": "11122", "city": "Umeå"},
        {"customer_id": 2, "country": "NO", "postcode": "AB1", "street": "Gate 2"},
        {"customer_id": 1, "kind": "shipping", "country": "DK", "name": "Anna"},
    ],
    "groups": [
        {"group_key": "vip", "name": "VIP"},
        {"group_key": "press", "name": "Press"},
    ],
    "memberships": [
        {"customer_id": 1, "group_key": "vip"},
        {"customer_id": 1, "group_key": "press"},
        {"customer_id": 4, "group_key": "press"},
    ],
    "consent_events": [
        {"address": "anna@x.se"},
        {"address": "+46701", "channel": "sms", "status": "never"},
        {"address": "bo@x.no", "status": "withdrawn"},
        {"address": "bo@x.no", "purpose": "offers"},
        {"address": "gate2|ab1|no", "channel": "post", "purpose": "offers"},
        {"address": "+46702", "channel": "phone", "purpose": "offers"},
        {"address": "nobody@x.se"},
    ],
    "orders": [
        {
            "order_id": str(number),
            "customer_id": customer,
            "currency": currency,
            "total": total,
            "ordered_at": when,
        }
        for number, (customer, currency, total, when) in enumerate(
            [
                (1, "SEK", 1200.5, datetime(2024, 4, 1)),
                (1, "SEK", 3, datetime(2023, 4, 1)),
                (1, "EUR", 10, datetime(2022, 4, 1)),
                (2, "NOK", 900, datetime(2021, 4, 1)),
                (2, None, 900, None),
                (None, "SEK", 5000, datetime(2021, 4, 1)),
            ]
        )
    ],
}


@pytest.fixture(scope="module")
def engine():
    opened = in_memory([], **PEOPLE)
    yield opened
    opened.close()


def wrongs(engine, where):
    """Give what is wrong with a segment, as people read it."""
    with pytest.raises(PipelineError) as refused:
        segment(engine, where, "exports.list.where")
    return [str(problem) for problem in refused.value.problems]


def people(engine, where):
    """Give the ids of the customers in a segment, as a list would have them."""
    found = segment(engine, where)
    these = customers(found.columns, found.parts, AS_OF)
    rows = engine.collect(
        f"select customer_id from (select *, {moment(AS_OF)} as {AS_OF_WORD} "
        f"from ({these.select})) where {found.sql} order by customer_id"
    )
    return rows.column(0).to_pylist()


SEGMENTS = [
    ("true", [1, 2, 3, 4]),
    ("country in ('SE', 'NO') and order_count >= 1", [1, 2]),
    ("country <> 'SE'", [2]),
    ("shipping_country = 'DK' and shipping_name like 'An%'", [1]),
    ("total_spent['SEK'] > 1000", [1]),
    ("total_spent['SEK'] = 1203.5 and total_spent['EUR'] = 10", [1]),
    ("total_spent['sek'] is null and total_spent['SEK'] is not null", [1]),
    ("total_spent is null", [3, 4]),
    ("cardinality(total_spent) = 1", [2]),
    ("map_keys(total_spent) = ['EUR', 'SEK']", [1]),
    ("consents['newsletter'] = 'granted'", [1]),
    ("consents['newsletter.sms'] = 'never'", [1]),
    ("consents['offers.post'] = 'granted' and consents['offers'] = 'granted'", [2]),
    ("consents['offers.phone'] = 'granted'", [2]),
    ("consents['newsletter.email'] is not null", []),
    ("consents['it''s \"odd\".']  is null", [1, 2, 3, 4]),
    ("map_keys(consents) = ['newsletter', 'newsletter.sms']", [1]),
    ("'VIP' in groups", [1]),
    ("list_contains(groups, 'Press') and not list_has_any(groups, ['VIP'])", [4]),
    ("groups && ['VIP', 'x']", [1]),
    ("len(groups) = 0", [2, 3]),
    ("groups[1] = 'Press'", [1, 4]),
    ("last_order_at >= as_of - interval '90 days'", [1]),
    ("last_order_at < as_of - interval 1 year", [2]),
    ("date_diff('day', last_order_at, as_of) = 30", [1]),
    ("birth_date between '1990-01-01' and date '1990-12-31'", [1]),
    ("extract(year from created_at) = 2020 and month(created_at) = 1", [1]),
    ("created_at is distinct from timestamp '2020-01-01 12:00:00'", [2, 3, 4]),
    ("email like '%@x.se' and email not ilike 'ANNA%'", [4]),
    ("last_name = 'O''Hara'", [1]),
    ("\"Email\" = 'bo@x.no' or COMPANY = 'Bolaget'", [2, 3]),
    ("lower(left(first_name, 1)) = 'a'", [1]),
    ("regexp_matches(email, '@x[.](se|no)$')", [1, 2, 4]),
    ("coalesce(language, 'sv') = 'sv'", [1, 3, 4]),
    ("case kind when 'guest' then true else tax_exempt end", [1, 3]),
    ("not tax_exempt", [4]),
    ("tax_exempt is not true", [2, 3, 4]),
    ("postcode >= '10000' and try_cast(postcode as integer) > 11000", [1]),
    ("nullif(email, '') is null", [3]),
    ("-order_count + 3 * 2 // 2 = 0", [1]),
    ("email = 'anna@x.se' -- and nobody else", [1]),
    ("(email = 'anna@x.se')\nor /* or */ order_count = 2", [1, 2]),
]


@pytest.mark.parametrize(("where", "found"), SEGMENTS, ids=lambda each: str(each)[:50])
def test_a_segment_finds_whom_it_says(engine, where, found):
    assert people(engine, where) == found


@pytest.mark.parametrize("where", [where for where, _ in SEGMENTS])
def test_lists_and_the_customer_view_agree_on_who_is_in_a_segment(engine, where):
    direct = engine.collect(
        f"select customer_id from (select *, {moment(AS_OF)} as as_of "
        f"from registry.customer_view) where (\n{where}\n) order by customer_id"
    )
    assert people(engine, where) == direct.column(0).to_pylist()


def test_lists_are_made_of_the_same_rows_as_the_customer_view(engine):
    made = engine.collect(f"{customers(VIEW, (), AS_OF).select} order by customer_id")
    view = engine.collect("select * from registry.customer_view order by customer_id")
    assert made.equals(view)
    types = engine.collect(
        "select column_name, column_type from (describe registry.customer_view)"
    ).to_pylist()
    assert {row["column_name"]: row["column_type"] for row in types} == dict(VIEW)
    assert [row["column_name"] for row in types] == list(VIEW)


def test_columns_made_for_a_few_equal_those_made_for_all(engine):
    engine.make(step("few", "select 1 as customer_id union all select 4"))
    made = engine.collect(
        customers(VIEW, (), AS_OF, "x", "few").select + " order by customer_id"
    )
    view = engine.collect(
        "select * from registry.customer_view where customer_id in (1, 4) "
        "order by customer_id"
    )
    assert made.equals(view)


ONE = "write one expression that is true or false, such as country = 'SE'"

REFUSED = [
    ("email = 'x' limit 1", "is not one expression", ONE),
    ("email = 'x' order by 1", "is not one expression", ONE),
    ("distinct tax_exempt", "is not one expression", ONE),
    ("email = 'x', phone = 'y'", "is not one expression", ONE),
    ("email = 'x' from registry.customers", "is not one expression", ONE),
    ("true where true", "is not one expression", ONE),
    ("true union select true", "is not one expression", ONE),
    ("true; select true", "is not one expression", ONE),
    ("true; drop table customers", "is not one expression", ONE),
    ("true group by all", "is not one expression", ONE),
    ("email = $1", "is not one expression", ONE),
    ("email = ?", "is not one expression", ONE),
    ("tax_exempt as x", "holds a name for the expression", ONE),
    ("order_count = 0x10", "holds a name for the expression", ONE),
    ("exists (select 1)", "holds a query within the expression", ONE),
    ("email in (select 'x')", "holds a query within the expression", ONE),
    ("email = any(groups)", "holds a query within the expression", ONE),
    ("(select true)", "holds a query within the expression", ONE),
    ("count(*) over () > 1", "holds a window (over)", ONE),
    ("row_number() over () = 1", "holds a window (over)", ONE),
    ("max(order_count) > 1", "holds 'max': a segment looks at one", "order_count, "),
    ("count(*) > 1", "holds 'count_star': a segment looks at one", "order_count, "),
    ("*", "holds * or columns(...)", ONE),
    ("columns('e.*') = 'x'", "holds * or columns(...)", ONE),
    ("len(list_filter(groups, lambda g: g = 'x')) > 0", "holds 'list_filter'", ""),
    ("groups -> 'x'", "holds a lambda (->)", ONE),
    ("email collate nocase = 'x'", "holds a collation", ONE),
    ("#1", "holds a column by its number", ONE),
    ("default", "holds default", ONE),
    ("read_text('/etc/passwd') = 'x'", "holds 'read_text'", ""),
    ("query('select 1') = 1", "holds 'query'", ""),
    ("unnest(groups) = 'x'", "holds 'unnest'", ""),
    ("getenv('HOME') = 'x'", "holds 'getenv'", ""),
    ("current_setting('threads') = '2'", "holds 'current_setting'", ""),
    ("rp_email(email) = 'x'", "holds 'rp_email'", ""),
    ("struct_pack(a := 1) is null", "holds 'struct_pack'", ""),
    ("lowr(email) = 'x'", "holds 'lowr', which no", "did you mean 'lower'?"),
    ("lower(email) filter (where true) = 'x'", "gives 'lower' more", "write lower("),
    ("lower(distinct email) = 'x'", "gives 'lower' more", "write lower("),
    ("email.lower() = 'x'", "holds a function with a dot", "write lower(...)"),
    ("registry.main.lower(email) = 'x'", "holds a function with a dot", "write lower"),
    ("consents.newsletter = 'x'", "holds a name with a dot", "consents['newsletter']"),
    ("customer_view.email = 'x'", "holds a name with a dot", "write email alone"),
    ("cast(email as json) is null", "holds a cast to ", "types: BIGINT"),
    ("cast(email as customers) is null", "holds a cast to ", "types: "),
    ("now() > created_at", "holds 'now'", "as_of is the time"),
    ("created_at > current_date", "holds 'current_date'", "as_of is the time"),
    ("created_at > current_timestamp", "holds 'current_timestamp'", "as_of is"),
    ("random() > 0.5", "holds 'random'", "as_of is the time"),
    ("age(created_at) > interval 1 day", "holds 'age'", "as_of is the time"),
    ("contry = 'SE'", "unknown column 'contry'", "did you mean 'country'? known: "),
    ('country = "SE"', "unknown column 'SE'", "text stands in single quotes: 'SE'"),
    ("order_count", "gives BIGINT, not true or false", "compare it"),
    ("null", "gives NULL, not true or false", "compare it"),
    ("postcode >= 10000", "does not fit the columns: Cannot compare", ""),
    ("birth_date = tax_exempt", "cannot be worked out for every text", ""),
    ("lower(groups) = 'x'", "does not fit the columns: No function matches", ""),
    ("cast(postcode as integer) > 1", "cannot be worked out for every", "compare text"),
    ("created_at > 'yesterday'", "cannot be worked out for every text", "compare"),
    ("regexp_matches(email, 'CSV(')", "cannot be worked out for every", "compare"),
    ("email = 'x", "is no SQL: unterminated", ONE),
    ("email = 'x') or (true", "is no SQL: syntax error", ONE),
    ("email = 'x' /* or", "is no SQL: unterminated", ONE),
    ("", "is no", ""),
    ("-- nothing", "is no", ""),
    ("email = '\0'", "holds a character that no text may hold", ""),
    ("email = '\ud800'", "holds a character that no text may hold", ""),
    ("not " * 150 + "tax_exempt", "is nested too deeply", ""),
    ("(" * 5000 + "true", "is nested too deeply", ""),
    ("not " * 5000 + "tax_exempt", "is nested too deeply", ""),
]


@pytest.mark.parametrize(
    ("where", "what", "hint"), REFUSED, ids=[where[:40] for where, _, _ in REFUSED]
)
def test_whatever_is_more_or_less_than_one_expression_is_refused(
    engine, where, what, hint
):
    first = wrongs(engine, where)[0]
    assert first.startswith(f"exports.list.where: {what}")
    assert hint in first


def test_all_that_is_wrong_in_a_segment_is_said_at_once(engine):
    found = wrongs(engine, "contry = 'SE' and now() > x and sum(order_count) > 1")
    assert [line.split(": ", 1)[1].split("\n")[0][:24] for line in found] == [
        "unknown column 'contry'",
        "holds 'now': the list wo",
        "unknown column 'x'",
        "holds 'sum': a segment l",
    ]


def test_what_runs_is_written_from_the_tree_and_reads_the_same_again(engine):
    for where, _ in SEGMENTS:
        found = segment(engine, where)
        if not found.parts:
            again = segment(engine, found.sql)
            assert again.columns == found.columns
            assert segment(engine, again.sql) == again


def test_every_function_a_segment_may_use_depends_on_its_values_alone():
    kinds = {}
    for name, kind, stability in duckdb.sql(
        "select function_name, function_type, stability from duckdb_functions()"
    ).fetchall():
        kinds.setdefault(name, set()).add((kind, stability))
    parsed_away = {"if"}
    builtin_macros = {name for name, kind in kinds.items() if kind == {("macro", None)}}
    for name in (FUNCTIONS | OPERATORS) - builtin_macros - parsed_away:
        assert kinds[name] == {("scalar", "CONSISTENT")}, name
    assert not TIME_WORDS & FUNCTIONS


WORDS = st.sampled_from(
    [
        *("email", "groups", "total_spent", "consents", "order_count", "as_of", "x"),
        *("'SEK'", "'x'", "''", "1", "2.5", "null", "true", "date '2020-01-01'"),
        *("=", "<>", "<", "+", "-", "*", "/", "||", "->", "::", "~", "and", "or"),
        *("not", "in", "like", "between", "is", "case", "when", "then", "else", "end"),
        *("(", ")", "[", "]", "{", "}", ",", ".", ";", "--", "/*", "*/", "$1", "?"),
        *("select", "from", "registry.customers", "union", "limit", "copy", "attach"),
        *("drop table", "install", "set", "pragma", "lambda x:", "over", "filter"),
        *("lower(", "count(", "cast(", "as", "integer", "interval", "exists", "any"),
        *("read_csv('x')", "getenv('HOME')", "'", '"', "`", "\\", "\n", "é", "\u00a0"),
    ]
)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    where=st.one_of(
        st.text(max_size=60),
        st.lists(WORDS, max_size=12).map(" ".join),
        st.lists(WORDS, max_size=12).map("".join),
    )
)
@example("email = 'x') or (select count(*) from registry.customers) > 0 or (true")
@example("true) from registry.customers; copy customers to 'x.csv'; select (true")
def test_no_text_does_anything_but_be_a_segment_or_be_refused(
    engine, tmp_path, monkeypatch, where
):
    monkeypatch.chdir(tmp_path)
    before = engine.collect("select count(*) from duckdb_tables()").column(0)[0]
    with contextlib.suppress(PipelineError):
        found = segment(engine, where)
        assert isinstance(found, Segment)
        assert found.columns <= set(VIEW)
        these = customers(found.columns, found.parts, AS_OF)
        assert engine.collect(these.select).num_rows == 4
    after = engine.collect("select count(*) from duckdb_tables()").column(0)[0]
    assert before == after
    assert list(tmp_path.iterdir()) == []


def export(**said):
    return Export.model_validate({"purpose": "service", "to": "out/a.csv", **said})


def test_every_export_is_checked_without_data_and_all_is_said_at_once(engine):
    problems = check_exports(
        engine,
        {
            "good": export(where="country = 'SE'", to="out/good.csv"),
            "bad": export(where="contry = 'SE'"),
            "groups": export(for_each="group", to="out/{group}.csv"),
            "twins": export(
                columns=[{"email": "Mail"}, {"phone": "mail"}], to="out/b/c.csv"
            ),
        },
    )
    assert [(problem.where, problem.what) for problem in problems] == [
        ("exports.bad.where", "unknown column 'contry'"),
        ("exports.groups.to", "a group's file could be that of export 'good'"),
        ("exports.groups.to", "a group's file could be that of export 'bad'"),
        ("exports.twins.columns", "'email' and 'phone' have the same header"),
    ]


@pytest.mark.parametrize("name", ["customer-view.md"])
def test_the_manual_lists_every_column_and_function(name):
    text = (Path(__file__).parents[1] / "docs" / name).read_text("utf-8")
    for word in (*VIEW, *FUNCTIONS, AS_OF_WORD):
        assert f"`{word}`" in text, word


def test_a_day_is_a_day(engine):
    assert people(engine, f"birth_date = '{date(1990, 5, 1)}'") == [1]
