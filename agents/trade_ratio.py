"""Trade at a ratio: of every unit sold only a part arrives with the buyer, and the rest is cancelled.

Authorities set such ratios (倍量替代) where a source is to be made up for by more than its own amount. With
a ratio r a buyer who needs q units buys q / r, at a price of up to r times what a unit is worth to it.

Lots and ticks are counted in whole numbers, with the ratio as the fraction of a denominator of at most 10⁹ that is
nearest to it (4/5 for 0.8): in floating point an amount of 10⁸ lots and more can come out one lot off.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from market.orders import BUY, OrderBatch
from market.registry import Registry

Ints = npt.NDArray[np.int64]

LARGEST_DENOMINATOR = 10**9
"""A remainder below it times a numerator below it fits into 63 bits."""


def at_ratio(orders: OrderBatch, ratio: float) -> OrderBatch:
    """Return the orders with which accounts buy so that what arrives is what they meant to buy.

    Who would not pay one tick for what arrives of a unit does not buy.
    """
    if ratio == 1.0 or not len(orders):
        return orders
    exact = Fraction(repr(ratio)).limit_denominator(LARGEST_DENOMINATOR)
    if exact == 1:
        return orders
    price = np.where(orders.side == BUY, arriving(orders.price, exact), orders.price)
    keep = np.flatnonzero(price >= 1)
    account, side, lots = orders.account[keep], orders.side[keep], orders.quantity[keep].copy()
    buys = side == BUY
    if buys.any():
        lots[buys] = -arriving(-lots[buys], 1 / exact)  # rounded up
    return OrderBatch(account, side, price[keep], lots)


def arriving(amount: Ints, ratio: Fraction) -> Ints:
    """Return ``floor(amount · ratio)``, exact: whole multiples of the denominator and the rest are counted apart."""
    whole, rest = np.divmod(amount.astype(np.int64), ratio.denominator)
    found: Ints = whole * ratio.numerator + rest * ratio.numerator // ratio.denominator
    return found


def lose_on_the_way(registry: Registry, product: int, net: Ints, ratio: float, period: int) -> None:
    """Cancel what does not arrive of the lots (A,) that firms bought net: what arrives is rounded down."""
    if ratio == 1.0:
        return
    bought = np.maximum(net[: registry.firms], 0)
    lost = bought - arriving(bought, Fraction(repr(ratio)).limit_denominator(LARGEST_DENOMINATOR))
    if lost.any():
        registry.cancel(product, registry.firm_accounts, lost, period)
