"""The world outside the market: activity of each account and available water, the same under every policy.

Activity of account i of sector s in period t is ``(1 + g_s)^y · exp(z_t)``, with ``z`` a bounded autoregressive shock,
part common to the sector, part its own. Available water in year y is lognormal with median 1. Draws come from streams
named for the period, for all account ids, and are indexed by id, so a policy moves nobody's weather.
"""

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.rules import Rule, parameter

if TYPE_CHECKING:
    from market.randomness import Streams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BOUND = 3.0  # standard deviations; a bounded shock keeps every flow within what the scenario was checked for
MOST_AHEAD = 1 << 16  # entries of a column that are worked out ahead, many periods of few accounts


@cache
def _compiled() -> ModuleType:
    """Return the compiled loops; they are loaded when first used, because that takes longer than a schema needs."""
    from agents import world_kernel

    return world_kernel


class World(Rule):
    """Demand, shocks and hydrology."""

    growth: dict[str, float] = parameter(
        default_factory=dict, description="yearly growth of activity by sector; tables give the rest", unit="1/year"
    )
    default_growth: float = parameter(
        0.0, description="yearly growth of sectors not named", unit="1/year", gt=-0.5, lt=0.5
    )
    activity_sd: float = parameter(0.0, description="standard deviation of the log of activity", ge=0, le=0.5)
    persistence: float = parameter(0.8, description="autocorrelation of the shock from period to period", ge=0, lt=1)
    common_share: float = parameter(0.5, description="share of the shock's variance common to a sector", ge=0, le=1)
    water_sd: float = parameter(0.0, description="standard deviation of the log of available water", ge=0, le=1)
    water: dict[int, float] = parameter(
        default_factory=dict, description="available water by year as a share of normal, instead of a draw"
    )


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was worked out ahead of the periods in which it is used.

    Attributes
    ----------
    periods, years, left : (p,) the periods, their compliance years, and the periods that are left of these.
    common, own : (p + 1, sectors) and (p + 1, n) states of the shocks, those before the first period first.
    shocks, activity, rest : (p, n) shocks, activity, and mean activity expected for the rest of the year.
    """

    periods: range
    years: Ints
    left: Ints
    common: Floats
    own: Floats
    shocks: Floats
    activity: Floats
    rest: Floats


class WorldState:
    """Shocks of a run, moved on period by period.

    Parameters
    ----------
    rule : the declared world.
    streams : named random streams of the run.
    sector : (n,) sector of each account.
    growth : (sectors,) yearly growth.
    years, periods : number of compliance years, and of periods in each.

    Attributes
    ----------
    index, announced : (T, sectors) and (T, n) activity of each year without shocks.
    """

    __slots__ = ("_ahead", "_periods", "_row", "_rule", "_sector", "_streams", "announced", "index")

    def __init__(self, rule: World, streams: "Streams", sector: Ints, growth: Floats, years: int, periods: int) -> None:
        self._rule = rule
        self._streams = streams
        self._sector = sector
        self._periods = periods
        self.index = (1.0 + growth)[None, :] ** np.arange(years)[:, None]
        self.announced = self.index[:, sector]
        none = np.zeros((0, sector.size))
        no_years = np.zeros(0, dtype=np.int64)
        start = np.zeros((1, growth.size)), np.zeros((1, sector.size))
        self._ahead = _Ahead(range(0), no_years, no_years, *start, none, none, none)
        self._row = -1  # of the present period in what was worked out ahead

    def step(self, period: int) -> None:
        """Draw the shocks of a period."""
        if self._rule.activity_sd == 0.0:
            return
        self._row += 1
        ahead, row = self._ahead, self._row
        if row >= len(ahead.periods) or ahead.periods[row] != period:
            self._ahead = self._look_ahead(period, ahead.common[row], ahead.own[row])
            self._row = 0

    def _look_ahead(self, period: int, common: Floats, own: Floats) -> _Ahead:
        """Work out a period and some after it at once, from the states of the shocks before it."""
        rule, last = self._rule, self.announced.shape[0] * self._periods
        periods = range(period, period + max(1, min(last - period, MOST_AHEAD // max(1, own.size))))
        # Streams of their own: a new sector at the end must not move the draws of accounts.
        common = np.vstack((common, self._streams.normals("sector activity", periods, common.size)))
        own = np.vstack((own, self._streams.normals("activity", periods, own.size)))
        keep = np.array([rule.persistence if t else 0.0 for t in periods])
        shocks = np.empty((len(periods), own.shape[1]))
        _compiled().persist(
            common, own, keep, np.sqrt(1.0 - keep * keep), self._sector, np.sqrt(rule.common_share),
            np.sqrt(1.0 - rule.common_share), BOUND, rule.activity_sd, shocks,
        )  # fmt: skip
        years, month = np.divmod(np.array(periods), self._periods)
        left = self._periods - month
        expected = self.announced[np.minimum(years, self.announced.shape[0] - 1)]
        fade = np.array([self._fade(int(months)) for months in left])
        return _Ahead(
            periods, years, left, common, own, shocks, expected * np.exp(shocks),
            expected * np.exp(shocks * fade[:, None]),
        )  # fmt: skip

    def _fade(self, periods_left: int) -> float:
        """Return the mean of a shock over some periods as a share of the shock, given that it fades."""
        keep = self._rule.persistence
        return (1.0 - keep**periods_left) / (periods_left * (1.0 - keep))

    def activity(self, year: int) -> Floats:
        """Return the activity of every account (n,) in the present period of a year; not to be changed."""
        ahead, row = self._ahead, self._row
        if row < 0:  # no shock, or none yet
            return self.announced[year]
        return ahead.activity[row] if ahead.years[row] == year else self.announced[year] * np.exp(ahead.shocks[row])

    def expected_rest_of_year(self, year: int, periods_left: int) -> Floats:
        """Return the mean activity (n,) expected for the rest of a year, given that shocks fade; not to be changed."""
        ahead, row = self._ahead, self._row
        if row < 0:
            return self.announced[year]
        if ahead.years[row] == year and ahead.left[row] == periods_left:
            return ahead.rest[row]
        return self.announced[year] * np.exp(ahead.shocks[row] * self._fade(periods_left))

    def expected(self, year: int) -> Floats:
        """Return the activity (n,) announced for a later year; not to be changed."""
        return self.announced[year]

    def water(self, year: int, calendar_year: int) -> float:
        """Return the available water of a year as a share of normal."""
        if calendar_year in self._rule.water:
            return self._rule.water[calendar_year]
        if self._rule.water_sd == 0.0:
            return 1.0
        draw = self._streams.at("hydrology", year).generator().standard_normal()
        return float(np.exp(self._rule.water_sd * np.clip(draw, -BOUND, BOUND)))
