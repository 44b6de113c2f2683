"""Amounts that a rule states for each year: units, or a share of the cap."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from market.policies.containment.price_path import in_force
from market.rules import Rule, parameter


class YearlyAmount(Rule):
    """Units by year, each in force until the next stated one, or a share of the year's cap."""

    units: dict[int, Annotated[float, Field(ge=0)]] = parameter(
        {}, description="units by the first calendar year in which they hold", unit="units/year"
    )
    share: float = parameter(0.0, description="share of the year's cap", ge=0, le=1)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.units) == (self.share > 0.0):
            raise ValueError("state units by year or a share of the cap that is above 0, and not both")
        return self

    @classmethod
    def constant(cls, units: float, year: int = 1900) -> "YearlyAmount":
        """Return the same units for every year from one on."""
        return cls(units={year: units})

    def of(self, year: int, cap: float) -> float:
        """Return the units of a year whose cap is ``cap`` units."""
        return in_force(self.units, year) if self.units else self.share * cap

    @property
    def empty(self) -> bool:
        """Whether the amount is nothing in every year."""
        return not self.share and not any(self.units.values())
