"""What the base run gave: prices beside the least-cost plan, caps, indicators over seeds, efficiency ladder, equity."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios import comparison_words as words
from scenarios import report_sections
from scenarios.comparison_choice import main_kpis
from scenarios.dossier.alternatives import BASE
from scenarios.dossier.page import DossierPage, rows_of
from scenarios.figures.burden import costs
from scenarios.kpis import RUN_KPIS
from scenarios.report_sections import each_right, results, warnings

if TYPE_CHECKING:
    import pandas as pd

COSTS = ("abatement_cost", "payment", "trading_cost", "penalty")


def base_run(page: DossierPage) -> str:
    """Return what the scenario as it is gives: in words, as prices and flows, and as indicators over seeds."""
    seeds = page.found.asked.effort.seeds
    return (
        f"<p>{page.say('base.intro')}</p>{results(page)}"
        f"<h3>{page.say('base.prices')}</h3>{each_right(page, 'prices')}"
        f"<h3>{page.say('base.flows')}</h3>{each_right(page, 'flows')}{_years(page)}"
        f"<h3>{page.say('base.indicators')}</h3><p>{page.say('base.indicators_intro', seeds=seeds)}</p>"
        f"{_indicators(page)}"
        f"<h3>{page.say('base.warnings')}</h3>{warnings(page)}"
    )


def _years(page: DossierPage) -> str:
    """Return cap, flow, price and least-cost price of the first, a middle and the last year of each right."""
    display, prices = page.display, page.result.prices
    years = sorted(prices["year"].unique().tolist())
    chosen = list(dict.fromkeys([years[0], years[len(years) // 2], years[-1]]))
    rows = [
        [display.titles[str(row.instrument)], str(row.year), display.amount(row.instrument, row.cap),
         display.amount(row.instrument, row.flow), display.price(row.instrument, row.mean_price),
         display.price(row.instrument, row.reference_price)]
        for key in display.titles
        for row in rows_of(prices[(prices["instrument"] == key) & prices["year"].isin(chosen)])
    ]  # fmt: skip
    head = [page.plain(f"base.columns.{name}") for name in ("right", "year", "cap", "flow", "price", "reference")]
    return page.table(head, rows, page.plain("base.years_caption")) + page.keep("prices_by_year", prices)


def _indicators(page: DossierPage) -> str:
    """Return the main indicators of all rights and of the whole run: mean over seeds with its interval."""
    found, display = page.found.comparison, page.display
    if found is None:
        return ""
    table = found.summary[found.summary["arm"] == found.labels[found.baseline]]
    by_kpi: Any = table.set_index("kpi")
    keys = list(page.result.scenario.instruments)
    names = [kpi for kpi in dict.fromkeys([*(f"{key}.compliance_rate" for key in keys), *main_kpis(found, keys)])
             if kpi in by_kpi.index and by_kpi.loc[kpi, "n"] > 0]  # fmt: skip
    names = [kpi for kpi in names if kpi.rpartition(".")[2] in SHOWN]
    order = {name: place for place, name in enumerate([*keys, ""])}
    names.sort(key=lambda kpi: order.get(kpi.partition(".")[0] if "." in kpi else "", len(order)))
    rows = [
        [words.title(display, kpi), words.value(display, kpi, float(by_kpi.loc[kpi, "mean"])),
         words.interval(display, kpi, float(by_kpi.loc[kpi, "low"]), float(by_kpi.loc[kpi, "high"])),
         str(int(by_kpi.loc[kpi, "n"]))]
        for kpi in names
    ]  # fmt: skip
    head = [page.plain(f"base.kpi_columns.{name}") for name in ("indicator", "mean", "interval", "seeds")]
    alike = bool((by_kpi.loc[names, "low"] == by_kpi.loc[names, "high"]).all()) if names else False
    told = page.paragraph(page.plain("base.no_chance")) if alike and len(found.seeds) > 1 else ""
    frame = table.assign(arm=BASE).reset_index(drop=True)
    return told + page.table(head, rows, page.plain("base.kpi_caption")) + page.keep("base_indicators", frame)


SHOWN = {
    "mean_price", "price_volatility", "volume", "deadline_share", "compliance_rate", "shortfall", "flow_to_cap",
    "effective_cost", "net_import", *(kpi.name for kpi in RUN_KPIS),
}  # fmt: skip


def ladder(page: DossierPage) -> str:
    """Return the steps from least cost to actual cost."""
    return report_sections.ladder(page) + page.keep("ladder", page.result.ladder)


def equity(page: DossierPage) -> str:
    """Return who bears the cost: sectors and cities, apart and over their revenue, and how unequal it is."""
    if "firms" not in page.result.tables:
        return page.paragraph(str(page.display.text("cost.not_recorded")))
    firms, keys = page.result.firms, list(page.display.titles)
    parts = [f"<p>{page.say('equity.intro')}</p>", _gini(page), report_sections.cost(page)]
    for column in ("sector", "city"):
        table = burden(firms, column, keys)
        parts.append(page.keep(f"burden_by_{column}", table))
    parts.insert(2, _over_revenue(page, burden(firms, "sector", keys)))
    return "".join(parts)


def burden(firms: "pd.DataFrame", column: str, keys: list[str]) -> "pd.DataFrame":
    """Return cost by group, its parts and sum over all years, accounts and revenue, the costliest first."""
    sums = costs(firms, column, keys)
    by_group = firms.groupby(column)
    revenue = by_group["revenue"].sum() if "revenue" in firms else by_group["activity"].sum() * np.nan
    table = sums.assign(total=sums[list(COSTS)].sum(axis=1), accounts=by_group["account"].nunique(), revenue=revenue)
    table["share_of_revenue"] = table["total"] / table["revenue"].where(table["revenue"] > 0)
    return table.reset_index()


def _over_revenue(page: DossierPage, table: "pd.DataFrame") -> str:
    """Return what each sector bears as a share of its revenue, where accounts have revenues."""
    display = page.display
    known = table[np.isfinite(table["share_of_revenue"])].sort_values(
        "share_of_revenue", ascending=False, kind="stable"
    )
    if known.empty:
        return page.paragraph(page.plain("equity.no_revenue"), note=True)
    rows = [
        [display.name("sector", row.sector), display.number(row.accounts, 6), display.money(row.total),
         display.share(row.share_of_revenue)]
        for row in rows_of(known)
    ]  # fmt: skip
    head = [page.plain(f"equity.columns.{name}") for name in ("sector", "accounts", "total", "share")]
    return page.table(head, rows, page.plain("equity.caption"))


def _gini(page: DossierPage) -> str:
    """Return how unequal the burden is over the seeds of the base run."""
    found, display = page.found.comparison, page.display
    if found is None or "burden_gini" not in found.units:
        return ""
    rows = found.summary.set_index(["arm", "kpi"])
    one: Any = rows.loc[(found.labels[found.baseline], "burden_gini")]
    if not np.isfinite(one["mean"]):
        return page.paragraph(page.plain("equity.no_gini"))
    told = page.plain(
        "equity.gini", mean=display.number(float(one["mean"]), 3), seeds=int(one["n"]),
        interval=words.interval(display, "burden_gini", float(one["low"]), float(one["high"])),
    )  # fmt: skip
    return f"<p>{escape(told)}</p>"
