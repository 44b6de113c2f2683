"""Bilateral search: who meets whom, what it costs, the split, and where many meetings end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from market.matching import BilateralSearch
from market.matching.acquaintance import acquaintances
from market.matching.bilateral_search_kernel import both_gain
from market.matching.contract import book, check_mechanism, check_result, random_book
from market.matching.protocol import Grid
from market.orders import BUY, Reason
from market.randomness import Streams
from scenarios.validation.bilateral import searched

STREAMS = Streams(24)
STREAM = STREAMS.at("clearing", 0)


def clear(orders, stream=STREAM, **parameters):
    mechanism = BilateralSearch(**parameters)
    return mechanism.clear(mechanism.open(Grid()), orders, stream)


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"meetings": 50, "whole_lots": True},
        {"partners": "ring", "accounts": 40, "degree": 6, "broker_fee": 0.1, "seller_weight": 0.3},
        {"partners": "random_regular", "accounts": 30, "degree": 4, "broker_fee": 0.02, "seller_weight": 0.0},
    ],
)
def test_the_contract(parameters):
    check_mechanism(lambda: BilateralSearch(**parameters), books=150)


def test_two_meet_and_split():
    state, result = clear(book([(60, 3)], [(50, 5)]), meetings=4, search_cost=2.5, broker_fee=0.02)
    # b/(1.01) and a/(0.99): 59.41 and 50.51, in the middle 54.96
    assert result.price == 55
    assert result.reason.tolist() == [Reason.FILLED, Reason.PARTLY_FILLED_AT_MARGIN]
    assert state.accounts.tolist() == [0, 1]
    assert state.meetings.tolist() == [1, 1]  # then nobody is left to meet
    assert state.traded.tolist() == [165, 165]
    search, fees = BilateralSearch(search_cost=2.5, broker_fee=0.02).charges(state)
    assert search.tolist() == [2.5, 2.5]
    assert fees.tolist() == pytest.approx([1.65, 1.65])


def test_money_is_counted_by_lot_and_tick():
    mechanism = BilateralSearch(broker_fee=0.1)
    state, _ = mechanism.clear(mechanism.open(Grid(lot=10, tick=0.5)), book([(60, 3)], [(60, 3)]), STREAM)
    assert state.traded.tolist() == [0, 0]  # the fee leaves nothing to gain
    state, _ = mechanism.clear(mechanism.open(Grid(lot=10, tick=0.5)), book([(80, 3)], [(40, 3)]), STREAM)
    price = state.traded[0] / 3
    assert mechanism.charges(state)[1].tolist() == pytest.approx([price * 0.5 * 30 * 0.05] * 2)


def test_a_fee_stops_deals_without_enough_gain():
    # bid (1 − h) >= ask (1 + h) with h = 1 %: 101 · 0.99 = 99 · 1.01 is just enough
    assert clear(book([(101, 1)], [(99, 1)]), broker_fee=0.02)[1].volume == 1
    assert clear(book([(101, 1)], [(100, 1)]), broker_fee=0.02)[1].volume == 0
    assert clear(book([(103, 1)], [(100, 1)]), broker_fee=0.02)[1].volume == 1


@given(st.integers(0, 1 << 60), st.integers(0, 1 << 60), st.integers(0, 499_999))
def test_gain_after_fees_is_exact(bid, ask, half_fee):
    assert both_gain(bid, ask, half_fee) == (bid * (10**6 - half_fee) >= ask * (10**6 + half_fee))


def test_a_ladder_trades_its_best_steps_first():
    orders = book([(60, 2), (50, 2), (40, 2)], [(30, 3), (45, 3)])
    orders.account[:] = [0, 0, 0, 1, 1]
    result = clear(orders, meetings=1)[1]
    check_result(orders, result)
    assert result.filled.tolist() == [2, 2, 0, 3, 1]
    assert result.trades.price.tolist() == [45, 40, 48]  # 47.5 rounded half up
    assert result.reason[2] == Reason.OUTSIDE_PRICE


def test_whole_offers_are_not_split():
    orders = book([(60, 2)], [(50, 5)])
    assert clear(orders)[1].volume == 2
    result = clear(orders, whole_lots=True)[1]
    assert result.reason.tolist() == [Reason.RATIONED_OUT] * 2


def test_a_buyer_may_meet_a_buyer():
    state, result = clear(book([(9, 1), (9, 1)], []), meetings=3)
    assert state.meetings.tolist() == [3, 3]
    assert (result.reason == Reason.NO_PARTNER).all()


def test_partners_are_random():
    orders = book([(9, 1)], [(4, 1)] * 5)
    sellers = [int(clear(orders, STREAMS.at("c", t), meetings=1)[1].trades.seller.sum()) for t in range(1_000)]
    # Six accounts in three pairs: the buyer always meets one of five.
    assert abs(np.bincount(sellers, minlength=6)[1:] - 200).max() < 5 * np.sqrt(1_000 * 0.2 * 0.8)


@pytest.mark.parametrize("network", ["ring", "random_regular"])
def test_everybody_knows_as_many_and_always_the_same(network):
    first, second = acquaintances(network, 200, 6)
    known = np.bincount(np.concatenate((first, second)), minlength=200)
    assert known.max() == 6
    assert known.min() >= (6 if network == "ring" else 3)
    assert known.mean() > 5.8
    assert (first < second).all()
    acquaintances.cache_clear()
    again = acquaintances(network, 200, 6)
    assert (again[0] == first).all()
    assert (again[1] == second).all()
    assert not first.flags.writeable


def test_another_number_is_another_network():
    one, other = (set(zip(*acquaintances("random_regular", 200, 4, number), strict=True)) for number in (0, 1))
    assert len(one & other) < 40  # 400 links of 19,900 possible: eight in common to be expected


@pytest.mark.parametrize("network", ["ring", "random_regular"])
def test_only_acquaintances_trade_in_all_periods(network):
    links = set(zip(*acquaintances(network, 60, 4), strict=True))
    met = set()
    for t in range(60):
        orders = random_book(STREAMS.at("book", t).generator(), 60, width=30)
        orders.account[:] += 3 * (t % 2)  # some accounts are away, and some know nobody
        result = clear(orders, STREAMS.at("c", t), partners=network, accounts=60, degree=4)[1]
        pairs = np.sort(np.stack((result.trades.buyer, result.trades.seller)), axis=0)
        met |= set(zip(*pairs, strict=True))
    assert met <= links
    assert len(met) > 0.9 * len(links)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"partners": "ring"}, "needs `accounts`"),
        ({"partners": "random_regular", "accounts": 20, "degree": 3}, "must be even"),
        ({"partners": "ring", "accounts": 4, "degree": 4}, "below the 4 accounts"),
    ],
)
def test_an_incomplete_network_is_refused(parameters, message):
    with pytest.raises(ValidationError, match=message):
        BilateralSearch(**parameters)


def test_many_meetings_leave_no_two_who_could_gain():
    orders = random_book(STREAMS.at("book", 0).generator(), 60, width=30)
    filled = {}
    for meetings in (1, 3, 10, 1_000):
        filled[meetings] = clear(orders, meetings=meetings)[1]
    volumes = [result.volume for result in filled.values()]
    assert volumes == sorted(volumes)
    left = filled[1_000].filled < orders.quantity
    buys = orders.side == BUY
    assert orders.price[left & buys].max(initial=-1) < orders.price[left & ~buys].min(initial=1 << 60)


@pytest.mark.parametrize("seed", range(3))
def test_pairwise_trade_of_single_permits_ends_at_least_cost(seed):
    # VALIDATION A10f: marginal costs beta · abated, beta 1 … 10; the optimum of 100 permits costs 1861.5.
    start = STREAMS.at("start", seed).generator().multinomial(100, np.full(10, 0.1))
    cost, held = searched(np.minimum(start, 20), seed)
    assert cost == 1861.5
    assert held[2:].tolist() == [6, 9, 12, 13, 14, 15, 15, 16]


def test_after_many_meetings_costs_have_fallen_step_by_step():
    start = np.repeat([20, 0], 5)
    costs = [searched(start, 3, days)[0] for days in (0, 5, 20, 80, 400)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == 8000.0
    assert costs[-1] == 1861.5
