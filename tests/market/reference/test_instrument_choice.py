"""Price, quantity, collar under uncertain costs: published forms, and a slow integral over the shock."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from market.reference.instrument_choice import (
    UncertainCosts,
    best_collar,
    clamped_normal,
    clamped_uniform,
    price_advantage,
    quota_with_collar,
    welfare,
    welfare_of_price,
    welfare_of_quantity,
)

COSTS = UncertainCosts(60.0, 0.2, 10.0, 0.5, 8.0)


def by_integration(costs, quota, floor, ceiling):
    """Return (welfare, mean price, its deviation, at floor, at ceiling, abatement) on a fine grid of shocks."""
    breaks = [(bound - costs.cost_intercept - costs.cost_slope * quota) for bound in (floor, ceiling)]
    edges = np.clip(
        [-10.0 * costs.deviation, *breaks, 10.0 * costs.deviation], -10 * costs.deviation, 10 * costs.deviation
    )
    node, weight = np.polynomial.legendre.leggauss(400)
    total, pieces = np.zeros(6), []
    for low, high in pairwise(edges):
        theta = 0.5 * (high - low) * node + 0.5 * (high + low)
        density = np.exp(-0.5 * (theta / costs.deviation) ** 2) / (costs.deviation * math.sqrt(2 * math.pi))
        w = 0.5 * (high - low) * weight * density
        market = costs.cost_intercept + costs.cost_slope * quota + theta
        price = np.clip(market, floor, ceiling)
        q = np.where(price == market, quota, (price - costs.cost_intercept - theta) / costs.cost_slope)
        values = [welfare(costs, a, t) for a, t in zip(q, theta, strict=True)]
        rows = (values, price, market < floor, market > ceiling, q, np.ones_like(q))
        total += [float(w @ np.asarray(row, dtype=float)) for row in rows]
        pieces.append((w, price))
    assert total[5] == pytest.approx(1.0, abs=1e-9)
    # About the mean: the mean square less the squared mean loses a deviation of 1e-5 beside a price of 60.
    deviation = math.sqrt(sum(float(w @ (price - total[1]) ** 2) for w, price in pieces))
    return total[0], total[1], deviation, total[2], total[3], total[4]


@pytest.mark.slow
@settings(max_examples=40)
@example(0.0, 2.0, 1.5, 32.0, -10.5, 1.5)
@example(0.0, 2.0, 1.75, 25.0, -10.5, 1.0)
@given(
    st.floats(0.0, 2.0), st.floats(0.1, 2.0), st.floats(0.5, 20.0), st.floats(10.0, 100.0), st.floats(-30.0, 20.0),
    st.floats(0.1, 40.0),
)  # fmt: skip
def test_closed_forms_are_the_integral(benefit_slope, cost_slope, deviation, quota, down, width):
    costs = UncertainCosts(60.0, benefit_slope, 10.0, cost_slope, deviation)
    floor = costs.cost_intercept + costs.cost_slope * quota + down
    found = quota_with_collar(costs, quota, floor, floor + width)
    expected = by_integration(costs, quota, floor, floor + width)
    got = (found.welfare, found.mean_price, found.price_deviation, found.at_floor, found.at_ceiling, found.abatement)
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-5)


def test_weitzman():
    """Marginal cost 10 + 0.5 q + θ, θ ~ N(0, 64), marginal benefit 60 − 0.2 q, or 60 − 0.9 q."""
    assert (COSTS.quantity, COSTS.price) == pytest.approx((71.428571, 45.714286), abs=1e-6)
    assert welfare_of_quantity(COSTS, COSTS.quantity) == pytest.approx(1785.714286, abs=1e-6)
    assert welfare_of_price(COSTS, COSTS.price) == pytest.approx(1824.114286, abs=1e-6)
    assert price_advantage(COSTS) == pytest.approx(38.4)
    steep = UncertainCosts(60.0, 0.9, 10.0, 0.5, 8.0)
    assert (steep.quantity, steep.price) == pytest.approx((35.714286, 27.857143), abs=1e-6)
    assert price_advantage(steep) == pytest.approx(-51.2)


@given(st.floats(0.0, 3.0), st.floats(0.1, 3.0), st.floats(0.5, 20.0))
def test_the_advantage_of_price_is_the_difference_in_welfare(benefit_slope, cost_slope, deviation):
    costs = UncertainCosts(60.0, benefit_slope, 10.0, cost_slope, deviation)
    difference = welfare_of_price(costs, costs.price) - welfare_of_quantity(costs, costs.quantity)
    assert difference == pytest.approx(price_advantage(costs), rel=1e-9, abs=1e-8 * abs(welfare_of_price(costs, 0.0)))


def test_a_collar_without_width_is_a_price_and_a_wide_one_a_quantity():
    price = quota_with_collar(COSTS, 50.0, 40.0, 40.0)
    assert price.welfare == pytest.approx(welfare_of_price(COSTS, 40.0))
    assert quota_with_collar(COSTS, 50.0).welfare == pytest.approx(welfare_of_quantity(COSTS, 50.0))
    with pytest.raises(ValueError, match="above the ceiling"):
        quota_with_collar(COSTS, 50.0, 41.0, 40.0)


@pytest.mark.parametrize(
    ("floor", "ceiling", "mean"),
    [(20.0, 40.0, 30.0), (25.0, 60.0, 31.974144), (10.0, 35.0, 28.106941)],
)
def test_a_collar_on_a_normal_price(floor, ceiling, mean):
    assert clamped_normal(30.0, 10.0, floor, ceiling)[0] == pytest.approx(mean, abs=1e-6)


def test_a_collar_on_a_uniform_price():
    assert clamped_uniform(15.0, 45.0, 25.0, 60.0) == pytest.approx(31.666667, abs=1e-6)
    assert clamped_uniform(0.0, 10.0, -math.inf, math.inf) == 5.0
    assert clamped_uniform(0.0, 10.0, 12.0, 14.0) == 12.0


@pytest.mark.parametrize("costs", [COSTS, UncertainCosts(60.0, 0.9, 10.0, 0.5, 8.0), UncertainCosts(80, 1, 5, 2, 15)])
def test_the_best_collar_beats_its_neighbours_and_both_pure_instruments(costs):
    best = best_collar(costs)
    pure = max(welfare_of_quantity(costs, costs.quantity), welfare_of_price(costs, costs.price))
    assert best.welfare > pure
    for quota, floor, ceiling in np.vstack([np.eye(3), -np.eye(3)]) * 0.05 * costs.deviation:
        other = quota_with_collar(costs, best.quota + quota, best.floor + floor, best.ceiling + ceiling)
        assert other.welfare < best.welfare


def test_the_best_collar_of_the_published_case():
    best = best_collar(COSTS)
    assert (best.floor, best.ceiling, best.quota) == pytest.approx((43.4621, 47.9664, 71.4286), abs=5e-5)
    assert best.welfare == pytest.approx(1829.418632, abs=1e-6)


def test_costs_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="must be positive"):
        UncertainCosts(60.0, 0.2, 10.0, 0.0, 8.0)
