"""Any plan satisfies the optimality conditions, and the check itself notices a plan that does not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from market.errors import SolverError
from market.reference import intertemporal_equilibrium, joint_equilibrium, least_cost
from market.reference.optimality import largest_violation, violations
from tests.market.reference.random_plans import Features, random_problem

dimensions = st.tuples(st.integers(1, 10), st.integers(1, 5), st.integers(1, 7), st.integers(1, 4))
features = st.builds(Features, **dict.fromkeys(Features.__dataclass_fields__, st.booleans()))


@settings(max_examples=100)
@given(st.integers(0, 2**31), dimensions, features)
def test_random_plans_are_optimal(seed: int, shape: tuple[int, int, int, int], has: Features) -> None:
    # Steps inside overlap groups are held against a linear program in test_solvers.
    has = replace(has, groups=has.groups and not has.steps)
    problem = random_problem(seed, *shape, has)
    try:
        plan = least_cost(problem)
    except SolverError:
        assume(has.backstop)
        raise
    assert plan.converged
    name, size = largest_violation(problem, plan)
    assert size < 1e-7, name


@settings(max_examples=100)
@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 8), st.booleans())
def test_taut_string_and_dual_agree(seed: int, firms: int, years: int, capped: bool) -> None:
    draw = np.random.default_rng(seed)
    intercept, slope = draw.uniform(0, 20, firms), draw.uniform(0.1, 2, firms) * (draw.random(firms) < 0.8)
    baseline, permits = draw.uniform(5, 50, (years, firms)), draw.uniform(0, 1.2, years)
    permits *= baseline.sum(axis=1)
    bank, rate = float(draw.choice([0.0, 20.0])), float(draw.uniform(0, 0.1))
    backstop = float(draw.uniform(5, 40)) if capped else np.inf
    limit = baseline.min(axis=0)
    baseline = np.broadcast_to(limit, baseline.shape)
    exact = intertemporal_equilibrium(intercept, slope, limit, permits, rate, initial_bank=bank, backstop=backstop)
    plan = joint_equilibrium(
        limit[:, None], [[1.0]], intercept[:, None], slope[:, None], limit[:, None], permits[:, None], rate,
        initial_bank=bank, backstop=backstop,
    )  # fmt: skip
    scale = float(baseline.sum()) * 50
    assert plan.cost == pytest.approx(exact.cost, rel=1e-8, abs=1e-9 * scale)
    if (slope > 0).all():
        # With steps and flat stretches several price paths clear.
        assert plan.flows.sum() == pytest.approx(exact.emissions.sum(), rel=1e-7, abs=1e-7)
    if not capped:
        assert (exact.bank >= -1e-9).all()
    assert (exact.price <= backstop).all()


@settings(max_examples=100)
@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(2, 8))
def test_no_arbitrage_over_time(seed: int, firms: int, years: int) -> None:
    draw = np.random.default_rng(seed)
    permits = draw.uniform(0, 1.2, years) * 30 * firms
    found = intertemporal_equilibrium(0, draw.uniform(0.1, 2, firms), np.full(firms, 30.0), permits, 0.05)
    assert (found.bank >= 0).all()
    grown = found.price[:-1] * 1.05
    assert (found.price[1:] <= grown * (1 + 1e-9) + 1e-9).all()
    kept = found.bank[:-1] > 1e-9
    assert found.price[1:][kept] == pytest.approx(grown[kept], rel=1e-9, abs=1e-9)


def test_the_check_notices_what_is_wrong() -> None:
    problem = random_problem(5, 6, 4, 5, 3, Features())
    plan = least_cost(problem)
    assert max(violations(problem, plan).values()) < 1e-9
    lazy = replace(plan, levels=plan.levels * 0.9)
    assert violations(problem, lazy)["stationarity"] > 1e-6
    assert violations(problem, lazy)["accounting"] > 1e-6
    assert violations(problem, replace(plan, levels=plan.levels * 0.9))["feasibility"] > 1e-6
    assert violations(problem, replace(plan, levels=plan.levels + 10))["bounds"] > 0.1
    assert violations(problem, replace(plan, multipliers=-plan.multipliers))["multiplier_sign"] > 0.01
    assert violations(problem, replace(plan, cost=plan.cost * 1.01))["duality_gap"] > 1e-4
    looser = replace(problem, permits=np.asarray(problem.permits) * 1.05)
    assert violations(looser, plan)["complementary_slackness"] > 1e-4


def test_a_plan_between_many_kinks_converges() -> None:
    # Newton steps alone zigzag here between steps, overlap groups and outside supply.
    has = Features(steps=True, groups=True, outside=True, mixed_banking=True)
    plan = least_cost(random_problem(10112, 7, 2, 6, 3, has))
    assert plan.converged
    assert plan.gap < 1e-8
