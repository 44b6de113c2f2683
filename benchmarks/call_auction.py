"""The call auction against a bare histogram: nanoseconds an order of both, and their ratio.

The bare kernel adds quantities to two histograms over the tick range of the orders, runs their cumulative sums and
finds the tick of the largest volume. It checks nothing, rations nothing and fills nobody: what any uniform-price
auction over a tick grid has to do at least.
"""

from statistics import median
from time import perf_counter_ns

import numpy as np
from numba import njit

from market.matching import CallAuction
from market.matching.contract import random_book
from market.randomness import Streams

TICKS = 2_000
SIZES = (1_000, 10_000, 100_000)
REPEATS = 300


@njit
def bare_histogram(side, price, quantity, ticks):
    """Return (price, volume) of the largest volume."""
    bids = np.zeros(ticks + 1, dtype=np.int64)
    asks = np.zeros(ticks + 1, dtype=np.int64)
    for i in range(price.shape[0]):
        if side[i] > 0:
            bids[price[i]] += quantity[i]
        else:
            asks[price[i]] += quantity[i]
    demand, supply, best, volume = bids.sum(), 0, -1, 0
    for p in range(ticks + 1):
        supply += asks[p]
        if min(demand, supply) > volume:
            best, volume = p, min(demand, supply)
        demand -= bids[p]
    return best, volume


def _nanoseconds(work, repeats):
    for _ in range(5):
        work()
    times = []
    for _ in range(repeats):
        start = perf_counter_ns()
        work()
        times.append(perf_counter_ns() - start)
    return median(times)


def measure() -> dict[str, float]:
    """Return ns an order of the auction and of the bare kernel, and the ratio, for each number of orders."""
    auction, stream, found = CallAuction(), Streams(1).at("clearing", 0), {}
    for size in SIZES:
        orders = random_book(Streams(1).at("book", size).generator(), size, width=TICKS, largest=1_000)
        columns = (orders.side, orders.price, orders.quantity)
        _, result = auction.clear(None, orders, stream)
        assert bare_histogram(*columns, TICKS)[1] == result.volume
        repeats = max(30, REPEATS * 1_000 // size)
        full = _nanoseconds(lambda orders=orders: auction.clear(None, orders, stream), repeats) / size
        bare = _nanoseconds(lambda columns=columns: bare_histogram(*columns, TICKS), repeats) / size
        found[f"call auction, {size} orders, ns an order"] = full
        found[f"bare histogram, {size} orders, ns an order"] = bare
        found[f"call auction / bare histogram, {size} orders"] = full / bare
    return found


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:55s} {value:8.2f}")
