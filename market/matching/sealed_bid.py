"""The sealed-bid auction: bids against a supply schedule, at one price or at each bidder's own."""

from typing import Any, Literal

from market.matching.call_auction import CallAuction
from market.matching.pay_as_bid import paid_as_bid
from market.matching.primary import PrimaryAuction, admit, priced
from market.matching.protocol import Grid
from market.orders import SELL, ClearingResult, OrderBatch
from market.randomness import Stream
from market.rules import parameter


class SealedBidAuction(PrimaryAuction):
    """A sealed-bid auction of stepped supply: reserve price, withheld parts and containment tiers as sell orders.

    As many lots are sold as bids and offers allow, the highest bids first and the lowest tiers first. The uniform
    price is

        min(lowest bid that wins, lowest offer that is not sold out):

    the lowest accepted bid where the supply curve is vertical, the trigger price of a tier that is partly used, where
    it is horizontal. So a price above a trigger means that the tier is exhausted, and bids that fall short of the
    volume offered at the reserve price are served at the reserve price. This is the highest price that clears the
    market; the call auction takes the middle. Where bidders pay their own bids, each pays at least that price. Bids
    equal at the margin, and offers equal at theirs, share pro rata, the lots left one each by a hash.

    Source: auction rules of the Regional Greenhouse Gas Initiative (2013, 2017) and of California (17 CCR 95911).
    """

    kind: Literal["sealed_bid"] = parameter("sealed_bid", description="sealed bids against a supply schedule")
    pricing: Literal["uniform", "discriminatory"] = parameter(
        "uniform", description="one price for all, or every winner pays its own bid"
    )

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return self.pricing == "discriminatory"

    def clear(self, state: Any, orders: OrderBatch, stream: Stream) -> tuple[Any, ClearingResult]:
        """Return the state as it was and the fills.

        Raises
        ------
        OrderError
            Where the orders cannot be read.
        """
        state = self.open(Grid()) if state is None else state
        admission = admit(orders, state, self.bid_limit)
        _, call = CallAuction().clear(None, admission.orders, stream)
        result = priced(admission.orders, call, highest_clearing_price(admission.orders, call))
        if self.pricing == "discriminatory":
            result = paid_as_bid(admission.orders, result, 1.0, stream)
        return state, admission.complete(result)


def highest_clearing_price(orders: OrderBatch, call: ClearingResult) -> int:
    """Return the highest price at which nobody who was left out would still trade: see the class."""
    left = (orders.side == SELL) & (call.filled < orders.quantity)
    # Volume is largest up to the lowest bid that wins: above it, bids are too few.
    return min(call.last, int(orders.price[left].min())) if left.any() else call.last
