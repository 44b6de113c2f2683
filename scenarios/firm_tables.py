"""Tables about accounts for those who look at them: filtered, added up, ranked and compared, from the table `firms`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult
    from scenarios.schema import Scenario

Size = Literal["all", "largest", "middle", "smallest"]
SIZES: tuple[Size, ...] = get_args(Size)
LARGEST, SMALLEST = 0.1, 0.5
"""The largest tenth and the smallest half of the accounts that have a flow, by their flow without measures."""

COSTS = ("abatement_cost", "payment", "trading_cost", "penalty")
LABELS = ("name_en", "name_zh", "sector", "city", "kind", "behaviour")


def accounts_in(
    firms: "pd.DataFrame",
    instruments: Sequence[str],
    instrument: str,
    year: int | None = None,
    *,
    sector: str | None = None,
    city: str | None = None,
    size: str = "all",
) -> "pd.DataFrame":
    """Return one row per account with its flows of a right and its costs, in one year or over all.

    Parameters
    ----------
    instruments : every right of the run; payments for all of them are costs.
    year : None to add up all years.
    sector, city, size : which accounts; size ranks *all* accounts by flow, before the other filters.

    Returns
    -------
    account, the labels, revenue, flow, baseline, allocated, net_purchase, shortfall (rights); paid (money for this
    right); abatement_cost, payment, trading_cost, penalty, total (money, all rights), burden (total over revenue, NaN
    without revenue).
    """
    import pandas as pd

    rows = firms if year is None else firms[firms["year"] == year]
    table = _plain(rows, instruments, instrument)
    if year is None:
        numbers = [name for name in table.columns if name != "account" and name not in LABELS]
        sums = table.groupby("account", sort=False)[numbers].sum()
        first = table.drop_duplicates("account").set_index("account")[list(LABELS)]
        table = pd.concat([first, sums], axis=1).reset_index()
    table["total"] = table[list(COSTS)].sum(axis=1)
    table["burden"] = (table["total"] / table["revenue"].where(table["revenue"] > 0)).astype(np.float64)
    kept = _of_size(table, size)
    if sector is not None:
        kept &= (table["sector"] == sector).to_numpy()
    if city is not None:
        kept &= (table["city"] == city).to_numpy()
    return table[kept].reset_index(drop=True)


def _plain(rows: "pd.DataFrame", instruments: Sequence[str], instrument: str) -> "pd.DataFrame":
    columns = ["account", *LABELS, "revenue", "abatement_cost", "trading_cost", "penalty"]
    table = rows[columns].reset_index(drop=True).copy()
    for name in ("flow", "baseline", "allocated", "net_purchase", "shortfall"):
        table[name] = rows[f"{name}_{instrument}"].to_numpy()
    table["paid"] = rows[f"payment_{instrument}"].to_numpy()
    table["payment"] = rows[[f"payment_{key}" for key in instruments]].sum(axis=1).to_numpy()
    return table


def _of_size(table: "pd.DataFrame", size: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    if size not in SIZES or size == "all":
        return np.ones(len(table), dtype=np.bool_)
    flow = table["baseline"].to_numpy()
    holders = np.flatnonzero(flow > 0)
    order = holders[np.argsort(-flow[holders], kind="stable")]
    first, last = round(LARGEST * order.size), order.size - round(SMALLEST * order.size)
    rows = {"largest": order[: max(first, 1)], "middle": order[first:last], "smallest": order[last:]}[size]
    kept = np.zeros(len(table), dtype=np.bool_)
    kept[rows] = True
    return kept


def groups(table: "pd.DataFrame", column: str) -> "pd.DataFrame":
    """Return the sums of `accounts_in` by sector or city, the largest flow first: accounts, amounts, money."""
    numbers = ["flow", "baseline", "allocated", "net_purchase", "shortfall", "paid", *COSTS, "total", "revenue"]
    summed = table.groupby(column)[numbers].sum()
    summed.insert(0, "accounts", table.groupby(column).size())
    return summed.sort_values("flow", ascending=False, kind="stable").reset_index()


def payers(table: "pd.DataFrame", count: int = 20, other: "pd.DataFrame | None" = None) -> "pd.DataFrame":
    """Return the accounts of `accounts_in` that pay most, the highest total first.

    Parameters
    ----------
    other : the same of another run with the same seed; gives the column `difference` of the totals, account by account
        (NaN for an account that is not there).
    """
    rows = table.sort_values("total", ascending=False, kind="stable").head(count).reset_index(drop=True)
    if other is not None:
        totals = other.set_index("account")["total"]
        rows["difference"] = rows["total"].to_numpy() - totals.reindex(rows["account"]).to_numpy()
    return rows


def history(firms: "pd.DataFrame", account: object, scenario: "Scenario") -> "pd.DataFrame":
    """Return one row per year and right of an account, and its position at the end of each year.

    The position is what it received and bought minus what it emitted or used: since the first year where the right can
    be carried over, else within the year; rounded to lots. Trades count in the year they were made in, so purchases
    that settle an earlier year count later than its flow.
    """
    import pandas as pd

    rows = firms[firms["account"] == account].sort_values("year")
    parts = []
    for key, rule in scenario.instruments.items():
        table = pd.DataFrame({"year": rows["year"].to_numpy(), "instrument": key})
        for name in ("flow", "baseline", "allocated", "net_purchase", "payment", "shortfall"):
            table[name] = rows[f"{name}_{key}"].to_numpy()
        left = table["allocated"] + table["net_purchase"] - table["flow"]
        position = left.cumsum() if rule.banked else left
        table["position"] = (position / rule.lot).round() * rule.lot
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def trades_of(result: "RunResult", account: object, instrument: str) -> "pd.DataFrame | None":
    """Return the single trades of an account in one right with its side and partner; None where none are recorded."""
    trades = result.tables.get("trades")
    if trades is None:
        return None
    mine = (trades["buyer"] == account) | (trades["seller"] == account)
    rows = trades[mine & (trades["instrument"] == instrument)].copy()
    bought = (rows["buyer"] == account).to_numpy()
    rows["side"] = np.where(bought, "bought", "sold")
    rows["partner"] = np.where(bought, rows["seller"].astype(object), rows["buyer"].astype(object))
    return rows


def account_of(firms: "pd.DataFrame", text: str | None) -> object | None:
    """Return the account whose id is written so, or None; ids may be numbers."""
    if not text:
        return None
    ids = firms.loc[firms["year"] == firms["year"].min(), "account"]
    found = ids[ids.astype(str) == text]
    return None if found.empty else found.iloc[0]
