"""Who pays more and who pays less in an arm than in the baseline: by sector, by city and by account.

What an account pays is what it spends on measures, the rights it buys less those it sells, what trading costs it and
its penalties, summed over all years of a run without discounting, so that the parts add up to the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scenarios.statistics import Estimate, paired_difference

if TYPE_CHECKING:
    import pandas as pd

PARTS = ("abatement_cost", "payment", "trading_cost", "penalty")
SMALL = 1e-9
"""A change below this share of what all accounts together pay or receive is none."""


@dataclass(frozen=True, slots=True)
class Losers:
    """How many accounts pay more, less or the same, as shares of all accounts, mean over seeds."""

    more: float
    less: float
    same: float
    accounts: int


def net_cost(firms: "pd.DataFrame") -> "pd.DataFrame":
    """Return what every account pays over the run, in `net_cost`, and its four parts; with its sector and city."""
    payment = firms[[name for name in firms.columns if str(name).startswith("payment_")]].sum(axis=1)
    table = firms[["account", "sector", "city", *(part for part in PARTS if part != "payment")]]
    keys = ["account", "sector", "city"]
    paid = table.assign(payment=payment).groupby(keys, sort=False, observed=True)[list(PARTS)].sum().reset_index()
    return paid.assign(net_cost=paid[list(PARTS)].sum(axis=1))


def changes_by(arm: "Sequence[pd.DataFrame]", baseline: "Sequence[pd.DataFrame]", column: str) -> "pd.DataFrame":
    """Return the change of net cost by group, mean over seeds with its 95 % interval; the largest gain comes first.

    Parameters
    ----------
    arm, baseline : as `net_cost` gives them, one a seed, the same seeds in the same order. A group that one of them
        lacks pays nothing there.
    column : what to group by, `sector` or `city`.

    Returns
    -------
    Columns `group`, `change`, `low`, `high`, `baseline` (what the group pays there) and the changes of the four parts.
    """
    import pandas as pd

    names = ["net_cost", *PARTS]
    pairs = [
        tuple(paid.groupby(column, observed=True)[names].sum() for paid in pair)
        for pair in zip(arm, baseline, strict=True)
    ]
    groups = sorted({str(group) for pair in pairs for table in pair for group in table.index})
    rows = []
    for group in groups:
        own = np.array([_row(table, group, names) for table, _ in pairs])
        base = np.array([_row(table, group, names) for _, table in pairs])
        total: Estimate = paired_difference(own[:, 0], base[:, 0])
        parts = dict(zip(PARTS, (own - base)[:, 1:].mean(axis=0), strict=True))
        rows.append({
            "group": group, "change": total.mean, "low": total.low, "high": total.high,
            "baseline": float(base[:, 0].mean()), **parts,
        })  # fmt: skip
    columns = ["group", "change", "low", "high", "baseline", *PARTS]
    return pd.DataFrame(rows, columns=columns).sort_values("change", kind="stable", ignore_index=True)


def losers(arm: "Sequence[pd.DataFrame]", baseline: "Sequence[pd.DataFrame]") -> Losers | None:
    """Return how many of the accounts that both have pay more and how many less; None where they share none.

    Parameters
    ----------
    arm, baseline : as `net_cost` gives them, one a seed, the same seeds in the same order.
    """
    shares = []
    accounts = 0
    for own, base in zip(arm, baseline, strict=True):
        paid = [table.groupby("account", observed=True)["net_cost"].sum() for table in (own, base)]
        change = (paid[0] - paid[1]).dropna().to_numpy(dtype=np.float64)
        if change.size == 0:
            return None
        accounts = change.size
        least = SMALL * max(float(np.abs(paid[0]).sum()), float(np.abs(paid[1]).sum()))
        more, less = float((change > least).mean()), float((change < -least).mean())
        shares.append((more, less, 1.0 - more - less))
    if not shares:
        return None
    more, less, same = (float(share) for share in np.array(shares).mean(axis=0))
    return Losers(more, less, max(same, 0.0), accounts)


def _row(table: "pd.DataFrame", group: str, names: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if group not in table.index:
        return np.zeros(len(names))
    return np.asarray(table.loc[group, list(names)], dtype=np.float64)
