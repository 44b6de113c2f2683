"""The rules of primary auctions, slow and obvious: lot by lot, price by price."""

from market.orders import BUY, NO_PRICE
from market.randomness import tie_break
from tests.market.matching.reference_clearing import fills_of


def lots_of(orders, side):
    """Return the limits of one side's lots, best first."""
    limits = []
    for s, limit, quantity in zip(orders.side.tolist(), orders.price.tolist(), orders.quantity.tolist(), strict=True):
        if s == side:
            limits += [limit] * quantity
    return sorted(limits, reverse=side == BUY)


def sealed_bid(orders, key):
    """Return (price, volume, filled): lowest winning bid on vertical supply, the trigger on horizontal supply."""
    bids, asks = lots_of(orders, BUY), lots_of(orders, -BUY)
    volume = 0
    while volume < min(len(bids), len(asks)) and bids[volume] >= asks[volume]:
        volume += 1
    if volume == 0:
        return NO_PRICE, 0, [0] * len(orders)
    lowest_winning = bids[volume - 1]
    horizontal = volume < len(asks) and asks[volume] <= lowest_winning
    return asks[volume] if horizontal else lowest_winning, volume, fills_of(orders, volume, key)


def pairs(orders, filled, key):
    """Return [(buyer, seller, bid, ask)] lot by lot: highest bids to lowest offers, ties by the largest hash."""
    hashes = tie_break(key, orders.account)
    queues = []
    for side in (BUY, -BUY):
        rows = [i for i in range(len(orders)) if orders.side[i] == side]
        rows.sort(key=lambda i: (-side * int(orders.price[i]), -int(hashes[i]), -int(filled[i])))
        queues.append([i for i in rows for _ in range(int(filled[i]))])
    return [
        (int(orders.account[b]), int(orders.account[s]), int(orders.price[b]), int(orders.price[s]))
        for b, s in zip(*queues, strict=True)
    ]


def clock(orders, opening, increment):
    """Return (price, volume, lots of each who stayed or (None) left at the last step) by calling every price."""
    rows = list(zip(orders.side.tolist(), orders.price.tolist(), orders.quantity.tolist(), strict=True))

    def demand(p):
        return sum(q for s, limit, q in rows if s == BUY and limit >= p)

    def supply(p):
        return sum(q for s, limit, q in rows if s != BUY and limit <= p)

    price, before = opening, None
    called = [(price, demand(price) - supply(price))]
    while demand(price) > supply(price):
        before, price = price, price + increment
        called.append((price, demand(price) - supply(price)))
    if before is not None and supply(before) > demand(price):
        return before, supply(before), called
    return (price if demand(price) else NO_PRICE), demand(price), called
