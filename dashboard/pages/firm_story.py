"""One firm through time: figures, a table, its trades, and the same in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.chosen import baseline_name
from dashboard.found import Found, right_of
from dashboard.view import View
from dashboard.words import Words
from scenarios.display import Display
from scenarios.figures.firms import firm_costs, firm_flows
from scenarios.firm_tables import COSTS, history, trades_of
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult

MOST_TRADES = 30
SAME = 5e-4
"""Flows closer than this share to what they would be without measures are told as equal."""


def story(view: View, words: Words, found: Found, result: "RunResult", account: object, year: int | None) -> Component:
    """Return the story of one firm; `year` is the one that is told first, None for the last."""
    display = found.arm.display(view.language)
    right = right_of(view, result.scenario)
    rows = result.firms[result.firms["account"] == account].sort_values("year")
    table = history(result.firms, account, result.scenario)
    mine = table[table["instrument"] == right]
    text = words.text
    title = f"{text('firms.story.flows')}{display.text('numbers.colon')}{display.titles[right]}"
    cards = [
        kit.chart(view, words, "firm-flows", title, firm_flows(mine, right, display),
                  text("firms.story.flows_caption")),
        kit.chart(view, words, "firm-costs", text("firms.story.costs"),
                  firm_costs(rows, list(result.scenario.instruments), display), text("firms.story.costs_caption")),
        kit.card(text("firms.story.words"), _told(words, result.scenario, rows, mine, right, year, display), wide=True),
        _trades(words, result, account, right, display),
        _table(words, found, account, table, right, display),
    ]  # fmt: skip
    return html.Div([*_head(words, rows.iloc[-1], display), kit.grid(cards)])


def _head(words: Words, row: "pd.Series[Any]", display: Display) -> list[Component | None]:
    behaviours = display.text("behaviours")
    about = words.fill(
        "firms.story.about",
        sector=display.name("sector", row["sector"]),
        city=display.name("city", row["city"]),
        behaviour=behaviours.get(row["behaviour"], row["behaviour"]),
    )
    kinds = words.group("firms.story.kinds")
    kind = kit.note(kinds[row["kind"]]) if row["kind"] in kinds else None
    back = kit.pick("firm", "", words.text("firms.story.back"))
    return [back, html.H1(str(row[f"name_{words.language}"])), html.P(about), kind]


def _told(
    words: Words, scenario: Scenario, rows: "pd.DataFrame", mine: "pd.DataFrame", right: str, year: int | None,
    display: Display,
) -> Component:  # fmt: skip
    """Return the chosen year and the whole run in words, and every year below."""
    flow = scenario.instruments[right].flow
    costs = rows.set_index("year")
    years = {int(row["year"]): year_in_words(words, row, costs.loc[row["year"]], right, flow, display)
             for row in mine.to_dict("records")}  # fmt: skip
    first = years.get(year, "") if year is not None else ""
    items = html.Ul([html.Li(text) for number, text in years.items() if number != year])
    whole = whole_in_words(words, rows, list(scenario.instruments), display)
    return html.Div([html.P(html.Strong(first)) if first else None, html.P(whole), items])


def year_in_words(
    words: Words, row: Mapping[Any, Any], costs: "pd.Series[Any]", right: str, flow: str, display: Display
) -> str:
    """Return what a firm did in one year as sentences.

    Parameters
    ----------
    row : one year and right, as in `scenarios.firm_tables.history`.
    costs : the firm's row of the table `firms` of that year.
    flow : kind of the right's flow, emission or intake.
    """

    def say(name: str, **values: object) -> str:
        return words.fill(f"firms.sentences.{name}", **values)

    year = int(row["year"])
    said = []
    if row["flow"] == 0 and row["baseline"] == 0 and row["allocated"] == 0 and row["net_purchase"] == 0:
        said.append(say("none", year=year))
    else:
        used = say("intake" if flow == "intake" else "emission", year=year, flow=display.amount(right, row["flow"]))
        change = row["flow"] / row["baseline"] - 1.0 if row["baseline"] > 0 else 0.0
        kind = "same" if abs(change) < SAME else "less" if change < 0 else "more"
        said.append(used + say(kind, share=display.share(abs(change))))
        free = say("free", amount=display.amount(right, row["allocated"])) if row["allocated"] > 0 else say("free_none")
        said.append(free + _traded(say, row, right, display))
        missing = row["shortfall"] > 0
        said.append(say("short", amount=display.amount(right, row["shortfall"])) if missing else say("met"))
    if costs["abatement_cost"] > 0:
        said.append(say("measures", money=display.money(costs["abatement_cost"])))
    else:
        said.append(say("no_measures"))
    if costs["penalty"] > 0:
        said.append(say("penalty", money=display.money(costs["penalty"])))
    return str(words.text("firms.sentences.gap")).join(said)


def _traded(say: Any, row: Mapping[Any, Any], right: str, display: Display) -> str:
    net, paid = row["net_purchase"], row["payment"]
    if net == 0:
        return str(say("held"))
    kind = "bought" if net > 0 else "sold"
    if net > 0 > paid:
        kind = "bought_gain"
    elif net < 0 < paid:
        kind = "sold_loss"
    return str(say(kind, amount=display.amount(right, abs(net)), money=display.money(abs(paid))))


def whole_in_words(words: Words, rows: "pd.DataFrame", instruments: list[str], display: Display) -> str:
    """Return what all rights and measures cost a firm over the run, or brought in."""
    costs = rows.assign(payment=rows[[f"payment_{key}" for key in instruments]].sum(axis=1))
    total, revenue = float(costs[list(COSTS)].to_numpy().sum()), float(rows["revenue"].sum())
    share = words.fill("firms.sentences.whole_share", share=display.share(total / revenue)) if revenue > 0 else ""
    name = "whole" if total >= 0 else "whole_gain"
    return words.fill(
        f"firms.sentences.{name}",
        first=int(rows["year"].min()),
        last=int(rows["year"].max()),
        total=display.money(abs(total)),
        share=share,
    )


def _table(
    words: Words, found: Found, account: object, table: "pd.DataFrame", right: str, display: Display
) -> Component:
    """Return every year and right of a firm; a right without any number is left out."""
    texts = words.group("firms.story")
    numbers = ["flow", "baseline", "allocated", "net_purchase", "payment", "shortfall", "position"]
    columns = ("year", "right", "unit", *numbers)
    heads = [texts[name].format(money=display.currency) for name in columns]
    name, caption, before = baseline_name(found, right), texts["table_caption"], None
    if name is not None:
        arm = found.baseline.results[0]
        before = history(arm.firms, account, arm.scenario).set_index(["year", "instrument"])["flow"]
        heads.append(texts["difference"])
        gap = "" if words.language == "zh" else " "
        caption = f"{caption}{gap}{texts['table_difference'].format(baseline=name)}"
    held = table.groupby("instrument")[numbers].transform(lambda column: column.abs().sum()).sum(axis=1) > 0
    shown: list[list[kit.Part]] = []
    for row in table[held].sort_values("year", kind="stable").to_dict("records"):
        key = row["instrument"]
        factor, unit = display.amount_unit(key)
        amounts = [display.number(row[n] * (1.0 if n == "payment" else factor)) for n in numbers]
        cells: list[kit.Part] = [str(row["year"]), display.titles[key], unit, *amounts]
        if before is not None:
            change = row["flow"] - before.get((row["year"], key), np.nan)
            cells.append(display.number(float(change) * factor))
        shown.append(cells)
    return kit.table(
        words, "firm-years", texts["table"], heads, shown, caption, numeric=range(3, len(heads)), wide=True
    )


def _trades(words: Words, result: "RunResult", account: object, right: str, display: Display) -> Component | None:
    """Return the latest single trades of a firm in the right, where the run kept them."""
    trades = trades_of(result, account, right)
    if trades is None:
        return None
    texts = words.group("firms.story")
    if trades.empty:
        return kit.card(texts["trades"], texts["no_trades"])
    factor, unit = display.amount_unit(right)
    names = ("time", "side", "amount", "price", "partner", "venue")
    units = {"amount": unit, "price": display.price_unit(right)}
    heads = [texts[name].format(unit=units.get(name, "")) for name in names]
    people = result.firms.drop_duplicates("account").set_index("account")[f"name_{words.language}"]
    rows: list[list[kit.Part]] = []
    for row in trades.tail(MOST_TRADES).iloc[::-1].to_dict("records"):
        partner = people.get(row["partner"], row["partner"])
        rows.append([
            f"{row['year']}-{row['month']:02d}", texts[row["side"]], display.number(row["amount"] * factor),
            display.number(row["price"]), str(partner), str(row["venue"]),
        ])  # fmt: skip
    caption = texts["trades_caption"].format(shown=len(rows), count=display.number(len(trades)))
    return kit.table(words, "firm-trades", texts["trades"], heads, rows, caption, numeric=(2, 3))
