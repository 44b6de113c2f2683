"""The price at a step of the authority's supply that is sold, or a bid of its that is filled, only in part.

In a call auction every price of an interval may trade the same lots, and its rule takes the middle. Where the
authority stands ready at a stated price, that price is the one at which the last lot changes hands (the trigger price
where supply is horizontal, as in RGGI's auctions), so it is the price of all.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from market.matching.call_auction import CallAuction
from market.orders import ClearingResult, OrderBatch
from market.randomness import Stream


class AtTheStep(CallAuction):
    """A uniform call auction among whose orders are some of an authority, ``accounts``, at stated prices."""

    accounts: tuple[int, ...] = ()

    def clear(self, state: None, orders: OrderBatch, stream: Stream) -> tuple[None, ClearingResult]:
        """Return no state and the fills, at the authority's own price where one of its orders is filled in part."""
        state, result = super().clear(state, orders, stream)
        rows = np.isin(orders.account, self.accounts) & (result.filled > 0) & (result.filled < orders.quantity)
        inside = rows & (orders.price >= result.first) & (orders.price <= result.last)
        if result.volume and inside.any():
            result = replace(result, price=int(orders.price[inside][0]))
        return state, result


def at_the_step(mechanism: Any, accounts: tuple[int, ...]) -> Any:
    """Return the mechanism, or what takes its place where it is a plain uniform call auction."""
    if type(mechanism) is CallAuction and mechanism.pricing == "uniform":
        return AtTheStep(rationing=mechanism.rationing, accounts=accounts)
    return mechanism
