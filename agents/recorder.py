"""The recorder: arrays of known size filled while the model runs; tables are made from them afterwards.

It reads the model and never changes it, so a run is the same with and without it.
"""

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agents.market_quality import QUALITY, open_price, quality
from agents.session_orders import Steps, steps_of
from agents.spec import MarketSpec

if TYPE_CHECKING:
    from agents.desk import Trade
    from agents.model import RightsMarketModel
    from agents.regulator import Regulator
    from market.compliance import Settlement
    from market.orders import Trades

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MARKET = ("price", "close", "indicative", "volume", "turnover", "bids", "asks", "traders", "backstop")
# The last of STATE comes from trade, the others from `agents.recorder_kernel.record_state`.
STATE = ("cap", "issued", "held", "bank", "reserve", "surrendered", "cancelled", "expired", "flow", "baseline",
         "obligation", "outside_net_import")  # fmt: skip
DEADLINE = ("obligation", "surrendered", "shortfall", "penalty", "accounts", "accounts_short", "expired", "carried")


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents import recorder_kernel

    return recorder_kernel


class Recorder:
    """What a run leaves behind.

    Attributes
    ----------
    market, state : one float array (P, K) per name of MARKET and STATE.
    vintage : (P, K) index of the compliance year that was traded, −1 where the market was closed.
    venues : one float array (P, V) per name of MARKET and QUALITY, by venue (all instruments' venues numbered through).
    session_vintage : (P, V) compliance year that a venue traded, −1 where it held no session.
    tape : period, venue, round and single trades, where these are recorded and a mechanism trades one by one.
    sessions : period, venue and orders by price of each side, where these are recorded.
    deadlines : one float array (T, K) per name of DEADLINE.
    flow, baseline : (T, K) by compliance year.
    cost, trading_cost, penalty : (T,) money.
    firms : by name, arrays (T, n) and (T, n, K); empty unless accounts are recorded.
    measure_level, measure_room : (T, n, M) unless accounts are not recorded; levels and limits a year.
    """

    def __init__(self, spec: MarketSpec, regulator: "Regulator") -> None:
        periods, years, instruments = spec.total_periods, spec.years, len(spec.keys)
        self._spec = spec
        self._regulator = regulator
        self._market_table = np.full((len(MARKET), periods, instruments), np.nan)
        self._state_table = np.full((len(STATE), periods, instruments), np.nan)
        self.market = dict(zip(MARKET, self._market_table, strict=True))
        self.state = dict(zip(STATE, self._state_table, strict=True))
        self.vintage = np.full((periods, instruments), -1, dtype=np.int64)
        venues = sum(len(rule.venues) for rule in spec.rules)
        figures = (*MARKET, *QUALITY) if spec.record_quality else MARKET
        self._venue_table = np.full((len(figures), periods, venues), np.nan)
        self.venues = dict(zip(figures, self._venue_table, strict=True))
        self.session_vintage = np.full((periods, venues), -1, dtype=np.int64)
        self.tape: list[tuple[int, int, int, Trades]] = []
        self.sessions: list[tuple[int, int, Steps]] = []
        self._deadline_table = np.zeros((len(DEADLINE), years, instruments))
        self.deadlines = dict(zip(DEADLINE, self._deadline_table, strict=True))
        self.flow = np.zeros((years, instruments))
        self.baseline = np.zeros((years, instruments))
        self.cost, self.trading_cost, self.penalty = np.zeros(years), np.zeros(years), np.zeros(years)
        n, measures = len(spec.population), spec.technology.measures
        self._columns: tuple[Any, ...] = ()  # what is added up each period
        self.firms: dict[str, Any] = {}
        self._full = np.zeros(instruments)  # yearly flows at the present activity without measures
        self._deadline = np.array([[spec.deadline(k, year) for year in range(years)] for k in range(instruments)])
        self._earns = np.array([rule.allocation.kind == "output_benchmark" for rule in spec.rules])
        self._net = np.zeros((n, instruments), dtype=np.int64)
        self._paid = np.zeros((n, instruments))
        if spec.record_firms:
            for name in ("activity", "output_cut", "abatement_cost", "trading_cost", "penalty"):
                self.firms[name] = np.zeros((years, n))
            for name in ("flow", "baseline", "allocated", "net_purchase", "payment", "shortfall"):
                self.firms[name] = np.zeros((years, n, instruments))
            self.measure_level = np.zeros((years, n, measures))
            self.measure_scale = np.zeros((years, n))

    @property
    def columns_of_markets(self) -> tuple[Floats, Floats, Floats, Ints, Ints]:
        """What is kept of sessions, as compiled code takes it: by venue, by market, of states; and the vintages."""
        return self._venue_table, self._market_table, self._state_table, self.session_vintage, self.vintage

    def period(self, model: "RightsMarketModel", trades: "Sequence[Trade | None]") -> None:
        """Record one period; called once, at its end."""
        t, year = model.period, min(model.year, self._spec.years - 1)
        if model.activity_moved:
            self._full = model.population.activity @ self._spec.technology.baseline
        for k, trade in enumerate(trades):
            if trade is not None:
                self._market(t, k, trade, model)
        self._state(t, year, model)
        if self.firms and model.year < self._spec.years:
            self._operation(year, model)
        if t % self._spec.periods == self._spec.periods - 1 or t == self._spec.total_periods - 1:
            self._flush(year, model)

    def _market(self, t: int, k: int, trade: "Trade", model: "RightsMarketModel") -> None:
        spec, rule = self._spec, self._spec.rules[k]
        lot, tick, single = rule.lot, rule.tick, len(trade.sessions) == 1
        elsewhere = open_price(trade.sessions) if spec.record_quality else np.nan
        close, bids, asks = model.exchange.desks[k].last_price or np.nan, 0, 0
        for session in trade.sessions:
            v = session.venue.number
            last = session.last * tick if session.volume else self.venues["close"][t - 1, v] if t else np.nan
            rest = (
                trade.quote.price, session.volume * lot, session.value * (lot * tick), trade.quote.backstop, lot,
                session.orders.side, session.orders.quantity, session.net,
            )  # fmt: skip
            if single:
                _compiled().record_single(
                    self._venue_table, self._market_table, t, v, k, session.price * tick, last, close, *rest
                )
            else:
                bought, sold, _ = _compiled().record_session(self._venue_table, t, v, session.price * tick, last, *rest)
                bids, asks = bids + bought, asks + sold
            self.session_vintage[t, v] = trade.vintage
            if spec.record_quality:
                figures = quality(session, rule, spec.minor_unit, model.registry, elsewhere)
                self._venue_table[len(MARKET) :, t, v] = figures
            if spec.record_trades:
                self.tape += [(t, v, turn, trades) for turn, trades in session.trades]
            if spec.record_sessions:
                self.sessions += [(t, v, steps) for steps in steps_of(session, tick)]
        if not single:
            _compiled().record_market(
                self._market_table, t, k, trade.price * tick, close, trade.quote.price, trade.volume * lot,
                trade.value * (lot * tick), trade.quote.backstop, bids * lot, asks * lot,
                int(np.count_nonzero(trade.net)),
            )  # fmt: skip
        self.vintage[t, k] = trade.vintage
        self.state["outside_net_import"][t, k] = -trade.net[model.registry.outside] * rule.lot
        if trade.volume and self.firms:
            self._net[:, k] += trade.net[: len(spec.population)]
            self._paid[:, k] -= trade.money[: len(spec.population)] * spec.minor_unit

    def _state(self, t: int, year: int, model: "RightsMarketModel") -> None:
        if not self._columns:
            spec, registry, regulator = self._spec, model.registry, self._regulator
            self._columns = (
                spec.periods, self._deadline, self._earns, regulator.cap, registry.balances, registry.firms,
                registry.reserve, registry.totals, regulator.debt, model.flow, regulator.entitlement, regulator.issued,
                model.period_flow, model.population.operating_cost, self.flow, self.cost, self.baseline,
            )  # fmt: skip
        working = model.year < self._spec.years
        _compiled().record_state(self._state_table, t, year, working, self._spec.lots, self._full, *self._columns)

    def _operation(self, year: int, model: "RightsMarketModel") -> None:
        population, part = model.population, 1.0 / self._spec.periods
        scale = part * population.activity * (1.0 - population.output_cut)
        self.firms["activity"][year] += part * population.activity
        self.firms["output_cut"][year] += part * population.activity * population.output_cut
        self.firms["abatement_cost"][year] += population.operating_cost
        self.measure_level[year] += scale[:, None] * model.levels
        self.measure_scale[year] += scale

    def _flush(self, year: int, model: "RightsMarketModel") -> None:
        """Book what accounts did since the last year's end; settlement months count for the last year."""
        population = model.population
        self.trading_cost[year] += population.trading_cost.sum()
        if self.firms:
            firms = self.firms
            if model.year < self._spec.years:
                firms["output_cut"][year] /= np.maximum(firms["activity"][year], 1e-300)
            firms["flow"][year] = model.flow[year]
            firms["baseline"][year] = firms["activity"][year][:, None] * self._spec.technology.baseline
            firms["trading_cost"][year] += population.trading_cost
            # Earlier years again: what output earns is settled only after its year.
            firms["allocated"][: year + 1] = model.regulator.issued[: year + 1]
            firms["net_purchase"][year] += self._net * self._spec.lots
            firms["payment"][year] += self._paid
            self._net[:] = 0
            self._paid[:] = 0.0
        population.trading_cost[:] = 0.0

    def deadline(self, k: int, year: int, settled: "Settlement", expired: Ints, carried: Ints) -> None:
        """Record what happened at the deadline of a compliance year."""
        lot = float(self._spec.lots[k])
        self.penalty[year] += _compiled().record_deadline(
            self._deadline_table, year, k, lot, settled.obligation, settled.surrendered, settled.shortfall,
            settled.penalty, expired, carried,
        )  # fmt: skip
        if self.firms:
            self.firms["penalty"][year] += settled.penalty
            self.firms["shortfall"][year, :, k] = settled.shortfall * lot
