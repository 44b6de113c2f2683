"""Penalties for a shortfall, and the bound that they put on what anybody would pay for a right.

Willingness to pay is bounded by the penalty without make-good, and by the penalty plus the discounted later price with
it. A penalty that is a multiple of a market price uses a price from before the shortage, under an absolute ceiling;
otherwise it would feed on itself.
"""

from typing import Annotated, Literal

from pydantic import Field

from market.rules import Rule, parameter


class FlatPenalty(Rule):
    """A fixed sum per missing unit."""

    kind: Literal["flat"] = parameter("flat", description="fixed sum per missing unit")
    rate: float = parameter(description="penalty per missing unit", unit="money/unit", gt=0)
    make_good: bool = parameter(True, description="whether missing rights are still owed next year")

    def per_unit(self, reference_price: float) -> float:  # noqa: ARG002 - one signature for every penalty
        """Return the penalty per missing unit."""
        return self.rate


class MultiplePenalty(Rule):
    """A multiple of the mean price of the month before the deadline, between a floor and an absolute ceiling.

    The Interim Regulation on carbon trading (State Council Decree 775, 2024, Art. 24) sets 5 to 10 times.
    """

    kind: Literal["multiple"] = parameter("multiple", description="multiple of last month's mean price")
    multiple: float = parameter(description="how many times the reference price", gt=0)
    floor: float = parameter(description="lowest penalty, for months without a price", unit="money/unit", gt=0)
    ceiling: float = parameter(description="highest penalty, whatever the price", unit="money/unit", gt=0)
    make_good: bool = parameter(True, description="whether missing rights are still owed next year")

    def per_unit(self, reference_price: float) -> float:
        """Return the penalty per missing unit at a reference price (the mean of the month before)."""
        return min(self.ceiling, max(self.floor, self.multiple * reference_price))


Penalty = Annotated[FlatPenalty | MultiplePenalty, Field(discriminator="kind")]


def willingness_to_pay(penalty: FlatPenalty | MultiplePenalty, reference_price: float, later_price: float) -> float:
    """Return the highest price anybody pays for a unit: the penalty, plus the later price if it is made good."""
    owed = later_price if penalty.make_good else 0.0
    bound = penalty.per_unit(reference_price) + owed
    return min(bound, penalty.ceiling + owed) if isinstance(penalty, MultiplePenalty) else bound
