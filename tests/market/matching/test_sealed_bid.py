"""Sealed bids: the rule against an obvious auction, published schedules, limits, and who pays what."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market import settlement
from market.matching import SealedBidAuction
from market.matching.contract import book, check_mechanism, check_result, corner_books, random_book
from market.matching.primary import tiers
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, OrderBatch, OrderError, Reason
from market.randomness import Streams
from market.registry import Registry
from tests.market.matching.reference_auctions import pairs, sealed_bid

STREAM = Streams(12).at("auction", 1)
BIDS = [(20, 10), (18, 15), (16, 20), (14, 15), (12, 20), (9, 20), (7, 10), (5, 20), (3, 20)]


def clear(orders, stream=STREAM, **declared):
    auction = SealedBidAuction(**declared)
    return auction.clear(auction.open(Grid()), orders, stream)[1]


def batch(*rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return OrderBatch(columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy())


def auction_of(schedule, bids=BIDS):
    """Bids of an account each, and one authority that offers the whole schedule [(price, lots)]."""
    orders = book(bids, schedule)
    orders.account[len(bids) :] = len(bids)
    return orders


DECLARED = {
    "uniform": {},
    "discriminatory": {"pricing": "discriminatory"},
    "limited": {"bid_limit": 0.25, "minimum_bid": 3.0, "reserve_price": 4.0},
    "limited, discriminatory": {"bid_limit": 0.1, "reserve_price": 6.0, "pricing": "discriminatory"},
}


@pytest.mark.slow
@pytest.mark.parametrize("declared", list(DECLARED.values()), ids=list(DECLARED))
def test_the_contract_is_kept(declared):
    check_mechanism(partial(SealedBidAuction, **declared), books=300)


# Own schedule; volumes and prices by hand. An ECR part is offered at its trigger price, and so is each CCR tier.
@pytest.mark.parametrize(
    ("schedule", "price", "sold"),
    [
        ([(0, 70)], 12, [70]),
        ([(0, 55), (13, 10)], 13, [55, 5]),
        ([(0, 40), (13, 10)], 14, [40, 10]),
        ([(0, 40), (13, 30)], 13, [40, 20]),
        ([(0, 104), (6, 11)], 6, [104, 6]),
        ([(0, 113), (6, 12)], 5, [113, 0]),
        ([(4, 160)], 4, [130]),
        # two tiers: the first exhausted, the price between the triggers or at the second
        ([(0, 40), (13, 10), (15, 5)], 14, [40, 10, 0]),
        ([(0, 30), (13, 10), (15, 10)], 15, [30, 10, 5]),
        ([(0, 5), (13, 10), (15, 10)], 18, [5, 10, 10]),
        ([(0, 95), (6, 10), (8, 10)], 7, [95, 10, 0]),
        # both kinds at once
        ([(0, 45), (6, 10), (13, 10)], 13, [45, 10, 5]),
        # exhausted, though bids of 60 lots are at the trigger or above
        ([(0, 45), (13, 10)], 14, [45, 10]),
        # a tier whose trigger is reached by demand that equals supply: the lots at hand suffice, at the trigger
        ([(0, 60), (13, 10)], 13, [60, 0]),
        # the volume is nowhere wanted
        ([(21, 10)], NO_PRICE, [0]),
    ],
)
@pytest.mark.parametrize("pricing", ["uniform", "discriminatory"])
def test_supply_schedules(schedule, price, sold, pricing):
    orders = auction_of(schedule)
    result = clear(orders, pricing=pricing)
    check_result(orders, result)
    used = tiers(orders, result)
    assert used.sold.tolist() == sold
    assert used.unsold.tolist() == [lots - s for (_, lots), s in zip(schedule, sold, strict=True)]
    if pricing == "uniform":
        assert result.price == price
    elif sold != [0]:
        won = result.filled[: len(BIDS)]
        revenue = sum(limit * int(lots) for (limit, _), lots in zip(BIDS, won, strict=True))
        assert result.value[: len(BIDS)].tolist() == [limit * int(w) for (limit, _), w in zip(BIDS, won, strict=True)]
        assert result.value[len(BIDS) :].sum() == revenue
        assert result.price == int(revenue / result.volume + 0.5)


def random_auctions(count):
    streams = Streams(21)
    for i in range(count):
        generator = streams.at("auction", i).generator()
        size, width = int(generator.integers(2, 25)), int(generator.integers(1, 25))
        yield random_book(generator, size, width, largest=int(generator.integers(1, 12))), streams.at("tie", i)


@pytest.mark.slow
def test_random_books_are_sold_as_in_the_obvious_auction():
    for orders, stream in random_auctions(3_000):
        result = clear(orders, stream)
        check_result(orders, result)
        assert (result.price, result.volume, result.filled.tolist()) == sealed_bid(orders, stream.key)


@pytest.mark.slow
def test_random_books_are_paid_as_in_the_obvious_pairing():
    for orders, stream in random_auctions(2_000):
        result = clear(orders, stream, pricing="discriminatory")
        check_result(orders, result)
        _, volume, filled = sealed_bid(orders, stream.key)
        assert result.filled.tolist() == filled
        single = [
            (int(b), int(s), int(p))
            for b, s, p, lots in zip(
                result.trades.buyer, result.trades.seller, result.trades.price, result.trades.lots, strict=True
            )
            for _ in range(int(lots))
        ]
        assert single == [(b, s, bid) for b, s, bid, _ in pairs(orders, filled, stream.key)]
        assert result.volume == volume == len(single)


ROWS = st.lists(st.tuples(st.sampled_from((BUY, SELL)), st.integers(0, 30), st.integers(1, 1 << 30)), max_size=15)


@given(ROWS)
def test_the_price_is_the_highest_that_clears_the_market(rows):
    orders = batch(*((i, *row) for i, row in enumerate(rows)))
    result = clear(orders)
    if result.volume == 0:
        return

    def demand(p):
        return orders.quantity[(orders.side == BUY) & (orders.price >= p)].sum()

    def supply(p):
        return orders.quantity[(orders.side == SELL) & (orders.price <= p)].sum()

    clears = [p for p in range(32) if max(demand(p + 1), supply(p - 1)) <= min(demand(p), supply(p))]
    assert result.price == max(p for p in clears if min(demand(p), supply(p)) > 0)
    assert result.first <= result.price <= result.last == orders.price[(orders.side == BUY) & (result.filled > 0)].min()


@given(ROWS, st.integers(0, 20))
def test_a_reserve_price_is_the_same_as_offers_at_it(rows, reserve):
    orders = batch(*((i, *row) for i, row in enumerate(rows)))
    raised = np.where(orders.side == SELL, np.maximum(orders.price, reserve), orders.price)
    here = clear(orders, reserve_price=float(reserve))
    there = clear(OrderBatch(orders.account, orders.side, raised, orders.quantity))
    assert (here.price, here.volume) == (there.price, there.volume)
    assert here.filled.tolist() == there.filled.tolist()
    assert here.price == NO_PRICE or here.price >= reserve
    check_result(orders, here)


def test_bids_short_of_the_volume_pay_the_reserve_price_and_the_rest_stays_unsold():
    orders = auction_of([(0, 100)], [(9, 10), (5, 20), (3, 40)])
    result = clear(orders, reserve_price=4.0)
    assert (result.price, result.volume) == (4, 30)
    assert result.reason.tolist() == [
        Reason.FILLED,
        Reason.FILLED,
        Reason.OUTSIDE_PRICE,
        Reason.PARTLY_FILLED_AT_MARGIN,
    ]


def test_the_reserve_price_is_declared_in_money():
    auction = SealedBidAuction(reserve_price=12.73, minimum_bid=250.0)
    state = auction.open(Grid(lot=100.0, tick=0.01))
    assert (state.reserve, state.minimum) == (1273, 3)
    _, result = auction.clear(state, book([(1300, 5), (1272, 5), (1400, 2)], [(0, 100)]), STREAM)
    assert (result.price, result.volume) == (1273, 5)
    assert result.reason[:3].tolist() == [Reason.FILLED, Reason.OUTSIDE_PRICE, Reason.BELOW_MINIMUM]


def test_a_withheld_tier_and_an_unsold_one_have_their_own_reasons():
    orders = auction_of([(0, 100), (6, 12), (13, 10)], [(8, 50), (5, 30)])
    result = clear(orders)
    assert (result.price, result.volume) == (0, 80)
    assert result.reason[2:].tolist() == [Reason.PARTLY_FILLED_AT_MARGIN, Reason.OUTSIDE_PRICE, Reason.OUTSIDE_PRICE]
    assert tiers(orders, result).unsold.tolist() == [20, 12, 10]


def test_equal_bids_at_the_margin_share_pro_rata():
    result = clear(auction_of([(2, 100)], [(9, 40), (5, 100), (5, 50), (5, 30)]))
    assert result.price == 5
    assert result.filled[0] == 40
    extra = result.filled[1:4] - np.array([33, 16, 10])
    assert sorted(extra.tolist()) == [0, 0, 1]


def test_an_account_may_bid_for_a_share_of_the_volume_only():
    # 100 lots, a quarter each: account 0 keeps 20 lots at 9 and 5 of the 20 at 7; its bid at 3 is left out.
    orders = batch((0, BUY, 7, 20), (0, BUY, 9, 20), (0, BUY, 3, 5), (1, BUY, 8, 25), (2, SELL, 1, 100))
    result = clear(orders, bid_limit=0.25)
    check_result(orders, result)
    assert result.filled.tolist() == [5, 20, 0, 25, 50]
    assert result.reason[:4].tolist() == [Reason.BID_LIMIT, Reason.FILLED, Reason.BID_LIMIT, Reason.FILLED]
    assert result.price == 1
    # without the limit it would have got 45
    assert clear(orders).filled[:3].sum() == 45


def test_lots_left_after_the_limit_may_still_lose_on_price():
    orders = batch(
        (0, BUY, 4, 50), (1, BUY, 8, 25), (3, BUY, 8, 25), (4, BUY, 8, 25), (5, BUY, 8, 25), (2, SELL, 1, 100)
    )
    result = clear(orders, bid_limit=0.25)
    assert result.filled[0] == 0
    assert result.reason[0] == Reason.OUTSIDE_PRICE


def test_no_account_gets_more_than_its_share():
    for orders, stream in random_auctions(300):
        shared = OrderBatch(orders.account % 3, orders.side, orders.price, orders.quantity)
        result = clear(shared, stream, bid_limit=0.3)
        check_result(shared, result)
        buys = shared.side == BUY
        won = np.bincount(shared.account[buys], result.filled[buys], minlength=1)
        assert won.max(initial=0) <= int(0.3 * int(shared.quantity[~buys].sum()) + 1e-9)


def test_several_sellers_are_paid_what_their_buyers_bid():
    # Account 3 offers at 2, account 4 at 5: the highest bids meet the lowest offer.
    orders = batch((0, BUY, 10, 4), (1, BUY, 8, 4), (2, BUY, 6, 2), (3, SELL, 2, 5), (4, SELL, 5, 5))
    registry = Registry(5, 1, 1, credit_limit=10_000)
    registry.issue(0, [3, 4], [5, 5], 0)
    auction = SealedBidAuction(pricing="discriminatory")
    _, result, _ = settlement.trade(registry, 0, orders, auction, auction.open(Grid()), STREAM, 7, 0)
    assert registry.cash[:5].tolist() == [-280, -224, -84, 7 * 48, 7 * 36]
    assert registry.balances[0, :5].tolist() == [4, 4, 2, 0, 0]
    assert result.price == 8  # 84 for 10 lots, rounded
    registry.check()


@pytest.mark.parametrize("name", list(corner_books()))
def test_corner_books_pay_as_bid(name):
    orders = corner_books()[name]
    check_result(orders, clear(orders, pricing="discriminatory"))


def test_a_value_that_no_integer_holds_is_refused():
    with pytest.raises(OrderError, match="coarser tick"):
        clear(book([(1 << 59, 40)], [(1 << 59, 40)]), pricing="discriminatory")


def test_orders_that_cannot_be_read_are_refused():
    with pytest.raises(OrderError, match="price"):
        clear(batch((0, BUY, -5, 3), (1, SELL, 2, 3)))


@pytest.mark.parametrize(
    "wrong", [{"bid_limit": 0.0}, {"bid_limit": 1.5}, {"reserve_price": -1.0}, {"pricing": "mean"}]
)
def test_parameters_are_bounded(wrong):
    with pytest.raises(ValidationError):
        SealedBidAuction(**wrong)


def test_parameters_are_described():
    assert all("description" in field for field in SealedBidAuction.model_json_schema()["properties"].values())
