"""The table `markets` with the venues of an instrument put together, for whoever asks about periods."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["period", "year", "month", "instrument"]


def by_period(markets: "pd.DataFrame") -> "pd.DataFrame":
    """Return one row per period and instrument: volumes added up, price weighted by volume.

    The expected price is the mean of what venues gave, and the most that anybody would pay is the same at all of them.
    A table that has one row each already is returned as it is.
    """
    if not markets.duplicated(["period", "instrument"]).any():
        return markets
    groups = markets.groupby(KEYS, sort=False)
    sums = groups[["volume", "turnover"]].sum()
    sums["price"] = sums["turnover"] / sums["volume"].where(sums["volume"] > 0)
    sums["indicative"] = groups["indicative"].mean()
    sums["backstop"] = groups["backstop"].max()
    frame = sums.reset_index()
    frame.attrs = dict(markets.attrs)
    return frame
