"""What rests in an order book, and messages to one."""

from dataclasses import dataclass

import numpy as np

from market.orders import BUY, LARGEST_PRICE, NO_PRICE, SELL, Bytes, Ints, OrderBatch, OrderError

LIMIT, MARKET, CANCEL, REPLACE = range(4)
"""Kinds of message, see `BookOrders`."""


@dataclass(frozen=True, slots=True)
class Book:
    """The orders that rest, in order of arrival; no bid reaches an ask.

    Attributes
    ----------
    number : (m,) int64, rising: how many orders and messages the book had seen when this one came, its place in time.
    account, side, price : (m,) as in `OrderBatch`.
    quantity : (m,) int64 lots left.
    next_number : what the book has seen so far.
    """

    number: Ints
    account: Ints
    side: Bytes
    price: Ints
    quantity: Ints
    next_number: int = 0

    @classmethod
    def empty(cls, next_number: int = 0) -> "Book":
        """Return a book in which nothing rests."""
        nothing = np.empty(0, dtype=np.int64)
        return cls(nothing, nothing, np.empty(0, dtype=np.int8), nothing, nothing, next_number)

    @property
    def best_bid(self) -> int:
        """The highest price bid, in ticks; NO_PRICE if nothing is."""
        return int(self.price[self.side == BUY].max(initial=NO_PRICE))

    @property
    def best_ask(self) -> int:
        """The lowest price asked, in ticks; NO_PRICE if nothing is."""
        asks = self.price[self.side == SELL]
        return int(asks.min()) if asks.size else NO_PRICE

    def depth(self, share: float) -> tuple[int, int]:
        """Return the lots bid and asked within a share of the middle of the quotes (0.01: one per cent).

        Without a quote on both sides there is no middle, and each side is measured from its own best quote.
        """
        bid, ask = self.best_bid, self.best_ask
        low_from = bid if ask == NO_PRICE else (bid + ask) / 2
        high_from = ask if bid == NO_PRICE else (bid + ask) / 2
        bids = (self.side == BUY) & (self.price >= low_from * (1 - share))
        asks = (self.side == SELL) & (self.price <= high_from * (1 + share))
        return int(self.quantity[bids].sum()), int(self.quantity[asks].sum())

    def levels(self, side: int) -> tuple[Ints, Ints]:
        """Return the prices of one side, the best first, and the lots at each."""
        rows = self.side == side
        price, place = np.unique(-side * self.price[rows], return_inverse=True)
        lots = np.zeros(price.shape[0], dtype=np.int64)
        np.add.at(lots, place, self.quantity[rows])
        return -side * price, lots

    def without(self, accounts: Ints) -> "Book":
        """Return the book without the orders of some accounts."""
        return self.at(np.flatnonzero(~np.isin(self.account, accounts)))

    def at(self, rows: Ints) -> "Book":
        """Return the book with the orders at some rows alone; the book itself where these are all."""
        if rows.size == self.account.size:
            return self
        return Book(
            self.number[rows], self.account[rows], self.side[rows], self.price[rows], self.quantity[rows],
            self.next_number,
        )  # fmt: skip

    def orders(self) -> OrderBatch:
        """Return what rests as a batch."""
        return OrderBatch(self.account, self.side, self.price, self.quantity)


@dataclass(slots=True)
class BookOrders(OrderBatch):
    """A stream of messages, which arrive in the order of their rows.

    Attributes
    ----------
    kind : (n,) int8. LIMIT rests for what does not trade at once. MARKET never rests; its price is the worst at which
        it may trade (`market_price` for any). CANCEL withdraws the order ``target`` of the same account; its own side,
        price and quantity mean nothing. REPLACE withdraws it and is a limit order from then on, last in time.
    target : (n,) int64, the ``number`` of the order meant (a book that has seen nothing numbers rows from 0); −1 where
        none is.
    """

    kind: Bytes
    target: Ints

    def take(self, rows: object) -> "BookOrders":
        """Return the messages at some rows; targets stay as they are."""
        index = np.asarray(rows)
        columns = (self.account, self.side, self.price, self.quantity, self.kind, self.target)
        return BookOrders(*(column[index] for column in columns))

    def validate(self) -> None:
        """Raise OrderError with everything that is wrong."""
        OrderBatch.validate(self)
        self.check_messages()
        if len(self) and ((self.kind < LIMIT) | (self.kind > REPLACE)).any():
            raise OrderError("messages cannot be read: kind is none of limit (0), market (1), cancel (2), replace (3)")

    def check_messages(self) -> None:
        """Raise OrderError unless compiled loops can read the kinds and targets."""
        for column, dtype in ((self.kind, np.int8), (self.target, np.int64)):
            if column.dtype != dtype or column.shape != self.account.shape or not column.flags.c_contiguous:
                raise OrderError("messages cannot be read: kind must be int8 and target int64, one of each a message")


def market_price(side: int) -> int:
    """Return the price of a market order that trades at any price."""
    return LARGEST_PRICE if side == BUY else 0
