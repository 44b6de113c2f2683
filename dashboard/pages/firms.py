"""Firms: what saving costs them, what they did, who pays; filtered by sector, city and size, or one firm over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.chosen import (
    ALL,
    baseline_name,
    chosen_year,
    column,
    ends,
    not_there,
    option,
    period_told,
    recorded,
    year_choice,
)
from dashboard.found import Found, right_of
from dashboard.pages.firm_story import story
from dashboard.view import View
from dashboard.words import Words
from scenarios import figures
from scenarios.cost_curve import cost_curve, mean_price
from scenarios.display import Display
from scenarios.errors import InputError
from scenarios.figures import firms as firm_figures
from scenarios.firm_tables import COSTS, SIZES, account_of, accounts_in, groups, payers
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult

needs_runs = True
SHOWN = 20
MOST_LISTED = 100  # entries of the search for a firm that are drawn at once


def controls(view: View, words: Words, scenario: Scenario) -> Component | None:
    """Return the choice of year, sector, city, size and firm."""
    texts = words.group("firms.options")
    listed = _listed(scenario, words)
    firm = kit.choose("firm", texts["firm"], {ALL: words.text("firms.clear"), **listed["firm"]}, option(view, "firm"),
                      texts["firm_hint"])  # fmt: skip
    firm.limit = MOST_LISTED  # type: ignore[attr-defined]
    parts = [
        year_choice(view, scenario, texts["year"], texts["all_years"]),
        kit.choose("sector", texts["sector"], {ALL: texts["all_sectors"], **listed["sector"]}, option(view, "sector")),
        kit.choose("city", texts["city"], {ALL: texts["all_cities"], **listed["city"]}, option(view, "city")),
        kit.choose("size", texts["size"], words.group("firms.sizes"), _size(view)),
        firm,
    ]
    return html.Div(parts, className="controls")


def content(view: View, words: Words, found: Found) -> Component:
    """Return the figures of all firms that the filters leave, or the story of the one that is chosen."""
    result = recorded(found)
    if result is None:
        return not_there(words, found, "firms")
    account = account_of(result.firms, view.options.get("firm"))
    if account is not None:
        return story(view, words, found, result, account, chosen_year(view, result.scenario))
    unknown = view.options.get("firm")
    remark = kit.note(words.fill("firms.unknown_firm", firm=unknown), "warning") if unknown else None
    return html.Div([remark, *_everybody(view, words, found, result)])


def _everybody(view: View, words: Words, found: Found, result: "RunResult") -> list[Component]:
    display = found.arm.display(view.language)
    right, year = right_of(view, result.scenario), chosen_year(view, result.scenario)
    keys = list(result.scenario.instruments)
    present = set(result.firms["sector"]), set(result.firms["city"])
    sector, city = (option(view, name) for name in ("sector", "city"))
    chosen = {"sector": sector if sector in present[0] else None, "city": city if city in present[1] else None}
    table = accounts_in(result.firms, keys, right, year, size=_size(view), **chosen)
    if table.empty:
        return [kit.empty(words.text("firms.nobody"), words.text("firms.nobody_help"), _wider(view, words))]
    period = period_told(words, result.scenario, year)
    raw = result.firms[result.firms["account"].isin(table["account"])]
    raw = raw if year is None else raw[raw["year"] == year]
    position = firm_figures.allocation_by(groups(table, "sector"), "sector", right, display,
                                          lambda key: kit.point("sector", key))  # fmt: skip
    scatter = firm_figures.burden(table, right, display, lambda key: kit.point("firm", key))
    revenue = "caption" if table["burden"].notna().any() else "caption_no_revenue"
    text = words.text
    cards = [
        _curve(view, words, result, table, year, display),
        kit.chart(view, words, "firms-cost-sales", text("firms.scatter.title"), scatter,
                  text(f"firms.scatter.{revenue}")),
        _payers(words, found, table, right, year, display, period),
        kit.chart(view, words, "firms-position", text("firms.position.title"), position,
                  text("firms.position.caption")),
        _measures(view, words, result, chosen["sector"], right, display),
        kit.chart(view, words, "firms-cost", words.fill("firms.cost.title", period=period),
                  figures.cost_by(raw, "sector", keys, display), text("firms.cost.caption"), wide=True),
    ]  # fmt: skip
    return [_head(words, table, display, period), kit.grid(cards)]


def _wider(view: View, words: Words) -> Component:
    """Return buttons that take back the filters that are set."""
    texts = words.group("firms.options")
    everything = {"sector": texts["all_sectors"], "city": texts["all_cities"], "size": words.text("firms.sizes.all")}
    return html.Div([kit.pick(name, ALL, label) for name, label in everything.items() if option(view, name) != ALL])


def _head(words: Words, table: "pd.DataFrame", display: Display, period: str) -> Component:
    count = words.fill("firms.head.firms", count=display.number(len(table)))
    sums = {name: display.money(float(table[name].sum())) for name in ("total", *COSTS)}
    pays = words.fill(
        "firms.head.pays",
        total=sums["total"],
        measures=sums["abatement_cost"],
        payments=sums["payment"],
        trading=sums["trading_cost"],
        penalties=sums["penalty"],
    )
    named = count if len(table) != 1 else words.text("firms.head.one")
    return html.P(
        [html.Strong(f"{named}{display.text('numbers.comma')}{period}"), f"{display.text('numbers.colon')}{pays}"]
    )


def _curve(
    view: View, words: Words, result: "RunResult", table: "pd.DataFrame", year: int | None, display: Display
) -> Component:
    """Return the cost curve; a curve is of one year, so all years show the last one."""
    right = right_of(view, result.scenario)
    shown = year if year is not None else ends(result.scenario)["last"]
    rows = result.firms[(result.firms["year"] == shown) & result.firms["account"].isin(table["account"])]
    saved = float((rows[f"baseline_{right}"] - rows[f"flow_{right}"]).sum())
    everybody = len(rows) == int((result.firms["year"] == shown).sum())
    curve = cost_curve(result, right, shown, None if everybody else set(rows["account"]))
    figure = firm_figures.cost_curve(curve, mean_price(result, right, shown), saved, right, display)
    title, caption = (words.fill(f"firms.curve.{name}", year=shown) for name in ("title", "caption"))
    return kit.chart(view, words, "firms-cost-curve", title, figure, caption)


def _measures(
    view: View, words: Words, result: "RunResult", sector: str | None, right: str, display: Display
) -> Component | None:
    measures = result.tables.get("measures")
    if measures is None:
        return None
    rows = measures if sector is None else measures[measures["sector"] == sector]
    figure = figures.abatement(rows, right, display)
    return kit.chart(view, words, "firms-measures", words.text("firms.measures.title"), figure,
                     words.text("firms.measures.caption"))  # fmt: skip


def _payers(
    words: Words, found: Found, table: "pd.DataFrame", right: str, year: int | None, display: Display, period: str
) -> Component:
    name, other = baseline_name(found, right), None
    if name is not None:
        arm = found.baseline.results[0]
        other = accounts_in(arm.firms, list(arm.scenario.instruments), right, year)
    rows = payers(table, SHOWN, other)
    money = ["abatement_cost", "payment", "trading_cost", "penalty", "total"]
    size, unit = display.scale(rows[money].to_numpy(), display.currency)
    texts = words.group("firms.payers")
    heads = [texts[key] for key in ("firm", "sector", "city")]
    heads += [texts[key].format(unit=unit) for key in ("measures", "payments", "trading", "penalties", "total")]
    heads.append(texts["burden"])
    caption = texts["caption"].format(count=len(rows), period=period, unit=unit)
    if name is not None:
        heads.append(texts["difference"].format(unit=unit))
        caption += ("" if words.language == "zh" else " ") + texts["caption_difference"].format(baseline=name)
    names = rows[["account", f"name_{words.language}"]].astype(str).itertuples(index=False)
    columns: list[list[kit.Part]] = [
        [kit.pick("firm", account, label) for account, label in names],
        [display.name("sector", key) for key in rows["sector"]],
        [display.name("city", key) for key in rows["city"]],
        *(list(column(rows[cost], size, display)) for cost in money),
        list(column(rows["burden"], 0.01, display)),
    ]
    if name is not None:
        columns.append(list(column(rows["difference"], size, display)))
    shown = list(zip(*columns, strict=True))
    return kit.table(
        words, "firms-payers", texts["title"], heads, shown, caption, numeric=range(3, len(heads)), wide=True
    )


def _size(view: View) -> str:
    size = view.options.get("size")
    return size if size in SIZES else SIZES[0]


def _listed(scenario: Scenario, words: Words) -> Mapping[str, dict[str, str]]:
    """Return sectors, cities and firms of a scenario by id, in its words; nothing where its tables cannot be read."""
    from scenarios.accounts import accounts

    try:
        given = accounts(scenario)
        files = {path.name: path.read_bytes() for path in given.sources}
    except (InputError, OSError):
        return {"sector": {}, "city": {}, "firm": {}}
    display, table = Display.of(scenario, words.language, files), given.firms
    found = {
        kind: {str(key): display.name(kind, str(key)) for key in dict.fromkeys(table[kind])}
        for kind in ("sector", "city")
    }
    ids = table["id"].astype(str).tolist()
    found["firm"] = dict(zip(ids, table[f"name_{words.language}"].astype(str).tolist(), strict=True))
    return found
