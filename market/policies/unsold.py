"""Unsold volume: what becomes of lots that an auction offered and nobody bought.

As California does (17 CCR 95911), lots left over at the reserve price wait until auctions have settled above it
several times in a row, and come back in part; elsewhere they join the next auction, or are cancelled.
"""

from dataclasses import dataclass
from typing import Literal

from market.rules import Rule, parameter


@dataclass(frozen=True, slots=True)
class UnsoldState:
    """What waits after an auction.

    Attributes
    ----------
    held : lots that were not sold and may be offered again.
    above : auctions in a row, up to the last, that settled above the reserve price.
    cancelled : lots cancelled so far.
    """

    held: int = 0
    above: int = 0
    cancelled: int = 0


class UnsoldVolume(Rule):
    """The rule for unsold lots; what an emissions or cost containment reserve keeps back is not unsold."""

    kind: Literal["hold", "next", "cancel"] = parameter(
        "hold",
        description="hold: offered again once auctions have settled above the reserve price several times in a row;"
        " next: added to the next auction; cancel: gone",
    )
    auctions_above: int = parameter(
        2, description="under hold, how many auctions in a row must have settled above the reserve price", ge=1
    )
    largest_share: float = parameter(
        0.25, description="under hold, most that is offered again, as a share of the volume planned otherwise", ge=0
    )

    def offered_again(self, state: UnsoldState, planned: int) -> int:
        """Return the lots added to an auction for which ``planned`` lots are due otherwise."""
        if self.kind == "next":
            return state.held
        if self.kind == "hold" and state.above >= self.auctions_above:
            return min(state.held, int(self.largest_share * planned + 1e-9))
        return 0

    def comes_back(self, state: UnsoldState, planned: int, auctions: int) -> int:
        """Return the lots offered again in the next ``auctions`` if all sell out above the reserve price.

        ``planned`` lots are due in each of them otherwise.
        """
        if self.kind == "next":
            return state.held if auctions > 0 else 0
        if self.kind == "hold":
            first = max(0, self.auctions_above - state.above)
            return min(state.held, max(0, auctions - first) * int(self.largest_share * planned + 1e-9))
        return 0

    def after(self, state: UnsoldState, again: int, unsold: int, price: int, reserve: int) -> UnsoldState:
        """Return the state after an auction.

        Parameters
        ----------
        again : lots among those offered that came from ``state.held``.
        unsold : lots of all that was offered, these included, that were not sold.
        price : settlement price in ticks; NO_PRICE, which is below every reserve price, when nothing was sold.
        reserve : reserve price in ticks.

        Raises
        ------
        ValueError
            Where more lots came back than were held, or a count is negative.
        """
        if not 0 <= again <= state.held or unsold < 0:
            raise ValueError(f"{again} of {state.held} held lots were offered again and {unsold} not sold: impossible")
        above = state.above + 1 if price > reserve else 0
        if self.kind == "cancel":
            return UnsoldState(state.held - again, above, state.cancelled + unsold)
        return UnsoldState(state.held - again + unsold, above, state.cancelled)
