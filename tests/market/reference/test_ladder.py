"""The efficiency ladder: zero for the optimal plan, the right sign for any other, and an identity."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.reference import PlanProblem, least_cost
from market.reference.ladder import EfficiencyLadder, efficiency_ladder
from market.reference.problem import full_arrays
from market.technology import Technology, flows, operating_cost
from tests.market.reference.random_plans import Features, random_problem


def score(problem: PlanProblem, cost: np.ndarray, flow: np.ndarray, **more: object) -> EfficiencyLadder:
    return efficiency_ladder(
        problem.technology, problem.activity, cost, flow, problem.permits, problem.discount_rate,
        banking=problem.banking, initial_bank=problem.initial_bank, backstop=problem.backstop, outside=problem.outside,
        years=problem.years, baseline=problem.baseline, **more,
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 2**31), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_the_optimal_plan_scores_zero_on_every_rung(
    seed: int, steps: bool, cuts: bool, outside: bool, mixed: bool
) -> None:
    has = Features(steps=steps, cuts=cuts, outside=outside, mixed_banking=mixed, changing_baseline=seed % 2 == 0)
    problem = random_problem(seed, 6, 4, 5, 3, has)
    plan = least_cost(problem)
    given_ = full_arrays(problem)
    elsewhere = given_.outside_price * plan.imports + 0.5 * given_.outside_slope * plan.imports**2
    elsewhere = (elsewhere + given_.backstop_or_zero * plan.shortfall).sum(axis=1)
    found = score(
        problem,
        plan.cost_by_year - elsewhere,
        plan.flows,
        outside_cost=elsewhere,
        imports=plan.imports + plan.shortfall,
    )
    scale = max(abs(plan.cost), float((given_.discount @ (plan.price * plan.flows)).sum()))
    for name, rung in found.rungs().items():
        assert abs(rung) <= 1e-6 * scale, name
    assert found.identity_error <= 1e-9
    assert np.isnan(found.information)


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.booleans(), st.booleans())
def test_other_behaviour_is_misallocated_or_mistimed_never_better(seed: int, groups: bool, mixed: bool) -> None:
    problem = random_problem(seed, 6, 4, 5, 3, Features(groups=groups, mixed_banking=mixed))
    technology, draw = problem.technology, np.random.default_rng(seed)
    activity = np.asarray(problem.activity)
    flow, cost = np.zeros((5, 3)), np.zeros(5)
    for y in range(5):
        levels = technology.limit * draw.random(technology.limit.shape)
        for g in range(technology.group_limit.shape[1]):
            inside = technology.group == g
            used = (levels * technology.weight * inside).sum(axis=1)
            room = np.minimum(1.0, technology.group_limit[:, g] / np.maximum(used, 1e-12))
            levels = np.where(inside, levels * room[:, None], levels)
        flow[y] = flows(technology, levels, np.zeros(6), activity[y]).sum(axis=0)
        cost[y] = operating_cost(technology, levels, np.zeros(6), activity[y]).sum()
    found = score(problem, cost, flow, friction_cost=np.full(5, 0.01), investment_cost=0.5)
    noise = 1e-8 * found.actual_cost
    assert found.misallocation >= -noise
    assert found.mistiming >= -noise
    assert found.least_cost + sum(found.rungs().values()) == pytest.approx(found.actual_cost, rel=1e-9)
    assert found.identity_error <= 1e-9
    assert found.investment == 0.5
    assert found.friction == pytest.approx(float(1.0 / (1 + problem.discount_rate) ** np.arange(5) @ np.full(5, 0.01)))


def two_firms() -> Technology:
    """Marginal costs a and 2a on baselines of 10."""
    return Technology.build([[10.0], [10.0]], [[1.0]], np.zeros((2, 1)), [[1.0], [2.0]], [[10.0], [10.0]])


def test_rungs_by_hand() -> None:
    technology, permits = two_firms(), np.array([[14.0], [8.0]])
    # Both firms cut 3 and 6 a year, as the caps ask: no banking happened, and no trade.
    cost = np.array([0.5 * 9 * 3, 0.5 * 36 * 3])
    problem = PlanProblem(technology, np.ones((2, 2)), permits, 0.0)
    found = score(problem, cost, permits)
    # Least cost of cutting A in a year is ½ (2/3) A²: 12 for 6 and 48 for 12; of 18 over two years 2 · ½ (2/3) 81 = 54.
    assert found.misallocation == pytest.approx(13.5 + 54 - 12 - 48, rel=1e-7)
    assert found.mistiming == pytest.approx(60 - 54, rel=1e-7)
    assert found.volume == pytest.approx(0, abs=1e-6)
    assert found.least_cost == pytest.approx(54, rel=1e-8)


def test_without_banking_nothing_is_mistimed() -> None:
    technology, permits = two_firms(), np.array([[14.0], [8.0]])
    problem = PlanProblem(technology, np.ones((2, 2)), permits, 0.0, banking=False)
    found = score(problem, np.array([13.5, 54.0]), permits)
    assert found.mistiming == 0
    assert found.least_cost == pytest.approx(60, rel=1e-8)


def test_unused_rights_and_exceeded_caps_show_as_volume() -> None:
    technology, permits = two_firms(), np.array([[14.0], [8.0]])
    problem = PlanProblem(technology, np.ones((2, 2)), permits, 0.0, banking=False)
    unused = score(problem, np.array([0.5 * (2 / 3) * 49, 48.0]), permits - np.array([[1.0], [0.0]]))
    assert unused.volume == pytest.approx((49 - 36) / 3, rel=1e-6)
    assert unused.misallocation == pytest.approx(0, abs=1e-6)
    breach = score(problem, np.array([0.5 * (2 / 3) * 25, 48.0]), permits + np.array([[1.0], [0.0]]))
    assert breach.volume == pytest.approx((25 - 36) / 3, rel=1e-6)


def test_flows_borrowed_from_the_future_are_not_called_mistimed_for_it() -> None:
    # Cumulative limits of the mistiming rung are the looser of caps and what was done.
    technology, permits = two_firms(), np.array([[8.0], [14.0]])
    problem = PlanProblem(technology, np.ones((2, 2)), permits, 0.0)
    smooth = np.full((2, 1), 11.0)
    found = score(problem, np.full(2, 0.5 * (2 / 3) * 81), smooth)
    assert found.mistiming == pytest.approx(0, abs=1e-6)
    assert found.volume == pytest.approx(54 - 60, rel=1e-6)
    assert replace(found, volume=0.0).rungs()["volume"] == 0
