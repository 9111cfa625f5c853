"""Histories of consent, really run, and held against the model after each step.

Many are played side by side in one registry, each with people, addresses and keys of
its own, so that one run of regpipe is a step of all of them. They share the order of
the runs and nothing else. That is why ten thousand histories of whole runs take
minutes, and why no faster, hollower engine is needed. What fails is made smaller the
same way: all ways of leaving rows out are histories, too.
"""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from consent_model import REFUSAL, UNSUBSCRIBED, Consents, Row, UndeterminedError
from histories import (
    BAD,
    EMAILS,
    FEEDS,
    LISTS,
    LOOKS,
    OF_LIST,
    PHONES,
    SLOTS,
    THINGS,
    TIMES,
    Cells,
    Feed,
    History,
    Step,
    heard,
    in_slot,
    naive,
    out_of_slot,
    slots_in,
    smaller,
)
from regpipe.erasing import Order, erase_in
from regpipe.errors import DataError
from regpipe.fields import NOTED_REASONS, NOTED_STATUSES
from regpipe.outcome import RunOutcome, silent
from regpipe.registry.opening import locked_down
from regpipe.registry.statements import Proof
from regpipe.run import decide_in, export_pipeline, rebuild_pipeline, run_pipeline
from regpipe.spec import Pipeline
from regpipe.sql.consent_in_force import in_force
from regpipe.stages.deciding import Act, Merge, Split
from regpipe.stages.erase_who import Asked
from regpipe.stages.mending import write_rejects
from regpipe.stages.stating import Block, ConsentAct, State, Unblock
from worlds import (
    AS_OF,
    asked,
    declared,
    deliver,
    listed,
    nothing_changed,
    records,
    run,
)


@dataclass
class Player:
    """Plays histories side by side in a folder; ``told`` is what went wrong, by number.

    Who hangs on something that no rule settles is in ``unsettled``, and left alone.
    ``erased`` are the addresses of people who were erased: of a history with one only
    those are looked after from then on. ``doubted``: a time was not believed; it may
    be once the same row comes in a later file, and then the same again says more.
    """

    folder: Path
    schedule: Sequence[Step]
    histories: Mapping[int, History]
    told: dict[int, str] = field(default_factory=dict)
    unsettled: set[int] = field(default_factory=set)
    erased: dict[int, set[str]] = field(default_factory=dict)
    doubted: set[int] = field(default_factory=set)
    models: dict[int, Consents] = field(default_factory=dict)

    def play(self) -> None:
        """Play all steps, and look after each."""
        self.models = {number: Consents() for number in self.histories}
        for number, step in enumerate(self.schedule):
            self._play(number, step)
            self._look(number, step)

    @property
    def registry(self) -> Path:
        """Give the path of the registry."""
        return self.folder / "registry.duckdb"

    def _play(self, number: int, step: Step) -> None:
        pipeline = self._pipeline(number if step.of is None else step.of, step)
        match step.kind:
            case "deliver":
                self._write(number, step)
                run(pipeline)
                self._hear(number, step)
            case "old":
                self._touch(step)
                run(pipeline)
                self._hear(number if step.of is None else step.of, step)
            case "again":
                self._refuse_change(number, run(pipeline))
            case "decide":
                self._decide(number)
                export_pipeline(pipeline, (), as_of=AS_OF, progress=silent)
            case "erase":
                self._erase(number)
                export_pipeline(pipeline, (), as_of=AS_OF, progress=silent)
            case "replay":
                self._replay(number, pipeline)
            case "rebuild":
                rebuild_pipeline(pipeline, as_of=AS_OF, wait=0, progress=silent)
            case "look":
                export_pipeline(pipeline, (), as_of=step.at, progress=silent)

    def _pipeline(self, number: int, step: Step) -> Pipeline:
        """Give the pipeline of the files of a step, or of all sources without files."""
        names = step.files or FEEDS
        sources = {
            name: {**FEEDS[name].declared, "files": f"in/{number}/{name}-*.csv"}
            for name in names
        }
        to = {"target": "csv-verbatim"}
        lists = {n: {**said, **to, "to": f"out/{n}.csv"} for n, said in LISTS.items()}
        return declared(self.folder, sources, lists)

    def _write(self, number: int, step: Step) -> None:
        """Write the files of a step."""
        for name, times in step.files.items():
            brought: list[list[Cells]] = [[] for _ in times]
            for slot, history in self.histories.items():
                for file, cells in history.rows.get((number, name), ()):
                    brought[file].append(in_slot(slot, cells))
            for file, at in enumerate(times):
                path = self.folder / f"in/{number}/{name}-{file}.csv"
                columns = FEEDS[name].columns
                deliver(path, brought[file], at=at, columns=list(columns))

    def _touch(self, step: Step) -> None:
        """Give files of before the times that they come again with."""
        for name, times in step.files.items():
            for file, at in enumerate(times):
                path = self.folder / f"in/{step.of}/{name}-{file}.csv"
                os.utime(path, (at.timestamp(), at.timestamp()))

    def _hear(self, number: int, step: Step) -> None:
        """Have the models hear what the files of a step say."""
        for slot, history in self.histories.items():
            for name, times in step.files.items():
                rows = [
                    heard(FEEDS[name], cells, times[file])
                    for file, cells in history.rows.get((number, name), ())
                ]
                full = naive(max(times)) if FEEDS[name].full else None
                self._listen(slot, FEEDS[name], rows, full)

    def _listen(
        self, slot: int, feed: Feed, rows: Sequence[Row], full: datetime | None = None
    ) -> None:
        if any(w.at and row.time_of(w) is None for row in rows for w in row.words):
            self.doubted.add(slot)
        try:
            if feed.statements:
                self.models[slot].said(feed.name, rows)
            else:
                self.models[slot].customers(feed.name, rows, full=full)
        except UndeterminedError:
            self.unsettled.add(slot)

    def _refuse_change(self, number: int, outcome: RunOutcome) -> None:
        """Tell of the histories in which the same again changed something."""
        if nothing_changed(outcome):
            return
        for table in [t for t, delta in outcome.deltas.items() if delta.new]:
            for row in asked(
                self.registry, f'from "{table}" where run_id = {outcome.run}'
            ):
                for slot in slots_in(repr(row)) - self.doubted:
                    self._tell(slot, number, f"the same again changed {table}")

    def _decide(self, number: int) -> None:
        """Merge or split customers, as each history's chances have it."""
        acts: list[Act] = []
        for slot, theirs in self._people().items():
            which, whom = self.histories[slot].chances[number]
            several = [c for c, keys in theirs.items() if len(keys) > 1]
            if which < 0.4 and len(theirs) > 1:
                one = int(whom * (len(theirs) - 1))
                a, b = list(theirs)[one : one + 2]
                acts.append(Merge(str(a), str(b)))
            elif which < 0.8 and several:
                customer = several[int(whom * len(several))]
                acts.append(Split(str(customer), tuple(theirs[customer][:1])))
        self._do(acts, AS_OF)
        self._note(number)

    def _people(self) -> dict[int, dict[int, list[str]]]:
        """Give the records of each customer of each history."""
        people: dict[int, dict[int, list[str]]] = defaultdict(dict)
        for customer_id, source, key in asked(
            self.registry,
            "select customer_id, source, external_id from source_records "
            "where customer_id is not null order by all",
        ):
            (slot,) = slots_in(key)
            people[slot].setdefault(customer_id, []).append(f"{source}:{key}")
        return people

    def _erase(self, number: int) -> None:
        """Erase a customer of some histories; note the addresses of theirs alone.

        A phone of somebody whose first name is known is open to others of its home.
        """
        held: dict[str, set[int]] = defaultdict(set)
        named = set()
        for customer_id, name, *addresses in asked(
            self.registry,
            "select customer_id, first_name, email, phone from source_records",
        ):
            if name:
                named.add(customer_id)
            for address in addresses:
                held[address or ""].add(customer_id)
        whom = []
        for slot, theirs in self._people().items():
            which, one = self.histories[slot].chances[number]
            if which < 0.1:
                customer = list(theirs)[int(one * len(theirs))]
                whom.append(Asked("test", customer_id=customer))
                self.erased[slot] = {
                    out_of_slot(slot, address)
                    for address, holders in held.items()
                    if holders == {customer}
                    and ("@" in address or customer not in named)
                }
        if whom:
            order = Order(whom, "eva", "asked for", None, AS_OF)
            erase_in(self.registry, order, wait=0, progress=silent)

    def _note(self, number: int) -> None:
        """Note statements and blocks by hand, and take blocks back."""
        at = Random(str(self.schedule)).choice(LOOKS)
        acts: list[ConsentAct] = []
        for slot, history in self.histories.items():
            if slot in self.unsettled or slot in self.told or slot in self.erased:
                continue
            random = Random(str(history.chances[number]))
            model = self.models[slot]
            purpose, channel = random.choice(THINGS)
            plain = random.choice(
                [*{*(EMAILS if channel == "email" else PHONES).values()}]
            )
            address = plain.replace("#", str(slot))
            kind = random.random()
            lasting = [r for a, _, r in model.never if a == plain and r != UNSUBSCRIBED]
            if kind < 0.4:
                word = random.choice(NOTED_STATUSES)
                when = min(datetime.fromisoformat(random.choice(TIMES[1:])), naive(at))
                if word == "granted" and lasting:
                    continue  # It is refused: they are to be unblocked first.
                proof = Proof(wording="they said so")
                moment = when.replace(tzinfo=UTC)
                acts.append(State(address, purpose, word, channel, moment, proof))
                model.noted(plain, channel, purpose, word, when)
            elif kind < 0.6:
                reason = random.choice(NOTED_REASONS)
                by = random.choice((channel, "*"))
                acts.append(Block(address, reason, by))
                model.block(plain, by, reason, naive(at))
            elif kind < 0.8 and any(a == plain for a, _, _ in model.never):
                acts.append(Unblock(address))
                model.unblock(plain)
        self._decided(acts, at)

    def _do(self, acts: Sequence[Act], at: datetime) -> None:
        """Do acts; where one contradicts what was decided before, an eighth is left."""
        try:
            self._decided(acts, at)
        except DataError:
            for nth in range(8):
                with suppress(DataError):
                    self._decided(acts[nth::8], at)

    def _decided(self, acts: Sequence[Act | ConsentAct], at: datetime) -> None:
        if acts:
            decide_in(
                self.registry,
                acts,
                by="eva",
                command="review",
                as_of=at,
                wait=0,
                progress=silent,
            )

    def _replay(self, number: int, pipeline: Pipeline) -> None:
        """Mend the open rejects of some histories, and replay them."""
        found = records(
            self.registry,
            "select r.*, f.delivered_at from rejects r "
            "join run_files f on r.file_id = f.file_id order by reject_id",
        )
        for name, feed in FEEDS.items():
            mine = [reject for reject in found if reject["source"] == name]
            out = io.StringIO()
            write_rejects(mine, out)
            mended = []
            rows: dict[int, list[Row]] = defaultdict(list)
            written = csv.DictReader(io.StringIO(out.getvalue()))
            for reject, row in zip(mine, written, strict=True):
                slot = min(slots_in(repr(row)), default=0)
                which, whom = self.histories[slot].chances[number] if slot else (0, 0)
                if which < 0.3:
                    continue
                word = REFUSAL[int(whom * len(REFUSAL))]
                cells = {c: word if v == BAD else v for c, v in row.items()}
                mended.append(cells)
                plain = {c: cells[c].removeprefix("'") for c in feed.columns}
                at = reject["delivered_at"].replace(tzinfo=UTC)
                rows[slot].append(heard(feed, plain, at))
            for slot, theirs in rows.items():
                self._listen(slot, feed, theirs)
            if mended:
                path = deliver(self.folder / f"mended-{number}-{name}.csv", mended)
                run_pipeline(
                    pipeline, as_of=AS_OF, wait=0, progress=silent, mended=path
                )

    # Looking.

    def _look(self, number: int, step: Step) -> None:
        """Hold the lists, and the words in force, against the models."""
        as_of = naive(step.at)
        customers = self._by_slot(listed(self.folder / "out" / "all.csv"))
        exported = {
            name: self._by_slot(listed(self.folder / "out" / f"{name}.csv"))
            for name in OF_LIST
        }
        granted = self._granted(step.at)
        for slot, model in self.models.items():
            if slot in self.erased:
                there = {*_addresses(customers, slot)}
                there |= {a for n in exported for a in _addresses(exported[n], slot)}
                there |= {a for each in granted.values() for a in each.get(slot, ())}
                if there & self.erased[slot]:
                    self._tell(slot, number, f"{there & self.erased[slot]} came back")
                continue
            if slot in self.unsettled or slot in self.told:
                continue
            for name, (purpose, channel) in OF_LIST.items():
                column = "email" if channel == "email" else "phone"
                may = model.may_be_mailed(purpose, channel, as_of)
                theirs = customers.get(slot, [])
                want = sorted(may & {row[column] for row in theirs})
                got = sorted(row[column] for row in exported[name].get(slot, []))
                if got != want:
                    self._tell(slot, number, f"{name}: {got} is listed, {want} may be")
                shown = {row[column] for row in theirs if row[name] == "true"}
                if shown != set(want):
                    self._tell(slot, number, f"{name}: {shown} is shown, {want} may be")
                words = {*model.granted(purpose, channel, as_of)}
                if granted[purpose, channel].get(slot, set()) != words:
                    self._tell(
                        slot,
                        number,
                        f"{name}: {granted[purpose, channel].get(slot, set())} "
                        f"is in force, {words} should be",
                    )

    def _granted(self, at: datetime) -> dict[tuple[str, str], dict[int, set[str]]]:
        """Give the addresses that are granted, on a list or not, by slot."""
        with locked_down(self.registry, []) as reader:
            found = reader.collect(
                f"select * from ({in_force(at)}) where status = 'granted'"
            ).to_pylist()
        granted: dict[tuple[str, str], dict[int, set[str]]] = {t: {} for t in THINGS}
        for row in found:
            (slot,) = slots_in(row["address"])
            plain = out_of_slot(slot, row["address"])
            granted[row["purpose"], row["channel"]].setdefault(slot, set()).add(plain)
        return granted

    def _by_slot(self, rows: Sequence[Cells]) -> dict[int, list[Cells]]:
        """Give rows of a list as they are in their own history."""
        found: dict[int, list[Cells]] = defaultdict(list)
        for row in rows:
            for slot in slots_in(" ".join(row.values())):
                found[slot].append({c: out_of_slot(slot, v) for c, v in row.items()})
        return found

    def failed_in(self, slot: int) -> int:
        """Give the step after which a history was other than its model."""
        return int(self.told[slot].split()[1])

    def _tell(self, slot: int, number: int, what: str) -> None:
        self.told.setdefault(
            slot, f"step {number} ({self.schedule[number].kind}): {what}"
        )


def _addresses(rows: Mapping[int, Sequence[Cells]], slot: int) -> Iterator[str]:
    """Give the addresses in the rows of a list that are of a slot."""
    for row in rows.get(slot, ()):
        yield from (row[name] for name in ("email", "phone") if name in row)


def smallest(
    folder: Path, schedule: Sequence[Step], history: History
) -> tuple[Sequence[Step], History, str]:
    """Leave out of a history that fails what it fails without."""
    told = ""
    candidates: list[History] = [history]
    for number in range(40):
        player = Player(
            folder / str(number), schedule, dict(zip(SLOTS, candidates, strict=False))
        )
        player.play()
        failed = sorted(
            (each.size, slot)
            for slot, each in player.histories.items()
            if slot in player.told and slot not in player.unsettled
        )
        if not failed or (failed[0][0] >= history.size > 0 and number):
            break
        slot = failed[0][1]
        history, told = player.histories[slot], player.told[slot]
        schedule = schedule[: player.failed_in(slot) + 1]
        candidates = list(smaller(history))
        if not candidates:
            break
    return schedule, history, told
