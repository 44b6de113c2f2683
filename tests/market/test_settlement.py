"""Settlement: lock, clear, settle; whole rejections by a stated rule; all or nothing."""

from dataclasses import replace

import numpy as np
import pytest

from market.errors import ConservationError
from market.matching import NO_PRICE, CallAuction
from market.orders import BUY, SELL, OrderBatch, OrderError, Reason
from market.randomness import Streams
from market.registry import Registry
from market.settlement import lock_orders, settle, trade

STREAM = Streams(1).at("clearing", 0)


def batch(*rows):
    """Return orders from (account, side, price, lots)."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return OrderBatch(columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy())


@pytest.fixture
def registry():
    """Three firms with 100 lots of product 0 each and credit of 10,000."""
    made = Registry(3, 1, 1, credit_limit=10_000)
    made.issue(0, made.firm_accounts, 100, 0)
    return made


def test_a_trade_moves_lots_and_their_exact_worth(registry):
    # 40 lots at (8 + 12 + 1) // 2 = 10 ticks of 3 minor units
    orders = batch((0, SELL, 8, 40), (1, BUY, 12, 40))
    _, result, summary = trade(registry, 0, orders, CallAuction(), None, STREAM, 3, 5)
    assert (result.price, summary.lots, summary.value) == (10, 40, 40 * 10 * 3)
    assert registry.balances[0, :3].tolist() == [60, 140, 100]
    assert registry.cash[:3].tolist() == [1_200, -1_200, 0]
    assert not registry.locked.any()
    assert not registry.cash_locked.any()
    registry.check()


def test_locks_cover_sells_in_rights_and_buys_in_money_at_their_limits(registry):
    accepted = lock_orders(registry, 0, batch((0, SELL, 8, 40), (1, BUY, 12, 40), (1, BUY, 5, 2)), 3)
    assert registry.locked[0].tolist() == [40, 0, 0, 0, 0, 0, 0]
    assert registry.cash_locked.tolist() == [0, 40 * 12 * 3 + 2 * 5 * 3, 0, 0, 0, 0, 0]
    assert accepted.rows.tolist() == [0, 1, 2]
    assert not accepted.reason.any()


def test_nothing_is_offered_twice(registry):
    lock_orders(registry, 0, batch((0, SELL, 8, 70)), 1)
    second = lock_orders(registry, 0, batch((0, SELL, 8, 40)), 1)
    assert len(second.orders) == 0
    assert second.reason.tolist() == [Reason.REJECTED_NOT_HELD]


def test_the_dearest_sells_are_rejected_first_and_whole(registry):
    orders = batch((0, SELL, 9, 30), (0, SELL, 7, 60), (0, SELL, 8, 30), (2, SELL, 50, 100))
    accepted = lock_orders(registry, 0, orders, 1)
    # 60 + 30 fit into 100, the 30 at 9 do not; account 2 is untouched
    assert accepted.reason.tolist() == [Reason.REJECTED_NOT_HELD, 0, 0, 0]
    assert accepted.rows.tolist() == [1, 2, 3]
    assert registry.locked[0, :3].tolist() == [90, 0, 100]


def test_the_lowest_bids_are_rejected_first_and_whole(registry):
    orders = batch((0, BUY, 90, 50), (0, BUY, 100, 60), (0, BUY, 1, 10), (1, BUY, 100, 100))
    accepted = lock_orders(registry, 0, orders, 1)
    # 6,000 fit into 10,000, another 4,500 do not, nor what is bid lower
    no_cash = Reason.REJECTED_NO_CASH
    assert accepted.reason.tolist() == [no_cash, 0, no_cash, 0]
    assert registry.cash_locked[:3].tolist() == [6_000, 10_000, 0]


def test_bids_are_covered_in_money_not_in_ticks(registry):
    # 100 lots at 20 ticks of 3 minor units are 6,000; another 5,700 do not fit into 10,000
    accepted = lock_orders(registry, 0, batch((0, BUY, 20, 100), (0, BUY, 19, 100)), 3)
    assert accepted.reason.tolist() == [0, Reason.REJECTED_NO_CASH]
    assert registry.cash_locked[0] == 6_000


def test_rejection_does_not_depend_on_the_order_of_rows(registry):
    orders = batch((0, SELL, 9, 30), (0, SELL, 7, 60), (0, SELL, 7, 50), (0, SELL, 8, 30), (1, SELL, 3, 200))
    generator = np.random.default_rng(3)
    kept = set()
    for _ in range(20):
        accepted = lock_orders(registry, 0, orders.take(generator.permutation(5)), 1)
        kept.add(tuple(sorted(zip(accepted.orders.price.tolist(), accepted.orders.quantity.tolist(), strict=True))))
        registry.unlock(0, None, accepted.rights)
    assert kept == {((7, 50),)}


def test_the_outside_market_is_not_limited(registry):
    orders = batch((registry.outside, SELL, 5, 1_000), (0, BUY, 6, 10), (registry.outside, BUY, 2, 10**9))
    _, result, _ = trade(registry, 0, orders, CallAuction(), None, STREAM, 1, 0)
    assert result.volume == 10
    assert registry.imported[0] == 10
    registry.check()


def test_rejected_orders_have_a_row_in_the_result(registry):
    orders = batch((0, SELL, 5, 101), (1, SELL, 6, 10), (2, BUY, 7, 10))
    _, result, summary = trade(registry, 0, orders, CallAuction(), None, STREAM, 1, 0)
    assert result.filled.tolist() == [0, 10, 10]
    assert result.reason.tolist() == [Reason.REJECTED_NOT_HELD, Reason.FILLED, Reason.FILLED]
    assert summary.net_lots[:3].tolist() == [0, -10, 10]


def test_a_market_without_trade_settles_to_nothing(registry):
    _, result, summary = trade(registry, 0, batch((0, SELL, 9, 10), (1, BUY, 5, 10)), CallAuction(), None, STREAM, 1, 0)
    assert (result.price, summary.lots, summary.value) == (NO_PRICE, 0, 0)
    assert not registry.locked.any()
    trade(registry, 0, OrderBatch.empty(), CallAuction(), None, STREAM, 1, 0)


@pytest.mark.parametrize(
    "fills",
    [[41, 41], [-1, -1], [10, 9], [10, 10, 10]],
    ids=["above the order", "negative", "lots lost", "another batch"],
)
def test_fills_that_no_mechanism_may_give_change_nothing(registry, fills):
    orders = batch((0, SELL, 8, 40), (1, BUY, 12, 40))
    accepted = lock_orders(registry, 0, orders, 1)
    result = replace(CallAuction().clear(None, orders, STREAM)[1], filled=np.array(fills, dtype=np.int64))
    balances, locked, entries = registry.balances.copy(), registry.locked.copy(), len(registry.journal)
    with pytest.raises(ConservationError):
        settle(registry, 0, orders, result, 1, 0, accepted)
    assert (registry.balances == balances).all()
    assert (registry.locked == locked).all()
    assert len(registry.journal) == entries


def test_a_fill_beyond_its_limit_is_refused(registry):
    orders = batch((0, SELL, 8, 40), (1, BUY, 12, 40))
    result = CallAuction().clear(None, orders, STREAM)[1]
    for price in (7, 13):
        with pytest.raises(ConservationError, match="limit"):
            settle(registry, 0, orders, replace(result, price=price), 1, 0)


def test_a_volume_that_the_fills_do_not_add_up_to_is_refused(registry):
    orders = batch((0, SELL, 8, 40), (1, BUY, 12, 40))
    result = CallAuction().clear(None, orders, STREAM)[1]
    with pytest.raises(ConservationError, match="volume"):
        settle(registry, 0, orders, replace(result, volume=39), 1, 0)


def test_settlement_without_locks_still_checks_what_is_held(registry):
    orders = batch((0, SELL, 8, 101), (1, BUY, 12, 101))
    result = CallAuction().clear(None, orders, STREAM)[1]
    with pytest.raises(ConservationError, match="does not hold"):
        settle(registry, 0, orders, result, 1, 0)


def test_orders_of_no_account_and_orders_beyond_all_money_are_refused(registry):
    for orders in (batch((77, SELL, 8, 4)), batch((0, BUY, 1 << 40, 1 << 40))):
        with pytest.raises(ConservationError):
            lock_orders(registry, 0, orders, 1)
    with pytest.raises(OrderError, match="quantity"):
        lock_orders(registry, 0, batch((0, SELL, 8, 0)), 1)
    assert not registry.locked.any()
