"""Orders: heads, lines, and the customer each belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from regpipe.fields import ORDER_FIELDS
from regpipe.sql.cells import sql_type
from regpipe.sql.step import Step, comma, ident, literal, step

HEAD_COLUMNS = (
    *("email", "number", "site", "ordered_at", "updated_at"),
    *("payment_status", "payment_word", "fulfilment_status", "fulfilment_word"),
    *("currency", "subtotal", "shipping_total", "tax_total", "discount_total"),
    *("refunded_total", "total", "carrier", "tracking_number", "note"),
)
LINE_COLUMNS = ("sku", "name", "quantity", "price", "total")


def heads(
    sources: Sequence[tuple[str, str | None, Sequence[str]]], file_ids: int
) -> Step:
    """Give the accepted orders of every source, without their customer.

    Reads  ``taken_…`` (the heads that are taken) and ``changed_…``. ``sources``:
           name, the customers source its references are to, mapped fields.
    Gives  one row per source and order_id: columns of ``orders`` but
           ``customer_id`` and ``run_id``.
    """
    parts = []
    for source, customers, fields in sources:
        have = {*fields}
        have |= {f.replace("_status", "_word") for f in fields if f.endswith("_status")}
        items = [_head(column, have) for column in HEAD_COLUMNS]
        ref = "r.customer_ref" if "customer_ref" in have else "cast(null as varchar)"
        whose = literal(customers) if customers else "cast(null as varchar)"
        parts.append(
            f"""
        select
            {literal(source)} as source,
            r.order_id,
            case when {ref} is not null then {whose} end as customer_source,
            {ref} as customer_ref,
            {comma(items, 12)},
            h.fingerprint,
            h.line_count,
            r.delivered_at,
            {file_ids} + r.file_no as file_id,
            r.row_number
        from {ident("changed_" + source)} r
        join {ident("taken_" + source)} h on r.row_id = h.row_id"""
        )
    none = "select * from registry.orders where false"
    return step("order_heads", "\n        union all".join(parts) or none)


def lines(sources: Sequence[tuple[str, Sequence[str]]]) -> Step:
    """Give the lines of the accepted orders, numbered in file order.

    Gives  one row per source, order_id and line_no: columns of
           ``order_lines`` but ``run_id``.
    """
    parts = []
    for source, fields in sources:
        rows, place = f"{ident('accepted_' + source)} r", "r.row_id"
        items = [
            f"r.{ident('line_' + c)} as {ident(c)}"
            if f"line_{c}" in fields
            else f"cast(null as {sql_type(ORDER_FIELDS['line_' + c])}) as {ident(c)}"
            for c in LINE_COLUMNS
        ]
        if "lines" in fields:
            place = "r.row_id, r.line.item_no"
            items = [f"r.line.line_{c} as {ident(c)}" for c in LINE_COLUMNS]
            rows = f"""(
          select file_no, order_id, row_id, unnest(lines) as line
          from {ident("accepted_" + source)}
        ) r"""
        parts.append(
            f"""
        select
            {literal(source)} as source,
            r.order_id,
            row_number() over (
              partition by r.file_no, r.order_id order by {place}
            ) as line_no,
            {comma(items, 12)}
        from {rows}"""
        )
    none = """
        select source, order_id, line_no, sku, name, quantity, price, total
        from registry.order_lines where false"""
    return step("order_lines_new", "\n        union all".join(parts) or none)


def accepted_lines(source: str, without: Sequence[str]) -> Step:
    """Give the changed rows of the orders that are taken.

    ``without`` are tables of ``row_id`` of heads that are not.
    """
    antis = "\n        union all\n".join(
        f"          select h.file_no, h.order_id from {ident('heads_' + source)} h "
        f"semi join {ident(table)} x on h.row_id = x.row_id"
        for table in without
    )
    refused = (
        f"""
        anti join (
{antis}
        ) n
          on r.file_no = n.file_no and r.order_id = n.order_id"""
        if without
        else ""
    )
    return step(
        f"accepted_{source}",
        f"""
        select r.*
        from {ident("changed_" + source)} r {refused}
        where r.order_id is not null
        """,
    )


def unsettled() -> Step:
    """Give the orders whose customer is to be worked out again.

    Those that came in, and those held whose customer this run may have
    changed: by their reference, by their e-mail, or by the customer they have.

    Reads  ``order_heads``, ``identified``, ``frontier``.
    Gives  one row per source and order_id: the reference, the e-mail, and
           ``held_id`` (the customer so far, null for new orders).
    """
    return step(
        "unsettled",
        """
        with emails as (
          select distinct email from frontier where email is not null
        ),
        ids as (
          select distinct held_id from frontier where held_id is not null
        )
        select
            source, order_id, customer_source, customer_ref, email,
            cast(null as bigint) as held_id,
            true as fresh
        from order_heads
        union all
        select
            o.source, o.order_id, o.customer_source, o.customer_ref, o.email,
            o.customer_id as held_id,
            false as fresh
        from registry.orders o
        anti join order_heads h on o.source = h.source and o.order_id = h.order_id
        where o.customer_id in (select held_id from ids)
          or o.email in (select email from emails)
          or exists (
            select 1 from frontier f
            where f.source = o.customer_source and f.external_id = o.customer_ref
          )
        """,
    )


def people(*, fresh: bool) -> Step:
    """Give the records that an order may be somebody's by, as they will be.

    Reads  ``records_new``, and (unless ``fresh``) ``stored``, ``identified`` and
           ``unseated``.
    Gives  one row per source and external_id: ``email``, ``customer_id``.
    """
    kept = (
        ""
        if fresh
        else """
        union all
        select
            s.source,
            s.external_id,
            s.email,
            case
              when u.source is null then coalesce(n.customer_id, s.held_id)
            end as customer_id
        from stored s
        left join identified n
          on n.origin is null
          and s.source = n.source
          and s.external_id = n.external_id
        left join unseated u on s.source = u.source and s.external_id = u.external_id"""
    )
    return step(
        "people",
        f"""
        select source, external_id, email, customer_id
        from records_new{kept}
        """,
    )


def owners_by_email() -> Step:
    """Give the e-mails that exactly one customer has: ``email``, ``customer_id``."""
    return step(
        "owners_by_email",
        """
        select email, min(customer_id) as customer_id
        from people
        where email is not null and customer_id is not null
        group by email
        having min(customer_id) = max(customer_id)
        """,
    )


def owners() -> Step:
    """Give the customer of each unsettled order.

    By the store's own customer number; an order without one by its e-mail,
    where exactly one customer has it.

    Reads  ``unsettled``, ``people``, ``owners_by_email``.
    Gives  one row per source and order_id: ``customer_id``, null for nobody.
    """
    return step(
        "order_owners",
        f"""
        select
            u.source,
            u.order_id,
            u.fresh,
            {_OWNER} as customer_id
        from unsettled u
        {_find_owner("u")}
        """,
    )


_OWNER = "coalesce(p.customer_id, e.customer_id)"


def _find_owner(order: str) -> str:
    return f"""left join people p
          on {order}.customer_source = p.source and {order}.customer_ref = p.external_id
        left join owners_by_email e
          on p.customer_id is null and {order}.email = e.email"""


def orders_new() -> Step:
    """Give the rows of ``orders`` that come, when the registry holds none.

    Reads  ``order_heads``, ``people``, ``owners_by_email``.
    """
    return step(
        "orders_new",
        f"""
        select
            o.source,
            o.order_id,
            {_OWNER} as customer_id,
            {_REST}
        from order_heads o
        {_find_owner("o")}
        """,
    )


def orders_changed() -> Step:
    """Give the rows of ``orders`` that come: new, changed, or of another customer."""
    return step(
        "orders_new",
        f"""
        select
            o.source,
            o.order_id,
            w.customer_id,
            {_REST}
        from order_heads o
        join order_owners w on o.source = w.source and o.order_id = w.order_id
        union all
        select
            o.source,
            o.order_id,
            w.customer_id,
            {_REST}
        from registry.orders o
        join order_owners w on o.source = w.source and o.order_id = w.order_id
        where not w.fresh and o.customer_id is distinct from w.customer_id
        """,
    )


_REST = comma(
    (
        f"o.{ident(column)}"
        for column in (
            *("customer_source", "customer_ref", *HEAD_COLUMNS, "fingerprint"),
            *("line_count", "delivered_at", "file_id", "row_number"),
        )
    ),
    12,
)


def orders_gone() -> Step:
    """Give the keys of the held orders that a new row takes the place of."""
    return step(
        "orders_gone",
        """
        select o.source, o.order_id
        from registry.orders o
        semi join orders_new n on o.source = n.source and o.order_id = n.order_id
        """,
    )


def order_lines_gone() -> Step:
    """Give the keys of the held lines of orders that came in again."""
    return step(
        "order_lines_gone",
        """
        select o.source, o.order_id
        from registry.orders o
        semi join order_heads n on o.source = n.source and o.order_id = n.order_id
        """,
    )


def _head(column: str, have: set[str]) -> str:
    if column in have:
        return f"r.{ident(column)}"
    if column == "number":
        return "r.order_id as number"
    base = column.replace("_word", "_status")
    kind = "varchar" if column.endswith("_word") else sql_type(ORDER_FIELDS[base])
    return f"cast(null as {kind}) as {ident(column)}"
