"""Who supplies rights besides the accounts: the regulator's offers and an outside market's ladder of orders."""

import numpy as np
import numpy.typing as npt

from agents.desk import Desk, Horizon
from agents.regulator import Regulator, part_of_auction, ticks_of
from market.instruments import Instrument
from market.orders import BUY, SELL, OrderBatch
from market.policies.outside import OutsideMarket

Floats = npt.NDArray[np.float64]

NO_ORDERS = OrderBatch.empty()
STEPS = 41
WIDTH = 0.2  # the ladder spans 20 % to either side of the outside price and of the expected price


def government_orders(desk: Desk, horizon: Horizon, regulator: Regulator, account: int) -> OrderBatch:
    """Return the regulator's offers: an equal part of what is left of the auction, and the paid share."""
    k, front = desk.k, horizon.front
    auction = part_of_auction(int(regulator.for_auction[front, k]), horizon.front_left)
    sale = int(regulator.for_sale[front, k])
    allocation = desk.rule.allocation
    offers = [(auction, allocation.reserve_price), (sale, allocation.base_price)]
    offers = [(lots, price) for lots, price in offers if lots > 0]
    price = np.array([ticks_of(price, desk.rule.tick) for _, price in offers], dtype=np.int64)
    lots = np.array([lots for lots, _ in offers], dtype=np.int64)
    owner = np.full(lots.size, account, dtype=np.int64)
    return OrderBatch(owner, np.full(lots.size, SELL, dtype=np.int8), price, lots)


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
