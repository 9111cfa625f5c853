"""Splink, the extra ``regpipe[match]``: the only module that uses it.

It works in a DuckDB of its own, in memory, that can reach no file and no network. It
is given records by number and the pairs of them, and gives numbers back: nothing of it
enters the registry, and it has nothing to print.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from regpipe.engine.duckdb import told
from regpipe.errors import PipelineError, StepError
from regpipe.models import PRIOR, Comparison, MatchModel
from regpipe.sql.scored import FACTS
from regpipe.sql.step import comma, ident, literal

if TYPE_CHECKING:
    from splink.internals.splink_dataframe import SplinkDataFrame

NUMBER = "record_no"
PAIRS_AT_ONCE = 1_000_000
"""Pairs of one go: many, as each go reads the records; few, for the memory."""
MEMORY = 2**30
"""Bytes that scoring may use, beside what the run itself does."""

SHARED = (("email",), ("phone",), ("birth_date",), ("postcode", "house"))
"""What pairs share from which m is learned; each teaches the other comparisons."""

CERTAIN = (
    ("email", "first_key", "last_key"),
    ("phone", "first_key", "last_key"),
    ("birth_date", "first_key", "last_key"),
)
"""What two records share that are one person for certain."""

ROUNDS = (25, 12, 6, 3)
"""Rounds of expectation maximisation, at most: the first number that works."""
RANDOM_PAIRS = 3e6
"""Pairs that Splink may draw to learn from."""

_UNUSABLE = "Splink could not work out a condition of the model"

FOUND = pa.schema(
    [
        ("a", pa.int64()),
        ("b", pa.int64()),
        ("score", pa.float64()),
        ("weight", pa.float64()),
        (
            "weights",
            pa.list_(
                pa.struct(
                    [
                        ("field", pa.string()),
                        ("level", pa.string()),
                        ("weight", pa.float64()),
                    ]
                )
            ),
        ),
    ]
)
"""What scoring gives: a row per pair of record numbers."""


class Scorer:
    """Scores pairs of records by a model.

    ``at_least`` is the least probability that is told. ``spill`` is a folder of
    regpipe's own for what does not fit in memory.

    Raises PipelineError when Splink is not installed, or cannot use the model.
    """

    def __init__(
        self, model: MatchModel, where: str, at_least: float, spill: Path | None = None
    ) -> None:
        self.model = model
        self.at_least = at_least
        self._spill = spill
        self._settings = settings(model)
        nobody = pa.table(
            {
                NUMBER: pa.array([], pa.int64()),
                **{name: pa.array([], pa.string()) for name in FACTS},
            }
        )
        nothing = pa.table({name: pa.array([], pa.int64()) for name in ("a", "b")})
        try:
            self._scored(nobody, nothing)
        except StepError as reason:
            raise PipelineError.at(
                where,
                "holds a condition that the engine cannot work out",
                "look at its sql_condition; train it anew with regpipe match train",
            ) from reason

    def scores(self, records: pa.Table, pairs: pa.Table) -> pa.Table:
        """Give the score of each pair that reaches ``at_least``, as ``FOUND`` has it.

        ``records`` has one row per ``record_no`` with every one of ``FACTS``;
        ``pairs`` one per pair ``a`` < ``b`` of them.

        Raises StepError when a condition of the model fails.
        """
        return self._scored(records, pairs) if len(pairs) else FOUND.empty_table()

    def outcomes(self, records: pa.Table, pairs: pa.Table) -> pa.Table:
        """Give the outcome of each comparison for every pair, whatever its score.

        Gives  one row per pair ``a``, ``b``, and for each comparison a column of its
               name: the place of the outcome among those that are not blank, counted
               from the last (0) up, or -1 where it is blank.
        """
        columns = comma(
            (f"gamma_{c.name} as {ident(c.name)}" for c in self.model.comparisons), 0
        )
        return self._weighed(records, pairs, 0, columns)

    def _scored(self, records: pa.Table, pairs: pa.Table) -> pa.Table:
        prior = log2(self.model.prior / (1 - self.model.prior))
        parts = [_part(PRIOR, literal("before any comparison"), repr(prior))]
        parts += [
            _part(each.name, _label(each), f"mw_{each.name}")
            for each in self.model.comparisons
        ]
        columns = (
            "match_probability as score, match_weight as weight, "
            f"[{comma(parts, 0)}] as weights"
        )
        return self._weighed(records, pairs, self.at_least, columns).cast(FOUND)

    def _weighed(
        self, records: pa.Table, pairs: pa.Table, at_least: float, columns: str
    ) -> pa.Table:
        """Give ``a``, ``b`` and ``columns`` of the pairs that reach ``at_least``."""
        found = []
        with sandbox(self._spill) as work:
            work.keep("records", records)
            for start in range(0, max(len(pairs), 1), PAIRS_AT_ONCE):
                work.keep("pairs", pairs.slice(start, PAIRS_AT_ONCE))
                weighed = work.weighed(self._settings, at_least)
                found.append(
                    work.table(
                        f"select {NUMBER}_l as a, {NUMBER}_r as b, {columns} "
                        f"from {ident(weighed)} "
                        f"where match_probability >= {at_least!r} order by a, b"
                    )
                )
                work.forget(weighed)
        return pa.concat_tables(found)


def settings(model: MatchModel) -> dict[str, Any]:
    """Give a model as Splink takes it."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": NUMBER,
        "probability_two_random_records_match": model.prior,
        "retain_matching_columns": True,  # with them come the outcomes
        "retain_intermediate_calculation_columns": True,
        "blocking_rules_to_generate_predictions": [],
        "comparisons": [
            {
                "output_column_name": each.name,
                "comparison_levels": [
                    {
                        "sql_condition": level.condition,
                        "label_for_charts": level.label,
                        **(
                            {"is_null_level": True}
                            if level.blank
                            else {"m_probability": level.m, "u_probability": level.u}
                        ),
                    }
                    for level in each.levels
                ],
            }
            for each in model.comparisons
        ],
    }


def _part(field: str, level: str, weight: str) -> str:
    return (
        f"{{'field': {literal(field)}, 'level': {level}, "
        f"'weight': cast({weight} as double)}}"
    )


def _label(comparison: Comparison) -> str:
    """Give the SQL of the label of a pair's outcome.

    Splink numbers the outcomes from the last up, from 0; one where nothing is known
    has -1.
    """
    blank = [level for level in comparison.levels if level.blank]
    cases = [
        f"when {len(comparison.known) - 1 - place} then {literal(level.label)}"
        for place, level in enumerate(comparison.known)
    ]
    unknown = literal(blank[0].label if blank else "")
    return f"case gamma_{comparison.name} {' '.join(cases)} else {unknown} end"


class Sandbox:
    """A DuckDB in memory that Splink works in."""

    def __init__(self, spill: Path | None) -> None:
        from splink import DuckDBAPI

        self._api = DuckDBAPI(":memory:")
        self._db = self._api.duckdb_con
        self._linker: Any = None
        for name, value in (
            ("autoinstall_known_extensions", "false"),
            ("autoload_known_extensions", "false"),
            ("memory_limit", f"'{MEMORY}B'"),
            ("temp_directory", literal(str(spill / "match") if spill else "")),
            ("enable_external_access", "false"),
            ("lock_configuration", "true"),
        ):
            self._db.execute(f"set {name} = {value}")

    def keep(self, name: str, rows: pa.Table) -> None:
        """Keep Arrow rows as a table of that name."""
        self._db.register("given", rows)
        self._db.execute(f"create or replace table {name} as select * from given")
        self._db.unregister("given")

    def weighed(self, model: dict[str, Any], at_least: float) -> str:
        """Let Splink weigh ``pairs`` of ``records``; give the name of its table."""
        from splink import Linker

        if self._linker is None:
            self._db.execute(
                "create or replace view blocked as "
                "select '0' as match_key, a as join_key_l, b as join_key_r from pairs"
            )
            records = self._api.register("records", table_name="records_given")
            try:
                self._linker = Linker(records, model, log_level=None)
            except ValueError as reason:  # of SQL that cannot be parsed
                raise StepError.at("score", _UNUSABLE) from reason
            blocked = self._api.register("blocked", table_name="blocked_given")
            self._linker.table_management.register_blocked_pairs_for_predict(blocked)
        known = 0 < at_least < 1
        found: SplinkDataFrame = self._linker.inference.predict(
            threshold_match_probability=at_least if known else None,
            warning_mode="never",
        )
        return found.physical_name

    def trained(self, model: dict[str, Any], seed: int) -> dict[str, Any]:
        """Let Splink learn from ``records``; give its settings with what it learned.

        Splink gives up where a probability comes to nothing: then in fewer rounds.
        """
        records = self._api.register("records", table_name="records_given")
        *some, least = ({**model, "max_iterations": rounds} for rounds in ROUNDS)
        for each in some:
            with suppress(ValueError):
                return self._learned(records, each, seed)
        return self._learned(records, least, seed)

    def _learned(
        self, records: SplinkDataFrame, model: dict[str, Any], seed: int
    ) -> dict[str, Any]:
        from splink import Linker, block_on

        linker = Linker(records, model, log_level=None)
        training = linker.training
        certain = [columns for columns in CERTAIN if self._shared(columns)]
        if certain:
            training.estimate_probability_two_random_records_match(
                [block_on(*columns) for columns in certain], recall=0.7
            )
        training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=seed)
        for columns in SHARED:
            if self._shared(columns):
                training.estimate_parameters_using_expectation_maximisation(
                    block_on(*columns), max_pairs=RANDOM_PAIRS
                )
        found: dict[str, Any] = linker.misc.save_model_to_json()
        return found

    def _shared(self, columns: Sequence[str]) -> bool:
        """Tell whether two records share a value of these columns."""
        listed = comma(map(ident, columns), 0)
        known = " and ".join(f"{ident(name)} is not null" for name in columns)
        return bool(
            self.table(
                f"select 1 as n from records where {known} "
                f"group by {listed} having count(*) > 1 limit 1"
            ).num_rows
        )

    def table(self, select: str) -> pa.Table:
        """Give the rows of a SELECT."""
        return self._db.sql(select).to_arrow_table()

    def forget(self, name: str) -> None:
        """Drop a table."""
        self._db.execute(f"drop table {ident(name)}")

    def close(self) -> None:
        """Let go of the memory."""
        self._db.close()


@contextmanager
def sandbox(spill: Path | None, failed: str = _UNUSABLE) -> Iterator[Sandbox]:
    """Give Splink a place to work in, and keep it quiet.

    Its messages may hold SQL with values in it: none gets out, in errors either.
    """
    try:
        from splink.internals.exceptions import SplinkException
    except ImportError as reason:
        raise PipelineError.at(
            "identity.score",
            "needs Splink, which is not installed",
            "pip install 'regpipe[match]'",
        ) from reason
    log = logging.getLogger("splink")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), told("score"):
            warnings.simplefilter("ignore")
            work = Sandbox(spill)
            try:
                yield work
            finally:
                work.close()
    except SplinkException as reason:
        if type(reason.__cause__).__name__ == "InterruptException":
            raise KeyboardInterrupt from reason
        raise StepError.at("score", failed) from reason
    finally:
        log.setLevel(level)
