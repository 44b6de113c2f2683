"""Figures of scenario discovery: the limits of a box over what was tried, and the peeling it was chosen from."""

from math import log
from typing import TYPE_CHECKING

import numpy as np

from scenarios.analysis.words import parameter_title, parameter_value
from scenarios.figures.style import BLACK, BLUE, GREY, LIGHT, RED, empty_figure, label, say_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import plotly.graph_objects as go

    from scenarios.analysis.boxes import Box, Limit
    from scenarios.analysis.discovery import Discovery
    from scenarios.display import Display
    from scenarios.sweeps.parameters import Parameter

ROW = 58


def box_limits(
    box: "Box | None", parameters: "Sequence[Parameter]", names: "Mapping[str, str]", display: "Display"
) -> "go.Figure":
    """Return a line a limited parameter: grey what was tried, coloured what lies in the box, with its ends in numbers.

    Parameters
    ----------
    box : nothing shows the words for no data.
    parameters : whose ranges are drawn; those that the box does not limit are left out.
    """
    limits = [] if box is None else list(box.limits)
    figure = empty_figure(display, "", "", height=92 + ROW * max(len(limits), 2))
    figure.update_layout(hovermode="closest", showlegend=False, margin={"l": 64, "r": 30, "t": 40, "b": 20})
    figure.update_xaxes(visible=False, range=[-0.03, 1.03], fixedrange=True)
    by_name = {parameter.name: parameter for parameter in parameters}
    if box is None or not limits:
        figure.update_yaxes(visible=False)
        return say_empty(figure, display)
    for row, limit in enumerate(limits):
        parameter = by_name[limit.parameter]
        if limit.values:
            _add_categories(figure, row, limit, parameter, display)
        else:
            _add_range(figure, row, limit, parameter, display)
    said = display.fill(
        "analysis.box_figures", density=display.share(box.density), coverage=display.share(box.coverage),
        mass=display.share(box.mass),
    )  # fmt: skip
    figure.add_annotation(
        text=label(said),
        showarrow=False,
        x=0,
        xref="paper",
        xanchor="left",
        y=1,
        yref="paper",
        yanchor="bottom",
        yshift=8,
    )
    titles = [label(parameter_title(display, by_name[limit.parameter], names)) for limit in limits]
    figure.update_yaxes(
        tickvals=list(range(len(limits))), ticktext=titles, range=[len(limits) - 0.35, -0.65], fixedrange=True,
        gridcolor="rgba(0,0,0,0)", zeroline=False,
    )  # fmt: skip
    return figure


def peeling(found: "Discovery", display: "Display", number: int = 0) -> "go.Figure":
    """Return the boxes of a peeling by coverage and density, the chosen one marked: the trade-off that was decided.

    Parameters
    ----------
    number : of the box whose peeling is shown.
    """
    figure = empty_figure(display, display.text("analysis.density"), display.text("analysis.coverage"), height=360)
    rows = found.trajectory[found.trajectory["box"] == number]
    if len(rows):
        figure.add_scatter(
            x=100 * rows["coverage"], y=100 * rows["density"], mode="lines+markers", showlegend=False,
            line={"color": LIGHT}, customdata=rows["limited"],
            marker={
                "color": rows["limited"], "colorscale": "Cividis", "size": 9, "cmin": 0,
                "cmax": max(int(rows["limited"].max()), 1),
                "colorbar": {
                    "title": {"text": label(display.text("analysis.limited")), "side": "right"}, "dtick": 1,
                    "thickness": 14, "outlinewidth": 0,
                },
            },
            hovertemplate="%{x:.1f} %, %{y:.1f} % (%{customdata})<extra></extra>",
        )  # fmt: skip
        own = rows[rows["chosen"]]
        figure.add_scatter(
            x=100 * own["coverage"], y=100 * own["density"], mode="markers", hoverinfo="skip",
            name=label(display.text("analysis.chosen")),
            marker={"symbol": "circle-open", "size": 18, "line": {"width": 2.5, "color": RED}},
        )  # fmt: skip
        figure.update_xaxes(range=[0, 105], showgrid=True, gridcolor=LIGHT)
        figure.update_yaxes(range=[0, 105], zeroline=False)
    figure.update_layout(hovermode="closest", showlegend=True)
    return say_empty(figure, display)


def _add_range(figure: "go.Figure", row: int, limit: "Limit", parameter: "Parameter", display: "Display") -> None:
    assert parameter.low is not None and parameter.high is not None  # noqa: S101, PT018 - numbers have a range
    start = 0.0 if limit.low is None else _place(parameter, limit.low)
    end = 1.0 if limit.high is None else _place(parameter, limit.high)
    line = {"x": [0.0, 1.0], "y": [row, row], "mode": "lines", "hoverinfo": "skip"}
    figure.add_scatter(**line, line={"color": LIGHT, "width": 12})
    figure.add_scatter(**{**line, "x": [start, end]}, line={"color": BLUE, "width": 12})
    # What was tried stands below the ends of the grey bar, limits above those of the coloured one.
    for place, value, anchor in ((0.0, parameter.low, "left"), (1.0, parameter.high, "right")):
        _say(figure, place, row, display.number(float(value)), anchor, 13, GREY)
    both = limit.low is not None and limit.high is not None and end - start < 0.25
    for place, value, above, sign in ((start, limit.low, "right", "≥"), (end, limit.high, "left", "≤")):
        if value is not None:
            anchor = above if both else ("left" if place < 0.5 else "right")
            text = f"{sign}\u00a0{parameter_value(display, parameter, float(value))}"
            _say(figure, place, row, text, anchor, -14, BLACK)


def _add_categories(figure: "go.Figure", row: int, limit: "Limit", parameter: "Parameter", display: "Display") -> None:
    known = list(parameter.values) or list(limit.values)
    places = (np.arange(len(known)) + 0.5) / len(known)
    inside = [value in limit.values for value in known]
    figure.add_scatter(
        x=places, y=[row] * len(known), mode="markers", hoverinfo="skip",
        marker={"size": 14, "color": [BLUE if own else "white" for own in inside],
                "line": {"width": 2, "color": [BLUE if own else GREY for own in inside]}},
    )  # fmt: skip
    for place, value, own in zip(places, known, inside, strict=True):
        _say(
            figure, float(place), row, parameter_value(display, parameter, value), "center", -17, BLACK if own else GREY
        )


def _say(figure: "go.Figure", place: float, row: int, text: str, anchor: str, below: int, colour: str) -> None:
    figure.add_annotation(
        x=place,
        y=row,
        text=label(text),
        showarrow=False,
        xanchor=anchor,
        yshift=-below,
        font={"size": 12, "color": colour},
    )


def _place(parameter: "Parameter", value: float) -> float:
    """Return where a value lies between the ends of a parameter's range, on its scale."""
    low, high = float(parameter.low or 0.0), float(parameter.high or 0.0)
    if getattr(parameter, "scale", "linear") == "log":
        return log(value / low) / log(high / low)
    return (value - low) / (high - low)
