"""Price limits, halts and holding limits: what they leave of orders, and when a venue rests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.orders import BUY, NO_PRICE, SELL
from market.policies.containment import Halt, HaltState, HoldingLimit, PriceLimit
from market.policies.containment.price_limit import UNBOUNDED

TEN = PriceLimit(band=0.1)


def columns(*rows):
    side, price = zip(*rows, strict=True)
    return np.array(side, dtype=np.int8), np.array(price, dtype=np.int64)


@pytest.mark.parametrize(
    ("close", "days", "bounds"),
    [
        (10_000, 1, (9_000, 11_000)),
        (10_000, 21, (1_094, 74_002)),
        (105, 1, (95, 116)),
        (3, 1, (2, 4)),
        (1, 1, (0, 2)),
        (NO_PRICE, 1, (0, UNBOUNDED)),
        (1 << 59, 30, (round(2**59 * 0.9**30), UNBOUNDED)),
    ],
)
def test_the_band_compounds_over_trading_days(close, days, bounds):
    """±10 % a day are ×0.109 to ×7.40 in a month of 21 trading days: never ±10 % a month."""
    assert TEN.bounds(close, days) == pytest.approx(bounds, abs=64 if close > 1e9 else 0)


def test_a_slower_venue_is_refused_where_the_rule_says_so():
    with pytest.raises(ValueError, match=r"clears every 21.*daily rounds.*compound"):
        PriceLimit(band=0.1, slower="refuse").bounds(100, 21)
    assert PriceLimit(band=0.1, slower="refuse").bounds(100, 1) == (90, 110)
    with pytest.raises(ValueError, match="at least one"):
        TEN.bounds(100, 0)


def test_reject_turns_away_and_hold_moves_to_the_edge():
    side, price = columns(
        (BUY, 89), (BUY, 90), (BUY, 110), (BUY, 111), (SELL, 89), (SELL, 90), (SELL, 110), (SELL, 111)
    )
    rejected = TEN.apply(side, price, 90, 110)
    assert rejected.accepted.tolist() == [False, True, True, False, False, True, True, False]
    assert not rejected.held.any()
    assert (rejected.price == price).all()
    held = PriceLimit(band=0.1, outside="hold").apply(side, price, 90, 110)
    assert held.accepted.tolist() == [False, True, True, True, True, True, True, False]
    assert held.held.tolist() == [False, False, False, True, True, False, False, False]
    assert held.price.tolist() == [89, 90, 110, 110, 90, 90, 110, 111]


@given(
    st.lists(st.tuples(st.sampled_from([BUY, SELL]), st.integers(0, 300)), min_size=1),
    st.integers(1, 200),
    st.sampled_from(["reject", "hold"]),
    st.integers(1, 30),
)
def test_nobody_trades_against_an_own_limit_nor_outside_the_band(rows, close, outside, days):
    side, price = columns(*rows)
    before = price.copy()
    rule = PriceLimit(band=0.1, outside=outside)
    low, high = rule.bounds(close, days)
    found = rule.apply(side, price, low, high)
    assert low < close < high
    kept = found.price[found.accepted]
    assert ((kept >= low) & (kept <= high)).all()
    worse = np.where(side == BUY, found.price - price, price - found.price)
    assert (worse <= 0).all()
    assert (price == before).all()
    assert (found.price[~found.held] == price[~found.held]).all()


def run(rule, closes):
    state, halted = HaltState(), []
    for number, close in enumerate(closes):
        halted.append(state.halted(number))
        state = rule.observe(state, number, close)
    return halted


@pytest.mark.parametrize(
    ("rule", "closes", "halted"),
    [
        (Halt(move=0.1, pause=2), (100, 110, 122, 1, 1, 122, 123), [0, 0, 0, 1, 1, 0, 0]),
        (Halt(move=0.1, pause=1), (100, 89, 0, 89), [0, 0, 1, 0]),
        (Halt(move=0.2, window=3, pause=1), (100, 108, 116, 121, 7, 125), [0, 0, 0, 0, 1, 0]),
        (Halt(move=0.2, window=2, pause=1), (100, 108, 116, 121, 125), [0, 0, 0, 0, 0]),
        (Halt(move=0.1), (NO_PRICE, NO_PRICE, 100, NO_PRICE, 111, 5, 111), [0, 0, 0, 0, 0, 1, 0]),
    ],
)
def test_a_venue_rests_after_a_large_move(rule, closes, halted):
    """The closes of halted rounds do not count, and one move halts once."""
    assert run(rule, closes) == [bool(flag) for flag in halted]


def allowed(rule, rows, held, limit):
    owner, side, price, quantity = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return rule.allowed(owner, side.astype(np.int8), price, quantity, np.array(held), limit).tolist()


CUT, REJECT = HoldingLimit(share=0.1), HoldingLimit(share=0.1, outside="reject")


def test_the_dearest_bids_are_served_first():
    rows = [(0, BUY, 10, 6), (1, BUY, 10, 50), (0, BUY, 12, 3), (0, SELL, 9, 8), (0, BUY, 10, 4), (2, BUY, 10, 1)]
    assert allowed(CUT, rows, [2, 0, 12], 10) == [5, 10, 3, 8, 0, 0]
    assert allowed(REJECT, rows, [2, 0, 12], 10) == [0, 0, 3, 8, 0, 0]


def test_the_limit_in_lots():
    assert CUT.limit(1234, 10.0) == 123
    assert HoldingLimit(units=1000.0).limit(0, 10.0) == 100
    assert HoldingLimit(units=0.3).limit(0, 0.1) == 3
    for wrong in ({}, {"units": 1.0, "share": 0.1}):
        with pytest.raises(ValueError, match="not both"):
            HoldingLimit(**wrong)


ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([BUY, SELL]), st.integers(1, 5), st.integers(1, 30)),
    min_size=1,
    max_size=30,
)


@given(ROWS, st.lists(st.integers(0, 60), min_size=5, max_size=5), st.integers(0, 60), st.sampled_from([CUT, REJECT]))
def test_no_owner_can_pass_the_limit_and_no_room_is_wasted(rows, held, limit, rule):
    """Against a slow reference that serves bids one by one."""
    found = allowed(rule, rows, held, limit)
    expected = [quantity for _, _, _, quantity in rows]
    served = sorted((i for i, row in enumerate(rows) if row[1] == BUY), key=lambda i: (-rows[i][2], i))
    for owner in range(5):
        room, shut = max(0, limit - held[owner]), False
        for i in (i for i in served if rows[i][0] == owner):
            shut = shut or (rule is REJECT and rows[i][3] > room)
            expected[i] = 0 if shut else min(rows[i][3], room)
            room -= expected[i]
    assert found == expected
