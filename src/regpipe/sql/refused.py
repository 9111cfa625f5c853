"""The addresses that a list tool must be told not to mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from regpipe.fields import UNSUBSCRIBED
from regpipe.formats import RefusalFile
from regpipe.spec.consent import STRICT, Consent
from regpipe.sql import consent_in_force
from regpipe.sql.customer_view import addresses
from regpipe.sql.gate import may_table, never_again, word_table
from regpipe.sql.list_cells import fits
from regpipe.sql.step import Step, ident, literal, step

ERASED = "erased"
"""Why an address is suppressed that must stand in no file at all."""


def refused_table(name: str) -> str:
    """Give the name of the table that ``refused`` makes."""
    return f"list_refused {name}"


def refused(
    name: str,
    purpose: str,
    channel: str,
    files: Sequence[RefusalFile],
    as_of: datetime,
    consent: Consent = STRICT,
) -> Step:
    """Give who must not be mailed for a purpose, whoever they are.

    An address is there for a consent that was withdrawn or a suppression; not
    if it was erased, and not if it may be written to. It stands in the first
    of ``files`` that takes one of its reasons. Where consent follows the person, a
    customer's address is there for what they said of another one, too.

    Reads  the registry's ledger and suppressions, the tables of ``may`` and ``word``.
    Gives  one row per ``address`` (lower case): ``place``, the number of its
           file from 0, and ``fits``, whether the file's importer takes it.
    """
    which = " ".join(
        f"when reason in ({', '.join(map(literal, file.of))}) then {number}"
        for number, file in enumerate(files)
    )
    taken = " ".join(
        f"when place = {number} then {test}"
        for number, file in enumerate(files)
        for test in [fits(file.columns[0], "address")]
        if test
    )
    fit = f"coalesce(case {taken} end, true)" if taken else "true"
    by_person = ""
    if consent.follows == "person":
        by_person = f"""
  union all
  select lower(c.address) as address, 'withdrawn' as reason
  from {addresses(channel)} c
  left join {ident(word_table(purpose, channel))} w
    on cast(c.customer_id as varchar) = w.address
  left join ({never_again(purpose, channel, consent)}
  ) n on c.customer_id = n.customer_id
  where w.status = 'withdrawn' or n.customer_id is not null"""
    return step(
        refused_table(name),
        f"""
with said as (
  select lower(address) as address, 'withdrawn' as reason
  from ({consent_in_force.in_force(as_of)}
  )
  where purpose = {literal(purpose)}
    and channel = {literal(channel)}
    and status = 'withdrawn'
  union all
  select
      lower(address) as address,
      case when reason = {literal(UNSUBSCRIBED)} then 'withdrawn' else reason end
        as reason
  from registry.suppressions
  where channel in ({literal(channel)}, '*'){by_person}
),
placed as (
  select
      address,
      min(case {which} end) as place,
      max(case when reason = '{ERASED}' then 1 else 0 end) as erased
  from said
  where address <> ''
  group by address
),
mailed as (
  select distinct lower(address) as address
  from {ident(may_table(purpose, channel))}
)
select p.address, p.place, {fit} as fits
from placed p
anti join mailed m on p.address = m.address
where p.place is not null and p.erased = 0
""",
    )
