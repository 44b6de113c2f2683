"""What every mechanism of trade is to the model."""

from typing import Any, Protocol, runtime_checkable

from market.orders import ClearingResult, OrderBatch
from market.randomness import Stream


@runtime_checkable
class Mechanism(Protocol):
    """One way to turn orders into trades.

    State is None or a frozen record of arrays (a book, yesterday's close); what is given is never changed. A mechanism
    calls nobody back, draws only from its stream, and gives a reason for every lot that did not trade.
    `market.matching.contract` checks all of this on any mechanism.
    """

    def clear(self, state: Any, orders: OrderBatch, stream: Stream) -> tuple[Any, ClearingResult]:
        """Return the next state and the fills of one clearing."""
        ...
