"""The charts of the page Sweeps, with the options that each needs."""

from typing import TYPE_CHECKING

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.view import View
from dashboard.words import Words
from scenarios.kpis import declared

if TYPE_CHECKING:
    from dashboard.pages.sweeps import Sweep

MOST_AXES = 6
PREFERRED = ("actual_cost", "efficiency")


def charts(view: View, words: Words, sweep: "Sweep") -> tuple[list[Component], list[Component]]:
    """Return the options and the charts that fit what a comparison varies: one path, two or more."""
    kpi = _option(view, "kpi", sweep.kpis, "actual_cost")
    picks = [kit.choose("kpi", words.text("sweeps.kpi"), sweep.kpis, kpi)]
    shown: list[Component] = []
    if len(sweep.paths) > 1:
        names = {path: path for path in sweep.paths}
        across = _option(view, "columns", names, sweep.paths[0])
        down = _option(view, "rows", {path: path for path in sweep.paths if path != across}, sweep.paths[1])
        if len(sweep.paths) > 2:
            picks.append(kit.choose("columns", words.text("sweeps.columns"), names, across))
            picks.append(kit.choose("rows", words.text("sweeps.rows"), {p: p for p in names if p != across}, down))
        shown.append(_heat(view, words, sweep, across, down, kpi))
    shown += [_response(view, words, sweep, path, kpi) for path in sweep.paths]
    shown.append(_parallel(view, words, sweep, kpi))
    goals = {kpi: name for kpi, name in sweep.kpis.items() if declared(kpi).direction != "neutral"}
    if len(goals) > 1:
        x = _option(view, "x", goals, PREFERRED[0])
        y = _option(view, "y", {key: name for key, name in goals.items() if key != x}, next(iter(goals)))
        picks.append(kit.choose("x", words.text("sweeps.x"), goals, x))
        picks.append(kit.choose("y", words.text("sweeps.y"), {k: name for k, name in goals.items() if k != x}, y))
        shown.append(_pareto(view, words, sweep, x, y))
    return picks, shown


def _option(view: View, name: str, known: dict[str, str], usual: str) -> str:
    """Return an option's value if it is one that is known, else the usual one, else the first."""
    given = view.options.get(name, usual)
    return given if given in known else usual if usual in known else next(iter(known))


def _heat(view: View, words: Words, sweep: "Sweep", across: str, down: str, kpi: str) -> Component:
    from scenarios.figures.sweeps import heat_map

    figure = heat_map(sweep.table, across, down, kpi, sweep.marks, sweep.page.display)
    rest = [path for path in sweep.paths if path not in {across, down}]
    gap = sweep.page.display.text("numbers.list_gap")
    caption = words.fill("sweeps.heat.averaged", paths=gap.join(rest)) if rest else words.text("sweeps.heat.caption")
    title = words.fill("sweeps.heat.title", kpi=sweep.kpis[kpi])
    return kit.chart(view, words, "sweep-heat", title, figure, caption, wide=True)


def _response(view: View, words: Words, sweep: "Sweep", path: str, kpi: str) -> Component:
    from scenarios.figures.sweeps import response

    figure = response(sweep.table, path, kpi, sweep.marks, sweep.page.display)
    title = words.fill("sweeps.response.title", kpi=sweep.kpis[kpi], key=path)
    key = f"sweep-{path.replace('.', '-')}"
    wide = len(sweep.paths) == 1
    caption = words.text("sweeps.response.caption" if wide else "sweeps.response.several")
    return kit.chart(view, words, key, title, figure, caption, wide=wide)


def _parallel(view: View, words: Words, sweep: "Sweep", kpi: str) -> Component:
    from scenarios.figures.sweeps import parallel

    usual = [*dict.fromkeys([kpi, *PREFERRED, *sweep.kpis])]
    kpis = [one for one in usual if one in sweep.kpis][: max(MOST_AXES - len(sweep.paths), 2)]
    chosen = sweep.chosen.label if sweep.chosen is not None else None
    figure = parallel(sweep.table, sweep.paths, kpis, chosen, sweep.marks, sweep.page.display)
    caption = words.text("sweeps.parallel.caption")
    return kit.chart(view, words, "sweep-parallel", words.text("sweeps.parallel.title"), figure, caption, wide=True)


def _pareto(view: View, words: Words, sweep: "Sweep", x: str, y: str) -> Component:
    from scenarios.figures.sweeps import pareto

    chosen = sweep.chosen.label if sweep.chosen is not None else None
    figure = pareto(sweep.table, x, y, chosen, sweep.marks, sweep.page.display)
    rows = sweep.table[sweep.table["kpi"].isin([x, y])]
    finite = rows[np.isfinite(rows["value"])].groupby("arm")["kpi"].nunique()
    missing = [arm for arm in sweep.own if finite.get(arm, 0) < 2]
    gap = sweep.page.display.text("numbers.list_gap")
    card = kit.chart(
        view, words, "sweep-pareto", words.text("sweeps.pareto.title"), figure, words.text("sweeps.pareto.caption"),
        wide=True,
    )  # fmt: skip
    if not missing:
        return card
    left = kit.note(words.fill("sweeps.pareto.left_out", arms=gap.join(missing)))
    return html.Div([card, left], className="wide")
