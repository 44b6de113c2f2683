"""Listed agreement: who takes from whom at what price, daily limits over several days, and what waits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import settlement
from market.matching import ListedAgreement
from market.matching.contract import check_mechanism, check_result
from market.matching.listed_agreement import ListedState
from market.matching.price_limits import price_band
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, OrderBatch, Reason
from market.randomness import Streams, tie_break
from market.registry import Registry

STREAMS = Streams(21)
STREAM = STREAMS.at("clearing", 0)


def batch(*rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return OrderBatch(columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy())


def clear(mechanism, orders, state=None, stream=STREAM):
    return mechanism.clear(mechanism.open(Grid()) if state is None else state, orders, stream)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"whole_lots": True},
        {"opening_price": 15},
        {"opening_price": 12, "beyond": "hold", "price_limit": 0.25},
        {"price_limit": None, "persistent": True},
    ],
)
def test_the_contract(parameters):
    check_mechanism(lambda: ListedAgreement(**parameters), books=150)


@pytest.mark.parametrize("beyond", ["reject", "hold"])
def test_the_contract_with_listings_that_wait(beyond):
    mechanism = ListedAgreement(beyond=beyond, price_limit=0.3)
    generator = STREAMS.at("waiting", 1).generator()
    for i in range(150):
        state = ListedState(10, batch((90, SELL, 11, 7), (91, SELL, 11, 7), (92, BUY, 9, 4), (3, SELL, 12, 2)))
        n = int(generator.integers(1, 15))
        orders = OrderBatch(
            generator.integers(0, 8, n), generator.choice(np.array([BUY, SELL], dtype=np.int8), n),
            generator.integers(5, 16, n), generator.integers(1, 9, n),
        )  # fmt: skip
        order = generator.permutation(n)
        stream = STREAMS.at("clearing", i)
        (after, one), (moved, other) = (clear(mechanism, some, state, stream) for some in (orders, orders.take(order)))
        assert sorted(zip(one.filled[order], orders.quantity[order], strict=True)) == sorted(
            zip(other.filled, orders.quantity[order], strict=True)
        )
        assert (one.volume, one.price, after.close) == (other.volume, other.price, moved.close)
        assert after.listings.quantity.sum() == moved.listings.quantity.sum()
        assert ((one.trades.price >= 7) & (one.trades.price <= 13)).all()
        # Lots of the batch either traded, rest, or came back with a reason.
        assert ((one.reason == Reason.FILLED) == (one.filled == orders.quantity)).all()
        assert state.listings.quantity.tolist() == [7, 7, 4, 2]


def test_who_comes_first_lists_and_who_comes_second_pays_the_listed_price():
    orders = batch((0, SELL, 4, 10), (1, BUY, 9, 6))
    state, result = clear(ListedAgreement(), orders)
    seller_first = tie_break(STREAM.key, [0])[0] > tie_break(STREAM.key, [1])[0]
    assert result.price == (4 if seller_first else 9)
    assert result.trades.aggressor.tolist() == [BUY if seller_first else SELL]
    assert result.filled.tolist() == [6, 6]
    # Four lots are left: as a listing if the seller listed, returned if the seller took.
    assert state.listings.quantity.tolist() == ([4] if seller_first else [])
    assert result.reason[0] == (Reason.RESTING if seller_first else Reason.PARTLY_FILLED_AT_MARGIN)
    assert state.close == result.price


def test_both_come_first_equally_often():
    orders = batch((0, SELL, 4, 1), (1, BUY, 9, 1))
    prices = [clear(ListedAgreement(), orders, stream=STREAMS.at("clearing", t))[1].price for t in range(400)]
    assert abs(prices.count(4) - 200) < 5 * np.sqrt(100)


LISTINGS = batch((5, SELL, 12, 3), (6, SELL, 10, 2), (7, SELL, 11, 4), (8, BUY, 8, 5))


def test_a_taker_takes_the_best_listings_first_each_at_its_own_price():
    state, result = clear(ListedAgreement(), batch((0, BUY, 11, 5)), ListedState(NO_PRICE, LISTINGS))
    assert list(zip(result.trades.price, result.trades.lots, result.trades.seller, strict=True)) == [
        (10, 2, 6), (11, 3, 7),
    ]  # fmt: skip
    assert result.worth.tolist() == [53]
    assert result.price == 11  # 10.6
    assert sorted(zip(state.listings.price, state.listings.quantity, strict=True)) == [(8, 5), (11, 1), (12, 3)]


def test_a_taker_does_not_list_what_it_could_not_get():
    state, result = clear(ListedAgreement(), batch((0, BUY, 11, 9)), ListedState(NO_PRICE, LISTINGS))
    assert result.filled.tolist() == [6]
    assert result.reason.tolist() == [Reason.PARTLY_FILLED_AT_MARGIN]
    assert 0 not in state.listings.account


def test_whole_lots_are_not_split():
    _, result = clear(ListedAgreement(whole_lots=True), batch((0, BUY, 12, 4)), ListedState(NO_PRICE, LISTINGS))
    assert result.trades.lots.tolist() == [2]  # of 10; then neither 4 at 11 nor 3 at 12 fits into 2
    state, result = clear(ListedAgreement(whole_lots=True), batch((0, BUY, 12, 1)), ListedState(NO_PRICE, LISTINGS))
    assert result.reason.tolist() == [Reason.RESTING]
    assert 0 in state.listings.account


def test_equal_listings_are_chosen_at_random_and_not_by_time():
    listings, bid = batch(*((i, SELL, 10, 1) for i in range(5))), batch((9, BUY, 10, 1))
    taken = [
        int(clear(ListedAgreement(), bid, ListedState(10, listings), STREAMS.at("c", t))[1].trades.seller[0])
        for t in range(1_000)
    ]  # fmt: skip
    assert abs(np.bincount(taken, minlength=5) - 200).max() < 5 * np.sqrt(1_000 * 0.2 * 0.8)


def test_an_account_that_comes_again_replaces_its_listings():
    state, result = clear(ListedAgreement(), batch((6, BUY, 12, 2)), ListedState(NO_PRICE, LISTINGS))
    assert result.trades.seller.tolist() == [7]  # at 11: its own listing at 10 is withdrawn
    assert 6 not in state.listings.account


def test_own_orders_do_not_meet():
    orders = batch((0, SELL, 5, 4), (0, BUY, 9, 10))
    state, result = clear(ListedAgreement(), orders)
    assert result.volume == 0
    assert result.reason.tolist() == [Reason.SELF_TRADE] * 2
    assert state.listings.quantity.tolist() == [6]


@pytest.mark.parametrize(
    ("close", "limit", "band"),
    [
        (1000, 0.1, (900, 1100)),
        (995, 0.1, (896, 1094)),  # 895.5 and 1094.5, rounded inwards
        (3, 0.1, (2, 4)),  # at least a tick
        (0, 0.1, (0, 1)),
        (NO_PRICE, 0.1, (0, 1 << 60)),
        (1000, None, (0, 1 << 60)),
        (1 << 58, 0.3, ((1 << 58) - (3 << 58) // 10, (1 << 58) + (3 << 58) // 10)),
    ],
)
def test_bands(close, limit, band):
    assert price_band(close, limit) == band


def test_limits_follow_the_close_day_by_day():
    mechanism = ListedAgreement(opening_price=1000)
    state = mechanism.open(Grid())
    closes = []
    for day, price in enumerate((1100, 1210, 1331, 1465)):  # 1331 · 1.1 = 1464.1
        orders = batch((0, SELL, price, 5), (1, BUY, price, 5), (2, BUY, price + 400, 1), (3, SELL, 10, 1))
        state, result = clear(mechanism, orders, state, STREAMS.at("clearing", day))
        assert result.reason[2:].tolist() == [Reason.PRICE_LIMIT] * 2
        closes.append(state.close)
    assert closes == [1100, 1210, 1331, 1331]  # a day without trade keeps the last close
    assert result.reason.tolist() == [Reason.PRICE_LIMIT] * 4


def test_orders_held_to_the_limit_move_the_price_a_band_a_day():
    mechanism = ListedAgreement(opening_price=1000, beyond="hold")
    state = mechanism.open(Grid())
    closes = []
    for day in range(3):
        orders = batch((0, SELL, 1, 5), (1, BUY, 5000, 5), (2, SELL, 4000, 1), (3, BUY, 1, 1))
        state, result = clear(mechanism, orders, state, STREAMS.at("clearing", day))
        check_result(orders, result)
        assert result.reason[2:].tolist() == [Reason.PRICE_LIMIT] * 2
        closes.append(state.close)
    for before, after in zip([1000, *closes], closes, strict=False):
        assert after in price_band(before, 0.1)


def test_a_listing_outside_todays_band_waits():
    listings = batch((5, SELL, 150, 3))
    state, result = clear(ListedAgreement(), batch((0, BUY, 110, 2)), ListedState(100, listings))
    assert result.volume == 0
    assert state.listings.quantity.tolist() == [3, 2]


@given(st.lists(st.lists(st.tuples(st.integers(0, 6), st.sampled_from((BUY, SELL)), st.integers(50, 150),
                                   st.integers(1, 9)), max_size=8), max_size=6))  # fmt: skip
def test_every_trade_of_every_day_is_within_its_band_and_lots_are_kept(days):
    mechanism = ListedAgreement(opening_price=100, persistent=True)
    state = mechanism.open(Grid())
    for day, rows in enumerate(days):
        before, orders = state, batch(*rows)
        state, result = clear(mechanism, orders, before, STREAMS.at("clearing", day))
        low, high = price_band(before.close, 0.1)
        assert ((result.trades.price >= low) & (result.trades.price <= high)).all()
        assert int(result.trades.lots.sum()) == result.volume
        assert not (result.trades.buyer == result.trades.seller).any()
        stayed = before.listings.quantity[~np.isin(before.listings.account, orders.account)].sum()
        rests = np.isin(result.reason, (Reason.RESTING, Reason.SELF_TRADE))
        most = stayed + (orders.quantity - result.filled)[rests].sum() - (2 * result.volume - result.filled.sum())
        assert state.listings.quantity.sum() <= most
        if not (result.reason == Reason.SELF_TRADE).any():
            assert state.listings.quantity.sum() == most
        assert state.close == (before.close if result.volume == 0 else result.price)


@pytest.mark.parametrize("persistent", [True, False])
def test_listings_keep_their_locks_until_they_go(persistent):
    registry = Registry(3, 1, 1, credit_limit=10_000)
    registry.issue(0, [0, 1], [50, 50], 0)
    mechanism = ListedAgreement(persistent=persistent)
    state = mechanism.open(Grid())
    state, _, _ = settlement.trade(registry, 0, batch((0, SELL, 5, 20)), mechanism, state, STREAM, 10, 0)
    assert registry.locked[0, 0] == 20
    state, _, _ = settlement.trade(registry, 0, batch((2, BUY, 6, 8)), mechanism, state, STREAM, 10, 0)
    assert registry.locked[0, 0] == 12
    assert registry.cash[[0, 2]].tolist() == [400, -400]
    state = settlement.end_period(registry, 0, mechanism, state, 10)
    assert registry.locked[0, 0] == (12 if persistent else 0)
    assert state.close == 5
    registry.check()
