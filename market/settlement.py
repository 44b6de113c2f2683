"""Settlement: fills become rights and cash of accounts, all of them or none.

A fill of ``lots`` at a price of ``ticks`` is worth ``lots · ticks · money_per_lot_tick`` minor units, exactly. Before
a clearing `lock_orders` keeps for each order what it may need: a sell its rights, a buy its money at the limit price.
What an order left in a book needs stays locked for as long as it rests there.
"""

from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from market.errors import ConservationError
from market.matching.protocol import Mechanism
from market.orders import BUY, HOUSE, LARGEST_TOTAL, NO_PRICE, SELL, Bytes, ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream
from market.registry import Registry


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from market import settlement_kernel

    return settlement_kernel


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Orders that are covered, and what is locked for them.

    Attributes
    ----------
    orders : the accepted orders.
    rights, money : (A,) lots and minor units locked.
    rejected : (n,) int8 for the whole batch, a reason of rejection or FILLED; None where all were accepted.
    """

    orders: OrderBatch
    rights: Ints
    money: Ints
    rejected: Bytes | None = None

    @property
    def reason(self) -> Bytes:
        """For each order that was given (n,) int8 a rejection, or FILLED where it was accepted."""
        return np.zeros(len(self.orders), dtype=np.int8) if self.rejected is None else self.rejected

    @property
    def rows(self) -> Ints:
        """Rows (accepted,) of the accepted orders in the batch that was given."""
        return np.flatnonzero(self.reason == Reason.FILLED)


@dataclass(frozen=True, slots=True)
class SettlementSummary:
    """What a settlement moved: lots and minor units in all, and net by account (A,)."""

    lots: int
    value: int
    net_lots: Ints
    net_money: Ints


def lock_orders(
    registry: Registry, product: int, orders: OrderBatch, money_per_lot_tick: int, issuer: int | None = None
) -> Acceptance:
    """Lock what orders may need; reject whole orders of accounts that cannot cover all of theirs.

    An account keeps the orders most likely to trade: its cheapest offers and its highest bids as far as they are
    covered; at equal prices small orders before large ones. Proceeds of its sells do not cover its buys. The outside
    market is not limited, nor is what ``issuer`` sells.

    Raises
    ------
    OrderError
        Where the orders cannot be read.
    ConservationError
        Where all orders together are worth more than 2**61 minor units.
    """
    rights, money = _claims(registry, orders, money_per_lot_tick, issuer)
    if registry.hold(product, rights, money):
        return Acceptance(orders, rights, money)
    reason = _rejections(registry, product, orders, money_per_lot_tick, issuer)
    orders = orders.take(np.flatnonzero(reason == Reason.FILLED))
    rights, money = _claims(registry, orders, money_per_lot_tick, issuer)
    if not registry.hold(product, rights, money):
        raise ConservationError("orders that were found covered are not")
    return Acceptance(orders, rights, money, reason)


def settle(
    registry: Registry,
    product: int,
    orders: OrderBatch,
    result: ClearingResult,
    money_per_lot_tick: int,
    period: int,
    accepted: Acceptance | None = None,
    house: int | None = None,
    keep: tuple[Ints, Ints] | None = None,
    issuer: int | None = None,
) -> SettlementSummary:
    """Move rights and cash as the fills say and release the locks of ``accepted``.

    Parameters
    ----------
    house : the account that takes the other side of what the venue trades itself.
    keep : lots and minor units (A,) by which the locks of resting orders rise (negative: fall).

    Raises
    ------
    ConservationError
        Where fills do not balance, exceed their order or its limit, or an account cannot cover them. Nothing changed.
    """
    orders.check_types()
    return _settle(registry, product, orders, result, money_per_lot_tick, period, accepted, house, keep, issuer)


def _settle(
    registry: Registry,
    product: int,
    orders: OrderBatch,
    result: ClearingResult,
    money_per_lot_tick: int,
    period: int,
    accepted: Acceptance | None = None,
    house: int | None = None,
    keep: tuple[Ints, Ints] | None = None,
    issuer: int | None = None,
) -> SettlementSummary:
    """Settle orders whose types are known to be right."""
    if result.filled.shape != orders.account.shape or result.filled.dtype != np.int64:
        raise ConservationError("a clearing result does not belong to these orders")
    if result.value is None and result.trades is None and not result.house_lots:
        lots, money = _net_at_one_price(registry, orders, result, money_per_lot_tick)
    else:
        lots, money = net_of_result(orders, result, money_per_lot_tick, registry.accounts, house)
    if issuer is not None and (lacking := -int(lots[issuer] + registry.free(product)[issuer])) > 0:
        registry.issue(product, np.array([issuer]), np.array([lacking]), period)
    unlock, unlock_cash = (accepted.rights, accepted.money) if accepted else (None, None)
    if keep is not None and accepted is not None:
        unlock, unlock_cash = accepted.rights - keep[0], accepted.money - keep[1]
    registry.exchange(product, lots, money, period, unlock, unlock_cash)
    return SettlementSummary(result.volume, result.turnover * money_per_lot_tick, lots, money)


def _net_at_one_price(
    registry: Registry, orders: OrderBatch, result: ClearingResult, money_per_lot_tick: int
) -> tuple[Ints, Ints]:
    price = 0 if result.price == NO_PRICE else result.price
    lots, money, volume, lawful = _compiled().net_of(
        orders.account, orders.side, orders.price, orders.quantity, result.filled, price, money_per_lot_tick,
        registry.accounts,
    )  # fmt: skip
    if not lawful or volume != result.volume:
        raise ConservationError("a fill exceeds its order, its limit, the reported volume or 2**61 minor units")
    return lots, money


def net_of_result(
    orders: OrderBatch, result: ClearingResult, money_per_lot_tick: int, accounts: int, house: int | None = None
) -> tuple[Ints, Ints]:
    """Return net lots and minor units (A,) of a result with several prices.

    Raises
    ------
    ConservationError
        Where a fill exceeds its order or is worse than its limit, or trades and fills disagree.
    """
    worth, side = result.worth, orders.side.astype(np.int64)
    bad = (result.filled < 0) | (result.filled > orders.quantity) | ((orders.price * result.filled - worth) * side < 0)
    if bad.any():
        raise ConservationError(f"order {int(bad.argmax())} traded beyond its quantity or its limit")
    if result.house_lots and house is None:
        raise ConservationError("the venue traded itself, and no account stands behind it")
    lots, money = np.zeros(accounts, dtype=np.int64), np.zeros(accounts, dtype=np.int64)
    trades = result.trades
    if trades is None:
        np.add.at(lots, orders.account, result.filled * side)
        np.add.at(money, orders.account, -worth * side)
        if house is not None:
            lots[house] += result.house_lots
            money[house] -= result.house_value
    else:
        owner = accounts if house is None else house  # out of range: an IndexError would be a bug
        worth = trades.price * trades.lots
        for account, sign in ((trades.buyer, 1), (trades.seller, -1)):
            rows = np.where(account == HOUSE, owner, account)
            np.add.at(lots, rows, sign * trades.lots)
            np.add.at(money, rows, -sign * worth)
        if int(trades.lots.sum()) != result.volume or (trades.lots <= 0).any():
            raise ConservationError("the trades do not add up to the reported volume")
    money *= money_per_lot_tick
    return lots, money


def trade_at_once(
    registry: Registry, product: int, orders: OrderBatch, tie_key: int, money_per_lot_tick: int, period: int
) -> tuple[int, int, int, int, int, int, Ints, Bytes, Ints, Ints] | None:
    """Cover, clear and settle in a call auction at one price, in one compiled call; None, and no change, if it cannot.

    For orders whose types are known to be right. Returns price, volume, demand, supply, first, last, filled and reason
    of the clearing, as in `ClearingResult`, and the lots and minor units (A,) that accounts gained.
    """
    return registry.trade_at_once(product, orders, tie_key, money_per_lot_tick, period)


def trade(
    registry: Registry,
    product: int,
    orders: OrderBatch,
    mechanism: Mechanism,
    state: Any,
    stream: Stream,
    money_per_lot_tick: int,
    period: int,
    house: int | None = None,
    issuer: int | None = None,
) -> tuple[Any, ClearingResult, SettlementSummary]:
    """Lock, clear and settle; the result has a row for every order given, also for those that were rejected.

    ``house`` is the account behind a venue that trades itself; what one without a limit sells is issued as it is sold,
    and so is what ``issuer`` (the authority that sells at a ceiling without limit) sells beyond its balance. Orders
    that rest in the state keep their locks. A mechanism without a state keeps no order beyond its clearing, so it is
    enough to know that all are covered: nobody else can act before they are settled.
    """
    if state is None and house is None and issuer is None:
        orders.check_types()
        if getattr(mechanism, "settles_at_once", False):
            traded = trade_at_once(registry, product, orders, stream.key, money_per_lot_tick, period)
            if traded is not None:
                price, volume, demand, supply, first, last, filled, why, lots, money = traded
                result = ClearingResult(price, volume, filled, why, demand, supply, first, last)
                summary = SettlementSummary(result.volume, result.turnover * money_per_lot_tick, lots, money)
                return None, result, summary
        elif registry.covers(product, orders, money_per_lot_tick):
            state, result = mechanism.clear(None, orders, stream)
            if state is None:
                summary = _settle(registry, product, orders, result, money_per_lot_tick, period)
                return None, result, summary
            state = None  # it keeps something after all: once more, with locks
    state = release_replaced(registry, product, orders, mechanism, state, money_per_lot_tick, issuer)
    accepted = lock_orders(registry, product, orders, money_per_lot_tick, issuer)
    before = mechanism.resting(state)
    state, result = mechanism.clear(state, accepted.orders, stream)
    keep = _change_of_claims(registry, before, mechanism.resting(state), money_per_lot_tick, issuer)
    if house is not None and result.house_lots < 0 and getattr(mechanism, "unlimited", False):
        registry.issue(product, np.array([house]), np.array([-result.house_lots]), period)
    summary = _settle(
        registry, product, accepted.orders, result, money_per_lot_tick, period, accepted, house, keep, issuer
    )
    if len(accepted.orders) < len(orders):
        result = _with_rejected(result, accepted, len(orders))
    return state, result, summary


def end_period(
    registry: Registry,
    product: int,
    mechanism: Mechanism,
    state: Any,
    money_per_lot_tick: int,
    issuer: int | None = None,
) -> Any:
    """Return the state with which the next period begins, after releasing the locks of orders that rest no longer."""
    before = mechanism.resting(state)
    state = mechanism.end_period(state)
    keep = _change_of_claims(registry, before, mechanism.resting(state), money_per_lot_tick, issuer)
    if keep is not None:
        registry.unlock(product, None, -keep[0])
        registry.unlock_cash(None, -keep[1])
    return state


def close(registry: Registry, product: int, mechanism: Mechanism, state: Any, money_per_lot_tick: int) -> None:
    """Release the locks of everything that rests, for good: the product is about to run out."""
    keep = _change_of_claims(registry, mechanism.resting(state), OrderBatch.empty(), money_per_lot_tick)
    if keep is not None:
        registry.unlock(product, None, np.minimum(-keep[0], registry.locked[product]))
        registry.unlock_cash(None, -keep[1])


def release_replaced(
    registry: Registry, product: int, orders: OrderBatch, mechanism: Mechanism, state: Any, money_per_lot_tick: int,
    issuer: int | None = None,
) -> Any:  # fmt: skip
    """Return the state without what the orders replace, and release the locks of that."""
    replaced = getattr(mechanism, "replaced", None)
    after = state if replaced is None else replaced(state, orders)
    return _withdrawn(registry, product, mechanism, state, after, money_per_lot_tick, issuer)


def release_outside(
    registry: Registry, product: int, mechanism: Mechanism, state: Any, low: int, high: int, money_per_lot_tick: int,
    issuer: int | None = None,
) -> Any:  # fmt: skip
    """Return the state without resting orders that would trade beyond two bounds in ticks, whose locks are released."""
    within = getattr(mechanism, "within", None)
    after = state if within is None else within(state, low, high)
    return _withdrawn(registry, product, mechanism, state, after, money_per_lot_tick, issuer)


def _withdrawn(
    registry: Registry, product: int, mechanism: Mechanism, state: Any, after: Any, money_per_lot_tick: int,
    issuer: int | None,
) -> Any:  # fmt: skip
    if after is state:
        return state
    keep = _change_of_claims(registry, mechanism.resting(state), mechanism.resting(after), money_per_lot_tick, issuer)
    if keep is not None:
        registry.unlock(product, None, -keep[0])
        registry.unlock_cash(None, -keep[1])
    return after


def _change_of_claims(
    registry: Registry, before: OrderBatch, after: OrderBatch, money_per_lot_tick: int, issuer: int | None = None
) -> tuple[Ints, Ints] | None:
    """Return by how much lots and minor units (A,) of resting orders rise; None where nothing rests."""
    if not len(before) and not len(after):
        return None
    old, new = (_claims(registry, orders, money_per_lot_tick, issuer) for orders in (before, after))
    return new[0] - old[0], new[1] - old[1]


def _with_rejected(result: ClearingResult, accepted: Acceptance, orders: int) -> ClearingResult:
    """Return the result with a row for every order that was given."""
    rows, reason = accepted.rows, accepted.reason.copy()
    filled = np.zeros(orders, dtype=np.int64)
    filled[rows] = result.filled
    reason[rows] = result.reason
    value = result.value
    if value is not None:
        value = np.zeros(orders, dtype=np.int64)
        value[rows] = result.worth
    return replace(result, filled=filled, reason=reason, value=value)


def _claims(
    registry: Registry, orders: OrderBatch, money_per_lot_tick: int, issuer: int | None = None
) -> tuple[Ints, Ints]:
    orders.check_types()
    rights, money, fits = _compiled().claims(
        orders.account, orders.side, orders.price, orders.quantity, money_per_lot_tick, registry.accounts
    )
    if not fits:
        orders.validate()
        raise ConservationError(
            f"an order is of an account outside 0 ... {registry.accounts - 1}, "
            "or all orders together are worth more than 2**61 minor units or lots"
        )
    rights[registry.outside] = money[registry.outside] = 0
    if issuer is not None:
        rights[issuer] = 0
    return rights, money


def _rejections(
    registry: Registry, product: int, orders: OrderBatch, money_per_lot_tick: int, issuer: int | None
) -> Bytes:
    reason = np.zeros(len(orders), dtype=np.int8)
    worth = orders.price * orders.quantity * money_per_lot_tick
    outside = registry.outside
    free = registry.free(product)
    if issuer is not None:
        free[issuer] = LARGEST_TOTAL
    reason[_uncovered(orders, SELL, orders.quantity, free, outside)] = Reason.REJECTED_NOT_HELD
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
