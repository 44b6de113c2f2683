"""Trade at a ratio: of every unit sold only a part arrives with the buyer, and the rest is cancelled.

Authorities set such ratios (倍量替代) where a source is to be made up for by more than its own amount. With
a ratio r a buyer who needs q units buys q / r, at a price of up to r times what a unit is worth to it.
"""

import numpy as np
import numpy.typing as npt

from market.orders import BUY, OrderBatch
from market.registry import Registry

Ints = npt.NDArray[np.int64]

SLACK = 1e-9


def at_ratio(orders: OrderBatch, ratio: float) -> OrderBatch:
    """Return the orders with which accounts buy so that what arrives is what they meant to buy."""
    if ratio == 1.0 or not len(orders):
        return orders
    buys = orders.side == BUY
    lots = np.where(buys, np.ceil(orders.quantity / ratio - SLACK), orders.quantity).astype(np.int64)
    price = np.where(buys, np.floor(orders.price * ratio + SLACK), orders.price).astype(np.int64)
    keep = np.flatnonzero(price >= 1)
    return OrderBatch(orders.account[keep], orders.side[keep], price[keep], lots[keep])


def lose_on_the_way(registry: Registry, product: int, net: Ints, ratio: float, period: int) -> None:
    """Cancel what does not arrive of the lots (A,) that firms bought net: what arrives is rounded down."""
    if ratio == 1.0:
        return
    bought = np.maximum(net[: registry.firms], 0)
    lost = bought - np.floor(bought * ratio + SLACK).astype(np.int64)
    if lost.any():
        registry.cancel(product, registry.firm_accounts, lost, period)
