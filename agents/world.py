"""The world outside the market: activity of each account and available water, the same under every policy.

Activity of account i of sector s in period t is ``(1 + g_s)^y · exp(z_t)``, with ``z`` a bounded autoregressive shock,
part common to the sector, part its own. Available water in year y is lognormal with median 1. Draws come from streams
named for the period, for all account ids, and are indexed by id, so a policy moves nobody's weather.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.rules import Rule, parameter

if TYPE_CHECKING:
    from market.randomness import Streams

Floats = npt.NDArray[np.float64]

BOUND = 3.0  # standard deviations; a bounded shock keeps every flow within what the scenario was checked for


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


class WorldState:
    """Shocks of a run, moved on period by period.

    Parameters
    ----------
    rule : the declared world.
    streams : named random streams of the run.
    sector : (n,) sector of each account.
    growth : (sectors,) yearly growth.
    years : number of compliance years.
    """

    __slots__ = ("_common", "_own", "_rule", "_sector", "_shock", "_streams", "index")

    def __init__(
        self, rule: World, streams: "Streams", sector: npt.NDArray[np.int64], growth: Floats, years: int
    ) -> None:
        self._rule = rule
        self._streams = streams
        self._sector = sector
        self._common = np.zeros(growth.size)
        self._own = np.zeros(sector.size)
        self._shock = np.zeros(sector.size)
        self.index = (1.0 + growth)[None, :] ** np.arange(years)[:, None]

    def step(self, period: int) -> None:
        """Draw the shocks of a period."""
        rule = self._rule
        if rule.activity_sd == 0.0:
            return
        # Streams of their own: a new sector at the end must not move the draws of accounts.
        common = self._streams.at("sector activity", period).generator().standard_normal(self._common.size)
        own = self._streams.at("activity", period).generator().standard_normal(self._own.size)
        keep = rule.persistence if period else 0.0
        fresh = np.sqrt(1.0 - keep * keep)
        self._common = keep * self._common + fresh * common
        self._own = keep * self._own + fresh * own
        mixed = np.sqrt(rule.common_share) * self._common[self._sector] + np.sqrt(1.0 - rule.common_share) * self._own
        self._shock = rule.activity_sd * np.clip(mixed, -BOUND, BOUND)

    def activity(self, year: int) -> Floats:
        """Return the activity of every account (n,) in the present period of a year."""
        expected = self.index[year][self._sector]
        return expected * np.exp(self._shock) if self._rule.activity_sd else expected

    def expected_rest_of_year(self, year: int, periods_left: int) -> Floats:
        """Return the mean activity (n,) expected for the rest of a year, given that shocks fade."""
        expected = self.index[year][self._sector]
        keep = self._rule.persistence
        if self._rule.activity_sd == 0.0:
            return expected
        fade = (1.0 - keep**periods_left) / (periods_left * (1.0 - keep))
        return expected * np.exp(self._shock * fade)

    def expected(self, year: int) -> Floats:
        """Return the activity (n,) announced for a later year."""
        return self.index[year][self._sector]

    def water(self, year: int, calendar_year: int) -> float:
        """Return the available water of a year as a share of normal."""
        if calendar_year in self._rule.water:
            return self._rule.water[calendar_year]
        if self._rule.water_sd == 0.0:
            return 1.0
        draw = self._streams.at("hydrology", year).generator().standard_normal()
        return float(np.exp(self._rule.water_sd * np.clip(draw, -BOUND, BOUND)))
