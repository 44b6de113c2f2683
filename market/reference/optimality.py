"""Is a plan optimal? The Karush-Kuhn-Tucker conditions of any solution, recomputed without the solver's own code."""

from dataclasses import replace

import numpy as np

from market.reference.plan import Plan
from market.reference.problem import PlanArrays, PlanProblem, full_arrays
from market.technology import Floats, best_response, flows, operating_cost


def violations(problem: PlanProblem, plan: Plan) -> dict[str, float]:
    """Return the largest relative breach of each optimality condition of ``plan``, by name; all 0 at an optimum.

    ``bounds``: levels, cuts and overlap groups within limits. ``accounting``: flows, banks and cost follow from what
    firms do. ``feasibility``: no cumulative cap is exceeded. ``multiplier_sign``: none is negative.
    ``complementary_slackness``: a slack cap has no price. ``stationarity``: no firm would do better at the prices.
    ``supply``: nor would those who sell at the backstop or outside. ``duality_gap``: cost equals the dual's value.
    Quantities are relative to a year's baseline flow, money to the larger of cost and the value of baseline flows.
    """
    given = full_arrays(problem)
    done = _Recomputed(given, plan)
    q = plan.price * given.discount[:, None]
    supply = given.permits.copy()
    supply[0] += given.initial_bank
    surplus = supply - done.flow + plan.shortfall + plan.imports
    left = np.where(given.banking, np.cumsum(surplus, axis=0), surplus)
    ahead = np.cumsum(plan.multipliers[::-1], axis=0)[::-1]
    spread = np.where(given.banking, ahead, plan.multipliers)
    units = np.maximum(done.baseline_flow, 1e-300)
    money = max(abs(plan.cost), float((q * done.baseline_flow).sum()), 1e-300)
    value = done.value - float((given.discount @ done.supply_gain).sum()) - float((q * supply).sum())
    reported = np.where(given.banking, left, 0.0)
    return {
        "bounds": done.outside_bounds(),
        "accounting": max(
            float((np.abs(plan.flows - done.flow) / units).max()),
            float((np.abs(plan.bank - reported) / units).max()),
            abs(plan.cost - done.cost) / money,
            float(np.abs(q - spread).max() / max(float(np.abs(q).max()), 1e-300)),
        ),
        "feasibility": float(np.maximum(-left / units, 0.0).max()),
        "multiplier_sign": float(np.maximum(-plan.multipliers, 0.0).max() / max(float(np.abs(q).max()), 1e-300)),
        "complementary_slackness": float(np.abs(plan.multipliers * left).sum()) / money,
        "stationarity": done.regret / money,
        "supply": done.supply_regret() / money,
        "duality_gap": abs(plan.cost - value) / money,
    }


def largest_violation(problem: PlanProblem, plan: Plan) -> tuple[str, float]:
    """Return the name and size of the worst of `violations`."""
    found = violations(problem, plan)
    worst = max(found, key=lambda name: found[name])
    return worst, found[worst]


class _Recomputed:
    """Flows, cost and best replies of a plan, block by block."""

    __slots__ = ("baseline_flow", "cost", "flow", "given", "plan", "regret", "supply_gain", "value")

    def __init__(self, given: PlanArrays, plan: Plan) -> None:
        self.given, self.plan = given, plan
        self.flow = np.empty_like(plan.flows)
        self.value = self.regret = self.cost = 0.0
        base = np.zeros_like(plan.flows)
        for y in range(plan.flows.shape[0]):
            technology = replace(given.technology, baseline=given.baseline[y if given.baseline.shape[0] > 1 else 0])
            price, activity = plan.price[y], given.activity[y]
            base[y] = (activity[:, None] * technology.baseline).sum(axis=0)
            own = flows(technology, plan.levels[y], plan.cut[y], activity)
            self.flow[y] = own.sum(axis=0)
            spent = operating_cost(technology, plan.levels[y], plan.cut[y], activity)
            best_x, best_cut = best_response(technology, price)
            best = operating_cost(technology, best_x, best_cut, activity)
            best = best + flows(technology, best_x, best_cut, activity) @ price
            self.regret += float(given.discount[y] * np.abs(spent + own @ price - best).sum())
            self.value += float(given.discount[y] * best.sum())
            self.cost += float(given.discount[y] * spent.sum())
        self.baseline_flow = base.mean(axis=0)
        bought = given.outside_price * plan.imports + 0.5 * given.outside_slope * plan.imports**2
        self.cost += float((given.discount @ (bought + given.backstop_or_zero * plan.shortfall)).sum())
        self.supply_gain = self._outside_gain(self._best_imports())

    def _outside_gain(self, imports: Floats) -> Floats:
        given = self.given
        return (self.plan.price - given.outside_price) * imports - 0.5 * given.outside_slope * imports**2

    def _best_imports(self) -> Floats:
        given = self.given
        gap = self.plan.price - given.outside_price
        steep = given.outside_slope > 0.0
        far = np.where(gap > 0.0, np.inf, np.where(gap < 0.0, -np.inf, 0.0))
        wanted = np.where(steep, gap / np.where(steep, given.outside_slope, 1.0), far)
        return np.clip(wanted, -given.export_limit, given.import_limit)

    def supply_regret(self) -> float:
        """Return what sellers outside and at the backstop would gain by doing otherwise, in present value."""
        given, plan = self.given, self.plan
        regret = np.abs(self.supply_gain - self._outside_gain(plan.imports))
        finite = np.isfinite(given.backstop)
        over = np.where(finite, np.maximum(plan.price - given.backstop_or_zero, 0.0), 0.0) * self.baseline_flow
        idle = np.where(finite, np.abs(given.backstop_or_zero - plan.price), 1e300)
        regret = regret + over + idle * plan.shortfall
        return float((given.discount @ regret).sum())

    def outside_bounds(self) -> float:
        """Return the largest relative breach of limits of levels, cuts, groups and outside supply."""
        plan, technology, given = self.plan, self.given.technology, self.given
        size = np.maximum(technology.limit, 1e-300)
        worst = float((np.maximum(plan.levels - technology.limit, -plan.levels) / size).max(initial=0.0))
        worst = max(worst, float(np.maximum(plan.cut - technology.output_limit, -plan.cut).max(initial=0.0)))
        for g in range(technology.group_limit.shape[1]):
            weight = np.where(technology.group == g, technology.weight, 0.0)
            used = (plan.levels * weight).sum(axis=2)
            room = technology.group_limit[:, g]
            worst = max(worst, float(((used - room) / np.maximum(room, 1e-300)).max(initial=0.0)))
        worst = max(worst, float(((plan.imports - given.import_limit) / self.baseline_flow).max(initial=0.0)))
        worst = max(worst, float(((-plan.imports - given.export_limit) / self.baseline_flow).max(initial=0.0)))
        return max(worst, float((-plan.shortfall / self.baseline_flow).max(initial=0.0)))
