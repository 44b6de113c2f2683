"""The plan against general solvers: HiGHS where every measure is a step, SLSQP where costs are curved."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

from market.reference import OutsideSupply, PlanProblem, least_cost
from market.reference.problem import full_arrays
from market.technology import Technology
from tests.market.reference.random_plans import Features, random_problem


def linear_program_cost(problem: PlanProblem) -> float:
    """Return the least cost of a plan without slopes and output cuts as a linear program in levels and shortfalls."""
    given = full_arrays(problem)
    technology = given.technology
    (blocks, instruments), (n, measures) = given.permits.shape, technology.intercept.shape
    size = n * measures
    count = blocks * (size + instruments)
    cost = np.zeros(count)
    flow = np.zeros((blocks, instruments, count))
    fixed = np.zeros((blocks, instruments))
    for y in range(blocks):
        scale = given.activity[y]
        cost[y * size : (y + 1) * size] = given.discount[y] * (scale[:, None] * technology.intercept).ravel()
        base = given.baseline[y if given.baseline.shape[0] > 1 else 0]
        for k in range(instruments):
            flow[y, k, y * size : (y + 1) * size] = -(scale[:, None] * technology.effect[:, :, k]).ravel()
            flow[y, k, blocks * size + y * instruments + k] = -1.0
            fixed[y, k] = scale @ base[:, k]
            cost[blocks * size + y * instruments + k] = given.discount[y] * given.backstop[y, k]
    supply = given.permits.copy()
    supply[0] += given.initial_bank
    banking = given.banking[None, :]
    rows = np.where(banking[:, :, None], np.cumsum(flow, axis=0), flow).reshape(-1, count)
    room = np.where(banking, np.cumsum(supply - fixed, axis=0), supply - fixed).ravel()
    for g in range(technology.group_limit.shape[1]):
        for y in range(blocks):
            for i in range(n):
                row = np.zeros(count)
                row[y * size + i * measures : y * size + (i + 1) * measures] = np.where(
                    technology.group[i] == g, technology.weight[i], 0.0
                )
                rows, room = np.vstack([rows, row]), np.append(room, technology.group_limit[i, g])
    limits = [(0.0, float(most)) for most in np.tile(technology.limit.ravel(), blocks)]
    limits += [(0.0, None)] * (blocks * instruments)
    largest = np.abs(rows).max(axis=1)
    weight = 1.0 / np.where(largest > 0.0, largest, 1.0)
    found = linprog(cost, A_ub=rows * weight[:, None], b_ub=room * weight, bounds=limits, method="highs")
    return float(found.fun)


@pytest.mark.parametrize("seed", range(25))
def test_steps_agree_with_a_linear_program(seed: int) -> None:
    has = Features(groups=seed % 2 == 0, mixed_banking=seed % 3 == 0, part_years=seed % 5 == 0)
    problem = random_problem(seed, 5, 4, 4, 3, has)
    technology = problem.technology
    problem = replace(problem, technology=replace(technology, slope=np.zeros_like(technology.slope)))
    plan = least_cost(problem)
    assert plan.cost == pytest.approx(linear_program_cost(problem), rel=1e-6)
    assert plan.converged


@pytest.mark.parametrize("seed", range(12))
def test_curved_costs_agree_with_slsqp(seed: int) -> None:
    draw = np.random.default_rng(seed)
    n, measures, years, instruments = 2, 3, 3, 2
    baseline = draw.uniform(5, 10, (n, instruments))
    effect = draw.uniform(-0.1, 1.0, (n, measures, instruments))
    intercept, slope = draw.uniform(0, 5, (n, measures)), draw.uniform(0.5, 3, (n, measures))
    limit = draw.uniform(1, 3, (n, measures))
    technology = Technology.build(
        baseline,
        effect,
        intercept,
        slope,
        limit,
        margin=[30.0, 60.0],
        output_slope=[40.0, 20.0],
        output_limit=0.9,
    )
    permits = baseline.sum(axis=0) * draw.uniform(0.65, 0.9, (years, instruments))
    plan = least_cost(PlanProblem(technology, np.ones((years, n)), permits, 0.05))
    discount = 1.05 ** -np.arange(years)
    size = n * measures

    def split(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return v[: years * size].reshape(years, n, measures), v[years * size :].reshape(years, n)

    def cost(v: np.ndarray) -> float:
        x, cut = split(v)
        own = (1 - cut) * (intercept * x + 0.5 * slope * x**2).sum(axis=2)
        return float(discount @ (own + technology.margin * cut + 0.5 * technology.output_slope * cut**2).sum(axis=1))

    def room(v: np.ndarray) -> np.ndarray:
        x, cut = split(v)
        flow = ((1 - cut)[:, :, None] * (baseline - np.einsum("tim,imk->tik", x, effect))).sum(axis=1)
        return (np.cumsum(permits, axis=0) - np.cumsum(flow, axis=0)).ravel()

    bounds = [(0.0, float(most)) for most in np.tile(limit.ravel(), years)] + [(0.0, 0.9)] * (years * n)
    start = np.concatenate([np.tile(0.5 * limit.ravel(), years), np.full(years * n, 0.3)])
    found = minimize(
        cost, start, method="SLSQP", bounds=bounds, constraints={"type": "ineq", "fun": room},
        options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    assert plan.converged
    assert plan.cost == pytest.approx(found.fun, rel=2e-6)


def test_warm_start_and_cold_start_agree() -> None:
    problem = random_problem(1, 30, 5, 6, 4, Features(steps=True, cuts=True, outside=True))
    plan = least_cost(problem)
    tighter = problem.with_permits(np.asarray(problem.permits) * 0.99)
    cold = least_cost(tighter)
    for start in (plan, plan.multipliers):
        warm = least_cost(tighter, start=start)
        value = float((cold.price * cold.flows).sum())
        assert warm.cost == pytest.approx(cold.cost, rel=1e-9, abs=1e-9 * value)
        assert warm.converged
    with pytest.raises(ValueError, match="start"):
        least_cost(problem, start=plan.multipliers[:3])


def test_outside_supply_by_hand() -> None:
    # Marginal cost a, 10 units to abate or import; imports cost 2 + z each at the margin: a = 2 + z, a + z = 10.
    technology = Technology.build([[20.0]], [[1.0]], [[0.0]], [[1.0]], [[20.0]])
    outside = OutsideSupply(price=2.0, slope=1.0, import_limit=100.0, export_limit=100.0)
    plan = least_cost(PlanProblem(technology, [[1.0]], [[10.0]], 0.05, outside=outside))
    assert plan.price[0, 0] == pytest.approx(6.0)
    assert plan.imports[0, 0] == pytest.approx(4.0)
    assert plan.cost == pytest.approx(0.5 * 36 + 2 * 4 + 0.5 * 16)
    # With rights to spare they are sold: a = 2 + z, z < 0.
    plan = least_cost(PlanProblem(technology, [[1.0]], [[20.0]], 0.05, outside=outside))
    assert plan.imports[0, 0] == pytest.approx(-1.0)
    assert plan.cost == pytest.approx(0.5 - 2 + 0.5)
