"""Accounts as columns: a row per account, rows never reused; every column is declared once, with unit and meaning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the population: name, unit, dtype, what it means, and whether it has a value per instrument."""

    name: str
    unit: str
    dtype: str
    description: str
    by_instrument: bool = False


COLUMNS: tuple[Column, ...] = (
    Column("sector", "", "int64", "index of the account's sector"),
    Column("city", "", "int64", "index of the account's city"),
    Column("size", "output/year", "float64", "output a year at activity 1"),
    Column("revenue", "money/year", "float64", "revenue a year at activity 1, 0 where unknown"),
    Column("behaviour", "", "int64", "index of the behaviour that decides for the account"),
    Column("activity", "base year = 1", "float64", "activity of the present period"),
    Column("output_cut", "share", "float64", "share of output cut in the present period"),
    Column("operating_cost", "money", "float64", "cost of measures and lost output in the present period"),
    Column("trading_cost", "money", "float64", "fixed costs of trading in the present year"),
    Column("expected_price", "money/unit", "float64", "price that an adaptive account expects", by_instrument=True),
)

GIVEN = frozenset({"sector", "city", "size", "revenue", "behaviour"})
"""Columns that are known before a run starts."""


class FirmPopulation:
    """The accounts of a run.

    Parameters
    ----------
    ids : one name per account, unique.
    columns : initial values by column name; columns that are not given start at 0 (activity at 1).
    sectors, cities : names behind the codes of the columns ``sector`` and ``city``.
    labels : further text by account (names in two languages, kind), kept for reports only.
    instruments : how many there are, for columns with a value per instrument.
    """

    __slots__ = ("_columns", "cities", "ids", "labels", "sectors", *(column.name for column in COLUMNS))

    def __init__(
        self,
        ids: Sequence[str],
        columns: dict[str, npt.ArrayLike],
        sectors: Sequence[str],
        cities: Sequence[str],
        labels: Mapping[str, Sequence[str]] | None = None,
        instruments: int = 0,
    ) -> None:
        unknown = set(columns) - {column.name for column in COLUMNS}
        if unknown:
            raise KeyError(f"not declared in COLUMNS: {sorted(unknown)}")
        self.ids = tuple(ids)
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("account ids are not unique")
        self.sectors = tuple(sectors)
        self.cities = tuple(cities)
        self.labels = {key: tuple(values) for key, values in (labels or {}).items()}
        self._columns: dict[str, npt.NDArray[Any]] = {}
        for column in COLUMNS:
            start: npt.ArrayLike = columns.get(column.name, 1.0 if column.name == "activity" else 0)
            shape = (len(self.ids), instruments) if column.by_instrument else (len(self.ids),)
            self._columns[column.name] = np.array(np.broadcast_to(np.asarray(start, dtype=column.dtype), shape))
            setattr(self, column.name, self._columns[column.name])

    def started(self, instruments: int) -> "FirmPopulation":
        """Return these accounts at the start of a run: what was given is copied, everything else at its first value."""
        own = object.__new__(FirmPopulation)
        own.ids, own.sectors, own.cities, own.labels = self.ids, self.sectors, self.cities, self.labels
        own._columns = {}
        n = len(self.ids)
        for column in COLUMNS:
            if column.name in GIVEN:
                values = self._columns[column.name].copy()
            else:
                shape = (n, instruments) if column.by_instrument else (n,)
                values = np.ones(shape) if column.name == "activity" else np.zeros(shape, dtype=column.dtype)
            own._columns[column.name] = values
            setattr(own, column.name, values)
        return own

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __getattr__(self, name: str) -> npt.NDArray[Any]:
        """Return a column by its name."""
        try:
            return self._columns[name]
        except KeyError:
            raise AttributeError(f"no column {name!r}; declared are {[column.name for column in COLUMNS]}") from None

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column by its name (the array itself, not a copy)."""
        return self._columns[name]
