"""An emissions containment reserve (ECR): a part of the offer is withheld for good where the price is low."""

from typing import Literal

from market.policies.containment.amount import YearlyAmount
from market.policies.containment.price_path import PricePath
from market.policies.containment.supply import Adjustment, Pool, PublicState, Step
from market.rules import Rule, parameter


class EmissionsContainmentReserve(Rule):
    """Up to a yearly amount of the offer is sold only at the trigger price or above; what is not sold is cancelled.

    Where demand meets the supply on this step, the price is the trigger and a part is withheld; where it clears below,
    the whole amount is. Source: RGGI Model Rule 2017 (10 % of the cap; 6.00 dollars in 2021, +7 % a year).
    """

    kind: Literal["emissions_containment_reserve"] = parameter(
        "emissions_containment_reserve", description="withholds allowances below a trigger price"
    )
    trigger: PricePath = parameter(description="price below which allowances are withheld, by year")
    amount: YearlyAmount = parameter(description="most that is withheld in a year")

    def opening(self) -> tuple[float, ...]:
        """Return what may still be withheld before the first period: nothing."""
        return (0.0,)

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:
        """Return the part of the offer behind the trigger: what may still be withheld this year."""
        trigger = self.trigger.level(public.year)
        if trigger is None:
            return Adjustment((0.0,))
        left = self.amount.of(public.year, public.cap) if public.period == 0 else holdings[0]
        part = min(left, offered)
        steps = (Step(trigger, part, Pool.OFFER, Pool.CANCELLED, part=0),) if part > 0.0 else ()
        return Adjustment((left,), steps=steps)

    def reserve(self, holdings: tuple[float, ...]) -> float:  # noqa: ARG002 - what may be withheld is not held
        """Return the allowances held: none."""
        return 0.0
