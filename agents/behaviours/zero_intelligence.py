"""Zero intelligence: orders at uniformly random prices, by which a mechanism is tested without anybody's skill.

An account that is *constrained* (ZI-C) draws its bids up to its own marginal value of a right and its asks from there
on, so that it never trades at a loss; *unconstrained* (ZI-U) it draws from the whole range. What the two earn in the
same mechanism says how much of the gains from trade is the mechanism's doing (Gode and Sunder 1993, J. Political
Economy 101). The marginal value v solves

    D_i(v) = 0,   D_i(p) = obligations + flows up to the front deadline at p − rights in hand and to come

so it is the marginal abatement cost at the present position, discounted to today (`market.net_demand_kernel`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import Behaviour, ZeroIntelligenceRule
from market.orders import BUY, SELL, OrderBatch
from market.randomness import Stream, Streams
from market.registry import Registry

if TYPE_CHECKING:
    from agents.desk import Desk, Quote

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HAIR = 1e-9  # of a tick or lot: what a quotient may miss a whole number by


@dataclass(frozen=True, slots=True)
class ValueView:
    """What zero-intelligence accounts know about one product: rows are the accounts of one behaviour group.

    Attributes
    ----------
    accounts : (r,) account numbers.
    value : (r,) own marginal value of a right, money per unit.
    free : (r,) lots that can be sold.
    need_at : net demand (r,) up to the front deadline, units, at a price (r,) of each account's own.
    backstop : the bound on willingness to pay, money per unit.
    """

    accounts: Ints
    value: Floats
    free: Ints
    need_at: Callable[[Floats], Floats]
    backstop: float
    lot: float
    tick: float


def draws(rule: ZeroIntelligenceRule, stream: Stream, ids: int) -> Floats:
    """Return uniform numbers (ids, orders, 3) for side, price and lots of each order of every id ever issued.

    Rows of an id do not depend on how many ids follow, nor on who else draws.
    """
    return stream.generator().random((ids, rule.orders, 3))


def orders(rule: ZeroIntelligenceRule, view: ValueView, uniform: Floats) -> OrderBatch:
    """Return the random orders of a group.

    Each order is a buy or a sell with equal chance where both are open to the account, at a uniform price in whole
    ticks, over a uniform number of whole lots: constrained, of what its net demand at that price still lacks (rounded
    up, as obligations are) or has to spare (rounded down); unconstrained, of ``largest``. Nobody offers more than it
    holds, over all its orders.

    Parameters
    ----------
    uniform : (r, orders, 3) numbers in [0, 1), from `draws`.
    """
    dearest = floor((view.backstop if rule.highest is None else rule.highest) / view.tick + HAIR)
    cheapest = ceil(rule.lowest / view.tick - HAIR)
    count = view.accounts.size
    most, least = np.full(count, dearest), np.full(count, cheapest)
    if rule.constrained:
        most = np.minimum(dearest, np.floor(view.value / view.tick + HAIR).astype(np.int64))
        least = np.maximum(cheapest, np.ceil(view.value / view.tick - HAIR).astype(np.int64))
    bought, sold = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    batches = []
    for side, height, part in np.moveaxis(uniform, (1, 2), (0, 1)):
        may_buy, may_sell = most >= cheapest, (least <= dearest) & (view.free > sold)
        buys = may_buy & ((side < 0.5) | ~may_sell)
        acts = may_buy | may_sell
        low, high = np.where(buys, cheapest, least), np.where(buys, most, dearest)
        ticks = np.minimum(high, low + np.floor(height * (high - low + 1)).astype(np.int64))
        limit = np.where(buys, rule.largest, np.minimum(rule.largest, view.free - sold))
        if rule.constrained:
            need = view.need_at(ticks * view.tick) / view.lot
            lacking, spare = np.ceil(need - HAIR) - bought, np.floor(HAIR - need) - sold
            limit = np.minimum(limit, np.where(buys, lacking, spare).astype(np.int64))
        lots = np.where(acts, np.minimum(limit, 1 + np.floor(part * limit).astype(np.int64)), 0)
        rows = np.flatnonzero(lots > 0)
        sides = np.where(buys, BUY, SELL).astype(np.int8)
        batches.append(OrderBatch(view.accounts[rows], sides[rows], ticks[rows], lots[rows]))
        bought[rows] += np.where(buys, lots, 0)[rows]
        sold[rows] += np.where(buys, 0, lots)[rows]
    return OrderBatch.concatenate(batches)


def look(desk: "Desk", quote: "Quote", firms: Any, members: Ints, free: Ints) -> ValueView:
    """Return what the accounts ``members`` know at a desk; those that do not take part in its market are left out.

    Parameters
    ----------
    firms : the `market.net_demand_kernel.Firms` of all accounts.
    free : (A,) lots that can be sold.
    """
    from agents.behaviours.zero_intelligence_kernel import front_needs_at, front_values

    rows = np.flatnonzero(np.isin(desk.rows, members))
    value, need = np.empty(desk.rows.size), np.empty(desk.rows.size)
    front_values(quote.backstop, 0.01 * desk.rule.tick, firms, desk.layout, quote.ahead, value)
    prices = value.copy()

    def need_at(price: Floats) -> Floats:
        prices[rows] = price
        front_needs_at(prices, firms, desk.layout, quote.ahead, need)
        return need[rows]

    accounts = desk.rows[rows]
    return ValueView(
        accounts, value[rows], free[accounts], need_at, quote.backstop, desk.rule.lot, desk.rule.tick
    )  # fmt: skip


class RandomTraders:
    """The groups of zero-intelligence accounts of a run."""

    __slots__ = ("groups", "registry", "streams")

    def __init__(self, behaviours: Sequence[Behaviour], group_of: Ints, registry: Registry, streams: Streams) -> None:
        self.registry, self.streams = registry, streams
        self.groups = [
            (rule, np.flatnonzero(group_of == g))
            for g, rule in enumerate(behaviours)
            if isinstance(rule, ZeroIntelligenceRule)
        ]

    def orders(self, desk: "Desk", quote: "Quote", firms: Any, product: int, period: int) -> list[OrderBatch]:
        """Return one batch for each group: what its accounts send to a desk in a period."""
        batches = []
        for rule, members in self.groups:
            view = look(desk, quote, firms, members, self.registry.free(product))
            uniform = draws(rule, self.streams.at("zero intelligence", period, 0, product), self.registry.firms)
            batches.append(orders(rule, view, uniform[view.accounts]))
        return batches
