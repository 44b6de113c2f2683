"""Figures of a sweep's outcomes: how they spread by policy, and how they respond to parameters over all points."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.style import (
    BLUE,
    LIGHT,
    ORANGE,
    SERIES,
    SKY,
    empty_figure,
    label,
    say_empty,
)
from scenarios.figures.sweeps import wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

COLUMNS = 3
FEWEST_IN_PART = 6
MOST_PARTS = 10


def policy_bands(summary: "pd.DataFrame", factor: float, heading: str, display: "Display") -> "go.Figure":
    """Return an outcome by policy: 5 to 95 % of the runs as a line, their median as a dot, their mean as a diamond.

    Parameters
    ----------
    summary : one row a policy, in order from the top: ``policy`` (text), ``mean``, ``q05``, ``median``, ``q95``.
    factor, heading : what values are multiplied with, and the title of the axis with its unit.
    """
    rows = summary[np.isfinite(summary["median"])]
    figure = empty_figure(display, "", heading, height=110 + 30 * max(len(rows), 2))
    names = [label(str(name)) for name in rows["policy"]]
    low, middle, high, mean = (factor * rows[column].to_numpy() for column in ("q05", "median", "q95", "mean"))
    for place, name in enumerate(names):
        figure.add_scatter(
            x=[low[place], high[place]], y=[name, name], mode="lines", line={"color": SKY, "width": 7},
            showlegend=place == 0, name=label(display.text("sweep.band")), hoverinfo="skip",
        )  # fmt: skip
    if names:
        for values, symbol, colour, key in (
            (middle, "circle", BLUE, "median"), (mean, "diamond-open", ORANGE, "mean")
        ):  # fmt: skip
            figure.add_scatter(
                x=values, y=names, mode="markers", name=label(display.text(f"sweep.{key}")),
                marker={"color": colour, "symbol": symbol, "size": 9, "line": {"width": 2}},
                hovertemplate="%{y}<br>%{x:,.5~r}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(hovermode="closest", showlegend=True)
    figure.update_xaxes(showgrid=True, gridcolor=LIGHT)
    figure.update_yaxes(
        type="category", autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, ticklabelstandoff=6
    )
    return say_empty(figure, display)


def responses(
    points: "pd.DataFrame", names: "Mapping[str, str]", factor: float, heading: str, display: "Display",
    groups: "Sequence[str]" = (),
) -> "go.Figure":  # fmt: skip
    """Return an outcome over the values of parameters, a panel a parameter: every point, means and the middle 90 %.

    Parameters
    ----------
    points : one row a point: a column a parameter, ``value`` of the outcome, and ``group`` where ``groups`` are given.
    names : the parameters to show, and the titles of their axes with units.
    groups : what to tell apart by colour, such as policies, in order.
    """
    from plotly.subplots import make_subplots

    rows = points[np.isfinite(points["value"])]
    lines = -(-len(names) // COLUMNS) if names else 1
    height = 60 + 270 * lines
    plain = empty_figure(display, heading, "", height=height)
    if not len(rows) or not names:
        return say_empty(plain, display)
    columns = min(COLUMNS, len(names))
    figure = make_subplots(
        lines, columns, shared_yaxes=True, vertical_spacing=min(0.28, 0.62 / lines), horizontal_spacing=0.03
    )
    base = plain.layout.to_plotly_json()
    x_axis, y_axis = base.pop("xaxis"), base.pop("yaxis")
    figure.update_layout(base)
    figure.update_layout(hovermode="closest", showlegend=len(groups) > 1, margin={"l": 70, "r": 20, "t": 30, "b": 70})
    for place, (name, title) in enumerate(names.items()):
        line, column = place // columns + 1, place % columns + 1
        kinds = groups if len(groups) > 1 else [None]
        for number, group in enumerate(kinds):
            part = rows if group is None else rows[rows["group"] == group]
            colour = SERIES[number % len(SERIES)]
            for trace in _panel(part, name, factor, colour, group, first=place == 0):
                figure.add_trace(trace, line, column)
        figure.update_xaxes({**x_axis, "title": {"text": wrapped(title), "standoff": 4}}, row=line, col=column)
        side = {"text": label(heading) if column == 1 else "", "standoff": 8}
        figure.update_yaxes({**y_axis, "title": side, "zeroline": False}, row=line, col=column)
    return figure


def _panel(
    part: "pd.DataFrame", name: str, factor: float, colour: str, group: str | None, *, first: bool
) -> "list[Any]":
    """Return the traces of a panel: band, points, means; of words and switches points and means only."""
    import plotly.graph_objects as go

    value = factor * part["value"].to_numpy(dtype=np.float64)
    given = part[name]
    numeric = given.dtype.kind in "fi"
    x = given.to_numpy() if numeric else [label(str(one)) for one in given]
    dots = go.Scatter(
        x=x, y=value, mode="markers", marker={"color": colour, "size": 5, "opacity": 0.45}, legendgroup=group,
        showlegend=first and group is not None, name=label(group or ""), hovertemplate="%{x:.5~r}<br>%{y:,.5~r}<extra></extra>"
        if numeric else "%{x}<br>%{y:,.5~r}<extra></extra>",
    )  # fmt: skip
    middle, mean, low, high = parts_of(given.to_numpy(), value) if numeric else _by_word(given, value)
    line = go.Scatter(
        x=middle, y=mean, mode="lines+markers" if numeric else "markers", legendgroup=group, showlegend=False,
        line={"color": colour, "width": 2}, hoverinfo="skip",
        marker={"size": 5 if numeric else 12, "symbol": "circle" if numeric else "line-ew", "line": {"width": 2, "color": colour}},
    )  # fmt: skip
    if not numeric or group is not None:
        return [dots, line]
    band = go.Scatter(
        x=np.concatenate([middle, middle[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself", fillcolor="rgba(0,114,178,0.13)",
        line={"width": 0}, mode="lines", hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    return [band, dots, line]


def parts_of(given: "np.typing.NDArray[Any]", value: "np.typing.NDArray[np.float64]") -> "tuple[Any, Any, Any, Any]":
    """Return points in parts of alike values: the parts' mean place, and the mean, 5 and 95 % quantile of the outcome.

    Few different values are a part each; otherwise parts hold about as many points each.
    """
    levels = np.unique(given)
    if len(levels) <= MOST_PARTS:
        sorted_into = [np.flatnonzero(given == level) for level in levels]
    else:
        count = max(2, min(MOST_PARTS, len(given) // FEWEST_IN_PART))
        sorted_into = np.array_split(np.argsort(given, kind="stable"), count)
    table = [
        (given[part].mean(), value[part].mean(), *np.quantile(value[part], (0.05, 0.95)))
        for part in sorted_into
        if len(part)
    ]
    middle, mean, low, high = (np.array(column, dtype=np.float64) for column in zip(*table, strict=True))
    return middle, mean, low, high


def _by_word(given: "pd.Series[Any]", value: "np.typing.NDArray[np.float64]") -> "tuple[Any, Any, Any, Any]":
    words = list(dict.fromkeys(given))
    mean = np.array([value[(given == word).to_numpy()].mean() for word in words])
    return [label(str(word)) for word in words], mean, None, None
