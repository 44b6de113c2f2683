"""Supply shifting: what is withheld in some years and returned in others, by a table (backloading)."""

from typing import Literal

from pydantic import field_validator

from market.policies.containment.supply import Adjustment, Movement, Pool, PublicState, entries
from market.rules import Rule, parameter


class SupplyShift(Rule):
    """Units added to (positive) or taken from (negative) the offer of each year; what is taken is held until returned.

    While the bank does not run out, the timing of supply changes no price (Perino and Willner 2016). Example: EU
    Regulation 176/2014 took 900 M out of the auctions of 2014 to 2016, first to be returned in 2019 and 2020.
    """

    kind: Literal["supply_shift"] = parameter("supply_shift", description="withhold in some years, return in others")
    changes: dict[int, float] = parameter(
        description="units by year: negative are withheld, positive returned", unit="units/year", min_length=1
    )

    @field_validator("changes")
    @classmethod
    def _returns_what_was_withheld(cls, changes: dict[int, float]) -> dict[int, float]:
        held = 0.0
        for year, change in sorted(changes.items()):
            held -= change
            if held < -1e-9 * max(abs(other) for other in changes.values()):
                raise ValueError(f"{year} returns {-held:g} units more than were withheld before it")
        return dict(sorted(changes.items()))

    def opening(self) -> tuple[float, ...]:
        """Return what is held before the first period: nothing."""
        return (0.0,)

    def adjust(self, public: PublicState, offered: float, holdings: tuple[float, ...]) -> Adjustment:
        """Return the period's part of the year's change: no more than is offered, no more than is held."""
        (held,) = holdings
        change = self.changes.get(public.year, 0.0) / public.periods
        taken = min(max(0.0, -change), offered)
        given = min(max(0.0, change), held)
        moves = entries(Movement(Pool.OFFER, Pool.RESERVE, taken), Movement(Pool.RESERVE, Pool.OFFER, given))
        return Adjustment((held + taken - given,), moves)

    def reserve(self, holdings: tuple[float, ...]) -> float:
        """Return the allowances held, units."""
        return holdings[0]
