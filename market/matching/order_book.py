"""The continuous double auction: an order book with price-time priority, in which every order trades as it arrives.

An arriving order trades with the best opposite quote, first come first served at each price, at the price of the order
that rests; what is left of a limit order rests in its turn. These are the rules of exchanges' continuous trading (Gould
and others 2013, "Limit order books"); with `improve_only` and `clear_at_trade` those of laboratory double auctions
(Smith 1962; Gode and Sunder 1993).
"""

from typing import Literal

import numpy as np

from market.matching.order_book_state import Book, BookOrders
from market.matching.protocol import Grid, MechanismRule
from market.orders import BUY, NO_PRICE, Bytes, ClearingResult, Ints, OrderBatch, OrderError, Trades
from market.randomness import Stream
from market.rules import parameter

NEAR = 0.05
"""How far from the middle an order may rest to count as depth, as a share of the middle."""
_UNREADABLE = 1


class OrderBook(MechanismRule):
    """A continuous double auction of limit orders.

    The accounts of a batch arrive in random order (by a hash of stream and account), each with all its orders: those
    of one side, picked by the hash, before those of the other, the best price first. `BookOrders` arrive row by row.

    An account never trades with itself: an arriving order that meets one of its account ends there, and what is left
    of it is withdrawn for `Reason.SELF_TRADE` ("cancel newest"). A quote refused by ``improve_only`` has
    `Reason.OUTSIDE_PRICE`.
    """

    kind: Literal["order_book"] = parameter("order_book", description="continuous double auction, price-time priority")
    rounds: int = parameter(
        20,
        ge=1,
        le=10_000,
        description="rounds in a period over which accounts arrive at random, say its trading days",
        unit="rounds",
    )
    persistent: bool = parameter(
        False,
        description="whether orders that rest are kept from period to period; otherwise they end with the period",
    )
    replace_own: bool = parameter(
        True,
        description="whether an account that sends orders withdraws with them all it has resting, before the round",
    )
    improve_only: bool = parameter(
        False,
        description="whether a quote must better the best quote of its side, as in laboratory double auctions",
    )
    clear_at_trade: bool = parameter(
        False,
        description="whether each trade ends all quotes, also what is left of the orders that traded",
    )

    @property
    def own_limit_counts(self) -> bool:
        """Whether an order may trade at its own limit."""
        return True

    @property
    def rounds_a_period(self) -> int:
        """How many times the book is sent orders in one period."""
        return self.rounds

    def open(self, grid: Grid) -> Book:  # noqa: ARG002 - one signature for every mechanism
        """Return an empty book."""
        return Book.empty()

    def clear(self, state: Book, orders: OrderBatch, stream: Stream) -> tuple[Book, ClearingResult]:
        """Return the book after the last order has arrived, and the fills.

        Raises
        ------
        OrderError
            Where the batch has wrong types, sides, prices, quantities or kinds (all are listed), or what is bid for is
            worth more than 2**62 ticks·lots.
        """
        from market.matching.order_book_batch_kernel import clear_batch
        from market.matching.order_book_stream_kernel import room_for

        orders.check_types()
        messages = isinstance(orders, BookOrders)
        kind, target = _kinds(orders)
        most = len(state.number) + len(orders)
        (
            status, price, volume, demand, supply, filled, reason, value, tape, number, account, side, limit, left,
        ) = clear_batch(
            state.number, state.account, state.side, state.price, state.quantity,
            orders.account, orders.side, orders.price, orders.quantity, kind, target,
            np.uint64(stream.key), state.next_number,
            messages, self.replace_own and not messages, self.improve_only, self.clear_at_trade,
            *room_for(most, most, taped=True),
        )  # fmt: skip
        if status == _UNREADABLE:
            orders.validate()
        if status:
            raise OrderError(
                "an order book cannot hold these orders: with those that rest they come to more than 2**61 lots, or "
                "the bids to more than 2**62 ticks·lots; use larger lots or ticks"
            )
        book = Book(number, account, side, limit, left, state.next_number + len(orders))
        return book, ClearingResult(
            price, volume, filled, reason, demand, supply, value=value, trades=_trades(tape)
        )  # fmt: skip

    def end_period(self, state: Book) -> Book:
        """Return the book as it is if it persists, otherwise an empty one."""
        return state if self.persistent else Book.empty(state.next_number)

    def resting(self, state: Book) -> OrderBatch:
        """Return the orders that rest."""
        return state.orders()

    def quotes(self, state: Book) -> tuple[float, float, float]:
        """Return best bid and ask in ticks, and the lots within 5 % of their middle; NaN for a side without one."""
        bid, ask = state.best_bid, state.best_ask
        return (
            float("nan") if bid == NO_PRICE else float(bid),
            float("nan") if ask == NO_PRICE else float(ask),
            float(sum(state.depth(NEAR))),
        )

    def replaced(self, state: Book, orders: OrderBatch) -> Book:
        """Return the book without what a batch will replace, whose locks can be released before the batch is locked."""
        if isinstance(orders, BookOrders) or not self.replace_own:
            return state
        return state.without(orders.account)

    def within(self, state: Book, low: int, high: int) -> Book:
        """Return the book without asks below and bids above two bounds in ticks: what would trade beyond them."""
        return state.at(np.flatnonzero(np.where(state.side == BUY, state.price <= high, state.price >= low)))


def clear_books(
    starts: Ints, messages: BookOrders, improve_only: bool = False, clear_at_trade: bool = False, taped: bool = True
) -> tuple[Ints, Bytes, Ints, Trades, Ints]:
    """Play the messages of many books, say one for each venue, instrument or run, in one compiled call.

    Parameters
    ----------
    starts : (b + 1,) the first message of each book, and the number of messages. Books begin empty.
    messages : of all books; a target is the row of an earlier message of the same book.
    taped : whether single trades are returned.

    Returns
    -------
    filled, reason, value : (n,) as in `ClearingResult`.
    trades : of all books.
    first : (b + 1,) the first trade of each book, and the number of trades.
    """
    from market.matching.order_book_kernel import LEFT, REASON, WORTH
    from market.matching.order_book_stream_kernel import play_books, room_for

    messages.validate()
    n, longest = len(messages), int(np.diff(starts).max(initial=0))
    orders, queue, tape = room_for(n, longest, taped)
    first = play_books(
        starts, messages.account, messages.side, messages.price, messages.quantity, messages.kind, messages.target,
        improve_only, clear_at_trade, orders, queue, tape,
    )  # fmt: skip
    filled = messages.quantity - orders[:, LEFT]
    return filled, orders[:, REASON].astype(np.int8), orders[:, WORTH].copy(), _trades(tape[:, : first[-1]]), first


def _trades(tape: Ints) -> Trades:
    return Trades(tape[0], tape[1], tape[2], tape[3], tape[4].astype(np.int8))


def _kinds(orders: OrderBatch) -> tuple[Bytes, Ints]:
    """Return kinds and targets; nobody reads them where the batch has none."""
    if isinstance(orders, BookOrders):
        orders.check_messages()
        if len(orders) and (orders.kind.min() < 0 or orders.kind.max() > 3):
            orders.validate()
        return orders.kind, orders.target
    return orders.side, orders.account
