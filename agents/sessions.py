"""Several venues of one instrument in one period: who goes where, in which order, and what goes on to the next."""

import numpy as np
import numpy.typing as npt

from agents.costs import with_costs
from agents.desk import Desk, Quote, Trade
from agents.routing import learn, route
from agents.venues import OpenVenue, Session, hold_session
from market.matching.protocol import NOTHING
from market.orders import OrderBatch
from market.randomness import Streams
from market.registry import Registry

Ints = npt.NDArray[np.int64]


def hold_sessions(
    desk: Desk, orders: OrderBatch, government: OrderBatch, outside: OrderBatch, price: float, last_chance: bool,
    registry: Registry, product: int, streams: Streams, money_per_lot_tick: int, period: int,
    issuer: int | None = None,
) -> list[Session]:  # fmt: skip
    """Return the sessions in the order in which the venues are declared.

    Negotiated venues come first; what they leave untraded goes to an open venue, if there is one. The authority sells
    at the first primary auction, or else where the outside market also trades: at the first open venue.

    Parameters
    ----------
    orders : of accounts; ``government`` and ``outside`` : of the authority and of the outside market.
    price : expected price, money per unit.
    """
    venues = desk.venues
    key = streams.at("venue", period, 0, product).key
    first = [v for v, venue in enumerate(venues) if venue.mechanism.negotiated]
    later = [v for v in range(len(venues)) if v not in first]
    chosen = route(venues, orders, desk.rule, price, last_chance, key)
    primary = next((v for v in later if venues[v].mechanism.primary), None)
    exchange = next((v for v in later if not venues[v].mechanism.primary), (later or first)[0])
    firms = registry.firms
    found: dict[int, Session] = {}

    def hold(v: int, mine: OrderBatch, others: OrderBatch = NOTHING) -> None:
        priced = with_costs(mine, venues[v].rule.cost, desk.rule, price)
        batch = OrderBatch.concatenate([priced, others])
        found[v] = hold_session(
            venues[v], batch, registry, product, streams, money_per_lot_tick, period, issuer, price / desk.rule.tick
        )
        learn(venues[v], found[v], price, desk.rule.tick, firms)

    for v in first:
        hold(v, orders.take(np.flatnonzero(chosen == v)))
    passed = _left_over([found[v] for v in first], orders, chosen, first) if later else NOTHING
    onward = _again(venues, later, passed, desk, price, last_chance, key)
    for v in later:
        mine = [orders.take(np.flatnonzero(chosen == v)), passed.take(np.flatnonzero(onward == v))]
        others = [government] if v == (exchange if primary is None else primary) else []
        if v == exchange:
            others.append(outside)
        hold(v, OrderBatch.concatenate(mine), OrderBatch.concatenate(others))
    return [found[v] for v in range(len(venues))]


def _again(
    venues: list[OpenVenue], later: list[int], orders: OrderBatch, desk: Desk, price: float, last_chance: bool, key: int
) -> Ints:
    """Return the open venue that each order left over goes to, as a position among all venues."""
    if not len(orders):
        return np.zeros(0, dtype=np.int64)
    choice = route([venues[v] for v in later], orders, desk.rule, price, last_chance, key)
    return np.asarray(later, dtype=np.int64)[choice]


def _left_over(sessions: list[Session], orders: OrderBatch, chosen: Ints, first: list[int]) -> OrderBatch:
    """Return what negotiated venues left untraded, at the limits that accounts have before a venue's costs.

    What an account traded is taken off its best orders first.
    """
    mine = orders.take(np.flatnonzero(np.isin(chosen, first)))
    if not len(mine):
        return mine
    left = mine.quantity.copy()
    for side in (1, -1):
        rows = np.flatnonzero(mine.side == side)
        rows = rows[np.lexsort((-side * mine.price[rows], mine.account[rows]))]
        if not rows.size:
            continue
        traded = np.zeros(int(orders.account.max()) + 1, dtype=np.int64)
        for session in sessions:
            here = (session.orders.side == side) & (session.orders.account < traded.size)
            np.add.at(traded, session.orders.account[here], session.filled[here])
        account, lots = mine.account[rows], mine.quantity[rows]
        before = np.cumsum(lots) - lots
        fresh = np.r_[True, account[1:] != account[:-1]]
        before -= np.maximum.accumulate(np.where(fresh, before, 0))
        left[rows] -= np.clip(traded[account] - before, 0, lots)
    keep = np.flatnonzero(left > 0)
    return OrderBatch(mine.account[keep], mine.side[keep], mine.price[keep], left[keep])


def trade_of(front: int, quote: Quote, sessions: list[Session]) -> Trade:
    """Add up what the venues of an instrument did; its price is the mean of open venues where these traded."""
    if len(sessions) == 1:
        one = sessions[0]
        return Trade(front, quote, sessions, one.price, one.volume, one.value, one.net, one.money)
    open_ones = [s for s in sessions if not s.venue.mechanism.negotiated and s.volume]
    priced = open_ones or [s for s in sessions if s.volume]
    price = sum(s.value for s in priced) / sum(s.volume for s in priced) if priced else np.nan
    return Trade(
        front, quote, sessions, price, sum(s.volume for s in sessions), sum(s.value for s in sessions),
        np.sum([s.net for s in sessions], axis=0), np.sum([s.money for s in sessions], axis=0),
    )  # fmt: skip
