"""The parameters of the built-in behaviours, and which accounts each one takes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from market.rules import Rule, parameter


class Selection(Rule):
    """Which accounts a behaviour takes: by sector, then by rank of size within what is left."""

    sectors: tuple[str, ...] | None = parameter(None, description="sectors; all if not given")
    ranked: Literal["all", "largest", "smallest"] = parameter(
        "all", description="all of them, or a share by rank of the value of their flows"
    )
    share: float = parameter(1.0, description="share of the accounts, by rank", ge=0, le=1)


class _Behaviour(Rule):
    select: Selection = parameter(default_factory=Selection, description="which accounts")
    discount_rate: float = parameter(0.05, description="own discount rate", unit="1/year", ge=0, le=1)
    adaptation: float = parameter(
        0.3, description="weight of the newest price in the expected price of accounts that do not plan", ge=0, le=1
    )


class PlannerRule(_Behaviour):
    """Plans over a horizon: net-demand schedule up to the binding window, spread over the months that are left."""

    kind: Literal["planner"] = parameter("planner", description="net-demand schedule over a horizon")
    horizon_years: int = parameter(
        10, description="how many compliance years ahead it plans", unit="year", ge=1, le=100
    )
    steps: int = parameter(8, description="limit orders in which the schedule is sent", ge=1, le=64)
    patience: float = parameter(
        0.02,
        description="relative price gap at which it moves all deferrable trade to the cheaper time",
        gt=0,
        le=1,
    )


class ComplierRule(_Behaviour):
    """Trades its gap once, when the gap is known well enough that a second trade is unlikely to be needed."""

    kind: Literal["complier"] = parameter("complier", description="trades late, for compliance only")
    trade_cost: float = parameter(2000.0, description="fixed cost of one trade", unit="money", ge=0)
    flow_uncertainty: float = parameter(
        0.08, description="relative standard deviation of a year's flow and allocation before verification", ge=0, le=1
    )
    risk_aversion: float = parameter(
        1.0, description="money given up to avoid one unit of money of monthly price risk", ge=0
    )
    price_risk: float = parameter(0.02, description="standard deviation of a month's relative price change", ge=0, le=1)


class ZeroIntelligenceRule(_Behaviour):
    """Orders at random prices: how a mechanism is tested without anybody's skill (Gode and Sunder 1993)."""

    kind: Literal["zero_intelligence"] = parameter("zero_intelligence", description="random orders, to test mechanisms")
    constrained: bool = parameter(
        True, description="never trades at a loss: bids at most, and asks at least, its own marginal value"
    )
    lowest: float = parameter(0.0, description="lowest price that it draws", unit="money/unit", ge=0)
    highest: float | None = parameter(
        None,
        description="highest price that it draws; the bound on what anybody pays for a right if not given",
        unit="money/unit",
        gt=0,
    )
    orders: int = parameter(1, description="orders that it sends each time it may", ge=1, le=64)
    largest: int = parameter(1000, description="largest order", unit="lots", ge=1)

    @model_validator(mode="after")
    def _range(self) -> "ZeroIntelligenceRule":
        if self.highest is not None and self.highest <= self.lowest:
            raise ValueError(
                f"highest is {self.highest:g} and lowest {self.lowest:g}; give a highest price above the lowest"
            )
        return self


class AdaptiveRule(_Behaviour):
    """Takes prices as they come: bids half-way between its reservation price and the price that it expects."""

    kind: Literal["adaptive"] = parameter("adaptive", description="bids by its reservation price; expects prices seen")
    first_prices: dict[str, float] = parameter(
        default_factory=dict,
        description="price expected at first by instrument, on average; where not given, the price at which the net"
        " demand of all accounts would clear",
        unit="money/unit",
    )
    first_error: float = parameter(
        0.5, description="largest relative error of an account in the price expected at first", ge=0, lt=1
    )


Behaviour = Annotated[PlannerRule | ComplierRule | AdaptiveRule | ZeroIntelligenceRule, Field(discriminator="kind")]
