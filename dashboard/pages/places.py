"""Places: cities on a schematic map, their flows against what was allocated, and who pays whom."""

from typing import TYPE_CHECKING, cast

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.chosen import (
    ALL,
    baseline_name,
    chosen_year,
    column,
    not_there,
    option,
    period_told,
    recorded,
    year_choice,
)
from dashboard.found import Found, right_of
from dashboard.view import View
from dashboard.words import Words
from scenarios.city_layout import layout_of
from scenarios.cost_curve import mean_price
from scenarios.display import Display
from scenarios.figures.firms import allocation_by, firm_flows
from scenarios.figures.places import Shade, city_bars, city_map, ratio
from scenarios.firm_tables import accounts_in, groups
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult

needs_runs = True
SHADES = ("change", "gap")
NOTHING = 1e-9  # of what is paid: less is rounding


def controls(view: View, words: Words, scenario: Scenario) -> Component | None:
    """Return the choice of year and colour; a city is chosen by a click."""
    texts = words.group("places.options")
    parts = [
        year_choice(view, scenario, texts["year"], texts["all_years"]),
        kit.choose("shade", texts["shade"], words.group("places.shades"), _shade(view)),
    ]
    return html.Div(parts, className="controls")


def content(view: View, words: Words, found: Found) -> Component:
    """Return the map, flow against allocation, who pays whom, and the chosen city over time."""
    result = recorded(found)
    if result is None:
        return not_there(words, found, "places")
    display = found.arm.display(view.language)
    scenario = result.scenario
    right, year = right_of(view, scenario), chosen_year(view, scenario)
    table = groups(accounts_in(result.firms, list(scenario.instruments), right, year), "city")
    city = option(view, "city")
    known = city in set(table["city"])
    period = period_told(words, scenario, year)
    remarks = [kit.note(words.text("places.limits"))]
    if city and not known:
        remarks.append(kit.note(words.fill("places.unknown_city", city=city), "warning"))
    position = allocation_by(table, "city", right, display, lambda key: kit.point("city", key))
    cards = [
        _map(view, words, table, right, city if known else None, period, display),
        kit.chart(view, words, "places-position", words.fill("places.position.title", period=period), position,
                  words.text("places.position.caption")),
        _city(view, words, result, city, right, display) if known else None,
        _balance(words, found, table, right, year, period, display),
    ]  # fmt: skip
    return html.Div([*remarks, _price(words, result, right, year, display), kit.grid(cards)])


def _map(
    view: View, words: Words, table: "pd.DataFrame", right: str, city: str | None, period: str, display: Display
) -> Component:
    shade, layout = _shade(view), layout_of(table["city"])
    told = words.text(f"places.shade_told.{shade}")

    def mark(key: str) -> str:
        return kit.point("city", key)

    if layout is None:
        kind, figure = "bars", city_bars(table, shade, right, display, mark)
    else:
        kind, figure = "map", city_map(table, layout, shade, right, display, mark, city)
    title = words.fill(f"places.{kind}.title", period=period)
    return kit.chart(view, words, f"places-{kind}", title, figure, words.fill(f"places.{kind}.caption", shade=told))


def _city(view: View, words: Words, result: "RunResult", city: str, right: str, display: Display) -> Component:
    """Return one city over time, with ways to its firms and back to all cities."""
    firms = result.firms
    columns = {name: f"{name}_{right}" for name in ("flow", "baseline", "allocated", "net_purchase")}
    rows = firms[firms["city"] == city].groupby("year")[list(columns.values())].sum().reset_index()
    rows = rows.rename(columns={source: name for name, source in columns.items()})
    title = words.fill("places.city.title", city=display.name("city", city))
    figure = firm_flows(rows, right, display)
    ways = [
        kit.pick("city", ALL, words.text("places.city.back")),
        kit.pick("city", city, words.text("places.city.firms"), go="firms"),
    ]
    shown = kit.chart(view, words, "places-city", title, figure, words.text("places.city.caption"))
    return html.Div([html.Div(ways, className="ways"), shown])


def _balance(
    words: Words, found: Found, table: "pd.DataFrame", right: str, year: int | None, period: str, display: Display
) -> Component:
    import pandas as pd

    name, before = baseline_name(found, right), None
    if name is not None:
        other = found.baseline.results[0]
        rows = accounts_in(other.firms, list(other.scenario.instruments), right, year)
        before = groups(rows, "city").set_index("city")["flow"]
    factor, unit = display.amount_unit(right)
    size, unit = display.scale(table[["flow", "allocated"]].to_numpy() * factor, unit)
    money, currency = display.scale(table["paid"], display.currency)
    texts = words.group("places.balance")
    columns = ["city", "accounts", "flow", "change", "allocated", "gap", "net_purchase", "payment"]
    heads = [texts[key].format(unit=currency if key == "payment" else unit) for key in columns]
    caption = f"{_told(words, table, display)}{texts['caption']}"
    if name is not None:
        heads.append(texts["difference"].format(unit=unit))
        caption += ("" if words.language == "zh" else " ") + texts["caption_difference"].format(baseline=name)
    numbers = ["accounts", "flow", "baseline", "allocated", "net_purchase", "paid"]
    whole = table[numbers].sum().to_frame().T.assign(city="")
    for key in ("net_purchase", "paid"):  # what one city pays another adds up to rounding errors
        whole[key] = whole[key].where(whole[key].abs() > NOTHING * table[key].abs().sum(), 0.0)
    whole = pd.concat([table[["city", *numbers]], whole], ignore_index=True)
    names = [kit.pick("city", str(key), display.name("city", str(key))) for key in table["city"]]
    cells: list[list[kit.Part]] = [
        [*names, html.Strong(texts["all"])],
        [display.number(count) for count in whole["accounts"]],
        list(column(whole["flow"] * factor, size, display)),
        list(column(ratio(whole, "change"), 0.01, display)),
        list(column(whole["allocated"] * factor, size, display)),
        list(column(ratio(whole, "gap"), 0.01, display)),
        list(column(whole["net_purchase"] * factor, size, display)),
        list(column(whole["paid"], money, display)),
    ]
    if before is not None:
        change = table["flow"].to_numpy() - before.reindex(table["city"]).to_numpy()
        change = [*change, table["flow"].sum() - before.sum()]
        cells.append(list(column(np.array(change) * factor, size, display)))
    shown = list(zip(*cells, strict=True))
    title = texts["title"].format(period=period)
    return kit.table(words, "places-balance", title, heads, shown, caption, numeric=range(1, len(heads)), wide=True)


def _told(words: Words, table: "pd.DataFrame", display: Display) -> str:
    """Return who pays most, who receives most and what is left, in words."""
    paid, all_paid = table.set_index("city")["paid"], float(table["paid"].sum())
    moved = float(paid.abs().sum())
    said = ""
    if len(paid) > 1 and paid.max() > 0 > paid.min():
        said += words.fill(
            "places.balance.most",
            payer=display.name("city", str(paid.idxmax())),
            paid=display.money(float(paid.max())),
            receiver=display.name("city", str(paid.idxmin())),
            received=display.money(-float(paid.min())),
        )
    kind = "even" if abs(all_paid) <= NOTHING * moved else "paid_out" if all_paid > 0 else "taken_in"
    rest = words.fill(f"places.balance.{kind}", amount=display.money(abs(all_paid)))
    return said + rest + ("" if words.language == "zh" else " ")


def _price(words: Words, result: "RunResult", right: str, year: int | None, display: Display) -> Component | None:
    if year is None:
        return None
    price = mean_price(result, right, year)
    return html.P(words.fill("places.price", year=year, price=display.price(right, price)))


def _shade(view: View) -> Shade:
    shade = view.options.get("shade")
    return cast("Shade", shade if shade in SHADES else SHADES[0])
