"""Histories of consent, drawn by chance: what happens to a handful of people.

Files come, come again, or are of before; rows are mended; people are merged, split,
noted, blocked, erased; lists are made as of an earlier day. ``histories_played`` plays
them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random

from consent_model import Row, Word
from worlds import AS_OF

# Where people speak.

NEWS = ("newsletter", "email")
OFFERS = ("partner_offers", "email")
TEXTS = ("partner_offers", "sms")
THINGS = (NEWS, OFFERS, TEXTS)


@dataclass(frozen=True)
class Feed:
    """A source: its columns, which of them are words, and the times of those."""

    name: str
    columns: tuple[str, ...]
    words: Mapping[str, tuple[tuple[str, str], str]]
    full: bool = False
    statements: bool = False

    @property
    def declared(self) -> dict[str, object]:
        """Give what a pipeline file says of it."""
        special = {"phone": {"from": "phone", "country": "SE"}}
        times = {at for _, at in self.words.values()}
        plain = [c for c in self.columns if c not in self.words and c not in times]
        columns: dict[str, object] = {name: special.get(name, name) for name in plain}
        said: dict[str, object] = {"columns": columns, "tolerate": 1.0}
        for column, ((purpose, channel), at) in self.words.items():
            if self.statements:
                columns["status"] = column
                said |= {"kind": "consents", "purpose": purpose, "channel": channel}
                if at:
                    columns["at"] = at
            else:
                more = {"at": at} if at else {}
                columns[f"consent.{purpose}.{channel}"] = {"from": column, **more}
        if not self.statements:
            whole = {"delivery": "full", "gone_limit": 1.0} if self.full else {}
            said |= {"kind": "customers", **whole}
        return said


_PERSON = ("email", "phone", "first_name", "last_name")
FEEDS = {
    feed.name: feed
    for feed in (
        Feed(
            "shop",
            ("external_id", *_PERSON, "news", "news_at", "offers", "texts", "texts_at",
             "updated_at"),
            {"news": (NEWS, "news_at"), "offers": (OFFERS, ""),
             "texts": (TEXTS, "texts_at")},
        ),
        Feed(
            "club",
            ("external_id", *_PERSON, "news", "offers", "offers_at"),
            {"news": (NEWS, ""), "offers": (OFFERS, "offers_at")},
            full=True,
        ),
        Feed(
            "old",
            (*_PERSON, "news", "offers", "texts", "updated_at"),
            {"news": (NEWS, ""), "offers": (OFFERS, ""), "texts": (TEXTS, "")},
        ),
        Feed(
            "talk", ("email", "status", "at"), {"status": (NEWS, "at")}, statements=True
        ),
        Feed("texts", ("phone", "status"), {"status": (TEXTS, "")}, statements=True),
    )
}  # fmt: skip

LISTS = {
    "news": {"purpose": "newsletter", "columns": ["email"]},
    "offers": {"purpose": "partner_offers", "columns": ["email"]},
    "texts": {"purpose": "partner_offers", "channel": "sms", "columns": ["phone"]},
    "all": {
        "purpose": "service",
        "columns": [
            "email",
            "phone",
            {"consent.newsletter": "news"},
            {"consent.partner_offers": "offers"},
            {"consent.partner_offers.sms": "texts"},
        ],
    },
}
OF_LIST = {"news": NEWS, "offers": OFFERS, "texts": TEXTS}

# What they are called. In a history of number n, # stands for n.

EMAILS = {
    "a.h#@x.se": "a.h#@x.se",
    "A.H#@X.SE": "a.h#@x.se",
    "Anna Berg <a.h#@x.se>": "a.h#@x.se",
    "b.h#@x.se": "b.h#@x.se",
    "a+b.h#@x.se": "a+b.h#@x.se",
    "å.h#@BJÖRK.se": "å.h#@xn--bjrk-6qa.se",
    "Å.h#@björk.se": "å.h#@xn--bjrk-6qa.se",
}
PHONES = {"+4670#1": "+4670#1", "070#1": "+4670#1", "070#2": "+4670#2"}
"""Spellings of addresses, and what they come to."""

TIMES = (
    "1970-01-01 00:00:00",
    "2026-01-01 12:00:00",
    "2026-02-01 12:00:00",
    "2026-02-01 12:00:00.000001",
    "2026-03-01 12:00:00",
    "2026-04-01 12:00:00",
    "2026-06-01 02:00:00",
    "2026-06-01 12:00:00",
)
"""Times that rows bear: the last is after the runs, the last but one at theirs."""

FILES = tuple(
    datetime(2026, month, day, 12, tzinfo=UTC)
    for month in (1, 2, 3, 4, 5)
    for day in (1, 5, 10, 15, 20, 25)
)
"""Times of files, many of them those of words."""

LOOKS = tuple(
    datetime(2026, *day, tzinfo=UTC)
    for day in ((1, 1, 12), (2, 1, 12), (2, 15, 0), (4, 1, 11), (5, 20, 0))
)
"""Earlier times as of which lists are made."""

WORDS = (
    "granted",
    "granted",
    "granted",
    "pending",
    "withdrawn",
    "never",
    "unknown",
    "",
)
RARE = ("bounced", "complained", "blocked", "yess", "yess")
BAD = "yess"

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """A step of all histories: ``files`` are the times of each source's files.

    ``kind``: deliver; again (what the last step brought), old (what step ``of``
    brought); decide; replay; rebuild; erase; look (lists of an earlier time, ``at``).
    """

    kind: str
    files: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    of: int | None = None
    at: datetime = AS_OF


@dataclass(frozen=True)
class History:
    """What one history does in each step.

    ``rows``: by step and source the rows, each with the place of its file; ``chances``:
    by step two numbers below 1 by which it chooses what a person does.
    """

    rows: Mapping[tuple[int, str], tuple[tuple[int, Cells], ...]]
    chances: tuple[tuple[float, float], ...]

    @property
    def size(self) -> int:
        """Give the number of cells that say something, each row as three more."""
        cells = [cells for rows in self.rows.values() for _, cells in rows]
        return sum(3 + sum(map(bool, each.values())) for each in cells)


# Drawing.


EVERY_KIND = (
    *("deliver", "again", "deliver", "replay", "decide"),
    *("deliver", "look", "erase", "old", "rebuild"),
)
"""The kinds of the steps of a schedule that has them all."""


def drawn_kinds(random: Random, length: int) -> tuple[str, ...]:
    """Draw the kinds of the steps of a schedule; nobody can be erased for long."""
    kinds = ["deliver"]
    more = ["deliver"] * 8
    more += ["again", "old", "decide", "decide", "replay", "rebuild", "look", "erase"]
    while len(kinds) < length:
        kind = random.choice(more)
        if kind != "erase" or "erase" not in kinds:
            kinds.append(kind)
    return tuple(kinds)


def drawn_schedule(random: Random, kinds: Sequence[str]) -> tuple[Step, ...]:
    """Draw the steps of a batch, of these kinds: which sources and times, which step.

    Where nothing whole came there is nothing to bring again, and more is delivered.
    """
    steps: list[Step] = []
    free = {name: random.sample(FILES, len(FILES)) for name in FEEDS}
    for number, kind in enumerate(kinds):
        match kind:
            case "again" if _is_whole(steps):
                last = steps[-1]
                of = number - 1 if last.of is None else last.of
                steps.append(replace(last, kind=kind, of=of))
            case "old":
                past = [n for n, step in enumerate(steps) if step.kind == "deliver"]
                of = random.choice(past)
                files = steps[of].files
                if random.random() < 0.4:  # copied, and so of another time
                    files = {
                        n: _times(random, free[n], len(t)) for n, t in files.items()
                    }
                steps.append(Step(kind, files, of))
            case "look":
                steps.append(Step(kind, at=random.choice(LOOKS)))
            case "deliver" | "again":
                names = [n for n in FEEDS if n == "shop" or random.random() < 0.7]
                files = {n: _times(random, free[n]) for n in names}
                steps.append(Step("deliver", files))
            case _:
                steps.append(Step(kind))
    return tuple(steps)


def _is_whole(steps: Sequence[Step]) -> bool:
    """Tell whether the last step brought files, in the time that is theirs.

    What a copy of another time is the first to make believable is heard once more.
    """
    last = steps[-1]
    if last.kind == "old" and last.of is not None:
        return last.files == steps[last.of].files
    return last.kind == "deliver"


def _times(random: Random, free: list[datetime], many: int = 0) -> tuple[datetime, ...]:
    """Draw the times of the files of a source: other ones than it had before.

    Two files of one delivery may be of one time. If those of two deliveries were, no
    rule would say which of their rows is newer.
    """
    times = [free.pop() for _ in range(many or random.choice((1, 1, 2)))]
    return tuple(times[:1] * len(times) if random.random() < 0.3 else times)


def drawn_history(random: Random, schedule: Sequence[Step]) -> History:
    """Draw what a history does in the steps of a schedule."""
    past: dict[str, list[dict[str, str]]] = {name: [] for name in FEEDS}
    there: dict[str, dict[str, str]] = {}
    rows = {}
    for number, step in enumerate(schedule):
        if step.kind != "deliver":
            continue
        for name, files in step.files.items():
            feed = FEEDS[name]
            if feed.full:
                _live(random, feed, there, past[name])
                brought = list(there.values())
            else:
                brought = [
                    _row(random, feed, past[name])
                    for _ in range(random.choice((0, 0, 1, 1, 2, 3)))
                ]
                brought = _settled(random, feed, brought)
            past[name] += brought
            rows[number, name] = tuple(
                (random.randrange(len(files)), cells) for cells in brought
            )
    chances = tuple((random.random(), random.random()) for _ in schedule)
    return History(rows, chances)


def _settled(
    random: Random, feed: Feed, rows: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    """Give rows without most of those of which no rule says which is newer."""
    if feed.statements:
        return list(rows)
    found: dict[object, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        key = row.get("external_id", EMAILS.get(row["email"]))
        same = found[key, row.get("updated_at")]
        if not same or random.random() < 0.2:
            same.append(row)
    return [row for several in found.values() for row in several]


def _live(
    random: Random,
    feed: Feed,
    there: dict[str, dict[str, str]],
    past: list[dict[str, str]],
) -> None:
    """Have the people of a full source come, change and go."""
    for key in "12":
        chance = random.random()
        if chance < 0.2:
            there.pop(key, None)
        elif chance < 0.6:
            there[key] = _row(random, feed, past) | {"external_id": f"#-{key}"}


def _row(random: Random, feed: Feed, past: Sequence[Cells]) -> dict[str, str]:
    """Draw a row: one of before, one of before with another cell, or a new one."""
    new = {name: _cell(random, feed, name) for name in feed.columns}
    if not past or random.random() < 0.4:
        return new
    old = dict(random.choice(past))
    for name in random.sample(feed.columns, random.choice((0, 1, 1, 2))):
        old[name] = new[name]
    return old


def _cell(random: Random, feed: Feed, name: str) -> str:
    if name in feed.words:
        return random.choice(RARE if random.random() < 0.06 else WORDS)
    match name:
        case "external_id":
            return f"#-{random.choice('112')}"
        case "email":
            chance = 0 if feed.statements or "external_id" not in feed.columns else 0.15
            return "" if random.random() < chance else random.choice(list(EMAILS))
        case "phone":
            chance = 0 if feed.statements else 0.3
            return "" if random.random() < chance else random.choice(list(PHONES))
        case "first_name":
            return random.choice(("Anna", "Anna", "Bo"))
        case "last_name":
            return "Berg#"
    # 1970 is no time at which a row of a shop changed, and is refused as such.
    times = TIMES[1:] if name == "updated_at" else TIMES
    return "" if random.random() < 0.35 else random.choice(times)


# Slots: each history has numbers of its own for #.

SLOTS = range(100_000, 1_000_000)
"""Numbers of six figures, which are part of an e-mail, a key, or a phone."""


def in_slot(slot: int, cells: Cells) -> Cells:
    """Give cells with the number of a slot for #."""
    return {name: text.replace("#", str(slot)) for name, text in cells.items()}


def out_of_slot(slot: int, text: str) -> str:
    """Give a text with # for the number of a slot."""
    return text.replace(str(slot), "#")


def slots_in(text: str) -> set[int]:
    """Give the slots that a text names."""
    return {int(here or there) for here, there in _SLOT.findall(text)}


_SLOT = re.compile(
    r"(?:[hH]|Berg|\+4670|\b070)(\d{6})(?=@|\d?\b)|(?<![\w.])(\d{6})(?=-[12]\b)"
)


def heard(feed: Feed, cells: Cells, arrived: datetime) -> Row:
    """Give a row as the model hears it, out of its slot."""
    slots = slots_in(repr(dict(cells)))
    for slot in slots:
        cells = {name: out_of_slot(slot, text) for name, text in cells.items()}
    addresses = {"email": EMAILS.get(cells.get("email", ""), "")}
    addresses["sms"] = PHONES.get(cells.get("phone", ""), "")
    words = tuple(
        Word(purpose, channel, cells[column] or "unknown", _time(cells.get(at, "")))
        for column, ((purpose, channel), at) in feed.words.items()
    )
    (channel, *_) = {word.channel for word in words}
    bad = {BAD, ""} if feed.statements else {BAD}
    own = addresses[channel] if feed.statements else addresses["email"]
    return Row(
        key=cells.get("external_id", own),
        addresses=addresses,
        words=words,
        arrived=naive(arrived),
        changed=_time(cells.get("updated_at", "")),
        text=tuple(cells[name] for name in feed.columns),
        good=not {cells[column] for column in feed.words} & bad,
    )


def naive(moment: datetime) -> datetime:
    """Give a moment (UTC) as rows and the ledger have it."""
    return moment.replace(tzinfo=None)


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def smaller(history: History) -> Iterator[History]:
    """Give a history with some rows in a row left out, or with one cell made blank."""
    places = [
        (place, n) for place, rows in history.rows.items() for n in range(len(rows))
    ]
    length = len(places)
    while length:
        for first in range(0, len(places), length):
            out = set(places[first : first + length])
            yield replace(
                history,
                rows={
                    place: tuple(r for n, r in enumerate(rows) if (place, n) not in out)
                    for place, rows in history.rows.items()
                },
            )
        length //= 2
    for place, n in places if len(places) < 5 else ():
        rows = history.rows[place]
        file, cells = rows[n]
        for name in cells:
            if cells[name] and name not in ("external_id", "email", "last_name"):
                less = (*rows[:n], (file, {**cells, name: ""}), *rows[n + 1 :])
                yield replace(history, rows={**history.rows, place: less})


def shown(schedule: Sequence[Step], history: History) -> str:
    """Give a history as a person reads it."""
    lines = []
    for number, step in enumerate(schedule):
        of = "" if step.of is None else f" step {step.of}"
        at = f" as of {step.at}" if step.kind == "look" else ""
        lines.append(f"step {number}: {step.kind}{of}{at} {history.chances[number]}")
        for name, times in step.files.items():
            for file, cells in history.rows.get((number, name), ()):
                said = {c: v for c, v in cells.items() if v and c != "last_name"}
                lines.append(f"    {name} of {times[file]:%m-%d}: {said}")
            if step.of is not None:
                lines.append(f"    {name} of {[f'{t:%m-%d}' for t in times]}")
    return "\n".join(lines)
