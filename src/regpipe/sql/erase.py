"""Erase: all that the registry holds of some people, by what they were asked for.

``person_no`` numbers the people who were asked for. What a step gives of them is in
``registry.<table>`` as it was before anything of theirs is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.sql.step import Step, comma, ident, step

RECORD_VALUES = (
    *("email", "phone", "first_name", "last_name", "company", "vat_id", "org_number"),
    *("note", "street", "street2", "shipping_name", "shipping_street"),
    *("shipping_street2", "originals"),
)
"""What a source record says that may be the person's alone."""

ORIGINALS = ("email", "phone", "full_name", "vat_id", "org_number")
"""Texts as they are in the file that tell of a person."""

CUSTOMER_VALUES = (
    *("email", "phone", "first_name", "last_name", "full_name", "company", "vat_id"),
    *("org_number", "note"),
)
ADDRESS_VALUES = ("name", "street", "street2")
ORDER_VALUES = ("email", "tracking_number", "note")

_HELD_TEXTS = (
    *("company", "vat_id", "org_number", "note", "street", "street2"),
    *("shipping_name", "shipping_street", "shipping_street2"),
)


def both(table: str, columns: Sequence[str]) -> str:
    """Give the SELECT of columns of a table's rows, those of its history too."""
    listed = ", ".join(map(ident, columns))
    return (
        f"select {listed} from registry.{table} "
        f"union all select {listed} from registry.{table}_history"
    )


def asked_owners() -> Step:
    """Give the records and customers that an identifier is of, now or before.

    Reads  ``asked``: one row per ``person_no`` and spelling of what was asked for:
           customer_id, source and external_id, email or phone.
    Gives  ``person_no``, the record (null where only the customer has it),
           ``customer_id`` (null for a record that is nobody's), ``now``.
    """
    versions = both("source_records", ("source", "external_id", "email", "phone"))
    profiles = both("customers", ("customer_id", "email", "phone"))
    found = "\n          union\n          ".join(
        f"select a.person_no, c.customer_id, {now} as now "
        f"from asked a join {table} c on a.{column} = c.{column}"
        for table, now in (("registry.customers", "true"), ("profiles", "false"))
        for column in ("customer_id", "email", "phone")
    )
    return step(
        "asked_owners",
        f"""
        with versions as (
          {versions}
        ),
        records as (
          select a.person_no, s.source, s.external_id, true as now
          from asked a
          join registry.source_records s on a.customer_id = s.customer_id
          union
          select a.person_no, s.source, s.external_id, true as now
          from asked a
          join registry.source_records s
            on a.source = s.source and a.external_id = s.external_id
          union
          select a.person_no, s.source, s.external_id, true as now
          from asked a
          join registry.source_records s on a.email = s.email
          union
          select a.person_no, s.source, s.external_id, true as now
          from asked a
          join registry.source_records s on a.email = s.external_id
          union
          select a.person_no, s.source, s.external_id, true as now
          from asked a
          join registry.source_records s on a.phone = s.phone
          union
          select a.person_no, v.source, v.external_id, false as now
          from asked a
          join versions v on a.email = v.email
          union
          select a.person_no, v.source, v.external_id, false as now
          from asked a
          join versions v on a.phone = v.phone
        ),
        profiles as (
          {profiles}
        ),
        found as (
          {found}
        )
        select r.person_no, r.source, r.external_id, s.customer_id, r.now
        from records r
        join registry.source_records s
          on r.source = s.source and r.external_id = s.external_id
        union
        select
            p.person_no,
            cast(null as varchar) as source,
            cast(null as varchar) as external_id,
            p.customer_id,
            p.now
        from found p
        """,
    )


def own_records() -> Step:
    """Give every record of the people: of their customers, and those that are nobody's.

    Reads  ``own_ids``, ``own_alone`` (records found that are no customer's).
    Gives  one row per ``person_no``, source and external_id.
    """
    return step(
        "own_records",
        """
        with found as (
          select i.person_no, s.source, s.external_id
          from own_ids i
          join registry.source_records s on i.customer_id = s.customer_id
          union
          select person_no, source, external_id from own_alone
        ),
        emails as (
          select f.person_no, s.email
          from found f
          join registry.source_records s
            on f.source = s.source and f.external_id = s.external_id
          where s.email is not null
        )
        select person_no, source, external_id from found
        union
        select e.person_no, s.source, s.external_id
        from emails e
        join registry.source_records s on e.email = s.email
        where s.customer_id is null
        """,
    )


def own_values() -> dict[str, str]:
    """Give the SELECTs of all that the registry says of the people, by table.

    Reads  ``own_records``, ``own_ids``.
    Gives  ``person_no`` and the values, one row per row of the table or its history.
    """
    records = both(
        "source_records",
        ("source", "external_id", "postcode", "country", *RECORD_VALUES),
    )
    found = {
        "source_records": f"""
        select
            o.person_no,
            rp_postal(v.street, v.postcode, v.country) as postal,
            {comma((f"v.{ident(c)}" for c in RECORD_VALUES), 12)}
        from ({records}) v
        join own_records o on v.source = o.source and v.external_id = o.external_id"""
    }
    for table, columns in (
        ("customers", CUSTOMER_VALUES),
        ("addresses", ADDRESS_VALUES),
        ("overrides", ("value",)),
        ("orders", ORDER_VALUES),
    ):
        found[table] = f"""
        select
            i.person_no,
            {comma((f"v.{ident(c)}" for c in columns), 12)}
        from ({both(table, ("customer_id", *columns))}) v
        join own_ids i on v.customer_id = i.customer_id"""
    return found


def held_by_others() -> str:
    """Give the SELECT of the values that others have, too.

    Others are all whose record or customer is not among the people's.

    Reads  ``candidates``: ``value`` in lower case, and whether it is an ``address``.
    """
    full_name = "lower(concat_ws(' ', s.first_name, s.last_name))"
    texts = [f"lower(s.{ident(column)})" for column in _HELD_TEXTS]
    texts += [f"lower(s.originals.{part})" for part in ORIGINALS]
    tests = [
        *(("s.email", "c.address"), ("s.phone", "c.address")),
        ("rp_postal(s.street, s.postcode, s.country)", "c.address"),
        *((text, "not c.address") for text in (full_name, *texts)),
    ]
    parts = [
        f"""
        select c.value
        from candidates c
        join registry.source_records s on c.value = {cell}
        anti join own_records o on s.source = o.source and s.external_id = o.external_id
        where {which}"""
        for cell, which in tests
    ]
    parts += [
        f"""
        select c.value
        from candidates c
        join registry.customers s on c.value = s.{column}
        anti join own_ids i on s.customer_id = i.customer_id
        where c.address"""
        for column in ("email", "phone")
    ]
    return "\n        union".join(parts)


def own_orders() -> Step:
    """Give every order of the people.

    Reads  ``own_ids``, ``own_records``, ``own_addresses`` (that nobody else has).
    Gives  one row per source and order_id: ``person_no``, the lowest.
    """
    return step(
        "own_orders_found",
        """
        with found as (
          select o.source, o.order_id, i.person_no
          from registry.orders o
          join own_ids i on o.customer_id = i.customer_id
          union all
          select o.source, o.order_id, r.person_no
          from registry.orders o
          join own_records r
            on o.customer_source = r.source and o.customer_ref = r.external_id
          union all
          select o.source, o.order_id, a.person_no
          from registry.orders o
          join own_addresses a on o.email = a.address
        )
        select source, order_id, min(person_no) as person_no
        from found
        group by source, order_id
        """,
    )
