"""Block agreement: minimum, pairs, the Nash split within the limits; and the k-double auction, which pairs alike."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.matching import BlockAgreement, KDoubleAuction
from market.matching.bargaining import split_price, split_price_after_fees
from market.matching.contract import book, check_mechanism, check_result
from market.matching.protocol import Grid
from market.orders import NO_PRICE, Reason
from market.randomness import Streams

STREAMS = Streams(22)
STREAM = STREAMS.at("clearing", 0)


def clear(mechanism, orders, grid=None, stream=STREAM):
    return mechanism.clear(mechanism.open(grid or Grid()), orders, stream)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"minimum": 5, "seller_weight": 0.3},
        {"minimum": 0, "opening_price": 12},
        {"minimum": 12, "price_limit": None},
    ],
)
def test_the_contract_of_blocks(parameters):
    check_mechanism(lambda: BlockAgreement(**parameters), books=150)


@pytest.mark.parametrize("k", [0.0, 0.3, 0.5, 1.0])
def test_the_contract_of_the_k_double_auction(k):
    check_mechanism(lambda: KDoubleAuction(k=k), books=150)


def test_only_blocks_are_traded():
    orders = book([(60, 100_000), (60, 99_999)], [(50, 250_000)])
    state, result = clear(BlockAgreement(), orders)
    assert result.filled.tolist() == [100_000, 0, 100_000]
    assert result.reason.tolist() == [Reason.FILLED, Reason.BELOW_MINIMUM, Reason.PARTLY_FILLED_AT_MARGIN]
    assert result.price == state.close == 55


@pytest.mark.parametrize(("lot", "lots"), [(1.0, 100_000), (10.0, 10_000), (7.0, 14_286), (1000.0, 100)])
def test_the_minimum_is_counted_in_units(lot, lots):
    assert BlockAgreement().open(Grid(lot=lot)).minimum == lots


@pytest.mark.parametrize(("weight", "price"), [(0.0, 50), (0.25, 53), (0.5, 55), (1.0, 60)])
def test_the_price_splits_the_gain_by_weight(weight, price):
    # 50 + 0.25 · 10 = 52.5, rounded half up
    _, result = clear(BlockAgreement(minimum=0, seller_weight=weight), book([(60, 3)], [(50, 3)]))
    assert result.price == price


def test_the_limits_are_thirty_per_cent_around_the_close():
    mechanism = BlockAgreement(minimum=0, opening_price=100)
    state, result = clear(mechanism, book([(400, 3)], [(120, 3)]))
    assert result.price == state.close == 130  # the split, 260, lies beyond
    _, result = clear(mechanism, book([(60, 3)], [(20, 3)]))
    assert result.price == NO_PRICE
    assert result.reason.tolist() == [Reason.PRICE_LIMIT, Reason.NO_PARTNER]
    _, result = clear(mechanism, book([(75, 3)], [(20, 3)]))
    assert result.price == 70
    state, result = mechanism.clear(state, book([(169, 1)], [(169, 1)]), STREAM)
    assert (result.price, state.close) == (169, 169)  # 130 · 1.3


@pytest.mark.parametrize("mechanism", [BlockAgreement(minimum=0), KDoubleAuction()], ids=["block", "k_double"])
def test_one_deal_a_pair_and_who_is_left_over_says_so(mechanism):
    orders = book([(9, 5), (9, 5), (2, 5)], [(4, 5)] * 2)
    seen = set()
    for t in range(60):
        _, result = clear(mechanism, orders, stream=STREAMS.at("clearing", t))
        check_result(orders, result)
        assert len(result.trades) in (1, 2)
        left_over = [i for i in range(5) if result.reason[i] == Reason.NO_PARTNER]
        assert len(left_over) == 1
        assert ((result.reason == Reason.OUTSIDE_PRICE).sum() == 2) == (2 not in left_over)
        seen.add(left_over[0])
    assert seen == {0, 1, 2}


def test_pairs_are_random():
    orders = book([(9, 1)] * 4, [(4, 1)] * 4)
    partners = [
        dict(zip(trades.buyer.tolist(), trades.seller.tolist(), strict=True))[0]
        for trades in (clear(KDoubleAuction(), orders, stream=STREAMS.at("c", t))[1].trades for t in range(800))
    ]
    assert abs(np.bincount(partners, minlength=8)[4:] - 200).max() < 5 * np.sqrt(800 * 0.25 * 0.75)


@pytest.mark.parametrize(("k", "price"), [(0.0, 40), (0.2, 44), (0.5, 50), (1.0, 60)])
def test_k_is_the_weight_of_the_bid(k, price):
    assert clear(KDoubleAuction(k=k), book([(60, 1)], [(40, 1)]))[1].price == price


@given(st.integers(0, 1 << 60), st.integers(0, 1 << 60), st.integers(0, 1_000_000))
def test_the_split_is_exact_in_whole_numbers(one, other, millionths):
    ask, bid = sorted((one, other))
    exact = ask + Fraction(millionths, 1_000_000) * (bid - ask)
    found = int(split_price(np.array([bid]), np.array([ask]), millionths / 1_000_000)[0])
    assert found == (exact + Fraction(1, 2)).__floor__()


def test_mean_split_of_random_limits():
    # Bids U[100, 200] and asks U[0, 100]: all trade, and the mean price is 50 + w (150 − 50).
    generator = STREAMS.at("limits", 0).generator()
    bids, asks = generator.integers(1000, 2001, 5_000), generator.integers(0, 1001, 5_000)
    orders = book([(int(b), 1) for b in bids], [(int(a), 1) for a in asks])
    for weight in (0.2, 0.5, 0.9):
        _, result = clear(BlockAgreement(minimum=0, seller_weight=weight), orders)
        assert result.volume == 5_000
        assert result.price == pytest.approx(asks.mean() + weight * (bids.mean() - asks.mean()), abs=1)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0.01, 0.99), st.floats(0.001, 0.2))
def test_the_split_after_fees_maximises_the_nash_product(ask, gain, weight, half_fee):
    bid = int(ask * (1 + half_fee) / (1 - half_fee)) + 1 + gain
    found = float(split_price_after_fees(np.array([bid]), np.array([ask]), weight, half_fee)[0])
    assert ask <= found <= bid

    def product(price):
        buyer, seller = bid - price * (1 + half_fee), price * (1 - half_fee) - ask
        return -np.inf if min(buyer, seller) <= 0 else (1 - weight) * np.log(buyer) + weight * np.log(seller)

    grid = np.linspace(ask / (1 - half_fee), bid / (1 + half_fee), 2_001)[1:-1]
    best = grid[int(np.argmax([product(p) for p in grid]))]
    assert abs(found - best) <= 0.5 + (grid[-1] - grid[0]) / 2_000 + 1e-6 * best
