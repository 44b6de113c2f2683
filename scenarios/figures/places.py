"""Figures of cities: a schematic map with circles, and ranked bars where no map is known."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from scenarios.city_layout import Layout
from scenarios.figures.style import BLACK, GREY, LIGHT, SKY, empty_figure, label, say_empty

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

Shade = Literal["change", "gap"]
Mark = Callable[[str], str]

WATER = "#B9DDF3"
# From what is saved to what is added; grey in the middle, which is seen on white and on black.
SCALE = ((0.0, "#0072B2"), (0.5, "#D9D9D9"), (1.0, "#D55E00"))
LARGEST = 64.0  # diameter of the largest circle, in pixels


def city_map(
    table: "pd.DataFrame", layout: Layout, shade: Shade, instrument: str, display: "Display",
    mark: Mark | None = None, chosen: str | None = None,
) -> "go.Figure":  # fmt: skip
    """Return cities as circles on a schematic map: area by flow, colour by change or by flow against allocation.

    Parameters
    ----------
    table : a row a city, as `scenarios.firm_tables.groups` returns it.
    shade : `change`: flow against the flow without measures; `gap`: flow against what was allocated for free.
    mark : what a click on a city means, from its id.
    chosen : a city whose circle gets a thick edge.
    """
    figure = empty_figure(display, "", " ", height=560)
    _waters(figure, layout, display)
    places = [layout.cities[key] for key in table["city"]]
    if places and (table["flow"] > 0).any():
        values = 100.0 * ratio(table, shade).to_numpy()
        known = np.isfinite(values)
        reach = max(float(np.abs(values[known]).max()) if known.any() else 0.0, 1.0)
        names = [display.name("city", key) for key in table["city"]]
        edge = [4.0 if key == chosen else 1.0 for key in table["city"]]
        figure.add_scatter(
            x=[x for x, _ in places], y=[y for _, y in places], mode="markers+text", text=[label(n) for n in names],
            textposition="bottom center", hovertext=hover(table, instrument, display), hoverinfo="text",
            customdata=None if mark is None else [mark(str(key)) for key in table["city"]], showlegend=False,
            name=display.text("figures.flow"),
            marker={
                "size": table["flow"], "sizemode": "area", "sizemin": 6, "opacity": 1.0,
                "sizeref": 2.0 * float(table["flow"].max()) / LARGEST**2,
                "color": np.where(known, values, 0.0), "cmin": -reach, "cmax": reach, "colorscale": SCALE,
                "line": {"color": BLACK, "width": edge},
                "colorbar": {
                    "title": {"text": label(f"{display.text(f'place_figures.{shade}')} (%)"), "side": "right"},
                    "thickness": 12, "len": 0.8, "outlinewidth": 0,
                },
            },
        )  # fmt: skip
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[-0.6, 10.4], **hidden)
    figure.update_yaxes(range=[-0.6, 10.6], **hidden)
    figure.update_layout(hovermode="closest", margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure if any(trace.name for trace in figure.data) else say_empty(_bare(figure), display)


def city_bars(
    table: "pd.DataFrame", shade: Shade, instrument: str, display: "Display", mark: Mark | None = None
) -> "go.Figure":
    """Return cities ranked by flow as bars, coloured as on the map: for cities whose positions are not known."""
    rows = table[table["flow"] > 0]
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale(rows["flow"] * factor, unit)
    figure = empty_figure(display, "", f"{display.text('figures.flow')} ({unit})", height=120 + 34 * max(len(rows), 2))
    if len(rows):
        values = np.nan_to_num(100.0 * ratio(rows, shade).to_numpy())
        reach = max(float(np.abs(values).max()), 1.0)
        figure.add_bar(
            y=[label(display.name("city", key)) for key in rows["city"]], x=rows["flow"] * factor / size,
            orientation="h", hovertext=hover(rows, instrument, display), hoverinfo="text",
            customdata=None if mark is None else [mark(str(key)) for key in rows["city"]],
            marker={
                "color": values, "cmin": -reach, "cmax": reach, "colorscale": SCALE,
                "colorbar": {
                    "title": {"text": label(f"{display.text(f'place_figures.{shade}')} (%)"), "side": "right"},
                    "thickness": 12, "outlinewidth": 0,
                },
            },
        )  # fmt: skip
    figure.update_layout(hovermode="closest", bargap=0.3, margin={"b": 56})
    figure.update_xaxes(gridcolor=LIGHT, showgrid=True, separatethousands=True, rangemode="tozero")
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False)
    return say_empty(figure, display)


def ratio(table: "pd.DataFrame", shade: Shade) -> "pd.Series[float]":
    """Return flow over the flow without measures, or over the allocation, minus 1; NaN where there is none."""
    below = table["baseline" if shade == "change" else "allocated"]
    return table["flow"] / below.where(below > 0) - 1.0


def hover(table: "pd.DataFrame", instrument: str, display: "Display") -> list[str]:
    """Return what stands beside each city's mark."""
    colon = display.text("numbers.colon")
    told = []
    for row in table.itertuples(index=False):
        traded = "bought" if row.net_purchase > 0 else "sold"
        lines = [f"<b>{label(display.name('city', str(row.city)))}</b>"]
        for words, value in (
            ("figures.flow", row.flow), ("figures.baseline", row.baseline), ("firm_figures.allocated", row.allocated),
            (f"firm_figures.{traded}", abs(row.net_purchase)),
        ):  # fmt: skip
            lines.append(f"{display.text(words)}{colon}{display.amount(instrument, value)}")
        told.append("<br>".join(lines))
    return told


def _waters(figure: "go.Figure", layout: Layout, display: "Display") -> None:
    """Draw rivers and lakes under everything, named once."""
    for water in layout.waters:
        name = water.name.zh if display.language == "zh" else water.name.en
        xs, ys = zip(*water.points, strict=True)
        if water.kind == "lake":
            path = "M " + " L ".join(f"{x},{y}" for x, y in water.points) + " Z"
            figure.add_shape(type="path", path=path, fillcolor=WATER, line={"width": 0}, layer="below")
            place = (float(np.mean(xs)), float(np.mean(ys)))
        else:
            for (x0, y0), (x1, y1) in zip(water.points[:-1], water.points[1:], strict=True):
                line = {"color": WATER, "width": 4}
                figure.add_shape(type="line", x0=x0, y0=y0, x1=x1, y1=y1, line=line, layer="below")
            (x0, y0), (x1, y1) = water.points[-2:] if len(water.points) < 4 else water.points[1:3]
            place = (0.5 * (x0 + x1), 0.5 * (y0 + y1))
        figure.add_annotation(
            text=label(name), x=place[0], y=place[1], showarrow=False, font={"size": 11, "color": SKY}, opacity=0.9
        )


def _bare(figure: "go.Figure") -> "go.Figure":
    figure.update_layout(shapes=[], annotations=[], font={"color": GREY})
    return figure
