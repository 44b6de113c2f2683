"""The posted price: everybody at one price, random order where the stock is short, a price that may move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.matching import NO_PRICE, PostedPrice
from market.matching.protocol import Grid
from market.orders import BUY, SELL, Reason
from market.randomness import Streams, tie_break
from tests.market.matching.house_books import ROWS, STREAM, an_account_each, batch, cleared


def test_a_tax_is_paid_by_whoever_would_pay_more_for_a_right():
    orders = batch((0, BUY, 12, 5), (1, BUY, 10, 7), (2, BUY, 9, 4), (3, SELL, 3, 6))
    mechanism = PostedPrice(price=10.0, buys=False)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [5, 7, 0, 0]
    assert (result.price, result.volume, result.house_lots, result.house_value) == (10, 12, -12, -120)
    assert result.reason.tolist() == [Reason.FILLED, Reason.FILLED, Reason.OUTSIDE_PRICE, Reason.WRONG_SIDE]
    assert mechanism.unlimited


def test_it_buys_back_at_the_same_price():
    orders = batch((0, BUY, 12, 5), (3, SELL, 3, 6), (4, SELL, 11, 2))
    mechanism = PostedPrice(price=10.0, buys=True)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [5, 6, 0]
    assert (result.house_lots, result.house_value, result.volume) == (1, 10, 6)


@given(ROWS, st.integers(0, 40))
def test_a_finite_stock_goes_to_whoever_comes_first(rows, stock):
    orders = an_account_each(rows)
    mechanism = PostedPrice(price=8.0, buys=False, yearly_stock=40)
    state = mechanism.open(Grid())
    state, _ = cleared(mechanism, state, batch((99, BUY, 8, 40 - stock)) if stock < 40 else batch())
    assert mechanism.stock(state) == stock
    after, result = cleared(mechanism, state, orders)
    hashes = tie_break(STREAM.key, orders.account)
    expected, left = [0] * len(orders), stock
    for i in sorted(range(len(orders)), key=lambda row: -int(hashes[row])):
        if orders.side[i] == BUY and orders.price[i] >= 8:
            expected[i] = min(left, int(orders.quantity[i]))
            left -= expected[i]
    assert result.filled.tolist() == expected
    assert mechanism.stock(after) == left
    short = (orders.side == BUY) & (orders.price >= 8) & (result.filled < orders.quantity)
    assert (result.reason[short] == Reason.NO_STOCK).all()


def test_the_order_of_arrival_does_not_look_at_limits():
    """Of two bids for one lot each wins in about half of the streams, whatever the other would have paid."""
    mechanism = PostedPrice(price=1.0, yearly_stock=1)
    orders = batch((0, BUY, 1, 1), (1, BUY, 1000, 1))
    wins = sum(
        int(mechanism.clear(mechanism.open(Grid()), orders, Streams(2).at("clearing", i))[1].filled[0])
        for i in range(400)
    )
    assert 160 <= wins <= 240  # four standard deviations


def test_own_orders_of_one_account_come_best_limit_first():
    mechanism = PostedPrice(price=5.0, yearly_stock=6)
    orders = batch((0, BUY, 6, 4), (0, BUY, 9, 3), (0, BUY, 9, 2))
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [1, 3, 2]


def test_an_account_that_would_buy_and_sell_does_neither():
    mechanism = PostedPrice(price=10.0, buys=True)
    orders = batch((0, BUY, 12, 5), (0, SELL, 9, 3), (1, BUY, 9, 5), (1, SELL, 4, 5))
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [2, 0, 0, 5]  # account 1 bids below the price: it only sells
    assert result.reason[:2].tolist() == [Reason.SELF_TRADE, Reason.SELF_TRADE]


def test_the_price_is_declared_in_money_and_counted_in_ticks():
    assert PostedPrice(price=10.0, buys=False).open(Grid(tick=0.25)).price == 40


def test_prices_by_year():
    mechanism = PostedPrice(price={2027: 12.0, 2025: 9.0}, yearly_stock=100)
    grid = Grid(lot=0.5)
    state = mechanism.open(grid)
    assert (state.price, state.left) == (9, 200)
    for year, price in ((2024, 9), (2025, 9), (2026, 9), (2027, 12), (2040, 12)):
        assert mechanism.open_year(state, grid, year).price == price
    with pytest.raises(ValidationError, match="years between 1900 and 2200"):
        PostedPrice(price={25: 9.0})


def test_the_stock_is_renewed_each_year():
    mechanism = PostedPrice(price=5.0, yearly_stock=10)
    state, _ = cleared(mechanism, mechanism.open(Grid()), batch((0, BUY, 6, 8)))
    assert mechanism.stock(state) == mechanism.stock(mechanism.end_period(state)) == 2
    assert mechanism.stock(mechanism.open_year(state, Grid(), 2026)) == 10


def test_the_model_moves_a_price_that_is_not_declared():
    mechanism = PostedPrice()
    state = mechanism.open(Grid())
    orders = batch((0, BUY, 6, 8))
    _, result = cleared(mechanism, state, orders)
    assert (result.price, result.volume) == (NO_PRICE, 0)
    moved = mechanism.with_price(state, 6)
    assert cleared(mechanism, moved, orders)[1].volume == 8
    assert mechanism.open_year(moved, Grid(), 2026).price == 6
    assert state.price == NO_PRICE
    with pytest.raises(ValueError, match="negative"):
        mechanism.with_price(state, -1)
