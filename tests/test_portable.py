"""Step SQL is kept to what every engine reads alike; the rest are words of ours."""

import csv
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

import regpipe.sql
from drawn import engine_holding
from regpipe.engine.recorder import Recorder
from regpipe.fields import FIELDS, ORDER_FIELDS, STATED, FieldType
from regpipe.outcome import silent
from regpipe.plan import Stopwatch, work_out
from regpipe.planning import plan_sql
from regpipe.reading import open_registry
from regpipe.reading.why import why_of
from regpipe.registry.by_hand import ByHand, LinkDecision, Override
from regpipe.registry.opening import locked_down, opened
from regpipe.registry.statements import Block, NotedConsent, Proof, Statement
from regpipe.run import run_pipeline
from regpipe.spec import Consent, ConsentSource, CustomerSource, OrderSource
from regpipe.spec.load import load_pipeline
from regpipe.spec.rules import DEFAULT_KEYS
from regpipe.sql.cells import Cell
from regpipe.sql.clean import cleaned
from regpipe.sql.erase import asked_owners, own_orders, own_records
from regpipe.sql.erased import PERSON, erased, fingerprints, people, whose
from regpipe.sql.evaluate import labelled, scored_clusters
from regpipe.sql.gone import vanished
from regpipe.sql.items import PARTS, Items, Packed
from regpipe.sql.lists import Selection
from regpipe.sql.pairs import touched_values
from regpipe.sql.proof import meant, proved
from regpipe.sql.records import records_gone, stored
from regpipe.sql.segment import EVERYBODY
from regpipe.sql.step import Step
from regpipe.stages.export import stage_exports
from regpipe.stages.export_files import writing_lists
from regpipe.stages.judging import judge
from regpipe.stages.mending import write_rejects
from regpipe.stages.normalise import columns_read

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
EVERYTHING = Path(__file__).with_name("everything.yaml")
VOCABULARY = Path(regpipe.sql.__file__).parent / "vocabulary.duckdb.sql"
WORDS = set(re.findall(r"^create or replace macro (\w+)", VOCABULARY.read_text(), re.M))

# The rows: good, bad, ragged, crowded, torn, unchanged, twice, and decided by hand.

PEOPLE = [
    {"Id": "1", "Email": "a@x.se", "First": "Anna", "Last": "Berg", "Groups": "Gold"},
    {"Id": "2", "Email": "a@x.se", "First": "Bo", "Last": "Berg", "News": "ja"},
    {"Id": "3", "Email": "a@x.se", "Last": "Berg", "Phone": "070-123 45 67"},
    {"Id": "4", "Email": "c@x.se", "First": "Cia", "Last": "Ek", "Offers": "yes"},
    {"Id": "5", "Email": "c@x.se", "First": "Dan", "Last": "Ek", "Kind": "gast"},
    {"Id": "6", "Email": "c@x.se", "First": "Eva", "Last": "Ek", "Born": "never"},
    {"Id": "7", "Email": "no mail", "Last": "Holm"},
    {"Id": "9", "Email": "i@björk.se", "First": "Søren", "Last": "von Dürer Jr."},
    {"Id": "10", "Phone": "070-123 45 67 x2", "Org": "556012-5790", "Country": "SE"},
]
LATER = {"Id": "1", "Email": "a@x.se", "First": "Anna", "Last": "Berg-Ek"}
CLUB = [
    {"Email": "a@x.se", "Name": "Anna Berg", "Group": "Gold", "Status": "subscribed"},
    {"Email": "f@x.se", "Name": "Ek,\u00a0Frida", "Phone": "+46701112233"},
]
ORDERS = [
    {"Order": "o1", "Customer": "1", "Email": "a@x.se", "Total": "1.50", "SKU": "s1"},
    {"Order": "o1", "Total": "", "SKU": "s2"},
    {"Order": "o2", "Email": "g@x.se", "Total": "2.50", "Name": "Gun Lind"},
    {"Order": "o3", "Email": "h@x.se", "Total": "three"},
]
COUNTER = [{"Order": "k1", "Placed": "2024-01-01", "Total": "3"}]
PACKED = [
    {"Order": "p1", "Placed": "2024-01-01", "Items": "sku:a|qty:1;name:b|qty:2"},
    {"Order": "p2", "Placed": "2024-01-01", "Items": "sku:a|qty:two"},
    {"Order": "p3", "Placed": "2024-01-01"},
]
NUMBERED = [
    {"Order": "n1", "Placed": "2024-01-01", "Item 1 SKU": "a", "Item 1 Price": "1,5"},
    {"Order": "n2", "Placed": "2024-01-01", "Item 1 Price": "one"},
    None,
]
BOOK = [
    {"City": "Kil", "Billing": "1"},
    {"Email": "a@x.se", "Site": "b", "City": "Lund", "Billing": "1", "News": "yes"},
    {"City": "Ed", "Shipping": "yes"},
    {"Email": "no mail", "City": "Ystad"},
]
UNSUBSCRIBED = [
    {"Email": "a@x.se", "Status": "unsubscribed", "At": "2024-02-01"},
    {"Email": "f@x.se", "Status": "bounced", "Why": "full"},
]
CHOICES = [
    {"Email": "a@x.se", "All": "some", "News": "yes", "At": "2024-01-01"},
    {"Email": "b@x.se", "All": "none", "News": "no"},
    {"Email": "c@x.se", "All": "granted"},
]
FILES = {
    "shop.csv": ("shop", PEOPLE),
    "shop2.csv": ("shop", [{"Id": "8", "Email": "e@x.se"}, None]),
    "club.csv": ("club", CLUB),
    "orders.csv": ("orders", [{"Placed": "2024-01-01"} | row for row in ORDERS]),
    "counter.csv": ("counter", COUNTER),
    "packed.csv": ("packed", PACKED),
    "numbered.csv": ("numbered", NUMBERED),
    "book.csv": ("book", BOOK),
    "leaves.csv": ("leaves", [{"Id": "1", "Email": "l@x.se"}, {"Id": "1"}]),
    "unsubscribed.csv": ("unsubscribed", UNSUBSCRIBED),
    "texts.csv": ("texts", [{"Phone": "070-123 45 67"}]),
    "choices.csv": ("choices", CHOICES),
    "letters.csv": ("letters", [{"Street": "Storgatan 1", "Zip": "11122"}]),
}
BY_HAND = ByHand(
    by="eva",
    at=AS_OF,
    overrides=(Override(1, "city", "Lund"), Override(1, "note", "hers")),
    links=(LinkDecision(("shop", "1"), ("shop", "2"), "different"),),
    consents=NotedConsent(
        (Statement("a@x.se", "email", "newsletter", "granted", AS_OF, Proof()),),
        (
            Block("f@x.se", "*", "complained"),
            Block("f@x.se", "*", "bounced", lift=True),
        ),
    ),
)
DEMANDED = Consent.model_validate(
    {
        "policies": {
            "newsletter": [
                {"countries": ["DE"], "double_opt_in": True},
                {"existing_customers": "2 years", "renew_after": "90 days"},
            ]
        }
    }
)
BY_PERSON = DEMANDED.model_copy(update={"follows": "person"})


def write(pipeline, files):
    """Write files of sources: their rows, and a ragged one where there is None."""
    for name, (source, rows) in files.items():
        header = columns_read(pipeline.sources[source])
        with (pipeline.folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            for row in rows:
                cells = [row.get(column, "") for column in header] if row else ["9"]
                writer.writerow(cells)


@dataclass
class Listener(Recorder):
    """A recorder that also keeps what is collected and exported."""

    def collect(self, select):
        self.steps.append(Step("collect", select))
        return super().collect(select)

    def export(self, select, columns, order_by, path, delimiter, *, header=True):
        self.steps.append(Step("export", select))
        return super().export(select, columns, order_by, path, delimiter, header=header)


def listened(pipeline, folder, **more):
    """Give every step of working out a plan from real rows."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    with opened(pipeline.path(pipeline.registry), scratch) as (engine, _):
        heard = Listener(engine)
        work_out(heard, pipeline, AS_OF, scratch, Stopwatch(silent), **more)
    return heard.steps


def replayed(pipeline, folder):
    """Give every step of replaying the rejects of each source as they are."""
    run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)
    with open_registry(pipeline.path(pipeline.registry)) as registry:
        rejects = registry.rejects().arrow().to_pylist()
    found = []
    for source in sorted({reject["source"] for reject in rejects}):
        mine = [reject for reject in rejects if reject["source"] == source]
        with (folder / "mend.csv").open("w", encoding="utf-8", newline="") as out:
            write_rejects(mine, out)
        found += listened(pipeline, folder, mended=folder / "mend.csv")
    assert found, "some rows of this pipeline are bad"
    return found


def lists(pipeline):
    """Give every step of making the lists of a registry."""
    with writing_lists(pipeline, AS_OF, "test") as folders:
        registry = pipeline.path(pipeline.registry)
        with locked_down(registry, folders) as engine:
            heard = Listener(engine)
            stage_exports(heard, pipeline, AS_OF, None, AS_OF + timedelta(days=1))
    return heard.steps


def explained(pipeline, customer_id):
    """Give every step of telling why a customer is as they are."""
    with locked_down(pipeline.path(pipeline.registry), ()) as engine:
        heard = Recorder(engine)
        why_of(heard, customer_id, AS_OF)
    return heard.steps


def asked_about(pipeline, customer_id):
    """Give every step of telling why a customer is on a list, and of proving one."""
    with locked_down(pipeline.path(pipeline.registry), ()) as engine:
        heard = Listener(engine)
        for name in ("news", "texts", "members", "tagged"):
            judge(heard, pipeline, name, AS_OF, customer_id)
    who = Selection(
        name="proof",
        purpose="newsletter",
        channel="email",
        segment=EVERYBODY,
        by_group=False,
        columns=("email",),
        consent=pipeline.consent,
    )
    return [
        *heard.steps,
        *(meant(channel, by_number=False) for channel in ("email", "post")),
        meant("email", by_number=True),
        *(proved(who, AS_OF, by_number=number) for number in (False, True)),
    ]


def forgotten():
    """Give the steps that find who is to be erased, and that keep them out."""
    shop = whose("shop", "rows_shop", PERSON, "external_id", "shop")
    sales = whose("orders", "rows_orders", PERSON, "customer_ref", "shop", orders=True)
    out = {"any_unchanged": True, "hashed": True, "said": True, "rows": True}
    return [
        *(asked_owners(), own_records(), own_orders()),
        *(erased(about, **out) for about in (shop, sales)),
        *(Step(a.recognised, people(a, any_unchanged=True)) for a in (shop, sales)),
        *(
            Step(a.known_rows, fingerprints(a, any_unchanged=True))
            for a in (shop, sales)
        ),
        vanished([("shop", "null")], deleted=True),
        stored(removed=True),
        records_gone(removed=True),
    ]


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Give every step there is: planned, and worked out from rows, twice."""
    folder = tmp_path_factory.mktemp("everything")
    text = EVERYTHING.read_text("utf-8")
    (folder / "everything.yaml").write_text(text, "utf-8")
    for said, instead in (
        ("guests: register", "guests: orders_only"),
        ("groups: [shop, club]", "groups: union"),
        ("tax_exempt: all", "tax_exempt: any"),
        ("billing: most_common", "billing: newest"),
        ("birth_date: min", "birth_date: newest"),
    ):
        assert said in text
        text = text.replace(said, instead)
    (folder / "other.yaml").write_text(text, "utf-8")
    pipeline = load_pipeline(folder / "everything.yaml", os.environ)
    other = load_pipeline(folder / "other.yaml", os.environ)
    write(pipeline, FILES)
    found = plan_sql(pipeline, None)
    found += listened(other, folder)
    run_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)
    found += plan_sql(other, None)
    write(pipeline, {"shop.csv": ("shop", [LATER, *PEOPLE[1:]])})
    found += listened(pipeline, folder, by_hand=BY_HAND)
    found += lists(pipeline)
    for consent in (DEMANDED, BY_PERSON):
        demanding = pipeline.model_copy(update={"consent": consent})
        found += lists(demanding)
        found += asked_about(demanding, 1)
    found += explained(pipeline, 1)
    found += replayed(pipeline, folder)
    found += [labelled(DEFAULT_KEYS), scored_clusters()]
    found.append(touched_values())  # made where a value crosses the limit
    found += forgotten()
    unique = {(each.name, each.select): each for each in found}
    return list(unique.values())


# What a step may be made of, by the class that sqlglot reads it as.

STRUCTURE = {
    *("Alias", "CTE", "Column", "Distinct", "From", "Group", "Having", "Identifier"),
    *("Join", "Order", "Ordered", "Paren", "Qualify", "Select", "Star", "Subquery"),
    *("Table", "TableAlias", "Union", "Where", "With", "Window", "Filter"),
    *("WindowSpec", "Exists"),
}
VALUES = {
    *("Array", "Boolean", "Cast", "DataType", "DataTypeParam", "Literal", "Null"),
    *("PropertyEQ", "Struct", "TryCast", "Interval", "Var"),
}
OPERATORS = {
    *("Add", "And", "Between", "Case", "DPipe", "EQ", "GT", "GTE", "If", "In", "Is"),
    *("LT", "LTE", "Mul", "NEQ", "Neg", "Not", "NullSafeEQ", "NullSafeNEQ", "Or"),
    *("Sub", "Dot"),
}
AGGREGATES = {
    *("AnyValue", "ArgMax", "ArgMin", "ArrayAgg", "Count", "LogicalAnd", "LogicalOr"),
    *("Max", "Min", "RowNumber", "Sum"),
}
FUNCTIONS = {
    *("Coalesce", "Concat", "ConcatWs", "Length", "Lower", "Nullif", "RegexpExtract"),
    *("RegexpLike", "RegexpReplace", "SplitPart", "Substring", "TimestampTrunc"),
}
NOTED = {
    "IgnoreNulls": "how sqlglot reads any_value, which it writes as any_value",
    "Explode": "unnest in a select list: no row for a null or empty list on either",
    "IntDiv": "// of whole numbers that are not negative: DIV on Spark",
    "ArraySort": "of a list without nulls (see below): array_sort on Spark",
    "ArrayToString": "of a list without nulls: array_join on Spark",
    "MapFromEntries": "of structs with keys k that differ: the same on both",
    "MapFromArrays": "the same on both",
    "Bracket": "a value of a map by its key: null where it lacks on both",
    "ArraySize": "array_length of a list that is not null: size on Spark",
    "Limit": "limit 0, for the columns of a table",
}
"""What portable-sql.md does not list, and why it means the same all the same."""

ALLOWED = {*STRUCTURE, *VALUES, *OPERATORS, *AGGREGATES, *FUNCTIONS, *NOTED}

TYPES = {
    *("ARRAY", "BIGINT", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "TEXT", "TIMESTAMP"),
    *("STRUCT", "TIMESTAMPNTZ", "VARCHAR"),
}
TRIED = TYPES - {"ARRAY", "BIGINT", "STRUCT"}
"""What text may be tried to be read as; whole numbers need a regex guard."""

ENGINE_FACTS = {
    "rowid": (
        ("rows_", "file_rows_"),
        "a kept table's rowid is the place in its file, for nothing (design.md part 8);"
        " another engine's cleaned tables need a column of that name",
    ),
}
"""Names of columns that only the engine gives, in which steps, and why."""

UNIQUE = (
    "row_id",
    "item_no",
    "external_id",
    "cluster",
    "customer_id",
    "row_number",
    "decision",
    "subject",
    "place",
)
"""Columns that settle the order of a window when they stand last in it; an item_no
stands behind its row_id, a subject behind its kind; a place is one of a customer's."""

NEVER_NULL = {
    *UNIQUE,
    *("source", "held", "fingerprint", "decided_at", "set_at", "delivered_at"),
    *("file_id", "status", "run_id", "counts_from", "kind"),
}

NEVER_NULL_VALUES = {"kind", "s.status"}

ABOUT_SEGMENTS = ("json_serialize_sql", "json_deserialize_sql", "is_in")
"""DuckDB's parser reads the text of a segment, whatever engine holds the rows."""


def parsed(step):
    statements = sqlglot.parse(step.select, dialect="duckdb")
    assert len(statements) == 1, f"{step.name}: one statement"
    return statements[0]


def faults(step):
    """Give what in a step is not read alike by every engine."""
    tree = parsed(step)
    if not isinstance(tree, (exp.Select, exp.Union)):
        yield f"is no SELECT but {type(tree).__name__}"
    for node in tree.walk():
        kind = type(node).__name__
        if isinstance(node, exp.Anonymous):
            if node.name not in WORDS:
                yield f"{node.name}() is no word of ours"
        elif kind not in ALLOWED:
            yield f"{kind} is not on the list: {node.sql('duckdb')[:60]}"
        yield from RULES.get(kind, lambda node, step: ())(node, step)


def _column(node, step):
    prefix, _ = ENGINE_FACTS.get(node.name, ("", ""))
    if prefix and not step.name.startswith(prefix):
        yield f"{node.name} is the engine's own"


def _star(node, step):
    if node.args.get("except_") or node.args.get("except") or node.args.get("replace"):
        yield "* exclude or replace"


def _with(node, step):
    if node.args.get("recursive"):
        yield "a recursive CTE"


def _group(node, step):
    if any(isinstance(by, exp.Literal) for by in node.expressions):
        yield "group by a position"
    if node.args.get("all"):
        yield "group by all"


def _type(node, step):
    if node.this.value not in TYPES:
        yield f"the type {node.this.value}"


def _try_cast(node, step):
    if node.to.this.value not in TRIED:
        yield f"try_cast to {node.to.this.value} without a guard"


def _join(node, step):
    on = node.args.get("on") or node.args.get("using")
    if node.method or node.kind == "CROSS" or not on:
        yield f"a join of kind {node.method or node.kind or 'comma'}"


def _union(node, step):
    if node.args.get("by_name"):
        yield "union by name"


def _sum(node, step):
    if not node.find_ancestor(exp.Cast):
        yield "sum() without a cast: its type differs"


def _array_agg(node, step):
    known = isinstance(node.this, exp.Struct) or node.sql() == "ARRAY_AGG(g.name)"
    if not isinstance(node.parent, exp.ArraySort):
        yield "list() that is not sorted"
    elif not known and not isinstance(node.parent.parent, exp.Filter):
        yield "list() of what may be null"


def _arg(node, step):
    by = node.expression
    names = {column.name for column in by.find_all(exp.Column)}
    settled = isinstance(by, exp.Struct) or names & {"place", "row_id"}
    if not settled and node.this.sql() != "kind":
        yield f"{node.key} whose ties are open: {node.sql('duckdb')[:60]}"
    never_null = isinstance(node.this, exp.Is) or node.this.sql() in NEVER_NULL_VALUES
    if not isinstance(node.parent, exp.Filter) and not never_null:
        yield f"{node.key} of what may be null: {node.sql('duckdb')[:60]}"


def _regexp_replace(node, step):
    if "g" not in (node.args.get("modifiers") or exp.Literal.string("")).name:
        yield "regexp_replace without 'g'"


def _regexp(node, step):
    flags = node.args.get("flag") or node.args.get("parameters")
    pattern = node.expression
    if flags is not None:
        yield "a regex with a flag"
    if not isinstance(pattern, exp.Literal):
        yield "a regex that is no literal"
    elif re.search(r"\$|\\[wbWBdD]", pattern.name.replace("[^$", "")) and not (
        re.fullmatch(r"[^\\]*\[[^]]*\$[^]]*\].*", pattern.name, re.DOTALL)
    ):
        yield f"a regex of another meaning elsewhere: {pattern.name[:40]}"


def _window(node, step):
    ordered = node.args.get("order")
    if ordered is None:
        if isinstance(node.this, (exp.RowNumber, exp.Lag, exp.Lead)):
            yield f"a window without order: {node.sql('duckdb')[:60]}"
        return
    last = ordered.expressions[-1].this
    if last.name not in UNIQUE:
        yield f"a window ordered by nothing unique: {node.sql('duckdb')[:60]}"


RULES = {
    "Column": _column,
    "Star": _star,
    "With": _with,
    "Group": _group,
    "DataType": _type,
    "TryCast": _try_cast,
    "Join": _join,
    "Union": _union,
    "Sum": _sum,
    "ArrayAgg": _array_agg,
    "ArgMax": _arg,
    "ArgMin": _arg,
    "RegexpReplace": _regexp_replace,
    "RegexpLike": _regexp,
    "RegexpExtract": _regexp,
    "Window": _window,
}


def sort_keys(select):
    """Give the text of each key that a window of this SQL is ordered by."""
    for over in re.finditer(r"\bover\s*\(", select):
        depth, text = 1, []
        for sign in select[over.end() :]:
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if not depth:
                break
            text.append("\0" if sign == "," and depth == 1 else sign)
        _, _, order = "".join(text).partition("order by")
        yield from filter(None, (" ".join(key.split()) for key in order.split("\0")))


def test_every_step_is_made_of_what_every_engine_reads_alike(steps):
    found = {
        f"{step.name}: {fault}"
        for step in steps
        if not any(mark in step.select for mark in ABOUT_SEGMENTS)
        for fault in faults(step)
    }
    assert not found, "\n".join(["", *sorted(found)])


def test_every_window_says_where_its_nulls_go_if_there_may_be_any(steps):
    silent_keys = set()
    for step in steps:
        for key in sort_keys(step.select):
            column = re.sub(r" (desc|asc)$", "", key)
            known = column.startswith(("case ", "rp_refusal("))
            known = known or column.rpartition(".")[2] in NEVER_NULL
            if not re.search(r"nulls (first|last)$", key) and not known:
                silent_keys.add(f"{step.name}: {key}")
    assert not silent_keys, "\n".join(["", *sorted(silent_keys)])


def test_every_step_is_carried_to_spark(steps):
    for step in steps:
        if not any(mark in step.select for mark in ABOUT_SEGMENTS):
            sqlglot.transpile(
                step.select,
                read="duckdb",
                write="spark",
                unsupported_level=sqlglot.ErrorLevel.RAISE,
            )


def test_the_steps_looked_at_are_all_there_are(steps):
    """Whoever adds a step sees to it that the pipeline of this test reaches it."""
    sources = "shop|club|orders|counter|unsubscribed|texts"
    sources += "|packed|numbered|book|leaves"
    seen = {re.sub(rf"(_({sources}))?(_\d+)?$", "", each.name) for each in steps}
    seen |= {re.sub(rf"_({sources})$", "", name) for name in seen}
    seen |= {re.sub(r"^(list\w*) .*", r"\1", name) for name in seen}
    names = set()
    for path in VOCABULARY.parent.rglob("*.py"):
        text = path.read_text("utf-8")
        names |= set(re.findall(r'\bstep\(\s*f?"(\w+?)_?[{"]', text))
    assert names - seen == COLLECTED


COLLECTED = {"edges", "counts"}
"""Steps that are never kept: their rows are asked for, and looked at here too."""


# Cleaning keeps rows in the order of the file: nothing in it may become a join.

LONG = {f"W{n}": tuple(f"word {n} {m}" for m in range(40)) for n in range(8)}
KINDS = {"customers": CustomerSource, "orders": OrderSource, "consents": ConsentSource}
WORDY = {FieldType.WORD, FieldType.CODE}


def cell_of(kind):
    """Give a cell of that type with as many words and formats as there may be."""
    return Cell(
        kind,
        "a",
        formats=("%d.%m.%Y", "%Y-%m-%d %z") if kind.endswith(("date", "time")) else (),
        separator="," if kind is FieldType.LIST else None,
        region="SE",
        words=LONG
        if kind in WORDY
        else {"yes": LONG["W0"], "no": LONG["W1"]}
        if kind is FieldType.FLAG
        else None,
        at=dict.fromkeys(STATED, "b"),
    )


@pytest.fixture(scope="module")
def planner():
    made = engine_holding()
    made.make(Step("raw", "select 'a' as a, 'b' as b, '2' as regpipe_row, '' as p"))
    made.define(
        Step(
            "careful",
            "select a, b, regpipe_row, p as regpipe_problem, p as regpipe_cells "
            "from raw",
        )
    )
    yield made
    made.close()


def operators(engine, select):
    """Give DuckDB's plan of a SELECT as text."""
    plan = engine.collect(f"explain {select}").to_pylist()
    return "\n".join(row["explain_value"] for row in plan).lower()


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(
    ("source", "field", "kind"),
    [
        (source, name, kind)
        for source in FIELDS
        for name, kind in FIELDS[source].items()
    ],
)
def test_cleaning_a_field_is_no_join(planner, source, field, kind, careful):
    made = cleaned(
        "clean",
        "careful" if careful else "raw",
        {field: cell_of(kind)},
        {},
        zone="Europe/Stockholm",
        version="1",
        careful=careful,
    )
    assert "join" not in operators(planner, made.select)


def test_cleaning_all_fields_of_a_customer_with_their_texts_is_no_join(planner):
    made = cleaned(
        "clean",
        "raw",
        {name: cell_of(kind) for name, kind in FIELDS["customers"].items()}
        | {"full_name": Cell(FieldType.TEXT, "b")},
        {},
        zone="UTC",
        version="1",
        careful=False,
        texts_kept=True,
    )
    assert "join" not in operators(planner, made.select)


LINES = {
    f"line_{part}": Cell(ORDER_FIELDS[f"line_{part}"], "a" if part == "sku" else "b")
    for part in PARTS
}
SEVERAL = {
    "packed": Items(
        LINES,
        packed=Packed("a", ";", "|", ":"),
        names={field: (field, "title") for field in LINES},
    ),
    "numbered": Items(LINES, room=3),
}


@pytest.mark.parametrize("items", SEVERAL.values(), ids=SEVERAL.keys())
def test_cleaning_several_items_is_no_join(planner, items):
    made = cleaned(
        "clean", "raw", {}, {}, zone="UTC", version="1", careful=False, items=items
    )
    assert "join" not in operators(planner, made.select)


OPTIONS = {
    "beside": ("b", "c"),
    "a_key": True,
    "mail": True,
    "when": {"b": tuple(LONG["W0"]), "c": ("", "x")},
    "blank": ("*@*", "-"),
    "html": True,
    "whole": True,
}


@pytest.mark.parametrize("field", ["external_id", "note", "shipping_name"])
def test_cleaning_by_every_option_is_no_join(planner, field):
    planner.make(Step("three", "select 'a' as a, 'b' as b, 'c' as c"))
    cell = Cell(FieldType.TEXT, "a", **OPTIONS)
    made = cleaned(
        "clean", "three", {field: cell}, {}, zone="UTC", version="1", careful=False
    )
    assert "join" not in operators(planner, made.select)


@pytest.mark.parametrize("words", [None, LONG], ids=["ours", "long"])
def test_cleaning_consents_is_no_join(planner, words):
    cell = Cell(
        FieldType.WORD,
        "a",
        words=words,
        at=dict.fromkeys(STATED, "b"),
        formats=("%Y-%m-%d %z",),
    )
    made = cleaned(
        "clean",
        "raw",
        {"email": Cell(FieldType.EMAIL, "a")},
        {("news", "email"): cell, ("offers", "sms"): cell},
        zone="UTC",
        version="1",
        careful=False,
    )
    assert "join" not in operators(planner, made.select)


def test_a_join_would_be_seen(planner):
    listed = ", ".join(f"'{word}'" for words in LONG.values() for word in words)
    select = f"select lower(a) in ({listed}) as known from raw"
    assert "join" in operators(planner, select)
