"""The call auction at a price for each pair: same fills, exact money, highest bids against lowest offers."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market import settlement
from market.matching import NO_PRICE, CallAuction
from market.matching.contract import book, check_mechanism, check_result, random_book
from market.orders import BUY
from market.randomness import Streams
from market.registry import Registry
from tests.market.matching.reference_auctions import pairs

STREAM = Streams(14).at("clearing", 1)


def clear(orders, share=1.0, stream=STREAM):
    return CallAuction(pricing="pay_as_bid", share=share).clear(None, orders, stream)[1]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_the_contract_is_kept(share):
    check_mechanism(partial(CallAuction, pricing="pay_as_bid", share=share), books=300)


@pytest.mark.parametrize(("numerator", "share"), [(0, 0.0), (1, 0.25), (2, 0.5), (4, 1.0)])
def test_random_books_trade_the_uniform_lots_at_the_price_of_each_pair(numerator, share):
    streams = Streams(23)
    for i in range(800):
        generator = streams.at("book", i).generator()
        orders = random_book(generator, int(generator.integers(1, 25)), int(generator.integers(1, 25)), 9)
        stream = streams.at("tie", i)
        result = clear(orders, share, stream)
        check_result(orders, result)
        uniform = CallAuction().clear(None, orders, stream)[1]
        assert (result.volume, result.filled.tolist()) == (uniform.volume, uniform.filled.tolist())
        value = dict.fromkeys(orders.account.tolist(), 0)
        for buyer, seller, bid, ask in pairs(orders, result.filled, stream.key):
            price = (4 * ask + numerator * (bid - ask) + 2) // 4  # rounded half up
            value[buyer] += price
            value[seller] += price
        assert dict(zip(orders.account.tolist(), result.value.tolist(), strict=True)) == value


def test_buyers_pay_their_bids_and_the_one_seller_receives_them():
    orders = book([(9, 5), (7, 3), (6, 4)], [(5, 10)])
    result = clear(orders)
    assert result.filled.tolist() == [5, 3, 2, 10]
    assert result.value.tolist() == [45, 21, 12, 78]
    assert result.price == 8  # 7.8
    registry = Registry(4, 1, 1, credit_limit=10_000)
    registry.issue(0, [3], [10], 0)
    settlement.trade(registry, 0, orders, CallAuction(pricing="pay_as_bid"), None, STREAM, 3, 0)
    assert registry.cash[:4].tolist() == [-135, -63, -36, 234]
    registry.check()


def test_the_highest_bids_meet_the_lowest_offers_and_a_half_shares_the_gain():
    result = clear(book([(10, 2), (7, 2)], [(3, 3), (6, 5)]), 0.5)
    # two lots at (10 + 3) / 2 = 6.5 -> 7, one at (7 + 3) / 2 = 5, one at (7 + 6) / 2 = 6.5 -> 7
    assert result.trades.price.tolist() == [7, 5, 7]
    assert result.trades.lots.tolist() == [2, 1, 1]
    assert result.value.tolist() == [14, 12, 19, 7]
    assert result.price == 7  # 26 / 4 = 6.5


@given(st.integers(0, 1 << 58), st.integers(0, 1 << 58), st.sampled_from([0.0, 0.5, 1.0]))
def test_prices_are_exact_however_large(ask, gap, share):
    result = clear(book([(ask + gap, 1)], [(ask, 1)]), share)
    assert result.price == ask + (int(2 * share) * gap + 1) // 2


def test_nothing_crosses():
    result = clear(book([(4, 3)], [(5, 3)]))
    assert (result.price, result.value.tolist(), len(result.trades)) == (NO_PRICE, [0, 0], 0)


def test_an_account_does_not_trade_with_itself():
    orders = book([(9, 10), (8, 3)], [(5, 4), (6, 20)])
    orders.account[2] = 0
    result = clear(orders)
    check_result(orders, result)
    assert result.filled.tolist() == [6, 3, 0, 9]
    assert result.value[orders.side == BUY].tolist() == [54, 24]


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_the_share_is_bounded(share):
    with pytest.raises(ValidationError):
        CallAuction(share=share)
