"""Unsold volume at work: what auctions of an instrument left, and what of it is offered again.

Only one vintage is on auction at a time. What its auctions leave waits in the registry's reserve account, apart from
what is still to be offered for the first time, and is cancelled with the vintage's deadline. How many auctions in a row
settled above the reserve price is remembered from one vintage to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from market.matching.protocol import Grid
from market.orders import NO_PRICE
from market.policies.containment import Pool, Step, Supply
from market.policies.unsold import UnsoldState, UnsoldVolume

if TYPE_CHECKING:
    from agents.venues import Session
    from market.instruments import Instrument


@dataclass(slots=True)
class Leftover:
    """What the auctions of one instrument have left.

    Attributes
    ----------
    rule : what becomes of it; state : of the rule, for the lots of ``vintage``.
    """

    rule: UnsoldVolume
    state: UnsoldState = field(default_factory=UnsoldState)
    vintage: int = 0

    def held(self, vintage: int) -> int:
        """Return the lots of a vintage that wait."""
        return self.state.held if vintage == self.vintage else 0

    def again(self, vintage: int, planned: int) -> int:
        """Return the lots added to an auction of ``planned`` lots."""
        return self.rule.offered_again(self.state, planned) if self.held(vintage) else 0

    def expected(self, vintage: int, planned: int, auctions: int) -> int:
        """Return the lots that come back before the deadline if all auctions to come settle above the reserve price."""
        return self.rule.comes_back(self.state, planned, auctions) if self.held(vintage) else 0

    def close(self, vintage: int, again: int, unsold: int, price: int, reserve: int) -> int:
        """Take note of an auction and return the lots that are to be cancelled at once.

        Parameters
        ----------
        again, unsold : lots that were offered again, and lots of the whole offer that nobody took.
        price : lowest price in ticks at which lots were sold, NO_PRICE where none were. An auction that left lots
            has settled at its reserve price, whatever single bidders paid.
        reserve : reserve price in ticks.
        """
        before = self.state.cancelled
        self.vintage = vintage
        self.state = self.rule.after(self.state, again, unsold, min(price, reserve) if unsold else price, reserve)
        return self.state.cancelled - before

    def deadline(self, vintage: int) -> None:
        """Cancel what still waits of a vintage that has run out."""
        if vintage == self.vintage:
            state = self.state
            self.state = UnsoldState(0, state.above, state.cancelled + state.held)
            self.vintage = vintage + 1


def auctioned(steps: Sequence[Step]) -> list[Step]:
    """Return the steps of an offer of which unsold lots wait; what rules withhold or keep behind triggers is apart."""
    return [step for step in steps if step.source is Pool.OFFER and step.unsold is Pool.UNSOLD]


def reserve_price_of(steps: Sequence[Step]) -> float:
    """Return the lowest price at which an offer is sold, 0 where nothing is offered."""
    return min((step.price for step in auctioned(steps)), default=0.0)


def with_step(supply: Supply, units: float) -> Supply:
    """Return the supply with ``units`` more of the offer, sold last of what is offered at its reserve price."""
    step = Step(reserve_price_of(supply.steps), units)
    place = sum(other.price <= step.price for other in supply.steps)
    return replace(supply, steps=(*supply.steps[:place], step, *supply.steps[place:]))


def settled_at(sessions: "Sequence[Session]", account: int, rule: "Instrument") -> tuple[int, int]:
    """Return the lowest price of the venue at which ``account`` offers, and its own reserve price, in ticks.

    The price is NO_PRICE where the account sold nothing. Venues without a reserve price of their own have 0.
    """
    for session in sessions:
        mine = session.orders.account == account
        if not mine.any():
            continue
        own = Grid(rule.lot, rule.tick).ticks(getattr(session.venue.rule.mechanism, "reserve_price", 0.0))
        return (int(session.low) if session.filled[mine].any() else NO_PRICE), own
    return NO_PRICE, 0
