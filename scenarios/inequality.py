"""How unequal shares are."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scenarios.indicator_rows import RunRows

Floats = npt.NDArray[np.float64]


def burden_gini(run: "RunRows") -> float:
    """Return how unequally the burden falls on accounts: 0 the same for all, 1 all on one.

    The burden of an account is what it spent over the run (measures, trading, penalties, rights bought less rights
    sold) over its revenue, or where no account has one over its baseline flows at mean prices. Burdens of net sellers
    can be negative; the normalisation by Σ|burden| keeps the index within 0 and 1 (Raffinetti, Siletti and Vernizzi
    2015) and is the usual index where all are positive.
    """
    firms = run.frame("firms")
    if firms is None or firms.empty:
        return np.nan
    spent = firms[["abatement_cost", "trading_cost", "penalty", *(f"payment_{key}" for key in run.keys)]].sum(axis=1)
    weight = firms["revenue"] if "revenue" in firms else spent * 0.0
    if not (weight > 0).any():
        prices = run.frame("prices")
        mean = {} if prices is None else prices.groupby("instrument")["mean_price"].mean().to_dict()
        usable = {key: mean[key] for key in run.keys if np.isfinite(mean.get(key, np.nan))}
        weight = sum((firms[f"baseline_{key}"] * price for key, price in usable.items()), start=spent * 0.0)
    by_account = firms.assign(spent=spent, weight=weight).groupby("account")[["spent", "weight"]].sum()
    by_account = by_account[by_account["weight"] > 0]
    return gini((by_account["spent"] / by_account["weight"]).to_numpy(dtype=np.float64))


def gini(values: Floats) -> float:
    """Return Σ_i Σ_j |x_i − x_j| / (2 n Σ|x|); NaN where nothing is to be divided."""
    finite = np.sort(values[np.isfinite(values)])
    total = float(np.abs(finite).sum())
    if finite.size == 0 or total == 0.0:
        return np.nan
    n = finite.size
    pairs = 2.0 * float(finite @ (2.0 * np.arange(n) - (n - 1)))
    return pairs / (2.0 * n * total)
