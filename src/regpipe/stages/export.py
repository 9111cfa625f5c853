"""Export: lists written aside from the registry, then put in their places.

What a list may hold is decided in one place, ``sql/lists.py``; this module makes
those steps, writes their rows to files, and knows what became of earlier ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.outcome import ExportOutcome
from regpipe.spec import Export, Pipeline
from regpipe.sql.customer_view import CUSTOMERS, addresses, customers, moment
from regpipe.sql.expression import AS_OF, part_column
from regpipe.sql.fitted import INCOMPLETE, fitted, fitted_table
from regpipe.sql.gate import buyers_table, may, may_table, policies_of
from regpipe.sql.list_cells import statements, view_columns
from regpipe.sql.lists import (
    Selection,
    late_table,
    list_table,
    neighbours,
    on_list,
    on_list_table,
    selected,
)
from regpipe.sql.refused import refused_table
from regpipe.sql.segment import EVERYBODY
from regpipe.sql.step import ident, literal
from regpipe.stages.export_files import chosen_exports, list_place
from regpipe.stages.list_files import List, list_files
from regpipe.stages.list_warnings import list_warnings
from regpipe.stages.manifest import StagedExport, publish
from regpipe.stages.segments import segment
from regpipe.stages.stated import assuming
from regpipe.stages.words import leave_words, words_left


def stage_exports(
    reader: Engine,
    pipeline: Pipeline,
    as_of: datetime,
    names: Collection[str] | None = None,
) -> tuple[StagedExport, ...]:
    """Write the pipeline's lists aside, each in its own folder.

    ``reader`` reads the registry that the lists are made from, and is locked down
    to the folders of ``writing_lists``, within which this must be called. The
    same registry and ``as_of`` give the same bytes.

    Raises PipelineError for a ``where`` that cannot run, RegistryError when a
    file cannot be written, ValueError when ``as_of`` has no time zone.
    """
    lists = _ready(reader, pipeline, as_of, names)
    gated = any(each.who.gated for each in lists.values())
    assumed = assuming(reader, pipeline) if gated else ()
    staged = []
    for name, each in lists.items():
        _make(reader, each, as_of)
        files = tuple(list_files(reader, each, as_of))
        staged.append(
            StagedExport(
                name=name,
                purpose=each.who.purpose,
                channel=each.who.channel,
                target=each.target.name,
                columns=tuple(column.header for column in each.columns),
                address=each.address,
                registry=pipeline.path(pipeline.registry).name,
                as_of=as_of,
                manifest=each.place.manifest,
                files=files,
                assumed=assumed if each.who.gated else (),
                warnings=tuple(
                    list_warnings(name, each.target, files, gated=each.who.gated)
                ),
            )
        )
        _drop(reader, name)
    _forget(reader, lists)
    return tuple(staged)


def members(reader: Engine, pipeline: Pipeline, as_of: datetime) -> pa.Table:
    """Give who is on which list, without writing any.

    Gives  one row per list, group (null where the list is one file) and
           customer: ``list``, ``group_key``, ``customer_id``.
    """
    lists = _ready(reader, pipeline, as_of, None)
    found = [_NOBODY]
    for name, each in lists.items():
        _make(reader, each, as_of)
        table = fitted_table(name) if each.target.checked else list_table(name)
        found.append(
            reader.collect(
                f"select {literal(name)} as list, group_key, customer_id "
                f"from {ident(table)} where refusal is null"
            ).cast(_NOBODY.schema)
        )
        _drop(reader, name)
    _forget(reader, lists)
    return pa.concat_tables(found)


_NOBODY = pa.table(
    {
        "list": pa.array([], pa.string()),
        "group_key": pa.array([], pa.string()),
        "customer_id": pa.array([], pa.int64()),
    }
)


@dataclass(frozen=True)
class Judged:
    """What becomes of one customer on one list.

    ``in_segment`` tells whether the ``where`` holds for them, ``read`` what it reads of
    them. ``refusals`` are, by group (None where the list is one file), what keeps them
    off (None: nothing); of somebody outside the segment as if they were in it.
    ``tests`` are the refusals there may be, in order. ``same_as`` is the customer who
    is on it with their address; ``last_order_at`` when they bought last, where a policy
    asks that, of who refused nothing.
    """

    export: Export
    tests: tuple[str, ...]
    country: str | None
    in_segment: bool
    read: Mapping[str, object]
    address: str | None
    refusals: Mapping[str | None, str | None]
    same_as: int | None
    last_order_at: datetime | None


def judge(
    reader: Engine, pipeline: Pipeline, name: str, as_of: datetime, customer_id: int
) -> Judged:
    """Ask the steps of one list about one customer that there is.

    They are made for those alone who share an address with them.

    Raises PipelineError for a name there is not, or a ``where`` that cannot run.
    """
    reader.make(neighbours(_ASKED, customer_id))
    lists = _ready(reader, pipeline, as_of, [name], _ASKED)
    each = lists[name]
    mine = f"customer_id = {customer_id}"
    (read,) = reader.collect(
        f"select *, coalesce(({each.who.segment.sql}), false) as is_in "
        f"from (select *, {moment(as_of)} as {AS_OF} from {CUSTOMERS} where {mine})"
    ).to_pylist()
    asked = each
    if not read["is_in"]:
        asked = replace(each, who=replace(each.who, segment=EVERYBODY))
    _make(reader, asked, as_of)
    tables = [list_table(name), *([fitted_table(name)] if each.target.checked else [])]
    refusals = {
        row["group_key"]: row["refusal"]
        for table in tables
        for row in reader.collect(
            f"select group_key, refusal from {ident(table)} where {mine} "
            "order by group_key nulls first"
        ).to_pylist()
    }
    having = addresses(each.who.channel)
    same = reader.collect(
        f"""
        select min(l.customer_id)
        from {ident(tables[-1])} l
        join {having} c on l.customer_id = c.customer_id
        join {having} m on lower(c.address) = lower(m.address) and m.{mine}
        where l.refusal is null and l.customer_id < m.customer_id
        """
    )
    address = reader.collect(f"select address from {having} a where {mine}")
    bought = None
    who = each.who
    if any(p.existing_customers for p in policies_of(who.consent, who.purpose)):
        table = ident(buyers_table(who.purpose, who.channel))
        last = reader.collect(f"select last_order_at from {table} where {mine}")
        bought = next(iter(last.column(0).to_pylist()), None)
    _drop(reader, name)
    _forget(reader, lists)
    reader.drop(_ASKED)
    tests = who.refusals if who.gated else ()
    return Judged(
        export=each.export,
        tests=(*tests, *([INCOMPLETE] if each.target.checked else [])),
        country=read.get("country"),
        in_segment=read["is_in"],
        read=_read(each, read),
        address=next(iter(address.column(0).to_pylist()), None),
        refusals=refusals,
        same_as=same.column(0)[0].as_py(),
        last_order_at=bought,
    )


_ASKED = "list_asked"


def _read(made: List, row: Mapping[str, object]) -> dict[str, object]:
    """Give what the segment of a list reads of a customer, as a ``where`` names it."""
    segment = made.who.segment
    read = {name: row[name] for name in sorted(segment.columns)}
    return read | {
        f"{column}[{literal(key)}]": row[part_column(column, key)]
        for column, key in sorted(segment.parts)
    }


def _ready(
    reader: Engine,
    pipeline: Pipeline,
    as_of: datetime,
    names: Collection[str] | None,
    only: str | None = None,
) -> dict[str, List]:
    """Leave what all lists are made from: the customers, and who granted what.

    ``only`` is a table whose customer_id tells which customers; None means all.
    """
    lists = {
        name: _list(reader, pipeline, name, export, as_of)
        for name, export in chosen_exports(pipeline, names).items()
    }
    if not lists:
        return lists
    whos = [each.who for each in lists.values()]
    words = sorted({stated for who in whos for stated in who.words})
    reader.make(
        customers(
            frozenset().union(*(who.read for who in whos)),
            frozenset().union(*(who.segment.parts for who in whos)),
            as_of,
            only=only,
        )
    )
    leave_words(reader, words, pipeline.consent, as_of)
    for purpose, channel in _shown_words(lists):
        reader.make(may(purpose, channel, as_of, pipeline.consent))
    return lists


def _shown_words(lists: Mapping[str, List]) -> list[tuple[str, str]]:
    """Give the purposes and channels that columns or files of refusals tell of."""
    found = {stated for each in lists.values() for stated in each.who.told}
    found |= {
        (each.who.purpose, each.who.channel)
        for each in lists.values()
        if each.export.refused
    }
    return sorted(found)


def _make(reader: Engine, made: List, as_of: datetime) -> None:
    """Leave the tables of one list: who is on it and, for an importer, its cells."""
    name = made.who.name
    reader.make(selected(made.who, as_of))
    if made.who.late:
        reader.make(on_list(name))
        late, only = late_table(name), on_list_table(name)
        reader.make(customers(made.who.late, (), as_of, late, only))
    if made.target.checked:
        reader.make(fitted(made.who, made.columns, made.target.one_of))


def _drop(reader: Engine, name: str) -> None:
    tables = (list_table, on_list_table, late_table, fitted_table, refused_table)
    reader.drop(*(table(name) for table in tables))


def _forget(reader: Engine, lists: Mapping[str, List]) -> None:
    words = {stated for each in lists.values() for stated in each.who.words}
    reader.drop(
        CUSTOMERS,
        *words_left(words),
        *(may_table(*stated) for stated in _shown_words(lists)),
    )


def publish_exports(
    staged: Sequence[StagedExport], run: int | None
) -> tuple[ExportOutcome, ...]:
    """Put staged lists in their places, and a manifest beside each.

    ``run`` is the run that the registry stands at. Each file is replaced in one
    instant and outlasts a power cut.

    Raises RegistryError when a file cannot be put in its place.
    """
    for export in staged:
        publish(export, run)
    return tuple(outcome for export in staged for outcome in export.outcomes)


def _list(
    reader: Engine, pipeline: Pipeline, name: str, export: Export, as_of: datetime
) -> List:
    who = Selection(
        name=name,
        purpose=export.purpose,
        channel=export.channel,
        segment=segment(reader, export.where, f"exports.{name}.where"),
        by_group=export.for_each == "group",
        columns=view_columns(export.written),
        told=statements(export.written),
        consent=pipeline.consent,
    )
    place = list_place(pipeline, name, export, as_of)
    return List(export, who, place, export.format, export.written)
