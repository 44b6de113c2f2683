"""The order book's rules, slow and obvious: a list of what rests, looked through from end to end for every message."""

from dataclasses import dataclass
from fractions import Fraction

from market.matching.order_book_state import CANCEL, MARKET, REPLACE
from market.orders import BUY, NO_PRICE, Reason
from market.randomness import tie_break


@dataclass
class Order:
    """An order or message, and what became of it."""

    number: int
    account: int
    side: int
    price: int
    left: int
    worth: int = 0
    reason: Reason = Reason.RESTING


class ReferenceBook:
    """Everything that rests, in order of arrival, and every trade as (buyer, seller, price, lots, aggressor)."""

    def __init__(self, improve_only=False, clear_at_trade=False):
        self.improve_only, self.clear_at_trade = improve_only, clear_at_trade
        self.resting = []
        self.trades = []
        self.seen = 0

    def quotes(self, side):
        return [order for order in self.resting if order.side == side]

    def best(self, side):
        """The best price of one side, and of those who quote it the one that came first."""
        return min(self.quotes(side), key=lambda order: (-side * order.price, order.number), default=None)

    def remove(self, order, reason):
        self.resting.remove(order)
        order.reason = reason

    def submit(self, account, side, price, lots, kind=0, target=-1):
        order = Order(self.seen, account, side, price, lots)
        self.seen += 1
        if kind in (CANCEL, REPLACE):
            mine = [o for o in self.resting if o.number == target and o.account == account]
            if not mine:
                order.reason = Reason.UNKNOWN_ORDER
                return order
            self.remove(mine[0], Reason.CANCELLED)
            if kind == CANCEL:
                order.reason = Reason.CANCELLED
                return order
        self.match(order)
        if order.left == 0:
            order.reason = Reason.FILLED
        elif order.reason == Reason.RESTING:
            own = self.best(side)
            if kind == MARKET:
                order.reason = Reason.NO_COUNTERPARTY
            elif self.improve_only and own is not None and (price - own.price) * side <= 0:
                order.reason = Reason.OUTSIDE_PRICE
            else:
                self.resting.append(order)
        return order

    def match(self, order):
        while order.left:
            other = self.best(-order.side)
            if other is None or (order.price - other.price) * order.side < 0:
                return
            if other.account == order.account:
                order.reason = Reason.SELF_TRADE
                return
            lots = min(order.left, other.left)
            for one in (order, other):
                one.left -= lots
                one.worth += lots * other.price
            buyer, seller = (order, other) if order.side == BUY else (other, order)
            self.trades.append((buyer.account, seller.account, other.price, lots, order.side))
            if other.left == 0:
                self.remove(other, Reason.FILLED)
            if self.clear_at_trade:
                for one in list(self.resting):
                    self.remove(one, Reason.CANCELLED)
                order.reason = Reason.CANCELLED
                return

    def withdraw(self, accounts):
        self.resting = [order for order in self.resting if order.account not in accounts]


def arrival_order(orders, key):
    """Accounts by the largest hash, of each the side that a bit of the hash picks, best price first, then more lots."""
    hashes = [int(h) for h in tie_break(key, orders.account)]

    def place(row):
        first = BUY if hashes[row] % 2 == 0 else -BUY
        side = int(orders.side[row])
        return -hashes[row], side != first, -side * int(orders.price[row]), -int(orders.quantity[row])

    return sorted(range(len(orders)), key=place)


def mean_price(trades):
    """The volume-weighted mean price, halves up."""
    volume = sum(lots for _, _, _, lots, _ in trades)
    if not volume:
        return NO_PRICE
    mean = Fraction(sum(lots * price for _, _, price, lots, _ in trades), volume)
    return int(mean + Fraction(1, 2))
