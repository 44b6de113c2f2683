"""Which indicators and rights a comparison shows first; everything else is in its full table."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scenarios.comparison import Comparison

MAIN_INSTRUMENT = (
    "mean_price", "price_volatility", "volume", "deadline_share", "spread", "effective_cost", "limit_periods",
    "failed_share", "gains_share", "hhi_sellers", "block_discount", "revenue", "fees", "flow_to_cap", "shortfall",
    "net_import",
)  # fmt: skip
MAIN_RUN = ("actual_cost", "efficiency", "trading_cost", "penalties", "accounts_short", "burden_gini")
FEW = 2
"""With no more rights than this all of them are shown first."""


def focus(found: "Comparison") -> list[str]:
    """Return the rights that the varied paths name; all of them where there are few or none is named."""
    keys = list(dict.fromkeys(key for arm in found.arms for key in arm.scenario.instruments))
    named = {path.split(".")[1] for arm in found.arms for path in arm.values if path.startswith("instruments.")}
    chosen = [key for key in keys if key in named]
    return keys if len(keys) <= FEW or not chosen else chosen


def main_kpis(found: "Comparison", instruments: list[str]) -> list[str]:
    """Return the main indicators of some rights and of the whole run that at least one arm has and are not all zero."""
    names = [f"{key}.{name}" for key in instruments for name in MAIN_INSTRUMENT]
    for key in instruments:
        names += [kpi for kpi in found.units if kpi.startswith(f"{key}.") and kpi.endswith(".volume_share")]
    summary = found.summary
    means = summary.groupby("kpi")["mean"].apply(lambda column: np.nanmax(np.abs([0.0, *column])))
    known = set(summary.loc[summary["n"] > 0, "kpi"])
    return [name for name in (*names, *MAIN_RUN) if name in known and means[name] > 0]
