"""Units to lots, ticks and minor units: exact where written numbers are exact, refused where money would be rounded."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.units import minor_unit, money_per_lot_tick, steps_down, steps_nearest, steps_up


def test_quotients_that_floating_point_misses_are_whole():
    assert 0.3 / 0.1 < 3
    assert steps_down(0.3, 0.1) == 3
    assert steps_up(1.1 * 3, 1.1) == 3
    assert steps_up([0.0, 0.01, 1.0, 1.01], 1.0).tolist() == [0, 1, 1, 2]
    assert steps_down([0.99, 1.0, 1.99], 1.0).tolist() == [0, 1, 1]
    assert steps_nearest([0.49, 0.5, 1.5, 2.5], 1.0).tolist() == [0, 1, 2, 3]


@given(st.integers(0, 10**9), st.sampled_from([0.001, 0.01, 0.1, 0.25, 1.0, 1000.0]))
def test_whole_lots_stay_what_they_are(lots, lot):
    amount = lots * lot
    assert steps_up(amount, lot) == steps_down(amount, lot) == steps_nearest(amount, lot) == lots


@pytest.mark.parametrize("amount", [np.nan, np.inf, 1e30])
def test_amounts_that_are_no_number_of_lots_are_refused(amount):
    with pytest.raises(ValueError, match="finite"):
        steps_up(amount, 1.0)


def test_steps_are_positive():
    with pytest.raises(ValueError, match="positive"):
        steps_up(1.0, 0.0)


@pytest.mark.parametrize(
    ("lot", "tick", "minor", "expected"),
    [(1.0, 0.01, 0.01, 1), (100.0, 0.05, 0.01, 500), (0.1, 0.1, 0.01, 1), (0.001, 10.0, 0.01, 1)],
)
def test_money_of_a_lot_at_a_tick(lot, tick, minor, expected):
    assert money_per_lot_tick(lot, tick, minor) == expected


def test_money_that_would_be_rounded_is_refused():
    with pytest.raises(ValueError, match="smaller minor unit"):
        money_per_lot_tick(0.001, 0.01, 0.01)


@given(st.lists(st.tuples(st.sampled_from([0.001, 0.3, 1.0, 7.0]), st.sampled_from([0.01, 0.05, 0.4])), max_size=4))
def test_the_minor_unit_divides_every_lot_at_a_tick_and_is_the_largest(pairs):
    unit = minor_unit(pairs)
    worth = [Fraction(str(lot)) * Fraction(str(tick)) / unit for lot, tick in pairs]
    multiples = [*worth, Fraction("0.01") / unit]
    assert all(w.denominator == 1 for w in multiples)
    assert np.gcd.reduce([int(w) for w in multiples]) == 1
