"""Rules 10 and 13: no personal value in a message, and passwords do not enter."""

import json
import os
import stat

import pytest

import regpipe as library
from regpipe.errors import RegpipeError
from worlds import (
    EVERYBODY,
    GROUPS,
    NEWS,
    asked,
    customers,
    deliver,
    orders,
    put,
    tables,
    written,
)

TOKEN = "Zqx"
"""Stands in every cell of a person's row, so in every value of a person."""

COLUMNS = (
    "external_id email phone first_name last_name vat_id birth_date country groups "
    "tax_exempt note news created_at updated_at"
)
SHOP = [
    {
        "external_id": f"Zqx{number}",
        "email": f"zqx{number}@zqx.example.com",
        "phone": f"+4670123456{number}",
        "first_name": "Zqxanna",
        "last_name": f"Zqxberg{number}",
        "note": "Zqxnote",
        "news": "granted",
        "updated_at": "2026-01-01",
        "groups": "VIP",
    }
    for number in range(1, 10)
]
SPOILT = {
    "email": "zqx is no address",
    "phone": "+zqx",
    "vat_id": "SEZqx",
    "birth_date": "zqx1",
    "country": "ZQX",
    "tax_exempt": "zqx",
    "news": "Zqx",
    "created_at": "31.zqx",
    "updated_at": "1800-01-01 zqx",
}
"""A cell of each column that its reader or its check does not take."""

SALES = [
    {
        "order_id": f"Zqx{number}",
        "customer_ref": "Zqx1",
        "email": "zqx1@zqx.example.com",
        "ordered_at": "2026-01-01",
        "total": "10" if number else "Zqx10",
    }
    for number in range(5)
]
RAGGED = "Zqxa,zqx@example.com\nZqxb,zqxb@example.com,,,,,,,,,,,,,zqx,zqx\n"
UNCLOSED = 'Zqxc,"zqx\nZqxd,zqx\n'


@pytest.fixture
def umask():
    """Let files be readable by all unless a program sees to it."""
    before = os.umask(0)
    yield
    os.umask(before)


def bring(folder, rows=(), end=""):
    """Deliver the shop with rows that are spoilt, and lines at its end."""
    columns = COLUMNS.split()
    path = deliver(folder / "shop.csv", [*SHOP, *rows], columns=columns)
    put(path, path.read_bytes() + end.encode())
    deliver(folder / "orders.csv", SALES)


def sources(**more):
    """Give the sources of the shop whose people are all called Zqx."""
    bought = orders("order_id customer_ref email ordered_at total", customers="shop")
    return {"shop": customers(COLUMNS, **more), "sales": bought}


LISTS = {"news": NEWS, "all": EVERYBODY, "groups": GROUPS}


def dirty_rows():
    """Give a row for each column that can be spoilt."""
    return [{**SHOP[0], "external_id": f"Zqxbad{c}", c: v} for c, v in SPOILT.items()]


def test_no_command_tells_a_value_of_a_dirty_file(regpipe, tmp_path):
    bring(tmp_path, dirty_rows(), RAGGED + UNCLOSED)
    path = written(tmp_path, sources(), LISTS)
    for words in (
        ("check", path),
        ("plan", path),
        ("plan", path, "--json"),
        ("plan", path, "--sql"),
        ("run", path),
        ("run", path, "--json"),
        ("runs",),
        ("runs", "--json"),
        ("rejects",),
        ("rejects", "--json"),
        ("rejects", "write", tmp_path / "mend.csv", "--source", "sales"),
        ("export", path),
        ("export", path, "--json"),
    ):
        told = regpipe(*words)
        assert told.code == 0, words
        assert TOKEN.lower() not in (told.out + told.err).lower(), words
    assert "Zqx10" in (tmp_path / "mend.csv").read_text()
    rejects = asked(tmp_path / "registry.duckdb", "select count(*) from rejects")
    assert rejects == [(len(SPOILT) + 2 + 1 + 1,)]


OWN_CHECK = """
from pandera.extensions import register_check_method

@register_check_method()
def short(values):
    if values.str.contains("Zqx").any():
        raise ValueError(f"what is {values.iloc[0]}?")
    return values.str.len() < 3
"""
OWN_SCHEMA = """
columns:
  last_name: {nullable: true, short: {}}
"""


def no_encoding(folder):
    put(
        folder / "shop.csv",
        (folder / "shop.csv").read_bytes() + b"Zqx\xe5\xe4\xf6,zqx\n",
    )
    return sources(csv={"encoding": "utf-8"})


def no_header(folder):
    text = (folder / "shop.csv").read_text().split("\n", 1)[1]
    put(folder / "shop.csv", text)
    return sources()


def half_a_header(folder):
    text = (folder / "shop.csv").read_text()
    put(folder / "shop.csv", text.replace("email,", "zqx1@zqx.example.com,", 1))
    return sources()


def own_check_that_raises(folder):
    put(folder / "checks.py", OWN_CHECK)
    put(folder / "schema.yaml", OWN_SCHEMA)
    return sources(schema="schema.yaml")


def nothing_tolerated(folder):
    bring(folder, dirty_rows(), RAGGED)
    return sources(tolerate="0%")


@pytest.mark.parametrize(
    ("spoil", "more", "code"),
    [
        (no_encoding, {}, 3),
        (no_header, {}, 3),
        (half_a_header, {}, 3),
        (own_check_that_raises, {"checks": ["checks.py"]}, 5),
        (nothing_tolerated, {}, 1),
        (
            lambda folder: sources(),
            {"exports": {"all": {**EVERYBODY, "where": "cast(note as int) > 1"}}},
            2,
        ),
        (
            lambda folder: sources(),
            {"exports": {"all": {**EVERYBODY, "where": "error(note) = '1'"}}},
            2,
        ),
    ],
    ids=[
        "wrong encoding",
        "no header",
        "half a header",
        "a check that raises",
        "too many rejects",
        "a where that fails on a value",
        "a where that tells a value",
    ],
)
def test_no_failure_tells_a_value(regpipe, tmp_path, spoil, more, code):
    bring(tmp_path)
    path = written(tmp_path, spoil(tmp_path), **more)
    for words in (("plan", path), ("run", path), ("run", path, "--json")):
        told = regpipe(*words)
        assert TOKEN.lower() not in (told.out + told.err).lower(), words
        if words[0] == "run":
            assert told.code == code, told.err
    with pytest.raises(RegpipeError) as error:
        library.run(path)
    for text in (str(error.value), repr(error.value), repr(error.value.problems)):
        assert TOKEN.lower() not in text.lower()


def test_half_a_file_is_refused_without_naming_who_is_missing(regpipe, tmp_path):
    bring(tmp_path)
    path = written(tmp_path, sources(delivery="full"), LISTS)
    assert regpipe("run", path).code == 0
    deliver(tmp_path / "shop.csv", SHOP[:4], columns=COLUMNS.split())
    told = regpipe("run", path)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("error: source 'shop': 5 of 9 customers are missing")
    assert TOKEN.lower() not in told.err.lower()


@pytest.mark.usefixtures("umask")
def test_what_holds_values_is_its_owners_only(regpipe, tmp_path):
    bring(tmp_path, dirty_rows())
    path = written(tmp_path, sources(), LISTS)
    modes = []
    for _ in range(2):
        assert regpipe("run", path, "-q").code == 0
        assert regpipe("rejects", "write", "mend.csv", "--source", "shop").code == 0
        holding = [tmp_path / "registry.duckdb", tmp_path / "mend.csv"]
        holding += [p for p in (tmp_path / "out").rglob("*") if p.is_file()]
        modes.append({p.name: stat.S_IMODE(p.stat().st_mode) for p in holding})
        folders = [tmp_path / "out", tmp_path / "out" / "groups"]
        assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}
    assert set(modes[0].values()) == set(modes[1].values()) == {0o600}
    assert len(modes[0]) > 7


def test_a_manifest_holds_counts_and_no_values(regpipe, tmp_path):
    bring(tmp_path)
    assert regpipe("run", written(tmp_path, sources(), LISTS)).code == 0
    manifests = list((tmp_path / "out").rglob("*.manifest.json"))
    assert len(manifests) == len(LISTS)
    for manifest in manifests:
        assert TOKEN.lower() not in manifest.read_text().lower()
        assert json.loads(manifest.read_text())["files"][0]["rows"] == 9


SECRET = "Correct-Horse-Battery-Staple"


@pytest.mark.parametrize(
    "name",
    [
        *("password", "Password", "PASSWORD_HASH", "passwd", "user_pass", "pwd"),
        *("customers_password", "salt", "Password Salt", "reset_token", "rp_token"),
        *("Lösenord", "losenord", "Passwort", "Kennwort", "Mot de passe", "Hasło"),
        *("contraseña", "wachtwoord", "salasana", "passord", "adgangskode"),
        *(
            "hash",
            "token",
            "api_secret",
            "password_digest",
            "passwordHash",
            "resetToken",
        ),
    ],
)
def test_a_column_of_passwords_is_known_by_its_name(name):
    from regpipe.stages.extract import is_secret

    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["Passport", "Bypass", "Secretary", "Hashtags", "Basalt", "Compass"]
)
def test_a_column_of_something_else_is_not(name):
    from regpipe.stages.extract import is_secret

    assert not is_secret(name)


def secrets(folder, *, ragged):
    """Deliver a shop with passwords: good rows, bad ones, and some that do not fit."""
    lines = [
        "external_id,email,Password Hash,note,reset_token",
        *(f"{number},{number}@x.se,{SECRET},n,{SECRET}" for number in range(3)),
        f"4,no address,{SECRET},n,{SECRET}",
    ]
    if ragged:
        lines.append(f"5,5@x.se,,{SECRET},n,{SECRET}")
        lines.append(f"6,6@x.se,{SECRET}")
        lines.append(f'7,"7@x.se,{SECRET},n,{SECRET}')
    put(folder / "shop.csv", "\n".join(lines) + "\n")
    return written(folder, {"shop": customers("external_id email")}, {"all": EVERYBODY})


@pytest.mark.parametrize("ragged", [False, True], ids=["regular", "ragged"])
def test_passwords_do_not_enter_and_the_run_says_so(regpipe, tmp_path, ragged):
    path = secrets(tmp_path, ragged=ragged)
    told = regpipe("run", path)
    assert told.code == 0
    assert (
        "warning: shop.csv: password columns left out: Password Hash, reset_token\n"
    ) in told.err
    assert SECRET not in told.out + told.err
    registry = tmp_path / "registry.duckdb"
    assert SECRET.encode() not in registry.read_bytes()
    assert SECRET not in repr(tables(registry))
    assert len(asked(registry, "from rejects")) == (4 if ragged else 1)
    for words in (("rejects", "write", "-"), ("rejects", "--json")):
        assert SECRET not in regpipe(*words).out
    left = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "shop.csv"]
    assert [p for p in left if SECRET.encode() in p.read_bytes()] == []


def test_a_password_that_is_mapped_is_refused(regpipe, tmp_path):
    secrets(tmp_path, ragged=False)
    source = customers("external_id email")
    source["columns"]["note"] = "Password Hash"
    told = regpipe("run", written(tmp_path, {"shop": source}))
    assert (told.code, told.out) == (2, "")
    assert told.err == (
        "error: shop.csv: column 'Password Hash' looks like a password or token\n"
    )
    assert not (tmp_path / "registry.duckdb").exists()
