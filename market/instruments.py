"""Instruments: one kind of right each, with its unit, lot, tick and kind of flow; vintages and their calendar."""

from typing import Any, Literal

from pydantic import field_validator

from market.matching import AnyMechanism
from market.matching.call_auction import CallAuction
from market.policies.allocation import Allocation
from market.policies.banking import Banking
from market.policies.cap import Cap
from market.policies.containment import Containment
from market.policies.outside import OutsideMarket
from market.policies.penalty import Penalty
from market.policies.transaction_cost import TransactionCost
from market.rules import Rule, parameter


class Text(Rule):
    """A name or note in both languages of the project."""

    en: str = parameter(description="English text", min_length=1)
    zh: str = parameter(description="Chinese text", min_length=1)


class ComplianceCalendar(Rule):
    """When the flows of a compliance year are verified, and when rights for them must be surrendered.

    Months count from the end of the compliance year: 0 is its last month, 12 the same month a year later.
    """

    true_up_after: int = parameter(
        0,
        description="months from the year's end to verified flows and the final allocation",
        unit="month",
        ge=0,
        le=12,
    )
    deadline_after: int = parameter(
        0, description="months from the year's end to the surrender deadline", unit="month", ge=0, le=12
    )


class Venue(Rule):
    """One place to trade an instrument, with one mechanism."""

    name: str = parameter("exchange", description="name of the venue", min_length=1)
    mechanism: AnyMechanism = parameter(default_factory=CallAuction, description="how orders become trades")
    cost: TransactionCost | None = parameter(None, description="what a trade costs beside its price")


def _or_in_short(schema: dict[str, Any]) -> None:
    """Let the schema of a list also take a short form in words."""
    listed = {"type": "array", "items": schema.pop("items")}
    schema.pop("type")
    schema["anyOf"] = [{"type": "string", "description": "mechanisms in short, as in listed+block"}, listed]


class Instrument(Rule):
    """One kind of right and the rules that its regulator declares for it."""

    title: Text = parameter(description="name of the right")
    unit: str = parameter(description="what one right allows, such as tCO2 or t", min_length=1)
    flow: Literal["emission", "intake"] = parameter(
        "emission", description="what the right allows: to emit or to take in"
    )
    lot: float = parameter(1.0, description="smallest tradable amount of the right", unit="units", gt=0)
    tick: float = parameter(0.01, description="smallest step of a price", unit="money/unit", gt=0)
    cap: Cap = parameter(description="rights issued for each compliance year")
    allocation: Allocation = parameter(description="how the cap reaches accounts")
    banking: Banking = parameter(default_factory=Banking, description="what may be carried over to the next year")
    compliance: ComplianceCalendar = parameter(
        default_factory=ComplianceCalendar, description="dates of verification and surrender"
    )
    penalty: Penalty = parameter(description="what a shortfall costs")
    venues: tuple[Venue, ...] = parameter(
        (Venue(),),
        description="where the right is traded; or mechanisms in short, as in listed+block",
        min_length=1,
        max_length=8,
        json_schema_extra=_or_in_short,
    )
    trade_ratio: float = parameter(
        1.0,
        description="of every unit sold how much arrives with the buyer, in whole lots; the rest is cancelled",
        gt=0,
        le=1,
    )
    containment: tuple[Containment, ...] = parameter((), description="rules that hold the price, applied in this order")
    outside: OutsideMarket | None = parameter(
        None, description="a market outside the model that buys and sells the same right"
    )
    validity_years: int = parameter(
        1,
        description="years that one decision grants at once, as yearly vintages (5 for a five-year right)",
        unit="year",
        ge=1,
    )
    initial_bank: float = parameter(
        0.0,
        description="rights that accounts bring from before the first year, shared like the first cap",
        unit="units",
        ge=0,
    )

    @field_validator("venues")
    @classmethod
    def _names_differ(cls, venues: tuple[Venue, ...]) -> tuple[Venue, ...]:
        names = [venue.name for venue in venues]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ValueError(f"two venues are called {double[0]}; give each a name of its own")
        return venues

    @property
    def banked(self) -> bool:
        """Whether unused rights stay valid after their year."""
        return self.banking.kind != "none"
