"""A whole period of a plain market at once: one instrument that adaptive accounts alone trade, recorded by market only.

What takes many steps elsewhere (`agents.model`) is one compiled call here, of the same compiled steps in the same
order, so the result is the same. Where anything is out of the ordinary nothing is done, and the steps are taken.
"""

from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from agents.operations import NO_GROUPS
from agents.venues import turn_to

if TYPE_CHECKING:
    from agents.model import RightsMarketModel
    from agents.spec import MarketSpec


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents import plain_period_kernel

    return plain_period_kernel


def recorded_by_market(spec: "MarketSpec") -> bool:
    """Return whether a run has one instrument and keeps neither accounts, entries, trades, orders nor quality."""
    kept = spec.record_firms, spec.record_journal, spec.record_quality, spec.record_trades, spec.record_sessions
    return len(spec.keys) == 1 and not any(kept)


class PlainPeriods:
    """The periods of a run in which a plain market may take the short way.

    Parameters
    ----------
    model : of which `recorded_by_market` is true.
    """

    __slots__ = ("_columns", "_desk", "_nothing", "_orders", "_tables", "_traders", "_units")

    def __init__(self, model: "RightsMarketModel") -> None:
        spec, desk, who = model.spec, model.exchange.desks[0], model.exchange.adaptives.traders[0]
        self._traders = None if who is None or who.other[0].size or not model.exchange.adaptives.all else who.straight
        if who is None or self._traders is None:
            return
        self._desk = desk.fixed, desk.rows, desk.whole, desk.activity, NO_GROUPS
        self._orders = who.account, who.side, who.price, who.quantity
        self._units = (
            float(desk.rule.lot), float(desk.rule.tick), spec.money_per_lot_tick[0], 1.0 / spec.periods,
            model.registry.outside,
        )  # fmt: skip
        regulator, adaptives = model.regulator, model.exchange.adaptives
        self._columns = (
            (regulator.debt, model.flow, regulator.entitlement, regulator.issued), adaptives.expected,
            adaptives.weight, model.population.activity, model.technology, model.response, model.years_so_far,
        )  # fmt: skip
        self._nothing = np.zeros(model.registry.accounts, dtype=np.int64)
        self._tables = model.recorder.columns_of_markets

    def run(self, model: "RightsMarketModel") -> bool:
        """Do the present period up to compliance and record its session; return whether it was done."""
        exchange, spec, period = model.exchange, model.spec, model.period
        desk, year = exchange.desks[0], period // spec.periods
        horizon = desk.horizons[period]
        if (
            self._traders is None or horizon is None or year >= spec.years
            or not exchange.plain[0] or not exchange.adaptives.expecting
        ):  # fmt: skip
            return False
        registry, venue = model.registry, desk.venues[0]
        product = registry.product(0, horizon.front)
        if venue.vintage != horizon.front:
            turn_to(venue, horizon.front, int(spec.start_year + horizon.front), desk.rule, registry, product, period)
        bound, expected = exchange.backstop(0), float(exchange.prices[0])
        look = min(horizon.windows, horizon.pending + 1)
        windows = horizon.windows + (desk.present(horizon, period) is not None)
        key = np.uint64(exchange.streams.key("clearing", period, venue.position << 16, product))
        done, clearing, volume = _compiled().plain_period(
            (period, year, venue.number, product, horizon.front, windows, look, horizon.pending,
             float(horizon.weight[0])),
            (bound, expected, desk.last_price or np.nan), self._units, key,
            model.world.expected_rest_of_year(year, horizon.left), self._desk, self._traders, self._orders,
            (registry.balances, registry.locked, registry.cash, registry.cash_locked, registry.credit_limit,
             self._nothing), *self._columns, self._tables,
        )  # fmt: skip
        if not done:
            return False
        if volume:
            expected = clearing * desk.rule.tick
            exchange.operating[0] = exchange.prices[0] = desk.last_price = expected
        desk.learn_bound(expected, bound)
        venue.held = 0
        return True
