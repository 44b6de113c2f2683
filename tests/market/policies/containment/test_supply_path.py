"""A whole path of supply under a known bank."""

import numpy as np
import pytest

from market.policies.containment import MarketStabilityReserve, SupplyShift
from market.policies.containment.supply_path import supply_path


def test_each_year_acts_on_the_bank_at_the_end_of_the_last():
    """24 % of 1,000 in the first year, then nothing between the thresholds, then 200 returned below 400."""
    rule = MarketStabilityReserve.eu_2018(1.0, inflow={}, invalidation="none")
    found = supply_path((rule,), [900.0] * 4, range(2019, 2023), [600.0, 300.0, 300.0, 0.0], initial_bank=1000.0)
    assert found.offered.tolist() == [660.0, 900.0, 1100.0, 940.0]
    assert found.reserve.tolist() == [240.0, 240.0, 40.0, 0.0]


def test_invalidation_compares_with_last_years_net_auction():
    rule = MarketStabilityReserve.eu_2018(1.0, inflow={}, opening_stock=2000.0)
    found = supply_path((rule,), [900.0] * 3, range(2022, 2025), [1000.0] * 3, initial_bank=1000.0, last_auction=1.0)
    assert found.cancelled.tolist() == [0.0, pytest.approx(2240.0 - 660.0), pytest.approx(660.0 + 240.0 - 660.0)]
    assert found.reserve.tolist() == [2240.0, 900.0, pytest.approx(780.0)]


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match="each of 3 years"):
        supply_path((SupplyShift(changes={2020: -1.0}),), np.ones(3), range(3), np.ones(2))
