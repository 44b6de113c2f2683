"""The cards of the page Compare: each from a comparison to a chart, a table or sentences."""

from typing import TYPE_CHECKING

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.compared import Compared, label_of
from dashboard.findings import findings, rankings, verdict
from dashboard.found import Arm, Found
from dashboard.view import View
from dashboard.words import Words
from scenarios import comparison_words
from scenarios.comparison_arms import written
from scenarios.comparison_choice import main_kpis
from scenarios.comparison_of_results import NOT_SET, value_at
from scenarios.display import plain_number
from scenarios.path_words import path_in_words
from scenarios.statistics import Estimate
from scenarios.winners import changes_by, losers

if TYPE_CHECKING:
    import pandas as pd

LONGEST_VALUE = 160
RUNGS = ("misallocation", "mistiming", "volume", "investment", "friction")


def told(words: Words, there: Compared, right: str) -> Component:
    """Return what was found, in words."""
    found = findings(there, words, right)
    per_arm = [
        html.Div([
            html.H3(arm),
            html.Ul([html.Li([html.Strong(one.title), f"{there.display.text('numbers.colon')}{one.text}"])
                     for one in found if one.arm == arm]),
        ])
        for arm in there.others
    ]  # fmt: skip
    parts = [html.P(text, className="finding") for text in rankings(there, words)]
    parts.append(html.P(words.fill("compare.findings.against", base=there.base), className="caption"))
    remark = words.text("compare.findings.one_seed" if there.one_seed else "compare.findings.caveat")
    kind = "warning" if there.one_seed else "note"
    notes = [kit.note(remark, kind), kit.note(words.text("compare.findings.unpriced"))]
    return kit.card(words.text("compare.findings.title"), [*parts, *per_arm, *notes], wide=True)


def arms_table(view: View, words: Words, found: Found, base: Arm) -> Component:
    """Return what each scenario is and what it changes, with buttons that remove what was added."""
    others = {choice.text: number for number, choice in enumerate(view.others)}
    rows = []
    for arm in (base, *(arm for arm in found.arms if arm is not base)):
        roles = [name for name, is_so in (("scenario", arm is found.arm), ("baseline", arm is base)) if is_so]
        role = " · ".join(words.text(f"compare.roles.{name}") for name in roles or ["other"])
        drop = None
        if arm.choice.text in others:
            text = words.fill("compare.controls.drop", name=label_of(arm.choice))
            drop = html.Button("✕", type="button", className="tool", title=text,
                               **{"data-arm": f"drop-{others[arm.choice.text]}", "aria-label": text})  # fmt: skip
        changes = html.Ul([html.Li(text) for text in changes_in_words(view, words, arm, base)])
        rows.append([arm.label, role, changes, str(len(arm.results)), drop])
    columns = words.text("compare.arms.columns")
    return kit.table(words, "arms", words.text("compare.arms.title"), columns, rows, numeric=(3,), wide=True)


def changes_in_words(view: View, words: Words, arm: Arm, base: Arm) -> list[str]:
    """Return the keys in which an arm differs from the baseline, with both values."""
    if arm is base and not arm.choice.changes:
        return [words.text("compare.arms.unchanged")]
    said = []
    if arm.choice.base != base.choice.base:
        said.append(words.fill("compare.arms.base", base=arm.choice.base))
    display = arm.display(view.language)
    theirs, ours = (one.scenario.model_dump(mode="json", by_alias=True) for one in (base, arm))
    paths = sorted({*arm.choice.changes, *base.choice.changes} if arm is not base else arm.choice.changes)
    for path in paths:
        old = base.choice.changes.get(path, value_at(theirs, path))
        new = arm.choice.changes.get(path, value_at(ours, path))
        if arm is not base and old == new:
            continue
        title = path_in_words(ours, path, view.language)
        values = {
            name: comparison_words.setting_in_words(display, path, value, one.scenario) or _short(value)
            for name, value, one in (("old", old, base), ("new", new, arm))
        }
        said.append(words.fill("compare.arms.set" if arm is base else "compare.arms.change", key=title, **values))
    return said or [words.text("compare.arms.unchanged")]


def prices(view: View, words: Words, there: Compared, right: str) -> Component:
    """Return the prices of a right over one another."""
    from scenarios.figures.comparison import price_overlay

    calendar = there.arms[0].scenario.calendar
    years = calendar.start_year, calendar.start_year + calendar.years - 1
    table = there.comparison.prices
    table = table[~table["arm"].isin(there.calendars)]
    figure = price_overlay(table, right, there.comparison.labels, years, there.display)
    title = words.fill("compare.prices.title", right=there.display.titles[right])
    return kit.chart(
        view, words, f"compare-price-{right}", title, figure, words.text("compare.prices.caption"), wide=True
    )


def effects_chart(view: View, words: Words, there: Compared, right: str) -> Component:
    """Return relative paired differences of the main indicators."""
    from scenarios.figures.comparison import effects

    names = {kpi: comparison_words.title(there.display, kpi) for kpi in main_kpis(there.comparison, [right])}
    figure = effects(there.differences.reset_index(), names, there.display)
    caption = words.text("compare.effects.caption")
    return kit.chart(view, words, "compare-effects", words.text("compare.effects.title"), figure, caption, wide=True)


def ladder(view: View, words: Words, there: Compared) -> Component:
    """Return the efficiency ladder, stacked, an arm beside the other."""
    from scenarios.figures.comparison import ladder_by_arm

    means = there.summary["mean"]
    known = [rung for rung in RUNGS if rung in there.comparison.units]
    rungs = {arm: {rung: float(means[arm, rung]) for rung in known} for arm in there.comparison.labels}
    caption = words.text("compare.ladder.caption")
    figure = ladder_by_arm(rungs, there.display)
    return kit.chart(view, words, "compare-ladder", words.text("compare.ladder.title"), figure, caption, wide=True)


def winners(view: View, words: Words, there: Compared) -> list[Component]:
    """Return who pays more and who less, by sector and by city, and how many accounts."""
    from scenarios.figures.winners import winners_and_losers

    tables = there.paid
    if not tables:
        return [kit.card(words.text("compare.winners.sector"), kit.note(words.text("compare.winners.not_recorded")))]
    charts = []
    for column in ("sector", "city"):
        changes = {arm: changes_by(own, base, column) for arm, (own, base) in tables.items()}
        figure = winners_and_losers(changes, column, there.display)
        caption = words.text("compare.winners.caption")
        charts.append(
            kit.chart(view, words, f"compare-{column}", words.text(f"compare.winners.{column}"), figure, caption)
        )
    said = [html.P(text) for text in who_pays(words, there, tables)]
    return [*charts, html.Div([*said, kit.note(words.text("compare.winners.note"))], className="card wide")]


def who_pays(
    words: Words, there: Compared, tables: "dict[str, tuple[list[pd.DataFrame], list[pd.DataFrame]]]"
) -> list[str]:
    """Return how many accounts pay more and less in each arm, and how unequal burdens are, as sentences."""
    display, said = there.display, []
    gini = there.summary["mean"]
    for arm, (own, base) in tables.items():
        counted = losers(own, base)
        if counted is None:
            said.append(words.fill("compare.winners.no_shared", arm=arm))
            continue
        shares = {name: display.share(getattr(counted, name)) for name in ("more", "less", "same")}
        text = words.fill("compare.winners.losers", arm=arm, accounts=display.number(counted.accounts), **shares)
        said.append(text)
        ends = [float(gini.get((one, "burden_gini"), np.nan)) for one in (arm, there.base)]
        if np.isfinite(ends).all():
            numbers = dict(zip(("own", "base"), map(display.number, ends), strict=True))
            said.append(words.fill("compare.winners.gini", arm=arm, **numbers))
    return said


def indicators(words: Words, there: Compared, right: str) -> Component:
    """Return the main indicators, a row an indicator and arm."""
    display = there.display
    summary, differences = there.summary, there.differences
    rows: list[list[kit.Part]] = []
    for kpi in main_kpis(there.comparison, [right]):
        name = comparison_words.title(display, kpi)
        for arm in there.comparison.labels:
            mean = summary.loc[(arm, kpi)]
            cells: list[kit.Part] = [name, arm, comparison_words.value(display, kpi, mean["mean"])]
            if arm == there.base:
                rows.append([*cells, "", "", "", words.text("compare.roles.baseline"), str(int(mean["n"]))])
                continue
            row = differences.loc[(arm, kpi)]
            one = Estimate(row["difference"], np.nan, row["low"], row["high"], int(row["n"]))
            kind = verdict(one)
            rows.append([
                *cells,
                comparison_words.difference(display, kpi, row["difference"]),
                comparison_words.interval(display, kpi, row["low"], row["high"]),
                comparison_words.relative(display, row["relative"]),
                str(display.text(f"comparison.verdicts.{'unknown' if kind == 'single' else kind}")),
                str(one.n),
            ])  # fmt: skip
    columns, caption = words.text("compare.table.columns"), words.text("compare.table.caption")
    return kit.table(
        words, "compare-indicators", words.text("compare.table.title"), columns, rows, caption,
        numeric=(2, 3, 4, 5, 7), wide=True,
    )  # fmt: skip


def _short(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain_number(float(value), 10)
    text = NOT_SET if value == NOT_SET else written(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
