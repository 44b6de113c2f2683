"""One-way auction 单向竞价: one announces lots and a reserve price, the others bid."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from market.matching.call_auction import own_crossing
from market.matching.deals import Deals, arrival, result_of
from market.matching.protocol import Grid, MechanismRule
from market.orders import BUY, SELL, ClearingResult, OrderBatch, Reason
from market.randomness import Stream, tie_break
from market.rules import parameter

PRICINGS = ("uniform", "pay_as_bid", "english")


@dataclass(frozen=True, slots=True)
class OneWayState:
    """The bid step in ticks."""

    increment: int


class OneWayAuction(MechanismRule):
    """Each initiator announces its lots and its limit as the reserve price; the best bids at the reserve or better win.

    Initiators are those of ``side``, served one after another in random order (an account's most eager order first);
    bidders bid in each auction for what they still want. Equal bids win by a hash of the account. The winners pay

    - ``uniform``: all the lowest winning bid;
    - ``pay_as_bid``: each its own;
    - ``english``: all the price at which an ascending auction ends, the best losing bid plus the bid step, at least
      the reserve and at most the lowest winning bid. What a winner did not get of its bid is a losing bid.

    With ``side = buy`` all is mirrored: a buyer announces the most it pays, the lowest offers win.

    The third form of trade of China's national carbon market (rules of 2021), and how government reserves of discharge
    rights and new allowances are sold by most provincial exchanges. For whoever asks what a seller earns by it.
    """

    negotiated: ClassVar[bool] = True

    kind: Literal["one_way_auction"] = parameter("one_way_auction", description="one initiator, the others bid")
    side: Literal["sell", "buy"] = parameter("sell", description="the side that initiates auctions")
    pricing: Literal["uniform", "pay_as_bid", "english"] = parameter("uniform", description="what winners pay")
    increment: float = parameter(
        0.01, description="bid step 加价幅度 of the english auction, to the nearest tick", unit="money per unit", ge=0
    )
    whole_lots: bool = parameter(False, description="an auction fails (流拍) unless all its lots find bidders")

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return True

    def open(self, grid: Grid) -> OneWayState:
        """Return the state before the first auction."""
        return OneWayState(grid.ticks(self.increment))

    def clear(self, state: OneWayState, orders: OrderBatch, stream: Stream) -> tuple[OneWayState, ClearingResult]:
        """Return the state and the fills of one series of auctions.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        from market.matching.one_way_auction_kernel import auction_lots

        orders.validate()
        withdrawn = own_crossing(orders)
        left = orders.quantity - withdrawn
        initiating = SELL if self.side == "sell" else BUY
        initiators = arrival(orders, stream.key)
        initiators = initiators[(left[initiators] > 0) & (orders.side[initiators] == initiating)]
        bidders = np.flatnonzero((left > 0) & (orders.side != initiating))
        hashes = ~tie_break(stream.key, orders.account[bidders])
        eagerness = orders.price[bidders] * initiating  # highest bids, lowest offers first
        bidders = bidders[np.lexsort((-left[bidders], orders.account[bidders], hashes, eagerness))]

        remaining, could, winner, auction, price, lots = auction_lots(
            orders.price, left, initiators, bidders, initiating, PRICINGS.index(self.pricing), state.increment,
            self.whole_lots,
        )  # fmt: skip
        buy, sell = (winner, auction) if initiating == SELL else (auction, winner)
        aggressor = np.full(lots.size, -initiating, dtype=np.int8)

        traded = left > remaining
        reason = np.where(could, Reason.RATIONED_OUT, Reason.OUTSIDE_PRICE).astype(np.int8)
        if not initiators.size:
            reason[:] = Reason.NO_COUNTERPARTY
        reason[initiators] = Reason.NO_COUNTERPARTY
        reason[traded] = Reason.PARTLY_FILLED_AT_MARGIN
        reason[remaining == 0] = Reason.FILLED
        reason[withdrawn > 0] = Reason.SELF_TRADE
        return state, result_of(orders, Deals(buy, sell, price, lots, aggressor), reason)
