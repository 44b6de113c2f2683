"""How accounts place their orders at a venue: when they come, and how much of their limits they show.

Where all trade at one price that a single limit hardly moves, accounts send their limits as they are. Where an order
may trade at its own limit (order book, listing, bargain, pay-as-bid) they do not: with the price p that they expect a
buyer shows ``min(limit, p (1 + m))`` and a seller ``max(limit, p (1 − m))``, with a margin m that grows from visit to
visit. Over the rounds of a session each account comes four times, at times that a hash gives it, and in the last
round: in an order book with what is left, at its true limit, for immediate trade only. Where a price limit is in force
a buyer who would pay more bids at its edge, and a seller who would take less asks there. A block is one order of all
that an account would trade at the expected price.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.matching.block_agreement import BlockAgreement
from market.matching.order_book import OrderBook
from market.matching.order_book_state import MARKET, BookOrders
from market.orders import BUY, HOUSE, ClearingResult, OrderBatch
from market.randomness import tie_break

if TYPE_CHECKING:
    from agents.venues import OpenVenue, Session

Ints = npt.NDArray[np.int64]

MARGINS = (0.01, 0.02, 0.05, 0.10)
NEGOTIATED = 0.10
OUTSIDE = 2
"""How many accounts after the firms' the outside market's is: it shows its whole ladder at once."""
ONE_VISIT = 1
"""The visit whose margin applies where there is only one."""


def placed(venue: "OpenVenue", orders: OrderBatch, price: int, visit: int, firms: int) -> OrderBatch:
    """Return the orders as accounts and the authority show them at a visit; the outside market's stay as they are.

    Parameters
    ----------
    price : expected price in ticks.
    """
    shaded = venue.mechanism.own_limit_counts
    if not len(orders):
        return orders
    if shaded:
        limit, own = orders.price, orders.account != firms + OUTSIDE
        buys = orders.side == BUY
        margin = NEGOTIATED if venue.mechanism.negotiated else MARGINS[visit]
        most, least = max(price + 1, int(price * (1 + margin))), max(1, min(price - 1, int(price * (1 - margin))))
        limit = np.where(own, np.where(buys, np.minimum(limit, most), np.maximum(limit, least)), limit)
        orders = OrderBatch(orders.account, orders.side, limit, orders.quantity)
    return within_limits(venue, orders, firms)


def within_limits(venue: "OpenVenue", orders: OrderBatch, firms: int) -> OrderBatch:
    """Return the orders with those that would pay more, or take less, than a price limit lets through at its edge."""
    low, high = _edges(venue)
    if low is None or high is None:
        return orders
    limit, own, buys = orders.price, orders.account != firms + OUTSIDE, orders.side == BUY
    venue.held += int(np.count_nonzero((orders.account < firms) & np.where(buys, limit > high, limit < low)))
    limit = np.where(own, np.where(buys, np.minimum(limit, high), np.maximum(limit, low)), limit)
    return OrderBatch(orders.account, orders.side, limit, orders.quantity)


def one_block_each(rows: Ints, orders: OrderBatch, price: int, firms: int) -> tuple[Ints, OrderBatch]:
    """Return for each account and side one order of all lots with limits at the price or better, at the worst of them.

    ``rows`` are those of the orders; the ones returned are of an account's best order each.
    """
    meant = np.flatnonzero((orders.account < firms) & ((orders.price - price) * orders.side >= 0))
    if not meant.size:
        return rows[:0], orders.take(np.zeros(0, dtype=np.int64))
    side, account, limit = orders.side[meant], orders.account[meant], orders.price[meant]
    order = np.lexsort((-side * limit, side, account))
    meant, side, account, limit = meant[order], side[order], account[order], limit[order]
    first = np.flatnonzero(np.r_[True, (account[1:] != account[:-1]) | (side[1:] != side[:-1])])
    last = np.r_[first[1:], meant.size] - 1
    lots = np.add.reduceat(orders.quantity[meant], first)
    return rows[meant[first]], OrderBatch(account[first], side[first], limit[last], lots)


def _edges(venue: "OpenVenue") -> tuple[int | None, int | None]:
    """Return the lowest and highest price that a price limit lets through, None without one."""
    band = venue.mechanism.band(venue.state)
    ruled = venue.guard.band() if venue.guard is not None else None
    if ruled is not None:
        band = ruled if band is None else (max(ruled[0], band[0]), min(ruled[1], band[1]))
    return band if band is not None else (None, None)


class Visits:
    """Who comes to a session of several rounds when, and with what.

    Parameters
    ----------
    orders : what accounts want, at their true limits. The authority and the outside market come in a first round of
        their own and stay, so that nobody trades beyond a ceiling or a floor that they hold.
    key : of the stream of arrivals.
    """

    __slots__ = (
        "_before",
        "_begin",
        "_last",
        "_orders",
        "_others",
        "_phase",
        "_spacing",
        "_traded",
        "firms",
        "rounds",
        "venue",
    )

    def __init__(self, venue: "OpenVenue", orders: OrderBatch, rounds: int, key: int, firms: int) -> None:
        self.venue, self.rounds, self.firms = venue, rounds, firms
        self._orders = orders
        self._others = orders.account >= firms
        self._begin = int(self._others.any())
        self._spacing = max(1, (rounds - 1) // len(MARGINS))
        self._phase = (tie_break(key, orders.account) % np.uint64(self._spacing)).astype(np.int64)
        self._last = isinstance(venue.mechanism, OrderBook)
        self._before = np.zeros(len(orders), dtype=np.int64)
        top = int(orders.account.max(initial=0)) + 2  # the last one is for the house
        self._traded = np.zeros((2, top), dtype=np.int64)
        for side in (1, -1):
            rows = np.flatnonzero(orders.side == side)
            rows = rows[np.lexsort((-side * orders.price[rows], orders.account[rows]))]
            if rows.size:
                account, lots = orders.account[rows], orders.quantity[rows]
                ahead = np.cumsum(lots) - lots
                first = np.r_[True, account[1:] != account[:-1]]
                self._before[rows] = ahead - np.maximum.accumulate(np.where(first, ahead, 0))

    def left(self) -> Ints:
        """Return the lots (n,) of each order that are still to be traded: an account's best orders trade first."""
        orders = self._orders
        done = self._traded[(orders.side != BUY).astype(np.int64), orders.account]
        return np.asarray(orders.quantity - np.clip(done - self._before, 0, orders.quantity))

    def at(self, turn: int, session: "Session", price: int) -> tuple[Ints, OrderBatch]:
        """Return the rows of those who come in a round and the orders that they send."""
        orders, left = self._orders, self.left()
        if session.volume:
            price = max(1, round(session.last))  # what was last paid is the newest news of the price
        final = turn == self.rounds - 1
        turns = turn - self._begin  # before accounts come, the authority and the outside market stand there
        visit = min(max(0, turns) // self._spacing, len(MARGINS) - 1)
        comes = np.full(len(orders), final) if final else (self._phase == turns % self._spacing) & (turns >= 0)
        comes = np.where(self._others, turn == 0, comes) & (left > 0)
        rows = np.flatnonzero(comes)
        batch = OrderBatch(orders.account[rows], orders.side[rows], orders.price[rows], left[rows])
        if isinstance(self.venue.mechanism, BlockAgreement):
            rows, batch = one_block_each(rows, batch, price, self.firms)
        if final and self._last and turn:
            batch = within_limits(self.venue, batch, self.firms)
            nothing = np.full(rows.size, -1, dtype=np.int64)
            kind = np.full(rows.size, MARKET, dtype=np.int8)
            return rows, BookOrders(batch.account, batch.side, batch.price, batch.quantity, kind, nothing)
        return rows, placed(self.venue, batch, price, visit, self.firms)

    def traded(self, session: "Session", result: ClearingResult, batch: OrderBatch) -> None:  # noqa: ARG002
        """Take note of what traded in a round."""
        if result.trades is not None:
            for row, account in ((0, result.trades.buyer), (1, result.trades.seller)):
                mine = (account != HOUSE) & (account < self._traded.shape[1])
                np.add.at(self._traded[row], account[mine], result.trades.lots[mine])
            return
        for row, side in ((0, 1), (1, -1)):
            mine = batch.side == side
            np.add.at(self._traded[row], batch.account[mine], result.filled[mine])
