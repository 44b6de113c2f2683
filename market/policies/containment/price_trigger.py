"""A price trigger by moving averages, as in the cost containment mechanism of the United Kingdom."""

import math
from typing import Annotated, Literal

from pydantic import Field

from market.policies.containment.price_path import in_force
from market.policies.containment.supply import Adjustment, Movement, Pool, PublicState, entries
from market.rules import Rule, parameter


class PriceTrigger(Rule):
    """Releases allowances when each of the last n mean prices is above k times the mean of the two years before them.

    The n tested periods are not part of the reference mean. A period without trade neither fulfils the condition nor
    enters the mean. Periods are those of the model, months in every programme that has such a rule; prices from before
    the run may be given, as the United Kingdom used those of the EU in its first two years. Every period in which the
    condition holds releases again, while there is stock.

    Source: UK Emissions Trading Scheme Auctioning Regulations 2021, cost containment mechanism: k = 2 in 2021, 2.5 in
    2022, 3 later; the trigger of January 2022 was 56.58 pounds.
    """

    kind: Literal["price_trigger"] = parameter("price_trigger", description="released by moving averages")
    multiples: dict[int, Annotated[float, Field(gt=0)]] = parameter(
        {2021: 2.0, 2022: 2.5, 2023: 3.0},
        description="k by the first calendar year in which it holds; before the first nothing is released",
        min_length=1,
    )
    tested_periods: int = parameter(3, description="last periods that must each be above", unit="periods", ge=1)
    reference_periods: int = parameter(24, description="periods of the reference mean", unit="periods", ge=1)
    release: float = parameter(
        description="units released in a period in which the condition holds", unit="units", ge=0
    )
    stock: float = parameter(description="units that may be released over all years", unit="units", ge=0)
    earlier_prices: tuple[Annotated[float, Field(ge=0)], ...] = parameter(
        (), description="mean prices of the periods before the first, oldest first", unit="money/unit"
    )

    def trigger_price(self, prices: tuple[float, ...], year: int) -> float:
        """Return k times the reference mean; NaN while the history is too short or k is not in force."""
        history = (*self.earlier_prices, *prices)
        if len(history) < self.reference_periods + self.tested_periods:
            return math.nan
        before = history[-self.reference_periods - self.tested_periods : -self.tested_periods]
        traded = [price for price in before if not math.isnan(price)]
        multiple = in_force(self.multiples, year)
        return multiple * math.fsum(traded) / len(traded) if traded and multiple > 0.0 else math.nan

    def triggered(self, prices: tuple[float, ...], year: int) -> bool:
        """Return whether each tested price is above the trigger price."""
        trigger = self.trigger_price(prices, year)
        return all(price > trigger for price in (*self.earlier_prices, *prices)[-self.tested_periods :])

    def opening(self) -> tuple[float, ...]:
        """Return the stock before the first period."""
        return (self.stock,)

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:  # noqa: ARG002
        """Return the release into this period's offer, if the condition holds."""
        (stock,) = holdings
        released = min(self.release, stock) if self.triggered(public.prices, public.year) else 0.0
        return Adjustment((stock - released,), entries(Movement(Pool.RESERVE, Pool.OFFER, released)))

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances held, units."""
        return holdings[0]
