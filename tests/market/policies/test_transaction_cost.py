"""Transaction costs: never negative, never falling, and Stavins' two firms through the marginal cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.policies.transaction_cost import SideCost, TransactionCost

B1, B2, BASELINE, CAP = 1.0, 0.5, 100.0, 120.0


def emissions_of_first(cost, held):
    """Firm 1 of two with marginal cost b·(100 − e): trade until the wedge is the gap (bisection on the trade)."""
    gap = B1 * (BASELINE - held) - B2 * (BASELINE - (CAP - held))
    low, high = 0.0, abs(gap) / (B1 + B2)
    if float(cost.wedge(0.0)) >= abs(gap):
        return held
    for _ in range(200):
        middle = 0.5 * (low + high)
        if float(cost.wedge(middle)) <= abs(gap) - (B1 + B2) * middle:
            low = middle
        else:
            high = middle
    return held + np.sign(gap) * low


def abatement_cost(e1):
    return 0.5 * B1 * (BASELINE - e1) ** 2 + 0.5 * B2 * (BASELINE - (CAP - e1)) ** 2


HELD = (20.0, 40.0, 60.0, 100.0, 120.0)


@pytest.mark.parametrize("buyers_share", [0.0, 0.3, 1.0])
def test_constant_marginal_costs_leave_the_same_gap_whatever_the_endowment(buyers_share):
    """tau = 6 (Stavins 1995, closed form): one outcome from below, one from above, however the cost is split."""
    cost = TransactionCost(
        buyer=SideCost(proportional=6.0 * buyers_share), seller=SideCost(proportional=6.0 * (1 - buyers_share))
    )
    found = [emissions_of_first(cost, held) for held in HELD]
    assert found == pytest.approx([69.333333] * 3 + [77.333333] * 2, abs=1e-6)
    trades = [e - held for e, held in zip(found, HELD, strict=True)]
    assert trades == pytest.approx([49.333333, 29.333333, 9.333333, -22.666667, -42.666667], abs=1e-6)
    assert [abatement_cost(e) for e in found] == pytest.approx([1078.666667] * 5, abs=1e-6)


def test_a_cost_above_the_gap_stops_trade():
    """tau = 30: with 60 held the gap is 20."""
    cost = TransactionCost(seller=SideCost(proportional=30.0))
    found = [emissions_of_first(cost, held) for held in HELD]
    assert found == pytest.approx([53.333333, 53.333333, 60.0, 93.333333, 93.333333], abs=1e-6)
    assert abatement_cost(found[2]) == pytest.approx(1200.0)


@pytest.mark.parametrize(
    ("curvature", "distance"),
    [
        (0.05, (5.591398, 4.946237, 4.301075, 4.731183, 5.376344)),
        (-0.05, (2.298851, 2.988506, 3.678161, 3.218391, 2.528736)),
    ],
)
def test_curvature_makes_the_endowment_matter(curvature, distance):
    cost = TransactionCost(buyer=SideCost(proportional=6.0, curvature=curvature, largest=120.0))
    found = [abs(emissions_of_first(cost, held) - 220.0 / 3.0) for held in HELD]
    assert found == pytest.approx(list(distance), abs=1e-6)


@given(st.floats(0, 50), st.floats(-2, 2), st.floats(-0.5, 0.5), st.floats(0, 0.4))
def test_the_closed_form_holds_for_any_linear_wedge(tau, unequal, gamma, share):
    """q = max(0, gap − tau) / (b1 + b2 + gamma), where the cost is defined."""
    gap = 60.0 + 20.0 * unequal
    held = (B1 * BASELINE - B2 * (BASELINE - CAP) - gap) / (B1 + B2)
    if gamma < 0 and tau < -gamma * 200.0:
        return
    half = SideCost(proportional=0.5 * tau, curvature=0.5 * gamma, largest=200.0)
    q = emissions_of_first(TransactionCost(buyer=half, seller=half), held) - held
    assert q == pytest.approx(max(0.0, gap - tau) / (B1 + B2 + gamma), abs=1e-6)


SIDES = st.builds(
    lambda fixed, proportional, share, bend, largest: SideCost(
        fixed=fixed, proportional=proportional, share=share, largest=largest,
        curvature=bend if bend >= 0 else bend * proportional / largest,
    ),
    st.floats(0, 10), st.floats(0, 10), st.floats(0, 1), st.floats(-1, 1), st.floats(0.1, 100),
)  # fmt: skip


@given(SIDES, st.lists(st.floats(0, 300), min_size=2, max_size=20))
def test_a_larger_trade_never_costs_less(side, sizes):
    q = np.sort(np.array(sizes))
    cost = side.cost(q, 7.0 * q)
    assert (cost >= 0).all()
    assert (np.diff(cost) >= -1e-9 * (1.0 + cost[1:])).all()
    assert (side.marginal(q) >= 0).all()


@given(SIDES, st.floats(0.5, 200))
def test_marginal_costs_are_the_slope_of_the_cost(side, q):
    step = 1e-4  # across the end of the discount the difference is off by a quarter of curvature × step
    slope = (side.cost(q + step, 5.0 * (q + step)) - side.cost(q - step, 5.0 * (q - step))) / (2 * step)
    assert float(slope) == pytest.approx(float(side.marginal(q, 5.0)), abs=1e-3)


def test_by_hand():
    side = SideCost(fixed=3.0, proportional=2.0, share=0.01, curvature=0.5)
    assert side.cost([0.0, 4.0], [0.0, 100.0]).tolist() == [0.0, 3.0 + 8.0 + 1.0 + 4.0]
    assert side.marginal([0.0, 4.0], 25.0).tolist() == [2.25, 4.25]
    both = TransactionCost(buyer=side, seller=SideCost(proportional=1.0))
    assert float(both.cost(4.0, 100.0)) == 20.0
    assert float(both.wedge(4.0, 25.0)) == 5.25


def test_beyond_the_largest_trade_the_last_unit_counts():
    side = SideCost(proportional=4.0, curvature=-0.1, largest=30.0)
    assert side.marginal([30.0, 80.0]).tolist() == [1.0, 1.0]
    assert float(side.cost(40.0, 0.0)) == pytest.approx(4 * 30 - 0.05 * 900 + 10 * 1.0)


def test_a_concave_cost_that_would_turn_negative_is_refused():
    with pytest.raises(ValidationError, match="name the largest trade"):
        SideCost(proportional=4.0, curvature=-0.1)
    with pytest.raises(ValidationError, match="above 40 units"):
        SideCost(proportional=4.0, curvature=-0.1, largest=41.0)
    SideCost(proportional=4.0, curvature=-0.1, largest=40.0)
    with pytest.raises(ValueError, match="negative size"):
        SideCost().cost([-1.0], [0.0])
