"""A cost containment reserve (CCR): further allowances at trigger prices, tier by tier."""

from typing import Literal, Self

from pydantic import model_validator

from market.policies.containment.amount import YearlyAmount
from market.policies.containment.price_path import PricePath
from market.policies.containment.supply import Adjustment, Movement, Pool, PublicState, Step, entries
from market.rules import Rule, parameter


class ReserveTier(Rule):
    """One tier of a reserve: an amount that is sold at its trigger price or above."""

    trigger: PricePath = parameter(description="price at which the tier is sold, by year")
    amount: YearlyAmount = parameter(description="what the tier holds")


class CostContainmentReserve(Rule):
    """Tiers of allowances beside the cap, sold only where an auction would otherwise clear above their triggers.

    ``renewal: yearly`` fills every tier anew at the start of a year and cancels what is left of the old one, as RGGI
    does; the whole year's amount stands behind each auction until it is used up. ``once`` is one stock for all years.
    A tier that is partly sold sets the price to its trigger exactly; a tier that is sold out leaves the price free to
    rise to the next.

    Sources: RGGI Model Rule 2013 (5 M in 2014, 10 M a year after; triggers 4, 6, 8, 10 dollars, then +2.5 %) and 2017
    (10 % of the cap; 13.00 dollars in 2021, +7 %); California, 17 CCR § 95913 (two tiers and a ceiling from 2021).
    """

    kind: Literal["cost_containment_reserve"] = parameter(
        "cost_containment_reserve", description="more allowances at trigger prices"
    )
    tiers: tuple[ReserveTier, ...] = parameter(description="tiers by rising trigger price", min_length=1)
    renewal: Literal["yearly", "once"] = parameter(
        "yearly", description="filled every year, or one stock for all years"
    )

    @model_validator(mode="after")
    def _stock_in_units(self) -> Self:
        if self.renewal == "once" and any(len(tier.amount.units) != 1 for tier in self.tiers):
            raise ValueError(
                "a reserve that is filled once needs one number of units in each tier, not a share or a table"
            )
        return self

    def opening(self) -> tuple[float, ...]:
        """Return what each tier holds before the first period."""
        if self.renewal == "yearly":
            return (0.0,) * len(self.tiers)
        return tuple(next(iter(tier.amount.units.values())) for tier in self.tiers)

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:  # noqa: ARG002
        """Return one step a tier with what is left of it, filled anew at the start of a year."""
        triggers = [tier.trigger.level(public.year) for tier in self.tiers]
        moves: tuple[Movement, ...] = ()
        if self.renewal == "yearly" and public.period == 0:
            filled = tuple(
                tier.amount.of(public.year, public.cap) if trigger is not None else 0.0
                for tier, trigger in zip(self.tiers, triggers, strict=True)
            )
            moves = entries(
                Movement(Pool.RESERVE, Pool.CANCELLED, sum(holdings)), Movement(Pool.ISSUED, Pool.RESERVE, sum(filled))
            )
            holdings = filled
        steps = tuple(
            Step(trigger, left, Pool.RESERVE, part=index)
            for index, (trigger, left) in enumerate(zip(triggers, holdings, strict=True))
            if trigger is not None and left > 0.0
        )
        return Adjustment(holdings, moves, steps)

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances held, units."""
        return sum(holdings)
