"""A reserve price: nothing of the offer is sold below it, and what is not sold stays with the authority."""

from typing import Literal

from market.policies.containment.price_path import PricePath
from market.policies.containment.supply import Adjustment, PublicState
from market.rules import Rule, parameter


class ReservePrice(Rule):
    """The lowest price of an auction, by year.

    Sources: RGGI Model Rule (2.10 dollars in 2016, 2.38 in 2021); California, 17 CCR § 95911(c): 10.00 dollars in 2012,
    then 5 % plus inflation a year.
    """

    kind: Literal["reserve_price"] = parameter("reserve_price", description="nothing is sold below it")
    price: PricePath = parameter(description="reserve price by year")

    def opening(self) -> tuple[float, ...]:
        """Return the holdings before the first period: none."""
        return ()

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:  # noqa: ARG002
        """Return the reserve price of the year."""
        return Adjustment(reserve_price=self.price.level(public.year) or 0.0)

    def reserve(self, holdings: tuple[float, ...]) -> float:  # noqa: ARG002 - one signature for every supply rule
        """Return the allowances held: none."""
        return 0.0
