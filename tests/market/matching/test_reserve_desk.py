"""The reserve desk: base prices, best limits first, stock and budget that run out, idle rights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.matching import ReserveDesk
from market.matching.protocol import Grid
from market.orders import BUY, SELL, Reason
from tests.market.matching.house_books import ROWS, STREAM, an_account_each, batch, cleared
from tests.market.matching.reference_clearing import fills_of


@given(ROWS, st.integers(1, 60), st.integers(1, 400), st.sampled_from(("base", "limit")))
def test_any_book_is_served_from_the_best_limit_inwards(rows, stock, budget, pricing):
    orders = an_account_each(rows)
    mechanism = ReserveDesk(buy_price=9, sell_price=12, opening_stock=stock, budget=budget, pricing=pricing)
    after, result = cleared(mechanism, mechanism.open(Grid()), orders)
    meets = ((orders.side == BUY) & (orders.price >= 12)) | ((orders.side == SELL) & (orders.price <= 9))
    eligible = np.flatnonzero(meets)
    served = orders.take(eligible)
    bid = int(served.quantity[served.side == BUY].sum())
    sold = min(stock, bid)
    # lots that the budget buys: level by level, each at the base price or at its own limit
    left, bought = budget, 0
    for limit in sorted(set(served.price[served.side == SELL].tolist())):
        unit = 9 if pricing == "base" else limit
        here = int(served.quantity[(served.side == SELL) & (served.price == limit)].sum())
        lots = min(here, left // unit) if unit else here
        bought, left = bought + lots, left - lots * unit
    for side, volume in ((BUY, sold), (SELL, bought)):
        one_side = served.take(np.flatnonzero(served.side == side))
        rows_of_side = eligible[served.side == side]
        expected = fills_of(one_side, volume, STREAM.key)
        assert result.filled[rows_of_side].tolist() == expected
        short = rows_of_side[result.filled[rows_of_side] < orders.quantity[rows_of_side]]
        assert (result.reason[short] == Reason.NO_STOCK).all()
    assert (result.reason[~meets] == Reason.OUTSIDE_PRICE).all()
    assert mechanism.stock(after) == stock - sold + bought
    assert after.budget >= 0
    assert after.budget == budget - result.house_value


def test_base_prices_are_paid_by_all():
    orders = batch((0, BUY, 15, 4), (1, BUY, 11, 3), (2, SELL, 7, 5), (3, SELL, 9, 5))
    mechanism = ReserveDesk(buy_price=8, sell_price=12, opening_stock=10, budget=100)
    after, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [4, 0, 5, 0]
    assert result.value.tolist() == [48, 0, 40, 0]
    assert (result.house_lots, result.house_value) == (1, -8)
    assert (after.lots, after.budget) == (11, 108)


def test_sealed_bids_above_the_base_price_pay_their_own():
    """One bidder pays what is asked at least; several bid the price up (base price as the floor)."""
    orders = batch((0, BUY, 15, 4), (1, BUY, 13, 3), (2, BUY, 12, 3), (3, SELL, 5, 2))
    mechanism = ReserveDesk(buy_price=8, sell_price=12, opening_stock=6, budget=100, pricing="limit", revolving=False)
    after, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [4, 2, 0, 2]
    assert result.value.tolist() == [60, 26, 0, 10]
    assert after.budget == 90


def test_what_it_buys_it_offers_from_the_next_period_on():
    mechanism = ReserveDesk(buy_price=8, sell_price=12, opening_stock=10, budget=100, offer_share=0.25)
    state = mechanism.open(Grid())
    bids = batch((0, BUY, 15, 9))
    state, first = cleared(mechanism, state, bids)
    assert first.filled.tolist() == [2]
    state, again = cleared(mechanism, state, bids)
    assert again.filled.tolist() == [0]
    state, _ = cleared(mechanism, state, batch((1, SELL, 8, 4)))
    assert (mechanism.stock(state), state.offered) == (12, 0)
    state = mechanism.end_period(state)
    assert cleared(mechanism, state, bids)[1].filled.tolist() == [3]


def test_a_desk_that_only_sells_takes_no_offers():
    mechanism = ReserveDesk(sell_price=12, opening_stock=10)
    _, result = cleared(mechanism, mechanism.open(Grid()), batch((0, SELL, 0, 3), (1, BUY, 12, 3)))
    assert result.reason.tolist() == [Reason.WRONG_SIDE, Reason.FILLED]


def test_units_and_money_are_counted_in_lots_and_ticks():
    mechanism = ReserveDesk(buy_price=8, sell_price=12, opening_stock=10, budget=99.99)
    state = mechanism.open(Grid(lot=0.5, tick=0.01))
    assert (state.lots, state.buy_price, state.sell_price, state.budget) == (20, 800, 1200, 19_998)


def test_idle_rights_are_collected_as_far_as_the_budget_goes():
    idle = np.array([10, 5, 0, 3])
    free = ReserveDesk(sell_price=12, idle_share=0.5)
    state, taken, value = free.collect(free.open(Grid()), idle)
    assert (taken.tolist(), value.tolist(), free.stock(state)) == ([5, 2, 0, 1], [0, 0, 0, 0], 8)
    assert free.end_period(state).offered == 8
    paid = ReserveDesk(sell_price=12, idle_share=1.0, idle_price=4, budget=40)
    state, taken, value = paid.collect(paid.open(Grid()), idle)
    assert taken.tolist() == [5, 2, 0, 1]  # 10 of 18 lots, each share rounded down
    assert value.tolist() == [20, 8, 0, 4]
    assert (state.lots, state.budget) == (8, 8)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "needs a buy_price, a sell_price or both"),
        ({"buy_price": 9, "sell_price": 8, "opening_stock": 5, "budget": 5}, "anybody could empty its budget"),
        ({"sell_price": 8}, "nothing to sell"),
        ({"buy_price": 8}, "has no budget"),
        ({"sell_price": 8, "idle_share": 1.0, "idle_price": 2.0}, "has no budget"),
        ({"sell_price": 8, "opening_stock": 5, "offer_share": 0.0}, "greater than 0"),
    ],
)
def test_a_desk_that_cannot_work_is_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        ReserveDesk(**wrong)


def test_base_prices_may_be_moved():
    mechanism = ReserveDesk(buy_price=8, sell_price=12, opening_stock=10, budget=100)
    state = mechanism.with_prices(mechanism.open(Grid()), 9, 10)
    assert (state.buy_price, state.sell_price) == (9, 10)
    with pytest.raises(ValueError, match="at or below"):
        mechanism.with_prices(state, 11, 10)
