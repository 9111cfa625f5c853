"""Against: what tells that two records are not one person, whatever they agree on."""

from __future__ import annotations

from regpipe.sql.keys import Guard


def against(x: str, y: str, guard: Guard) -> str:
    """Give the SQL of what tells that two records are not one person; null if nothing.

    A date of birth or a number that both have and that differ; with a guard also
    first names that no one person bears, or one that is missing where it may as well be
    another's of that home, unless a person's number, or a date of birth beside another
    last name, says that it is one all the same. Of a pair that was
    scored the model has weighed both: there names that are alike (as they stand, or in
    each other's place) make good a date of birth that differs, and the other way round.
    """
    a_name, other = (f"{side}.first_key, {side}.last_key" for side in (x, y))
    births = f"rp_births_clash({x}.birth_date, {y}.birth_date)"
    if guard is Guard.SCORED:
        births += (
            f"\n                  and not coalesce(rp_named_alike({a_name}, {other}), "
            f"false)"
        )
    names = ""
    if guard is not Guard.NONE:
        strict = str(guard is Guard.STRICT).lower()
        unsaid = ""
        if guard is not Guard.SCORED:
            said = (
                f"{side}.first_key, {side}.birth_date, {side}.email" for side in (x, y)
            )
            unsaid = f"\n                  or rp_unsaid({', '.join(said)}, {strict})"
        names = f"""
                when (not rp_names_agree({a_name}, {other}, {strict}){unsaid})
                  and not {_vouched(x, y, guard)} then 'first_name'"""
    return f"""case
                when {births} then 'birth_date'
                when rp_numbers_clash({x}.org_key, {y}.org_key) then 'org_number'
                when rp_numbers_clash({x}.vat_key, {y}.vat_key) then 'vat_id'{names}
              end"""


def _vouched(x: str, y: str, guard: Guard) -> str:
    """Give the SQL of what says that two first names are one person's all the same."""
    if guard is Guard.SCORED:
        return (
            f"({x}.birth_date is not null and {y}.birth_date is not null "
            f"and not rp_births_clash({x}.birth_date, {y}.birth_date))"
        )
    said = (f"{side}.org_key, {side}.birth_date, {side}.last_key" for side in (x, y))
    return f"rp_vouched({', '.join(said)})"
