"""The words of each system for consent, and what they become, through its preset."""

import csv
import io
import json

import pytest

from regpipe.spec.load import load_pipeline
from worlds import asked, drawn, put, run

WORDS = drawn(
    """
    | preset               | column                  | word                          | becomes      |
    | shopify              | Accepts Email Marketing | yes                           | granted      |
    | shopify              | Accepts Email Marketing | true                          | granted      |
    | shopify              | Accepts Email Marketing | SUBSCRIBED                    | granted      |
    | shopify              | Accepts Email Marketing | PENDING                       | pending      |
    | shopify              | Accepts Email Marketing | no                            | never        |
    | shopify              | Accepts Email Marketing | NOT_SUBSCRIBED                | never        |
    | shopify              | Accepts Email Marketing | UNSUBSCRIBED                  | withdrawn    |
    | shopify              | Accepts Email Marketing | REDACTED                      | erased       |
    | shopify              | Accepts Email Marketing | INVALID                       | -            |
    | shopify              | Accepts Email Marketing | -                             | -            |
    | shopify-orders       | Accepts Marketing       | yes                           | granted      |
    | shopify-orders       | Accepts Marketing       | no                            | -            |
    | shopify-orders       | Accepts Marketing       | -                             | -            |
    | ecwid                | Accepts Marketing       | true                          | granted      |
    | ecwid                | Accepts Marketing       | false                         | never        |
    | ecwid                | Accepts Marketing       | null                          | -            |
    | ecwid                | Accepts Marketing       | -                             | -            |
    | prestashop           | Newsletter              | 1                             | granted      |
    | prestashop           | Newsletter              | 0                             | never        |
    | opencart             | newsletter              | 1                             | granted      |
    | opencart             | newsletter              | 0                             | never        |
    | klaviyo              | Email Marketing Consent | SUBSCRIBED                    | granted      |
    | klaviyo              | Email Marketing Consent | UNSUBSCRIBED                  | withdrawn    |
    | klaviyo              | Email Marketing Consent | NEVER_SUBSCRIBED              | never        |
    | klaviyo              | Email Suppressions      | HARD_BOUNCE                   | bounced      |
    | klaviyo              | Email Suppressions      | INVALID_EMAIL                 | bounced      |
    | klaviyo              | Email Suppressions      | SPAM_COMPLAINT                | complained   |
    | klaviyo              | Email Suppressions      | USER_SUPPRESSED               | blocked      |
    | klaviyo              | Email Suppressions      | UNSUBSCRIBED                  | withdrawn    |
    | klaviyo              | Email Suppressions      | UNSUBSCRIBED, HARD_BOUNCE     | bounced      |
    | klaviyo              | Email Suppressions      | ["NEW", "SPAM_COMPLAINT"]     | complained   |
    | klaviyo              | Email Suppressions      | ['NEW']                       | withdrawn    |
    | klaviyo-suppressions | Email Suppressions      | UNSUBSCRIBED                  | withdrawn    |
    | klaviyo-suppressions | Email Suppressions      | HARD_BOUNCE                   | bounced      |
    | klaviyo-suppressions | Email Suppressions      | INVALID_EMAIL                 | bounced      |
    | klaviyo-suppressions | Email Suppressions      | ['UNSUBSCRIBED', 'SPAM_COMPLAINT'] | complained |
    | klaviyo-suppressions | Email Suppressions      | USER_SUPPRESSED               | blocked      |
    | klaviyo-suppressions | Email Suppressions      | []                            | -            |
    | mailerlite           | status                  | active                        | granted      |
    | mailerlite           | status                  | unconfirmed                   | pending      |
    | mailerlite           | status                  | unsubscribed                  | withdrawn    |
    | mailerlite           | status                  | bounced                       | bounced      |
    | mailerlite           | status                  | junk                          | complained   |
    | listmonk             | status                  | enabled                       | -            |
    | listmonk             | status                  | disabled                      | -            |
    | listmonk             | status                  | blocklisted                   | blocked      |
    | listmonk-blocklist   | status                  | enabled                       | -            |
    | listmonk-blocklist   | status                  | blocklisted                   | blocked      |
    | brevo                | EMAIL_BLACKLISTED       | Yes                           | withdrawn    |
    | brevo                | EMAIL_BLACKLISTED       | No                            | -            |
    | brevo-blocklist      | EMAIL_BLACKLISTED       | Yes                           | withdrawn    |
    | brevo-blocklist      | EMAIL_BLACKLISTED       | No                            | -            |
    | blocklist            | Nothing                 | -                             | unsubscribed |
    | mailchimp            | file                    | subscribed                    | granted      |
    | mailchimp            | file                    | unsubscribed                  | withdrawn    |
    | mailchimp            | file                    | cleaned                       | bounced      |
    | mailchimp            | file                    | nonsubscribed                 | never        |
    | mailchimp-consents   | file                    | subscribed                    | granted      |
    | mailchimp-consents   | file                    | unsubscribed                  | withdrawn    |
    | mailchimp-consents   | file                    | cleaned                       | bounced      |
    | mailchimp-consents   | file                    | nonsubscribed                 | -            |
    """  # noqa: E501
)
"""Each preset's own words. ``-`` becomes no statement: unknown stays apart from no."""

COMMON = {
    "granted": "yes true 1 Y on SUBSCRIBED Subscribe active confirmed enabled",
    "pending": "PENDING pending unconfirmed Unconfirmed",
    "never": "NOT_SUBSCRIBED NEVER_SUBSCRIBED non-subscribed nonsubscribed no 0",
    "withdrawn": "UNSUBSCRIBED unsubscribed Unsubscribed cancelled",
    "bounced": "cleaned bounced HARD_BOUNCE INVALID_EMAIL",
    "complained": "SPAM_COMPLAINT junk",
    "blocked": "blocklisted USER_SUPPRESSED",
    "erased": "REDACTED [ERASED]",
    "": "null",
}
"""The words that a column understands which lists none of its own."""

KINDS = {"a customer's column": "customers", "a statement's status": "consents"}

ADDRESS = {
    **dict.fromkeys(("shopify", "shopify-orders", "ecwid", "prestashop"), "Email"),
    **dict.fromkeys(("klaviyo", "klaviyo-suppressions"), "Email"),
    **dict.fromkeys(("mailchimp", "mailchimp-consents"), "Email Address"),
    **dict.fromkeys(("brevo", "brevo-blocklist"), "EMAIL"),
}

ALSO = {
    "shopify-orders": {"Name": "#{n}", "Created at": "2026-01-02 03:04:05 +0000"},
    "prestashop": {"Customer ID": "{n}"},
    "opencart": {"customer_id": "{n}"},
    "listmonk": {"uuid": "u{n}"},
    "listmonk-blocklist": {"updated_at": "2026-01-02 03:04:05 +0000 UTC"},
}

KLAVIYO = ("Email Marketing Consent", "Email Suppressions")


def text_of(rows, delimiter):
    """Give the CSV of rows with the columns that any of them has."""
    out = io.StringIO()
    header = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, header, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def address(preset, number):
    return f"{preset}.{number}@x.se"


def common(kind, word):
    spelt = "".join(sign if sign.isalnum() else "-" for sign in word)
    case = "".join("u" if sign.isupper() else "l" for sign in word)
    return f"{kind}.{spelt}.{case}@x.se".lower()


@pytest.fixture(scope="module")
def became(tmp_path_factory):
    """Give what each address of one run of all presets is said to be."""
    folder = tmp_path_factory.mktemp("words")
    files = {}
    for number, each in enumerate(WORDS):
        preset, column, word = each["preset"], each["column"], each["word"]
        mail = ADDRESS.get(preset, "email")
        row = {mail: address(preset, number)}
        row |= {k: v.format(n=number) for k, v in ALSO.get(preset, {}).items()}
        file = f"{preset}/all.csv"
        if preset.startswith("klaviyo"):
            row |= dict.fromkeys(KLAVIYO, "")
        if column == "file":
            file = f"{preset}/{word}_members.csv"
        elif column != "Nothing":
            row[column] = word
        files.setdefault(file, []).append(row)
    sources = {
        preset: {"preset": preset, "files": f"{preset}/*.csv"}
        for preset in {each["preset"]: None for each in WORDS}
    }
    for kind in KINDS.values():
        said = "consent.newsletter" if kind == "customers" else "status"
        columns = {"email": "email", said: "said"}
        sources[kind] = {"kind": kind, "files": f"{kind}/*.csv", "columns": columns}
        files[f"{kind}/all.csv"] = [
            {"email": common(kind, word), "said": word}
            for words in COMMON.values()
            for word in words.split()
        ]
    sources["consents"]["purpose"] = "newsletter"
    for file, rows in files.items():
        semicolon = file.startswith(("brevo", "prestashop"))
        put(folder / file, text_of(rows, ";" if semicolon else ","))
    said = {"pipeline": "p", "registry": "r.duckdb", "sources": sources}
    (folder / "p.yaml").write_text(json.dumps(said))
    outcome = run(load_pipeline(folder / "p.yaml", {}))
    assert [file.file for file in outcome.files if file.rejected] == []
    query = """
        select address, status from consent_events
        union all
        select address, reason from suppressions"""
    found = asked(folder / "r.duckdb", query)
    assert len(found) == len(dict(found)), "an address is said to be one thing"
    return dict(found)


@pytest.mark.parametrize(
    "number",
    range(len(WORDS)),
    ids=[f"{w['preset']}: {w['column']} {w['word']}" for w in WORDS],
)
def test_the_word_of_a_system_becomes_ours(became, number):
    each = WORDS[number]
    assert became.get(address(each["preset"], number), "") == each["becomes"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("becomes", COMMON)
def test_common_words_are_understood_where_none_are_listed(became, kind, becomes):
    for word in COMMON[becomes].split():
        assert became.get(common(kind, word), "") == becomes, word
