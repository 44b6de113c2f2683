"""The k-double auction: two sealed offers, and a price between them."""

from typing import ClassVar, Literal

import numpy as np

from market.matching.bargaining import deals_of_pairs, pairs_at_random, reasons_of_pairs
from market.matching.call_auction import own_crossing
from market.matching.deals import result_of
from market.matching.protocol import MechanismRule
from market.orders import LARGEST_PRICE, ClearingResult, OrderBatch, Reason
from market.randomness import Stream
from market.rules import parameter


class KDoubleAuction(MechanismRule):
    """Buyers and sellers are paired at random; each pair trades at ``k·bid + (1 − k)·ask`` where bid >= ask.

    Offers are sealed and made once: nobody sees the other's before. Lots traded are as many as both want; who was left
    without a partner, or met one whose offer does not meet its own, trades nothing.

    The rule of Chatterjee and Samuelson (1983), the textbook case of bargaining under private information: whoever
    knows that its own offer moves the price shades it, and deals that would have been worth while do not happen (see
    `market.reference.sealed_offers`). For whoever asks what haggling costs, against an exchange.
    """

    negotiated: ClassVar[bool] = True

    kind: Literal["k_double_auction"] = parameter("k_double_auction", description="sealed offers between pairs")
    k: float = parameter(0.5, description="weight of the bid in the price", unit="share", ge=0, le=1)

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return True

    def clear(self, state: None, orders: OrderBatch, stream: Stream) -> tuple[None, ClearingResult]:
        """Return no state and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices or quantities (all are listed).
        """
        orders.validate()
        withdrawn = own_crossing(orders)
        left = orders.quantity - withdrawn
        buys, sells = pairs_at_random(orders, np.flatnonzero(left), stream.key)
        deals = deals_of_pairs(orders, left, buys, sells, self.k, 0, LARGEST_PRICE)
        reason = reasons_of_pairs(orders, buys, sells, deals)
        reason[withdrawn > 0] = Reason.SELF_TRADE
        return state, result_of(orders, deals, reason)
