"""Loading a pipeline file: what it gives, and what is said of every mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from regpipe.errors import PipelineError
from regpipe.spec import CustomerSource, OrderSource, Pipeline, Rule
from regpipe.spec.load import load_pipeline

DESIGN = """\
pipeline: nightly
registry: registry.duckdb

sources:
  web_shop:
    kind: customers
    files: inbox/shop/customers*.csv
    delivery: full
    tolerate: 2%
    columns: {external_id: Id, email: Email}
  old_shop:
    kind: customers
    files: inbox/old/*.skv
    csv: {delimiter: ";", encoding: cp1252}
    timezone: Europe/Stockholm
    columns:
      external_id: Kundnr
      email: E-post
      phone: {from: Telefon, country: SE}
      groups: {from: Grupper, split: ","}
      consent.newsletter: {from: Nyhetsbrev, granted: [Ja], never: [Nej]}
      updated_at: {from: Ändrad, format: "%d.%m.%Y %H:%M"}
    schema: schemas/customers.yaml
  web_orders:
    kind: orders
    files: inbox/shop/orders*.csv
    customers: web_shop
    columns: {order_id: Order, ordered_at: Date, line.sku: Sku, customer_ref: Who}

identity:
  match:
    - [email]
    - [phone, last_name]
    - [full_name, postcode]
  never_match_on: {email: ["noreply@*"], phone: ["+46000*"]}
  shared_above: 4
  largest_cluster: 20
  guests: orders_only

survivorship:
  default: newest
  phone: [web_shop, old_shop]
  groups: union

exports:
  newsletter:
    purpose: newsletter
    where: country in ('SE', 'NO') and order_count >= 1
    columns: [email, first_name, last_name]
    target: csv
    to: out/newsletter-{date}.csv
  groups:
    for_each: group
    purpose: service
    to: out/groups/{group}.csv
"""

SMALL = """\
pipeline: nightly
registry: registry.duckdb
sources:
  shop:
    kind: customers
    files: in/*.csv
    columns:
      external_id: Id
      email: Email
      consent.newsletter: {from: News, granted: [ja]}
exports:
  newsletter: {purpose: newsletter, to: out/list.csv}
"""


def loaded(folder: Path, text: str, **environ: str) -> Pipeline:
    path = folder / "p.yaml"
    path.write_text(text, encoding="utf-8")
    return load_pipeline(path, environ)


def complaint(folder: Path, text: str, **environ: str) -> str:
    with pytest.raises(PipelineError) as raised:
        loaded(folder, text, **environ)
    return str(raised.value)


def changed(old: str, new: str) -> str:
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


def test_the_pipeline_of_the_design_loads(tmp_path):
    pipeline = loaded(tmp_path, DESIGN)
    assert pipeline.pipeline == "nightly"
    web, old, orders = pipeline.sources.values()
    assert isinstance(web, CustomerSource)
    assert (web.delivery, web.tolerate, web.gone_limit) == ("full", 0.02, 0.2)
    assert web.files == ("inbox/shop/customers*.csv",)
    assert isinstance(old, CustomerSource)
    assert (old.csv.delimiter, old.csv.encoding) == (";", "cp1252")
    assert (old.csv.quote, old.csv.header) == ('"', True)
    assert (old.timezone, old.schema_) == ("Europe/Stockholm", "schemas/customers.yaml")
    assert list(old.columns) == [
        *("external_id", "email", "phone", "groups", "updated_at"),
    ]
    assert old.columns["phone"].country == "SE"
    assert old.columns["groups"].split == ","
    assert old.columns["updated_at"].format == ("%d.%m.%Y %H:%M",)
    assert list(old.consents) == [("newsletter", "email")]
    assert old.consents["newsletter", "email"].granted == ("Ja",)
    assert isinstance(orders, OrderSource)
    assert (orders.customers, orders.columns["line_sku"].from_) == ("web_shop", "Sku")
    assert pipeline.identity.match == (
        ("email",),
        ("phone", "last_name"),
        ("full_name", "postcode"),
    )
    assert pipeline.identity.never_match_on["phone"] == ("+46000*",)
    assert pipeline.survivorship.fields == {
        "phone": Rule(kind="sources", sources=("web_shop", "old_shop")),
        "groups": Rule(kind="union"),
    }
    newsletter, groups = pipeline.exports.values()
    assert newsletter.columns == {n: n for n in ("email", "first_name", "last_name")}
    assert (newsletter.channel, newsletter.target) == ("email", "csv")
    assert (groups.for_each, groups.to) == ("group", "out/groups/{group}.csv")


def test_what_is_left_out_has_its_default(tmp_path):
    small = loaded(tmp_path, SMALL)
    assert small.survivorship.default == Rule(kind="newest")
    assert small.identity.guests == "orders_only"
    assert small.checks == ()
    assert small.sources["shop"].tolerate is None


def test_paths_start_at_the_folder_of_the_file_and_take_variables(tmp_path):
    text = changed("registry.duckdb", '"${DATA}/r.duckdb"').replace("in/*", "${IN}/*")
    pipeline = loaded(tmp_path, text, DATA="data", IN="/inbox")
    assert pipeline.folder == tmp_path
    assert pipeline.path(pipeline.registry) == tmp_path / "data" / "r.duckdb"
    assert pipeline.path(pipeline.sources["shop"].files[0]) == Path("/inbox/*.csv")


def test_country_no_and_the_words_yes_and_no_stay_text(tmp_path):
    text = changed(
        "email: Email",
        "email: Email\n      country: {value: NO}\n"
        "      tax_exempt: {from: Free, yes: [yes, on], no: no}",
    )
    columns = loaded(tmp_path, "%YAML 1.1\n---\n" + text).sources["shop"].columns
    assert columns == loaded(tmp_path, text).sources["shop"].columns
    assert columns["country"].value == "NO"
    assert (columns["tax_exempt"].yes, columns["tax_exempt"].no) == (
        ("yes", "on"),
        ("no",),
    )


def test_an_anchor_may_say_a_thing_once(tmp_path):
    text = changed("email: Email", "email: &e {from: Email}\n      note: *e")
    columns = loaded(tmp_path, text).sources["shop"].columns
    assert columns["note"].from_ == "Email"


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    assert loaded(tmp_path, "\ufeff" + SMALL).pipeline == "nightly"


NO_YAML = {
    "empty": ("", "1: the file is empty", "`regpipe init` writes one to start from"),
    "comments only": (
        "# none\n",
        "1: the file is empty",
        "`regpipe init` writes one to start from",
    ),
    "a list": (
        "\n- a\n",
        "2: the file holds a list, not a mapping",
        "a pipeline file begins with `pipeline: NAME`",
    ),
    "a text": (
        "nightly\n",
        "1: the file holds text, not a mapping",
        "a pipeline file begins with `pipeline: NAME`",
    ),
    "a tab": (
        "a:\n\tb: 1",
        "2: no YAML: a tab where YAML takes only spaces",
        "use spaces",
    ),
    "a bare %": (
        "a: 1\nb: %d.%m",
        "2: no YAML: a text cannot begin with %",
        "put the text in quotes",
    ),
    "a bare *": (
        "a: 1\nb: *@x.se",
        "2: no YAML: a text cannot begin with *",
        "put the text in quotes",
    ),
    "two colons": (
        "a: 1\nb: c: d",
        "2: no YAML: a ':' where no key can be",
        "look at the indentation, or put a text with ': ' in quotes",
    ),
    "a bracket": (
        "a: [1\nb: 2",
        "2: no YAML: a bracket is never closed, or ',' lacks",
        None,
    ),
    "a quote": ("a: 'b\n", "2: no YAML: a quote is never closed", None),
    "an indentation": (
        "a: 1\n  b: 2",
        "2: no YAML: a ':' where no key can be",
        "look at the indentation, or put a text with ': ' in quotes",
    ),
    "a backslash": (
        'a: 1\nb: "in\\data"',
        "2: no YAML: a backslash in double quotes begins an escape",
        "use single quotes",
    ),
    "two documents": (
        "a: 1\n---\nb: 2",
        "2: no YAML: a second document begins",
        "one file, one pipeline",
    ),
    "a control character": ("a: 1\nb: \x01", "2: no YAML: a control character", None),
    "too deep": ("a: " + "[" * 600, "1: is nested too deeply", None),
    "deep": ("a: " + "[" * 30 + "]" * 30, "1: too large or too deep", None),
    "without end": ("a: &a [*a]", "1: too large or too deep", None),
}


@pytest.mark.parametrize(("text", "what", "hint"), NO_YAML.values(), ids=NO_YAML)
def test_what_is_no_yaml_mapping_is_refused_by_line(tmp_path, text, what, hint):
    expected = f"p.yaml:{what}\n    hint: {hint}" if hint else f"p.yaml:{what}"
    assert complaint(tmp_path, text) == expected


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    missing = tmp_path / "none.yaml"
    with pytest.raises(PipelineError) as raised:
        load_pipeline(missing, {})
    assert str(raised.value) == f"{missing}: no such file"
    with pytest.raises(PipelineError) as raised:
        load_pipeline(tmp_path, {})
    assert str(raised.value) == f"{tmp_path}: cannot be read: Is a directory"
    (tmp_path / "p.yaml").write_bytes("pipeline: a\nregistry: å\n".encode("cp1252"))
    with pytest.raises(PipelineError) as raised:
        load_pipeline(tmp_path / "p.yaml", {})
    assert (
        str(raised.value) == "p.yaml:2: is not UTF-8\n    hint: save the file as UTF-8"
    )


def mistakes() -> Iterator[tuple[str, str, str]]:
    """Give what is changed in SMALL, into what, and what is then said."""
    path = Path(__file__).with_name("pipeline_mistakes.txt")
    for case in path.read_text(encoding="utf-8").split("\n\n")[2:]:
        lines = case.strip("\n").split("\n")
        old = [line[2:] for line in lines if line[0] == "-"]
        new = [line[2:] for line in lines if line[0] == "+"]
        said = [line for line in lines if line[0] not in "-+"]
        yield "\n".join(old), "\n".join(new), "\n".join(said)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    list(mistakes()),
    ids=[new.strip()[:40] for _, new, _ in mistakes()],
)
def test_a_mistake_is_named_with_its_line_and_a_hint(tmp_path, old, new, expected):
    assert complaint(tmp_path, changed(old, new), DATA="x") == expected


def test_ten_mistakes_are_told_at_once_in_the_order_of_the_lines(tmp_path):
    text = """\
    pipline: nightly
    registry: ${NOWHERE}/registry.duckdb
    sources:
      shop:
        kind: customers
        files: in/*.csv
        timezone: Stockholm
        tolerate: much
        columns:
          external_id: Id
          e-mail: Email
          created_at: {from: Created, format: dd.mm.yyyy}
          consent.newsletter: {from: News, granted: [ja], never: [ja]}
      orders: {kind: order, files: in/orders.csv}
    identity: {match: [[mail]]}
    exports:
      newsletter: {purpose: newsletter, to: out/list.csv, target: xlsx}
      newsletter: {purpose: newsletter, to: out/list.csv}
    """
    said = complaint(tmp_path, dedent(text)).splitlines()
    assert [line for line in said if not line.startswith("    hint: ")] == [
        "p.yaml:1: missing key 'pipeline'",
        "p.yaml:1: unknown key 'pipline'",
        "p.yaml:2: registry: variable NOWHERE is not set",
        "p.yaml:7: sources.shop.timezone: unknown time zone 'Stockholm'",
        "p.yaml:8: sources.shop.tolerate: must be a share from 0% to 100%",
        "p.yaml:11: sources.shop.columns: unknown field 'e-mail'",
        "p.yaml:12: sources.shop.columns.created_at.format: 'dd.mm.yyyy' is no format",
        "p.yaml:13: sources.shop.columns.consent.newsletter.never:"
        " 'ja' stands under 'granted' too",
        "p.yaml:14: sources.orders.kind: unknown value 'order'",
        "p.yaml:15: identity.match: unknown field 'mail'",
        "p.yaml:17: exports.newsletter.target: unknown target 'xlsx'",
        "p.yaml:18: exports: duplicate key 'newsletter'",
    ]


def test_a_value_from_the_environment_is_never_shown(tmp_path):
    text = changed("out/list.csv", '"${OUT}"') + (
        '  b: {purpose: service, to: "${OUT}"}\n'
    )
    told = complaint(tmp_path, text, OUT="secret/{x}.csv")
    assert "secret" not in told
    assert told.splitlines() == [
        "p.yaml:12: exports.newsletter.to: unknown placeholder",
        "    hint: known: {date}, {group}",
        "p.yaml:13: exports.b.to: unknown placeholder",
        "    hint: known: {date}, {group}",
        "p.yaml:13: exports.b.to: is the file of export 'newsletter' too",
    ]


def test_a_key_of_another_line_or_alphabet_cannot_break_a_message(tmp_path):
    text = changed("registry: r", '"a\\nb\\e[0m": 1\nregistry: r')
    assert complaint(tmp_path, text).startswith(
        "p.yaml:2: unknown key 'a\\nb\\x1b[0m'\n    hint: known: "
    )


ORDERS = """\
pipeline: nightly
registry: registry.duckdb
sources:
  sales:
    kind: orders
    files: in/*.csv
    csv: {header: HEADER}
    ITEMS
    columns: {order_id: ID, ordered_at: AT, LINES}
"""


@pytest.mark.parametrize(
    ("items", "lines", "expected"),
    [
        (
            "items: {from: Items}",
            "number: No",
            "p.yaml:9: sources.sales.columns: 'items' needs a column of a line, such "
            "as line.sku: sku\n    hint: its columns are the names of an item's parts",
        ),
        (
            "items: {from: Items}",
            "line.sku: 'Item {n}'",
            "p.yaml:9: sources.sales.columns: 'line.sku' is numbered, and 'items' "
            "packs them into one cell\n    hint: say one or the other",
        ),
        (
            "items: {from: Items}",
            "line.sku: {from: sku, html: true}",
            "p.yaml:9: sources.sales.columns.line.sku: 'html' does not fit a row of "
            "several items",
        ),
        (
            "items: {from: Items, parts: ';'}",
            "line.sku: sku",
            "p.yaml:8: sources.sales.items: between, parts and key must differ from "
            "each other\n    hint: such as ';', '|' and ':'",
        ),
        (
            "items: {between: ';'}",
            "line.sku: sku",
            "p.yaml:8: sources.sales.items: missing key 'from'",
        ),
        (
            "",
            "line.sku: 'Item {n}', line_name: Name",
            "p.yaml:9: sources.sales.columns: 'line_name' has no {n} in its column, "
            "and others have\n    hint: such as Item {n} Name",
        ),
        (
            "",
            "line.sku: 'Item {n}', line.name: {value: Cup}",
            "p.yaml:9: sources.sales.columns.line.name: 'value' does not fit a row of "
            "several items",
        ),
    ],
)
def test_items_that_do_not_fit_are_told(tmp_path, items, lines, expected):
    text = ORDERS.replace("ITEMS", items).replace("LINES", lines)
    text = text.replace("ID", "A").replace("AT", "B").replace("HEADER", "true")
    assert complaint(tmp_path, text) == expected


def test_parts_of_items_are_no_columns_of_a_file_without_a_header(tmp_path):
    text = ORDERS.replace("ITEMS", "items: {from: 3}").replace("LINES", "line.sku: sku")
    text = text.replace("ID", "1").replace("AT", "2").replace("HEADER", "false")
    (source,) = loaded(tmp_path, text).sources.values()
    assert isinstance(source, OrderSource)
    assert (source.itemised, source.numbered) == (True, False)
    text = text.replace(
        "order_id: 1", "order_id: {from: 1, with: Site, when: {Kind: x}}"
    )
    assert (
        complaint(tmp_path, text).count("is no number, and the file has no header") == 2
    )
