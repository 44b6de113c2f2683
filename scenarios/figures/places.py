"""Figures of cities: a schematic map with circles, and ranked bars where no map is known."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from scenarios.city_layout import Layout
from scenarios.display import say
from scenarios.figures.style import BLACK, BLUE, GREY, LIGHT, empty_figure, label, say_empty

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

Shade = Literal["change", "gap"]
Floats = npt.NDArray[np.floating]
Mark = Callable[[str], str]

WATER = "#B9DDF3"
# From what is saved to what is added; grey in the middle, which is seen on white and on black.
SCALE = ((0.0, "#0072B2"), (0.5, "#D9D9D9"), (1.0, "#D55E00"))
BELOW = ((0.0, "#0072B2"), (1.0, "#E3EEF5"))
TITLES = 150  # what axis titles and the scale of colours need below bars, in pixels
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
    figure = empty_figure(display, "", " ", height=600)
    _waters(figure, layout, display)
    places = [layout.cities[key] for key in table["city"]]
    if places and (table["flow"] > 0).any():
        values = 100.0 * ratio(table, shade).to_numpy()
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
                "line": {"color": BLACK, "width": edge}, **_coloured(values, shade, display),
            },
        )  # fmt: skip
    hidden: dict[str, Any] = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[-0.6, 10.4], **hidden)
    figure.update_yaxes(range=[-0.6, 10.6], **hidden)
    figure.update_layout(hovermode="closest", margin={"l": 8, "r": 8, "t": 8, "b": 72})
    return figure if any(trace.name for trace in figure.data) else say_empty(_bare(figure), display)


def city_bars(
    table: "pd.DataFrame", shade: Shade, instrument: str, display: "Display", mark: Mark | None = None
) -> "go.Figure":
    """Return cities ranked by flow as bars, coloured as on the map: for cities whose positions are not known."""
    rows = table[table["flow"] > 0]
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale(rows["flow"] * factor, unit)
    plot = 50 + 34 * max(len(rows), 2)
    figure = empty_figure(display, "", f"{display.text('figures.flow')} ({unit})", height=TITLES + plot)
    if len(rows):
        figure.add_bar(
            y=[label(display.name("city", key)) for key in rows["city"]], x=rows["flow"] * factor / size,
            orientation="h", hovertext=hover(rows, instrument, display), hoverinfo="text",
            customdata=None if mark is None else [mark(str(key)) for key in rows["city"]],
            marker=_coloured(100.0 * ratio(rows, shade).to_numpy(), shade, display, 74.0 / plot),
        )  # fmt: skip
    figure.update_layout(hovermode="closest", bargap=0.3, margin={"b": TITLES - 12})
    figure.update_xaxes(
        gridcolor=LIGHT, showgrid=True, separatethousands=True, exponentformat="none", rangemode="tozero"
    )
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
    """Draw rivers and lakes under everything, with their names."""
    for water in layout.waters:
        path = "M " + " L ".join(f"{x},{y}" for x, y in water.points)
        if water.kind == "lake":
            figure.add_shape(type="path", path=f"{path} Z", fillcolor=WATER, line={"width": 0}, layer="below")
        else:
            figure.add_shape(type="path", path=path, line={"color": WATER, "width": 4}, layer="below")
        if water.label is not None:
            figure.add_annotation(
                text=f"<i>{label(say(water.name, display.language))}</i>", x=water.label[0], y=water.label[1],
                showarrow=False, xanchor="left", font={"size": 11, "color": BLUE},
            )  # fmt: skip


def _coloured(values: Floats, shade: Shade, display: "Display", drop: float = 0.0) -> dict[str, Any]:
    """Return colours of marks by percentages: blue below zero, red above; from light to blue where all lie below.

    ``drop`` is how far below the plot the scale stands, in heights of the plot.
    """
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if high <= 0 and low < high:
        ends: dict[str, Any] = {"cmin": low, "cmax": high, "colorscale": BELOW}
    else:
        reach = max(abs(low), abs(high), 1.0)
        ends = {"cmin": -reach, "cmax": reach, "colorscale": SCALE}
    title = {"text": label(f"{display.text(f'place_figures.{shade}')} (%)"), "side": "top"}
    bar = {
        "title": title, "thickness": 10, "len": 0.7, "outlinewidth": 0, "orientation": "h",
        "y": -drop, "yanchor": "top",
    }  # fmt: skip
    return {"color": np.where(np.isfinite(values), values, 0.0), **ends, "colorbar": bar}


def _bare(figure: "go.Figure") -> "go.Figure":
    figure.update_layout(shapes=[], annotations=[], font={"color": GREY})
    return figure
