"""What every mechanism of trade is to the model, and the base from which the built-in ones are declared."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from market.orders import ClearingResult, OrderBatch
from market.randomness import Stream
from market.rules import Rule

Offers = tuple[tuple[int, int | None], ...]

NOTHING = OrderBatch.empty()


@dataclass(frozen=True, slots=True)
class Grid:
    """Lot (units) and tick (money per unit) of the product: what people declare in money is counted in ticks."""

    lot: float = 1.0
    tick: float = 1.0

    def ticks(self, price: float) -> int:
        """Return a price in ticks, the nearest, halves up."""
        return int(price / self.tick + 0.5 + 1e-9)

    def lots(self, amount: float) -> int:
        """Return the whole lots within an amount of units."""
        return int(amount / self.lot + 1e-9)


@runtime_checkable
class Mechanism(Protocol):
    """One way to turn orders into trades.

    State is None or a frozen record of arrays (a book, a stock, yesterday's close); what is given is never changed. A
    mechanism calls nobody back, draws only from its stream, and gives a reason for every lot that did not trade.
    `market.matching.contract` checks all of this on any mechanism.
    """

    def open(self, grid: Grid) -> Any:
        """Return the state before the first clearing of a product."""
        ...

    def clear(self, state: Any, orders: OrderBatch, stream: Stream) -> tuple[Any, ClearingResult]:
        """Return the next state and the fills of one clearing."""
        ...

    def end_period(self, state: Any) -> Any:
        """Return the state with which the next period begins: books cleared unless they persist, closes rolled on."""
        ...

    def resting(self, state: Any) -> OrderBatch:
        """Return the orders that rest in the state, for which rights and money stay locked."""
        ...


class MechanismRule(Rule, ABC):
    """The base of the built-in mechanisms: declared parameters, no state, one round, no account of its own.

    A mechanism of your own needs a ``kind`` and a ``clear``.
    """

    house: ClassVar[Literal["none", "reserve", "dealer"]] = "none"
    """Whose account trades where the venue itself does: the authority's reserve, or a dealer's."""
    takes: ClassVar[Literal["both", "buys", "sells"]] = "both"
    """Which orders of accounts are taken; a primary auction takes bids only."""
    primary: ClassVar[bool] = False
    """Whether the authority sells here what is put up for auction."""
    negotiated: ClassVar[bool] = False
    """Whether partners are sought one by one; what finds none may go to an open venue in the same period."""

    @property
    def rounds_a_period(self) -> int:
        """How many times the venue clears in one period; accounts arrive over these rounds at random."""
        return 1

    def open(self, grid: Grid) -> Any:  # noqa: ARG002 - one signature for every mechanism
        """Return the state before the first clearing of a product."""
        return None

    def open_year(self, state: Any, grid: Grid, year: int) -> Any:  # noqa: ARG002 - one signature for every mechanism
        """Return the state with which trade in the rights of a calendar year begins, from that of ``open``."""
        return state

    @abstractmethod
    def clear(self, state: Any, orders: OrderBatch, stream: Stream) -> tuple[Any, ClearingResult]:
        """Return the next state and the fills of one clearing."""

    def end_period(self, state: Any) -> Any:
        """Return the state with which the next period begins."""
        return state

    def resting(self, state: Any) -> OrderBatch:  # noqa: ARG002 - one signature for every mechanism
        """Return the orders that rest in the state."""
        return NOTHING

    def replaced(self, state: Any, orders: OrderBatch) -> Any:  # noqa: ARG002 - one signature for every mechanism
        """Return the state without what a batch will replace, so that its locks are free for the batch."""
        return state

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit, so that accounts do not show all of it at once."""
        return False

    def band(self, state: Any) -> tuple[int, int] | None:  # noqa: ARG002 - one signature for every mechanism
        """Return the lowest and the highest price in ticks at which one may trade now; None without such limits."""
        return None

    @property
    def unlimited(self) -> bool:
        """Whether the house sells without end: what it sells is issued when it is sold."""
        return False

    def quotes(self, state: Any) -> tuple[float, float, float]:  # noqa: ARG002 - one signature for every mechanism
        """Return best bid and best ask in ticks and the lots that rest near them, NaN without a book."""
        return float("nan"), float("nan"), float("nan")

    def standing(self, state: Any) -> "tuple[Offers, Offers]":  # noqa: ARG002 - one signature for every mechanism
        """Return what the house sells and buys at stated prices: (ticks, lots) each, lots None without a limit."""
        return (), ()

    def stock(self, state: Any) -> int:  # noqa: ARG002 - one signature for every mechanism
        """Return the lots that the venue's own account can still sell; the account must hold them."""
        return 0
