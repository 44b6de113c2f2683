"""What a model is built from: rules, technology and accounts, as arrays; the only thing `RightsMarketModel` takes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from agents.behaviours.declared import Behaviour, PlannerRule
from agents.population import FirmPopulation
from agents.world import World
from market.instruments import Instrument
from market.technology import Technology

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class MarketSpec:
    """Everything that defines a run except its seed.

    Attributes
    ----------
    instruments : rules by key, in the order in which they are cleared.
    technology : baselines and measures, rows as in the population.
    population : the accounts as they start; the model works on a copy.
    start_year, years, periods : first compliance year, their number, and the periods in each.
    sector_growth : (sectors,) yearly growth of activity.
    credit_limit, minor_unit : money.
    measure_of : (n, M) index into ``measure_names``, −1 where a firm has no measure.
    """

    instruments: dict[str, Instrument]
    technology: Technology
    population: FirmPopulation
    start_year: int
    years: int
    periods: int
    behaviours: tuple[Behaviour, ...]
    world: World
    sector_growth: Floats
    minor_unit: float = 0.01
    credit_limit: float = 1e12
    social_discount_rate: float = 0.05
    rounds: int = 2
    record_firms: bool = True
    record_journal: bool = True
    record_quality: bool = True
    record_trades: bool = False
    record_sessions: bool = False
    measure_names: tuple[str, ...] = ()
    measure_of: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Instrument keys in order."""
        return tuple(self.instruments)

    @cached_property
    def rules(self) -> tuple[Instrument, ...]:
        """Instrument rules in order."""
        return tuple(self.instruments.values())

    @cached_property
    def lots(self) -> Floats:
        """Lot of each instrument, in units (K,)."""
        return np.array([rule.lot for rule in self.rules])

    @cached_property
    def ticks(self) -> Floats:
        """Tick of each instrument, in money per unit (K,)."""
        return np.array([rule.tick for rule in self.rules])

    @cached_property
    def money_per_lot_tick(self) -> tuple[int, ...]:
        """Minor units of money in one lot at a price of one tick, a whole number for each instrument."""
        return tuple(round(rule.lot * rule.tick / self.minor_unit) for rule in self.rules)

    @cached_property
    def calendar_years(self) -> npt.NDArray[np.int64]:
        """Calendar years that are simulated (T,)."""
        return np.arange(self.start_year, self.start_year + self.years)

    @cached_property
    def market_rate(self) -> float:
        """Discount rate of the common outlook: that of the first planners, or of the first behaviour."""
        planners = [rule.discount_rate for rule in self.behaviours if isinstance(rule, PlannerRule)]
        return planners[0] if planners else self.behaviours[0].discount_rate

    @cached_property
    def discount_rates(self) -> tuple[float, ...]:
        """Own discount rate of each behaviour."""
        return tuple(rule.discount_rate for rule in self.behaviours)

    def months(self, number: int) -> int:
        """Return the periods in a number of months."""
        return round(number * self.periods / 12)

    def deadline(self, k: int, year: int) -> int:
        """Return the period in which rights for compliance year index ``year`` are surrendered."""
        return (year + 1) * self.periods - 1 + self.months(self.rules[k].compliance.deadline_after)

    def true_up(self, k: int, year: int) -> int:
        """Return the period in which flows of compliance year index ``year`` are verified."""
        return (year + 1) * self.periods - 1 + self.months(self.rules[k].compliance.true_up_after)

    @cached_property
    def deadlines(self) -> dict[int, list[tuple[int, int]]]:
        """Instruments and compliance years (k, year) whose rights are surrendered in a period."""
        return self._by_period(self.deadline)

    @cached_property
    def true_ups(self) -> dict[int, list[tuple[int, int]]]:
        """Instruments and compliance years (k, year) whose flows are verified in a period."""
        return self._by_period(self.true_up)

    def _by_period(self, date: Callable[[int, int], int]) -> dict[int, list[tuple[int, int]]]:
        events: dict[int, list[tuple[int, int]]] = {}
        for k in range(len(self.keys)):
            for year in range(self.years):
                events.setdefault(date(k, year), []).append((k, year))
        return events

    @cached_property
    def total_periods(self) -> int:
        """Periods of the run: the compliance years and the settlement months up to the last deadline."""
        return max(self.deadline(k, self.years - 1) for k in range(len(self.keys))) + 1

    def index_of(self, instrument: str) -> int:
        """Return the position of an instrument."""
        return self.keys.index(instrument)
