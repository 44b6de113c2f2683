"""Sessions in the order book: an obvious reference market, conservation, and what no trader without skill can do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.laboratory import buyers_and_sellers, competitive, permit_market, run_session
from market.orders import BUY, SELL
from market.randomness import Streams

SIDES = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=4), min_size=1, max_size=5)
SMALL = buyers_and_sellers([[30, 20, 10], [25, 18, 9]], [[4, 8, 16], [6, 11, 22]], 1, 40)


def plain_market(economy, steps, generator, constrained):
    """Trade one period with two variables for a book and return the trades (buyer, seller, price)."""
    n = len(economy.start)
    who, coin, height = generator.integers(0, n, steps), generator.random(steps), generator.random(steps)
    have = economy.start.tolist()
    bid = ask = None  # (price, trader)
    trades = []
    for i, toss, part in zip(who.tolist(), coin.tolist(), height.tolist(), strict=True):
        buys = {BUY: True, SELL: False, 0: toss < 0.5}[int(economy.role[i])]
        if (buys and have[i] == economy.capacity[i]) or (not buys and have[i] == 0):
            continue
        low, high = economy.lowest, economy.highest
        if constrained and buys:
            high = min(high, int(economy.worth[i, have[i]]))
        if constrained and not buys:
            low = max(low, int(economy.worth[i, have[i] - 1]))
        if low > high:
            continue
        price = low + int(part * (high - low + 1))
        if buys and ask and price >= ask[0]:
            trade = (i, ask[1], ask[0])
        elif not buys and bid and price <= bid[0]:
            trade = (bid[1], i, bid[0])
        elif buys:
            bid = (price, i) if not bid or price > bid[0] else bid
            continue
        else:
            ask = (price, i) if not ask or price < ask[0] else ask
            continue
        if trade[0] == trade[1]:
            continue
        trades.append(trade)
        have[trade[0]] += 1
        have[trade[1]] -= 1
        bid = ask = None
    return trades


def of_period(session, period):
    rows = session.period == period
    return list(zip(session.buyer[rows].tolist(), session.seller[rows].tolist(), session.price[rows].tolist(),
                    strict=True))  # fmt: skip


@pytest.mark.parametrize("constrained", [True, False])
@pytest.mark.parametrize("kind", ["sides", "permits"])
def test_the_order_book_trades_as_a_market_with_two_variables_does(kind, constrained):
    draw = np.random.default_rng(5)
    for case in range(40):
        if kind == "sides":
            values, costs = draw.integers(1, 60, (2, 3, 4)).tolist()
            economy = buyers_and_sellers(values, costs, 1, 80)
        else:
            economy = permit_market([1.0, 2.0, 4.0], 6, draw.integers(0, 7, 3).tolist(), highest=30.0, tick=0.5)
        streams = Streams(case)
        session = run_session(economy, 300, 4, streams, constrained=constrained)
        for period in range(4):
            generator = streams.at("laboratory", period).generator()
            assert of_period(session, period) == plain_market(economy, 300, generator, constrained)


@given(SIDES, SIDES, st.integers(0, 2**32), st.booleans())
def test_money_and_units_conserve_and_the_constrained_never_lose(values, costs, seed, constrained):
    economy = buyers_and_sellers(values, costs, 1, 40)
    session = run_session(economy, 120, 3, Streams(seed), constrained=constrained)
    assert (session.holdings.sum(axis=1) == economy.start.sum()).all()
    assert ((session.holdings >= 0) & (session.holdings <= economy.capacity)).all()
    assert (session.profit.sum(axis=1) == session.gained).all()  # money only changes hands
    assert (session.gained <= competitive(economy).surplus).all()
    assert (economy.role[session.buyer] == BUY).all()
    assert (economy.role[session.seller] == SELL).all()
    assert ((session.price >= economy.lowest) & (session.price <= economy.highest)).all()
    if constrained:
        assert (session.profit >= 0).all()


def test_no_single_trade_of_the_constrained_loses():
    """Profit of a period could hide a loss: each unit is looked at when it changes hands."""
    economy = permit_market(range(1, 6), 8, [8, 8, 0, 0, 2], highest=50.0, tick=0.5)
    session = run_session(economy, 2_000, 20, Streams(3))
    assert session.trades.min() > 5
    for period in range(20):
        have = economy.start.copy()
        for buyer, seller, price in of_period(session, period):
            assert economy.worth[seller, have[seller] - 1] <= price <= economy.worth[buyer, have[buyer]]
            have[buyer] += 1
            have[seller] -= 1
        assert (have == session.holdings[period]).all()


def test_the_unconstrained_can_lose():
    assert (run_session(SMALL, 300, 20, Streams(1), constrained=False).profit < 0).any()


def test_the_same_stream_gives_the_same_session_and_another_one_does_not():
    first, again = (run_session(SMALL, 200, 5, Streams(4)) for _ in range(2))
    other = run_session(SMALL, 200, 5, Streams(5))
    for name in ("holdings", "period", "buyer", "seller", "price"):
        assert (getattr(first, name) == getattr(again, name)).all()
    assert not np.array_equal(first.price, other.price)
    longer = run_session(SMALL, 200, 9, Streams(4))
    assert (longer.holdings[:5] == first.holdings).all()  # a period's draws are its own
    assert (longer.price[: first.price.size] == first.price).all()


def test_permuting_the_traders_permutes_what_happens():
    """In distribution: who is drawn is drawn by place, so that means are compared, within four standard errors."""
    order = np.array([3, 0, 2, 1])
    moved = replace(SMALL, worth=SMALL.worth[order], capacity=SMALL.capacity[order], start=SMALL.start[order],
                    role=SMALL.role[order])  # fmt: skip
    assert competitive(moved).surplus == competitive(SMALL).surplus
    here, there = run_session(SMALL, 300, 2_000, Streams(1)), run_session(moved, 300, 2_000, Streams(2))
    for mine, theirs in ((here.holdings[:, order], there.holdings), (here.profit[:, order], there.profit)):
        error = np.sqrt((mine.var(axis=0) + theirs.var(axis=0)) / 2_000)
        assert (np.abs(mine.mean(axis=0) - theirs.mean(axis=0)) <= 4.0 * error + 1e-12).all()


def test_statistics_of_periods_by_hand():
    session = replace(
        run_session(SMALL, 1, 3, Streams(1)),
        period=np.array([0, 0, 0, 2]), buyer=np.array([0, 1, 0, 0]), seller=np.array([2, 3, 3, 2]),
        price=np.array([10, 13, 22, 15]),
        holdings=SMALL.start + np.array([[2, 1, -1, -2], [0, 0, 0, 0], [1, 0, -1, 0]]),
    )  # fmt: skip
    centre = competitive(SMALL).price
    most = (30 + 25 + 20 + 18) - (4 + 6 + 8 + 11)
    assert session.trades.tolist() == [3, 0, 1]
    np.testing.assert_allclose(session.mean_price, [15.0, np.nan, 15.0])
    np.testing.assert_allclose(session.mean_of_last(2), [17.5, np.nan, 15.0])
    np.testing.assert_allclose(session.mean_of_last(10), session.mean_price)
    expected = np.sqrt(np.mean((np.array([10, 13, 22]) - centre) ** 2))
    np.testing.assert_allclose(session.deviation, [expected, np.nan, abs(15 - centre)])
    np.testing.assert_allclose(session.alpha, 100.0 * session.deviation / centre)
    assert session.gained.tolist() == [(30 + 20 + 25) - (4 + 6 + 11), 0, 30 - 4]
    np.testing.assert_allclose(session.efficiency, np.array([54, 0, 26]) / most)
    assert session.profit[0].tolist() == [30 + 20 - 10 - 22, 25 - 13, 10 - 4, 13 + 22 - 6 - 11]
    assert session.profit[1].tolist() == [0, 0, 0, 0]


def test_odd_sessions_end_without_trades():
    nothing = run_session(SMALL, 0, 2, Streams(1))
    assert nothing.trades.tolist() == [0, 0]
    assert np.isnan(nothing.mean_price).all()
    assert run_session(SMALL, 10, 0, Streams(1)).trades.tolist() == []
    hopeless = run_session(buyers_and_sellers([[3]], [[9]], 1, 20), 500, 4, Streams(1))
    assert hopeless.trades.tolist() == [0, 0, 0, 0]
    assert np.isnan(hopeless.efficiency).all()


def test_more_time_realises_more_of_the_gains():
    economy = permit_market(range(1, 6), 10, [10, 10, 0, 0, 5], highest=100.0, tick=0.5)
    short, long = (run_session(economy, steps, 100, Streams(2)).efficiency.mean() for steps in (200, 5_000))
    assert short < 0.97
    assert long > 0.999
