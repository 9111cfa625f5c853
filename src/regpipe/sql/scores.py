"""Scores of pairs: those held, those that come and go, those in force."""

from __future__ import annotations

from regpipe.sql.step import Step, comma, literal, step

PAIR = ("source_a", "external_id_a", "source_b", "external_id_b")
"""The key of a score: the two records, the first by source and external_id as a."""

_SCORE = ("score", "weight", "weights", "model")
_KEY = " and ".join(f"h.{name} = n.{name}" for name in PAIR)
_EQUAL = " and ".join((_KEY, *(f"h.{name} = n.{name}" for name in _SCORE)))


def scores_now(model: str) -> Step:
    """Give the scores that were worked out, by the keys of their records.

    Reads  ``scores_found``: ``a``, ``b`` (record numbers), score, weight, weights;
           ``scored_records``.
    Gives  one row per pair: ``PAIR``, score, weight, weights and ``model``.
    """
    return step(
        "scores_now",
        f"""
        select
            x.source as source_a,
            x.external_id as external_id_a,
            y.source as source_b,
            y.external_id as external_id_b,
            f.score,
            f.weight,
            f.weights,
            {literal(model)} as model
        from scores_found f
        join scored_records x on f.a = x.record_no
        join scored_records y on f.b = y.record_no
        """,
    )


def records_coming_in() -> Step:
    """Give the records whose scores are looked at anew when nobody asks for any."""
    return step("touched_records", "select source, external_id from incoming")


def no_scores_now() -> Step:
    """Give no scores, as nobody is asked for any."""
    return step("scores_now", f"{_HELD} where false")


def scores_touched(*, anew: bool) -> Step:
    """Give the held scores that are looked at anew.

    Reads  ``touched_records``, unless all are looked at ``anew``.
    Gives  one row per pair, columns as ``scores_now``.
    """
    listed = comma((f"h.{name}" for name in (*PAIR, *_SCORE)), 12)
    if anew:
        return step("scores_touched", _HELD)
    return step(
        "scores_touched",
        f"""
        select
            {listed}
        from registry.match_scores h
        left join touched_records x
          on h.source_a = x.source and h.external_id_a = x.external_id
        left join touched_records y
          on h.source_b = y.source and h.external_id_b = y.external_id
        where x.source is not null or y.source is not null
        """,
    )


def match_scores_gone() -> Step:
    """Give the keys of the held scores that go: no longer there, or other than before.

    Reads  ``scores_touched``, ``scores_now``.
    """
    return step(
        "match_scores_gone",
        f"""
        select
            {comma((f"h.{name}" for name in PAIR), 12)}
        from scores_touched h
        anti join scores_now n on {_EQUAL}
        """,
    )


def match_scores_new() -> Step:
    """Give the scores that come: new ones, and those other than before.

    Reads  ``scores_now``, ``scores_touched``.
    """
    return step(
        "match_scores_new",
        f"""
        select
            {comma((f"n.{name}" for name in (*PAIR, *_SCORE)), 12)}
        from scores_now n
        anti join scores_touched h on {_EQUAL}
        """,
    )


def scores_in_force() -> Step:
    """Give every score as this run leaves it.

    Gives  one row per pair, columns as ``scores_now``.
    """
    return step(
        "scores_in_force",
        f"""
        select
            {comma((f"h.{name}" for name in (*PAIR, *_SCORE)), 12)}
        from registry.match_scores h
        anti join match_scores_gone n on {_KEY}
        union all
        select
            {comma((*PAIR, *_SCORE), 12)}
        from match_scores_new
        """,
    )


def nothing_scored() -> tuple[Step, ...]:
    """Give no scores that come or go, none in force, and nobody scored otherwise."""
    return (
        step(
            "match_scores_gone", f"select {comma(PAIR, 0)} from ({_HELD}) where false"
        ),
        step("match_scores_new", f"{_HELD} where false"),
        step("scores_in_force", f"{_HELD} where false"),
        step(
            "rescored",
            "select source, external_id from registry.source_records where false",
        ),
    )


def rescored() -> Step:
    """Give the records of pairs whose score is another than before.

    Reads  ``match_scores_gone``, ``match_scores_new``.
    Gives  one row per source and external_id.
    """
    parts = [
        f"select source_{side} as source, external_id_{side} as external_id\n"
        f"from {table}"
        for table in ("match_scores_gone", "match_scores_new")
        for side in "ab"
    ]
    return step("rescored", "\nunion\n".join(parts))


_HELD = f"""select
    {comma((*PAIR, *_SCORE))}
from registry.match_scores"""
