"""The checks a schema may name beside pandera's own, and files of a user's checks.

Importing this module registers them with pandera. Each takes a column of values
(pandera leaves the nulls out) and answers for each of them, in Arrow: no value
becomes a Python object, but for the distinct ones of ``vat_id``.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandera.api.checks import Check
from pandera.api.extensions import register_check_method

from regpipe.errors import PipelineError
from regpipe.sql import codes

RAISED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What a user's own code may raise without stopping the program."""


def email(values: pd.Series) -> pd.Series:
    """Tell whether each is an e-mail address: see ``codes.EMAIL``."""
    found = _arrow(values)
    short = pc.less_equal(pc.utf8_length(found), codes.EMAIL_LENGTH)
    shaped = pc.match_substring_regex(found, codes.EMAIL)
    return _answer(values, pc.and_(short, shaped))


def e164(values: pd.Series) -> pd.Series:
    """Tell whether each is a phone number in full, as E.164 writes it."""
    return _answer(values, pc.match_substring_regex(_arrow(values), codes.E164))


def language(values: pd.Series) -> pd.Series:
    """Tell whether each has the shape of a language tag."""
    return _answer(values, pc.match_substring_regex(_arrow(values), codes.LANGUAGE))


def country(values: pd.Series) -> pd.Series:
    """Tell whether each is a country by ISO 3166-1 alpha-2."""
    return known(values, words=sorted(codes.COUNTRIES))


def currency(values: pd.Series) -> pd.Series:
    """Tell whether each is a currency by ISO 4217, withdrawn ones included."""
    return known(values, words=sorted(codes.CURRENCIES))


def known(values: pd.Series, *, words: Sequence[str]) -> pd.Series:
    """Tell whether each is one of ``words``."""
    found = _arrow(values)
    return _answer(values, pc.is_in(found, value_set=pa.array(words, found.type)))


def vat_id(values: pd.Series, *, checksum: bool = False) -> pd.Series:
    """Tell whether each has the shape of its country's VAT id.

    The prefix of an EU state decides for its rules, any other for 4 to 20 letters
    and digits. With ``checksum`` the check digits of EU states must be right too.
    """
    found = _arrow(values)
    prefixes = pa.array(sorted(codes.EU_VAT_PREFIXES), pa.string())
    of_state = pc.is_in(pc.utf8_slice_codeunits(found, 0, 2), value_set=prefixes)
    passed = pc.and_not(pc.match_substring_regex(found, codes.VAT_ID), of_state)
    if not checksum:
        passed = pc.or_(passed, pc.match_substring_regex(found, codes.SURE_VAT_ID))
    signs = pc.match_substring_regex(found, codes.VAT_ID_SIGNS)
    asked = pc.unique(found.filter(pc.and_(signs, pc.and_not(of_state, passed))))
    fine = [number for number in asked.to_pylist() if _state_takes(number, checksum)]
    fine = pa.array(fine, found.type)
    return _answer(values, pc.or_(passed, pc.is_in(found, value_set=fine)))


def sane_date(
    values: pd.Series,
    *,
    earliest: date | None = None,
    latest: date | None = None,
) -> pd.Series:
    """Tell whether each date or time (UTC) lies between the bounds, both included."""
    found = _arrow(values)
    low = None if earliest is None else _moment(earliest, found.type)
    high = None if latest is None else _moment(latest, found.type)
    return _answer(values, _between(found, low, high))


def money(
    values: pd.Series,
    *,
    min_value: float | None = None,
    max_value: float | None = None,
) -> pd.Series:
    """Tell whether each amount lies between the bounds, both included."""
    low = None if min_value is None else Decimal(str(min_value))
    high = None if max_value is None else Decimal(str(max_value))
    return _answer(values, _between(_arrow(values), low, high))


def someone(rows: pd.DataFrame, *, columns: Sequence[str]) -> pd.Series:
    """Tell whether each row has a value in at least one of ``columns``."""
    return rows[list(columns)].notna().any(axis=1)


_ARGUMENTS: dict[Callable[..., pd.Series], list[str]] = {
    email: [],
    e164: [],
    language: [],
    country: [],
    currency: [],
    vat_id: ["checksum"],
    known: ["words"],
    sane_date: ["earliest", "latest"],
    money: ["min_value", "max_value"],
    someone: ["columns"],
}
for _check, _names in _ARGUMENTS.items():
    register_check_method(_check, statistics=_names)


def fault(
    check: Check, *trials: pd.Series | pd.DataFrame
) -> tuple[str, str | None] | None:
    """Say what is wrong with a check that cannot judge rows, and what to try."""
    asked = copy(check)
    asked.ignore_na = check.ignore_na and isinstance(trials[0], pd.Series)
    named = f"check '{check.name}'"
    for rows in trials:
        try:
            answer = asked(rows).check_output
        except RAISED as reason:
            hint = (
                "it may not fit the column, lack arguments, or not know empty columns"
            )
            return f"{named} raises {type(reason).__name__} on made-up rows", hint
        if not isinstance(answer, pd.Series):
            return f"{named} gives one answer, not one for each row", None
        if answer.isna().any():
            hint = "end it with .fillna(True)"
            return f"{named} gives no answer where a value is null", hint
    return None


def load_checks(files: Sequence[Path]) -> tuple[str, ...]:
    """Run Python files that register checks of a user's own; those of no other stay.

    A file that has not changed since it ran is not run again. Gives the sha256 of
    each file's text.

    Raises PipelineError, with the file and the line, when a file cannot be read or
    raises, also when it registers a name that is taken.
    """
    texts = {path.resolve(): _text(path) for path in files}
    versions = {path: hashlib.sha256(text).hexdigest() for path, text in texts.items()}
    for path, (version, names) in list(_REGISTERED.items()):
        if versions.get(path) != version:
            del _REGISTERED[path]
            _forget(names)
    for path, text in texts.items():
        if path not in _REGISTERED:
            _REGISTERED[path] = (versions[path], _run(path, text))
    return tuple(versions.values())


_REGISTERED: dict[Path, tuple[str, frozenset[str]]] = {}
"""The version of each file that ran and what it registered: pandera's register is
the process's own, and knows no way to take a check back."""


def _run(path: Path, text: bytes) -> frozenset[str]:
    before = frozenset(Check.REGISTERED_CUSTOM_CHECKS)
    module = ModuleType(f"regpipe_checks_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)
    except RAISED as reason:
        _forget(frozenset(Check.REGISTERED_CUSTOM_CHECKS) - before)
        raise PipelineError.at(
            f"{path.name}:{_line(path, reason)}",
            f"the checks cannot be loaded: {type(reason).__name__}: {reason}",
        ) from reason
    return frozenset(Check.REGISTERED_CUSTOM_CHECKS) - before


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        raise PipelineError.at(
            str(path), f"the checks cannot be read ({type(reason).__name__})"
        ) from reason


def _forget(names: frozenset[str]) -> None:
    for name in names:
        del Check.REGISTERED_CUSTOM_CHECKS[name]


def _line(path: Path, reason: BaseException) -> int:
    """Give the line of the file that the error came from; 1 where none is known."""
    if isinstance(reason, SyntaxError) and reason.filename == str(path):
        return reason.lineno or 1
    frames = traceback.extract_tb(reason.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return (lines or [1])[-1] or 1


def _arrow(values: pd.Series) -> pa.Array | pa.ChunkedArray:
    return pa.array(values, from_pandas=True)


def _answer(values: pd.Series, answer: pa.Array | pa.ChunkedArray) -> pd.Series:
    told = pd.arrays.ArrowExtensionArray(pc.fill_null(answer, False))
    return pd.Series(told, index=values.index)


def _between(
    found: pa.Array, low: object | None, high: object | None
) -> pa.Array | pa.ChunkedArray:
    fits = pc.is_valid(found)
    if low is not None:
        fits = pc.and_(fits, pc.greater_equal(found, low))
    if high is not None:
        fits = pc.and_(fits, pc.less_equal(found, high))
    return fits


def _moment(bound: date, kind: pa.DataType) -> pa.Scalar:
    """Give a bound as the type of the column: a date begins its day."""
    if pa.types.is_date(kind) and isinstance(bound, datetime):
        bound = bound.date()
    elif not pa.types.is_date(kind) and not isinstance(bound, datetime):
        bound = datetime(bound.year, bound.month, bound.day)  # noqa: DTZ001 (UTC)
    return pa.scalar(bound, kind)


def _state_takes(number: str, checksum: bool) -> bool:
    from stdnum.eu import vat
    from stdnum.exceptions import InvalidChecksum, ValidationError

    try:
        vat.validate(number)
    except InvalidChecksum:
        return not checksum
    except ValidationError:
        return False
    return True
