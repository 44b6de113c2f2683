"""What primary auctions have in common: the reserve price, and which bids are admitted.

The supply schedule is the sell orders of the batch, of one authority or of several sellers: the offered volume at the
reserve price, the part that an emissions containment reserve withholds as an order at its trigger price, and each
tier of a cost containment reserve as an order at its own.
"""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any, ClassVar, Literal

import numpy as np

from market.matching.call_auction import own_crossing
from market.matching.protocol import Grid, MechanismRule
from market.orders import BUY, SELL, Bytes, ClearingResult, Ints, OrderBatch, Reason
from market.rules import parameter


@dataclass(frozen=True, slots=True)
class AuctionScale:
    """The declared amounts on the product's grid: reserve price in ticks, smallest bid in lots."""

    reserve: int
    minimum: int


class PrimaryAuction(MechanismRule):
    """The base of auctions in which sealed or stated demand meets a supply schedule."""

    takes: ClassVar[Literal["both", "buys", "sells"]] = "buys"
    primary: ClassVar[bool] = True

    reserve_price: float = parameter(
        0.0, description="lowest price at which anything is sold; offers below it are raised to it", unit="money/unit",
        ge=0,
    )  # fmt: skip
    bid_limit: float | None = parameter(
        None,
        description="largest share of all lots offered that one account may bid for; its highest bids are kept",
        gt=0,
        le=1,
    )
    minimum_bid: float = parameter(0.0, description="smallest bid admitted", unit="units", ge=0)

    def open(self, grid: Grid) -> Any:
        """Return the reserve price in ticks and the smallest bid in lots."""
        return AuctionScale(grid.ticks(self.reserve_price), ceil(self.minimum_bid / grid.lot - 1e-9))


@dataclass(frozen=True, slots=True)
class Admission:
    """The lots that take part.

    Attributes
    ----------
    orders : (m,) with what is left of each, best limits first, and offers raised to the reserve price.
    rows : (m,) their rows in the batch that was given.
    why : (n,) for every order given, why lots of it were left out; FILLED where none was.
    """

    orders: OrderBatch
    rows: Ints
    why: Bytes

    def complete(self, result: ClearingResult) -> ClearingResult:
        """Return the result with a row for every order that was given.

        An order that lost lots on admission and then lost on price is told of the price.
        """
        n = self.why.shape[0]
        filled, reason, value = np.zeros(n, dtype=np.int64), self.why.copy(), result.value
        filled[self.rows] = result.filled
        whole = result.reason == Reason.FILLED
        reason[self.rows] = np.where(whole, self.why[self.rows], result.reason)
        if value is not None:
            value = np.zeros(n, dtype=np.int64)
            value[self.rows] = result.worth
        return replace(result, filled=filled, reason=reason, value=value)


def admit(orders: OrderBatch, scale: AuctionScale, bid_limit: float | None) -> Admission:
    """Leave out bids that are too small, lots beyond the bid limit, and lots that would meet their own account's.

    Raises
    ------
    OrderError
        Where the orders cannot be read.
    """
    orders.check_types()
    orders.validate()
    buys = orders.side == BUY
    why = np.zeros(len(orders), dtype=np.int8)
    left = orders.quantity.copy()
    small = buys & (left < scale.minimum)
    left[small], why[small] = 0, Reason.BELOW_MINIMUM
    if bid_limit is not None:
        most = int(bid_limit * int(orders.quantity[~buys].sum()) + 1e-9)
        beyond = _beyond(orders, left, most)
        left -= beyond
        why[beyond > 0] = Reason.BID_LIMIT
    price = np.where(buys, orders.price, np.maximum(orders.price, scale.reserve))
    # Best limits first, so that offers which the reserve price makes equal are told apart in any order of rows.
    best_first = np.lexsort((-orders.quantity, -orders.side * orders.price))
    rows = best_first[left[best_first] > 0]
    kept = OrderBatch(orders.account[rows], orders.side[rows], price[rows], left[rows])
    own = own_crossing(kept)
    if own.any():
        why[rows[own > 0]] = Reason.SELF_TRADE
        stay = np.flatnonzero(kept.quantity > own)
        rows = rows[stay]
        kept = OrderBatch(kept.account[stay], kept.side[stay], kept.price[stay], (kept.quantity - own)[stay])
    return Admission(kept, rows, why)


def _beyond(orders: OrderBatch, left: Ints, most: int) -> Ints:
    """Return (n,) the lots of each bid beyond ``most`` of its account, whose highest and largest bids are kept."""
    beyond = np.zeros(len(orders), dtype=np.int64)
    rows = np.flatnonzero((orders.side == BUY) & (left > 0))
    if not rows.size:
        return beyond
    rows = rows[np.lexsort((-left[rows], -orders.price[rows], orders.account[rows]))]
    account, lots = orders.account[rows], left[rows]
    before = np.cumsum(lots) - lots
    before -= np.maximum.accumulate(np.where(np.r_[True, account[1:] != account[:-1]], before, 0))
    beyond[rows] = lots - np.clip(most - before, 0, lots)
    return beyond


def priced(orders: OrderBatch, call: ClearingResult, price: int) -> ClearingResult:
    """Return the fills of ``call`` at another price that suits them all, with demand, supply and reasons to match."""
    if not call.volume:
        return call
    met = (orders.price - price) * orders.side >= 0
    lost = np.where(met, np.int8(Reason.RATIONED_OUT), np.int8(Reason.OUTSIDE_PRICE))
    part = np.where(call.filled > 0, np.int8(Reason.PARTLY_FILLED_AT_MARGIN), lost)
    reason = np.where(call.filled == orders.quantity, np.int8(Reason.FILLED), part)
    demand, supply = (int(orders.quantity[met & (orders.side == side)].sum()) for side in (BUY, SELL))
    return replace(call, price=price, reason=reason, demand=demand, supply=supply)


@dataclass(frozen=True, slots=True)
class Tiers:
    """The supply schedule and its use, a row for each price: ticks, lots offered, lots sold, from the lowest up."""

    price: Ints
    offered: Ints
    sold: Ints

    @property
    def unsold(self) -> Ints:
        """Lots of each tier that were not sold: withheld where the trigger was not reached, else without a bid."""
        return self.offered - self.sold


def tiers(orders: OrderBatch, result: ClearingResult) -> Tiers:
    """Return what was offered and sold at each price of the supply schedule."""
    rows = np.flatnonzero(orders.side == SELL)
    price, tier = np.unique(orders.price[rows], return_inverse=True)
    offered, sold = np.zeros((2, price.size), dtype=np.int64)
    np.add.at(offered, tier, orders.quantity[rows])
    np.add.at(sold, tier, result.filled[rows])
    return Tiers(price, offered, sold)
