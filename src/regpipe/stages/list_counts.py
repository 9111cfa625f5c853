"""What is told of a list: its groups, who was kept off why, what was left blank."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.engine.protocol import Engine
from regpipe.formats import ListColumn, Target
from regpipe.sql.fitted import fitted_table
from regpipe.sql.lists import Selection, list_table
from regpipe.sql.step import comma, ident


def groups_of(reader: Engine, who: Selection) -> dict[str, str]:
    """Give the groups that somebody in the segment is in: key and name."""
    found = reader.collect(
        f"""
        select l.group_key, coalesce(g.name, l.group_key) as name
        from (select distinct group_key from {ident(list_table(who.name))}) l
        left join registry.groups g on l.group_key = g.group_key
        """
    ).to_pylist()
    return {row["group_key"]: row["name"] for row in found}


def counts_of(
    reader: Engine, who: Selection, target: Target
) -> dict[str | None, dict[str, int]]:
    """Give, by group, the customers in the segment and how many were kept off why."""
    counts: dict[str | None, dict[str, int]] = {}
    tables = [list_table(who.name)]
    if target.checked:
        tables.append(fitted_table(who.name))
    for table in tables:
        found = reader.collect(
            f"""
        select group_key, refusal, count(*) as customers
        from {ident(table)}
        group by group_key, refusal
        """
        ).to_pylist()
        for row in found:
            counted = counts.setdefault(row["group_key"], {})
            if table == tables[0]:
                counted["in_segment"] = counted.get("in_segment", 0) + row["customers"]
            if row["refusal"] is not None:
                before = counted.get(row["refusal"], 0)
                counted[row["refusal"]] = before + row["customers"]
    return counts


def blanks_of(
    reader: Engine, who: Selection, columns: Sequence[ListColumn]
) -> dict[str | None, dict[str, int]]:
    """Give, by group and column, how many cells hold less than the registry."""
    sums = comma(f"count(*) filter (where b{n}) as b{n}" for n, _ in enumerate(columns))
    found = reader.collect(
        f"""
        select group_key, {sums}
        from {ident(fitted_table(who.name))}
        where refusal is null
        group by group_key
        """
    ).to_pylist()
    return {
        row["group_key"]: {
            each.header: row[f"b{n}"] for n, each in enumerate(columns) if row[f"b{n}"]
        }
        for row in found
    }
