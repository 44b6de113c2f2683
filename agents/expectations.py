"""What the market expects: prices of later years, and the prices that accounts without a plan believe in.

Planners share one outlook, computed from public facts (announced caps and entitlements, holdings, measures): the
least-cost plan for the years that are left, solved once a year and started from the last one. Today's price of a right
and its binding window come from the net-demand schedules themselves (`agents.trading`); the outlook gives what *other*
instruments will cost later. Accounts that do not plan follow prices: ``e <- e + adaptation · (p − e)``.
"""

from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.spec import MarketSpec

if TYPE_CHECKING:
    from agents.regulator import Regulator
    from market.reference.plan import OutsideSupply, Plan

Floats = npt.NDArray[np.float64]


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents import expectations_kernel

    return expectations_kernel


def learn(expected: Floats, weight: Floats, price: Floats) -> None:
    """Move expectations (n, K) towards the newest prices (K,) by ``weight`` (n,); NaN leaves expectations alone."""
    _compiled().learn(expected, weight, price)


class Outlook:
    """The common outlook on later prices.

    Attributes
    ----------
    path : (T, K) expected mean price of each compliance year, money per unit.
    announced : (T, K) the same as it was expected before the first period: what a posted price is set to.
    bank : (T, K) expected bank at the end of each compliance year, units.
    belief : (G, K) price that each behaviour group believes in; not kept where all accounts are adaptive.
    """

    __slots__ = ("_plan", "_spec", "_step", "announced", "bank", "belief", "path")

    def __init__(self, spec: MarketSpec) -> None:
        self._spec = spec
        self._plan: Plan | None = None
        self.path = np.zeros((spec.years, len(spec.keys)))
        self.announced = np.zeros((spec.years, len(spec.keys)))
        self.bank = np.zeros((spec.years, len(spec.keys)))
        self.belief = np.zeros((len(spec.behaviours), len(spec.keys)))
        self._step = np.array([1.0 if r.kind == "planner" else r.adaptation for r in spec.behaviours])

    def plan_ahead(self, year: int, activity: Floats, bank: Floats, backstop: Floats, regulator: "Regulator") -> None:
        """Solve the least-cost plan from ``year`` on and take its prices.

        Parameters
        ----------
        year : index of the compliance year that begins.
        activity : (years left, n) expected activity.
        bank : (K,) rights in accounts beyond open obligations, in units.
        backstop : (K,) bound on willingness to pay.
        regulator : whose caps are announced.
        """
        from market.reference.plan import PlanProblem, least_cost

        spec = self._spec
        left = spec.years - year
        outside = outside_supply(spec, year)
        problem = PlanProblem(
            technology=spec.technology,
            activity=activity,
            permits=regulator.cap[year:],
            discount_rate=spec.market_rate,
            banking=np.array([rule.banked for rule in spec.rules]),
            initial_bank=bank,
            backstop=np.broadcast_to(backstop, (left, len(spec.keys))),
            outside=outside,
        )
        start = None if self._plan is None else self._plan.multipliers[1:]
        self._plan = least_cost(problem, start=start, tolerance=1e-6)
        self.path[year:] = self._plan.price
        self.bank[year:] = self._plan.bank
        if not year:
            self.announced[:] = self._plan.price

    def learn(self, price: Floats) -> None:
        """Move the beliefs of groups that do not plan towards the newest prices (K,); NaN leaves a belief alone."""
        learn(self.belief, self._step, price)


def outside_supply(spec: MarketSpec, first: int) -> "OutsideSupply | None":
    """Return the outside markets as priced supply from compliance year ``first`` on, None where there are none."""
    from market.reference.plan import OutsideSupply

    if not any(rule.outside for rule in spec.rules):
        return None
    shape = (spec.years - first, len(spec.keys))
    price, slope, inward, outward = np.zeros(shape), np.ones(shape), np.zeros(shape), np.zeros(shape)
    for k, rule in enumerate(spec.rules):
        if rule.outside is not None:
            price[:, k] = rule.outside.prices(spec.calendar_years[first:])
            slope[:, k] = rule.outside.slope
            inward[:, k] = rule.outside.import_limit
            outward[:, k] = rule.outside.export_limit
    return OutsideSupply(price, slope, inward, outward)


@lru_cache(maxsize=4096)
def growth_factors(rate: float, periods: int, left: int, blocks: int) -> Floats:
    """Return the mean growth (B,) of a price that rises at ``rate`` a year: over the ``left`` periods, then by year.

    Block 0 averages ``(1+r)^(m/N)`` over the periods m that are left of this year, block b over year b after it. What
    is returned is kept and not to be changed.
    """
    monthly = (1.0 + rate) ** (1.0 / periods)
    year = np.mean(monthly ** np.arange(periods))
    factors = np.empty(blocks)
    if blocks:
        factors[0] = np.mean(monthly ** np.arange(left))
        factors[1:] = year * monthly ** (left + periods * np.arange(blocks - 1))
    return factors


@lru_cache(maxsize=4096)
def growth_by_group(rates: tuple[float, ...], periods: int, left: int, blocks: int) -> Floats:
    """Return the mean growth (G, B) at the rate of each behaviour group (`growth_factors`); not to be changed."""
    return np.array([growth_factors(rate, periods, left, blocks) for rate in rates])
