"""A sweep from the store on the page Sweeps: how far it is, what came out, which parameters matter."""

from typing import TYPE_CHECKING

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.view import View
from dashboard.words import Words
from scenarios.kpis import declared
from scenarios.sweep_page import SweepPage

if TYPE_CHECKING:
    from scenarios.sweeps.results import SweepResult

MOST_AXES = 6
MOST_LEVELS = 25
"""With more values than this of a parameter a map would have too many cells to be read."""


def stored_sweep(view: View, words: Words, result: "SweepResult", which: Component) -> Component:
    """Return a sweep that is open, finished or still running.

    Parameters
    ----------
    which : the option that says what is open.
    """
    page = SweepPage.of(result, view.language)
    failed = int((page.runs["stage"] != "").sum())
    counts = {"made": f"{len(page.runs):,}", "missing": f"{page.missing:,}", "failed": f"{failed:,}"}
    told = words.fill(f"sweeps.stored.{'underway' if page.missing else 'done'}", **counts, total=f"{result.total:,}")
    remarks = [kit.note(told, "warning" if page.missing or failed else "note")]
    if page.one_seed:
        remarks.append(kit.note(words.text("sweeps.stored.one_seed")))
    if not page.outcomes:
        return html.Div([html.Div([which], className="controls"), *remarks])
    names = {name: page.title(name) for name in page.outcomes}
    kpi = view.options.get("kpi", "")
    kpi = kpi if kpi in names else next(iter(names))
    picks = [which, kit.choose("kpi", words.text("sweeps.kpi"), names, kpi)]
    shown = [*_charts(view, words, page, kpi), *_sensitivity(view, words, page, kpi)]
    return html.Div(
        [html.P(words.text("sweeps.stored.intro")), html.Div(picks, className="controls"), *remarks, kit.grid(shown)]
    )


def _charts(view: View, words: Words, page: SweepPage, kpi: str) -> list[Component]:
    from scenarios.figures.sweeps import heat_map, parallel, pareto
    from scenarios.sweep_points_table import points_table

    table, paths = points_table(page)
    title, display = page.title(kpi), page.display
    shown = []
    few = [path for path in paths if table[path].nunique() <= MOST_LEVELS]
    if len(few) > 1 and few == paths:
        figure = heat_map(table, paths[0], paths[1], kpi, {}, display)
        caption = words.text("sweeps.stored.averaged")
        shown.append(kit.chart(view, words, "sweep-heat", words.fill("sweeps.heat.title", kpi=title), figure, caption,
                               wide=True))  # fmt: skip
    kpis = [kpi, *(name for name in page.outcomes if name != kpi)]
    axes = paths[: MOST_AXES - 2]
    figure = parallel(table, axes, kpis[: max(MOST_AXES - len(axes), 2)], None, {}, display)
    heading, caption = words.text("sweeps.stored.parallel"), words.text("sweeps.stored.means")
    shown.append(kit.chart(view, words, "sweep-parallel", heading, figure, caption, wide=True))
    goals = [name for name in kpis if declared(name).direction != "neutral"]
    # Points of a joint design differ in their worlds too: which of them is best would be luck, not policy.
    if len(goals) > 1 and page.several:
        figure = pareto(table, goals[0], goals[1], None, {}, display)
        heading = words.text("sweeps.pareto.title")
        shown.append(kit.chart(view, words, "sweep-pareto", heading, figure, words.text("sweeps.stored.means"),
                               wide=True))  # fmt: skip
    return shown


def _sensitivity(view: View, words: Words, page: SweepPage, kpi: str) -> list[Component]:
    from scenarios.analysis.words import sensitivity_note
    from scenarios.figures.sensitivity import ranking_bars
    from scenarios.figures.sweep_outcomes import responses
    from scenarios.sweep_effects import ranking_of
    from scenarios.sweep_outcomes import by_point
    from scenarios.sweep_sensitivity import sensitivity_of

    display = page.display
    indices = sensitivity_of(page.result, [kpi])
    ranked = ranking_of(indices)
    if not len(ranked):
        return [kit.note(str(display.text("sweep.sensitivity.few")))]
    short = {name: one.short for name, one in page.words.items()}
    heading = words.fill("sweeps.stored.ranking", kpi=page.title(kpi))
    bars = kit.chart(
        view, words, "sweep-ranking", heading, ranking_bars(indices, kpi, short, display),
        sensitivity_note(display, indices, kpi), wide=True,
    )  # fmt: skip
    points = by_point(page)
    factor, axis = page.scaled(kpi, points[kpi])
    names = {name: page.words[name].with_unit(display) for name in list(ranked["parameter"])[:MOST_AXES]}
    figure = responses(points.rename(columns={kpi: "value"}), names, factor, axis, display)
    heading = words.fill("sweeps.stored.response", kpi=page.title(kpi))
    told = str(display.text("sweep.responses.told"))
    return [bars, kit.chart(view, words, "sweep-response", heading, figure, told, wide=True)]
