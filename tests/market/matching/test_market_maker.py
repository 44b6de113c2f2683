"""The constant-product pool: its curve, exact roundings in its favour, paths, price impact."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.matching import MarketMaker
from market.matching.contract import random_book
from market.matching.protocol import Grid
from market.orders import BUY, SELL, Reason
from market.randomness import Streams, tie_break
from tests.market.matching.house_books import ROWS, STREAM, an_account_each, batch, cleared

FREE = MarketMaker(opening_stock=1000, opening_price=10, fee=0)
HIGH = 1 << 50


def beyond(state):
    """What the pool holds beyond its curve, exactly."""
    return Fraction(state.money) - Fraction(state.product, state.lots)


def lot_by_lot(rows, stock, price, fee):
    """Return (fills, values): every account in turn takes one lot after the other while its limit allows."""
    k, keep = Fraction(price) * stock * stock, Fraction(round(fee * 1_000_000), 1_000_000)
    # the curve with fees is counted in whole ticks·lots of its product, against the trader
    ask_k = -(-k * (1 + keep) // 1)
    bid_k = k * (1 - keep) // 1
    x = stock
    hashes = tie_break(STREAM.key, np.arange(len(rows)))
    fills, values = [0] * len(rows), [0] * len(rows)
    for i in sorted(range(len(rows)), key=lambda row: -int(hashes[row])):
        side, limit, lots = rows[i]
        start = x
        while fills[i] < lots:
            if side == BUY and (x == 1 or Fraction(ask_k, (x - 1) * x) > limit):
                break
            if side == SELL and Fraction(bid_k, x * (x + 1)) < limit:
                break
            fills[i] += 1
            x -= side
        if side == BUY:
            values[i] = -(-(Fraction(ask_k, x) - Fraction(ask_k, start)) // 1)
        else:
            values[i] = (Fraction(bid_k, start) - Fraction(bid_k, x)) // 1
    return fills, values


@given(ROWS, st.integers(2, 80), st.integers(1, 25), st.sampled_from((0.0, 0.003, 0.1)))
def test_any_book_trades_as_lot_by_lot(rows, stock, price, fee):
    mechanism = MarketMaker(opening_stock=stock, opening_price=price, fee=fee)
    state = mechanism.open(Grid())
    after, result = cleared(mechanism, state, an_account_each(rows))
    fills, values = lot_by_lot(rows, stock, price, fee)
    assert result.filled.tolist() == fills
    assert result.value.tolist() == values
    assert beyond(after) >= beyond(state) >= 0
    assert after.lots == stock - result.house_lots * -1
    assert after.money == state.money - result.house_value


def test_price_impact_is_the_closed_form():
    """Buying q of x lots costs p·q·x/(x − q), and the marginal price rises by (x/(x − q))²."""
    state = FREE.open(Grid())
    for q in (1, 10, 200, 500):
        after, result = cleared(FREE, state, batch((0, BUY, HIGH, q)))
        assert result.filled.tolist() == [q]
        exact = 10 * q * 1000 / (1000 - q)
        assert exact <= result.house_value * -1 < exact + 1
        assert after.price == pytest.approx(10 * (1000 / (1000 - q)) ** 2, rel=1e-12)


def test_a_limit_is_met_by_the_marginal_price():
    """A bid at 40 doubles the price's root: half of the pool, at an average of 20."""
    _, result = cleared(FREE, FREE.open(Grid()), batch((0, BUY, 40, 900)))
    assert result.filled.tolist() == [500]
    assert result.value.tolist() == [10_000]
    assert result.reason.tolist() == [Reason.PARTLY_FILLED_AT_MARGIN]
    _, none = cleared(FREE, FREE.open(Grid()), batch((0, BUY, 10, 5), (1, SELL, 10, 5)))
    assert none.reason.tolist() == [Reason.OUTSIDE_PRICE, Reason.OUTSIDE_PRICE]


@given(st.sampled_from((BUY, SELL)), st.integers(1, 400), st.integers(1, 400), st.sampled_from((0.0, 0.003)))
def test_two_halves_are_one_whole_up_to_rounding(side, first, second, fee):
    mechanism = MarketMaker(opening_stock=1000, opening_price=10, fee=fee)
    limit = HIGH if side == BUY else 0
    start = mechanism.open(Grid())
    whole, once = cleared(mechanism, start, batch((0, side, limit, first + second)))
    middle, one = cleared(mechanism, start, batch((0, side, limit, first)))
    end, two = cleared(mechanism, middle, batch((0, side, limit, second)))
    assert end.lots == whole.lots
    apart = (int(one.value.sum() + two.value.sum()) - int(once.value.sum())) * side
    assert 0 <= apart <= 1


@given(st.lists(st.tuples(st.sampled_from((BUY, SELL)), st.integers(1, 300)), min_size=1, max_size=10),
       st.sampled_from((0.0, 0.003)))  # fmt: skip
def test_nobody_gains_on_a_round_trip(legs, fee):
    mechanism = MarketMaker(opening_stock=3001, opening_price=10, fee=fee)
    state = start = mechanism.open(Grid())
    held = money = 0
    for side, lots in legs:
        state, result = cleared(mechanism, state, batch((0, side, HIGH if side == BUY else 0, lots)))
        held += side * int(result.filled[0])
        money -= side * int(result.value[0])
    if held:
        side = -1 if held > 0 else 1
        state, result = cleared(mechanism, state, batch((0, side, HIGH if side == BUY else 0, abs(held))))
        assert int(result.filled[0]) == abs(held)
        money -= side * int(result.value[0])
    assert state.lots == start.lots
    assert money <= 0
    assert state.money == start.money - money


def test_the_pool_never_falls_below_its_curve_over_a_long_run():
    mechanism = MarketMaker(opening_stock=200, opening_price=15, fee=0.001)
    state = mechanism.open(Grid())
    for i in range(300):
        stream = Streams(4).at("clearing", i)
        after, _ = cleared(mechanism, state, random_book(stream.generator(), 12, width=40), stream)
        assert beyond(after) >= beyond(state)
        assert after.product == state.product
        state = after


def test_the_last_lot_is_not_sold():
    mechanism = MarketMaker(opening_stock=5, opening_price=1, fee=0)
    after, result = cleared(mechanism, mechanism.open(Grid()), batch((0, BUY, HIGH, 9)))
    assert (after.lots, result.filled.tolist(), result.reason.tolist()) == (1, [4], [Reason.NO_STOCK])


def test_a_large_pool_is_counted_exactly():
    """10¹¹ lots at a price of 10⁶ ticks: the product has 112 bits."""
    mechanism = MarketMaker(opening_stock=1e11, opening_price=1e6, fee=0.003)
    state = mechanism.open(Grid())
    after, result = cleared(mechanism, state, batch((0, BUY, HIGH, 12_345_678_901)))
    k = -(-(10**11 * 10**17) * 1_003_000 // 1_000_000)
    x = 10**11 - 12_345_678_901
    assert result.value.tolist() == [-(-(Fraction(k, x) - Fraction(k, 10**11)) // 1)]
    assert beyond(after) >= 0


def test_it_opens_with_a_price_or_a_budget():
    grid = Grid(lot=0.5, tick=0.01)
    by_price = MarketMaker(opening_stock=100, opening_price=12.5).open(grid)
    by_budget = MarketMaker(opening_stock=100, budget=1250).open(grid)
    assert by_price == by_budget
    assert (by_price.lots, by_price.money, by_price.price) == (200, 250_000, 1250.0)
    for wrong in ({}, {"opening_price": 1.0, "budget": 1.0}):
        with pytest.raises(ValidationError, match="give one of the two"):
            MarketMaker(opening_stock=100, **wrong)
    with pytest.raises(ValueError, match="two lots at least"):
        MarketMaker(opening_stock=1, opening_price=5).open(Grid())
    with pytest.raises(ValueError, match="coarser lot"):
        MarketMaker(opening_stock=1e18, opening_price=1e6).open(Grid())


def test_a_finer_tick_trades_the_same_lots():
    for i in range(50):
        orders = random_book(Streams(9).at("book", i).generator(), 30)
        mechanism = MarketMaker(opening_stock=100, opening_price=10)
        finer = type(orders)(orders.account, orders.side, orders.price * 1000, orders.quantity)
        coarse = cleared(mechanism, mechanism.open(Grid()), orders)[1]
        fine = cleared(mechanism, mechanism.open(Grid(tick=0.001)), finer)[1]
        assert coarse.filled.tolist() == fine.filled.tolist()
