"""Deciding: what a person's word on customers and questions says of their records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError, Problem, RegpipeError
from regpipe.registry.by_hand import ByHand
from regpipe.registry.links import Dismissal, LinkDecision, RecordKey
from regpipe.spec import Identity
from regpipe.sql.keys import IDENTIFIERS, key_name, key_value
from regpipe.sql.step import literal
from regpipe.stages.neighbourhood import chained
from regpipe.stages.who import customer_ids

MOST_PAIRS = 10_000
"""Pairs of records that one act may part: a customer of two hundred into halves."""

SAME, DIFFERENT, LIFTED = "same", "different", "lifted"

Pair = tuple[RecordKey, RecordKey]


@dataclass(frozen=True)
class Merge:
    """Customers ``a`` and ``b`` are one person."""

    a: str
    b: str
    where: str = "customers"


@dataclass(frozen=True)
class Split:
    """Some records ('source:external_id') of a customer are another person's."""

    customer: str
    records: tuple[str, ...]
    where: str = "customers"


@dataclass(frozen=True)
class Accept:
    """Who is in question is one person."""

    review_id: int
    where: str = "review"


@dataclass(frozen=True)
class Reject:
    """Who is in question is not one person, and is not to be asked about again."""

    review_id: int
    where: str = "review"


@dataclass(frozen=True)
class Revoke:
    """A decision is taken back."""

    decision_id: int
    where: str = "review"


@dataclass(frozen=True)
class Delete:
    """A customer is taken away, until a row of theirs changes."""

    customer: str
    where: str = "delete"


Act = Merge | Split | Accept | Reject | Revoke | Delete


@dataclass(frozen=True)
class Deleted:
    """A record that a person deletes."""

    record: RecordKey


Meant = tuple[Pair, str] | Dismissal | Deleted
"""What an act says: a word on a pair of records, or on a question; or a deletion."""


def decide(
    engine: Engine, identity: Identity, acts: Sequence[Act], *, by: str, at: datetime
) -> ByHand:
    """Give the decisions on pairs of records that a person's acts come to.

    A merge or a split takes back what was decided otherwise on the same pairs. All
    acts are about the registry as it is, each as if it were the only one.

    Raises DataError with every act that means nothing: an unknown customer, record,
    question or decision, or one that would change nothing.
    """
    deciding = _Deciding(engine, identity, _held(engine))
    links: list[LinkDecision] = []
    dismissals: list[Dismissal] = []
    deletions: dict[RecordKey, None] = {}
    problems: list[Problem] = []
    for number, act in enumerate(acts, 1):
        try:
            for said in deciding.meant(act):
                if isinstance(said, Dismissal):
                    dismissals.append(
                        Dismissal(
                            said.kind, said.subject, said.record, number, said.lift
                        )
                    )
                elif isinstance(said, Deleted):
                    deletions[said.record] = None
                else:
                    (a, b), word = said
                    links.append(LinkDecision(a, b, word, number))
        except RegpipeError as error:
            problems += [
                Problem(
                    act.where, f"{p.where}: {p.what}" if p.where else p.what, p.hint
                )
                for p in error.problems
            ]
    problems += _at_odds(links, acts)
    if problems:
        raise DataError(*problems)
    return ByHand(
        by=by,
        at=at,
        links=links,
        dismissals=dismissals,
        deletions=tuple(deletions),
    )


def _held(engine: Engine) -> Mapping[Pair, Mapping[str, Any]]:
    """Give the decisions that the registry holds, by their pair."""
    found = engine.collect("select * from registry.link_decisions").to_pylist()
    return {
        (
            (row["source_a"], row["external_id_a"]),
            (row["source_b"], row["external_id_b"]),
        ): row
        for row in found
    }


def _at_odds(links: Iterable[LinkDecision], acts: Sequence[Act]) -> Iterator[Problem]:
    """Find the acts that say of a pair what another act of the same time does not."""
    said: dict[Pair, LinkDecision] = {}
    told = set()
    for each in links:
        a, b = sorted((each.a, each.b))
        first = said.setdefault((a, b), each)
        if first.decision != each.decision and each.act not in told:
            told.add(each.act)
            yield Problem(
                acts[(each.act or 1) - 1].where,
                "says of the same records another thing than "
                f"{acts[(first.act or 1) - 1].where}",
                "decide one of the two, then look again",
            )


@dataclass
class _Deciding:
    """Works out what acts mean in one registry."""

    engine: Engine
    identity: Identity
    held: Mapping[Pair, Mapping[str, Any]]
    homes: dict[RecordKey, int | None] = field(default_factory=dict)

    def meant(self, act: Act) -> Iterator[Meant]:
        match act:
            case Merge():
                one, other = self._customer(act.a), self._customer(act.b)
                if one == other:
                    raise DataError.at("", f"both are customer {one} already")
                yield from self._same(one, other)
            case Split():
                yield from self._split(act)
            case Accept() | Reject():
                yield from self._answer(act)
            case Revoke():
                yield from self._revoke(act.decision_id)
            case Delete():
                who = self._customer(act.customer)
                live = self._keys(f"customer_id = {who} and gone_at is null")
                yield from map(Deleted, live)

    def _customer(self, named: str) -> int:
        """Give the one customer that is meant."""
        found = customer_ids(self.engine, named)
        if not found:
            raise DataError.at("", "there is no such customer in the registry")
        if len(found) > 1:
            ids = ", ".join(map(str, found[:20]))
            raise DataError.at(
                "", f"{len(found)} customers share it", f"name them by id: {ids}"
            )
        return found[0]

    def _records(self, customer_id: int) -> list[RecordKey]:
        """Give the records of a customer, the first first."""
        return self._keys(f"customer_id = {customer_id}")

    def _keys(self, which: str) -> list[RecordKey]:
        found = self.engine.collect(
            "select source, external_id from registry.source_records "
            f"where {which} order by source, external_id"
        ).to_pylist()
        return [(row["source"], row["external_id"]) for row in found]

    def _same(self, one: int, other: int) -> Iterator[tuple[Pair, str]]:
        """Make two customers one, whatever was said of their records before."""
        mine, theirs = self._records(one), self._records(other)
        yield _pair(mine[0], theirs[0]), SAME
        yield from self._lifted(mine, theirs, DIFFERENT, _pair(mine[0], theirs[0]))

    def _lifted(
        self,
        mine: Sequence[RecordKey],
        theirs: Sequence[RecordKey],
        word: str,
        but: Pair | None = None,
    ) -> Iterator[tuple[Pair, str]]:
        """Take back what was decided between two lots of records."""
        here, there = set(mine), set(theirs)
        for (a, b), row in self.held.items():
            across = (a in here and b in there) or (a in there and b in here)
            if across and row["decision"] == word and (a, b) != but:
                yield (a, b), LIFTED

    def _different(
        self, mine: Sequence[RecordKey], theirs: Sequence[RecordKey]
    ) -> Iterator[tuple[Pair, str]]:
        """Part two lots of records, each of one from each of the other."""
        if len(mine) * len(theirs) > MOST_PAIRS:
            raise DataError.at(
                "",
                f"{len(mine)} and {len(theirs)} records are too many to part at once",
                "split off fewer records at a time",
            )
        for a, b in product(mine, theirs):
            yield _pair(a, b), DIFFERENT

    def _split(self, act: Split) -> Iterator[tuple[Pair, str]]:
        customer = self._customer(act.customer)
        records = self._records(customer)
        named = []
        for written in dict.fromkeys(act.records):
            source, _, external_id = written.partition(":")
            if (source, external_id) not in records:
                raise DataError.at(
                    "",
                    f"a record that was named is none of customer {customer}'s",
                    f"see 'regpipe show {customer}' for its records; "
                    "write source:external_id",
                )
            named.append((source, external_id))
        rest = [record for record in records if record not in named]
        if not rest:
            raise DataError.at(
                "",
                f"all {len(records)} records of customer {customer} were named",
                "name those that are somebody else's",
            )
        yield from self._different(named, rest)

    def _answer(self, act: Accept | Reject) -> Iterator[tuple[Pair, str] | Dismissal]:
        found = self.engine.collect(
            f"select * from registry.review_items where review_id = {act.review_id}"
        ).to_pylist()
        if not found:
            raise DataError.at(
                f"question {act.review_id}",
                "is not open",
                "see 'regpipe review list'",
            )
        question = found[0]
        first = (question["source_a"], question["external_id_a"])
        if question["kind"] == "pair":
            second = (question["source_b"], question["external_id_b"])
            one, other = (self._customer(":".join(r)) for r in (first, second))
            if isinstance(act, Accept):
                yield from self._same(one, other)
            else:
                yield from self._different(self._records(one), self._records(other))
        elif isinstance(act, Reject):
            yield Dismissal(question["kind"], question["subject"], first)
        else:
            for other_record in self._meant_by(question, first):
                if other_record != first:
                    yield _pair(first, other_record), SAME

    def _meant_by(
        self, question: Mapping[str, Any], first: RecordKey
    ) -> Iterable[RecordKey]:
        """Give the records that a question about many is about."""
        if question["kind"] == "large":
            return chained(self.engine, self.identity, first)
        key = question["reasons"][0]["key"]
        fields = {key_name(each): each for each in self.identity.match}
        fields |= {name: (name,) for name in IDENTIFIERS}
        value = key_value(fields[key], same_mailbox=self.identity.same_mailbox)
        return self._keys(
            f"{value} = {literal(question['value'])} and customer_id is not null"
        )

    def _revoke(self, number: int) -> Iterator[tuple[Pair, str] | Dismissal]:
        pairs = [
            pair for pair, row in self.held.items() if row["decision_id"] == number
        ]
        for pair in pairs:
            yield pair, LIFTED
        dismissed = self.engine.collect(
            f"select * from registry.review_dismissals where decision_id = {number}"
        ).to_pylist()
        for row in dismissed:
            record = (row["source_a"], row["external_id_a"])
            yield Dismissal(row["kind"], row["subject"], record, lift=True)
        if not pairs and not dismissed:
            raise DataError.at(
                f"decision {number}",
                "is not in force",
                "see 'regpipe review decisions'",
            )


def _pair(a: RecordKey, b: RecordKey) -> Pair:
    return (a, b) if a < b else (b, a)
