"""Figure of sampled worlds by two factors: in which of them a policy fails."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.style import BLUE, GREY, LIGHT, ORANGE, RED, empty_figure, label

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display


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
            marker={"color": colour, "symbol": symbol, "size": 8},
            name=label(str(display.text(f"dossier.figures.{name}"))),
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
