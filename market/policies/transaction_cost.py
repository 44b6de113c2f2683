"""What a trade costs beside its price: search, negotiation, fees, and the wedge that they drive into a market.

A side that trades q units worth v money pays

    C(q, v) = fixed·[q > 0] + proportional·q + share·v + ½·curvature·q²,

so one unit more costs ``proportional + share·price + curvature·q``. Only marginal costs move who abates (Stavins 1995):
a convex cost strands more trade the further the allocation lies from least cost, a concave one less.
"""

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from market.rules import Rule, parameter

Floats = npt.NDArray[np.float64]


class SideCost(Rule):
    """The costs of one side of a trade; never negative, and never less for a larger trade."""

    fixed: float = parameter(0.0, description="cost of any trade, whatever its size", unit="money/trade", ge=0)
    proportional: float = parameter(0.0, description="cost of each unit", unit="money/unit", ge=0)
    share: float = parameter(0.0, description="cost as a share of the trade's value", ge=0, le=1)
    curvature: float = parameter(
        0.0,
        description="by how much each unit costs more than the one before (convex) or, negative, less (concave)",
        unit="money/unit²",
    )
    largest: float | None = parameter(
        None,
        description="trade beyond which each unit costs as much as the last one did; a concave cost needs it",
        unit="units",
        gt=0,
    )

    @model_validator(mode="after")
    def _never_falling(self) -> "SideCost":
        if self.curvature >= 0:
            return self
        if self.largest is None:
            raise ValueError(
                f"with a curvature of {self.curvature:g} the cost of a unit falls until it is negative; name the"
                " largest trade to which it applies, or choose a curvature of zero or more"
            )
        turn = self.proportional / -self.curvature
        if self.largest > turn * (1.0 + 1e-12):
            raise ValueError(
                f"with a curvature of {self.curvature:g} a unit costs less than nothing in trades above {turn:g} units;"
                f" lower the largest trade of {self.largest:g} to that, or raise the proportional cost to"
                f" {-self.curvature * self.largest:g}"
            )
        return self

    def cost(self, quantity: npt.ArrayLike, value: npt.ArrayLike) -> Floats:
        """Return what each trade costs (n,), in money.

        Parameters
        ----------
        quantity : (n,) units traded, zero or more.
        value : (n,) money paid or received for them.
        """
        units, worth = _sized(quantity), np.asarray(value, dtype=np.float64)
        curved = units if self.largest is None else np.minimum(units, self.largest)
        bend = self.curvature * curved * (units - 0.5 * curved)  # beyond the largest trade a straight line
        variable = self.proportional * units + bend + self.share * worth
        return np.where(units > 0.0, self.fixed + np.maximum(variable, 0.0), 0.0)

    def marginal(self, quantity: npt.ArrayLike, price: npt.ArrayLike = 0.0) -> Floats:
        """Return what one unit more costs (n,), in money per unit, at a trade of ``quantity`` units at ``price``."""
        units = _sized(quantity)
        curved = units if self.largest is None else np.minimum(units, self.largest)
        slope = np.maximum(self.proportional + self.curvature * curved, 0.0)  # a rounding below zero is zero
        return slope + self.share * np.asarray(price, dtype=np.float64)


class TransactionCost(Rule):
    """The costs of both sides of a trade (Stavins 1995)."""

    buyer: SideCost = parameter(SideCost(), description="what a buyer pays beside the price")
    seller: SideCost = parameter(SideCost(), description="what a seller pays out of the price")

    def wedge(self, quantity: npt.ArrayLike, price: npt.ArrayLike = 0.0) -> Floats:
        """Return (n,) by how much marginal abatement costs of buyer and seller differ when ``quantity`` was traded."""
        return self.buyer.marginal(quantity, price) + self.seller.marginal(quantity, price)

    def cost(self, quantity: npt.ArrayLike, value: npt.ArrayLike) -> Floats:
        """Return what each trade costs both sides together (n,), in money."""
        return self.buyer.cost(quantity, value) + self.seller.cost(quantity, value)


def _sized(quantity: npt.ArrayLike) -> Floats:
    units = np.asarray(quantity, dtype=np.float64)
    if not (units >= 0.0).all():
        raise ValueError("a trade has a negative size or none; sizes are units bought or sold, zero or more")
    return units
