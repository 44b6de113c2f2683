"""The orders of a session by price, for demand and supply curves and for books; never more than some hundreds of steps.

What was sent to a venue, at the limits that were shown there, and what rested in its book when the period ended. Where
a side has more prices than are kept, lots go to the next kept price that is worse for who sent them: what was bid at a
kept price or higher, and asked at a kept price or lower, stays exact, and the curve is nowhere wrong by more than the
lots between two kept prices. The best price and those next to the session's own are always kept, and most others stand
where one looks closely: far more is often bid for at prices far away than trades.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.orders import BUY, SELL, Reason

if TYPE_CHECKING:
    from agents.venues import Session

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_STEPS = 200
"""Prices kept for one side of one session."""
CLOSE = 4
"""Half of the kept prices are for this many times the lots that traded."""
REFUSED = np.isin(
    np.arange(max(Reason) + 1),
    [Reason.SELF_TRADE, Reason.REJECTED_NOT_HELD, Reason.REJECTED_NO_CASH, Reason.PRICE_LIMIT, Reason.HALTED,
     Reason.HOLDING_LIMIT, Reason.BELOW_MINIMUM, Reason.BID_LIMIT, Reason.WRONG_SIDE],
)  # fmt: skip
"""Whether lots that did not trade for a reason took no part in the session, by reason."""


@dataclass(frozen=True, slots=True)
class Steps:
    """One side of a session: lots by price, the best price first.

    Attributes
    ----------
    resting : whether these rested in the book at the end; otherwise they are all that was sent.
    side : +1 bids, −1 asks.
    price : (s,) ticks. quantity, refused, filled : (s,) lots: all, those that took no part, those that traded.
    """

    resting: bool
    side: int
    price: Ints
    quantity: Ints
    refused: Ints
    filled: Ints


def steps_of(session: "Session", tick: float) -> list[Steps]:
    """Return what was sent to a session and what rested at its end, a side each; sides without orders are left out."""
    shown = session.orders if session.shown is None else session.shown
    price, mechanism = shown.price, session.venue.mechanism
    if mechanism.primary:  # an offer below the reserve price is raised to it
        reserve = round(getattr(mechanism, "reserve_price", 0.0) / tick)
        price = np.where(shown.side == SELL, np.maximum(price, reserve), price)
    refused = np.where(REFUSED[session.reason], shown.quantity - session.filled, 0)
    found = [(False, shown.side, price, (shown.quantity, refused, session.filled))]
    if session.book is not None:
        book = mechanism.resting(session.book)
        nothing = np.zeros(len(book), dtype=np.int64)
        found.append((True, book.side, book.price, (book.quantity, nothing, nothing)))
    return [
        Steps(resting, side, *stepped(limit[rows], side, [lots[rows] for lots in columns], session.price))
        for resting, sides, limit, columns in found
        for side in (BUY, SELL)
        if (rows := np.flatnonzero(sides == side)).size
    ]


def stepped(
    price: Ints, side: int, columns: list[Ints], keep: float, most: int = MOST_STEPS
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return prices (s,), the best first, and the lots of each column there, with at most ``most`` + 3 prices.

    Parameters
    ----------
    columns : quantity, refused and filled lots of each order.
    keep : price in ticks next to which the curve stays exact; NaN without one.
    """
    limit, place = np.unique(-side * price, return_inverse=True)
    lots = [np.bincount(place, weights=column, minlength=limit.size) for column in columns]
    if limit.size > most:
        part = _parts(np.cumsum(lots[0]), CLOSE * float(lots[2].sum()), most)
        last = np.r_[part[1:] != part[:-1], True]  # a part is told at its worst price
        last[0] = True
        if np.isfinite(keep):
            met = int(np.searchsorted(limit, -side * keep, side="right"))
            last[[max(met - 1, 0), min(met, limit.size - 1)]] = True
        kept = np.flatnonzero(last)
        lots = [np.add.reduceat(column, np.r_[0, kept[:-1] + 1]) for column in lots]
        limit = limit[kept]
    quantity, refused, filled = (np.rint(column).astype(np.int64) for column in lots)
    return -side * limit, quantity, refused, filled


def _parts(total: Floats, close: float, most: int) -> Floats:
    """Return the part (s,) that each price belongs to, by the lots (s,) up to it, the best price first.

    Half of the parts are of equal size up to ``close`` lots, half beyond. Without trade, as in a book, each part makes
    the sum larger by the same share, so that the smallest stand at the best price.
    """
    if not close:
        return np.asarray(np.ceil(np.log(total / total[0]) * (most / np.log(total[-1] / total[0]))))
    half, rest = most // 2, max(total[-1] - close, 1.0)
    return np.where(total <= close, np.ceil(total * (half / close)), half + np.ceil((total - close) * (half / rest)))
