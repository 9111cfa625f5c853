"""Intake: from a source's files to the rows that are taken, every row accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regpipe.engine.protocol import Engine
from regpipe.errors import DataError, InputFileError, Problem
from regpipe.fields import FIELDS, FieldType
from regpipe.outcome import FileOutcome
from regpipe.schemas import LoadedSchema
from regpipe.spec import ConsentSource, CustomerSource, OrderSource, Source
from regpipe.sql import fates
from regpipe.sql import intake as sql
from regpipe.sql import intake_orders as sql_orders
from regpipe.sql import intake_statements as sql_statements
from regpipe.sql import pieces as sql_pieces
from regpipe.sql.clean import consent_column, proof_column
from regpipe.sql.erased import Whose, whose
from regpipe.sql.orders import accepted_lines
from regpipe.sql.stated import NO_ADDRESS
from regpipe.sql.step import Step
from regpipe.stages.canonical import settle
from regpipe.stages.erased import Recognise, keep_out
from regpipe.stages.extract import Delivery
from regpipe.stages.folding import fold
from regpipe.stages.normalise import cleaned_fields, normalise, texts_kept
from regpipe.stages.quarantine import keep_originals, versions_of
from regpipe.stages.stated import stated_by
from regpipe.stages.validate import validate


@dataclass(frozen=True)
class Intake:
    """What became of one source's delivery.

    Its rows are in the tables ``changed_…``, ``reasons_…`` and ``accepted_…``
    (and ``taken_…``: the heads of orders) of that source; they are read from
    ``tables``, the cleaned rows of its files. ``whole`` tells that a full
    delivery names every one of its customers.
    """

    source: str
    number: int
    spec: Source
    fields: tuple[str, ...]
    deliveries: tuple[Delivery, ...]
    tables: tuple[str, ...]
    outcomes: tuple[FileOutcome, ...]
    first_file: int
    whole: bool

    @property
    def read(self) -> int:
        """Give the number of records of all files."""
        return sum(outcome.read for outcome in self.outcomes)


def take_in(
    engine: Engine,
    number: int,
    source: str,
    spec: Source,
    schema: LoadedSchema,
    deliveries: Sequence[Delivery],
    first_file: int,
    scratch: Path,
    recognise: Recognise | None = None,
) -> Intake:
    """Clean, compare and validate the rows of a source's files.

    ``number`` is the source's place in the pipeline, ``first_file`` the number
    of its first file among all files of the run. ``recognise`` knows the rows of
    people who were erased.

    Raises DataError when a file has more rejects than the source tolerates, or
    when the rows do not balance.
    """
    done = normalise(
        engine, source, spec, schema.version, deliveries, first_file, scratch
    )
    read = done.deliveries
    fields = cleaned_fields(spec)
    columns = _columns(spec, fields)
    texts = [f"{field}_text" for field in texts_kept(spec)]
    derived = {}
    if isinstance(spec, CustomerSource):
        if "external_id" not in fields:
            derived["external_id"] = "{email}"
            fields = ("external_id", *fields)
        elif spec.columns["external_id"].optional and "email" in fields:
            columns.remove("external_id")
            derived["external_id"] = "coalesce(external_id, {email})"
        if "updated_at" not in fields:
            derived["updated_at"] = "cast(null as timestamp)"
    if isinstance(spec, ConsentSource):
        if {"street", "postcode"} <= {*fields}:
            country = "country" if "country" in fields else "null"
            derived["postal"] = f"rp_postal(street, postcode, {country})"
            fields = (*fields, "postal")
        if "status" not in fields:
            derived["status"] = "'unknown'"
    folded = isinstance(spec, CustomerSource) and spec.rows != "single"
    name = "file_rows" if folded else "rows"
    tables = tuple(each.table for each in done.tables)
    asked = settle(engine, source, tables, _kinds(spec, columns))
    cells = [*columns, *texts]
    engine.define(sql.rows(source, done.tables, cells, derived, name, asked))
    if folded:
        fold(engine, source, spec, (*cells, *derived))
    judged = _Judged(engine, source, schema, (*columns, *derived), recognise)
    whole = True
    if isinstance(spec, OrderSource):
        _take_orders(judged, spec, fields)
    elif isinstance(spec, CustomerSource):
        whole = _take_customers(judged, fields, spec)
    else:
        _take_consents(judged, spec, fields)
    outcomes = _outcomes(engine, source, spec, read, first_file)
    _tolerate(engine, outcomes, spec)
    versions = versions_of(source, spec, fields)
    keep_originals(engine, versions, spec, read, outcomes, first_file, scratch)
    return Intake(
        source,
        number,
        spec,
        fields,
        read,
        tables,
        tuple(outcomes),
        first_file,
        whole,
    )


@dataclass(frozen=True)
class _Judged:
    """A source whose changed rows are to be held against its schema."""

    engine: Engine
    source: str
    schema: LoadedSchema
    columns: tuple[str, ...]
    recognise: Recognise | None

    def judge(self) -> None:
        """Leave ``judged_…_reasons``: what the schema holds against changed rows."""
        self.engine.define(sql.to_judge(self.source, self.columns))
        validate(
            self.engine, f"judge_{self.source}", self.schema, f"judged_{self.source}"
        )

    def kept(self, *steps: Step) -> list[str]:
        """Make each step; give the names of those with rows: others cost joins."""
        return [each.name for each in steps if self.engine.make(each)]

    def erased(self, about: Whose, same: Sequence[str], *, said: bool) -> list[str]:
        """Leave the rows of erased people; give the table's name if it has any."""
        return keep_out(
            self.engine, about, self.recognise, any_unchanged=bool(same), said=said
        )


def _take_customers(
    judged: _Judged, fields: Sequence[str], spec: CustomerSource
) -> bool:
    """Leave the accepted rows; tell whether the delivery names all its customers.

    A full delivery with a row that does not tell whose it is cannot say who is
    gone: then nobody is.
    """
    engine, source = judged.engine, judged.source
    rows = f"rows_{source}"
    same = judged.kept(sql.unchanged(source, rows, sql.CUSTOMERS))
    about = whose(source, rows, fields, "external_id", source)
    erased = judged.erased(about, same, said=True)
    engine.define(sql.changed(source, rows, [*same, *erased]))
    judged.judge()
    refused = f"reasons_{source}"
    if spec.rows == "single":
        bad = judged.kept(sql.reasons(source))
    else:
        refused = f"bad_{source}"
        bad = judged.kept(sql_pieces.bad_customers(source))
        engine.make(sql_pieces.piece_reasons(source))
    said = [consent_column(*stated) for stated in spec.consents]
    full = spec.delivery == "full"
    lost = judged.kept(sql.lost(source, rows, refused, sql.CUSTOMERS, said, full=full))
    engine.define(sql.accepted(source, [*bad, *lost]))
    if not full:
        return True
    keyless = engine.collect(sql.keyless(source, sql.CUSTOMERS.key))
    whole = int(keyless["rows"][0].as_py()) == 0
    engine.make(
        sql.seen(source, rows, sql.CUSTOMERS)
        if whole
        else sql.all_seen(source, sql.CUSTOMERS)
    )
    return whole


def _take_orders(judged: _Judged, spec: OrderSource, fields: Sequence[str]) -> None:
    engine, source = judged.engine, judged.source
    heads = f"heads_{source}"
    engine.make(sql_orders.order_heads(source, fields))
    same = judged.kept(sql.unchanged(source, heads, sql.ORDERS))
    whom = spec.customers if "customer_ref" in fields else None
    about = whose(source, f"rows_{source}", fields, "customer_ref", whom, orders=True)
    erased = judged.erased(about, same, said=False)
    engine.define(
        sql_orders.changed_orders(
            source, any_unchanged=bool(same), any_erased=bool(erased)
        )
    )
    judged.judge()
    engine.make(sql_orders.own_order_reasons(source, fields))
    engine.make(sql_orders.bad_orders(source))
    engine.make(sql_orders.order_reasons(source))
    refused = judged.kept(
        sql_orders.bad_heads(source),
        sql.lost(source, heads, f"bad_{source}", sql.ORDERS),
    )
    engine.define(sql_orders.accepted_heads(source, [*same, *erased, *refused]))
    engine.define(accepted_lines(source, refused))


def _take_consents(judged: _Judged, spec: ConsentSource, fields: Sequence[str]) -> None:
    engine, source = judged.engine, judged.source
    columns = stated_by(source, spec, fields)
    lacking = [each.channel for each in columns if each.address == NO_ADDRESS]
    if lacking or not columns:
        channel = lacking[0] if lacking else spec.channel
        raise DataError.at(
            source,
            f"statements by {channel} need the column of their address",
            "map it under columns: email, phone, or street and postcode",
        )
    engine.make(sql_statements.known_statements(source, columns))
    about = whose(source, f"rows_{source}", fields, None, None)
    same = [f"unchanged_{source}"]
    erased = judged.erased(about, same, said=False)
    engine.define(sql.changed(source, about.rows, [*same, *erased]))
    judged.judge()
    reasons = sql.reasons(source)
    if spec.purpose is None and "status" in spec.columns:
        reasons = sql_statements.purposeless(source)
    bad = judged.kept(reasons)
    lost = judged.kept(sql_statements.repeated_statements(source, columns))
    engine.define(sql.accepted(source, [*bad, *lost]))


def _kinds(spec: Source, columns: Sequence[str]) -> dict[str, FieldType]:
    types = FIELDS[spec.kind]
    return {column: types[column] for column in columns if column in types}


def _columns(spec: Source, fields: Sequence[str]) -> list[str]:
    """Give every cleaned column of a source's rows, in the order of the fields."""
    known = [name for name in FIELDS[spec.kind] if name in fields]
    if isinstance(spec, OrderSource):
        known += ["lines"] if "lines" in fields else []
        known += [
            name.replace("_status", "_word")
            for name in ("payment_status", "fulfilment_status")
            if name in fields
        ]
    for (purpose, channel), column in spec.consents.items():
        known.append(consent_column(purpose, channel))
        said = consent_column(purpose, channel)
        known += [f"{said}_at"] if column.at else []
        known += [proof_column(said, part) for part in column.proof]
    return known


def _outcomes(
    engine: Engine,
    source: str,
    spec: Source,
    deliveries: Sequence[Delivery],
    first_file: int,
) -> list[FileOutcome]:
    """Count what became of each file's rows; see that they balance (rule 1)."""
    folded = isinstance(spec, CustomerSource) and spec.rows != "single"
    orders = isinstance(spec, OrderSource)
    counted = fates.counts(source, orders=orders, folded=folded)
    rows = {
        (row["file_no"], row["fate"]): row["rows"]
        for row in engine.collect(counted.select).to_pylist()
    }
    outcomes = []
    for offset, delivery in enumerate(deliveries):
        place = first_file + offset
        outcome = FileOutcome(
            source=source,
            file=delivery.file,
            read=delivery.records,
            accepted=rows.get((place, "accepted"), 0),
            rejected=rows.get((place, "rejected"), 0),
            duplicate=rows.get((place, "duplicate"), 0),
            unchanged=rows.get((place, "unchanged"), 0),
            suppressed=rows.get((place, "suppressed"), 0),
        )
        if not outcome.balances:
            raise InputFileError.at(
                delivery.file,
                f"{outcome.read} records were read, but not all are accounted for",
                "this should not happen: keep the file and report it",
            )
        outcomes.append(outcome)
    return outcomes


def _tolerate(engine: Engine, outcomes: Sequence[FileOutcome], spec: Source) -> None:
    """Stop where more rows were rejected than the source tolerates."""
    problems = []
    for outcome in outcomes:
        if not outcome.rejected:
            continue
        share = outcome.rejected / outcome.read
        counted = (
            f"{outcome.rejected} of {outcome.read} rows are rejected ({share:.1%})"
        )
        if spec.tolerate is not None and share > spec.tolerate:
            what = (
                f"{counted}, more than the {spec.tolerate:.1%} that "
                f"{outcome.source!r} tolerates"
            )
            problems.append(Problem(outcome.file, what, _why(engine, outcome.source)))
        elif spec.tolerate is None and outcome.rejected == outcome.read:
            what = f"all {outcome.read} rows are rejected"
            problems.append(Problem(outcome.file, what, _why(engine, outcome.source)))
    if problems:
        raise DataError(*problems)


def _why(engine: Engine, source: str) -> str:
    """Say by which checks the rows of a source were rejected, the commonest first."""
    found = engine.collect(fates.reason_counts(source)).to_pylist()
    told = [
        f"{row['column']}: {row['check']} ({row['rows']})"
        if row["column"]
        else f"{row['check']} ({row['rows']})"
        for row in found
    ]
    return f"by check: {', '.join(told)}"
