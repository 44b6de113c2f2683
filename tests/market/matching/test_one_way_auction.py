"""One-way auction: who wins, what is paid under each pricing, both directions, several initiators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.matching import OneWayAuction
from market.matching.contract import book, check_mechanism, check_result
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, OrderBatch, Reason
from market.randomness import Streams, tie_break

STREAMS = Streams(23)
STREAM = STREAMS.at("clearing", 0)


def clear(orders, stream=STREAM, **parameters):
    mechanism = OneWayAuction(**parameters)
    return mechanism.clear(mechanism.open(Grid()), orders, stream)[1]


@pytest.mark.parametrize("side", ["sell", "buy"])
@pytest.mark.parametrize("pricing", ["uniform", "pay_as_bid", "english"])
@pytest.mark.parametrize("whole", [True, False])
def test_the_contract(side, pricing, whole):
    check_mechanism(lambda: OneWayAuction(side=side, pricing=pricing, whole_lots=whole, increment=2), books=80)


BIDS = [(30, 4), (25, 3), (22, 5), (19, 9)]


@pytest.mark.parametrize(
    ("lots", "pricing", "filled", "worth"),
    [
        (7, "uniform", [4, 3, 0, 0], [100, 75, 0, 0]),
        (7, "pay_as_bid", [4, 3, 0, 0], [120, 75, 0, 0]),
        (7, "english", [4, 3, 0, 0], [92, 69, 0, 0]),  # the best losing bid is 22; a step of 1 above
        (9, "english", [4, 3, 2, 0], [88, 66, 44, 0]),  # the bid at 22 loses three of its lots
        (20, "uniform", [4, 3, 5, 0], [88, 66, 110, 0]),  # 19 is below the reserve
        (20, "english", [4, 3, 5, 0], [80, 60, 100, 0]),  # nobody is outbid: the reserve
    ],
)
def test_what_winners_pay(lots, pricing, filled, worth):
    orders = book(BIDS, [(20, lots)])
    result = clear(orders, pricing=pricing, increment=1)
    check_result(orders, result)
    assert result.filled[:4].tolist() == filled
    assert result.worth[:4].tolist() == worth
    assert result.reason[3] == Reason.OUTSIDE_PRICE
    assert result.reason[4] == (Reason.FILLED if lots <= 12 else Reason.PARTLY_FILLED_AT_MARGIN)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=8),
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=5),
    st.sampled_from(("uniform", "pay_as_bid", "english")),
    st.booleans(),
)
def test_a_purchase_is_a_sale_in_the_mirror(bids, asks, pricing, whole):
    orders = book(bids, asks)
    mirrored = OrderBatch(orders.account, -orders.side, 100 - orders.price, orders.quantity)
    here = clear(orders, pricing=pricing, whole_lots=whole, increment=2)
    there = clear(mirrored, side="buy", pricing=pricing, whole_lots=whole, increment=2)
    check_result(mirrored, there)
    assert (here.filled == there.filled).all()
    assert (here.reason == there.reason).all()
    assert (here.worth + there.worth == 100 * here.filled).all()


def test_a_bid_step_never_lifts_the_price_above_the_lowest_winning_bid():
    assert clear(book([(30, 4), (29, 4)], [(20, 4)]), pricing="english", increment=7).price == 30


def test_an_auction_may_fail():
    orders = book([(30, 4), (25, 3)], [(20, 8)])
    result = clear(orders, whole_lots=True)
    assert (result.price, result.volume) == (NO_PRICE, 0)
    assert result.reason.tolist() == [Reason.RATIONED_OUT] * 2 + [Reason.NO_COUNTERPARTY]
    assert clear(orders).volume == 7


def test_without_an_initiator_nobody_bids():
    assert (clear(book(BIDS, [])).reason == Reason.NO_COUNTERPARTY).all()
    assert (clear(book([], [(5, 3)])).reason == Reason.NO_COUNTERPARTY).all()


def test_several_initiators_are_served_in_random_order_by_what_bidders_still_want():
    orders = book([(30, 4), (25, 4)], [(20, 4), (20, 4)])
    first = 2 if tie_break(STREAM.key, [2])[0] > tie_break(STREAM.key, [3])[0] else 3
    result = clear(orders)
    assert result.trades.seller.tolist() == [first, 5 - first]
    assert result.trades.buyer.tolist() == [0, 1]
    assert result.trades.price.tolist() == [30, 25]
    firsts = [int(clear(orders, STREAMS.at("c", t)).trades.seller[0]) for t in range(400)]
    assert abs(firsts.count(2) - 200) < 5 * np.sqrt(100)


def test_equal_bids_win_equally_often():
    orders = book([(30, 1)] * 4, [(20, 1)])
    winners = [int(clear(orders, STREAMS.at("c", t)).trades.buyer[0]) for t in range(800)]
    assert abs(np.bincount(winners, minlength=4) - 200).max() < 5 * np.sqrt(800 * 0.25 * 0.75)


def test_nobody_bids_in_its_own_auction():
    orders = OrderBatch(
        np.array([0, 0, 1]), np.array([SELL, BUY, BUY], dtype=np.int8), np.array([20, 30, 25]), np.array([5, 3, 9])
    )
    result = clear(orders)
    assert result.filled.tolist() == [2, 0, 2]
    assert result.reason.tolist() == [Reason.SELF_TRADE, Reason.SELF_TRADE, Reason.PARTLY_FILLED_AT_MARGIN]
