"""Validate: which cleaned rows break the schema, and by which checks.

pandera judges, on Arrow-backed batches; SQL twins of its checks spare it the rows
that pass for certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors
from pandera.pandas import DataFrameSchema

from regpipe.engine.protocol import Engine
from regpipe.errors import StepError
from regpipe.fields import FIELDS
from regpipe.schemas import LoadedSchema, arrow_type, load_schema
from regpipe.sql.checks import NeutralCheck, reasons, suspects
from regpipe.sql.step import ident

Rows = np.ndarray[tuple[int], np.dtype[np.int64]]
"""Places of rows in their batch, from 0, ascending."""


def validate(engine: Engine, clean: str, schema: LoadedSchema, prefix: str) -> int:
    """Leave table ``<prefix>_reasons``; give the number of rows that are rejected.

    Reads  ``clean``: one row per record with ``row_number`` (unique), ``unreadable``
           (the fields whose cell could not be read; null when all could) and the
           cleaned columns that its file has; the others count as null.
    Gives  one row per ``row_number``, ``column`` and ``check``, as
           ``sql.checks.reasons`` says.

    Raises StepError when a check of a user's own raises.
    """
    has = engine.collect(f"select * from {ident(clean)} limit 0").schema.names
    fields = {
        name: kind
        for name, kind in FIELDS[schema.kind].items()
        if name in _columns_read(schema)
    }
    checked = suspects(f"{prefix}_checked", clean, has, fields, schema.checks)
    engine.map_batches(checked.name, checked.select, errors_of(schema))
    found = reasons(f"{prefix}_reasons", clean, checked.name)
    engine.make(found)
    engine.drop(checked.name)
    count = f"select count(distinct row_number) as rejected from {ident(found.name)}"
    return int(engine.collect(count)["rejected"][0].as_py())


def errors_of(schema: LoadedSchema) -> RowErrors:
    """Give the batch function that says which checks each row of a batch breaks."""
    return RowErrors(
        schema.path, schema.kind, schema.as_of, schema.check_files, schema.version
    )


@dataclass(frozen=True)
class RowErrors:
    """Cleaned rows in, the errors of each row out, batch by batch.

    It holds where the schema is and not the schema, so that it can be sent to
    other processes; each of them loads it once.
    """

    path: Path
    kind: str
    as_of: datetime
    check_files: tuple[Path, ...]
    version: str

    def __call__(self, batch: pa.RecordBatch) -> pa.Array:
        """Give for each row its list of ``column`` and ``check``, empty if it is good.

        Columns come in the order of the schema and their checks by name; a check
        over several columns comes last, with column ``''``. The null of an
        unreadable cell breaks neither ``required`` nor a check over columns.

        Raises StepError when a check raises or does not answer for each row.
        """
        schema = _loaded(self)
        broken = _broken(schema, _frame(batch, self.kind))
        unreadable = _unreadable(batch)
        for (column, check), rows in broken.items():
            if check == "required" or not column:
                for name in {column} if column else _columns_of(schema, check):
                    rows = np.setdiff1d(rows, unreadable.get(name, _NONE))
                broken[column, check] = rows
        places = {column: place for place, column in enumerate(schema.schema.columns)}
        reasons_in_order = sorted(
            broken, key=lambda reason: (places.get(reason[0], len(places)), reason[1])
        )
        return _lists({each: broken[each] for each in reasons_in_order}, len(batch))


_NONE: Rows = np.empty(0, np.int64)


@lru_cache(16)
def _loaded(source: RowErrors) -> LoadedSchema:
    """Load a schema in this process, made to say no more of a row than is asked."""
    found = load_schema(source.path, source.kind, source.as_of, source.check_files)
    if found.version != source.version:
        raise StepError.at(source.path.name, "the schema has changed during the run")
    schema = deepcopy(found.schema)
    for column in schema.columns.values():
        for check in column.checks:
            check.n_failure_cases = 1  # pandera writes them into texts; see _rows
    for check in schema.checks:
        check.n_failure_cases = 1
        check.ignore_na = False  # else a row of nulls alone would pass every check
    return replace(found, schema=schema)


def _columns_read(schema: LoadedSchema) -> set[str]:
    over = [_columns_of(schema, c.check) for c in schema.checks if not c.column]
    return set(schema.schema.columns).union(*over)


def _columns_of(schema: LoadedSchema, check: str) -> set[str]:
    """Give the columns that a check over several reads: all, where it names none."""
    read: set[str] = set()
    for each in schema.checks:
        if each == NeutralCheck("", check, each.args):
            named = dict(each.args).get("columns")
            read.update(named if isinstance(named, tuple) else FIELDS[schema.kind])
    return read


def _frame(batch: pa.RecordBatch, kind: str) -> pd.DataFrame:
    """Give the cleaned columns as pandas sees Arrow; rows are labelled from 0."""
    fields = FIELDS[kind]
    columns = {
        name: batch[name].cast(arrow_type(fields[name]))
        for name in batch.schema.names
        if name in fields
    }
    frame: pd.DataFrame = pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _unreadable(batch: pa.RecordBatch) -> dict[str, Rows]:
    """Give for each field the rows whose cell of it could not be read."""
    if "unreadable" not in batch.schema.names:
        return {}
    fields = pc.list_flatten(batch["unreadable"])
    rows = pc.list_parent_indices(batch["unreadable"])
    return {
        str(field): rows.filter(pc.equal(fields, field)).to_numpy()
        for field in pc.unique(fields)
    }


def _broken(schema: LoadedSchema, frame: pd.DataFrame) -> dict[tuple[str, str], Rows]:
    """Give the rows that break each check, by column and check.

    pandera's errors hold cells, so none is raised from here or kept as a cause.
    """
    found: list[SchemaError] = []
    with config_context(
        validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA
    ):
        try:
            schema.schema.validate(frame, lazy=True, inplace=True)
        except SchemaErrors as errors:
            found = errors.schema_errors
    broken: dict[tuple[str, str], Rows] = {}
    for error in found:
        of_table = isinstance(error.schema, DataFrameSchema)
        column = "" if of_table else str(error.schema.name)
        check, rows = _rows(error, column, schema.path.name)
        broken[column, check] = np.union1d(rows, broken.get((column, check), _NONE))
    return broken


def _rows(error: SchemaError, column: str, where: str) -> tuple[str, Rows]:
    """Give the check that an error is of and the rows that broke it.

    Not pandera's ``failure_cases``: they leave out rows whose cells are all null.
    """
    if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
        return "required", error.failure_cases["index"].to_numpy(np.int64)
    check = getattr(error.check, "name", error.check)
    named = f"check '{check}'" + (f" of column '{column}'" if column else "")
    if error.reason_code is SchemaErrorReason.CHECK_ERROR:
        kind = str(error.failure_cases).partition("(")[0]
        raise StepError.at(where, f"{named} raises {kind}")
    answer = error.check_output
    if isinstance(answer, pd.DataFrame):
        answer = answer.all(axis="columns")
    if not isinstance(answer, pd.Series):
        raise StepError.at(where, f"{named} does not answer for each row")
    passed = answer.to_numpy(dtype=bool, na_value=True)
    return str(check), answer.index.to_numpy(np.int64)[~passed]


def _lists(broken: Mapping[tuple[str, str], Rows], length: int) -> pa.Array:
    """Turn rows by reason into reasons by row, the reasons in the order given."""
    rows = np.concatenate([*broken.values(), _NONE])
    sizes = [len(each) for each in broken.values()]
    reason = np.repeat(np.arange(len(broken)), sizes)[np.argsort(rows, kind="stable")]
    ends = np.cumsum(np.bincount(rows, minlength=length))
    parts = [
        pa.array([each[part] for each in broken], pa.string()).take(pa.array(reason))
        for part in (0, 1)
    ]
    errors = pa.StructArray.from_arrays(parts, names=["column", "check"])
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    return pa.ListArray.from_arrays(offsets, errors)
