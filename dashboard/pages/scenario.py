"""The first page: levers beside what they do to price, volume, flows, bank, cost, compliance and who pays."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Arm, Found, right_of
from dashboard.levers import panel
from dashboard.view import View
from dashboard.words import Words
from scenarios import comparison_words
from scenarios.display import Display
from scenarios.figures import comparison, overview
from scenarios.report_warnings import worded
from scenarios.statistics import estimate, paired_difference

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.results import RunResult
    from scenarios.schema import Scenario

needs_runs = True
RIGHT_TILES = ("mean_price", "last_price", "flow_to_cap", "compliance_rate")
RUN_TILES = ("actual_cost", "efficiency")
NOTHING = 1e-6
"""Relative differences below this are none: they come from lots and ticks."""


def controls(view: View, words: Words, scenario: "Scenario", own: "Scenario") -> Component:
    """Return the levers of the right that is looked at, and apart from them what the world does.

    Parameters
    ----------
    own : the scenario before any change.
    """
    return panel(view, words, scenario, own, right_of(view, scenario))


def content(view: View, words: Words, found: Found) -> Component:
    """Return the indicators and figures of the scenario over those of its baseline."""
    if found.result is None:
        return kit.empty(words.text("scenario.waiting"), words.text("scenario.waiting_told"))
    key = right_of(view, found.arm.scenario)
    # The baseline is first, in the colour that it has on the page Compare; its line stays where it was.
    pair = [found.baseline, found.arm] if found.baseline is not found.arm else [found.arm]
    arms = {arm.label: arm.results for arm in pair if arm.results and key in arm.scenario.instruments}
    display = found.arm.display(view.language)
    rights = list(found.arm.scenario.instruments)

    def drawn(name: str, figure: "object", *, wide: bool = False) -> Component:
        title, caption = words.text(f"scenario.{name}")
        return kit.chart(view, words, f"{name}-{key}", title, figure, caption, wide=wide)  # type: ignore[arg-type]

    calendar = found.arm.scenario.calendar
    years = (calendar.start_year, calendar.start_year + calendar.years - 1)
    parts = [
        drawn("price", comparison.price_overlay(prices(pair), key, list(arms), years, display), wide=True),
        drawn("flow", overview.flows(arms, key, display)),
        drawn("bank", overview.banks(arms, key, display)) if found.arm.scenario.instruments[key].banked else None,
        drawn("volume", overview.volumes(arms, key, display)),
        drawn("compliance", overview.compliance(arms, key, display)),
    ]
    if all("firms" in result.tables for results in arms.values() for result in results):
        parts.append(drawn("burden", overview.burdens(arms, "sector", rights, display), wide=True))
    tiles, more = _tiles(words, found, key, display), _beside_tiles(view, words, found)
    return html.Div([tiles, more, kit.grid(parts), _honest(view, words, found)])


def _beside_tiles(view: View, words: Words, found: Found) -> Component:
    """Return what the tiles' numbers are of, what one seed cannot say, and the way to the whole comparison."""
    said = [words.text("scenario.whole")]
    if view.seeds == 1:
        said.append(words.text("scenario.one_seed"))
    link = None
    if found.baseline is not found.arm:
        link = html.Button(words.text("scenario.compare"), type="button", className="pick", **{"data-page": "compare"})
    return html.Div([html.P(" ".join(said), className="caption"), link], className="beside-tiles")


def prices(arms: Sequence[Arm]) -> "pd.DataFrame":
    """Return the prices of all runs in one table, as a comparison has it: arm, seed, period, year and so on."""
    import pandas as pd

    from scenarios.run_pool import prices_of

    tables = [
        prices_of(result.markets).assign(arm=arm.label, seed=result.seed) for arm in arms for result in arm.results
    ]
    return pd.concat(tables, ignore_index=True)


def _tiles(words: Words, found: Found, key: str, display: Display) -> Component:
    base = found.baseline.results if found.baseline is not found.arm else ()
    names = [f"{key}.{name}" for name in RIGHT_TILES] + list(RUN_TILES)
    return html.Ul([_tile(words, name, found.arm.results, base, display) for name in names], className="tiles",
                   id={"type": "told", "name": "tiles"})  # fmt: skip


def _tile(
    words: Words, kpi: str, results: "Sequence[RunResult]", base: "Sequence[RunResult]", display: Display
) -> Component:
    """Return an indicator and its difference from the baseline, paired by seed; with several seeds an interval too."""
    values = np.array([float(result.kpis.get(kpi, np.nan)) for result in results])
    shown = comparison_words.value(display, kpi, estimate(values).mean)
    parts: list[Component | str] = [
        html.Span(comparison_words.short_title(display, kpi), className="tile-name"),
        html.Strong(shown),
    ]
    both = min(len(results), len(base))
    if both:
        one = paired_difference(values[:both], np.array([float(r.kpis.get(kpi, np.nan)) for r in base[:both]]))
        size = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
        if abs(one.mean) <= NOTHING * size:
            parts.append(html.Span(words.text("scenario.equal")))
        elif np.isfinite(one.mean):
            told = comparison_words.difference(display, kpi, one.mean)
            parts.append(html.Span(words.fill("scenario.against", difference=told)))
        if both > 1 and np.isfinite(one.low) and abs(one.mean) > NOTHING * size:
            interval = comparison_words.interval(display, kpi, one.low, one.high)
            parts.append(html.Span(words.fill("scenario.interval", interval=interval)))
    return html.Li(parts, className="tile")


def _honest(view: View, words: Words, found: Found) -> Component:
    """Return what must be read with the numbers: the scenario's own assumptions and the warnings of its runs."""
    from scenarios.display import say

    notes = found.arm.scenario.notes
    items = [
        html.Li([html.Strong(words.text("scenario.flagged")) if one.flagged else None, say(one.text, view.language)])
        for one in notes
    ]
    warnings = list(dict.fromkeys(text for result in found.arm.results for text in result.warnings))
    display = found.arm.display(view.language)
    more = [html.Li(worded(text, display) or text) for text in warnings]
    return html.Details(
        [
            html.Summary(words.fill("scenario.assumptions", notes=len(notes), warnings=len(warnings))),
            html.Ul(items + more),
        ],
        className="honest",
        id={"type": "told", "name": "honest"},
    )
