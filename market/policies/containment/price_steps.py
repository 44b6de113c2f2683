"""Supply indexed to price steps: each part of the volume has its own price (Burtraw, Holt, Palmer and Shobe 2022)."""

from typing import Literal

from market.policies.containment.amount import YearlyAmount
from market.policies.containment.price_path import PricePath
from market.policies.containment.supply import Adjustment, Pool, PublicState, Step
from market.rules import Rule, parameter


class PriceStep(Rule):
    """One step: an amount that is sold at its price or above."""

    price: PricePath = parameter(description="price of the step, by year")
    amount: YearlyAmount = parameter(description="units of the step a year")
    source: Literal["offer", "issued"] = parameter(
        "offer", description="a part of the volume on offer, or allowances beyond the cap"
    )
    unsold: Literal["unsold", "cancelled"] = parameter(
        "unsold", description="what becomes of a part of the offer that nobody takes"
    )


class PriceSteps(Rule):
    """Any supply schedule in steps; what no step names is sold from the reserve price.

    The amounts are a year's: every period of the year offers an equal part of them.
    """

    kind: Literal["price_steps"] = parameter("price_steps", description="supply in price steps")
    steps: tuple[PriceStep, ...] = parameter(description="the steps, by rising price", min_length=1)

    def opening(self) -> tuple[float, ...]:
        """Return the holdings before the first period: none."""
        return ()

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:  # noqa: ARG002
        """Return the steps; those out of the offer take, dearest first, what there is."""
        priced = [(step.price.level(public.year), step) for step in self.steps]
        dearest_first = sorted(
            ((price, step) for price, step in priced if price is not None), key=lambda pair: -pair[0]
        )
        found: list[Step] = []
        left = offered
        for price, step in dearest_first:
            quantity = step.amount.of(public.year, public.cap) / public.periods
            if step.source == "offer":
                quantity = min(quantity, left)
                left -= quantity
                found.append(Step(price, quantity, Pool.OFFER, Pool(step.unsold)))
            else:
                found.append(Step(price, quantity, Pool.ISSUED))
        return Adjustment(steps=tuple(step for step in reversed(found) if step.quantity > 0.0))

    def reserve(self, holdings: tuple[float, ...]) -> float:  # noqa: ARG002 - one signature for every supply rule
        """Return the allowances held: none."""
        return 0.0
