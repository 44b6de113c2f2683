"""The world outside the market: activity of each account and available water, under every policy the same.

Activity of account i in period t is ``index_s(y) · exp(z_t − ½ var)``: its sector's announced index times a bounded
autoregressive shock, part common to the sector, part its own. Available water in year y is lognormal around 1. Draws
come from streams named for the period and are indexed by account id, so a policy moves nobody's weather.
"""

from market.rules import Rule, parameter


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
