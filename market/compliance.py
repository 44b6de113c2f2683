"""Compliance at a deadline: obligations in lots, surrender, shortfall, penalty and what is owed next year.

    obligation_i = ceil(flow_i / lot) + debt_i        (flows are real numbers, obligations whole lots)
    surrendered_i = min(obligation_i, held_i)         shortfall_i = obligation_i − surrendered_i
    penalty_i = rate · shortfall_i                    debt of next year_i = shortfall_i where it must be made good

A true-up that takes back more than is held leaves a debt, never a negative balance.
"""

from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDING = 1e-6  # of a lot: what floating point may add to a flow that fits exactly


@dataclass(frozen=True, slots=True)
class Settlement:
    """What each account (n,) does at a deadline, in lots, and what it owes in money."""

    obligation: Ints
    surrendered: Ints
    shortfall: Ints
    penalty: Floats
    debt: Ints
    missing: int
    """Lots that all accounts together are short of."""


def obligation_lots(flow: Floats, lot: float) -> Ints:
    """Return the lots (n,) that flows (n,) oblige to surrender, rounded up."""
    return np.ceil(flow / lot - ROUNDING).astype(np.int64)


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from market import compliance_kernel

    return compliance_kernel


def due(flow: Floats, debt: Ints, held: Ints, lot: float, penalty_rate: float, make_good: bool) -> Settlement:
    """Return the settlement of a deadline.

    Parameters
    ----------
    flow : (n,) verified flow of the compliance year, in units.
    debt : (n,) lots owed from earlier shortfalls and true-ups.
    held : (n,) lots of rights that may be surrendered.
    lot : units in a lot.
    penalty_rate : money per missing unit.
    make_good : whether a shortfall is still owed next year.
    """
    obligation, surrendered, shortfall = np.empty((3, flow.shape[0]), dtype=np.int64)
    penalty = np.empty(flow.shape[0])
    missing = _compiled().settle_obligations(
        flow, debt, held, lot, penalty_rate * lot, ROUNDING, obligation, surrendered, shortfall, penalty
    )
    owed = shortfall if make_good else np.zeros(shortfall.shape[0], dtype=np.int64)
    return Settlement(obligation, surrendered, shortfall, penalty, owed, missing)


def true_up(entitled: Ints, issued: Ints, held: Ints) -> tuple[Ints, Ints, Ints]:
    """Return what is issued, taken back and left as a debt (n,) when an allocation becomes final.

    Parameters
    ----------
    entitled : (n,) final allocation in lots.
    issued : (n,) lots issued in advance.
    held : (n,) lots of the vintage still in the account and not locked.
    """
    more = np.maximum(entitled - issued, 0)
    less = np.maximum(issued - entitled, 0)
    taken = np.minimum(less, held)
    return more, taken, less - taken
