"""The intertemporal equilibrium where supply itself follows the bank, as under a market stability reserve."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.errors import SolverError
from market.reference.intertemporal import IntertemporalEquilibrium, intertemporal_equilibrium
from market.technology import Floats


@dataclass(frozen=True, slots=True)
class ResponsiveEquilibrium:
    """An equilibrium, the permits (T,) that its own bank brings about, and the rounds that it took."""

    equilibrium: IntertemporalEquilibrium
    permits: Floats
    rounds: int


def responsive_equilibrium(
    intercept: npt.ArrayLike,
    slope: npt.ArrayLike,
    baseline: npt.ArrayLike,
    supply: Callable[[Floats], npt.ArrayLike],
    first_permits: npt.ArrayLike,
    discount_rate: float,
    initial_bank: float = 0.0,
    backstop: float = np.inf,
    weight: float = 0.5,
    tolerance: float = 1e-9,
    rounds: int = 500,
) -> ResponsiveEquilibrium:
    """Return the fixed point between a path of the bank and the permits that a rule issues on it.

    With foresight the bank path b is that of `intertemporal_equilibrium` under ``permits = supply(b)``. Rounds move b
    by ``weight`` towards its own consequence until no year changes by more than ``tolerance`` of the baseline. A rule
    with a threshold jumps there, and a fixed point need not exist: then the solver says so and returns nothing.

    Parameters
    ----------
    supply : from the bank (T,) at the end of each year to permits (T,), units a year. The other arguments are those of
        `intertemporal_equilibrium`.
    first_permits : (T,) permits without the rule, from which the rounds begin.

    Raises
    ------
    SolverError
        If the rounds end before the bank settles.
    """
    largest = float(np.max(np.sum(np.atleast_1d(np.asarray(baseline, dtype=np.float64)), axis=-1)))

    def solved(permits: npt.ArrayLike) -> IntertemporalEquilibrium:
        return intertemporal_equilibrium(
            intercept, slope, baseline, permits, discount_rate, initial_bank, backstop=backstop
        )

    bank = solved(first_permits).bank
    change = np.inf
    for done in range(1, rounds + 1):
        permits = np.asarray(supply(bank), dtype=np.float64)
        found = solved(permits)
        change = float(np.abs(found.bank - bank).max())
        if change <= tolerance * largest:
            return ResponsiveEquilibrium(found, permits, done)
        bank = bank + weight * (found.bank - bank)
    raise SolverError(
        f"supply that follows the bank has not settled after {rounds} rounds: the bank still changes by {change:g} "
        "units; take a smaller weight, or thresholds without a jump"
    )
