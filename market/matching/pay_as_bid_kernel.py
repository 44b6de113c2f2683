"""The compiled pairing of bids and offers, each side in its order of priority."""

import numpy as np
from numba import njit

PARTS = 1_000_000
"""A share is counted in millionths, so that prices are exact integers however large they are."""


@njit(cache=True)
def between(ask, bid, parts):
    """Return the tick at ``parts`` millionths of the way from the ask to the bid, rounded half up."""
    whole, rest = divmod(bid - ask, PARTS)
    return ask + whole * parts + (2 * rest * parts + PARTS) // (2 * PARTS)


@njit(cache=True)
def pair_up(bids, asks, filled, price, parts):
    """Return (bid row, ask row, price, lots) of each pair: the lots of both sides laid side by side in their order."""
    most = bids.shape[0] + asks.shape[0]
    bid_of, ask_of = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    at, lots = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    m = b = a = 0
    bid_left = ask_left = 0
    while b < bids.shape[0] and a < asks.shape[0]:
        if bid_left == 0:
            bid_left = filled[bids[b]]
        if ask_left == 0:
            ask_left = filled[asks[a]]
        traded = min(bid_left, ask_left)
        bid_of[m], ask_of[m], lots[m] = bids[b], asks[a], traded
        at[m] = between(price[asks[a]], price[bids[b]], parts)
        m += 1
        bid_left -= traded
        ask_left -= traded
        b += 1 if bid_left == 0 else 0
        a += 1 if ask_left == 0 else 0
    return bid_of[:m], ask_of[:m], at[:m], lots[:m]


@njit(cache=True)
def worth_of(n, bid_of, ask_of, at, lots):
    """Return (n,) ticks·lots that each order pays or receives."""
    value = np.zeros(n, dtype=np.int64)
    for m in range(lots.shape[0]):
        value[bid_of[m]] += at[m] * lots[m]
        value[ask_of[m]] += at[m] * lots[m]
    return value
