"""The kinds of value a pipeline file holds: names, paths, shares, formats.

Each is an annotated type that pydantic checks on its own, with a text of ours
for whatever is wrong. The models in ``spec`` are made of them.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MINYEAR, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from regpipe.errors import nearest

Place = tuple[str | int, ...]
"""Keys and list positions, from the outermost in."""

SAID = "said"
"""The type of every error that is raised here; its text and hint are in ``ctx``."""


def said(
    what: str, hint: str | None = None, key: str | None = None
) -> PydanticCustomError:
    """Give the error that says ``what`` is wrong with a value, or with its key."""
    return PydanticCustomError(SAID, "{what}", {"what": what, "hint": hint, "key": key})


@dataclass(frozen=True)
class Fault:
    """One thing wrong, at a place; ``key`` is the key of that mapping that is."""

    place: Place
    what: str
    hint: str | None = None
    key: str | None = None


def refuse(faults: Sequence[Fault]) -> None:
    """Raise one error of pydantic's for all faults, if there are any.

    Their places are within the value that is being checked.
    """
    if faults:
        raise ValidationError.from_exception_data(
            "pipeline",
            [
                InitErrorDetails(
                    type=said(fault.what, fault.hint, fault.key),
                    loc=fault.place,
                    input=None,
                )
                for fault in faults
            ],
        )


def quoted(word: str) -> str:
    """Give a word of the file as it is shown in a message: one line, not too long.

    >>> quoted("e-mail")
    "'e-mail'"
    """
    return repr(word if len(word) <= 60 else word[:57] + "...")


def among(word: str, known: Sequence[str], more: str = "") -> str:
    """Give the hint for a word that is not one of the known ones.

    >>> among("e-mail", ["email", "phone"])
    "did you mean 'email'? known: email, phone"
    """
    swapped = (each for each in known if sorted(each) == sorted(word))
    close = next(swapped, None) or nearest(word, known)
    meant = f"did you mean '{close}'? " if close else ""
    return f"{meant}known: {', '.join(known)}{more}"


def plain_name(python_name: str) -> str:
    """Give the key of the file for a field that Python needs an underscore for."""
    return python_name.rstrip("_")


class Spec(BaseModel):
    """What all parts of a pipeline have in common: frozen, and no unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=plain_name,
        validate_by_name=True,
        use_attribute_docstrings=True,
    )


def _named(pattern: str, rule: str) -> AfterValidator:
    def check(name: str) -> str:
        if not re.fullmatch(pattern, name):
            raise said(f"{quoted(name)} is no name here", rule)
        return name

    return AfterValidator(check)


Name = Annotated[
    str,
    _named(r"[^\W\d_][\w-]*", "a name is letters, digits, '-' and '_', a letter first"),
]
"""The name of a pipeline, a source or an export."""

WORD = r"[a-z][a-z0-9_]*"

CHANNEL = r"[a-z][a-z0-9]*"

Word = Annotated[
    str,
    _named(WORD, "lower-case letters a to z, digits and '_', a letter first"),
    Field(json_schema_extra={"pattern": f"^{WORD}$"}),
]
"""A purpose of consent."""

Channel = Annotated[
    str,
    _named(CHANNEL, "lower-case letters a to z and digits, a letter first"),
    Field(json_schema_extra={"pattern": f"^{CHANNEL}$"}),
]
"""A channel of consent: email, sms, post, phone."""


def _filled(text: str) -> str:
    if not text.strip():
        raise said("must not be blank")
    return text


Filled = Annotated[str, AfterValidator(_filled), Field(min_length=1)]
"""Text with something in it."""


def _path(text: str) -> str:
    if not text.strip():
        raise said("must not be blank")
    if "\0" in text:
        raise said("a path cannot hold a NUL character")
    return text


PathText = Annotated[str, AfterValidator(_path), Field(min_length=1)]
"""A path or glob, relative to the pipeline file."""


def _one_or_many(value: Any) -> Any:
    if isinstance(value, dict):
        raise said("must be text or a list of texts, not a mapping")
    return value if isinstance(value, (list, tuple)) else (value,)


_OneOrMany = BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])

Words = Annotated[tuple[str, ...], _OneOrMany]
"""Words of a file, compared without regard to case; '' stands for a blank cell."""

Globs = Annotated[tuple[Filled, ...], _OneOrMany]

Paths = Annotated[tuple[PathText, ...], _OneOrMany]


def _some_paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    if not paths:
        raise said("must name at least one file")
    return paths


SomePaths = Annotated[Paths, AfterValidator(_some_paths)]

_SHARE = "must be a share from 0% to 100%"
_SHARE_HINT = "such as 2%, or 0.02"


def _share(value: Any) -> float:
    """Read '2%' or 0.02 as the share 0.02."""
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%\s*", value)
        if not found:
            raise said(_SHARE, _SHARE_HINT)
        share = float(found[1]) / 100
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if 1 < value <= 100:
            raise said(_SHARE, f"did you mean {value:g}%?")
        share = float(value) if abs(value) <= 1 else math.nan
    else:
        raise said(_SHARE, _SHARE_HINT)
    if not 0 <= share <= 1:
        raise said(_SHARE, _SHARE_HINT)
    return share


_ShareShape = (
    Annotated[float, Field(ge=0, le=1)]
    | Annotated[str, Field(pattern=r"^\s*[0-9]{1,3}(\.[0-9]{1,9})?\s*%\s*$")]
)

Share = Annotated[float, BeforeValidator(_share, json_schema_input_type=_ShareShape)]
"""A share of rows: 0.02, written 0.02 or 2%."""


def _one_character(text: str) -> str:
    if len(text) != 1:
        tab = text in ("\\t", "tab", "TAB")
        raise said(
            "must be one character",
            'for a tab write "\\t" in double quotes' if tab else None,
        )
    if text in "\r\n\0":
        raise said("must not be a line end")
    return text


Character = Annotated[str, AfterValidator(_one_character)]


def _quote(text: str) -> str:
    if not text.isascii() or text.isalnum() or text.isspace():
        raise said("must be a sign, such as \" or '")
    return text


Quote = Annotated[Character, AfterValidator(_quote)]


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        from encodings.aliases import aliases

        close = nearest(name.lower(), sorted({*aliases, *aliases.values()}))
        meant = f"did you mean '{close}'? " if close else ""
        raise said(
            f"unknown encoding {quoted(name)}",
            f"{meant}any text encoding that Python knows: utf-8, cp1252, utf-16, ...",
        ) from None
    return name


Encoding = Annotated[str, AfterValidator(_encoding)]
"""A text encoding that Python knows."""


def _time_zone(name: str) -> str:
    from zoneinfo import available_timezones

    known = available_timezones()
    if name not in known:
        close = nearest(name, sorted(known))
        meant = f"did you mean '{close}'? " if close else ""
        raise said(
            f"unknown time zone {quoted(name)}",
            f"{meant}an IANA name such as Europe/Stockholm or UTC",
        )
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""The IANA name of a time zone."""


@dataclass(frozen=True)
class Months:
    """A length of time: whole months, and days beside them."""

    months: int
    days: int = 0

    def __str__(self) -> str:
        """Give it as a pipeline file has it."""
        many, unit = (self.months, "month") if self.months else (self.days, "day")
        return f"{many} {unit}{'' if many == 1 else 's'}"

    def before(self, moment: datetime) -> datetime:
        """Give the moment this long before another; the last day of a shorter month.

        >>> Months(1).before(datetime(2024, 3, 31)).day
        29
        """
        years, month = divmod(moment.year * 12 + moment.month - 1 - self.months, 12)
        if years < MINYEAR:
            return datetime.min.replace(tzinfo=moment.tzinfo)
        last = monthrange(years, month + 1)[1]
        day = moment.replace(year=years, month=month + 1, day=min(moment.day, last))
        try:
            return day - timedelta(days=self.days)
        except OverflowError:
            return datetime.min.replace(tzinfo=moment.tzinfo)


_PERIOD_HINT = "such as 24 months, 3 years or 90 days"
_PERIOD = r"\s*([0-9]{1,5})\s*(day|month|year)s?\s*"


def _period(value: Any) -> Months:
    """Read '3 years' as 36 months."""
    if isinstance(value, Months):
        return value
    found = re.fullmatch(_PERIOD, value) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise said("must be a length of time", _PERIOD_HINT)
    many = int(found[1])
    match found[2]:
        case "day":
            return Months(0, many)
        case "month":
            return Months(many)
        case _:
            return Months(12 * many)


Period = Annotated[
    Months,
    BeforeValidator(
        _period, json_schema_input_type=Annotated[str, Field(pattern=f"^{_PERIOD}$")]
    ),
]
"""A length of time in whole days, months or years: 24 months."""
