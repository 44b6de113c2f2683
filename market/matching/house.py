"""What the mechanisms have in common in which accounts trade with the venue's own account only."""

import numpy as np
import numpy.typing as npt

from market.matching.call_auction import own_crossing
from market.orders import BUY, NO_PRICE, Bytes, ClearingResult, Ints, OrderBatch


def withdrawn_among(orders: OrderBatch, eligible: npt.NDArray[np.bool_] | None = None) -> Ints:
    """Return (n,) the lots of orders, all or those eligible, that meet an order of the same account.

    The rule is the call auction's: its highest bid against its lowest offer. The orders must have been validated.
    """
    from market.matching.call_auction_kernel import crosses_itself, on_both_sides

    withdrawn = np.zeros(len(orders), dtype=np.int64)
    if not len(orders):
        return withdrawn
    highest = int(orders.account.max())
    if not on_both_sides(orders.account, orders.side, highest):
        return withdrawn
    if not crosses_itself(orders.account, orders.side, orders.price, highest):
        return withdrawn
    rows = np.arange(len(orders)) if eligible is None else np.flatnonzero(eligible)
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
