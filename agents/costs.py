"""What trading costs, in orders and in the books: limits that allow for marginal cost, and the cost of what traded.

An account that would pay w for one unit more bids the price p with ``p + marginal(q) = w`` at its q-th unit, and a
seller asks ``p − marginal(q) = w``; with a share s of the value ``p (1 ± s)`` takes the place of p. Fixed costs move no
margin, but nobody trades for less than they come to.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.population import FirmPopulation
from agents.spec import MarketSpec
from market.instruments import Instrument, Venue
from market.matching.bilateral_search import BilateralSearch
from market.orders import BUY, OrderBatch
from market.policies.transaction_cost import SideCost, TransactionCost
from market.registry import Registry

if TYPE_CHECKING:
    from agents.desk import Desk, Quote
    from agents.venues import Session
    from market.net_demand_kernel import Firms

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def with_costs(orders: OrderBatch, cost: TransactionCost | None, rule: Instrument, price: float) -> OrderBatch:
    """Return the orders that accounts send to a venue with such costs; what is not worth its cost is not sent.

    Parameters
    ----------
    price : expected price, money per unit, at which a trade must be worth its fixed cost.
    """
    if cost is None or not len(orders):
        return orders
    limit = orders.price * rule.tick
    lots = np.zeros(orders.price.shape)
    for side, costs in ((1, cost.buyer), (-1, cost.seller)):
        rows = np.flatnonzero(orders.side == side)
        rows = rows[np.lexsort((-side * orders.price[rows], orders.account[rows]))]
        middle, whole = _sizes(orders.account[rows], np.asarray(orders.quantity[rows] * rule.lot, np.float64))
        steep = costs.marginal(middle) if rows.size else middle
        limit[rows] = (limit[rows] - side * steep) / (1.0 + side * costs.share)
        lots[rows] = np.where(whole * price >= costs.fixed, orders.quantity[rows], 0)
    exact = limit / rule.tick
    ticks = np.where(orders.side == BUY, np.floor(exact + 1e-9), np.ceil(exact - 1e-9)).astype(np.int64)
    keep = np.flatnonzero((lots > 0) & (ticks >= 1))
    return OrderBatch(orders.account[keep], orders.side[keep], ticks[keep], orders.quantity[keep])


def _sizes(account: Ints, units: Floats) -> tuple[Floats, Floats]:
    """Return how much an account has bought or sold at the middle of each order, best first, and in all."""
    if not account.size:
        return units, units
    end = np.cumsum(units)
    first = np.r_[True, account[1:] != account[:-1]]
    start = np.maximum.accumulate(np.where(first, end - units, 0.0))
    whole = np.repeat(np.add.reduceat(units, np.flatnonzero(first)), np.diff(np.r_[np.flatnonzero(first), units.size]))
    return end - start - 0.5 * units, whole


def costs_of(net: Ints, money: Floats, cost: TransactionCost | None, lot: float) -> Floats:
    """Return what each account (n,) owes for what it traded net in a session, in money.

    Parameters
    ----------
    net : (n,) lots bought net. money : (n,) money gained.
    """
    if cost is None:
        return np.zeros(net.shape)
    units, value = np.abs(net) * lot, np.abs(money)

    def of(side: SideCost) -> Floats:
        return side.cost(units, value)

    return np.where(net > 0, of(cost.buyer), np.where(net < 0, of(cost.seller), 0.0))


def wedges(desk: "Desk", quote: "Quote", firms: "Firms", periods_left: int) -> Floats | None:
    """Return by how much a right is worth more or less to each participant (r,) than its price, because trade costs.

    Who still buys when a unit costs c more works as if the price were higher by c, who still sells for c less as if it
    were lower by that; in between an account is best off without trade, at the price at which it needs none (read off a
    straight line). None where some venue is free of costs.

    Parameters
    ----------
    periods_left : until the end of the binding window; what is needed is traded in as many parts.
    """
    costs = [venue.rule.cost for venue in desk.venues]
    if None in costs or quote.ahead is None:
        return None
    from market.net_demand_kernel import needs_up_to

    windows, price = quote.window + 1, np.full(desk.rows.size, quote.operating)
    need, dear, cheap = (np.empty(desk.rows.size) for _ in range(3))
    needs_up_to(windows, price, firms, desk.layout, quote.ahead, need)
    part = np.abs(need) / periods_left
    above = np.min([c.buyer.marginal(part, price) for c in costs if c is not None], axis=0)
    below = np.minimum(price, np.min([c.seller.marginal(part, price) for c in costs if c is not None], axis=0))
    needs_up_to(windows, price + above, firms, desk.layout, quote.ahead, dear)
    needs_up_to(windows, price - below, firms, desk.layout, quote.ahead, cheap)
    idle = (dear <= 0.0) & (cheap >= 0.0)
    span = np.maximum(cheap - dear, 1e-300)
    between = -below + (above + below) * np.where(idle, cheap, 0.0) / span
    return np.where(dear > 0.0, above, np.where(cheap < 0.0, -below, between))


class TradingCosts:
    """What accounts pay for trading beside prices, booked: to brokers, venues and their own staff, the outside world.

    Compliers have a fixed cost of their own for each period and instrument in which they trade. ``wedge`` (n, K) is by
    how much rights are worth more to an account than their price, because trade costs; ``any`` whether a venue costs
    anything.
    """

    __slots__ = ("_fixed", "_population", "_registry", "_spec", "_venues", "any", "wedge")

    def __init__(self, spec: MarketSpec, registry: Registry, population: FirmPopulation, group_of: Ints) -> None:
        self._spec, self._registry, self._population = spec, registry, population
        fixed = np.array([getattr(rule, "trade_cost", 0.0) for rule in spec.behaviours])
        self._fixed = fixed[group_of] if fixed.any() else None
        self.wedge = np.zeros((len(spec.population), len(spec.keys)))
        self._venues = self.any = any(charges(venue) for rule in spec.rules for venue in rule.venues)

    def charge(self, net: Ints, sessions: "list[Session]", desk: "Desk", period: int) -> None:
        """Book what trading one instrument cost in a period, no further than cash and credit go.

        Parameters
        ----------
        net : (A,) lots bought net over all venues.
        """
        if self._fixed is not None:
            self._book(np.where(net[: self._fixed.size] != 0, self._fixed, 0.0), period)
        if not self._venues:
            return
        firms = len(self._spec.population)
        for session in sessions:
            money = np.asarray(session.money[:firms] * self._spec.minor_unit, np.float64)
            owed = costs_of(session.net[:firms], money, session.venue.rule.cost, desk.rule.lot)
            if session.charges is not None:
                owed += session.charges[:firms]
            session.fees = self._book(owed, period)

    def _book(self, cost: Floats, period: int) -> float:
        if not cost.any():
            return 0.0
        owed = np.rint(cost / self._spec.minor_unit).astype(np.int64)
        paid = np.minimum(owed, self._registry.spendable()[: owed.size])
        self._population.trading_cost[:] += paid * self._spec.minor_unit
        self._registry.pay_outside(paid, period)
        return float(paid.sum()) * self._spec.minor_unit


def charges(venue: Venue) -> bool:
    """Return whether trading at a venue costs anything beside the price."""
    mechanism = venue.mechanism
    searches = isinstance(mechanism, BilateralSearch) and (mechanism.search_cost > 0 or mechanism.broker_fee > 0)
    return venue.cost is not None or searches
