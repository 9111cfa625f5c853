"""The SQL twins of the schema's checks: which rows pass for certain.

A twin may doubt a row that the check would pass; pandera then decides. It never
passes a row that the check would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from regpipe.fields import FieldType
from regpipe.sql import codes
from regpipe.sql.cells import sql_type
from regpipe.sql.step import Step, comma, ident, literal, step

Value = str | bool | int | float | Decimal | date | datetime | tuple[str, ...]
Args = Mapping[str, Value]


@dataclass(frozen=True)
class NeutralCheck:
    """One check of a schema as data, for engines that do not run pandera.

    ``column`` is empty for a check over several columns; ``args`` are sorted by
    name and hold every option that changes what the check says.
    """

    column: str
    check: str
    args: tuple[tuple[str, Value], ...] = ()


def passes(checks: Sequence[NeutralCheck]) -> str | None:
    """Give the SQL test that is true only for rows that pass every check.

    A null passes all but ``required``; the test itself may be null, which is not
    true. None where a check has no twin: then every row must be asked.
    """
    tests = [_twin(check) for check in checks]
    found = [test for test in tests if test is not None]
    if len(found) < len(tests):
        return None
    return "\nand ".join(found) or "true"


def suspects(
    name: str,
    clean: str,
    has: Collection[str],
    fields: Mapping[str, FieldType],
    checks: Sequence[NeutralCheck],
) -> Step:
    """Give the rows whose check cannot be left out.

    Reads  ``clean``: one row per record with ``row_number``, ``unreadable`` and
           those of ``fields`` that it ``has``.
    Gives  ``row_number``, ``unreadable`` and all ``fields``, null where ``clean``
           lacks one, of the rows that ``passes`` does not pass; of every row
           where a check has no twin.
    """
    given = [
        ident(field)
        if field in has
        else f"cast(null as {sql_type(kind)}) as {ident(field)}"
        for field, kind in fields.items()
    ]
    columns = ["row_number", "unreadable", *(ident(field) for field in fields)]
    test = passes(checks)
    doubt = "true" if test is None else f"not coalesce(\n{test}, false)"
    doubt = doubt.replace("\n", "\n" + " " * 14)
    return step(
        name,
        f"""
        with given as (
          select
              {comma(["row_number", "unreadable", *given], 14)}
          from {ident(clean)}
        )
        select
            {comma(columns, 12)}
        from given
        where {doubt}
        """,
    )


def reasons(name: str, clean: str, checked: str) -> Step:
    """Give every reason why a row is rejected.

    Reads  ``clean``: ``row_number`` and ``unreadable``, the fields whose cell could
           not be read (null or empty when all could); ``checked``: ``row_number``
           and ``errors``, a list of ``column`` and ``check``.
    Gives  one row per ``row_number``, ``column`` and ``check``, no null. ``column``
           is empty for a check over several columns.
    """
    return step(
        name,
        f"""
        with cells as (
          select row_number, unnest(unreadable) as field
          from {ident(clean)}
          where unreadable is not null
        ),
        failures as (
          select row_number, unnest(errors) as error
          from {ident(checked)}
        )
        select
            row_number,
            field as "column",
            'unreadable' as "check"
        from cells
        union all
        select
            row_number,
            error."column" as "column",
            error."check" as "check"
        from failures
        """,
    )


def _twin(check: NeutralCheck) -> str | None:
    args = dict(check.args)
    column = ident(check.column)
    if check.check == "required":
        return f"{column} is not null"
    if check.check == "someone":
        return _someone(args)
    make = _TWINS.get(check.check)
    test = make(column, args) if make else None
    return None if test is None else f"({column} is null or {test})"


def _someone(args: Args) -> str | None:
    match args:
        case {"columns": tuple(columns), **rest} if columns and not rest:
            present = " or ".join(f"{ident(column)} is not null" for column in columns)
            return f"({present})"
    return None


def _one_of(column: str, words: Collection[str]) -> str:
    return f"{column} in ({', '.join(map(literal, sorted(words)))})"


def _matches(column: str, pattern: str) -> str:
    return f"regexp_matches({column}, {literal(pattern)})"


def _email(column: str, args: Args) -> str | None:
    short = f"length({column}) <= {codes.EMAIL_LENGTH}"
    return None if args else f"({short} and {_matches(column, codes.PLAIN_EMAIL)})"


def _e164(column: str, args: Args) -> str | None:
    return None if args else _matches(column, codes.E164)


def _language(column: str, args: Args) -> str | None:
    return None if args else _matches(column, codes.LANGUAGE)


def _country(column: str, args: Args) -> str | None:
    return None if args else _one_of(column, codes.COUNTRIES)


def _currency(column: str, args: Args) -> str | None:
    return None if args else _one_of(column, codes.CURRENCIES)


def _vat_id(column: str, args: Args) -> str | None:
    sure = _matches(column, codes.SURE_VAT_ID)
    of_state = _one_of(f"substr({column}, 1, 2)", codes.EU_VAT_PREFIXES)
    other = _matches(column, codes.VAT_ID)
    return None if args else f"({sure} or (not {of_state} and {other}))"


def _known(column: str, args: Args) -> str | None:
    match args:
        case {"words": tuple(words), **rest} if words and not rest:
            return _one_of(column, words)
        case {"allowed_values": tuple(words), **rest} if words and not rest:
            return _one_of(column, words)
    return None


def _sane_date(column: str, args: Args) -> str | None:
    return _between(column, args, "earliest", "latest")


def _range(column: str, args: Args) -> str | None:
    return _between(column, args, "min_value", "max_value")


def _between(column: str, args: Args, low: str, high: str) -> str | None:
    signs = {low: ">=", high: "<="}
    tests = [
        f"{column} {signs[name]} {bound}"
        for name, value in args.items()
        if name in signs and (bound := _bound(value)) is not None
    ]
    return f"({' and '.join(tests)})" if tests and len(tests) == len(args) else None


def _bound(value: Value) -> str | None:
    match value:
        case bool() | str() | tuple():
            return None
        case datetime():
            return f"timestamp {literal(value.isoformat(' '))}"
        case date():
            return f"date {literal(value.isoformat())}"
        case _:
            return format(Decimal(str(value)), "f")


def _length(column: str, args: Args) -> str | None:
    return _between(f"length({column})", args, "min_value", "max_value")


_TWINS: Mapping[str, Callable[[str, Args], str | None]] = {
    "email": _email,
    "e164": _e164,
    "language": _language,
    "country": _country,
    "currency": _currency,
    "vat_id": _vat_id,
    "known": _known,
    "isin": _known,
    "sane_date": _sane_date,
    "money": _range,
    "greater_than_or_equal_to": _range,
    "less_than_or_equal_to": _range,
    "str_length": _length,
}
