"""What a segment may use besides columns: operators, functions and types.

All give the same result for the same values: nothing here reads a file, a
setting, a clock or another table.
"""

from __future__ import annotations

OPERATORS = frozenset(
    {
        *("+", "-", "*", "/", "//", "%", "**", "^", "||"),
        *("~~", "!~~", "~~*", "!~~*", "~~~", "^@", "&&", "@>", "<@"),
        *("like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape"),
    }
)
"""Operators that the parser writes as functions: ``~~`` is like, ``&&`` 'any of'."""

TEXT = frozenset(
    {
        *("concat", "concat_ws", "contains", "ends_with", "left", "length", "lower"),
        *("lpad", "ltrim", "position", "prefix", "regexp_extract"),
        *("regexp_full_match", "regexp_matches", "regexp_replace", "replace", "right"),
        *("rpad", "rtrim", "split_part", "starts_with", "strip_accents", "strpos"),
        *("substr", "substring", "suffix", "trim", "upper"),
    }
)

NUMBERS = frozenset(
    {
        *("abs", "ceil", "ceiling", "floor", "greatest", "least", "mod", "round"),
        *("sign", "trunc"),
    }
)

TIMES = frozenset(
    {
        *("date_diff", "date_part", "date_sub", "date_trunc", "datediff"),
        *("datepart", "datesub", "datetrunc", "day", "dayofweek", "dayofyear", "hour"),
        *("isodow", "isoyear", "last_day", "make_date", "minute", "month", "quarter"),
        *("second", "strftime", "week", "weekofyear", "year"),
        *("to_days", "to_hours", "to_minutes", "to_months", "to_quarters"),
        *("to_seconds", "to_weeks", "to_years"),
    }
)

LISTS = frozenset(
    {
        *("array_contains", "array_has", "array_has_all", "array_has_any"),
        *("array_length", "cardinality", "element_at", "len", "list_contains"),
        *("list_has", "list_has_all", "list_has_any", "list_value", "map_contains"),
        *("map_keys", "map_values"),
    }
)

CHOICES = frozenset({"if", "nullif"})

FUNCTIONS = TEXT | NUMBERS | TIMES | LISTS | CHOICES

TYPES = frozenset(
    {
        *("BIGINT", "BOOL", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "INT"),
        *("INTEGER", "INTERVAL", "NUMERIC", "REAL", "SMALLINT", "STRING", "TEXT"),
        *("TIME", "TIMESTAMP", "VARCHAR"),
    }
)
"""What a value may be cast to."""

TIME_WORDS = frozenset(
    {
        *("age", "current_date", "current_localtime", "current_localtimestamp"),
        *("current_time", "current_timestamp", "gen_random_uuid"),
        *("get_current_time", "get_current_timestamp", "localtime"),
        *("localtimestamp", "now", "random", "setseed", "today"),
        *("transaction_timestamp", "uuid", "uuidv4", "uuidv7"),
    }
)
"""What gives another result at another moment: refused, with a hint."""

AGGREGATES = frozenset({"avg", "count", "count_star", "list", "max", "min", "sum"})
"""What looks at many customers: refused, with a hint."""
