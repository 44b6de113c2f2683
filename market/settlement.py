"""Settlement: fills become rights and cash of accounts, all of them or none.

A fill of ``lots`` at a price of ``ticks`` is worth ``lots · ticks · money_per_lot_tick`` minor units, exactly. Before
a clearing `lock_orders` keeps for each order what it may need: a sell its rights, a buy its money at the limit price.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from market.errors import ConservationError
from market.matching.protocol import Mechanism
from market.orders import BUY, NO_PRICE, SELL, Bytes, ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream
from market.registry import Registry


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Orders that are covered, and what is locked for them.

    Attributes
    ----------
    orders : the accepted orders.
    rows : (accepted,) their rows in the batch that was given.
    reason : (n,) int8 for the whole batch: a rejection, or FILLED for those that were accepted.
    rights, money : (A,) lots and minor units locked.
    """

    orders: OrderBatch
    rows: Ints
    reason: Bytes
    rights: Ints
    money: Ints


@dataclass(frozen=True, slots=True)
class SettlementSummary:
    """What a settlement moved: lots and minor units in all, and net by account (A,)."""

    lots: int
    value: int
    net_lots: Ints
    net_money: Ints


def lock_orders(registry: Registry, product: int, orders: OrderBatch, money_per_lot_tick: int) -> Acceptance:
    """Lock what orders may need; reject whole orders of accounts that cannot cover all of theirs.

    An account keeps the orders most likely to trade: its cheapest offers and its highest bids as far as they are
    covered; at equal prices small orders before large ones. Proceeds of its sells do not cover its buys. The outside
    market is not limited.

    Raises
    ------
    OrderError
        Where the orders cannot be read.
    ConservationError
        Where all orders together are worth more than 2**61 minor units.
    """
    rights, money = _claims(registry, orders, money_per_lot_tick)
    reason = np.zeros(len(orders), dtype=np.int8)
    rows = np.arange(len(orders))
    if not registry.hold(product, rights, money):
        reason = _rejections(registry, product, orders, money_per_lot_tick)
        rows = np.flatnonzero(reason == Reason.FILLED)
        orders = orders.take(rows)
        rights, money = _claims(registry, orders, money_per_lot_tick)
        if not registry.hold(product, rights, money):
            raise ConservationError("orders that were found covered are not")
    return Acceptance(orders, rows, reason, rights, money)


def settle(
    registry: Registry,
    product: int,
    orders: OrderBatch,
    result: ClearingResult,
    money_per_lot_tick: int,
    period: int,
    accepted: Acceptance | None = None,
) -> SettlementSummary:
    """Move rights and cash as the fills say and release the locks of ``accepted``.

    Raises
    ------
    ConservationError
        Where fills do not balance, exceed their order or its limit, or an account cannot cover them. Nothing changed.
    """
    from market.settlement_kernel import net_of

    orders.check_types()
    price = 0 if result.price == NO_PRICE else result.price
    if result.filled.shape != orders.account.shape or result.filled.dtype != np.int64:
        raise ConservationError("a clearing result does not belong to these orders")
    lots, money, volume, lawful = net_of(
        orders.account, orders.side, orders.price, orders.quantity, result.filled, price, money_per_lot_tick,
        registry.accounts,
    )  # fmt: skip
    if not lawful or volume != result.volume:
        raise ConservationError("a fill exceeds its order, its limit, the reported volume or 2**61 minor units")
    unlock, unlock_cash = (accepted.rights, accepted.money) if accepted else (None, None)
    registry.exchange(product, lots, money, period, unlock, unlock_cash)
    return SettlementSummary(volume, volume * price * money_per_lot_tick, lots, money)


def trade(
    registry: Registry,
    product: int,
    orders: OrderBatch,
    mechanism: Mechanism,
    state: Any,
    stream: Stream,
    money_per_lot_tick: int,
    period: int,
) -> tuple[Any, ClearingResult, SettlementSummary]:
    """Lock, clear and settle; the result has a row for every order given, also for those that were rejected."""
    accepted = lock_orders(registry, product, orders, money_per_lot_tick)
    state, result = mechanism.clear(state, accepted.orders, stream)
    summary = settle(registry, product, accepted.orders, result, money_per_lot_tick, period, accepted)
    if len(accepted.orders) < len(orders):
        filled = np.zeros(len(orders), dtype=np.int64)
        filled[accepted.rows] = result.filled
        reason = accepted.reason.copy()
        reason[accepted.rows] = result.reason
        result = ClearingResult(
            result.price,
            result.volume,
            filled,
            reason,
            result.demand,
            result.supply,
            result.first,
            result.last,
        )
    return state, result, summary


def _claims(registry: Registry, orders: OrderBatch, money_per_lot_tick: int) -> tuple[Ints, Ints]:
    from market.settlement_kernel import claims

    orders.check_types()
    rights, money, fits = claims(
        orders.account, orders.side, orders.price, orders.quantity, money_per_lot_tick, registry.accounts
    )
    if not fits:
        orders.validate()
        raise ConservationError(
            f"an order is of an account outside 0 ... {registry.accounts - 1}, "
            "or all orders together are worth more than 2**61 minor units or lots"
        )
    rights[registry.outside] = money[registry.outside] = 0
    return rights, money


def _rejections(registry: Registry, product: int, orders: OrderBatch, money_per_lot_tick: int) -> Bytes:
    reason = np.zeros(len(orders), dtype=np.int8)
    worth = orders.price * orders.quantity * money_per_lot_tick
    outside = registry.outside
    reason[_uncovered(orders, SELL, orders.quantity, registry.free(product), outside)] = Reason.REJECTED_NOT_HELD
    reason[_uncovered(orders, BUY, worth, registry.spendable(), outside)] = Reason.REJECTED_NO_CASH
    return reason


def _uncovered(orders: OrderBatch, side: int, cost: Ints, limit: Ints, unlimited: int) -> Ints:
    """Return the rows of one side that their account cannot cover, keeping its best prices first."""
    rows = np.flatnonzero((orders.side == side) & (orders.account != unlimited))
    best_first = np.lexsort((orders.quantity[rows], -side * orders.price[rows], orders.account[rows]))
    rows = rows[best_first]
    if not rows.size:
        return rows
    account = orders.account[rows]
    before = np.cumsum(cost[rows]) - cost[rows]
    start = np.maximum.accumulate(np.where(np.r_[True, account[1:] != account[:-1]], before, 0))
    return rows[before - start + cost[rows] > limit[account]]
