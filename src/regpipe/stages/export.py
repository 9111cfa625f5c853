"""Export: lists written aside from the registry, then put in their places.

What a list may hold is decided in one place, ``sql/lists.py``; this module makes
those steps, writes their rows to files, and knows what became of earlier ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from regpipe.engine.protocol import Engine
from regpipe.outcome import ExportOutcome
from regpipe.registry.rules import consent_as_said
from regpipe.spec import Export, Pipeline
from regpipe.sql.customer_view import CUSTOMERS, customers
from regpipe.sql.fitted import fitted, fitted_table
from regpipe.sql.gate import may, may_table, policies_of
from regpipe.sql.list_cells import statements, view_columns
from regpipe.sql.lists import (
    Selection,
    late_table,
    list_table,
    on_list,
    on_list_table,
    selected,
)
from regpipe.sql.proof import refused_since
from regpipe.sql.refused import refused_table
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
    until: datetime | None = None,
) -> tuple[StagedExport, ...]:
    """Write the pipeline's lists aside, each in its own folder.

    Where the lists are of a time past, ``until`` is now: a warning counts who has said
    no since.

    ``reader`` reads the registry that the lists are made from, and is locked down
    to the folders of ``writing_lists``, within which this must be called. The
    same registry and ``as_of`` give the same bytes.

    Raises PipelineError for a ``where`` that cannot run, RegistryError when a
    file cannot be written, ValueError when ``as_of`` has no time zone.
    """
    lists = ready(reader, pipeline, as_of, names)
    gated = any(each.who.gated for each in lists.values())
    assumed = assuming(reader, pipeline) if gated else ()
    staged = []
    for name, each in lists.items():
        make(reader, each, as_of)
        files = tuple(list_files(reader, each, as_of))
        said_no = _refused_since(reader, each, as_of, until) if until else 0
        staged.append(
            StagedExport(
                name=name,
                purpose=each.who.purpose,
                channel=each.who.channel,
                target=each.target.name,
                columns=tuple(column.header for column in each.columns),
                address=each.address,
                consent=_demanded(each.who),
                registry=pipeline.path(pipeline.registry).name,
                as_of=as_of,
                manifest=each.place.manifest,
                files=files,
                assumed=assumed if each.who.gated else (),
                warnings=tuple(
                    list_warnings(
                        name,
                        each.target,
                        files,
                        gated=each.who.gated,
                        said_no=said_no,
                    )
                ),
            )
        )
        drop(reader, name)
    forget(reader, lists)
    return tuple(staged)


def members(reader: Engine, pipeline: Pipeline, as_of: datetime) -> pa.Table:
    """Give who is on which list, without writing any.

    Gives  one row per list, group (null where the list is one file) and
           customer: ``list``, ``group_key``, ``customer_id``.
    """
    lists = ready(reader, pipeline, as_of, None)
    found = [_NOBODY]
    for name, each in lists.items():
        make(reader, each, as_of)
        table = fitted_table(name) if each.target.checked else list_table(name)
        found.append(
            reader.collect(
                f"select {literal(name)} as list, group_key, customer_id "
                f"from {ident(table)} where refusal is null"
            ).cast(_NOBODY.schema)
        )
        drop(reader, name)
    forget(reader, lists)
    return pa.concat_tables(found)


_NOBODY = pa.table(
    {
        "list": pa.array([], pa.string()),
        "group_key": pa.array([], pa.string()),
        "customer_id": pa.array([], pa.int64()),
    }
)


def ready(
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


def make(reader: Engine, made: List, as_of: datetime) -> None:
    """Leave the tables of one list: who is on it and, for an importer, its cells."""
    name = made.who.name
    reader.make(selected(made.who, as_of))
    if made.who.late:
        reader.make(on_list(name))
        late, only = late_table(name), on_list_table(name)
        reader.make(customers(made.who.late, (), as_of, late, only))
    if made.target.checked:
        reader.make(fitted(made.who, made.columns, made.target.one_of))


def drop(reader: Engine, name: str) -> None:
    """Forget the tables of one list."""
    tables = (list_table, on_list_table, late_table, fitted_table, refused_table)
    reader.drop(*(table(name) for table in tables))


def forget(reader: Engine, lists: Mapping[str, List]) -> None:
    """Forget what all lists were made from."""
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


def _refused_since(reader: Engine, made: List, as_of: datetime, until: datetime) -> int:
    """Give how many on a list of a time past have said no since."""
    if not made.who.gated:
        return 0
    name = made.who.name
    table = fitted_table(name) if made.target.checked else list_table(name)
    found = reader.collect(refused_since(made.who, table, as_of, until))
    return int(found["customers"][0].as_py())


def _demanded(who: Selection) -> dict[str, object] | None:
    """Give whose consent counts for a list, and what is demanded of it."""
    if not who.gated:
        return None
    policies = policies_of(who.consent, who.purpose)
    only = {who.purpose: policies} if policies else {}
    return consent_as_said(who.consent.model_copy(update={"policies": only}))


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
