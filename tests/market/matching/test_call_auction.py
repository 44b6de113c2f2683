"""The call auction: its rule against an obvious clearing, known books, rationing, self-trade, corner cases."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.matching import MECHANISMS, NO_PRICE, CallAuction
from market.matching.call_auction import own_crossing
from market.matching.contract import (
    book,
    check_mechanism,
    check_permutation,
    check_result,
    corner_books,
    random_book,
)
from market.matching.protocol import Mechanism
from market.orders import BUY, SELL, OrderBatch, OrderError, Reason
from market.randomness import Stream, Streams, tie_break
from tests.market.matching.reference_clearing import fills_of, prices_of

STREAM = Streams(11).at("clearing", 3)


def clear(orders, stream=STREAM):
    return CallAuction().clear(None, orders, stream)[1]


def batch(*rows):
    """Return orders from (account, side, price, lots)."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return OrderBatch(columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy())


def summary(result):
    return result.price, result.volume, result.demand, result.supply, result.first, result.last


def assert_as_obvious(orders, stream):
    result = clear(orders, stream)
    check_result(orders, result)
    assert summary(result) == prices_of(orders)
    assert result.filled.tolist() == fills_of(orders, result.volume, stream.key)


@pytest.mark.slow
def test_random_books_clear_as_the_obvious_clearing():
    streams = Streams(5)
    for i in range(4_000):
        generator = streams.at("book", i).generator()
        size, width = int(generator.integers(1, 25)), int(generator.integers(1, 25))
        orders = random_book(generator, size, width, largest=int(generator.integers(1, 12)))
        assert_as_obvious(orders, streams.at("clearing", i))


ORDERS = st.lists(st.tuples(st.sampled_from((BUY, SELL)), st.integers(0, 40), st.integers(1, 1 << 40)), max_size=15)


@given(ORDERS)
def test_any_book_clears_as_the_obvious_clearing(rows):
    orders = batch(*((i, *row) for i, row in enumerate(rows)))
    assert_as_obvious(orders, STREAM)


@given(ORDERS, st.integers(0, 10**17))
def test_prices_far_from_zero_shift_the_clearing(rows, shift):
    orders = batch(*((i, *row) for i, row in enumerate(rows)))
    moved = OrderBatch(orders.account, orders.side, orders.price + shift, orders.quantity)
    here, there = clear(orders), clear(moved)
    assert (here.filled == there.filled).all()
    assert there.price == (NO_PRICE if here.price == NO_PRICE else here.price + shift)


def test_the_contract():
    check_mechanism(MECHANISMS["call_auction"], books=300)


def test_the_protocol_is_met():
    assert isinstance(CallAuction(), Mechanism)


@pytest.mark.parametrize("name", list(corner_books()))
def test_corner_books(name):
    orders = corner_books()[name]
    result = clear(orders)
    check_result(orders, result)
    if name != "far apart" and len(orders):
        assert summary(result) == prices_of(orders)


@pytest.mark.parametrize(
    ("bids", "asks", "expected"),
    [
        # volume 3 at 10 ... 20, |demand - supply| least at 10 and 11, middle 10.5 -> 11
        ([(20, 3)], [(10, 5), (12, 5)], (11, 3, 3, 5, 10, 20)),
        # equal lots cross: every tick from 4 to 9 is as good, middle 6.5 -> 7
        ([(9, 5)], [(4, 5)], (7, 5, 5, 5, 4, 9)),
        # buyers are long: the price goes to where fewest bids are left over
        ([(10, 5), (8, 5)], [(6, 5)], (10, 5, 5, 5, 6, 10)),
        ([(10, 4), (10, 4)], [(7, 3)], (9, 3, 8, 3, 7, 10)),
        # nothing crosses by one tick
        ([(4, 3)], [(5, 3)], (NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE)),
        # free of charge is a price
        ([(0, 3)], [(0, 2)], (0, 2, 3, 2, 0, 0)),
    ],
)
def test_known_books(bids, asks, expected):
    assert summary(clear(book(bids, asks))) == expected


def test_marginal_orders_share_pro_rata():
    # 60 lots for 100 + 50 + 30 at one limit: 33.3, 16.7 and 10 rounded down, and one more for a single one of them
    result = clear(book([(9, 60)], [(5, 100), (5, 50), (5, 30)]))
    shares = result.filled[1:]
    assert shares.sum() == 60
    assert sorted((shares - np.array([33, 16, 10])).tolist()) == [0, 0, 1]
    assert (result.reason[1:] == Reason.PARTLY_FILLED_AT_MARGIN).all()
    assert result.reason[0] == Reason.FILLED


def test_the_lots_left_go_to_the_largest_hashes():
    orders = book([(5, 7)], [(5, 1)] * 30)
    result = clear(orders)
    winners = np.flatnonzero(result.filled[1:]) + 1
    hashes = tie_break(STREAM.key, orders.account)
    assert set(winners) == set(1 + np.argsort(hashes[1:])[-7:])


def test_another_stream_serves_others():
    orders = book([(5, 15)], [(5, 1)] * 30)
    fills = {tuple(clear(orders, Streams(1).at("clearing", t)).filled) for t in range(20)}
    assert len(fills) == 20


def test_small_orders_are_not_starved_over_time():
    orders = book([(5, 10)], [(5, 1)] * 40)
    served = sum(clear(orders, Streams(2).at("clearing", t)).filled[1:] for t in range(800))
    assert abs(served - 200).max() < 5 * np.sqrt(800 * 0.25 * 0.75)  # five standard deviations of a binomial


def test_each_side_has_its_own_margin():
    # Bids at 9 and 8 buy 10 lots; asks at 3 sell 6 and those at 5 share 4 lots of 12, at one price.
    orders = book([(9, 6), (8, 4)], [(3, 6), (5, 8), (5, 4)])
    result = clear(orders)
    assert result.volume == 10
    assert result.filled[:3].tolist() == [6, 4, 6]
    assert result.filled[3:].sum() == 4


def test_reasons():
    orders = book([(9, 5), (2, 5)], [(4, 3), (6, 1), (6, 1), (6, 1), (9, 4)])
    result = clear(orders)
    # 5 lots trade: the ask at 4 whole, two of the three at 6
    assert result.volume == 5
    assert result.reason[1] == Reason.OUTSIDE_PRICE
    assert result.reason[6] == Reason.OUTSIDE_PRICE
    assert sorted(result.reason[3:6].tolist()) == [Reason.FILLED, Reason.FILLED, Reason.RATIONED_OUT]
    nothing = clear(book([(4, 3)], [(5, 3)]))
    assert (nothing.reason == Reason.NO_COUNTERPARTY).all()


def test_an_account_does_not_trade_with_itself():
    # Account 0 bids 10 at 9 and asks 4 at 5: 4 of both are withdrawn, 6 are bought from account 1.
    orders = batch((0, BUY, 9, 10), (0, SELL, 5, 4), (1, SELL, 6, 20))
    result = clear(orders)
    check_result(orders, result)
    assert result.filled.tolist() == [6, 0, 6]
    assert result.volume == 6
    assert result.reason[:2].tolist() == [Reason.SELF_TRADE, Reason.SELF_TRADE]


def test_own_crossing_takes_the_best_first():
    orders = batch((7, SELL, 5, 3), (7, BUY, 6, 4), (7, BUY, 9, 2), (7, SELL, 4, 1), (7, SELL, 8, 9))
    assert own_crossing(orders).tolist() == [3, 2, 2, 1, 0]


def test_a_spread_of_ones_own_is_left_alone():
    orders = batch((0, BUY, 4, 5), (0, SELL, 6, 5), (1, SELL, 4, 2), (2, BUY, 7, 3))
    result = clear(orders)
    assert not own_crossing(orders).any()
    assert Reason.SELF_TRADE not in result.reason


def test_only_ones_own_orders_do_not_trade():
    result = clear(batch((3, BUY, 9, 5), (3, SELL, 1, 5)))
    assert (result.price, result.volume) == (NO_PRICE, 0)
    assert (result.reason == Reason.SELF_TRADE).all()


def test_withdrawing_ones_own_leaves_the_imbalance_between_the_two_limits():
    orders = batch((0, BUY, 9, 10), (0, SELL, 5, 4), (1, SELL, 6, 20), (2, BUY, 7, 3))
    left = orders.quantity - own_crossing(orders)
    for p in range(5, 10):
        excess = [
            int((q * orders.side * ((orders.price - p) * orders.side >= 0)).sum()) for q in (orders.quantity, left)
        ]
        assert excess[0] == excess[1]


@pytest.mark.parametrize("orders", [400, 5_000])
def test_large_shared_books(orders):
    generator = Streams(3).at("book", orders).generator()
    sample = random_book(generator, orders, width=50, largest=1_000, accounts=orders // 4)
    check_result(sample, clear(sample))
    check_permutation(CallAuction(), None, sample, STREAM, generator.permutation(orders))


def test_many_equal_orders_of_few_accounts_are_quick_and_exact():
    sample = random_book(Streams(4).at("book", 0).generator(), 20_000, width=1, largest=3, accounts=2)
    own = OrderBatch(sample.side.astype(np.int64) + 1, sample.side, sample.price, sample.quantity)
    result = clear(own)
    check_result(own, result)
    assert result.volume == min(own.quantity[own.side == s].sum() for s in (BUY, SELL))


@pytest.mark.parametrize("width", [1, 63, 64, 65, 4_095, 4_096, 4_097, 1 << 30, 1 << 59])
def test_widths_around_the_number_of_buckets(width):
    generator = Streams(6).at("book", width % 1000).generator()
    for _ in range(20):
        orders = random_book(generator, 200, width=width)
        result = clear(orders)
        check_result(orders, result)
        for p in {result.price, result.first, result.last}:
            bid = orders.quantity[(orders.side == BUY) & (orders.price >= p)].sum()
            asked = orders.quantity[(orders.side == SELL) & (orders.price <= p)].sum()
            assert min(bid, asked) == result.volume
        for p in (result.first - 1, result.last + 1):
            bid = orders.quantity[(orders.side == BUY) & (orders.price >= p)].sum()
            asked = orders.quantity[(orders.side == SELL) & (orders.price <= p)].sum()
            assert min(bid, asked) < result.volume


def test_orders_that_cannot_be_read_are_refused_with_everything_that_is_wrong():
    orders = batch((0, BUY, 5, 0), (1, SELL, -3, 4), (-2, BUY, 5, 5))
    orders.side[0] = 0
    with pytest.raises(OrderError) as caught:
        clear(orders)
    for part in ("side", "price", "quantity", "account"):
        assert part in str(caught.value)


def test_parameters_are_declared():
    schema = CallAuction.model_json_schema()
    assert all("description" in field for field in schema["properties"].values())
    with pytest.raises(ValidationError):
        CallAuction(rationing="by lot")


def test_an_equal_stream_gives_equal_fills_in_another_run():
    orders = random_book(Streams(8).at("book", 0).generator(), 300, width=3)
    again = Stream(STREAM.key, (1, 2, 3))
    assert (clear(orders).filled == clear(orders, again).filled).all()
