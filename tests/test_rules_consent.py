"""Rules 6 and 7: a no stays a no, and every list for marketing passes the gate."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worlds import (
    DELIVERED,
    EVERYBODY,
    NEWS,
    asked,
    consents,
    customers,
    declared,
    deliver,
    drawn,
    emails,
    nothing_changed,
    put,
    run,
    whole_runs,
)

NEVER_SAID = datetime(1, 1, 1)
WORST = ("granted", "pending", "unknown", "never", "withdrawn")
"""Statuses by how much of a refusal they are: the last of them wins a tie."""

DAYS = [f"2026-02-0{day} 12:00:00" for day in range(1, 7)]
STATUSES = ["granted", "pending", "withdrawn", "never", "unknown"]


@dataclass
class Ledger:
    """The rules on consent in plain words, for one world: who may be mailed?

    ``events`` are what each record said on each address: status, when it counts.
    """

    events: dict = field(default_factory=lambda: defaultdict(list))
    said: dict = field(default_factory=dict)
    undated: dict = field(default_factory=dict)
    dated: dict = field(default_factory=lambda: defaultdict(list))
    versions: dict = field(default_factory=dict)
    suppressed: set = field(default_factory=set)

    def hear(self, source, row, arrived):
        """Hear a row of a customers source that came at the time ``arrived``."""
        held = self.versions.get((source, row["external_id"]))
        if held == row:
            return
        older = held is not None and row["updated_at"] < held["updated_at"]
        if older and not row.get("news_at"):
            return
        key = (source, row["external_id"], row["email"])
        before = self.said.get(key)
        if not older:
            self.versions[source, row["external_id"]] = row
            self.said[key] = row["news"]
        self._state(key, row["news"], row.get("news_at"), before, row["updated_at"])
        if row.get("news_at"):
            self.dated[key].append((row["news_at"], WORST.index(row["news"])))
        if older and held["news"] in ("never", "unknown") and not held.get("news_at"):
            # As if they had come in their order.
            last = WORST[max(self.dated[key])[1]]
            self._state(key, held["news"], None, last, held["updated_at"])

    def read(self, row):
        """Read a row of a consents source, which is dated."""
        if row["status"] == "bounced":
            self.suppressed.add(row["email"])
        else:
            key = ("talk", row["email"], row["email"])
            self._state(key, row["status"], row["at"], None, None)

    def _state(self, key, stated, at, before, updated_at):
        mine = self.events[key]
        if at:
            mine.append((stated, at))
            return
        yes = stated in ("granted", "pending")
        against = self.undated.get(key) if yes else before
        if against is None or not mine:
            if stated == "unknown":
                return
            mine.append((stated, updated_at if stated == "withdrawn" else ""))
        elif stated != against:
            mine.append((stated, updated_at))
        self.undated[key] = stated

    def granted(self):
        """Give the addresses whose last word is a yes."""
        words = defaultdict(list)
        for (_, _, address), mine in self.events.items():
            yes = [at for status, at in mine if status in ("granted", "pending")]
            words[address] += [
                (at, WORST.index(status))
                for status, at in mine
                if status != "unknown" or (yes and min(yes) <= at)
            ]
        return {
            address for address, said in words.items() if said and max(said)[1] == 0
        }


@st.composite
def nights(draw):
    """Give what three sources deliver on three nights, of eight addresses."""
    found = []
    for _ in range(3):
        night = {"shop": [], "club": [], "talk": []}
        for number in range(8):
            for source in ("shop", "club"):
                if draw(st.integers(0, 3)) == 0:
                    continue
                row = {
                    "external_id": str(number),
                    "email": f"a{number}@example.com",
                    "first_name": draw(st.sampled_from(["Anna", "Anna", "Bo"])),
                    "news": draw(st.sampled_from(STATUSES)),
                    "updated_at": draw(st.sampled_from(DAYS)),
                }
                if source == "shop":
                    row["news_at"] = draw(st.sampled_from(["", *DAYS]))
                night[source].append(row)
            if draw(st.integers(0, 2)) == 0:
                row = {
                    "email": f"a{number}@example.com",
                    "status": draw(st.sampled_from([*STATUSES, "bounced"])),
                    "at": draw(st.sampled_from(DAYS)),
                }
                night["talk"].append(row)
        found.append(night)
    return found


COLUMNS = "external_id email first_name news updated_at"
HEADERS = {
    "shop": [*COLUMNS.split(), "news_at"],
    "club": COLUMNS.split(),
    "talk": ["email", "status", "at"],
}
SOURCES = {
    "shop": customers(f"{COLUMNS} news_at", "shop.csv"),
    "club": customers(COLUMNS, "club.csv"),
    "talk": consents(files="talk.csv"),
}


@given(nights=nights())
@whole_runs(8)
def test_nobody_is_mailed_but_by_the_last_word_on_the_address(tmp_path_factory, nights):
    folder = tmp_path_factory.mktemp("shop")
    pipeline = declared(folder, SOURCES, {"news": NEWS, "all": EVERYBODY})
    ledger = Ledger()
    for number, night in enumerate(nights):
        for source, rows in night.items():
            at = DELIVERED + timedelta(hours=number)
            deliver(folder / f"{source}.csv", rows, at=at, columns=HEADERS[source])
        run(pipeline)
        for source in ("shop", "club"):
            for row in night[source]:
                ledger.hear(source, row, number)
        for row in night["talk"]:
            ledger.read(row)
        mailed = emails(folder / "out" / "news.csv")
        assert len(mailed) == len(set(mailed))
        known = set(emails(folder / "out" / "everybody.csv"))
        may_be_mailed = (ledger.granted() & known) - ledger.suppressed
        assert set(mailed) == may_be_mailed, [
            (n, source, row)
            for n, past in enumerate(nights[: number + 1])
            for source, rows in past.items()
            for row in rows
            if row["email"] in may_be_mailed ^ set(mailed)
        ]


@dataclass
class Shop:
    """A folder with a shop and a club, and who is on its newsletter after a run."""

    folder: object

    def night(self, number, **sources):
        """Deliver the drawn rows of some sources, run, and give who is mailed."""
        declared_sources = {
            "shop": customers(f"{COLUMNS} news_at phone", "shop*.csv"),
            "club": customers(f"{COLUMNS} phone", "club*.csv"),
            "talk": consents(files="talk*.csv"),
        }
        for source in declared_sources:
            if source in sources:
                at = DELIVERED + timedelta(hours=number)
                header = [*HEADERS[source], "phone"]
                rows = drawn(sources[source])
                deliver(self.folder / f"{source}.csv", rows, at=at, columns=header)
        there = {
            name: declared_sources[name]
            for name in declared_sources
            if (self.folder / f"{name}.csv").exists()
        }
        outcome = run(declared(self.folder, there, {"news": NEWS}))
        self.quiet = nothing_changed(outcome)
        return emails(self.folder / "out" / "news.csv")


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


YES = """
external_id | email | news    | updated_at
1           | anna@x.se | granted | 2026-01-01
"""
NO = """
email  | status    | at
anna@x.se | withdrawn | 2026-03-01
"""
ANNA = ["anna@x.se"]


def test_a_yes_that_is_repeated_does_not_undo_an_unsubscribe(shop):
    assert shop.night(1, club=YES) == ANNA
    assert shop.night(2, club=YES, talk=NO) == []
    assert shop.night(3, club=YES, talk=NO) == []
    moved = YES.replace("2026-01-01", "2026-05-01")
    assert shop.night(4, club=moved) == [], "the row changed, its word did not"
    assert shop.night(5, club=moved) == []


def test_a_new_yes_counts_from_its_time(shop):
    assert shop.night(1, club=YES, talk=NO) == []
    assert shop.night(2, club=YES.replace("granted", "never  ")) == []
    again = YES.replace("2026-01-01", "2026-04-01")
    assert shop.night(3, club=again) == ANNA
    assert shop.night(4, club=again) == ANNA


def test_an_undated_yes_is_older_than_any_dated_no(shop):
    assert shop.night(1, talk=NO) == []
    assert shop.night(2, club=YES.replace("2026-01-01", "2026-05-01")) == []


TWO_WORDS = """
email  | status    | at
anna@x.se | granted   | -
anna@x.se | withdrawn | 2024-01-01
"""


def test_a_file_that_says_both_undated_and_dated_says_nothing_new_the_second_time(shop):
    assert shop.night(1, talk=TWO_WORDS) == []
    assert shop.night(2, talk=TWO_WORDS) == []
    assert shop.quiet
    assert shop.night(3, talk=TWO_WORDS) == []


def test_an_undated_no_that_stands_beside_a_new_dated_yes_is_not_known_already(shop):
    never = "email | status | at\nanna@x.se | never | -"
    both = f"{never}\nanna@x.se | granted | 2026-02-01"
    people = YES.replace("granted", "unknown")
    assert shop.night(1, talk=never, club=people) == []
    assert shop.night(2, talk=both, club=people) == []
    assert shop.night(3, talk=both, club=people) == []
    assert shop.quiet


def test_an_undated_word_is_held_against_the_last_undated_one(shop):
    undated = "email | status | at\nanna@x.se | granted | -"
    assert shop.night(1, talk=undated, club=YES.replace("granted", "unknown")) == ANNA
    assert shop.night(2, talk=TWO_WORDS) == []
    assert shop.night(3, talk=undated) == []
    assert shop.quiet


OLD = """
external_id | email     | news    | updated_at | news_at
1           | anna@x.se | granted | 2026-01-01 | 2026-01-01
"""
NEW = """
external_id | email     | news | updated_at | news_at
1           | anna@x.se | WORD | 2026-04-01 | -
"""


@pytest.mark.parametrize("word", ["never", "unknown"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("yes", "mailed"), [("03", []), ("05", ANNA)])
def test_an_undated_no_takes_back_the_dated_yes_of_an_older_version_in_any_order(
    shop, word, late, yes, mailed
):
    versions = [OLD, NEW.replace("WORD", word)]
    first, second = versions[::-1] if late else versions
    shop.night(1, shop=first)
    assert shop.night(2, shop=second) == []
    assert shop.night(3, shop=second) == []
    assert shop.quiet
    talk = f"email | status | at\nanna@x.se | granted | 2026-{yes}-01"
    assert shop.night(4, shop=second, talk=talk) == mailed


def test_an_old_version_with_a_dated_no_does_not_make_a_yes_new(shop):
    both = """
    external_id | email  | news      | news_at    | updated_at
    1           | anna@x.se | withdrawn | 2026-01-15 | 2026-01-20
    1           | anna@x.se | granted   | -          | 2026-02-01
    """
    assert shop.night(1, shop=both) == []
    changed = """
    external_id | email  | news      | news_at    | updated_at | phone
    1           | anna@x.se | granted   | -          | 2026-02-02 | +46701234567
    """
    assert shop.night(2, shop=changed) == []


def test_a_tie_goes_to_the_refusal_whoever_is_first(shop):
    rows = ["external_id | email | news | news_at | updated_at"]
    for status in WORST:
        for first, second in (("granted", status), (status, "granted")):
            for word in (first, second):
                number = len(rows)
                said = f"{first}-{second}@x.se | {word} | 2026-01-01"
                rows.append(f"{number} | {said} | 2026-01-{number:02}")
    assert shop.night(1, shop="\n".join(rows)) == [
        "granted-granted@x.se",
        "granted-unknown@x.se",
        "unknown-granted@x.se",
    ]


def test_a_tie_between_two_rows_of_one_statement_goes_to_the_refusal(shop):
    tie = """
    email  | status    | at
    anna@x.se | withdrawn | 2026-01-01
    anna@x.se | granted   | 2026-01-01
    bo@x.se   | granted   | 2026-01-01
    bo@x.se   | withdrawn | 2026-01-01
    """
    people = YES.replace("granted", "unknown") + "2 | bo@x.se | unknown | 2026-01-01"
    assert shop.night(1, club=people, talk=tie) == []
    assert shop.night(2, club=people, talk=tie) == []
    assert shop.quiet


def test_what_is_no_yes_is_not_mailed(shop):
    words = ["-", "unknown", "pending", "never", "no", "0", "withdrawn", "granted"]
    rows = [f"{n} | {n}@x.se | {word} | 2026-01-01" for n, word in enumerate(words)]
    header = "external_id | email | news | updated_at"
    assert shop.night(1, club="\n".join([header, *rows])) == ["7@x.se"]


def test_a_word_nobody_explained_is_a_reject_and_no_consent(shop):
    rows = YES + "2 | bo@x.se | yess | 2026-01-01"
    assert shop.night(1, club=rows) == ANNA
    registry = shop.folder / "registry.duckdb"
    assert asked(registry, "select row_number, reasons from rejects") == [
        (3, [{"column": "consent.newsletter", "check": "unreadable"}])
    ]


REASONS = ["bounced", "complained", "blocked", "erased"]


def people(word, day):
    """Give a club's rows: one member for each reason never to mail, and Anna."""
    header = "external_id | email | news | updated_at"
    names = [*REASONS, "anna"]
    rows = [f"{n} | {n}@x.se | {word} | 2026-01-{day:02}" for n in names]
    return "\n".join([header, *rows])


def words(*pairs):
    """Give the rows of a consents source: words on the addresses of these names."""
    rows = [f"{name}@x.se | {status} | 2026-02-{day:02}" for name, status, day in pairs]
    return "\n".join(["email | status | at", *rows])


def test_a_suppressed_address_is_never_mailed_again(shop):
    everybody = [f"{name}@x.se" for name in [*REASONS, "anna"]]
    assert sorted(shop.night(1, club=people("granted", 1))) == sorted(everybody)
    assert shop.night(2, talk=words(*((r, r, 1) for r in REASONS))) == ANNA
    assert shop.night(3, talk=words(*((r, "granted", 9) for r in REASONS))) == ANNA
    assert shop.night(4, club=people("granted", 9)) == ANNA


def test_a_suppression_stands_beside_any_statement_of_the_same_time(shop):
    said = [(r, word, 1) for r in REASONS for word in (r, "granted", "withdrawn")]
    assert shop.night(1, club=people("granted", 1), talk=words(*said)) == ANNA
    registry = shop.folder / "registry.duckdb"
    assert asked(registry, "select address, reason from suppressions order by 2") == [
        (f"{reason}@x.se", reason) for reason in sorted(REASONS)
    ]
    assert shop.night(2, talk=words(*said)) == ANNA
    assert shop.quiet


def test_a_merge_and_its_undoing_widen_nothing(shop):
    yes_and_no = """
    external_id | email | news    | updated_at | first_name | phone
    1           | anna@x.se | granted | 2026-01-01 | Anna       | +46701234567
    2           | work@x.se | never   | 2026-01-02 | Anna       | +46701234560
    """
    assert shop.night(1, club=yes_and_no) == ANNA
    one = yes_and_no.replace("4560", "4567").replace("01-02", "02-02")
    found = shop.night(2, club=one)
    registry = shop.folder / "registry.duckdb"
    golden = {row[0] for row in asked(registry, "select email from customers")}
    assert set(found) == golden & set(ANNA), "work@ said no, whoever else said yes"
    assert shop.night(3, club=yes_and_no.replace("01-02", "03-02")) == ANNA


def test_an_address_of_several_customers_is_mailed_once(shop):
    family = """
    external_id | email  | news    | updated_at | first_name
    1           | home@x.se | granted | 2026-01-01 | Anna
    2           | home@x.se | granted | 2026-01-01 | Bertil
    """
    assert shop.night(1, club=family) == ["home@x.se"]
    registry = shop.folder / "registry.duckdb"
    assert asked(registry, "select count(*) from customers") == [(2,)]


def test_a_yes_to_one_purpose_or_channel_is_none_to_another(tmp_path):
    columns = customers("external_id email phone", "club.csv")
    columns["columns"] |= {
        "consent.newsletter": "news",
        "consent.offers": "offers",
        "consent.offers.sms": "sms",
    }
    deliver(
        tmp_path / "club.csv",
        """
        external_id | email         | phone        | news    | offers  | sms
        1           | a@example.com | +46701234561 | granted | never   | never
        2           | b@example.com | +46701234562 | never   | granted | never
        3           | c@example.com | +46701234563 | never   | never   | granted
        """,
    )
    lists = {
        name: {"columns": ["email"], "to": f"out/{name}.csv", **more}
        for name, more in {
            "news": {"purpose": "newsletter"},
            "offers": {"purpose": "offers"},
            "sms": {"purpose": "offers", "channel": "sms"},
            "post": {"purpose": "service"},
        }.items()
    }
    run(declared(tmp_path, {"club": columns}, lists))
    found = {
        name: "".join(e[0] for e in emails(tmp_path / f"out/{name}.csv"))
        for name in lists
    }
    assert found == {"news": "a", "offers": "b", "sms": "c", "post": "abc"}


def test_no_where_opens_the_gate(tmp_path):
    put(tmp_path / "club.csv", "external_id,email,news\n1,a@example.com,never\n")
    open_wide = {**NEWS, "where": "true or consents['newsletter'] <> 'granted'"}
    run(
        declared(
            tmp_path,
            {"club": customers("external_id email news", "club.csv")},
            {"news": open_wide},
        )
    )
    assert emails(tmp_path / "out" / "news.csv") == []


@pytest.fixture(params=["Asia/Tokyo", "America/New_York"])
def elsewhere(request, monkeypatch):
    """Have this process be in another time zone than UTC."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_what_was_said_after_as_of_is_not_in_force_yet_wherever_it_runs(tmp_path):
    deliver(
        tmp_path / "talk.csv",
        """
        email     | status    | at
        anna@x.se | granted   | 2026-01-01T00:00:00Z
        anna@x.se | withdrawn | 2026-05-01T12:00:00Z
        """,
    )
    put(tmp_path / "club.csv", "external_id,email\n1,anna@x.se\n")
    sources = {
        "club": customers("external_id email", "club.csv"),
        "talk": consents(files="talk.csv"),
    }
    found = []
    for hour, minute in ((11, 59), (12, 0)):
        as_of = datetime(2026, 5, 1, hour, minute, tzinfo=UTC)
        run(declared(tmp_path, sources, {"news": NEWS}), as_of=as_of)
        found.append(emails(tmp_path / "out" / "news.csv"))
    assert found == [ANNA, []]


def test_the_view_that_people_read_says_what_the_gate_says(shop):
    shop.night(1, club=YES, talk=NO)
    registry = shop.folder / "registry.duckdb"
    assert asked(registry, "select consents from customer_view") == [
        ({"newsletter": "withdrawn"},)
    ]
