"""What a stack of rules makes of a whole path of supply when the path of the bank is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from market.policies.containment.stack import offer, opening, reserve
from market.policies.containment.supply import Pool, PublicState

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SupplyPath:
    """By year (T,), in units: what is offered, what reserves hold at the end, and what is cancelled."""

    offered: Floats
    reserve: Floats
    cancelled: Floats


def supply_path(
    rules: Sequence[Any],
    base: npt.ArrayLike,
    years: Sequence[int],
    bank: npt.ArrayLike,
    initial_bank: float = 0.0,
    last_auction: float = np.inf,
) -> SupplyPath:
    """Return what is offered in each year, once a year, if the bank runs as given.

    Steps behind a trigger count as offered: a path of quantities knows no prices, so reserves that are sold by price
    stay unsold in it.

    Parameters
    ----------
    base : (T,) units to be auctioned before any rule. bank : (T,) units in circulation at the end of each year.
    initial_bank : units in circulation before the first year. last_auction : units auctioned in the year before it.
    """
    volume = np.asarray(base, dtype=np.float64)
    before = np.concatenate(([initial_bank], np.asarray(bank, dtype=np.float64)[:-1]))
    if volume.shape != (len(years),) or before.shape != volume.shape:
        raise ValueError(f"base and bank need one number for each of {len(years)} years")
    holdings = opening(rules)
    offered, held, cancelled = np.zeros_like(volume), np.zeros_like(volume), np.zeros_like(volume)
    for index, year in enumerate(years):
        public = PublicState(
            int(year),
            bank=float(before[index]),
            bank_before=float(before[max(0, index - 1)]),
            last_auction=float(offered[index - 1]) if index else last_auction,
            cap=float(volume[index]),
        )
        supply, holdings = offer(rules, float(volume[index]), public, holdings)
        offered[index] = supply.offered
        held[index] = reserve(rules, holdings)
        cancelled[index] = supply.moved(target=Pool.CANCELLED)
    return SupplyPath(offered, held, cancelled)
