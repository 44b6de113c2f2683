"""Prices that a rule states and indexes: a trigger, a floor, a ceiling by year."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator

from market.rules import Rule, parameter
from market.units import steps_nearest


def in_force(by_year: Mapping[int, float], year: int) -> float:
    """Return the value of the last stated year that is not after ``year``; 0 before the first."""
    begun = [stated for stated in by_year if stated <= year]
    return by_year[max(begun)] if begun else 0.0


class PricePath(Rule):
    """A price by year: the stated one, and after it ``p_y = round(p_{y−1} (1 + growth + inflation_y))``.

    Rounding every year, halves up, is what RGGI does: 13.00 grows at 7 % to 13.91, 14.88, 15.92, 17.03. Growth and
    inflation add, as in California's floor of 5 % plus the change of consumer prices (17 CCR § 95911(c)). Before the
    first stated year there is no price and the rule that uses it does nothing.
    """

    prices: dict[int, Annotated[float, Field(ge=0)]] = parameter(
        description="price by calendar year; years after a stated one are indexed from it",
        unit="money/unit",
        min_length=1,
    )
    growth: float = parameter(0.0, description="yearly growth of the price", unit="1/year", gt=-1, le=1)
    inflation: dict[int, Annotated[float, Field(gt=-1, le=10)]] = parameter(
        {},
        description="inflation added to the growth, by the year whose price it raises; held after the last",
        unit="1/year",
    )
    rounding: float = parameter(
        0.01,
        description="step to which each year's price is rounded, halves up; 0: not rounded",
        unit="money/unit",
        ge=0,
    )

    @field_validator("prices", "inflation")
    @classmethod
    def _years(cls, values: dict[int, float]) -> dict[int, float]:
        wrong = [year for year in values if not 1900 <= year <= 2200]
        if wrong:
            raise ValueError(f"years must lie between 1900 and 2200, got {wrong}")
        return dict(sorted(values.items()))

    @classmethod
    def constant(cls, price: float, year: int = 1900) -> "PricePath":
        """Return a price that never changes, from a year on."""
        return cls(prices={year: price}, rounding=0.0)

    @property
    def first_year(self) -> int:
        """The year from which there is a price."""
        return min(self.prices)

    def level(self, year: int) -> float | None:
        """Return the price of a year in money per unit, or None before the first stated year."""
        if year < self.first_year:
            return None
        stated = max(known for known in self.prices if known <= year)
        price = self.prices[stated]
        for following in range(stated + 1, year + 1):
            price *= 1.0 + self.growth + in_force(self.inflation, following)
            if self.rounding > 0.0:
                price = round(int(steps_nearest(price, self.rounding)) * self.rounding, 12)
        return price
