"""Figures of the dossier: which factors move an outcome most, and where in the sampled worlds a policy fails."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.style import BLUE, GREY, LIGHT, ORANGE, RED, SKY, empty_figure, label, say_empty

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

LONGEST = 44


def ranking(rows: "pd.DataFrame", axis: str, factor: float, display: "Display") -> "go.Figure":
    """Return a bar a factor with its interval, the one that matters most on top.

    Parameters
    ----------
    rows : ``label``, ``value``, ``low``, ``high`` and ``raises`` (True, False, or None where neither), the largest first.
    axis, factor : title of the axis, and what values are multiplied with on it.
    """
    figure = empty_figure(display, "", axis, height=110 + 30 * max(len(rows), 2))
    kinds = (("raises", RED, True), ("lowers", SKY, False), ("mixed", GREY, None))
    for name, colour, which in kinds:
        part = rows[[one is which for one in rows["raises"]]]
        if not len(part):
            continue
        above = (part["high"] - part["value"]).clip(lower=0.0).fillna(0.0)
        below = (part["value"] - part["low"].clip(lower=0.0)).clip(lower=0.0).fillna(0.0)
        figure.add_bar(
            y=[label(_cut(text)) for text in part["label"]], x=factor * part["value"], orientation="h",
            marker={"color": colour}, name=label(str(display.text(f"dossier.figures.{name}"))),
            error_x={"type": "data", "symmetric": False, "array": factor * above, "arrayminus": factor * below,
                     "color": "#444444", "thickness": 1.3, "width": 4},
            hovertemplate="%{y}<br>%{x:,.4~r}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(hovermode="closest", showlegend=True, barmode="overlay", bargap=0.35)
    figure.update_xaxes(showgrid=True, gridcolor=LIGHT, rangemode="tozero", separatethousands=True)
    order = [label(_cut(text)) for text in rows["label"]]
    figure.update_yaxes(
        autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, categoryorder="array", categoryarray=order
    )
    return say_empty(figure, display)


def failing_points(
    points: "pd.DataFrame", across: str, up: str, titles: dict[str, str], limits: "dict[str, tuple[Any, Any]]",
    display: "Display",
) -> "go.Figure":  # fmt: skip
    """Return the sampled worlds by two factors, those in which the condition holds marked, and the box around them.

    Parameters
    ----------
    points : a row a world: the two factors and ``fails``.
    limits : ends of the box by factor, None where it goes on to the edge.
    """
    figure = empty_figure(display, titles[up], titles[across], height=400)
    fails = points["fails"].to_numpy(dtype=bool)
    for name, which, colour, symbol in (("holds_not", ~fails, GREY, "circle-open"), ("holds", fails, RED, "diamond")):
        figure.add_scatter(
            x=points.loc[which, across], y=points.loc[which, up], mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 8}, name=label(str(display.text(f"dossier.figures.{name}"))),
            hovertemplate="%{x:,.4~r}, %{y:,.4~r}<extra></extra>",
        )  # fmt: skip
    ends = {}
    for name in (across, up):
        low, high = limits.get(name, (None, None))
        values = points[name].to_numpy(dtype=np.float64)
        margin = 0.03 * (values.max() - values.min())
        ends[name] = (values.min() - margin if low is None else low, values.max() + margin if high is None else high)
    figure.add_shape(
        type="rect", x0=ends[across][0], x1=ends[across][1], y0=ends[up][0], y1=ends[up][1],
        line={"color": BLUE, "width": 1.5, "dash": "dash"}, fillcolor=ORANGE, opacity=0.12, layer="below",
    )  # fmt: skip
    figure.update_layout(hovermode="closest", showlegend=True, margin={"l": 70, "r": 30, "t": 12, "b": 56})
    figure.update_xaxes(showgrid=True, gridcolor=LIGHT, separatethousands=True)
    figure.update_yaxes(zeroline=False)
    return figure


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
