"""Finding and loading schemas: pandera's YAML form over the cleaned columns.

A schema says which rows are good. Types, the order of columns, uniqueness and what
becomes of a bad row are regpipe's own: a schema that would settle them is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa
from pandera.api.checks import Check
from pandera.errors import SchemaDefinitionError, SchemaInitError
from pandera.io import pandas_io
from pandera.pandas import DataFrameSchema

from regpipe.checks import RAISED, fault, load_checks
from regpipe.errors import PipelineError
from regpipe.fields import FIELDS, FieldType
from regpipe.shipped import shipped
from regpipe.spec.types import Fault, Place, among, quoted
from regpipe.spec.yaml import Document, Tree, read_document
from regpipe.sql.checks import NeutralCheck, Value

_TABLE_KEYS = ("schema_type", "api", "version", "name", "title", "description")
_COLUMN_KEYS = ("title", "description", "nullable")
_SETTLED: Mapping[str, tuple[object, str]] = {
    "dtype": (None, "columns come typed"),
    "coerce": (False, "columns come typed"),
    "required": (None, "every column is there; nullable: false demands a value"),
    "strict": (False, "further columns are regpipe's own"),
    "ordered": (False, "the order of columns is regpipe's own"),
    "unique": (False, "rows are checked in batches; keys are compared by the registry"),
    "default": (None, "a value that is missing stays missing"),
    "regex": (False, "name each column"),
    "add_missing_columns": (False, "every column is there"),
    "drop_invalid_rows": (False, "bad rows go to the quarantine"),
    "index": (None, "rows have no index"),
}
"""What a schema may not settle: the harmless value, and who settles it."""

_Paths: TypeAlias = tuple[Path, ...]
_Texts: TypeAlias = tuple[str, ...]

_NO_OPTIONS = ("raise_warning", "groupby", "groups", "native", "determined_by_unique")
"""Options of a check under which it would not judge each row by itself."""

_TYPES: Mapping[FieldType, tuple[pa.DataType, object]] = {
    FieldType.DATE: (pa.date32(), date(2000, 1, 1)),
    FieldType.TIME: (pa.timestamp("us"), datetime.fromisoformat("2000-01-01T12:00")),
    FieldType.MONEY: (pa.decimal128(18, 4), Decimal(1)),
    FieldType.FLAG: (pa.bool_(), True),
    FieldType.LIST: (pa.list_(pa.string()), ["a"]),
}
_TEXT = (pa.string(), "a")
"""The Arrow type of a field's cleaned values, and a value for trials."""


@dataclass(frozen=True)
class LoadedSchema:
    """A schema that is sound: pandera's form of it, and its checks as data.

    ``version`` changes with the text of the schema or of a file of checks.
    """

    path: Path
    kind: str
    as_of: datetime
    check_files: tuple[Path, ...]
    version: str
    schema: DataFrameSchema
    checks: tuple[NeutralCheck, ...]


def shipped_schema(kind: str) -> Path:
    """Give the path of the schema that comes with regpipe for a kind of source."""
    return shipped("schemas", f"{kind}.yaml")


def arrow_type(kind: FieldType) -> pa.DataType:
    """Give the Arrow type of a field's cleaned values."""
    return _TYPES.get(kind, _TEXT)[0]


def load_schema(
    path: Path, kind: str, as_of: datetime, check_files: Sequence[Path] = ()
) -> LoadedSchema:
    """Load the schema of a kind of source, after the files of a user's checks.

    ``as_of`` (UTC) is what the words ``today`` and ``tomorrow`` of ``sane_date``
    are counted from.

    Raises PipelineError with every mistake found and its line: a file that cannot
    be read or is no schema, a column that is no field, an unknown check, an
    argument that does not fit, a setting that is not a schema's.
    """
    versions = load_checks(check_files)
    now = as_of.astimezone(UTC).replace(tzinfo=None) if as_of.tzinfo else as_of
    text = b""
    with suppress(OSError):  # reading it as a document says why
        text = path.read_bytes()
    sha256 = hashlib.sha256(text).hexdigest()
    return _loaded(path, kind, now, tuple(check_files), versions, sha256)


@lru_cache(maxsize=32)
def _loaded(
    path: Path, kind: str, now: datetime, checks: _Paths, versions: _Texts, text: str
) -> LoadedSchema:
    """Load a schema once, as long as its text and its checks are the same."""
    document = read_document(path)
    tree = deepcopy(document.tree)
    faults = [*_table_faults(tree, kind), *_dated(tree, kind, now)]
    _stop(document, faults)
    schema = _deserialized(document, tree)
    if path != shipped_schema(kind):  # those were tried before they were shipped
        _stop(document, [*trial(schema, kind)])
    whole = hashlib.sha256("".join((text, *versions)).encode()).hexdigest()
    return LoadedSchema(
        path=path,
        kind=kind,
        as_of=now,
        check_files=checks,
        version=whole if versions else text,
        schema=schema,
        checks=tuple(_neutral(schema)),
    )


def _stop(document: Document, faults: Sequence[Fault]) -> None:
    problems = document.problems(faults)
    if problems:
        raise PipelineError(*problems)


def _table_faults(tree: Mapping[str, Tree], kind: str) -> Iterator[Fault]:
    if tree.get("schema_type", "dataframe") != "dataframe":
        yield Fault(("schema_type",), "must be 'dataframe'")
    yield from _key_faults((), tree, ("columns", "checks", *_TABLE_KEYS))
    yield from _check_faults((), tree)
    columns = tree.get("columns", {})
    if not isinstance(columns, dict):
        yield Fault(("columns",), "must be a mapping of columns")
        return
    if not columns and not tree.get("checks"):
        yield Fault((), "is no schema: it has neither columns nor checks")
    for name, column in columns.items():
        place = ("columns", name)
        if name not in FIELDS[kind]:
            hint = among(name, tuple(FIELDS[kind]))
            yield Fault(place, f"no column of {kind}", hint)
        if isinstance(column, dict):
            yield from _key_faults(place, column, (*_COLUMN_KEYS, "checks"), _names())
            yield from _check_faults(place, column)
            if not isinstance(column.get("nullable", False), bool):
                yield Fault((*place, "nullable"), "must be true or false")
        elif column is not None:
            yield Fault(place, "must be a mapping, such as {nullable: true}")


def _key_faults(
    place: Place,
    tree: Mapping[str, Tree],
    known: Sequence[str],
    checks: Sequence[str] = (),
) -> Iterator[Fault]:
    for key, value in tree.items():
        if key in _SETTLED:
            usual, why = _SETTLED[key]
            if value is not None and value != usual:
                yield Fault(place, f"{key} is not for a schema: {why}", None, key)
        elif key not in known and key not in checks:
            what = "check or key" if checks else "key"
            hint = among(key, (*checks, *known))
            yield Fault(place, f"unknown {what} {quoted(key)}", hint, key)


def _check_faults(place: Place, tree: Mapping[str, Tree]) -> Iterator[Fault]:
    flat = [key for key in tree if key in _names()]
    if flat and tree.get("checks"):
        yield Fault(place, "has checks as keys and under 'checks'", None, "checks")
    for where, name, arguments in _named_checks(place, tree):
        if name not in _names():
            yield Fault(where, f"unknown check {quoted(name)}", among(name, _names()))
        for option in _NO_OPTIONS:
            if option in arguments or option in _mapping(arguments.get("options")):
                why = "a check takes or refuses each row by itself"
                yield Fault(where, f"{option} is not for a schema: {why}")


def _named_checks(
    place: Place, tree: Mapping[str, Tree]
) -> Iterator[tuple[Place, str, dict[str, Tree]]]:
    """Give each check of a column or of the table: its place, name and arguments."""
    if place:
        for key in tree:
            if key in _names():
                yield (*place, key), key, _mapping(tree[key])
    checks = tree.get("checks")
    if isinstance(checks, dict):
        for name, arguments in checks.items():
            yield (*place, "checks", name), name, _mapping(arguments)
    elif isinstance(checks, list):
        for number, entry in enumerate(checks):
            arguments = _mapping(entry)
            name = str(_mapping(arguments.get("options")).get("check_name", ""))
            yield (*place, "checks", number), name, arguments


def _mapping(value: Tree) -> dict[str, Tree]:
    return value if isinstance(value, dict) else {}


def _names() -> tuple[str, ...]:
    """Give the names of the checks there are: ours, a user's, and pandera's."""
    own = tuple(Check.REGISTERED_CUSTOM_CHECKS)
    return (*own, *(name for name in _PANDERA_CHECKS if name not in own))


_PANDERA_CHECKS = (
    *("equal_to", "not_equal_to", "greater_than", "greater_than_or_equal_to"),
    *("less_than", "less_than_or_equal_to", "in_range", "isin", "notin"),
    *("str_matches", "str_contains", "str_startswith", "str_endswith", "str_length"),
)


def _dated(tree: Mapping[str, Tree], kind: str, now: datetime) -> Iterator[Fault]:
    """Put dates in the place of their texts in every ``sane_date``."""
    for column, content in _mapping(tree.get("columns")).items():
        whole_days = FIELDS[kind].get(column) is FieldType.DATE
        place = ("columns", column)
        for where, name, arguments in _named_checks(place, _mapping(content)):
            bounds: dict[str, Any] = arguments
            for key in ("earliest", "latest"):
                if name == "sane_date" and key in bounds:
                    try:
                        bounds[key] = _moment(str(bounds[key]), whole_days, now)
                    except ValueError:
                        hint = "a date such as 1900-01-01, a time, today or tomorrow"
                        yield Fault((*where, key), "is no date", hint)


def _moment(text: str, whole_days: bool, now: datetime) -> date:
    match text:
        case "today":
            moment = now
        case "tomorrow":
            moment = now + timedelta(days=1)
        case _:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.date() if whole_days else moment


def _deserialized(document: Document, tree: Mapping[str, Tree]) -> DataFrameSchema:
    """Let pandera read the schema; one that it refuses part by part, for the place."""
    columns = {name: c or {} for name, c in _mapping(tree.get("columns")).items()}
    whole = {**tree, "columns": columns}
    refused = (*RAISED, SchemaInitError, SchemaDefinitionError)
    with suppress(*refused):
        return _by_pandera(deepcopy(whole))
    faults = []
    parts: dict[Place, dict[str, Any]] = {("checks",): {"checks": tree.get("checks")}}
    parts |= {("columns", name): {"columns": {name: c}} for name, c in columns.items()}
    for place, part in parts.items():
        try:
            _by_pandera(deepcopy(part))
        except refused as reason:
            hint = "a check without arguments is written `email: {}`"
            faults.append(Fault(place, f"pandera refuses it: {reason}", hint))
    _stop(document, faults)
    return _by_pandera(whole)


def _by_pandera(tree: Mapping[str, object]) -> DataFrameSchema:
    schema: DataFrameSchema = pandas_io.deserialize_schema(tree)  # type: ignore[no-untyped-call]
    return schema


def trial(schema: DataFrameSchema, kind: str) -> Iterator[Fault]:
    """Run every check on made-up rows: what fails there says nothing about real ones.

    The rows are none; one of nulls; one that has a value in every column.
    """
    fields = FIELDS[kind].items()
    types = pa.schema([(name, arrow_type(each)) for name, each in fields])
    nulls: dict[str, list[object]] = {name: [None] for name, _ in fields}
    empty: dict[str, list[object]] = {name: [] for name, _ in fields}
    values: dict[str, list[object]] = {
        name: [_TYPES.get(each, _TEXT)[1]] for name, each in fields
    }
    frames = [
        pa.table(rows, types).to_pandas(types_mapper=pd.ArrowDtype)
        for rows in (empty, nulls, values)
    ]
    for name, column in schema.columns.items():
        for check in column.checks:
            wrong = fault(check, *(frame[name] for frame in frames))
            if wrong:
                yield Fault(("columns", name), *wrong)
    for check in schema.checks:
        wrong = fault(check, *frames)
        if wrong:
            yield Fault(("checks",), *wrong)


def _neutral(schema: DataFrameSchema) -> Iterator[NeutralCheck]:
    for name, column in schema.columns.items():
        if not column.nullable:
            yield NeutralCheck(name, "required")
        for check in column.checks:
            ignored = {} if check.ignore_na else {"ignore_na": False}
            yield NeutralCheck(name, str(check.name), _arguments(check, ignored))
    for check in schema.checks:
        yield NeutralCheck("", str(check.name), _arguments(check, {}))


def _arguments(
    check: Check, further: Mapping[str, Value]
) -> tuple[tuple[str, Value], ...]:
    given = {
        name: _value(value)
        for name, value in (check.statistics or {}).items()
        if value is not None
    }
    return tuple(sorted({**given, **further}.items()))


def _value(value: object) -> Value:
    match value:
        case str() | bool() | int() | float() | Decimal() | date():
            return value
        case list() | tuple() | set() | frozenset() if all(
            isinstance(item, str) for item in value
        ):
            return tuple(value)
        case _:
            return repr(value)
