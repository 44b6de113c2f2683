"""The model: one period is world, regulator, expect, trade, operate, comply, record, in this order."""

from typing import Any

import mesa
import numpy as np
import numpy.typing as npt

from agents.desk import Trade
from agents.expectations import Outlook
from agents.firm import Firm
from agents.operations import operate
from agents.recorder import Recorder
from agents.regulator import Regulator
from agents.spec import MarketSpec
from agents.trading import Exchange
from agents.venues import shut
from agents.world import WorldState
from market.compliance import due
from market.randomness import Streams
from market.registry import Registry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class RightsMarketModel(mesa.Model):
    """Firms that hold and trade several rights at once.

    Parameters
    ----------
    spec : everything that defines the run.
    seed : the run's seed; the same spec and seed give the same run on every machine.
    """

    def __init__(self, spec: MarketSpec, seed: int = 0) -> None:
        self._views_made = False
        super().__init__(rng=seed)
        self.spec = spec
        self.seed_number = seed
        n, instruments = len(spec.population), len(spec.keys)
        start = spec.population
        self.population = start.started(instruments)
        self.streams = Streams(seed)
        self.world = WorldState(spec.world, self.streams, start.sector, spec.sector_growth, spec.years, spec.periods)
        self.registry = Registry(
            n, instruments, spec.years,
            credit_limit=int(spec.credit_limit / spec.minor_unit), journal=spec.record_journal,
        )  # fmt: skip
        self.regulator = Regulator(spec, self.world.announced)
        self.outlook = Outlook(spec)
        self.exchange = Exchange(spec, self.streams, self.registry, self.population)
        self.recorder = Recorder(spec, self.regulator)
        self.period = 0
        self.flow = np.zeros((spec.years, n, instruments))  # by compliance year so far
        self.activity_years = np.zeros((spec.years, n))  # realised activity of each year, after output cuts
        self.activity_mean = np.zeros((spec.years, n))  # mean activity of each year, before output cuts
        self.levels = np.zeros((n, spec.technology.measures))
        self.period_flow = np.zeros((n, instruments))
        technology = spec.technology
        self.technology = (
            technology.baseline,
            self.regulator.credit,
            *technology.arrays(),
        )  # as compiled code takes it
        self.years_so_far = (self.flow, self.activity_mean, self.activity_years)
        self.response = (self.levels, self.population.output_cut, self.period_flow, self.population.operating_cost)
        self.activity_moved = True  # whether activity is another than in the period before

    # Mesa's views -----------------------------------------------------------------------------------------------

    @property
    def agents(self) -> Any:
        """All accounts as Mesa agents; the views are made at the first access."""
        if not self._views_made and hasattr(self, "population"):
            self._views_made = True
            for row in range(len(self.population)):
                Firm(self, row)
        return self._all_agents

    @agents.setter
    def agents(self, _: Any) -> None:
        raise AttributeError("model.agents is Mesa's own name")

    def products_of(self, k: int) -> Ints:
        """Return the product rows of an instrument, all vintages."""
        return np.array([self.registry.product(k, vintage) for vintage in range(self.spec.years)])

    def flow_of_year(self, k: int) -> Floats:
        """Return the flow (n,) of the present compliance year so far."""
        return self.flow[min(self.year, self.spec.years - 1), :, k]

    # The schedule -----------------------------------------------------------------------------------------------

    @property
    def year(self) -> int:
        """Index of the present compliance year; equal to their number in the settlement months at the end."""
        return self.period // self.spec.periods

    @property
    def done(self) -> bool:
        """Whether the last deadline has passed."""
        return self.period >= self.spec.total_periods

    def step(self) -> None:
        """Run one period."""
        self._world()
        self._regulate()
        self._expect()
        trades = self._trade()
        self._operate()
        self._comply()
        self._record(trades)
        self.period += 1

    def run(self, progress: Any = None) -> "RightsMarketModel":
        """Run to the last deadline; ``progress(done, total)`` is called after every period."""
        while not self.done:
            self.step()
            if progress is not None:
                progress(self.period, self.spec.total_periods)
        return self

    def _world(self) -> None:
        year, month = divmod(self.period, self.spec.periods)
        self.activity_moved = year < self.spec.years and (not month or self.spec.world.activity_sd > 0.0)
        if self.activity_moved:
            self.world.step(self.period)
            self.population.activity[:] = self.world.activity(year)

    def _regulate(self) -> None:
        spec, period = self.spec, self.period
        if period % spec.periods == 0 and self.year < spec.years:
            self._open_offices()
            water = self.world.water(self.year, int(spec.start_year + self.year))
            self.regulator.water_arrives(self.year, water)
            self.regulator.start_year(self.year, period, self.registry)
        for k, year in spec.true_ups.get(period, ()):
            if spec.rules[k].allocation.kind != "output_benchmark":
                continue  # nothing to make final
            self.regulator.verify(k, year, self._verified_activity(year), period, self.registry)

    def _open_offices(self) -> None:
        """Tell containment rules the bank at the end of last year, before this year's rights are issued."""
        for k, office in enumerate(self.exchange.offices):
            if office is None:
                continue
            front = next((v for v in range(self.year) if self.spec.deadline(k, v) >= self.period), self.year)
            office.start_year(self._bank(k), self.registry.product(k, front), self.period, self.registry)

    def _verified_activity(self, year: int) -> Floats:
        if year < self.year:
            return self.activity_years[year]
        part = 1.0 / self.spec.periods  # the last period of the year, still to be worked
        return self.activity_years[year] + part * self.population.activity

    def _expect(self) -> None:
        spec = self.spec
        if self.period % spec.periods or self.year >= spec.years or not self.exchange.looks_ahead:
            return
        ahead = [self.world.expected_rest_of_year(self.year, spec.periods)]
        ahead += [self.world.expected(later) for later in range(self.year + 1, spec.years)]
        bank = np.array([self._bank(k) if rule.banked else 0.0 for k, rule in enumerate(spec.rules)])
        ceilings = np.array([self.exchange.backstop(k) for k in range(len(spec.keys))])
        self.outlook.plan_ahead(self.year, np.array(ahead), np.maximum(bank, 0.0), ceilings, self.regulator)

    def _bank(self, k: int) -> float:
        """Return the rights in accounts beyond this year's issue and what is owed for last year, in units."""
        spec, n, year = self.spec, len(self.population), self.year
        live = slice(self.registry.product(k, max(0, year - 1)), self.registry.product(k, year) + 1)
        bank = (self.registry.balances[live, :n].sum() - self.regulator.debt[:, k].sum()) * spec.lots[k]
        bank -= self.regulator.issued[year, :, k].sum()
        if year and spec.deadline(k, year - 1) >= self.period:
            bank += self.regulator.to_come(k, year - 1).sum() - self.flow[year - 1, :, k].sum()
        return float(bank)

    def _trade(self) -> "list[Trade | None]":
        trades = self.exchange.trade(self.period, self.flow, self.world, self.regulator, self.outlook)
        if not self.exchange.adaptives.all:  # who have expectations of their own
            self.outlook.learn(self.exchange.operating)
        return trades

    def _operate(self) -> None:
        if self.year < self.spec.years:
            operate(self)

    def _comply(self) -> None:
        for k, year in self.spec.deadlines.get(self.period, ()):
            self._surrender(k, year)

    def _surrender(self, k: int, year: int) -> None:
        """Settle what is due for one compliance year: surrender, penalties, carry-over, expiry."""
        spec, rule, registry, period = self.spec, self.spec.rules[k], self.registry, self.period
        desk = self.exchange.desks[k]
        product, accounts = registry.product(k, year), registry.firm_accounts
        for venue in desk.venues:
            shut(venue, year, registry, product, spec.money_per_lot_tick[k])
        held = registry.free(product)[: len(self.population)]
        rate = rule.penalty.per_unit(desk.reference_price)
        settled = due(self.flow[year, :, k], self.regulator.debt[:, k], held, rule.lot, rate, rule.penalty.make_good)
        registry.surrender(product, accounts, settled.surrendered, period)
        self.regulator.debt[:, k] = settled.debt
        if settled.missing:  # what an account's cash and credit do not cover cannot be collected
            registry.fine_within_means(settled.penalty, spec.minor_unit, period)
        left = held - settled.surrendered
        carried = np.zeros_like(left)
        if year + 1 < spec.years:
            carried = rule.banking.carried(int(spec.start_year + year), left, desk.net_sales, rule.lot)
            registry.carry_over(product, registry.product(k, year + 1), accounts, carried, period)
            expired = left - carried
            if expired.any():
                registry.expire(product, accounts, expired, period)
        desk.net_sales[:] = 0
        self._withdraw_unsold(k, year)
        self.regulator.withdraw(k, year)
        self.recorder.deadline(k, year, settled, left - carried, carried)

    def _withdraw_unsold(self, k: int, year: int) -> None:
        """Cancel what authority and dealer hold of a vintage that has run out; what containment rules hold lives on."""
        registry, product = self.registry, self.registry.product(k, year)
        office, reserve = self.exchange.offices[k], np.array([registry.reserve])
        held, locked = registry.balances[product], registry.locked[product]
        kept = min(
            office.held_lots() if office is not None else 0, int(held[registry.reserve] - locked[registry.reserve])
        )
        if kept and year + 1 < self.spec.years:
            registry.carry_over(product, registry.product(k, year + 1), reserve, np.array([kept]), self.period)
        for account in (registry.reserve, registry.dealer, registry.government):
            unsold = int(held[account] - locked[account])
            if unsold:
                registry.cancel(product, np.array([account]), np.array([unsold]), self.period)

    def _record(self, trades: "list[Trade | None]") -> None:
        self.recorder.period(self, trades)
        self.exchange.end_period()
