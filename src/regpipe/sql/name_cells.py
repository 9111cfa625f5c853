"""Which names have a key that SQL makes, and what the others are asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from regpipe.formats.name_words import name_words
from regpipe.sql.step import Step, ident, literal, step

NAMES = ("first_name", "last_name")


@cache
def name_parts() -> str:
    """Give, as SQL, the particles and suffixes by which a whole name is parted."""
    known = name_words()
    return ", ".join(map(_either, (known.particles, known.suffixes)))


def names_asked(name: str, tables: Sequence[str]) -> Step:
    """Give the first or last names whose key SQL does not make, each once.

    Reads  ``tables`` of rows that have the column ``name``.
    Gives  one row per ``question``.
    """
    parts = [
        f"""
        select distinct {name} as question
        from {ident(table)}
        where {name} is not null and not {_plain(name)}"""
        for table in tables
    ]
    return step(f"asked_{name}", "\n        union".join(parts))


def name_answers(name: str) -> str:
    """Give the name of the table of what such names say.

    Its rows: ``question``, ``own_key``, ``other_key`` (of the other name, where the
    cell held both) and ``suffix``; see ``stages.name_keys.NameCell``.
    """
    return f"answers_{name}"


def keys_of_names(fields: Collection[str], asked: Collection[str]) -> tuple[str, str]:
    """Give the SQL of ``first_key`` and ``last_key`` of a row.

    Reads  those of the row's names that are among its ``fields``, its ``email`` and,
           for the names ``asked``, their answers as ``a_first_name`` and
           ``a_last_name``. A name that is the first half of the row's e-mail, and
           written as no name is, is none.
    """
    told = [name for name in NAMES if name in fields and name in asked]
    first = _key("first_name", "last_name", fields, told)
    last = _key("last_name", "first_name", fields, told)
    suffixes = [f"a_{name}.suffix" for name in reversed(told)]
    if suffixes:
        last = f"{last} || coalesce({', '.join(suffixes)}, '')"
    return first, last


def joins_of_names(fields: Collection[str], asked: Collection[str]) -> list[str]:
    """Give the joins of the answers that ``keys_of_names`` reads."""
    return [
        f"left join {ident(name_answers(name))} a_{name} on {name} = a_{name}.question"
        for name in NAMES
        if name in fields and name in asked
    ]


def _key(name: str, other: str, fields: Collection[str], told: Collection[str]) -> str:
    """Give the key of a name: its own, or where it is blank what the other says."""
    beside = f"a_{other}.other_key" if other in told else "cast(null as varchar)"
    if name not in fields:
        return beside
    own = _own(name, fields, told)
    if other not in told:
        return own
    return f"case when {name} is null then {beside} else {own} end"


def _own(name: str, fields: Collection[str], told: Collection[str]) -> str:
    if name not in told:
        return f"rp_name_key({name})"
    whens = [f"when a_{name}.question is null then rp_name_key({name})"]
    if "email" in fields:
        mailed = f"rp_mailed({name}, email)"
        whens.append(f"when regexp_matches({name}, '[0-9._]') and {mailed} then null")
    return f"case {' '.join(whens)} else a_{name}.own_key end"


def _plain(name: str) -> str:
    """Give the SQL test that the letters of a name are its key: no word is special."""
    return f"(rp_plain_name({name}) and not rp_has_word({name}, {_special()}))"


@cache
def _special() -> str:
    known = name_words()
    words = known.particles | known.behind | known.titles | known.placeholders
    return _either(words | {*known.suffixes})


def _either(words: Collection[str]) -> str:
    """Give a pattern of words, none of which holds a sign that means more."""
    return literal("|".join(sorted(words)))
