"""The call auction against a bare histogram: nanoseconds an order of both, and their ratio.

The bare kernel adds quantities to two histograms over the tick range of the orders, runs their cumulative sums and
finds the tick of the largest volume. It checks nothing, rations nothing and fills nobody: what any uniform-price
auction over a tick grid has to do at least.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter_ns

import numpy as np
from numba import njit

from benchmarks.figures import Figure
from market.matching import CallAuction
from market.matching.contract import random_book
from market.orders import OrderBatch
from market.randomness import Streams

TICKS = 2_000
SIZES = (1_000, 10_000, 100_000)
BOUNDS = {1_000: 35.0, 10_000: 10.0, 100_000: 10.0}
RATIOS = {10_000: 3.0}
BOOKS = 16
REPEATS = 15


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


def _nanoseconds(work: Callable[[OrderBatch], object], books: list[OrderBatch]) -> float:
    """Return the median time of one call; books take turns, or the processor would learn one by heart."""
    times = []
    for _ in range(REPEATS):
        for orders in books:
            start = perf_counter_ns()
            work(orders)
            times.append(perf_counter_ns() - start)
    return median(times[len(books) :])


def measure() -> list[Figure]:
    """Return ns an order of the auction and of the bare kernel, and their ratio, for each number of orders."""
    auction, streams, figures = CallAuction(), Streams(1), []
    stream = streams.at("clearing", 0)

    def bare(orders: OrderBatch) -> tuple[int, int]:
        return bare_histogram(orders.side, orders.price, orders.quantity, TICKS)

    for size in SIZES:
        books = [random_book(streams.at("book", i).generator(), size, width=TICKS, largest=1_000) for i in range(BOOKS)]
        for orders in books:
            assert bare(orders)[1] == auction.clear(None, orders, stream)[1].volume
        full = _nanoseconds(lambda orders: auction.clear(None, orders, stream), books) / size
        least = _nanoseconds(bare, books) / size
        name = f"call auction {size:,} orders"
        figures += [
            Figure(name, full, "ns/order", bound=BOUNDS.get(size)),
            Figure(f"{name}, bare", least, "ns/order"),
            Figure(f"{name}, ratio", full / least, "x", "bare histogram", bound=RATIOS.get(size)),
        ]
    return figures


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.name:40s} {figure.value:8.2f} {figure.unit}")
