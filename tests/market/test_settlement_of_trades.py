"""Settlement where there are several prices, single trades, resting orders, or a venue that trades itself."""

import numpy as np
import pytest

from market import settlement
from market.errors import ConservationError
from market.matching.protocol import MechanismRule
from market.orders import BUY, HOUSE, SELL, ClearingResult, OrderBatch, Reason, Trades
from market.randomness import Streams
from market.registry import Registry

STREAM = Streams(1).at("clearing", 0)
MONEY = 10


def batch(*rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return OrderBatch(columns[:, 0].copy(), columns[:, 1].astype(np.int8), columns[:, 2].copy(), columns[:, 3].copy())


def trades(*rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return Trades(*(columns[:, i].copy() for i in range(4)), np.zeros(len(rows), dtype=np.int8))


def result(price, volume, filled, **more):
    lots = np.array(filled, dtype=np.int64)
    reason = np.where(lots > 0, Reason.FILLED, Reason.RATIONED_OUT).astype(np.int8)
    return ClearingResult(price, volume, lots, reason, **more)


@pytest.fixture
def registry():
    made = Registry(3, 1, 1, credit_limit=10_000)
    made.issue(0, [0, 1], [50, 50], 0)
    return made


ORDERS = batch((0, SELL, 4, 10), (1, SELL, 5, 10), (2, BUY, 8, 15))


def test_every_order_pays_its_own_price(registry):
    found = result(5, 15, [10, 5, 15], value=np.array([40, 30, 70]))
    summary = settlement.settle(registry, 0, ORDERS, found, MONEY, 0)
    assert summary.net_lots[:3].tolist() == [-10, -5, 15]
    assert registry.cash[:3].tolist() == [400, 300, -700]
    assert summary.value == 700
    registry.check()


@pytest.mark.parametrize("value", [[40, 30, 121], [39, 30, 69], [40, 24, 64]])
def test_a_price_beyond_a_limit_is_refused(registry, value):
    with pytest.raises(ConservationError, match=r"limit|money"):
        settlement.settle(registry, 0, ORDERS, result(5, 15, [10, 5, 15], value=np.array(value)), MONEY, 0)
    assert registry.cash.tolist() == [0] * 7


def test_money_that_does_not_balance_is_refused(registry):
    with pytest.raises(ConservationError, match="money would be created or lost"):
        settlement.settle(registry, 0, ORDERS, result(5, 15, [10, 5, 15], value=np.array([40, 30, 71])), MONEY, 0)


def test_the_house_takes_the_other_side(registry):
    found = result(6, 15, [10, 5, 0], value=np.array([60, 30, 0]), house_lots=15, house_value=90)
    settlement.settle(registry, 0, ORDERS, found, MONEY, 0, house=registry.dealer)
    assert registry.balances[0, registry.dealer] == 15
    assert registry.cash[registry.dealer] == -900
    registry.check()
    with pytest.raises(ConservationError, match="no account stands behind"):
        settlement.settle(registry, 0, ORDERS, found, MONEY, 0)


def test_trades_are_what_is_settled(registry):
    found = result(
        6, 15, [10, 0, 15], value=np.array([60, 0, 90]), trades=trades((2, 0, 6, 10), (2, HOUSE, 6, 5)),
        house_lots=-5, house_value=-30,
    )  # fmt: skip
    registry.issue(0, [registry.reserve], [5], 0)
    settlement.settle(registry, 0, ORDERS, found, MONEY, 0, house=registry.reserve)
    assert registry.balances[0, :3].tolist() == [40, 50, 15]
    assert registry.cash[registry.reserve] == 300
    registry.check()


class Waiting(MechanismRule):
    """Keeps what it is given until it meets an exact counterpart of the next batch (state: one resting order)."""

    def resting(self, state):
        return OrderBatch.empty() if state is None else state

    def end_period(self, state):
        return None

    def clear(self, state, orders, stream):
        if state is None:
            return orders, result(-1, 0, np.zeros(len(orders)))
        price, lots = int(state.price[0]), int(state.quantity[0])
        made = trades((orders.account[0], state.account[0], price, lots))
        found = result(price, lots, [lots], value=np.array([price * lots]), trades=made)
        return None, found


def test_what_rests_stays_locked_and_trades_later(registry):
    mechanism = Waiting()
    state, _, _ = settlement.trade(registry, 0, batch((0, SELL, 4, 10)), mechanism, None, STREAM, MONEY, 0)
    assert registry.locked[0, 0] == 10
    state, _, summary = settlement.trade(registry, 0, batch((2, BUY, 6, 10)), mechanism, state, STREAM, MONEY, 0)
    assert summary.net_lots[:3].tolist() == [-10, 0, 10]
    assert registry.locked[0].tolist() == [0] * 7
    assert registry.cash_locked.tolist() == [0] * 7
    registry.check()


def test_what_rests_no_longer_is_free_again(registry):
    mechanism = Waiting()
    state, _, _ = settlement.trade(registry, 0, batch((2, BUY, 6, 10)), mechanism, None, STREAM, MONEY, 0)
    assert registry.cash_locked[2] == 600
    assert settlement.end_period(registry, 0, mechanism, state, MONEY) is None
    assert registry.cash_locked.tolist() == [0] * 7
