"""Consent in plain Python: who may be mailed, worked out the slow and obvious way.

Written from docs/consent.md and docs/decisions (0011, 0019, 0033), never from regpipe's
SQL, which tests/test_consent_histories.py holds against it.

A *thing* is what one record of a source says of one address, for one purpose by one
channel. A *statement* is what was said of a thing, and the time from which it counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

LONG_AGO = datetime(1, 1, 1)
"""The time of what is older than anything dated."""

YES = ("granted", "pending")
REFUSAL = ("granted", "pending", "unknown", "never", "withdrawn")
"""Words by how much they refuse. Of two of one time the one further on holds."""

NEVER_AGAIN = ("bounced", "complained", "blocked", "erased")
"""Reasons never to use an address again. They are no statements."""

UNSUBSCRIBED = "unsubscribed"
"""The one reason that a later grant lifts."""

BY_HAND = "by hand"
"""The source of what people noted."""


class UndeterminedError(Exception):
    """Nothing that is written down says which of two rows is the newer one."""


@dataclass(frozen=True)
class Word:
    """What a row says of one purpose by one channel; ``at`` is its own time, if any."""

    purpose: str
    channel: str
    word: str
    at: datetime | None = None


@dataclass(frozen=True)
class Row:
    """A row of a file.

    ``key`` is whose it is, ``changed`` the time of the row if it bears one,
    ``arrived`` that of its file, ``text`` all that it says, and ``good`` whether it
    can be read.
    """

    key: str
    addresses: Mapping[str, str]
    words: tuple[Word, ...]
    arrived: datetime
    changed: datetime | None = None
    text: tuple[str, ...] = ()
    good: bool = True

    @property
    def dated(self) -> datetime:
        """Give the time that this version of its record is of."""
        return self.changed or self.arrived

    def time_of(self, word: Word) -> datetime | None:
        """Give the own time of a word, if it can be believed."""
        if word.at is None or word.at < datetime(1995, 1, 1):
            return None
        return word.at if word.at <= self.arrived + timedelta(days=1) else None


@dataclass(frozen=True)
class Thing:
    """What a statement is about, and the record that makes it."""

    source: str
    key: str
    address: str
    channel: str
    purpose: str


@dataclass(frozen=True)
class Statement:
    """``said`` is the record's word, ``word`` what it comes to."""

    word: str
    said: str
    counts_from: datetime
    dated: bool
    delivery: int


@dataclass
class Consents:
    """All that was said, and who may be mailed by it."""

    statements: defaultdict[Thing, list[Statement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    versions: dict[tuple[str, str], Row] = field(default_factory=dict)
    gone: dict[tuple[str, str], datetime] = field(default_factory=dict)
    never: dict[tuple[str, str, str], datetime] = field(default_factory=dict)
    latest: dict[str, datetime] = field(default_factory=dict)
    deliveries: int = 0

    # Who may be mailed.

    def may_be_mailed(self, purpose: str, channel: str, as_of: datetime) -> set[str]:
        """Give the addresses that are granted and not to be left alone."""
        return {
            address
            for address, since in self.granted(purpose, channel, as_of).items()
            if not any(
                of == address
                and by in (channel, "*")
                and (reason != UNSUBSCRIBED or since <= at)
                for (of, by, reason), at in self.never.items()
            )
        }

    def granted(
        self, purpose: str, channel: str, as_of: datetime
    ) -> dict[str, datetime]:
        """Give the addresses whose last word is a yes, and since when.

        The last of those made by ``as_of``. Which records are gone, and who is to be
        left alone, is as is known today.
        """
        words = defaultdict(list)
        for thing in list(self.statements):
            if (thing.purpose, thing.channel) == (purpose, channel):
                words[thing.address] += self._counted(thing, as_of)
        last = {address: max(said) for address, said in words.items() if said}
        return {address: at for address, (at, refusal) in last.items() if not refusal}

    def _counted(self, thing: Thing, as_of: datetime) -> Iterator[tuple[datetime, int]]:
        """Give the time and the refusal of each statement that counts."""
        made = [s for s in self.statements[thing] if s.counts_from <= as_of]
        first_yes = min((s.counts_from for s in made if s.word in YES), default=None)
        for each in made:
            if each.word in YES and (thing.source, thing.key) in self.gone:
                continue  # A grant rests on its record.
            if each.word == "unknown" and (
                first_yes is None or each.counts_from < first_yes
            ):
                continue  # It states nothing, unless the record had said yes.
            yield each.counts_from, REFUSAL.index(each.word)

    # What is delivered.

    def customers(
        self, source: str, rows: Sequence[Row], *, full: datetime | None = None
    ) -> None:
        """Hear what a delivery of customers says.

        ``full`` is its time where it holds every customer.
        """
        self.deliveries += 1
        named = {row.key for row in rows}
        for key in dict.fromkeys(row.key for row in rows if row.good):
            mine = [row for row in rows if row.good and row.key == key]
            self._record(source, mine, self.latest.get(source) if full else None)
        if full is not None and full >= self.latest.get(source, full):
            self.latest[source] = full
            for mine in self.versions:
                if mine[0] == source and mine[1] not in named:
                    self.gone.setdefault(mine, full)

    def _record(
        self, source: str, rows: Sequence[Row], latest_full: datetime | None
    ) -> None:
        """Hear what the versions of one record say.

        A row that says what is held already says nothing new, but says it now. What
        is held was in the latest full delivery, too; a file from before a record went
        does not bring it back. An older version that comes after what is held may say
        something with a date; then what is held says its undated words after it.
        """
        mine = (source, rows[0].key)
        held = self.versions.get(mine) if mine not in self.gone else None
        if held is not None:
            held = replace(held, arrived=max(held.arrived, latest_full or held.arrived))
        away = self.gone.get(mine) if latest_full else None
        from_before = [row for row in rows if away is not None and row.arrived < away]
        news = [row for row in rows if held is None or row.text != held.text]
        again = [replace(held, arrived=row.arrived) for row in rows if row not in news]
        if held is not None and not any(row.arrived >= held.arrived for row in again):
            if any((r.dated, r.arrived) == (held.dated, held.arrived) for r in news):
                raise UndeterminedError  # They came in different runs.
            again.append(held)
        there = [row for row in (*news, *again) if row not in from_before]
        latest = newest(there) if there else None
        dated = set()
        for row in news:
            self._never_again(row)
            for word in row.words:
                if row.time_of(word) is not None:
                    self._dated(source, row, word)
                    if self._thing(source, row, word) is not None:
                        dated.add((word.purpose, word.channel))
        kept = self.versions.get(mine)
        if kept is not None and latest not in news:
            for word in kept.words:
                if (
                    (word.purpose, word.channel) in dated
                    and kept.time_of(word) is None
                    and word.word in ("never", "unknown")
                ):
                    self._undated(source, kept, word)
        if latest is not None and (held is None or latest.text != held.text):
            self.versions[mine] = latest
            self.gone.pop(mine, None)
            for word in latest.words:
                if latest.time_of(word) is None:
                    self._undated(source, latest, word)

    def said(self, source: str, rows: Sequence[Row]) -> None:
        """Hear what a delivery of statements, each about its address, says."""
        self.deliveries += 1
        undated: dict[str, list[tuple[Row, Word]]] = defaultdict(list)
        for row in rows:
            if not row.good:
                continue
            self._never_again(row)
            for word in row.words:
                if row.time_of(word) is not None:
                    self._dated(source, row, word)
                elif word.word in REFUSAL:
                    undated[row.key].append((row, word))
        for several in undated.values():
            # Of several that say it without a time, the refusal stands, since the
            # first file that says so.
            several.sort(key=lambda said: said[0].arrived)
            most = max(several, key=lambda said: REFUSAL.index(said[1].word))
            self._undated(source, *most)

    # What people note.

    def noted(
        self, address: str, channel: str, purpose: str, word: str, at: datetime
    ) -> None:
        """Hear a statement that somebody noted by hand."""
        self.deliveries += 1
        row = Row(address, {channel: address}, (), arrived=at)
        self._dated(BY_HAND, row, Word(purpose, channel, word, at))

    def block(self, address: str, channel: str, reason: str, at: datetime) -> None:
        """Leave an address alone, by a channel or by all ('*')."""
        self.never.setdefault((address, channel, reason), at)

    def unblock(self, address: str) -> None:
        """Let an address be used again, as far as its consent goes."""
        for each in [each for each in self.never if each[0] == address]:
            del self.never[each]

    # What a word comes to.

    def _never_again(self, row: Row) -> None:
        for word in row.words:
            address = row.addresses.get(word.channel)
            if address and word.word in NEVER_AGAIN:
                self.block(address, word.channel, word.word, row.dated)

    def _thing(self, source: str, row: Row, word: Word) -> Thing | None:
        address = row.addresses.get(word.channel)
        if not address or word.word not in REFUSAL:
            return None
        return Thing(source, row.key, address, word.channel, word.purpose)

    def _dated(self, source: str, row: Row, word: Word) -> None:
        """Hear a statement with a time of its own: it counts from that."""
        thing = self._thing(source, row, word)
        if thing is None or word.at is None:
            return
        mine = self.statements[thing]
        if not any(
            s.dated and (s.said, s.counts_from) == (word.word, word.at) for s in mine
        ):
            mine.append(Statement(word.word, word.word, word.at, True, self.deliveries))

    def _undated(self, source: str, row: Row, word: Word) -> None:
        """Hear a statement without a time of its own: only a change of mind is news."""
        thing = self._thing(source, row, word)
        if thing is None:
            return
        said = word.word
        before = self._before(thing, said)
        comes_to, counts_from = said, row.dated
        if before is None:
            if said == "unknown":
                return
            if said != "withdrawn":
                counts_from = LONG_AGO
        elif said == before:
            return
        elif before in YES and said in ("never", "unknown"):
            comes_to = "withdrawn"
        self.statements[thing].append(
            Statement(comes_to, said, counts_from, False, self.deliveries)
        )

    def _before(self, thing: Thing, said: str) -> str | None:
        """Give what a word is held against: what its record said last.

        For a yes that is its last undated word. For a refusal it is the dated word
        of the latest date, where one came after the last undated word.
        """
        mine = self.statements[thing]
        undated = [s for s in mine if not s.dated]
        dated = [s for s in mine if s.dated]
        last = undated[-1] if undated else None
        since = max((s.delivery for s in dated), default=0)
        if said not in YES and since > (last.delivery if last is not None else 0):
            newest = max(dated, key=lambda s: (s.counts_from, REFUSAL.index(s.said)))
            return newest.said
        return last.said if last is not None else None


def newest(rows: Sequence[Row]) -> Row:
    """Give the newest version of a record: by its own time, else that of its file.

    Of equally new ones that of the later file, and of one file the one that refuses
    more.
    """
    found = rows[0]
    for row in rows[1:]:
        mine, other = ((each.dated, each.arrived) for each in (row, found))
        if mine > other or (mine == other and _refuses_more(row, found)):
            found = row
    return found


def _refuses_more(row: Row, other: Row) -> bool:
    """Tell whether one of two equally new rows refuses more than the other."""
    pairs = [
        (mine.word, theirs.word)
        for mine, theirs in zip(row.words, other.words, strict=True)
        if mine.word != theirs.word
    ]
    if row.text == other.text:
        return False
    more = {
        REFUSAL.index(mine) > REFUSAL.index(theirs)
        for mine, theirs in pairs
        if mine in REFUSAL and theirs in REFUSAL
    }
    if len(more) != 1 or any(word not in REFUSAL for pair in pairs for word in pair):
        raise UndeterminedError
    return more == {True}
