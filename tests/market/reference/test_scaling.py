"""Laws that any plan obeys: units of money and of flow, the order and size of firms, tighter caps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.reference import PlanProblem, joint_equilibrium, least_cost
from market.technology import Technology
from tests.market.reference.random_plans import Features, random_problem

few = settings(max_examples=30)
seeds = st.integers(0, 2**31)
KIND = Features(cuts=True, mixed_banking=True, groups=True)


def problem_of(seed: int) -> PlanProblem:
    return random_problem(seed, 5, 4, 4, 3, KIND)


def same_cost(first: float, second: float, scale: float) -> None:
    assert first == pytest.approx(second, rel=1e-7, abs=1e-9 * scale)


@few
@given(seeds, st.floats(1e-6, 1e6))
def test_prices_scale_with_money(seed: int, money: float) -> None:
    problem = problem_of(seed)
    technology = problem.technology
    dear = replace(
        technology, intercept=technology.intercept * money, slope=technology.slope * money,
        margin=technology.margin * money, output_slope=technology.output_slope * money,
    )  # fmt: skip
    plain = least_cost(problem)
    scaled = least_cost(replace(problem, technology=dear, backstop=np.asarray(problem.backstop) * money))
    assert scaled.cost == pytest.approx(plain.cost * money, rel=1e-7, abs=1e-9 * money)
    assert scaled.flows == pytest.approx(plain.flows, rel=1e-6)
    assert scaled.converged


@few
@given(seeds, seeds)
def test_the_order_of_firms_does_not_matter(seed: int, order: int) -> None:
    problem = problem_of(seed)
    rows = np.random.default_rng(order).permutation(5)
    technology = problem.technology
    fields = {
        name: getattr(technology, name)[rows] for name in Technology.__dataclass_fields__ if name != "measure_names"
    }
    shuffled = replace(
        problem, technology=replace(technology, **fields), activity=np.asarray(problem.activity)[:, rows]
    )
    first, second = least_cost(problem), least_cost(shuffled)
    same_cost(first.cost, second.cost, float((first.price * first.flows).sum()))
    assert second.flows == pytest.approx(first.flows, rel=1e-6)
    assert second.levels == pytest.approx(first.levels[:, rows], rel=1e-5, abs=1e-6)


@few
@given(seeds)
def test_twice_the_activity_and_twice_the_rights_give_the_same_prices_and_twice_the_cost(seed: int) -> None:
    problem = problem_of(seed)
    twice = replace(
        problem, activity=2 * np.asarray(problem.activity), permits=2 * np.asarray(problem.permits),
        initial_bank=2 * np.asarray(problem.initial_bank),
    )  # fmt: skip
    first, second = least_cost(problem), least_cost(twice)
    assert second.cost == pytest.approx(2 * first.cost, rel=1e-7, abs=1e-8)
    assert second.flows == pytest.approx(2 * first.flows, rel=1e-6)


@few
@given(seeds, st.floats(0.8, 1.0))
def test_tighter_caps_never_cost_less(seed: int, factor: float) -> None:
    problem = problem_of(seed)
    plan = least_cost(problem)
    tighter = least_cost(problem.with_permits(np.asarray(problem.permits) * factor), start=plan)
    assert tighter.cost >= plan.cost - 1e-8 * max(1.0, plan.cost)
    # Duality bounds the increase by the new prices times what was taken away.
    taken = np.asarray(problem.permits) * (1 - factor)
    discount = (1 + problem.discount_rate) ** -np.arange(4.0)
    bound = float((discount[:, None] * tighter.price * taken).sum())
    assert tighter.cost <= plan.cost + bound + 1e-8 * max(1.0, plan.cost + bound)


def test_money_and_flow_units_of_the_joint_equilibrium() -> None:
    baseline, effect = np.array([[10.0, 4.0], [6.0, 8.0]]), np.array([[1.0, 0.3], [-0.1, 0.8]])
    intercept, slope, limit = np.ones((2, 2)), np.full((2, 2), 0.7), np.full((2, 2), 4.0)
    permits = np.array([[13.0, 10.0], [11.0, 9.0]])
    plain = joint_equilibrium(baseline, effect, intercept, slope, limit, permits, 0.05)
    kilo = np.array([1000.0, 1.0])
    grams = joint_equilibrium(baseline * kilo, effect * kilo, intercept, slope, limit, permits * kilo, 0.05)
    assert grams.price == pytest.approx(plain.price / kilo, rel=1e-8)
    assert grams.cost == pytest.approx(plain.cost, rel=1e-9)
