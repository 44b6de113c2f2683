"""What may be carried over, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.policies.banking import Banking, CarryOverLimit

# China's rule for 2019-2024 allowances: a base of 10,000 t and 1.5 times the net sales of 2024 and before.
CHINA = Banking(kind="limited", limits=(CarryOverLimit(through=2024, base=10_000.0, per_net_sale=1.5),))


def test_chinas_limit_is_a_base_and_a_multiple_of_net_sales():
    left = np.array([5_000, 10_000, 40_000, 40_000, 40_000])
    sold = np.array([0, 0, 0, 8_000, 100_000])
    assert CHINA.carried(2024, left, sold, 1.0).tolist() == [5_000, 10_000, 10_000, 22_000, 40_000]


def test_net_purchases_do_not_lower_the_base():
    assert CHINA.carried(2024, np.array([30_000]), np.array([-9_000]), 1.0).tolist() == [10_000]


def test_the_limit_counts_units_whatever_the_lot():
    assert CHINA.carried(2023, np.array([9_000]), np.array([100]), 10.0).tolist() == [1_150]


def test_after_its_last_year_carry_over_is_free():
    assert CHINA.limit_for(2024) is not None
    assert CHINA.limit_for(2025) is None
    assert CHINA.carried(2025, np.array([99_999]), np.array([0]), 1.0).tolist() == [99_999]


def test_several_limits_hold_in_turn():
    first, second = CarryOverLimit(through=2025, base=1.0), CarryOverLimit(through=2027, base=5.0)
    rule = Banking(kind="limited", limits=(first, second))
    left, nothing = np.array([9]), np.array([0])
    assert [rule.carried(year, left, nothing, 1.0)[0] for year in range(2024, 2030)] == [1, 1, 5, 5, 9, 9]


@given(st.sampled_from(["none", "full"]), st.lists(st.integers(0, 10**9), min_size=1, max_size=5).map(np.array))
def test_none_and_full(kind, left):
    carried = Banking(kind=kind).carried(2025, left, np.zeros_like(left), 1.0)
    assert carried.tolist() == (left if kind == "full" else 0 * left).tolist()
    carried[:] = -1
    assert left.min() >= 0  # the caller's array is its own


def test_unknown_kinds_are_refused():
    with pytest.raises(ValidationError):
        Banking(kind="some")
