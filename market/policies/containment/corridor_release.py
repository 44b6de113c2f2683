"""A government reserve that is released above a price corridor and bought back below it, as in Beijing."""

import math
from typing import Literal

from market.policies.containment.price_path import PricePath
from market.policies.containment.supply import Adjustment, Bid, Pool, PublicState, Step
from market.rules import Rule, parameter


class CorridorRelease(Rule):
    """Sells from a finite stock when the volume-weighted mean price is above a corridor, buys back when it is below.

    The mean is that of the last ``window`` periods in which something traded. What is released is offered at the upper
    bound, so that it cannot push the price below it; purchases are made at the lower bound and refill the stock.

    Source: Beijing's open-market operations (2014): ten trading days above 150 yuan or below 20 yuan; these bounds and
    the window are general knowledge, not read in the text. The share held back is the regulator's (Hubei: 8 %).
    """

    kind: Literal["corridor_release"] = parameter("corridor_release", description="reserve behind a price corridor")
    lower: PricePath = parameter(description="lower bound of the corridor, by year")
    upper: PricePath = parameter(description="upper bound of the corridor, by year")
    window: int = parameter(1, description="periods of the mean price", unit="periods", ge=1)
    stock: float = parameter(description="units in the reserve at the start", unit="units", ge=0)
    release: float = parameter(description="most that is offered in a period", unit="units", ge=0)
    purchase: float = parameter(0.0, description="most that is bought in a period", unit="units", ge=0)

    def mean_price(self, public: PublicState) -> float:
        """Return the weighted mean price of the window; NaN if nothing traded. Without volumes all weigh the same."""
        prices = public.prices[-self.window :]
        weights = public.volumes[-self.window :] if public.volumes else (1.0,) * len(prices)
        traded = [(price, weight) for price, weight in zip(prices, weights, strict=True) if not math.isnan(price)]
        total = math.fsum(weight for _, weight in traded)
        return math.fsum(price * weight for price, weight in traded) / total if total > 0.0 else math.nan

    def opening(self) -> tuple[float, ...]:
        """Return the stock before the first period."""
        return (self.stock,)

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:  # noqa: ARG002
        """Return a step at the upper bound, or a bid at the lower one, or neither."""
        lower, upper = self.lower.level(public.year), self.upper.level(public.year)
        mean, (stock,) = self.mean_price(public), holdings
        if upper is not None and mean > upper and min(self.release, stock) > 0.0:
            return Adjustment(holdings, steps=(Step(upper, min(self.release, stock), Pool.RESERVE, part=0),))
        if lower is not None and mean < lower and self.purchase > 0.0:
            return Adjustment(holdings, bids=(Bid(lower, self.purchase, Pool.RESERVE, stock=0),))
        return Adjustment(holdings)

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances held, units."""
        return holdings[0]
