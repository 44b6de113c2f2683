"""How outcomes spread over worlds and seeds: quantiles by policy, of indicators and of series."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def outcome_bands(
    runs: "pd.DataFrame", outcomes: Sequence[str], by: Sequence[str] = ("policy",),
    quantiles: Sequence[float] = QUANTILES,
) -> "pd.DataFrame":  # fmt: skip
    """Return quantiles of outcomes over all runs of a group, every run counting alike.

    Parameters
    ----------
    by : columns of the runs that make groups.

    Returns
    -------
    A row per group, outcome and quantile: the columns of ``by``, ``outcome``, ``quantile``, ``value`` (linear between
    runs; NaN where no run has a value), ``n`` runs with a value and ``failed`` ones without.
    """
    tidy = runs[[*by, *outcomes]].melt(list(by), list(outcomes), var_name="outcome")
    return _quantiles(tidy, [*by, "outcome"], quantiles, runs)


def series_bands(
    series: "pd.DataFrame", runs: "pd.DataFrame", columns: Sequence[str], by: Sequence[str] = ("policy",),
    over: Sequence[str] = ("year",), quantiles: Sequence[float] = QUANTILES,
) -> "pd.DataFrame":  # fmt: skip
    """Return quantiles of series by time, over all runs of a group.

    Parameters
    ----------
    series : rows of runs: ``run``, the columns of ``over`` and the values.
    runs : the frame of runs, from which the columns of ``by`` come.
    columns : the values, such as ``["mean_price"]``.
    over : what the horizontal axis counts, and whatever else parts the series, such as ``["instrument", "year"]``.

    Returns
    -------
    As `outcome_bands`, with the columns of ``over`` after those of ``by``. A run of the group that has no row at some
    time, because it failed or ended, counts as ``failed`` there.
    """
    joined = series[["run", *over, *columns]].merge(runs[["run", *by]], on="run")
    tidy = joined.melt([*by, *over], list(columns), var_name="outcome")
    found = _quantiles(tidy, [*by, *over, "outcome"], quantiles, series)
    every = runs.groupby(list(by)).size().rename("every").reset_index()
    found = found.merge(every, on=list(by), how="left")
    found["failed"] = found["every"] - found["n"]
    found = found.drop(columns="every")
    found.attrs["units"] = _units(series, columns)
    return found


def _quantiles(
    tidy: "pd.DataFrame", groups: list[str], quantiles: Sequence[float], source: "pd.DataFrame"
) -> "pd.DataFrame":
    import pandas as pd

    rows = []
    for key, values in tidy.groupby(groups, sort=False)["value"]:
        given = values.to_numpy(dtype=np.float64)
        used = given[np.isfinite(given)]
        ends = np.quantile(used, quantiles) if used.size else np.full(len(quantiles), np.nan)
        rows += [
            (*key, quantile, float(end), used.size, given.size - used.size)
            for quantile, end in zip(quantiles, ends, strict=True)
        ]
    found = pd.DataFrame(rows, columns=[*groups, "quantile", "value", "n", "failed"])
    found.attrs["units"] = _units(source, found["outcome"].unique())
    return found


def _units(source: "pd.DataFrame", names: Sequence[str]) -> dict[str, str]:
    units = source.attrs.get("units", {})
    return {name: units[name] for name in names if name in units}
