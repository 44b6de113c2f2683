"""Pay-as-bid pricing: who trades is settled, and each pair of a bid and an offer gets a price of its own.

The highest bids are laid against the lowest offers, lot by lot, as in the United States' auctions of sulphur dioxide
allowances (Cason and Plott 1996). A pair trades at

    ask + share · (bid − ask), rounded half up to the tick:

with a share of 1 every buyer pays its own bid and the seller it meets receives it; with 1/2 both gain alike.
"""

from dataclasses import replace

import numpy as np

from market.orders import BUY, SELL, ClearingResult, Ints, OrderBatch, OrderError, Trades
from market.randomness import Stream, tie_break

MOST_VALUE = float(1 << 62)


def paid_as_bid(orders: OrderBatch, result: ClearingResult, share: float, stream: Stream) -> ClearingResult:
    """Return the result with the same fills, a price for each pair, and the mean price in place of the uniform one.

    Parameters
    ----------
    orders : n orders.
    result : whose lots trade; every filled bid is at least every filled offer, and no account is on both sides.
    share : 0 ... 1, how far the price of a pair lies from the offer to the bid, counted in millionths.
    stream : breaks ties among equal limits: who comes first meets the other side's best.

    Raises
    ------
    OrderError
        Where all lots together are worth more than 2**62 ticks·lots.
    """
    from market.matching.pay_as_bid_kernel import PARTS, pair_up, worth_of

    if not result.volume:
        return replace(result, value=np.zeros(len(orders), dtype=np.int64), trades=Trades.empty())
    bids, asks = (_by_priority(orders, result.filled, side, stream.key) for side in (BUY, SELL))
    bid_of, ask_of, price, lots = pair_up(bids, asks, result.filled, orders.price, round(share * PARTS))
    if float(price.astype(np.float64) @ lots.astype(np.float64)) > MOST_VALUE:
        raise OrderError("all lots that trade are worth more than 2**62 ticks·lots together; use a coarser tick or lot")
    value = worth_of(len(orders), bid_of, ask_of, price, lots)
    total = int((price * lots).sum())
    mean = (2 * total + result.volume) // (2 * result.volume)
    account = orders.account
    trades = Trades(account[bid_of], account[ask_of], price, lots, np.zeros(len(lots), dtype=np.int8))
    return replace(result, price=mean, value=value, trades=trades)


def _by_priority(orders: OrderBatch, filled: Ints, side: int, key: int) -> Ints:
    """Return the rows of one side that trade, best limit first, then the largest hash, then the most lots."""
    rows = np.flatnonzero((orders.side == side) & (filled > 0))
    ranks = ~tie_break(key, orders.account[rows])
    return rows[np.lexsort((-orders.quantity[rows], -filled[rows], ranks, -side * orders.price[rows]))]
