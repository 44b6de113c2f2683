"""The path of a cap by year, with points that can be dragged up and down in a browser.

Each point is a small circle of the layout's shapes, anchored at its year and level; a browser in which shapes may be
moved tells of a drag by the shape's number. The axis is in rights, not in millions of them: what is dragged is a level.
"""

import re
from collections.abc import Mapping
from math import floor, log10
from typing import TYPE_CHECKING, Any

from scenarios.field_words import unit_of
from scenarios.figures.style import BLUE, CONFIG, GREY, ORANGE, empty_figure, years_axis

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from scenarios.display import Display

DRAG_CONFIG: dict[str, Any] = {**CONFIG, "edits": {"shapePosition": True}}
"""How a browser must show the figure so that its points can be dragged."""
RADIUS = 5  # pixels; in a larger circle the browser drags an edge instead of the whole
ROOM = 1.2
"""The axis ends at this many times the highest value, so that a cap can be raised by dragging too."""
TICKS = 6
_MOVED = re.compile(r"shapes\[(\d+)\]\.yanchor")


def cap_path(
    values: Mapping[Any, float],
    reference_values: Mapping[Any, float],
    display: "Display",
    instrument: str,
    own_values: Mapping[Any, float] | None = None,
) -> "go.Figure":
    """Return the cap by year as a line with points to drag.

    Parameters
    ----------
    values : cap by year, in rights; one point each, held before the first and after the last.
    reference_values : what would be emitted or taken without measures by year, in rights; may be empty.
    instrument : key of the right, for its unit.
    own_values : cap by year of the scenario before it was changed.
    """
    points = _by_year(values)
    unit = unit_of("units/year", display.language, display.currency, display.unit(instrument))
    figure = empty_figure(display, f"{display.text('figures.cap')} ({unit})")
    lines = (
        (_by_year(reference_values), "baseline", {"color": ORANGE, "width": 2, "dash": "dot"}),
        (_by_year(own_values or {}), "own_cap", {"color": GREY, "width": 1, "dash": "dash"}),
        (points, "cap", {"color": BLUE, "width": 2}),
    )
    shown = [line for line in lines if line[0]]
    years = sorted({year for found, _, _ in shown for year in found})
    for found, name, line in shown:
        x = [years[0], *found, years[-1]] if name != "baseline" else list(found)
        y = [found[max(min(year, max(found)), min(found))] for year in x]
        figure.add_scatter(
            x=x, y=y, name=display.text(f"figures.{name}"), mode="lines", line=line,
            customdata=[display.amount(instrument, level) for level in y], hovertemplate="%{customdata}",
        )  # fmt: skip
    # All at once: each one that is added by itself is checked together with all before it.
    figure.update_layout(
        shapes=[
            {
                "type": "circle", "xsizemode": "pixel", "ysizemode": "pixel", "xanchor": year, "yanchor": level,
                "x0": -RADIUS, "x1": RADIUS, "y0": -RADIUS, "y1": RADIUS, "fillcolor": BLUE,
                "line": {"color": "white", "width": 1}, "layer": "above", "name": str(year),
            }
            for year, level in points.items()
        ]
    )  # fmt: skip
    highest = max((level for found, _, _ in shown for level in found.values()), default=1.0) or 1.0
    ticks = _ticks(ROOM * highest)
    figure.update_yaxes(
        range=[0.0, ROOM * highest], tickvals=ticks, ticktext=[display.number(tick) for tick in ticks], fixedrange=True
    )
    figure.update_xaxes(fixedrange=True)
    return years_axis(figure, years[0], years[-1]) if years else figure


def dragged(relayout_data: Mapping[str, Any] | None, values: Mapping[Any, float]) -> dict[int, float]:
    """Return the levels of the points that were dragged, by year; a point moved sideways keeps its year.

    Parameters
    ----------
    relayout_data : what the browser tells of a change of the layout, such as ``{"shapes[1].yanchor": 41000.2}``.
    values : the cap by year that was drawn.
    """
    points = list(_by_year(values).items())
    moved: dict[int, float] = {}
    for key, level in (relayout_data or {}).items():
        found = _MOVED.fullmatch(str(key))
        if found is None or isinstance(level, bool) or not isinstance(level, int | float):
            continue
        place = int(found.group(1))
        if place < len(points):
            year, before = points[place]
            step = _step(max(level for _, level in points) or 1.0)
            after = max(0.0, round(level / step) * step)
            if after != before:
                moved[year] = float(f"{after:.12g}")
    return moved


def _by_year(values: Mapping[Any, float]) -> dict[int, float]:
    return dict(sorted((int(year), float(level)) for year, level in values.items()))


def _step(highest: float) -> float:
    """Return a thousandth of the power of ten of a level: finer than what a hand can drag."""
    return float(10.0 ** (floor(log10(highest)) - 3))


def _ticks(top: float) -> list[float]:
    """Return round numbers from 0 to the top of an axis."""
    size = 10.0 ** floor(log10(top / TICKS))
    step = next(size * factor for factor in (1, 2, 5, 10) if top / (size * factor) <= TICKS)
    return [float(f"{step * count:.12g}") for count in range(int(top / step) + 1)]
