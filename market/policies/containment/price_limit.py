"""A daily price limit 涨跌幅: orders may not stray from the previous close by more than a band a trading day."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from market.orders import BUY, NO_PRICE, Bytes, Ints
from market.rules import Rule, parameter
from market.units import steps_nearest

Mask = npt.NDArray[np.bool_]
UNBOUNDED = 1 << 60


@dataclass(frozen=True, slots=True)
class LimitedOrders:
    """What a price limit leaves of a batch.

    Attributes
    ----------
    price : (n,) int64 ticks, the limits with which the orders go on.
    accepted : (n,) bool; the rest is turned away because of the price limit.
    held : (n,) bool, accepted with its price moved to the edge of the band.
    """

    price: Ints
    accepted: Mask
    held: Mask


class PriceLimit(Rule):
    """A band of ``band`` around the previous close, per trading day.

    ``reject`` turns away every order whose limit lies outside the band. ``hold`` lets a buyer who would pay more bid at
    the upper edge and a seller who would take less ask at the lower one; an order that would have to trade against its
    own limit is turned away under both. A venue that clears once in d trading days compounds the band,
    ``close (1 ± band)^d``, or cannot have the rule (``slower: refuse``): a daily limit that is applied once a month
    would hold a price for years. The edges are rounded to the nearest tick, halves up, and lie at least one tick away
    from the close, so that no price is frozen.

    Source: Shanghai Environment and Energy Exchange (2021): ±10 % of the previous close for listed agreements, ±30 %
    for block agreements.
    """

    kind: Literal["price_limit"] = parameter("price_limit", description="daily price limit")
    band: float = parameter(description="largest move of a trading day, as a share of the last close", ge=0, lt=1)
    outside: Literal["reject", "hold"] = parameter("reject", description="turn orders away, or hold them at the edge")
    slower: Literal["compound", "refuse"] = parameter(
        "compound", description="for a venue that clears less often than daily: compound the band, or refuse the rule"
    )

    def bounds(self, close: int, trading_days: int = 1) -> tuple[int, int]:
        """Return the lowest and highest price in ticks, ``trading_days`` after a close in ticks; (0, 2⁶⁰) without one.

        Raises
        ------
        ValueError
            Where the venue clears less often than daily and the rule refuses that.
        """
        if trading_days < 1:
            raise ValueError(f"{trading_days} trading days between two clearings; there must be at least one")
        if trading_days > 1 and self.slower == "refuse":
            raise ValueError(
                f"the price limit is stated for a trading day and the venue clears every {trading_days}; "
                "give the venue daily rounds, or compound the band (slower: compound)"
            )
        if close == NO_PRICE:
            return 0, UNBOUNDED
        factors = np.array([1.0 - self.band, 1.0 + self.band]) ** trading_days
        edges = steps_nearest(np.minimum(close * factors, float(UNBOUNDED)), 1.0)
        return max(0, min(close - 1, int(edges[0]))), min(UNBOUNDED, max(close + 1, int(edges[1])))

    def apply(self, side: Bytes, price: Ints, low: int, high: int) -> LimitedOrders:
        """Return what is left of orders (n,) between two bounds in ticks."""
        inside = (price >= low) & (price <= high)
        if self.outside == "reject":
            return LimitedOrders(price.copy(), inside, np.zeros_like(inside))
        eager = np.where(side == BUY, price > high, price < low)
        return LimitedOrders(np.where(eager, np.clip(price, low, high), price), inside | eager, eager)
