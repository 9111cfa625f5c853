"""A list as its importer takes it: what does not fit is blank, or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regpipe.formats import ListColumn, consent_of
from regpipe.sql.customer_view import address_column
from regpipe.sql.list_cells import cell, fits, lossy
from regpipe.sql.lists import Selection, may_alias, shown
from regpipe.sql.step import Step, comma, ident, literal, step

INCOMPLETE = "incomplete"
"""What keeps a row off a file whose importer would refuse it."""

SAME = "same_address"
"""What keeps a row off a file whose importer takes each value once."""


def fitted_table(name: str) -> str:
    """Give the name of the table that ``fitted`` makes."""
    return f"list_fitted {name}"


def fitted(
    who: Selection,
    columns: Sequence[ListColumn],
    one_of: Sequence[Sequence[str]],
) -> Step:
    """Give the cells of a list as its importer takes them.

    A cell that it would refuse is blank. A row without a cell that it demands is
    refused as 'incomplete', one whose cell may not stand there twice as
    'same_address': the customer with the lowest id keeps it. Nobody is on the
    list whom ``selected`` kept off.

    Reads  what ``shown`` reads.
    Gives  one row per customer on the list (and group): customer_id,
           ``group_key``, ``refusal`` (null for who is in the file), for each
           column its text ``cN`` (N from 0; null where blank), and ``bN``:
           whether something in the registry is not in that cell.
    """
    may = may_alias(who)
    raw = {f"c{n}": cell(each, may, False) for n, each in enumerate(columns)}
    raw |= {f"l{n}": text for n, each in enumerate(columns) if (text := lossy(each))}
    texts, blanks = _texts(columns, raw)
    refused = _incomplete(columns, one_of)
    once = [n for n, each in enumerate(columns) if each.repeated == "out"]
    alone = [n for n, each in enumerate(columns) if each.repeated == "blank"]
    inner = shown(who, {**raw, "group_key": "group_key"}, "customer_id", "true")
    return step(
        fitted_table(who.name),
        f"""
with cell as (
{inner}
),
text as (
  select
      customer_id,
      group_key,
      {comma([*texts, *blanks], 6)}
  from cell
),
judged as (
  select *, {refused} as lacks
  from text
){"".join(_first(n, "judged", "lacks") for n in once)},
kept as (
  select
      j.*,
      case
        when j.lacks is not null then j.lacks
        {_seconds(once)}
      end as refusal
  from judged j{"".join(_with_first(n) for n in once)}
){"".join(_first(n, "kept", "refusal") for n in alone)}
select
    j.customer_id,
    j.group_key,
    j.refusal,
    {comma(_last(columns, n, alone) for n in range(len(columns)))},
    {comma(_lost(n, n in alone) for n in range(len(columns)))}
from kept j{"".join(_with_first(n) for n in alone)}
""",
    )


def _texts(
    columns: Sequence[ListColumn], raw: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Give the SQL of each text that fits, and of whether something is lost."""
    texts, blanks = [], []
    for n, each in enumerate(columns):
        name = f"c{n}"
        fit = fits(each, name)
        filled = f"nullif({name}, '')"
        texts.append(
            f"case when {fit} then {filled} end as {name}"
            if fit
            else f"{filled} as {name}"
        )
        lost = [f"coalesce(not ({fit}), false)"] if fit else []
        lost += [f"coalesce(l{n}, false)"] if f"l{n}" in raw else []
        blanks.append(f"{' or '.join(lost) or 'false'} as b{n}")
    return texts, blanks


def _incomplete(columns: Sequence[ListColumn], one_of: Sequence[Sequence[str]]) -> str:
    headers = [each.header for each in columns]
    needed = [[n] for n, each in enumerate(columns) if each.required]
    needed += [[headers.index(h) for h in group if h in headers] for group in one_of]
    lacks = [
        f"coalesce({', '.join(f'c{n}' for n in group)}) is null"
        for group in needed
        if group
    ]
    if not lacks:
        return "cast(null as varchar)"
    return f"case when {' or '.join(lacks)} then '{INCOMPLETE}' end"


def _first(n: int, table: str, refusal: str) -> str:
    """Give the customers that keep a cell which stands there more than once."""
    return f""",
first{n} as (
  select group_key, lower(c{n}) as lowered, min(customer_id) as customer_id
  from {table}
  where {refusal} is null and c{n} is not null
  group by group_key, lower(c{n})
  having count(*) > 1
)"""


def _with_first(n: int) -> str:
    return f"""
  left join first{n} f{n}
    on lower(j.c{n}) = f{n}.lowered
    and j.group_key is not distinct from f{n}.group_key"""


def _seconds(once: Sequence[int]) -> str:
    if not once:
        return f"when false then '{SAME}'"
    later = " or ".join(f"f{n}.customer_id < j.customer_id" for n in once)
    return f"when {later} then '{SAME}'"


def _last(columns: Sequence[ListColumn], n: int, alone: Sequence[int]) -> str:
    """Give a cell as it is written: a consent only beside the address it is about."""
    of = consent_of(columns[n].column or "")
    if of is None:
        text = _alone(n, alone)
        return text if text == f"j.c{n}" else f"{text} as c{n}"
    address = address_column(of[1])
    beside = [m for m, each in enumerate(columns) if each.column == address]
    if not beside:
        return f"j.c{n}"
    there = f"coalesce({', '.join(_alone(m, alone) for m in beside)}) is not null"
    no = columns[n].words[1]
    otherwise = f" else {literal(no)}" if no and not of[2] else ""
    return f"case when {there} then j.c{n}{otherwise} end as c{n}"


def _alone(n: int, alone: Sequence[int]) -> str:
    """Give a cell, blank where an earlier customer's is the same and must not be."""
    if n not in alone:
        return f"j.c{n}"
    return f"case when not {_later(n)} then j.c{n} end"


def _later(n: int) -> str:
    return f"coalesce(f{n}.customer_id < j.customer_id, false)"


def _lost(n: int, alone: bool) -> str:
    if not alone:
        return f"j.b{n}"
    return f"j.b{n} or {_later(n)} as b{n}"


def fitted_rows(
    name: str, columns: Sequence[ListColumn], order: str, which: str
) -> str:
    """Give the SELECT of a fitted list as it is written; see ``shown``."""
    written = comma(f"c{n} as {ident(each.header)}" for n, each in enumerate(columns))
    return f"""select
    {written},
    customer_id as {ident(order)}
from {ident(fitted_table(name))}
where refusal is null and {which}"""
