"""Trading rules at work: daily price limits, halts and holding limits, applied where orders reach a venue.

Each venue of an instrument with such rules has a guard. In every round it turns orders away (or holds them at the edge
of the band) before what is on offer is locked, and it watches the closes of rounds. Price limits are stated for a
trading day: a venue that clears less often compounds the band over the days in between.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from market.instruments import Instrument
from market.orders import LARGEST_PRICE, NO_PRICE, Bytes, OrderBatch, Reason
from market.policies.containment import Halt, HaltState, HoldingLimit, PriceLimit, trading_rules
from market.registry import Registry

Ints = npt.NDArray[np.int64]

TRADING_DAYS = 242
"""Trading days a year of China's exchanges, on average."""


@dataclass(slots=True)
class Guard:
    """The trading rules of one venue while a run goes on.

    Attributes
    ----------
    days : trading days between two clearings.
    close : last close in ticks, NO_PRICE before the first. halts : state of each halt rule. rounds : rounds so far.
    hits : orders that a price limit turned away or held, this period. halted : rounds without trade, this period.
    """

    rules: tuple[Any, ...]
    lot: float
    days: int
    close: int = NO_PRICE
    halts: dict[int, HaltState] = field(default_factory=dict)
    rounds: int = 0
    hits: int = 0
    halted: int = 0

    def start_period(self) -> None:
        """Begin to count anew."""
        self.hits = self.halted = 0

    def admit(self, orders: OrderBatch, registry: Registry, product: int) -> tuple[OrderBatch, Ints, Bytes]:
        """Return the orders that go on, their rows in the batch, and a reason for every order given."""
        reason = np.zeros(len(orders), dtype=np.int8)
        price, quantity = orders.price, orders.quantity
        for index, rule in enumerate(self.rules):
            if isinstance(rule, Halt) and self.halts.get(index, HaltState()).halted(self.rounds):
                reason[:] = Reason.HALTED
                self.halted += 1
            elif isinstance(rule, PriceLimit):
                low, high = rule.bounds(self.close, self.days)
                found = rule.apply(orders.side, price, low, min(high, LARGEST_PRICE))
                self.hits += int(np.count_nonzero(~found.accepted | found.held))
                reason[~found.accepted] = Reason.PRICE_LIMIT
                price = found.price
            elif isinstance(rule, HoldingLimit):
                held = registry.balances[product]
                most = rule.limit(int(held.sum()), self.lot)
                free = np.where(orders.account >= registry.firms, orders.quantity, 0)
                allowed = rule.allowed(orders.account, orders.side, price, quantity, held, most)
                quantity = np.maximum(allowed, free)
                reason[(quantity == 0) & (reason == 0)] = Reason.HOLDING_LIMIT
        rows = np.flatnonzero(reason == Reason.FILLED)
        return replace(orders.take(rows), price=price[rows], quantity=quantity[rows]), rows, reason

    def band(self) -> tuple[int, int] | None:
        """Return the lowest and highest price in ticks that price limits let through; None without any or a close."""
        found = [rule.bounds(self.close, self.days) for rule in self.rules if isinstance(rule, PriceLimit)]
        if self.close == NO_PRICE or not found:
            return None
        return max(low for low, _ in found), min(high for _, high in found)

    def observe(self, close: int) -> None:
        """Take note of the close of a round, NO_PRICE where nothing traded."""
        for index, rule in enumerate(self.rules):
            if isinstance(rule, Halt):
                self.halts[index] = rule.observe(self.halts.get(index, HaltState()), self.rounds, close)
        self.rounds += 1
        if close != NO_PRICE:
            self.close = close


def guard_of(rule: Instrument, rounds: int, periods: int) -> Guard | None:
    """Return the guard of a venue with ``rounds`` in each of ``periods`` periods a year; None without rules."""
    rules = trading_rules(rule.containment)
    if not rules:
        return None
    return Guard(rules, rule.lot, max(1, round(TRADING_DAYS / periods / rounds)))
