"""Economies of induced values: what the next unit is worth to each trader, and the competitive equilibrium."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.orders import BUY, SELL

Ints = npt.NDArray[np.int64]

BOTH = 0
"""The role of a trader who may buy and sell."""


@dataclass(frozen=True, slots=True)
class Economy:
    """Traders and what units are worth to them, in ticks.

    Attributes
    ----------
    worth : (n, m) int64, what unit j + 1 is worth to a trader who has j of them; never rising in j.
    capacity : (n,) int64, how many units a trader can have; ``worth`` beyond it means nothing.
    start : (n,) int64, units that a trader has when a period begins.
    role : (n,) int8, BUY or SELL for those who only buy or sell, BOTH for those who may do either.
    lowest, highest : the range of prices that can be quoted, in ticks.

    Raises
    ------
    ValueError
        Where the arrays do not fit, worth rises, or the range of prices is empty; all that is wrong is listed.
    """

    worth: Ints
    capacity: Ints
    start: Ints
    role: npt.NDArray[np.int8]
    lowest: int
    highest: int

    def __post_init__(self) -> None:
        problems = []
        traders, units = self.worth.shape
        if {self.capacity.shape, self.start.shape, self.role.shape} != {(traders,)}:
            raise ValueError(f"capacity, start and role must have one entry for each of the {traders} traders")
        if (np.diff(self.worth, axis=1) > 0)[np.arange(1, units) < self.capacity[:, None]].any():
            problems.append("a later unit is worth more than one before it; sort values down and costs up")
        if ((self.start < 0) | (self.start > self.capacity) | (self.capacity > units)).any():
            problems.append("a trader starts with less than nothing or more than its capacity")
        if not 0 <= self.lowest <= self.highest:
            problems.append(f"prices from {self.lowest} to {self.highest} are no range; give zero or more, in order")
        if problems:
            raise ValueError("; ".join(problems))

    def value(self, holdings: Ints) -> Ints:
        """Return what some holdings (…, n) are worth to their holders (…, n)."""
        whole = np.zeros((self.worth.shape[0], self.worth.shape[1] + 1), dtype=np.int64)
        np.cumsum(self.worth, axis=1, out=whole[:, 1:])
        return whole[np.arange(self.worth.shape[0]), holdings]


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """The competitive equilibrium of an economy.

    Attributes
    ----------
    low, high : ticks, the ends of the interval of equilibrium prices.
    quantity : units that change hands at a price within it, those to whom it makes no difference included.
    surplus : ticks, what trade can gain at most.
    holdings : (n,) units that each trader then has; where units tie, those of traders named first.
    """

    low: int
    high: int
    quantity: int
    surplus: int
    holdings: Ints

    @property
    def price(self) -> float:
        """The middle of the interval of equilibrium prices, in ticks."""
        return 0.5 * (self.low + self.high)


def buyers_and_sellers(
    values: Sequence[Sequence[int]], costs: Sequence[Sequence[int]], lowest: int, highest: int
) -> Economy:
    """Return an economy of buyers with unit values and sellers with unit costs, in ticks; the best trade first."""
    units = max(len(row) for row in (*values, *costs))
    rows = [sorted(row, reverse=True) for row in (*values, *costs)]
    worth = np.array([row + [0] * (units - len(row)) for row in rows], dtype=np.int64)
    capacity = np.array([len(row) for row in rows], dtype=np.int64)
    role = np.repeat(np.array([BUY, SELL], dtype=np.int8), [len(values), len(costs)])
    return Economy(worth, capacity, np.where(role == SELL, capacity, 0), role, lowest, highest)


def permit_market(
    slope: Sequence[float], baseline: int, permits: Sequence[int], highest: float, tick: float
) -> Economy:
    """Return an economy of firms that hold permits and may buy and sell them.

    A firm with h permits cuts ``baseline − h`` at marginal cost ``slope · (baseline − h)``, so that one permit more
    saves it ``slope · (baseline − h − 1/2)``. A holding is then worth ``slope/2 · (baseline² − (baseline − h)²)``.

    Raises
    ------
    ValueError
        Where what a permit saves is not a whole number of ticks.
    """
    saved = np.asarray(slope, dtype=np.float64)[:, None] * (baseline - np.arange(baseline) - 0.5) / tick
    worth = np.rint(saved).astype(np.int64)
    if np.abs(worth - saved).max() > 1e-6:
        raise ValueError(f"what a permit saves is not a whole number of ticks of {tick:g}; choose a finer tick")
    firms = len(slope)
    return Economy(
        worth,
        np.full(firms, baseline, dtype=np.int64),
        np.asarray(permits, dtype=np.int64),
        np.full(firms, BOTH, dtype=np.int8),
        0,
        round(highest / tick),
    )


def competitive(economy: Economy) -> Equilibrium:
    """Return the competitive equilibrium: units go to where they are worth most.

    With N units in all, the price lies between the worth of the N-th most valued place for a unit and that of the next.
    """
    traders, units = economy.worth.shape
    trader, unit = np.nonzero(np.arange(units) < economy.capacity[:, None])
    worth = economy.worth[trader, unit]
    supply = int(economy.start.sum())
    best = np.lexsort((trader, -worth))
    ranked = worth[best]
    high = int(ranked[supply - 1]) if supply else economy.highest
    low = int(ranked[supply]) if supply < ranked.size else economy.lowest
    low, high = max(low, economy.lowest), min(high, economy.highest)
    holdings = np.bincount(trader[best[:supply]], minlength=traders).astype(np.int64)
    held = unit < economy.start[trader]
    middle = 0.5 * (low + high)
    quantity = min(int((~held & (worth >= middle)).sum()), int((held & (worth <= middle)).sum()))
    surplus = int(ranked[:supply].sum()) - int(worth[held].sum())
    return Equilibrium(low, high, quantity, surplus, holdings)
