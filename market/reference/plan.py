"""The general least-cost plan over blocks and instruments: dual prices, flows, banks and cost.

Used by `joint_equilibrium`, by the efficiency ladder and, every January, by the firms' expectations, so it starts warm.
"""

from dataclasses import dataclass, replace

import numpy as np

from market.errors import SolverError
from market.reference.dual import Dual, Primal
from market.reference.newton import Minimum, minimise
from market.reference.problem import OutsideSupply, PlanArrays, PlanProblem, full_arrays
from market.technology import Floats, flows, operating_cost

__all__ = ["OutsideSupply", "Plan", "PlanProblem", "least_cost"]

ROUNDS = 60
CAUTION = 1e-3
"""Damping at a starting point from elsewhere, where other measures and backstops may be at work than the model sees."""
ACCEPTABLE = 1e-6
"""A plan whose optimality residual is above this is refused; between this and the tolerance it is flagged."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A least-cost plan; T blocks, K instruments, n firms, M measures.

    Attributes
    ----------
    price : (T, K) money per unit, in the money of the block.
    multipliers : (T, K) present value of a unit more of each cumulative cap (of each block's cap without banking).
    flows, bank, shortfall, imports : (T, K) units; the bank of an instrument without banking is 0.
    levels, cut : (T, n, M) and (T, n) what firms do, per unit of activity.
    cost : present value of operating cost, outside supply and backstop times shortfall.
    cost_by_year : (T,) the same, undiscounted.
    gap : relative duality gap; residual : largest breach of the optimality conditions, relative.
    converged : whether the residual is within the tolerance asked for.
    """

    price: Floats
    multipliers: Floats
    flows: Floats
    bank: Floats
    levels: Floats
    cut: Floats
    shortfall: Floats
    imports: Floats
    cost: float
    cost_by_year: Floats
    gap: float
    residual: float
    converged: bool
    iterations: int


def least_cost(problem: PlanProblem, start: "Plan | Floats | None" = None, tolerance: float = 1e-9) -> Plan:
    """Return the least-cost plan of ``problem``.

    Minimises the present value of operating cost plus outside supply plus backstop times shortfall, under cumulative
    caps without borrowing (yearly caps for instruments that cannot be banked), through `market.reference.dual`.

    Parameters
    ----------
    start : a plan of a similar problem of the same shape, or its multipliers (T, K).
    tolerance : relative to a year's flow and to a typical price.

    Raises
    ------
    ValueError
        If a field has the wrong shape or impossible values.
    SolverError
        If the caps cannot be met and there is no backstop.
    """
    given = full_arrays(problem)
    dual = Dual(given)
    point, damping = _starting_point(dual, start)
    iterations = 0
    for count in range(ROUNDS):
        found = minimise(dual.evaluate, dual.residual, point, dual.ridge, damping=damping, tolerance=0.1 * tolerance)
        iterations += found.iterations
        if found.unbounded and _shortage(dual, found.point)[2] <= 0.0:
            # Nobody is short there: a long step went past the bend beyond which all measures are used up.
            found = minimise(dual.evaluate, dual.residual, point, dual.ridge, damping=1.0, tolerance=0.1 * tolerance)
        if found.residual > ACCEPTABLE and not found.unbounded:
            found = _around_the_kinks(dual, found, tolerance)
        if found.unbounded or found.residual > ACCEPTABLE:
            _refuse(dual, found)
        primal = dual.primal(found.point)
        shift = dual.shift(primal)
        point, damping = found.point, 1e-8
        if shift <= tolerance:
            break
        dual.recentre(primal)
        if 2 <= count < 6:
            dual.soften()
    residual = max(found.residual, shift)
    return _report(dual, found.point, primal, residual, residual <= tolerance, iterations)


def _around_the_kinks(dual: Dual, found: Minimum, tolerance: float) -> Minimum:
    """Go on from where Newton steps zigzag between kinks: quasi-Newton steps average over them, Newton ends it."""
    from scipy.optimize import fmin_l_bfgs_b

    for _ in range(3):
        nearer, _, _ = fmin_l_bfgs_b(
            lambda point: dual.evaluate(point)[:2],
            found.point,
            bounds=[(0.0, None)] * found.point.size,
            m=30,
            factr=10.0,
            pgtol=1e-10,
            maxiter=400,
        )
        start = np.maximum(nearer, 0.0)
        found = minimise(dual.evaluate, dual.residual, start, dual.ridge, damping=CAUTION, tolerance=0.1 * tolerance)
        if found.unbounded or found.residual <= ACCEPTABLE:
            break
    return found


def _starting_point(dual: Dual, start: Plan | Floats | None) -> tuple[Floats, float]:
    """Return scaled multipliers to start from and how much to trust the curvature there."""
    shape = dual.unit.shape
    if isinstance(start, Plan):
        if start.multipliers.shape != shape or start.levels.shape[1:] != (
            dual.given.technology.firms,
            dual.given.technology.measures,
        ):
            raise ValueError(f"start: a plan of shape {shape} is needed, got {start.multipliers.shape}")
        dual.recentre(Primal(start.levels, start.cut, start.shortfall, start.imports))
        return (start.multipliers / dual.unit).ravel(), CAUTION
    if start is not None:
        if np.shape(start) != shape:
            raise ValueError(f"start: expected multipliers of shape {shape}, got {np.shape(start)}")
        return (np.maximum(start, 0.0) / dual.unit).ravel(), CAUTION
    if shape[0] == 1:
        return np.zeros(shape[1]), 1.0
    single = Dual(_one_block(dual.given))
    found = minimise(
        single.evaluate,
        single.residual,
        np.zeros(shape[1]),
        single.ridge,
        damping=1.0,
        tolerance=1e-3,
        iterations=60,
    )
    price = np.minimum(found.point, 1e3) * single.unit[0]
    multipliers = np.zeros(shape)
    multipliers[-1] = price * float(np.median(dual.given.discount))
    multipliers = np.where(dual.given.banking, multipliers, price * dual.given.discount[:, None])
    return (multipliers / dual.unit).ravel(), CAUTION


def _one_block(given: PlanArrays) -> PlanArrays:
    """Return the plan with all blocks thrown together, which costs a T-th and tells where prices will be."""
    weight = given.activity.sum(axis=0)
    mean = given.baseline.mean(axis=0)
    if given.baseline.shape[0] > 1:
        share = np.where(weight > 0.0, weight, 1.0)
        mean = np.where(
            (weight > 0.0)[:, None],
            (given.activity[:, :, None] * given.baseline).sum(axis=0) / share[:, None],
            mean,
        )
    return replace(
        given,
        activity=weight[None],
        permits=given.permits.sum(axis=0)[None],
        years=np.zeros(1),
        discount=np.ones(1),
        backstop=given.backstop.min(axis=0)[None],
        baseline=np.ascontiguousarray(mean[None]),
        outside_price=given.outside_price.mean(axis=0)[None],
        outside_slope=given.outside_slope.mean(axis=0)[None] / given.permits.shape[0],
        import_limit=given.import_limit.sum(axis=0)[None],
        export_limit=given.export_limit.sum(axis=0)[None],
    )


def _report(dual: Dual, point: Floats, primal: Primal, residual: float, converged: bool, iterations: int) -> Plan:
    given = dual.given
    blocks = given.permits.shape[0]
    price = dual.prices(point)
    flow = np.empty_like(price)
    cost = np.empty(blocks)
    for y in range(blocks):
        baseline = given.baseline[y if given.baseline.shape[0] > 1 else 0]
        done = primal.levels[y], primal.cut[y], given.activity[y]
        flow[y] = flows(given.technology, *done, baseline).sum(axis=0)
        cost[y] = operating_cost(given.technology, *done).sum()
    cost += (given.backstop_or_zero * primal.shortfall).sum(axis=1)
    cost += (given.outside_price * primal.imports + 0.5 * given.outside_slope * primal.imports**2).sum(axis=1)
    left = dual.left(dual.supply() - flow + primal.shortfall + primal.imports)
    bank = np.where(given.banking, left, 0.0)
    total = float(given.discount @ cost)
    value = -dual.evaluate(point)[0] * dual.money
    scale = max(abs(total), float((dual.discounted(point.reshape(price.shape) * dual.unit) * dual.flow_scale).sum()))
    return Plan(
        price=price,
        multipliers=point.reshape(price.shape) * dual.unit,
        flows=flow,
        bank=np.where(np.abs(bank) <= 1e-9 * dual.flow_scale, 0.0, bank),
        levels=primal.levels,
        cut=primal.cut,
        shortfall=primal.shortfall,
        imports=primal.imports,
        cost=total,
        cost_by_year=cost,
        gap=abs(total - value) / scale if scale > 0.0 else 0.0,
        residual=residual,
        converged=converged,
        iterations=iterations,
    )


def _refuse(dual: Dual, found: Minimum) -> None:
    """Raise the SolverError that says which caps cannot be met, or that the search stopped early."""
    y, k, short = _shortage(dual, found.point)
    if found.unbounded or short > ACCEPTABLE * float(dual.flow_scale[k]):
        raise SolverError(
            f"permits: the caps cannot be met with the measures given: instrument {k} is short of {short:g} units by "
            f"block {y}; raise the cap, add measures or give a finite backstop"
        )
    raise SolverError(f"the least-cost plan did not converge: optimality residual {found.residual:g}")


def _shortage(dual: Dual, point: Floats) -> tuple[int, int, float]:
    """Return the block and instrument whose cumulative cap is missed the most at a point, and by how many units."""
    gradient = dual.evaluate(point)[1]
    left = (gradient / dual.unit.ravel() * dual.money).reshape(dual.unit.shape) / dual.flow_scale
    y, k = np.unravel_index(int(np.argmin(left)), left.shape)
    return int(y), int(k), -float(left[y, k]) * float(dual.flow_scale[k])
