"""What supply rules read and what they return: public facts, priced steps, and a double entry for every allowance.

Quantities are float units and prices money per unit: the caller turns them into lots and ticks. Nothing here is ever
changed in place; every function returns new records.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Pool(StrEnum):
    """Where allowances are, seen from the authority."""

    ISSUED = "issued"
    """Not there before: created beyond the cap by a rule (a source only)."""
    OFFER = "offer"
    """On offer in this auction or period."""
    RESERVE = "reserve"
    """Held by a rule for later."""
    CANCELLED = "cancelled"
    """Gone for good (a target only)."""
    SOLD = "sold"
    """In circulation: sold by the authority, or where it buys from."""
    UNSOLD = "unsold"
    """Offered and not taken; what becomes of it is for the auction's own rule."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One entry of the allowance balance: ``quantity`` units from one pool to another, and the rule that did it."""

    source: Pool
    target: Pool
    quantity: float
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the supply: ``quantity`` units (inf: without limit) that the authority sells at ``price`` or above.

    Attributes
    ----------
    source : OFFER for a part of the volume on offer, RESERVE for a rule's stock, ISSUED for new allowances.
    unsold : where the part goes that nobody takes; only for a part of the offer.
    part : which number of the rule's holdings a sale (RESERVE) or a cancellation (OFFER) uses up; None: none.
    """

    price: float
    quantity: float
    source: Pool = Pool.OFFER
    unsold: Pool = Pool.UNSOLD
    part: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Bid:
    """Units (inf: without limit) that the authority buys at ``price`` or below, for its reserve or to cancel them.

    Attributes
    ----------
    target : RESERVE or CANCELLED.
    stock : which number of the rule's holdings a purchase adds to; None: none.
    quota : which number of the rule's holdings a purchase uses up; None: none.
    """

    price: float
    quantity: float
    target: Pool
    stock: int | None = None
    quota: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class PublicState:
    """What a supply rule may look at: everybody knows it.

    Attributes
    ----------
    year, period, periods : calendar year, period in it from 0, periods a year. A yearly auction has one period.
    bank : allowances in circulation at the end of last year (the EU's TNAC), units.
    bank_before : the same one year earlier; a monthly stability reserve acts on it until the new one is published.
    last_auction : units auctioned last year, net of what reserves took.
    cap : rights of the year, units; what shares of a cap are shares of.
    prices, volumes : mean price and volume of every past period, oldest first; a price is NaN where nothing traded.
    """

    year: int
    period: int = 0
    periods: int = 1
    bank: float = 0.0
    bank_before: float = 0.0
    last_auction: float = math.inf
    cap: float = 0.0
    prices: tuple[float, ...] = ()
    volumes: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.period < self.periods:
            raise ValueError(f"period {self.period} is not one of 0 to {self.periods - 1}")
        if self.volumes and len(self.volumes) != len(self.prices):
            raise ValueError(
                f"{len(self.prices)} prices and {len(self.volumes)} volumes; there must be one each a period"
            )


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What one rule does to one offer.

    Attributes
    ----------
    holdings : what the rule keeps in mind for the next period: stocks and what is left of yearly amounts, units.
    movements : entries between the offer, its reserve, new allowances and cancellation.
    steps, bids : what is offered and asked for at stated prices. A step out of the offer is a part of it.
    reserve_price : price below which nothing of the offer is sold.
    """

    holdings: tuple[float, ...] = ()
    movements: tuple[Movement, ...] = ()
    steps: tuple[Step, ...] = ()
    bids: tuple[Bid, ...] = ()
    reserve_price: float = 0.0


class SupplyRule(Protocol):
    """A rule that adjusts what is offered."""

    def opening(self) -> tuple[float, ...]:
        """Return the holdings before the first period."""
        ...

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:
        """Return what the rule does to ``offered`` units that no earlier rule has taken or priced."""
        ...

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances among the holdings, units."""
        ...


@dataclass(frozen=True, slots=True)
class Supply:
    """A year's or period's supply after every rule.

    Attributes
    ----------
    base : units that were to be offered before any rule.
    steps : what is sold, by rising price; the first is the volume at the reserve price unless nothing is left of it.
    bids : what the authority buys, by falling price.
    movements : the allowance balance: base + from reserves + issued − to reserves − cancelled = offered.
    """

    base: float
    steps: tuple[Step, ...] = ()
    bids: tuple[Bid, ...] = ()
    movements: tuple[Movement, ...] = field(default=())

    @property
    def offered(self) -> float:
        """Units of the offer, at any price; reserves and new allowances behind their triggers are not in it."""
        return math.fsum(step.quantity for step in self.steps if step.source is Pool.OFFER)

    def moved(self, source: Pool | None = None, target: Pool | None = None, rule: str | None = None) -> float:
        """Return the units that moved between pools (None: any), by any rule or by one."""
        return math.fsum(
            entry.quantity
            for entry in self.movements
            if source in {None, entry.source} and target in {None, entry.target} and rule in {None, entry.rule}
        )


def entries(*movements: Movement) -> tuple[Movement, ...]:
    """Return the movements of something."""
    return tuple(entry for entry in movements if entry.quantity > 0.0)
