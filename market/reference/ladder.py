"""The efficiency ladder: where a market's cost above least cost came from, rung by rung, in present value."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.reference.plan import OutsideSupply, Plan, PlanProblem, least_cost
from market.reference.problem import fitted
from market.technology import Floats, Technology

SLACK = 1e-10
"""Caps equal to realised flows are widened by this share, so that rounding does not make them impossible."""


@dataclass(frozen=True, slots=True)
class EfficiencyLadder:
    """Rungs from least cost to actual cost, present value in money.

    Attributes
    ----------
    misallocation : the same flows in every year, but not by the cheapest firms and measures; >= 0.
    mistiming : the same totals, but in the wrong years, for rights that can be banked; >= 0.
    volume : unused rights when positive, caps exceeded (or fewer rights bought outside) when negative.
    investment, friction, information : see `efficiency_ladder`; information is outside the sum.
    least_cost, actual_cost : of the plan under the caps, and what was spent including frictions.
    identity_error : |least cost + rungs − actual cost| relative to actual cost.
    plan : the least-cost plan under the caps.
    """

    misallocation: float
    mistiming: float
    volume: float
    investment: float
    friction: float
    information: float
    least_cost: float
    actual_cost: float
    identity_error: float
    plan: Plan

    def rungs(self) -> dict[str, float]:
        """Return the rungs that add up to actual cost less least cost, by name, from the top."""
        return {
            "misallocation": self.misallocation,
            "mistiming": self.mistiming,
            "volume": self.volume,
            "investment": self.investment,
            "friction": self.friction,
        }


def efficiency_ladder(
    technology: Technology,
    activity: npt.ArrayLike,
    operating_cost: npt.ArrayLike,
    flows: npt.ArrayLike,
    permits: npt.ArrayLike,
    discount_rate: float,
    *,
    banking: npt.ArrayLike = True,
    initial_bank: npt.ArrayLike = 0.0,
    backstop: npt.ArrayLike = np.inf,
    outside: OutsideSupply | None = None,
    outside_cost: npt.ArrayLike = 0.0,
    imports: npt.ArrayLike = 0.0,
    friction_cost: npt.ArrayLike = 0.0,
    investment_cost: float = 0.0,
    information_cost: float = np.nan,
    years: npt.ArrayLike | None = None,
    baseline: npt.ArrayLike | None = None,
    start: Plan | None = None,
) -> EfficiencyLadder:
    """Score a run against least cost C(·), as actual cost = C(caps) + misallocation + mistiming + volume + … .

    misallocation = operating cost − C(the same flows in each year);
    mistiming = C(the same flows in each year) − C(Σ_{s<=y} E_s <= max(Σ rights, Σ actual) for y < T, same totals);
    volume = C(those totals) + outside cost − C(caps).

    Parameters
    ----------
    activity : (T, n) as it was. operating_cost : (T,) money spent on measures and lost by output cuts.
    flows : (T, K) as they were. permits : (T, K) the caps.
    discount_rate : social, a year.
    outside, backstop : priced supply and shortfall that the plan under the caps may use; flows beyond the caps were
        real, so the other rungs do without.
    outside_cost : (T,) resource cost of what was in fact bought outside (and of planned shortfalls at the backstop).
    imports : (T, K) net rights that in fact came from outside (and planned shortfalls): they add to the caps in time.
    friction_cost : (T,) search, time and waiting. investment_cost : present value above free choice of technology.
    information_cost : from a paired planner run; stands beside the sum.
    start : a plan of a similar problem.

    Raises
    ------
    SolverError
        If the technology cannot produce flows as low as the actual ones, or the caps cannot be met.
    """
    actual = fitted("flows", flows, least=0.0)
    blocks, instruments = actual.shape
    times = np.arange(blocks, dtype=np.float64) if years is None else fitted("years", years, (blocks,))
    discount = (1.0 + float(discount_rate)) ** -times
    can_bank = fitted("banking", banking, (instruments,)).astype(bool)
    caps = PlanProblem(
        technology, activity, permits, discount_rate, years=times, banking=can_bank, initial_bank=initial_bank,
        backstop=backstop, baseline=baseline, outside=outside,
    )  # fmt: skip
    plan = least_cost(caps, start=start)
    wide = actual * (1.0 + SLACK)
    yearly = PlanProblem(technology, activity, wide, discount_rate, years=times, banking=False, baseline=baseline)
    same_flows = least_cost(yearly, start=plan.price * discount[:, None]).cost
    same_totals = same_flows
    if can_bank.any() and blocks > 1:
        supply = fitted("permits", permits, actual.shape) + fitted("imports", imports, actual.shape)
        limits = _shifted(wide, supply, initial_bank, can_bank)
        shifted = PlanProblem(
            technology, activity, limits, discount_rate, years=times, banking=can_bank, baseline=baseline
        )
        same_totals = least_cost(shifted, start=plan.multipliers).cost
    operated = float(discount @ fitted("operating_cost", operating_cost, (blocks,)))
    bought = float(discount @ fitted("outside_cost", outside_cost, (blocks,)))
    friction = float(discount @ fitted("friction_cost", friction_cost, (blocks,)))
    total = operated + bought + friction + investment_cost
    rungs = (operated - same_flows, same_flows - same_totals, same_totals + bought - plan.cost)
    left = plan.cost + sum(rungs) + investment_cost + friction - total
    return EfficiencyLadder(
        *rungs,
        investment=investment_cost,
        friction=friction,
        information=information_cost,
        least_cost=plan.cost,
        actual_cost=total,
        identity_error=abs(left) / max(abs(total), 1e-300) if left else 0.0,
        plan=plan,
    )


def _shifted(flows: Floats, permits: Floats, initial_bank: npt.ArrayLike, banking: npt.NDArray[np.bool_]) -> Floats:
    """Return yearly rights with cumulative sums the looser of caps and actual flows, in the end actual flows."""
    supply = permits.copy()
    supply[0] += np.broadcast_to(np.asarray(initial_bank, dtype=np.float64), supply[0].shape)
    actual = np.cumsum(flows, axis=0)
    limit = np.maximum(np.cumsum(supply, axis=0), actual)
    limit[-1] = actual[-1]
    # Cumulative flows never fall, so a later, tighter limit also binds earlier.
    limit = np.minimum.accumulate(limit[::-1], axis=0)[::-1]
    return np.where(banking, np.diff(limit, axis=0, prepend=0.0), flows)
