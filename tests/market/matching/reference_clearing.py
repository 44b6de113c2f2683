"""The call auction's rule, slow and obvious: every tick tried, every lot counted."""

from fractions import Fraction

from market.orders import BUY, NO_PRICE
from market.randomness import tie_break


def prices_of(orders):
    """Return (price, volume, demand, supply, first, last) by trying every tick."""
    rows = list(zip(orders.side.tolist(), orders.price.tolist(), orders.quantity.tolist(), strict=True))

    def demand(p):
        return sum(q for s, limit, q in rows if s == BUY and limit >= p)

    def supply(p):
        return sum(q for s, limit, q in rows if s != BUY and limit <= p)

    grid = range(max((limit for _, limit, _ in rows), default=0) + 2)
    volume = max((min(demand(p), supply(p)) for p in grid), default=0)
    if volume == 0:
        return NO_PRICE, 0, 0, 0, NO_PRICE, NO_PRICE
    most = [p for p in grid if min(demand(p), supply(p)) == volume]
    least = min(abs(demand(p) - supply(p)) for p in most)
    left = [p for p in most if abs(demand(p) - supply(p)) == least]
    price = (left[0] + left[-1] + 1) // 2
    return price, volume, demand(price), supply(price), most[0], most[-1]


def fills_of(orders, volume, key):
    """Serve each side from its best limit inwards; share the limit at which lots run out, the rest by hash."""
    filled = [0] * len(orders)
    for side in (BUY, -BUY):
        rows = [i for i in range(len(orders)) if orders.side[i] == side]
        left = volume
        for limit in sorted({int(orders.price[i]) for i in rows}, reverse=side == BUY):
            level = [i for i in rows if orders.price[i] == limit]
            total = sum(int(orders.quantity[i]) for i in level)
            room = min(left, total)
            for i in level:
                filled[i] = int(Fraction(int(orders.quantity[i]) * room, total))
            hashes = tie_break(key, orders.account)
            level.sort(key=lambda i: (-int(hashes[i]), -int(orders.quantity[i]), i))
            spare = room - sum(filled[i] for i in level)
            for i in level[:spare]:
                filled[i] += 1
            left -= room
    return filled
