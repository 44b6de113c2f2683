"""Some rows of a table, column by column: what indicators read, whether they come from a frame or from a run."""

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Rows:
    """Some rows of a table; a column is an array (rows,) that is made when it is first asked for.

    Parameters
    ----------
    names : the columns that are there.
    size : number of rows.
    column : returns a column by its name.
    """

    __slots__ = ("_column", "_made", "_names", "_size")

    def __init__(self, names: Container[str], size: int, column: Callable[[str], Array]) -> None:
        self._names, self._size, self._column = names, size, column
        self._made: dict[str, Array] = {}

    def __len__(self) -> int:
        return self._size

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> Array:
        if name not in self._made:
            self._made[name] = self._column(name)
        return self._made[name]

    def where(self, chosen: Bools) -> "Rows":
        """Return the rows (rows,) that are chosen."""
        if chosen.all():
            return self
        rows = np.flatnonzero(chosen)
        return Rows(self._names, rows.size, lambda name: self[name][rows])

    def numbers(self, name: str) -> Floats:
        """Return a column as real numbers; all NaN where it is absent."""
        if name not in self._names:
            return np.full(self._size, np.nan)
        return np.asarray(self[name], dtype=np.float64)


def none_of(_: str) -> Array:
    """Return a column of a table without rows."""
    return np.zeros(0)


NO_ROWS = Rows((), 0, none_of)


def of_frame(frame: "pd.DataFrame") -> Rows:
    """Return all rows of a frame."""
    return Rows(set(frame.columns), len(frame), lambda name: frame[name].to_numpy())


def known_sum(values: Array) -> float:
    """Return the sum of the values (n,) that are numbers; 0 if there is none."""
    if values.dtype.kind in "iub":
        return float(values.sum())
    numbers = np.asarray(values, dtype=np.float64)
    return float(np.where(np.isnan(numbers), 0.0, numbers).sum())


def sums_by(group: Array, values: Floats) -> tuple[Array, Floats]:
    """Return the distinct groups (g,) in rising order and the sum of the values (n,) in each; NaN adds nothing.

    Sums are compensated (Kahan 1965, Communications of the ACM 8) and go through the rows in order, as a group-by of
    pandas does, so that the two agree to the last bit.
    """
    known = np.where(np.isnan(values), 0.0, values)
    if group.size < 2 or (group[1:] > group[:-1]).all():
        return group, known
    groups, code = np.unique(group, return_inverse=True)
    order = np.argsort(code, kind="stable")
    rank = np.arange(code.size) - np.searchsorted(code[order], code[order])  # of a row within its group
    sums, lost = np.zeros(groups.size), np.zeros(groups.size)
    for turn in range(int(rank.max()) + 1):
        rows = order[rank == turn]
        at = code[rows]
        added = known[rows] - lost[at]
        grown = sums[at] + added
        missing = (grown - sums[at]) - added
        lost[at] = np.where(np.isfinite(missing), missing, 0.0)
        sums[at] = grown
    return groups, sums
