"""Several presets for one source, and files of the wrong kind."""

import json

import pytest

from regpipe.errors import InputFileError, PipelineError
from regpipe.formats.foreign import foreign_exports
from regpipe.planning import plan_sql
from regpipe.spec.load import load_pipeline
from test_presets import (
    CUSTOMERS,
    KENTICO,
    SHOPIFY,
    SHOPIFY_BEFORE,
    SHOPIFY_ORDERS,
)
from worlds import asked, nothing_changed, put, run, written

WOO = (
    "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,"
    "Country / Region,City,Region,Postal Code"
)
ORDER = ("#1001,a@x.se,paid,,,,yes,SEK,,,,9.00,,,,2026-01-02 03:04:05 +0100") + "," * 9
SHOPS = ["shopify", "woocommerce", "prestashop"]


def shop(folder, preset, files="in/*.csv", **more):
    """Load a pipeline of one source that may be read by several presets."""
    source = {"preset": preset, "files": files, **more}
    return load_pipeline(written(folder, {"web_shop": source}), {})


def row(header, **cells):
    """Give a file of one row: e-mail and name under whichever header they have."""
    delimiter = ";" if ";" in header else ","
    found = []
    for name in header.split(delimiter):
        mail = "mail" in name.lower() and "market" not in name.lower()
        found.append("anna@x.se" if mail else cells.get(name, ""))
    return f"{header}\n{delimiter.join(found)}\n"


def refused(pipeline):
    with pytest.raises(InputFileError) as told:
        run(pipeline)
    return [(p.where, p.what, p.hint) for p in told.value.problems]


CHOICES = {
    "shopify": SHOPIFY,
    "woocommerce": WOO,
    "prestashop": CUSTOMERS["prestashop"][1],
}


@pytest.mark.parametrize("preset", CHOICES)
@pytest.mark.parametrize("turn", [1, -1])
def test_the_preset_is_chosen_that_the_header_fits(tmp_path, preset, turn):
    put(tmp_path / "in" / "a.csv", row(CHOICES[preset], **{"Customer ID": "1"}))
    outcome = run(shop(tmp_path, SHOPS[::turn]))
    assert outcome.presets == {"web_shop": preset}
    query = "select email from source_records"
    assert asked(tmp_path / "registry.duckdb", query) == [("anna@x.se",)]


@pytest.mark.parametrize(
    ("preset", "header"),
    [
        (preset, header)
        for name, (preset, header, *_) in CUSTOMERS.items()
        if name not in ("woocommerce in Swedish", "shopify, of old")
    ],
)
def test_each_export_is_known_among_all_of_them(tmp_path, preset, header):
    among = sorted({each for each, *_ in CUSTOMERS.values()})
    put(tmp_path / "in" / "a.csv", f"{header}\n")
    assert run(shop(tmp_path, among)).presets == {"web_shop": preset}


def test_a_preset_of_ones_own_may_be_among_them(tmp_path):
    put(tmp_path / "mine.yaml", "kind: customers\ncolumns: {email: Mail, city: Town}\n")
    put(tmp_path / "in" / "a.csv", "Mail,Town\na@x.se,Ed\n")
    assert run(shop(tmp_path, ["shopify", "mine.yaml"])).presets == {
        "web_shop": "mine.yaml"
    }


def test_the_same_again_changes_nothing_and_another_export_is_read_anew(tmp_path):
    put(tmp_path / "in" / "a.csv", row(SHOPIFY, Note="old"))
    run(shop(tmp_path, SHOPS))
    again = run(shop(tmp_path, SHOPS[::-1]))
    assert nothing_changed(again)
    assert again.files[0].unchanged == 1
    alone = run(shop(tmp_path, "shopify"))
    assert (nothing_changed(alone), alone.presets) == (True, {})
    put(tmp_path / "in" / "a.csv", row(WOO))
    moved = run(shop(tmp_path, SHOPS))
    assert (moved.presets, moved.files[0].unchanged) == ({"web_shop": "woocommerce"}, 0)


def test_all_files_of_a_source_are_of_one_export(tmp_path):
    put(tmp_path / "in" / "a.csv", row(SHOPIFY))
    put(tmp_path / "in" / "b.csv", row(SHOPIFY_BEFORE))
    assert run(shop(tmp_path, SHOPS)).presets == {"web_shop": "shopify"}
    put(tmp_path / "in" / "c.csv", row(WOO))
    hint = "make two sources: the files of one source are all of one export"
    assert refused(shop(tmp_path, SHOPS)) == [
        (f"in/{file}", f"fits {preset!r}, other files of 'web_shop' do not", hint)
        for file, preset in [
            ("a.csv", "shopify"),
            ("b.csv", "shopify"),
            ("c.csv", "woocommerce"),
        ]
    ]


def test_where_none_fits_each_says_what_it_lacks(tmp_path):
    put(tmp_path / "in" / "a.csv", "Phone,Town\n1,Ed\n")
    assert refused(shop(tmp_path, ["kentico", "woocommerce"])) == [
        (
            "in/a.csv",
            "fits none of the presets of 'web_shop': 'kentico' lacks 'CustomerID', "
            "'CustomerEmail'; 'woocommerce' lacks 'Email', 'Name'",
            "`regpipe inspect` says what it is",
        )
    ]


def test_where_two_fit_alike_nobody_guesses(tmp_path):
    for name in ("one", "two"):
        put(tmp_path / f"{name}.yaml", "kind: customers\ncolumns: {email: Mail}\n")
    put(tmp_path / "in" / "a.csv", "Mail\na@x.se\n")
    assert refused(shop(tmp_path, ["one.yaml", "two.yaml"])) == [
        (
            "in/a.csv",
            "'one.yaml' and 'two.yaml' of 'web_shop' fit equally",
            "name one of them under preset",
        )
    ]


def test_a_file_without_header_is_taken_for_one_only_where_nothing_else_fits(tmp_path):
    put(
        tmp_path / "bare.yaml",
        'kind: customers\ncsv: {header: false}\ncolumns: {first_name: "1", email: "3"}',
    )
    put(tmp_path / "in" / "a.csv", row(SHOPIFY))
    assert run(shop(tmp_path, ["bare.yaml", "shopify"])).presets == {
        "web_shop": "shopify"
    }
    put(tmp_path / "in" / "a.csv", "Anna,Berg,a@x.se\n")
    assert run(shop(tmp_path, ["shopify", "bare.yaml"])).presets == {
        "web_shop": "bare.yaml"
    }


def test_the_choice_reads_any_encoding_and_what_is_packed(tmp_path):
    header = "Namn;Användarnamn;E-post;Land;Ort;Postnummer"
    text = f"{header}\nÅsa Ek;;a@x.se;SE;Växjö;\n"
    put(tmp_path / "in" / "a.csv", text.encode("cp1252"))
    put(tmp_path / "in" / "b.csv", text.replace("a@", "b@").encode("utf-16"))
    assert run(shop(tmp_path, SHOPS)).presets == {"web_shop": "woocommerce"}
    query = "select city from source_records"
    assert asked(tmp_path / "registry.duckdb", query) == [("Växjö",), ("Växjö",)]


def test_each_of_them_is_tried_in_its_own_encoding(tmp_path):
    put(
        tmp_path / "old.yaml",
        "kind: customers\ncsv: {encoding: cp850}\n"
        "columns: {email: Épost, city: Stad}\n",
    )
    put(tmp_path / "in" / "a.csv", "E-post,Namn,Ort\na@x.se,Åsa Ek,Växjö\n")
    presets = ["old.yaml", "woocommerce"]
    assert run(shop(tmp_path, presets)).presets == {"web_shop": "woocommerce"}
    put(tmp_path / "in" / "a.csv", "Épost,Stad\na@x.se,Växjö\n".encode("cp850"))
    assert run(shop(tmp_path, presets)).presets == {"web_shop": "old.yaml"}


def test_an_empty_file_is_told_as_one(tmp_path):
    put(tmp_path / "in" / "a.csv", "\n")
    ((where, what, _),) = refused(shop(tmp_path, SHOPS))
    assert (where, what) == ("in/a.csv", "is empty")


# The pipeline file.

HEAD = "pipeline: p\nregistry: r.duckdb\nsources:\n  shop:\n    files: a.csv\n"


def mistakes(folder, text):
    put(folder / "p.yaml", text)
    with pytest.raises(PipelineError) as told:
        load_pipeline(folder / "p.yaml", {})
    return [(p.where, p.what) for p in told.value.problems]


def test_what_is_wrong_with_one_of_them_is_told_with_its_line(tmp_path):
    lines = "    preset:\n      - shopify\n      - shopfy\n      - shopify\n      - 7\n"
    assert mistakes(tmp_path, HEAD + lines) == [
        ("p.yaml:8", "sources.shop.preset: unknown preset 'shopfy'"),
        ("p.yaml:9", "sources.shop.preset: 'shopify' stands here twice"),
        ("p.yaml:10", "sources.shop.preset: must be text"),
    ]
    assert mistakes(tmp_path, HEAD + "    preset: []\n") == [
        ("p.yaml:6", "sources.shop.preset: must name at least one preset")
    ]


def test_they_are_all_of_one_kind_and_of_the_source_s(tmp_path):
    line = "    preset: [shopify, shopify-orders]\n"
    assert mistakes(tmp_path, HEAD + line) == [
        (
            "p.yaml:6",
            "sources.shop.preset: presets of several kinds: shopify (customers), "
            "shopify-orders (orders)",
        )
    ]
    assert mistakes(tmp_path, HEAD + line + "    kind: customers\n") == [
        (
            "p.yaml:6",
            "sources.shop.preset: the preset 'shopify-orders' is one of orders",
        )
    ]


def test_a_mistake_that_only_one_of_them_makes_names_it(tmp_path):
    text = (
        HEAD + "    preset: [woocommerce, magento]\n"
        "    columns:\n      last_name: {from: Surname}\n"
    )
    assert mistakes(tmp_path, text) == [
        (
            "p.yaml:7",
            "sources.shop.columns: full_name is mapped, and last_name too "
            "(with the preset 'woocommerce')",
        )
    ]


def test_a_list_that_one_of_them_can_make_is_no_mistake(tmp_path):
    lists = "exports:\n  news: {purpose: newsletter, to: news.csv}\n"
    presets = "    preset: [woocommerce, shopify]\n"
    put(tmp_path / "p.yaml", HEAD + presets + lists)
    assert load_pipeline(tmp_path / "p.yaml", {}).candidates.keys() == {"shop"}
    assert mistakes(tmp_path, HEAD + "    preset: [woocommerce, magento]\n" + lists)


def test_check_reads_no_file_and_plan_shows_the_sql_of_the_first(tmp_path, regpipe):
    shop(tmp_path, SHOPS)
    assert regpipe("check", "test.yaml").code == 0
    steps = {step.name: step for step in plan_sql(shop(tmp_path, SHOPS), None)}
    assert "Accepts Email Marketing" in steps["clean_web_shop_1"].select
    told = regpipe("plan", "test.yaml", "--sql", "clean_web_shop_1")
    assert told.err == (
        "warning: web_shop: the SQL is that of the preset shopify, the first of 3; a "
        "run chooses by the files\n"
    )


@pytest.mark.parametrize("command", ["plan", "run"])
def test_the_choice_is_told(tmp_path, regpipe, command):
    put(tmp_path / "in" / "a.csv", row(WOO))
    shop(tmp_path, SHOPS)
    told = regpipe(command, "test.yaml", "--json")
    assert json.loads(told.out)["presets"] == {"web_shop": "woocommerce"}
    told = regpipe(command, "test.yaml")
    assert told.out.startswith(
        "presets\n  source    read by\n  web_shop  woocommerce\n"
    )


# Files of the wrong kind.


def test_products_for_customers_are_refused_by_name(tmp_path):
    put(tmp_path / "in" / "p.csv", "Handle,Title,Vendor,Variant SKU,Variant Price\n")
    hand = {"kind": "customers", "columns": {"email": "Email"}, "files": "in/*.csv"}
    hint = "no source reads such files: name only those that are meant"
    told = [
        (
            "in/p.csv",
            "is a list of products (Shopify, products export), where 'web_shop' reads "
            "customers",
            hint,
        )
    ]
    assert refused(shop(tmp_path, "shopify")) == told
    assert refused(shop(tmp_path, SHOPS)) == told
    path = written(tmp_path, {"web_shop": hand})
    assert refused(load_pipeline(path, {})) == told


@pytest.mark.parametrize("preset", ["shopify", ["shopify", "ecwid"]])
def test_orders_that_have_an_email_are_no_customers(tmp_path, preset):
    put(tmp_path / "in" / "o.csv", f"{SHOPIFY_ORDERS}\n{ORDER}\n")
    assert refused(shop(tmp_path, preset)) == [
        (
            "in/o.csv",
            "holds orders (Shopify, orders export), where 'web_shop' reads customers",
            "make a source of it: preset: shopify-orders",
        )
    ]


def test_customers_are_no_orders(tmp_path):
    put(tmp_path / "in" / "c.csv", row(KENTICO))
    assert refused(shop(tmp_path, "shopify-orders")) == [
        (
            "in/c.csv",
            "holds customers (Kentico 12 and 13, COM_Customer), where 'web_shop' reads "
            "orders",
            "make a source of it: preset: kentico",
        )
    ]


def test_who_maps_the_columns_by_hand_is_taken_at_their_word(tmp_path):
    put(tmp_path / "in" / "o.csv", f"{SHOPIFY_ORDERS}\n{ORDER}\n")
    columns = {"email": "Email", "full_name": "Billing Name"}
    source = {"kind": "customers", "files": "in/*.csv", "columns": columns}
    run(load_pipeline(written(tmp_path, {"web_shop": source}), {}))
    put(tmp_path / "mine.yaml", json.dumps({"kind": "customers", "columns": columns}))
    assert nothing_changed(run(shop(tmp_path, "mine.yaml")))


def test_statements_may_be_read_from_a_file_of_customers(tmp_path):
    put(tmp_path / "in" / "a.csv", row(SHOPIFY))
    run(shop(tmp_path, "blocklist", columns={"email": "Email"}))
    query = "select reason from suppressions"
    assert asked(tmp_path / "registry.duckdb", query) == [("unsubscribed",)]


@pytest.mark.parametrize(
    ("preset", "header"),
    [(preset, header) for preset, header, *_ in CUSTOMERS.values()]
    + [("shopify-orders", SHOPIFY_ORDERS)],
)
def test_no_export_is_taken_for_a_foreign_one(preset, header):
    columns = header.replace(";", ",").split(",")
    assert [each.of for each in foreign_exports() if each.fits(columns)] == []


def test_every_foreign_export_is_told_from_all_others():
    for export in foreign_exports():
        assert len(export.telling) >= 3
        assert [e for e in foreign_exports() if e.fits(export.telling)] == [export]
        assert export.evidence in ("code", "files", "hearsay")
