"""Who gets how much of a cap: shares, benchmarks, and rounding to lots."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.policies.allocation import Grandfathering, OutputBenchmark, benchmark_credit, to_lots

amounts = st.lists(st.floats(0, 1e6), min_size=1, max_size=40).map(np.array)


def test_what_is_neither_auctioned_nor_sold_is_free():
    assert Grandfathering(auction_share=0.3, paid_share=0.2).free_share == pytest.approx(0.5)
    assert Grandfathering().free_share == 1.0
    with pytest.raises(ValidationError, match="add up to more than 1"):
        Grandfathering(auction_share=0.6, paid_share=0.5)


def test_a_benchmark_gives_the_sectors_mean_intensity_times_output():
    # Sector 0: flows 10 and 50 on outputs 10 and 20, mean intensity 2. Sector 1: intensity 4.
    baseline, size, sector = np.array([10.0, 50.0, 40.0]), np.array([10.0, 20.0, 10.0]), np.array([0, 0, 1])
    mean = benchmark_credit(OutputBenchmark(), baseline, size, sector, np.array([1.0, 0.5]))
    np.testing.assert_allclose(mean, [20.0, 40.0, 20.0])
    assert mean[:2].sum() == baseline[:2].sum()  # clean plants gain what dirty ones lose
    own = benchmark_credit(OutputBenchmark(own_weight=1.0), baseline, size, sector, np.array([0.9, 0.9]))
    np.testing.assert_allclose(own, 0.9 * baseline)
    mixed = benchmark_credit(OutputBenchmark(own_weight=0.25), baseline, size, sector, np.ones(2))
    np.testing.assert_allclose(mixed, 0.25 * baseline + 0.75 * np.array([20.0, 40.0, 40.0]))


def test_an_account_without_the_flow_or_a_sector_without_output_earns_nothing():
    baseline, size, sector = np.array([0.0, 50.0, 5.0]), np.array([10.0, 20.0, 0.0]), np.array([0, 0, 1])
    credit = benchmark_credit(OutputBenchmark(), baseline, size, sector, np.ones(2))
    assert credit[0] == 0.0
    assert credit[2] == 0.0
    assert credit[1] == pytest.approx(50.0 / 30.0 * 20.0)


@given(amounts, st.sampled_from([0.001, 0.5, 1.0, 10.0]))
def test_lots_add_up_to_the_total_and_are_fair_to_within_one(values, lot):
    total = int(np.floor(values.sum() / lot))
    assume(total > 0)
    lots = to_lots(values, lot, total)
    exact = values / lot
    assert lots.dtype == np.int64
    assert lots.sum() == total
    assert np.all(np.abs(lots - exact) < 1.0 + 1e-6)
    assert np.all(lots[values == 0.0] == 0)


@given(amounts, st.sampled_from([0.001, 1.0, 10.0]))
def test_without_a_total_nobody_gets_more_than_its_amount(values, lot):
    lots = to_lots(values, lot)
    assert np.all(lots * lot <= values + 1e-8 * lot)
    assert np.all((lots + 1) * lot > values)


@given(st.integers(1, 30), st.integers(0, 1000))
def test_equal_claims_differ_by_one_lot_at_most_and_lower_rows_come_first(accounts, total):
    lots = to_lots(np.full(accounts, total / accounts), 1.0, total)
    assert lots.sum() == total
    assert lots.max() - lots.min() <= 1
    assert np.all(np.diff(lots) <= 0)


def test_the_largest_remainder_gets_the_next_lot():
    assert to_lots(np.array([1.2, 2.7, 3.1]), 1.0, 7).tolist() == [1, 3, 3]
    assert to_lots(np.array([1.2, 2.7, 3.1]), 1.0).tolist() == [1, 2, 3]
    assert to_lots(np.array([0.1 * 3]), 0.1, 3).tolist() == [3]
