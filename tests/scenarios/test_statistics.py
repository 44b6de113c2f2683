"""Means, intervals and paired differences against closed forms and by what may not change them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.statistics import estimate, paired_baseline, paired_difference

# Student's t, two-sided 95 %, from printed tables: degrees of freedom and quantile.
T95 = {1: 12.7062, 2: 4.30265, 4: 2.77645, 9: 2.26216, 29: 2.04523}
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3))


@pytest.mark.parametrize(("degrees", "quantile"), T95.items())
def test_the_interval_is_student_s(degrees: int, quantile: float) -> None:
    # 0, 1, …, n − 1: mean (n − 1)/2 and variance n(n + 1)/12 with n − 1 in the denominator.
    n = degrees + 1
    found = estimate(np.arange(n))
    assert found.mean == (n - 1) / 2
    assert found.error == pytest.approx(np.sqrt((n + 1) / 12))
    assert found.high - found.mean == pytest.approx(quantile * found.error, rel=1e-5)
    assert found.mean - found.low == pytest.approx(quantile * found.error, rel=1e-5)
    assert found.n == n


def test_two_values_by_hand() -> None:
    # 1 and 3: mean 2, s = √2, s/√2 = 1, t = 12.7062.
    found = estimate([1.0, 3.0])
    assert (found.low, found.high) == pytest.approx((2 - 12.7062, 2 + 12.7062), rel=1e-5)


def test_a_wider_confidence_is_a_wider_interval() -> None:
    narrow, wide = estimate([1.0, 2.0, 4.0], 0.5), estimate([1.0, 2.0, 4.0], 0.99)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    one, none = estimate([5.0]), estimate([])
    assert (one.mean, one.n) == (5.0, 1)
    assert np.isnan([one.error, one.low, one.high]).all()
    assert np.isnan([none.mean, none.error, none.low, none.high]).all()
    assert none.n == 0
    assert not one.excludes_zero


@given(st.floats(-1e9, 1e9), st.integers(2, 40))
def test_what_does_not_vary_has_no_width(value: float, n: int) -> None:
    found = estimate(np.full(n, value))
    assert (found.mean, found.low, found.high, found.error) == (value, value, value, 0.0)


def test_missing_values_are_left_out_and_counted() -> None:
    found = estimate([1.0, np.nan, 3.0, np.inf])
    assert (found.mean, found.n) == (2.0, 2)
    paired = paired_difference([1.0, 5.0, np.nan, 9.0], [0.0, np.nan, 2.0, 6.0])
    assert (paired.mean, paired.n) == (2.0, 2)
    assert paired_baseline([1.0, 5.0, np.nan, 9.0], [0.0, np.nan, 2.0, 6.0]) == 3.0


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=2, max_size=30))
def test_what_a_seed_does_to_both_arms_drops_out(rows: list[tuple[float, float, float]]) -> None:
    arm, base, effect = np.array(rows).T
    plain, shifted = paired_difference(arm, base), paired_difference(arm + effect, base + effect)
    assert [shifted.mean, shifted.low, shifted.high] == pytest.approx([plain.mean, plain.low, plain.high], abs=1e-4)


@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=30), st.randoms())
def test_the_order_of_seeds_and_the_sign_of_the_question(rows: list[tuple[float, float]], random) -> None:
    arm, base = np.array(rows).T
    plain, turned = paired_difference(arm, base), paired_difference(base, arm)
    assert [turned.low, turned.high] == pytest.approx([-plain.high, -plain.low], abs=1e-6)
    order = random.sample(range(len(rows)), len(rows))
    mixed = paired_difference(arm[order], base[order])
    assert [mixed.low, mixed.high] == pytest.approx([plain.low, plain.high], abs=1e-4)


def test_ninety_five_intervals_of_a_hundred_hold_the_truth() -> None:
    """4,000 samples of eight from a normal with mean 3: coverage 0.95 within four standard errors (0.0138)."""
    samples = np.random.default_rng(20171124).normal(3.0, 2.0, (4_000, 8))
    held = [found.low <= 3.0 <= found.high for found in map(estimate, samples)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.0138)
