"""What the mechanisms have in common in which accounts trade with the venue's own account only."""

import numpy as np
import numpy.typing as npt

from market.matching.call_auction import own_crossing
from market.orders import BUY, NO_PRICE, Bytes, ClearingResult, Ints, OrderBatch


def withdrawn_among(orders: OrderBatch, eligible: npt.NDArray[np.bool_]) -> Ints:
    """Return (n,) the lots that an account would buy from the house and sell to it at once, among eligible orders.

    The rule is the call auction's: its highest bid against its lowest offer.
    """
    withdrawn = np.zeros(len(orders), dtype=np.int64)
    rows = np.flatnonzero(eligible)
    withdrawn[rows] = own_crossing(orders.take(rows))
    return withdrawn


def with_house(orders: OrderBatch, filled: Ints, value: Ints, reason: Bytes) -> ClearingResult:
    """Return the result of fills (n,) lots, all against the house, that are worth ``value`` (n,) ticks·lots.

    The price is the mean over all lots bought and sold, rounded half up.
    """
    buys = orders.side == BUY
    bought, sold = int(filled[buys].sum()), int(filled[~buys].sum())
    paid, received = int(value[buys].sum()), int(value[~buys].sum())
    lots = bought + sold
    price = (2 * (paid + received) + lots) // (2 * lots) if lots else NO_PRICE
    return ClearingResult(
        price,
        max(bought, sold),
        filled,
        reason,
        value=value,
        house_lots=sold - bought,
        house_value=received - paid,
    )
