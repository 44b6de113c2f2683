"""The hybrid: never outside floor and ceiling, the authority takes the excess exactly, a stock that runs out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.matching import CallAuction, Hybrid
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, Reason
from tests.market.matching.house_books import ROWS, STREAM, an_account_each, batch, cleared


def obvious(rows, floor, ceiling):
    """Return (price, volume, house lots): every price from floor to ceiling, which the authority defends."""

    def demand(p):
        return sum(q for s, limit, q in rows if s == BUY and limit >= p)

    def supply(p):
        return sum(q for s, limit, q in rows if s == SELL and limit <= p)

    if demand(ceiling) > supply(ceiling):
        return ceiling, demand(ceiling), supply(ceiling) - demand(ceiling)
    if supply(floor) > demand(floor):
        return floor, supply(floor), supply(floor) - demand(floor)
    grid = range(floor, ceiling + 1)
    volume = max(min(demand(p), supply(p)) for p in grid)
    if volume == 0:
        return NO_PRICE, 0, 0
    most = [p for p in grid if min(demand(p), supply(p)) == volume]
    least = min(abs(demand(p) - supply(p)) for p in most)
    left = [p for p in most if abs(demand(p) - supply(p)) == least]
    return (left[0] + left[-1] + 1) // 2, volume, 0


@given(ROWS, st.integers(0, 20), st.integers(1, 8))
def test_any_book_clears_as_the_obvious_collar(rows, floor, width):
    ceiling = floor + width
    mechanism = Hybrid(floor=floor, ceiling=ceiling)
    orders = an_account_each(rows)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert (result.price, result.volume, result.house_lots) == obvious(rows, floor, ceiling)


@given(ROWS)
def test_a_wide_collar_is_the_call_auction(rows):
    orders = an_account_each(rows)
    mechanism = Hybrid(floor=0, ceiling=1_000)
    wide = cleared(mechanism, mechanism.open(Grid()), orders)[1]
    plain = CallAuction().clear(None, orders, STREAM)[1]
    bids_at_any_price_meet_no_offer = wide.house_lots != 0
    if not bids_at_any_price_meet_no_offer:
        assert wide.filled.tolist() == plain.filled.tolist()
        assert (wide.price, wide.volume) == (plain.price, plain.volume)
    without = cleared(Hybrid(), Hybrid().open(Grid()), orders)[1]
    assert without.filled.tolist() == plain.filled.tolist()
    assert without.reason.tolist() == plain.reason.tolist()
    assert without.price == plain.price


def test_the_ceiling_sells_what_is_missing_and_no_more():
    orders = batch((0, BUY, 20, 10), (1, BUY, 15, 5), (2, SELL, 4, 6), (3, SELL, 15, 3), (4, SELL, 16, 9))
    mechanism = Hybrid(floor=2, ceiling=15)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [10, 5, 6, 3, 0]
    assert (result.price, result.house_lots, result.house_value) == (15, -6, -90)
    assert mechanism.unlimited


def test_the_floor_buys_the_excess():
    orders = batch((0, BUY, 9, 4), (1, BUY, 7, 2), (2, SELL, 1, 10), (3, SELL, 8, 3), (4, SELL, 9, 3))
    mechanism = Hybrid(floor=8, ceiling=15)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [4, 0, 10, 3, 0]
    assert (result.price, result.house_lots, result.house_value) == (8, 9, 72)


def test_between_them_the_authority_stays_out():
    orders = batch((0, BUY, 20, 3), (1, SELL, 10, 3))
    mechanism = Hybrid(floor=2, ceiling=14)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert (result.price, result.house_lots) == (12, 0)  # the middle of 10 ... 14


def test_a_stock_that_runs_out_lets_the_price_rise():
    orders = batch((0, BUY, 20, 10), (1, BUY, 17, 10), (2, SELL, 4, 6))
    mechanism = Hybrid(ceiling=15, ceiling_stock=9)
    assert not mechanism.unlimited
    state, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [10, 5, 6]
    assert (result.price, result.house_lots, result.house_value) == (16, -9, -144)  # the middle of 15 ... 17
    assert mechanism.stock(state) == 0
    _, later = cleared(mechanism, state, orders)
    assert (later.price, later.house_lots) == (19, 0)  # a ceiling without stock is none: the middle of 18 ... 20
    assert mechanism.stock(mechanism.open_year(state, Grid(), 2026)) == 9


def test_a_stock_that_is_not_used_up_gives_the_ceiling_exactly():
    orders = batch((0, BUY, 20, 10), (1, BUY, 17, 4), (2, SELL, 4, 6))
    mechanism = Hybrid(ceiling=15, ceiling_stock=9)
    state, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert (result.price, mechanism.stock(state)) == (15, 1)


def test_own_orders_that_meet_are_withdrawn():
    orders = batch((0, BUY, 20, 10), (0, SELL, 3, 4), (1, SELL, 6, 2))
    mechanism = Hybrid(floor=2, ceiling=15)
    _, result = cleared(mechanism, mechanism.open(Grid()), orders)
    assert result.filled.tolist() == [6, 0, 2]
    assert (result.price, result.house_lots) == (15, -4)
    assert result.reason[:2].tolist() == [Reason.SELF_TRADE, Reason.SELF_TRADE]


def test_a_collar_that_cannot_be_is_refused():
    with pytest.raises(ValidationError, match="floor of 9 is not below the ceiling of 9"):
        Hybrid(floor=9, ceiling=9)
    with pytest.raises(ValidationError, match="name a ceiling"):
        Hybrid(floor=9, ceiling_stock=10)
    with pytest.raises(ValueError, match="finer tick"):
        Hybrid(floor=9.1, ceiling=9.2).open(Grid(tick=1.0))


def test_the_model_moves_the_collar():
    mechanism = Hybrid(floor=5, ceiling=10)
    state = mechanism.with_collar(mechanism.open(Grid()), 6, 12)
    _, result = cleared(mechanism, state, batch((0, BUY, 20, 1)))
    assert (result.price, result.house_lots) == (12, -1)
