"""Trade at a ratio: worked examples, what arrives is what was meant, and nothing but the lost part disappears."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.model import RightsMarketModel
from agents.trade_ratio import arriving, at_ratio
from market.journal import replay
from market.orders import BUY, SELL, OrderBatch
from scenarios import load, run
from scenarios.build import build


def batch(*rows: tuple[int, int, int, int]) -> OrderBatch:
    account, side, price, lots = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return OrderBatch(account, side.astype(np.int8), price, lots)


def test_a_buyer_asks_for_more_at_a_lower_price_and_a_seller_for_the_same():
    found = at_ratio(batch((0, BUY, 1000, 8), (1, BUY, 999, 9), (2, SELL, 1000, 8)), 0.8)
    assert found.quantity.tolist() == [10, 12, 8]  # 8 / 0.8 and 9 / 0.8 = 11.25
    assert found.price.tolist() == [800, 799, 1000]  # 999 · 0.8 = 799.2


def test_a_ratio_of_one_gives_back_the_very_same_orders():
    orders = batch((0, BUY, 1000, 8))
    assert at_ratio(orders, 1.0) is orders


@given(st.integers(1, 10**13), st.integers(1, 10**6), st.integers(1, 100))
def test_what_arrives_is_what_was_meant_and_costs_no_more(lots, price, percent):
    """With r = p/100 in whole numbers: the fewest lots of which q arrive, and a limit of no more than r times it."""
    found = at_ratio(batch((0, BUY, price, lots)), percent / 100)
    if price * percent < 100:
        assert len(found) == 0  # not one tick is left of what it would pay
        return
    assert found.quantity.tolist() == [-(-lots * 100 // percent)]
    assert found.price.tolist() == [price * percent // 100]


@given(st.integers(1, 10**11), st.integers(1, 99))
def test_amounts_that_divide_arrive_without_a_lot_off(multiple, percent):
    """100 m lots at p % are p m lots, which floating point misses from some 10⁸ lots on."""
    assert arriving(np.array([100 * multiple]), Fraction(percent, 100)).tolist() == [percent * multiple]
    orders = at_ratio(batch((0, BUY, 1000, percent * multiple)), percent / 100)
    assert orders.quantity.tolist() == [100 * multiple]


def test_a_ratio_next_to_nothing_leaves_only_sellers():
    found = at_ratio(batch((0, BUY, 10**6, 5), (1, SELL, 7, 5)), 1e-12)
    assert (found.account.tolist(), found.quantity.tolist()) == ([1], [5])


@pytest.mark.parametrize("venues", ["call", "call+block", "posted"])
@pytest.mark.parametrize("ratio", [0.5, 0.8])
def test_lots_are_conserved_but_for_what_is_lost_on_the_way(venues, ratio):
    changes = {"instruments.carbon.venues": venues, "instruments.carbon.trade_ratio": ratio}
    model = RightsMarketModel(build(load("textbook-montgomery", changes)), 1).run()
    model.registry.check()
    again = replay(model.registry.journal, model.registry.products, model.registry.accounts)
    assert (again.balances == model.registry.balances).all()
    assert int(model.registry.cancelled.sum()) > 0


def test_a_run_says_that_the_plan_does_not_know_the_ratio():
    result = run(load("textbook-montgomery", {"instruments.carbon.trade_ratio": 0.8}))
    assert any("without the trade ratio of 0.8" in note for note in result.warnings)
