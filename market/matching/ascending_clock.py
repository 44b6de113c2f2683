"""The ascending clock: the price rises from the reserve price until demand no longer exceeds supply."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from market.matching.call_auction import CallAuction
from market.matching.primary import AuctionScale, PrimaryAuction, admit, priced
from market.matching.protocol import Grid
from market.orders import BUY, NO_PRICE, SELL, ClearingResult, Ints, OrderBatch
from market.randomness import Stream
from market.rules import parameter


@dataclass(frozen=True, slots=True)
class ClockState(AuctionScale):
    """The scale, and what bidders saw of the last auction.

    Attributes
    ----------
    increment : ticks from one price of the clock to the next.
    opening : ticks, the first price called; NO_PRICE before the first auction or when nothing was offered.
    rounds : prices called.
    price, excess : (k,) ticks and lots: prices called at which excess demand was another than before, and how much it
        was; None where it is not revealed.
    """

    increment: int = 1
    opening: int = NO_PRICE
    rounds: int = 0
    price: Ints | None = None
    excess: Ints | None = None


class AscendingClock(PrimaryAuction):
    """An ascending clock with uniform price; limit orders are the demand and supply stated at each price called.

    The clock opens at the reserve price or, where that is higher, at the lowest offer, and rises by the increment. A
    bid stands at a price called of at most its limit, an offer from the first price called of at least its own. The
    clock stops at the first price called at which supply covers demand.

    Where demand has jumped below supply at the last step, selling at the stopping price would leave lots that were
    wanted a step earlier. Hence the closing rule: of the stopping price and the price before, the one at which more
    lots trade, and the stopping price if equal. At the price before, all who stayed are served and those who left at
    the last step share the rest pro rata (where within the step their limits lay, the clock has not seen). Everybody
    pays the same. With truthful demand the price is within one increment of the lowest price that clears the market.

    Source: Cramton and Kerr (2002); Burtraw et al. (2009) on excess demand shown to bidders.
    """

    kind: Literal["ascending_clock"] = parameter(
        "ascending_clock", description="price called rises until supply covers demand"
    )
    increment: float = parameter(
        0.0, description="rise of the price from one call to the next; at least a tick", unit="money/unit", ge=0
    )
    reveals_excess_demand: bool = parameter(True, description="whether bidders see excess demand at each price called")

    def open(self, grid: Grid) -> ClockState:
        """Return the state before the first auction."""
        scale: AuctionScale = super().open(grid)
        return ClockState(scale.reserve, scale.minimum, max(1, grid.ticks(self.increment)))

    def clear(self, state: Any, orders: OrderBatch, stream: Stream) -> tuple[ClockState, ClearingResult]:
        """Return the state, which shows what was called, and the fills.

        Raises
        ------
        OrderError
            Where the orders cannot be read.
        """
        from market.matching.ascending_clock_kernel import on_the_clock, stopping_tick

        state = self.open(Grid()) if state is None else state
        admission = admit(orders, state, self.bid_limit)
        kept = admission.orders
        sells = kept.side == SELL
        if not sells.any():
            _, nothing = CallAuction().clear(None, kept, stream)
            called = replace(state, opening=NO_PRICE, rounds=0, price=None, excess=None)
            return called, admission.complete(nothing)
        opening = max(state.reserve, int(kept.price[sells].min()))
        tick = on_the_clock(kept.side, kept.price, opening, state.increment)
        stop, demand = stopping_tick(kept.side, tick, kept.quantity)

        # On the clock's own ticks the fills are a call auction's: most lots, and the margin shared pro rata.
        standing = np.flatnonzero(tick >= 0)
        on_ticks = OrderBatch(kept.account[standing], kept.side[standing], tick[standing], kept.quantity[standing])
        _, call = CallAuction().clear(None, on_ticks, stream)
        filled = np.zeros(len(kept), dtype=np.int64)
        filled[standing] = call.filled
        price = opening + state.increment * (stop if demand == call.volume else stop - 1)
        reason = np.zeros(len(kept), dtype=np.int8)
        reason[:] = call.reason[0]  # of use only where nothing trades: all have the same one then
        result = priced(kept, replace(call, filled=filled, reason=reason, first=NO_PRICE, last=NO_PRICE), price)
        return self._called(state, kept, tick, opening, stop), admission.complete(result)

    def _called(self, state: ClockState, kept: OrderBatch, tick: Ints, opening: int, stop: int) -> ClockState:
        from market.matching.ascending_clock_kernel import excess_on_the_way

        price: Ints | None = None
        excess: Ints | None = None
        if self.reveals_excess_demand:
            ascending = np.argsort(tick + (kept.side == BUY), kind="stable")
            ticks, excess = excess_on_the_way(kept.side, tick, kept.quantity, ascending, stop)
            price = opening + state.increment * ticks
        return replace(state, opening=opening, rounds=int(stop) + 1, price=price, excess=excess)
