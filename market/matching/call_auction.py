"""The call auction: all orders at once, over every tick of the grid, at one price or at the bidders' own.

The price maximises volume, then minimises |demand − supply|, then is the middle of what is left, rounded half up to
the tick (the rule of stock exchanges' opening auctions; Schwartz and Francioni 2004). Each side is served from its
best limit inwards; at its own marginal limit the long side shares what is left. Pay-as-bid trades the same lots, at a
price for each pair of a bid and an offer (`market.matching.pay_as_bid`).
"""

from functools import cache
from types import ModuleType
from typing import Literal

import numpy as np

from market.matching.pay_as_bid import paid_as_bid
from market.matching.protocol import MechanismRule
from market.orders import BUY, SELL, ClearingResult, Ints, OrderBatch, Reason
from market.randomness import Stream
from market.rules import parameter


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from market.matching import call_auction_kernel

    return call_auction_kernel


class CallAuction(MechanismRule):
    """An auction of limit orders that are all gathered before one clearing, at a uniform price or pay-as-bid.

    An account never trades with itself: where its bids meet its own offers, equal lots of both are withdrawn before
    clearing, highest bid against lowest offer first, for `Reason.SELF_TRADE`. That leaves |demand − supply| as it was
    at every price between the two.
    """

    kind: Literal["call_auction"] = parameter("call_auction", description="all orders at once")
    pricing: Literal["uniform", "pay_as_bid"] = parameter(
        "uniform",
        description="one price for all, or a price for each pair, the highest bids laid against the lowest offers",
    )
    share: float = parameter(
        1.0,
        description="under pay_as_bid, how far the price of a pair lies from the offer to the bid: 1 is the bid, 0.5"
        " the middle, rounded half up to the tick",
        ge=0,
        le=1,
    )
    rationing: Literal["pro_rata"] = parameter(
        "pro_rata",
        description="how the long side shares its marginal limit: pro rata to quantity rounded down, the lots left one"
        " each by a hash of stream and account",
    )

    @property
    def settles_at_once(self) -> bool:
        """Whether covering, clearing and settling may be one compiled call (`market.trade_at_once_kernel`)."""
        return self.pricing == "uniform" and type(self) is CallAuction

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return self.pricing == "pay_as_bid"

    def clear(self, state: None, orders: OrderBatch, stream: Stream) -> tuple[None, ClearingResult]:
        """Return no state and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        result = _clear(orders, stream)
        if result is None:
            orders.validate()
            result = _clear_without_self_trades(orders, stream)
        if self.pricing == "pay_as_bid":
            result = paid_as_bid(orders, result, self.share, stream)
        return state, result


def _clear(orders: OrderBatch, stream: Stream) -> ClearingResult | None:
    """Return the result, or None where orders cannot be read or an account would meet its own."""
    orders.check_types()
    status, price, volume, demand, supply, first, last, filled, reason = _compiled().clear_book(
        orders.account, orders.side, orders.price, orders.quantity, np.uint64(stream.key)
    )
    if status != _compiled().CLEARED:
        return None
    return ClearingResult(price, volume, filled, reason, demand, supply, first, last)


def _clear_without_self_trades(orders: OrderBatch, stream: Stream) -> ClearingResult:
    withdrawn = own_crossing(orders)
    left = orders.quantity - withdrawn
    rows = np.flatnonzero(left)
    rest = _clear(OrderBatch(orders.account[rows], orders.side[rows], orders.price[rows], left[rows]), stream)
    assert rest is not None  # noqa: S101 (readable by validate, and no account crosses itself any more)
    filled = np.zeros(len(orders), dtype=np.int64)
    reason = np.full(len(orders), Reason.SELF_TRADE, dtype=np.int8)
    filled[rows] = rest.filled
    reason[rows] = np.where(withdrawn[rows] > 0, np.int8(Reason.SELF_TRADE), rest.reason)
    return ClearingResult(rest.price, rest.volume, filled, reason, rest.demand, rest.supply, rest.first, rest.last)


def own_crossing(orders: OrderBatch) -> Ints:
    """Return (n,) the lots of each order that meet an order of the same account: highest bid to lowest offer first."""
    withdrawn = np.zeros(len(orders), dtype=np.int64)
    both = np.intersect1d(orders.account[orders.side == BUY], orders.account[orders.side == SELL])
    for account in both:
        rows = np.flatnonzero(orders.account == account)
        rows = rows[np.argsort(-orders.quantity[rows], kind="stable")]
        rows = rows[np.argsort(orders.price[rows], kind="stable")]
        asks = [int(i) for i in rows if orders.side[i] == SELL]
        bids = [int(i) for i in rows[::-1] if orders.side[i] == BUY]
        _withdraw(orders, bids, asks, withdrawn)
    return withdrawn


def _withdraw(orders: OrderBatch, bids: list[int], asks: list[int], withdrawn: Ints) -> None:
    b = a = 0
    while b < len(bids) and a < len(asks) and orders.price[bids[b]] >= orders.price[asks[a]]:
        bid, ask = bids[b], asks[a]
        lots = min(orders.quantity[bid] - withdrawn[bid], orders.quantity[ask] - withdrawn[ask])
        withdrawn[bid] += lots
        withdrawn[ask] += lots
        b += int(withdrawn[bid] == orders.quantity[bid])
        a += int(withdrawn[ask] == orders.quantity[ask])
