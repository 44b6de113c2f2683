"""A price collar: an authority that sells at a ceiling and buys at a floor, in any venue (Roberts and Spence 1976)."""

import math
from typing import Literal, Self

from pydantic import model_validator

from market.policies.containment.price_path import PricePath
from market.policies.containment.supply import Adjustment, Bid, Pool, PublicState, Step
from market.rules import Rule, parameter


class Collar(Rule):
    """A hard floor, a hard ceiling, or both; each may be indexed to inflation.

    Without a stock the ceiling holds whatever the demand, with allowances beyond the cap; with one it holds until the
    stock is sold. The floor is bought without limit unless ``purchases`` says how much; nothing of an offer is sold
    below it. What is bought is cancelled, or goes to the stock and may be sold at the ceiling again.
    """

    kind: Literal["collar"] = parameter("collar", description="hard floor and ceiling")
    floor: PricePath | None = parameter(None, description="price at which the authority buys, by year")
    ceiling: PricePath | None = parameter(None, description="price at which the authority sells, by year")
    stock: float | None = parameter(
        None, description="allowances for sale at the ceiling; none stated: without limit", unit="units", ge=0
    )
    purchases: float | None = parameter(
        None,
        description="most that is bought at the floor, over all years; none stated: without limit",
        unit="units",
        ge=0,
    )
    bought: Literal["cancelled", "reserve"] = parameter("cancelled", description="what becomes of what is bought")

    @model_validator(mode="after")
    def _one_side_at_least(self) -> Self:
        if self.floor is None and self.ceiling is None:
            raise ValueError("a collar needs a floor or a ceiling")
        if self.bought == "reserve" and self.stock is None:
            raise ValueError(
                "what is bought can go to the reserve only where the ceiling has a stock; state one, 0 or more"
            )
        return self

    def opening(self) -> tuple[float, ...]:
        """Return the stock and what may still be bought; inf: without limit."""
        return (
            math.inf if self.stock is None else self.stock,
            math.inf if self.purchases is None else self.purchases,
        )

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:  # noqa: ARG002
        """Return the step at the ceiling and the bid at the floor."""
        stock, purchases = holdings
        floor = None if self.floor is None else self.floor.level(public.year)
        ceiling = None if self.ceiling is None else self.ceiling.level(public.year)
        steps: tuple[Step, ...] = ()
        if ceiling is not None and stock > 0.0:
            unlimited = self.stock is None
            steps = (Step(ceiling, stock, Pool.ISSUED if unlimited else Pool.RESERVE, part=None if unlimited else 0),)
        bids: tuple[Bid, ...] = ()
        if floor is not None and purchases > 0.0:
            target = Pool(self.bought)
            bids = (Bid(floor, purchases, target, stock=0 if target is Pool.RESERVE else None, quota=1),)
        return Adjustment(holdings, steps=steps, bids=bids, reserve_price=floor or 0.0)

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances held, units."""
        return 0.0 if self.stock is None else holdings[0]
