"""The ascending clock: every price called, one by one, and what it has to do with the sealed-bid auction."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.matching import AscendingClock, SealedBidAuction
from market.matching.contract import book, check_mechanism, check_result, random_book
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, OrderBatch, OrderError, Reason
from market.randomness import Streams
from tests.market.matching.reference_auctions import clock

STREAM = Streams(13).at("auction", 1)


def run(orders, stream=STREAM, **declared):
    auction = AscendingClock(**declared)
    return auction.clear(auction.open(Grid()), orders, stream)


@pytest.mark.slow
@pytest.mark.parametrize(
    "declared",
    [{}, {"increment": 3.0}, {"increment": 5.0, "reserve_price": 7.0, "bid_limit": 0.3, "minimum_bid": 2.0}],
)
def test_the_contract_is_kept(declared):
    check_mechanism(partial(AscendingClock, **declared), books=300)


def random_auctions(count):
    streams = Streams(22)
    for i in range(count):
        generator = streams.at("auction", i).generator()
        size, width = int(generator.integers(2, 25)), int(generator.integers(1, 40))
        orders = random_book(generator, size, width, largest=int(generator.integers(1, 12)))
        yield orders, int(generator.integers(1, 9)), int(generator.integers(0, 20)), streams.at("tie", i)


@pytest.mark.slow
def test_random_books_are_sold_as_by_calling_every_price():
    for orders, increment, reserve, stream in random_auctions(3_000):
        sells = orders.side == SELL
        state, result = run(orders, stream, increment=float(increment), reserve_price=float(reserve))
        check_result(orders, result)
        if not sells.any():
            assert (state.opening, state.rounds, result.volume) == (NO_PRICE, 0, 0)
            continue
        raised = OrderBatch(
            orders.account,
            orders.side,
            np.where(sells, np.maximum(orders.price, reserve), orders.price),
            orders.quantity,
        )
        opening = int(raised.price[sells].min())
        price, volume, called = clock(raised, opening, increment)
        assert (result.price, result.volume) == (price, volume)
        assert (state.opening, state.rounds) == (opening, len(called))
        assert price == NO_PRICE or {int(p) for p in np.atleast_1d(price)} <= {p for p, _ in called}
        # what was shown: the excess demand whenever it was another
        changes = [c for c, before in zip(called, [(0, None), *called], strict=False) if c[1] != before[1]]
        assert list(zip(state.price.tolist(), state.excess.tolist(), strict=True)) == changes


def test_who_stays_is_served_and_who_left_at_the_last_step_shares():
    for orders, increment, _, stream in random_auctions(1_500):
        state, result = run(orders, stream, increment=float(increment))
        if not result.volume:
            continue
        stop = state.opening + (state.rounds - 1) * increment
        buys = orders.side == BUY
        stayed, gone = buys & (orders.price >= stop), buys & (orders.price < result.price)
        assert (result.filled[stayed] == orders.quantity[stayed]).all()
        assert not result.filled[gone].any()
        left = buys & ~stayed & ~gone
        if result.price < stop:
            # pro rata rounded down, and the lots left one each
            room = result.volume - int(orders.quantity[stayed].sum())
            extra = result.filled[left] - orders.quantity[left] * room // orders.quantity[left].sum()
            assert set(extra.tolist()) <= {0, 1}


def lowest_clearing_price(orders, opening):
    def demand(p):
        return orders.quantity[(orders.side == BUY) & (orders.price >= p)].sum()

    def supply(p):
        return orders.quantity[(orders.side == SELL) & (orders.price <= p)].sum()

    p = opening
    while demand(p + 1) > supply(p):
        p += 1
    return p


@pytest.mark.slow
def test_truthful_demand_lands_within_an_increment_of_the_lowest_clearing_price():
    for orders, increment, _, stream in random_auctions(3_000):
        state, result = run(orders, stream, increment=float(increment))
        if result.volume:
            assert abs(result.price - lowest_clearing_price(orders, state.opening)) <= increment


@given(st.integers(1, 60), st.integers(100, 3_000), st.integers(1, 50), st.integers(0, 400), st.integers(1, 20))
def test_dense_demand_lands_within_an_increment_of_the_sealed_bid_price(increment, supply, lots, reserve, tier):
    # A bid at every tick: the lowest and the highest clearing price are one tick apart at most.
    orders = book([(p, lots) for p in range(1, 1_001)], [(0, supply), (500, tier * 10), (800, tier)])
    _, ascending = run(orders, increment=float(increment), reserve_price=float(reserve))
    auction = SealedBidAuction(reserve_price=float(reserve))
    _, sealed = auction.clear(auction.open(Grid()), orders, STREAM)
    assert abs(ascending.price - sealed.price) <= max(increment, 1) + 1


# 20 lots are offered from 10 up, and the clock rises by 5.
@pytest.mark.parametrize(
    ("bids", "price", "filled", "rounds"),
    [
        # demand 40 at 10, 30 at 15, 20 at 20: balanced
        ([(12, 10), (17, 10), (30, 20)], 20, [0, 0, 20], 3),
        # 30 at 15, 12 at 20: back to 15; 12 who stayed, 8 of 18 for those who left
        ([(16, 12), (19, 6), (30, 12)], 15, [5, 3, 12], 3),
        # not enough at the opening
        ([(12, 10), (9, 50)], 10, [10, 0], 1),
        # all leave at once
        ([(14, 30), (14, 10)], 10, [15, 5], 2),
    ],
)
def test_closing(bids, price, filled, rounds):
    state, result = run(book(bids, [(10, 20)]), increment=5.0)
    assert (result.price, state.rounds) == (price, rounds)
    got = result.filled[: len(bids)]
    assert got.sum() == sum(filled)
    assert (abs(got - np.array(filled)) <= 1).all()


def test_a_tier_that_opens_at_the_last_step_is_sold_there():
    # 10 lots at 0, 30 more from 13: at 10 demand 50 exceeds 10, at 15 demand 35 does not exceed 40.
    state, result = run(book([(12, 15), (15, 35)], [(0, 10), (13, 30)]), increment=5.0)
    assert (result.price, result.volume, state.rounds) == (15, 35, 4)
    assert result.filled.tolist() == [0, 35, 10, 25]
    assert result.reason.tolist() == [
        Reason.OUTSIDE_PRICE,
        Reason.FILLED,
        Reason.FILLED,
        Reason.PARTLY_FILLED_AT_MARGIN,
    ]


def test_excess_demand_is_shown_only_where_it_is_revealed():
    orders = book([(16, 12), (19, 6), (30, 12)], [(10, 20)])
    shown, result = run(orders, increment=2.0)
    # 30 wanted at 10, 12, 14, 16; 18 at 18: back to 16
    assert (shown.price.tolist(), shown.excess.tolist(), shown.rounds) == ([10, 18], [10, -2], 5)
    assert result.price == 16
    hidden, same = run(orders, increment=2.0, reveals_excess_demand=False)
    assert hidden.price is None
    assert hidden.excess is None
    assert same.filled.tolist() == result.filled.tolist()


def test_a_clock_without_an_increment_rises_by_a_tick():
    assert AscendingClock().open(Grid(tick=0.5)).increment == 1
    assert AscendingClock(increment=0.25).open(Grid(tick=0.05)).increment == 5


def test_nothing_on_offer():
    state, result = run(book([(5, 3)], []))
    assert (result.price, state.rounds, state.opening) == (NO_PRICE, 0, NO_PRICE)
    assert (result.reason == Reason.NO_COUNTERPARTY).all()


def test_orders_that_cannot_be_read_are_refused():
    with pytest.raises(OrderError, match="quantity"):
        run(book([(5, 0)], [(1, 3)]))
