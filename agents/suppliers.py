"""Who supplies rights besides the accounts: the regulator's offers and an outside market's ladder of orders."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agents.desk import Desk, Horizon
from agents.regulator import Regulator, ticks_of
from agents.unsold import reserve_price_of
from market.instruments import Instrument
from market.matching.posted_price import PostedPrice
from market.matching.protocol import Grid
from market.orders import BUY, SELL, OrderBatch
from market.policies.outside import OutsideMarket

if TYPE_CHECKING:
    from agents.containment import Office
    from agents.expectations import Outlook
    from agents.trading import Exchange
    from agents.venues import OpenVenue

Floats = npt.NDArray[np.float64]

NO_ORDERS = OrderBatch.empty()
NOWHERE = np.empty(0)

STEPS = 41
WIDTH = 0.2  # the ladder spans 20 % to either side of the outside price and of the expected price


def government_orders(
    desk: Desk, horizon: Horizon, regulator: Regulator, account: int, *, auction: bool = True
) -> OrderBatch:
    """Return the regulator's offers: an equal part of the auction's rest, what comes back of it, and the paid share.

    Without ``auction`` the paid share only: containment rules shape the rest.
    """
    k, front = desk.k, horizon.front
    part = sum(regulator.on_auction(k, front, horizon.front_left)) if auction else 0
    sale = int(regulator.for_sale[front, k])
    allocation = desk.rule.allocation
    offers = [(part, allocation.reserve_price), (sale, allocation.base_price)]
    offers = [(lots, price) for lots, price in offers if lots > 0]
    price = np.array([ticks_of(price, desk.rule.tick) for _, price in offers], dtype=np.int64)
    lots = np.array([lots for lots, _ in offers], dtype=np.int64)
    owner = np.full(lots.size, account, dtype=np.int64)
    return OrderBatch(owner, np.full(lots.size, SELL, dtype=np.int8), price, lots)


def post(venue: "OpenVenue", desk: Desk, price: float) -> None:
    """Move a posted price that the scenario leaves to the model to ``price`` (money per unit)."""
    mechanism = venue.mechanism
    if isinstance(mechanism, PostedPrice) and mechanism.price is None:
        venue.state = mechanism.with_price(venue.state, ticks_of(price, desk.rule.tick))


def supply_terms(
    exchange: "Exchange", desk: Desk, horizon: Horizon, regulator: Regulator, outlook: "Outlook"
) -> tuple[tuple[Floats, Floats], Floats]:
    """Return public supply by step and window (S, W), in units, its prices today (S,), and prices without limit (E,).

    A supply behind a price P in window w counts from the price today that grows to P by then. What an authority buys
    without limit at a floor is a supply that is missing below it.
    """
    offered, price = regulator.supply(desk.k, horizon.front, horizon.windows, horizon.front_left)
    office = exchange.offices[desk.k]
    housed = [venue for venue in desk.venues if venue.house is not None]
    if office is None and not housed:
        return (offered, price), NOWHERE
    growth = desk.growth(horizon.left, horizon.weight.size)[0]
    everything = 4.0 * float(exchange.spec.technology.baseline[:, desk.k].sum()) * horizon.windows
    steps: list[tuple[int, float, float]] = []  # window, price then, units
    if office is not None:
        steps += _of_office(office, exchange, horizon, regulator, outlook, offered[0].copy())
        offered[0] = 0.0
    for venue in housed:
        steps += _of_house(venue, exchange, desk, horizon, outlook)
    rows, prices, elastic = np.zeros((len(steps), horizon.windows)), np.zeros(len(steps)), []
    for s, (w, then, units) in enumerate(steps):
        block = w - horizon.pending
        prices[s] = then / growth[block] if 0 < block < growth.size else then
        rows[s, w] = np.clip(units, -everything, everything)
        if w == 0 and abs(units) == np.inf and then > 0.0:
            elastic.append(prices[s])
    return (np.concatenate([offered, rows]), np.concatenate([price, prices])), np.array(elastic)


def _of_office(
    office: "Office", exchange: "Exchange", horizon: Horizon, regulator: Regulator, outlook: "Outlook", base: Floats
) -> list[tuple[int, float, float]]:
    """Return the steps of supply that containment rules make, and of what they keep off the market at a floor."""
    spec, k = exchange.spec, office.k
    back = regulator.coming_back(k, horizon.front, horizon.front_left) * spec.lots[k]
    base[0] = int(regulator.for_auction[horizon.front, k]) * spec.lots[k]  # rules do not act on what comes back
    years = np.minimum(horizon.front + np.arange(horizon.windows), spec.years - 1)
    banks = np.concatenate(([office.bank], outlook.bank[years[:-1], k]))
    left = horizon.front_left / spec.periods
    found = office.expected(base, regulator.cap[years, k], spec.start_year + years, banks, left)
    steps: list[tuple[int, float, float]] = []
    for w, supply in enumerate(found):
        steps += [(w, step.price, step.quantity) for step in supply.steps]
        for bid in supply.bids:
            steps += [(w, 0.0, -bid.quantity), (w, bid.price, bid.quantity)]
    if back:
        steps.append((0, reserve_price_of(found[0].steps), back))
    return steps


def _of_house(
    venue: "OpenVenue", exchange: "Exchange", desk: Desk, horizon: Horizon, outlook: "Outlook"
) -> list[tuple[int, float, float]]:
    """Return the steps of what a venue's house sells and buys at stated prices, this year and in later ones."""
    spec, lot, tick = exchange.spec, desk.rule.lot, desk.rule.tick
    grid, mechanism = Grid(lot, tick), venue.mechanism
    steps: list[tuple[int, float, float]] = []
    for w in range(horizon.windows):
        year = horizon.front + w
        state = venue.state if venue.vintage == year else None
        if state is None:
            state = mechanism.open_year(mechanism.open(grid), grid, int(spec.start_year + year))
        if isinstance(mechanism, PostedPrice) and mechanism.price is None:
            state = mechanism.with_price(state, ticks_of(outlook.announced[min(year, spec.years - 1), desk.k], tick))
        sells, buys = mechanism.standing(state)
        steps += [(w, price * tick, np.inf if lots is None else lots * lot) for price, lots in sells]
        for price, lots in buys:
            units = np.inf if lots is None else lots * lot
            steps += [(w, 0.0, -units), (w, price * tick, units)]
    return steps


def outside_terms(desk: Desk, horizon: Horizon, period: int) -> tuple[Floats, Floats, Floats]:
    """Return the outside market's price and slope by block (B, 2), import and export limits (2,), and shares (W, B).

    The share of block b in window w is the part of a year, of the periods of b that are left, in which the vintage of
    window w is the one traded: imports while last year's deadline is open still serve last year's window.
    """
    blocks = horizon.weight.size
    terms = np.zeros((blocks, 2))
    market = desk.rule.outside
    if market is None:
        return terms, np.zeros(2), np.zeros((horizon.windows, 0))
    year = min(period // desk.spec.periods, desk.spec.years - 1)
    prices = market.prices(desk.spec.calendar_years)
    terms[:, 0] = prices[np.minimum(year + np.arange(blocks), prices.size - 1)]
    terms[:, 1] = market.slope
    return terms, np.array([market.import_limit, market.export_limit]), _shares(desk, horizon, period)


def _shares(desk: Desk, horizon: Horizon, period: int) -> Floats:
    spec, blocks = desk.spec, horizon.weight.size
    vintages = range(horizon.front - 1, horizon.front + horizon.windows)
    turns = np.array([spec.deadline(desk.k, vintage) + 1 if vintage >= 0 else 0 for vintage in vintages])
    turns[0] = max(turns[0], period)
    ends = period + horizon.left + spec.periods * np.arange(blocks)
    if horizon.left == 0:
        ends[:] = turns[-1]  # settlement months
    begins = np.concatenate(([period], ends[:-1]))
    overlap = np.minimum(turns[1:, None], ends) - np.maximum(turns[:-1, None], begins)
    return np.asarray(np.maximum(overlap, 0) / spec.periods)


def outside_orders(desk: Desk, horizon: Horizon, year: int, expected: float, account: int) -> OrderBatch:
    """Return the outside market's orders: it sells above its price and buys below it, a period's part of its depth."""
    market = desk.rule.outside
    if market is None:
        return NO_ORDERS
    centre = float(market.prices(desk.spec.calendar_years)[min(year, desk.spec.years - 1)])
    grid = _grid((centre, max(expected, desk.rule.tick)), desk.rule.tick)
    growth = desk.growth(horizon.left, horizon.weight.size)[0, 0]
    lots = np.rint(_net_import(grid * desk.rule.tick * growth, centre, market) / desk.spec.periods / desk.rule.lot)
    offered, wanted = np.maximum(lots, 0).astype(np.int64), np.maximum(-lots, 0).astype(np.int64)
    sell = np.diff(offered, prepend=0)
    buy = wanted - np.append(wanted[1:], 0)
    side = np.where(sell > 0, SELL, BUY).astype(np.int8)
    quantity = np.where(sell > 0, sell, buy)
    keep = quantity > 0
    return OrderBatch(np.full(int(keep.sum()), account, dtype=np.int64), side[keep], grid[keep], quantity[keep])


def expected_supply(orders: OrderBatch, price: float, rule: Instrument) -> float:
    """Return the net supply of orders at a price, in units."""
    sells = orders.quantity[(orders.side == SELL) & (orders.price * rule.tick <= price)].sum()
    buys = orders.quantity[(orders.side == BUY) & (orders.price * rule.tick >= price)].sum()
    return float(sells - buys) * rule.lot


def _grid(centres: tuple[float, ...], tick: float) -> npt.NDArray[np.int64]:
    spread = np.linspace(1 - WIDTH, 1 + WIDTH, STEPS)
    grid = np.unique(np.concatenate([np.rint(spread * centre / tick) for centre in centres]).astype(np.int64))
    return grid[grid > 0]


def _net_import(price: Floats, centre: float, market: OutsideMarket) -> Floats:
    """Return the net import a year at each price (see `market.net_demand_kernel.outside_supply`)."""
    if market.slope <= 0.0:
        return np.where(price > centre, market.import_limit, np.where(price < centre, -market.export_limit, 0.0))
    return np.clip((price - centre) / market.slope, -market.export_limit, market.import_limit)
