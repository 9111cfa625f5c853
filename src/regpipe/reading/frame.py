"""An answer from the registry: as Arrow, or as pandas by way of Arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, repr=False)
class Frame:
    """The rows of an answer, in a fixed order. ``len()`` is their number.

    Shown by itself it tells its shape only, so that no customer ends up in a log.
    """

    _rows: pa.Table

    def arrow(self) -> pa.Table:
        """Give the rows as an Arrow table, exactly as the registry has them."""
        return self._rows

    def df(self) -> pd.DataFrame:
        """Give the rows as a pandas DataFrame.

        Values stay exact: numbers that may be missing are ``Int64``, flags
        ``boolean``, money Arrow decimals, days Arrow dates, times
        ``datetime64[us]`` in UTC, texts ``str``. A list is an array, a map a
        list of (key, value) pairs.
        """
        return self._rows.to_pandas(types_mapper=_exact)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return int(self._rows.num_rows)

    def __repr__(self) -> str:
        columns = ", ".join(self._rows.column_names)
        return f"Frame({len(self):,} rows: {columns})"


def _exact(kind: pa.DataType) -> Any:
    """Give the pandas type for an Arrow type that pandas would round; else None."""
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_int64(kind):
        return pd.Int64Dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_decimal(kind) or pa.types.is_date(kind):
        return pd.ArrowDtype(kind)
    return None
