"""Uniform-price clearing against a step supply, unit by unit: slow and obvious, for tests only."""

import math


def clear(steps, bids, sell_at_most=10_000):
    """Return the price and what each step sells; ``steps`` and ``bids`` are (price, whole quantity), any order of bids.

    Units trade while the next best bid reaches the next cheapest unit. Where the supply is horizontal at the last
    trade the step's price holds; where it is vertical, the lowest accepted bid.
    """
    demand = sorted((price for price, quantity in bids for _ in range(quantity)), reverse=True)
    supply = [
        (price, index)
        for index, (price, quantity) in enumerate(steps)
        for _ in range(int(min(quantity, sell_at_most)) if not math.isinf(quantity) else sell_at_most)
    ]
    traded = 0
    while traded < min(len(demand), len(supply)) and demand[traded] >= supply[traded][0]:
        traded += 1
    sold = [0] * len(steps)
    for _, index in supply[:traded]:
        sold[index] += 1
    if not traded:
        return None, sold
    last = supply[traded - 1][0]
    horizontal = traded < len(supply) and supply[traded][0] == last
    return (last if horizontal else demand[traded - 1]), sold
