"""The parts of what is held of one person, each without the data of others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from regpipe.engine.protocol import Engine
from regpipe.reading.customer import Row
from regpipe.reading.kept import Whose, told
from regpipe.reading.ledger import RESTS_ON, Consents, Word, consents_of
from regpipe.reading.pairs import end_of, key_of
from regpipe.reading.pairs import listed as in_sql
from regpipe.sql.step import literal

PLACE = ("file", "row_number", "run_id", "delivered_at")
"""Where a datum was read: the file, its row (the header is row 1), by which run, and
the time of the file."""


def shared_by_others(
    engine: Engine, customer_id: int, addresses: Sequence[str]
) -> frozenset[str]:
    """Give which of a customer's addresses others have, too."""
    among = ", ".join(map(literal, addresses)) or "null"
    other = f"customer_id is distinct from {customer_id} and "
    found = engine.collect(
        " union ".join(
            f"select {column} from registry.{table} where {other} {column} in ({among})"
            for table in ("customers", "source_records")
            for column in ("email", "phone")
        )
    )
    return frozenset(found.column(0).to_pylist())


def records_with_places(engine: Engine, whose: Whose) -> tuple[Row, ...]:
    """Give the source records: key, place, times, values, texts of their cells."""
    found = engine.collect(
        f"""
        select r.*, f.file
        from (
          select * from registry.source_records
          where {whose.which("source_records")}
        ) r
        left join registry.run_files f on r.file_id = f.file_id
        order by r.source, r.external_id
        """
    ).to_pylist()
    apart = ("source", "external_id", "gone_at", "originals", "file")
    return tuple(
        {
            **{name: row[name] for name in (*apart[:3], *PLACE)},
            "values": {n: v for n, v in told(row).items() if n not in apart},
            "originals": {n: t for n, t in (row["originals"] or {}).items() if t},
        }
        for row in found
    )


_ORDER = (
    *("source", "order_id", "number", "site", "ordered_at", "updated_at", "email"),
    *("payment_status", "payment_word", "fulfilment_status", "fulfilment_word"),
    *("currency", "subtotal", "shipping_total", "tax_total", "discount_total"),
    *("refunded_total", "total", "carrier", "tracking_number", "note"),
)


def orders_of(
    engine: Engine,
    customer_id: int,
    addresses: Sequence[str],
    shared: Collection[str],
) -> tuple[tuple[Row, ...], int]:
    """Give a person's orders; and how many guests' may be theirs or another's."""
    listed = ", ".join(literal(each.lower()) for each in addresses) or "null"
    by_address = f"o.customer_id is null and lower(o.email) in ({listed})"
    found = engine.collect(
        f"""
        select o.*, f.file
        from registry.orders o
        left join registry.run_files f on o.file_id = f.file_id
        where o.customer_id = {customer_id} or ({by_address})
        order by o.ordered_at desc nulls last, o.source, o.order_id
        """
    ).to_pylist()
    theirs = {each.lower() for each in shared}
    mine = [
        row
        for row in found
        if row["customer_id"] is not None or row["email"].lower() not in theirs
    ]
    keys = in_sql((row["source"], row["order_id"]) for row in mine)
    lines: dict[tuple[str, str], list[Row]] = {}
    for line in engine.collect(
        f"""
        select source, order_id, line_no, sku, name, quantity, price, total
        from registry.order_lines
        where (source, order_id) in ({keys})
        order by source, order_id, line_no
        """
    ).to_pylist():
        key = (line.pop("source"), line.pop("order_id"))
        lines.setdefault(key, []).append(line)
    orders = tuple(
        {
            **{name: row[name] for name in (*_ORDER, *PLACE)},
            "guest": row["customer_ref"] is None,
            "lines": lines.get((row["source"], row["order_id"]), []),
        }
        for row in mine
    )
    return orders, len(found) - len(mine)


def said_on(
    engine: Engine, whose: Whose, addresses: Sequence[str], as_of: datetime
) -> Consents:
    """Give what was said on a person's addresses, and by whom only where by them."""
    found = consents_of(engine, addresses, as_of)
    others = _others(engine, whose, found.words)
    hidden = dict.fromkeys(("external_id", "file", "row_number", *RESTS_ON))
    words = tuple(
        replace(
            word,
            suppressed=tuple({**each, "stated_by": None} for each in word.suppressed),
            statements=tuple(
                {**each, **hidden}
                if key_of(each) in others
                else {**each, "stated_by": None}
                for each in word.statements
            ),
        )
        for word in found.words
    )
    blocked = tuple({**each, "stated_by": None} for each in found.suppressed)
    return replace(found, words=words, suppressed=blocked)


def _others(
    engine: Engine, whose: Whose, words: Sequence[Word]
) -> set[tuple[str, str]]:
    """Give the records of others that made a statement on one of the addresses."""
    keys = {key_of(each) for word in words for each in word.statements}
    found = engine.collect(
        f"""
        select source, external_id
        from registry.source_records
        where (source, external_id) in ({in_sql(keys)})
          and customer_id is distinct from {whose.customer_id}
        """
    ).to_pylist()
    return {key_of(row) for row in found}


def set_by_hand(engine: Engine, whose: Whose) -> tuple[Row, ...]:
    """Give the values that people set by hand and that are in force."""
    found = engine.collect(
        f"""
        select field, value, set_at, run_id
        from registry.overrides
        where {whose.which("overrides")}
        order by field, set_at
        """
    )
    return tuple(found.to_pylist())


def decisions_on(engine: Engine, whose: Whose) -> tuple[Row, ...]:
    """Give what people decided about the records; another's record is not named."""
    mine = in_sql(whose.records)
    found = engine.collect(
        f"""
        select source_a, external_id_a, source_b, external_id_b, decision,
          decided_at, run_id
        from registry.link_decisions
        where (source_a, external_id_a) in ({mine})
          or (source_b, external_id_b) in ({mine})
        order by decided_at, source_a, external_id_a, source_b, external_id_b
        """
    ).to_pylist()
    own = set(whose.records)
    return tuple(
        {
            "decision": row["decision"],
            "records": [
                dict(zip(("source", "external_id"), end, strict=True))
                for end in (end_of(row, "a"), end_of(row, "b"))
                if end in own
            ],
            "decided_at": row["decided_at"],
            "run_id": row["run_id"],
        }
        for row in found
    )


def questions_on(engine: Engine, whose: Whose) -> tuple[Row, ...]:
    """Give that a question is open about the records; whom else it is about is not."""
    mine = in_sql(whose.records)
    found = engine.collect(
        f"""
        select kind, run_id
        from registry.review_items
        where (source_a, external_id_a) in ({mine})
          or (source_b, external_id_b) in ({mine})
        order by run_id, kind, review_id
        """
    )
    return tuple(found.to_pylist())
