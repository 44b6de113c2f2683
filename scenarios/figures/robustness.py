"""Figures of policies over worlds: regret, satisficing, spread of an outcome, and a fan of a series over time."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.analysis.words import condition_words, outcome_title
from scenarios.figures.style import (
    BLUE,
    GREY,
    LIGHT,
    ORANGE,
    RED,
    SERIES,
    empty_figure,
    faint,
    label,
    say_empty,
    years_axis,
)
from scenarios.figures.sweeps import axis_of, wrapped
from scenarios.kpis import declared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.analysis.conditions import Condition
    from scenarios.display import Display

MOST_FANS = 4
"""Bands of more policies would cover one another."""
OUTER, INNER = (0.05, 0.95), (0.25, 0.75)


def regret_bars(table: "pd.DataFrame", outcome: str, names: "Mapping[int, str]", display: "Display") -> "go.Figure":
    """Return the regret of each policy: a bar to the mean over worlds, marks at the 90 % quantile and the largest.

    Policies stand in the order of their largest regret, the most robust on top.

    Parameters
    ----------
    table : of `scenarios.analysis.robustness.robustness`.
    names : what policies are called, by number.
    """
    rows = table[(table["outcome"] == outcome) & table["metric"].isin(["regret_mean", "regret_90", "regret_max"])]
    wide = rows.pivot_table(index="policy", columns="metric", values="value", sort=False)
    factor, heading = _axis(display, outcome, rows["value"])
    figure = empty_figure(display, "", "", height=130 + 34 * max(len(wide), 3))
    title = f"{label(heading)}<br>{label(display.text('analysis.regret_axis'))}"
    figure.update_layout(margin={"b": 72})
    figure.update_xaxes(title={"text": title, "standoff": 8})
    if len(wide):
        wide = factor * wide.sort_values("regret_max", kind="stable")
        words = _policies(wide.index, names)
        figure.add_bar(
            y=words, x=wide["regret_mean"], orientation="h", marker={"color": BLUE},
            name=label(display.text("analysis.regret_mean")), hovertemplate="%{x:,.4~r}",
        )  # fmt: skip
        for metric, symbol, colour in (("regret_90", "diamond", ORANGE), ("regret_max", "line-ns", RED)):
            figure.add_scatter(
                y=words, x=wide[metric], mode="markers", name=label(display.text(f"analysis.{metric}")),
                marker={"symbol": symbol, "size": 11 if symbol == "diamond" else 18, "color": colour,
                        "line": {"width": 0 if symbol == "diamond" else 3, "color": colour}},
                hovertemplate="%{x:,.4~r}",
            )  # fmt: skip
    return say_empty(_lying(figure), display)


def satisficing_bars(
    table: "pd.DataFrame", conditions: "Sequence[Condition]", names: "Mapping[int, str]", display: "Display"
) -> "go.Figure":
    """Return the share of worlds in which each policy meets all conditions, with its interval, the best on top.

    Parameters
    ----------
    table : of `scenarios.analysis.robustness.satisficing`.
    """
    rows = table[np.isfinite(table["value"])].sort_values("value", ascending=False, kind="stable")
    said = [label(condition_words(display, condition)) for condition in conditions]
    room = 18 * len(said)
    title = display.text("analysis.satisficing_axis")
    figure = empty_figure(display, "", title, height=92 + room + 34 * max(len(rows), 3))
    figure.update_layout(margin={"t": 12 + room})
    figure.add_annotation(
        text="<br>".join(said), showarrow=False, x=0, xref="paper", xanchor="left", align="left", y=1, yref="paper",
        yanchor="bottom",
    )  # fmt: skip
    if len(rows):
        figure.add_bar(
            y=_policies(rows["policy"], names), x=100 * rows["value"], orientation="h", marker={"color": BLUE},
            error_x={
                "type": "data", "symmetric": False, "array": 100 * (rows["high"] - rows["value"]),
                "arrayminus": 100 * (rows["value"] - rows["low"]), "thickness": 1.5, "width": 4, "color": GREY,
            },
            showlegend=False, hovertemplate="%{x:.1f} %",
        )  # fmt: skip
        figure.update_xaxes(range=[0, 103])
    return say_empty(_lying(figure), display)


def spread(bands: "pd.DataFrame", outcome: str, names: "Mapping[int, str]", display: "Display") -> "go.Figure":
    """Return an outcome by policy over worlds and seeds: the median, and lines from 5 to 95 % and from 25 to 75 %.

    Parameters
    ----------
    bands : of `scenarios.analysis.bands.outcome_bands`, with these quantiles.
    """
    rows = bands[(bands["outcome"] == outcome) & np.isfinite(bands["value"])]
    wide = rows.pivot_table(index="policy", columns="quantile", values="value", sort=False)
    factor, heading = _axis(display, outcome, rows["value"])
    figure = empty_figure(display, "", heading, height=110 + 34 * max(len(wide), 3))
    if len(wide):
        words = _policies(wide.index, names)
        for (low, high), width, name in ((OUTER, 2, "outer"), (INNER, 12, "inner")):
            gaps = [value for word in words for value in (word, word, None)]
            ends = [
                end
                for start, stop in zip(factor * wide[low], factor * wide[high], strict=True)
                for end in (start, stop, None)
            ]
            figure.add_scatter(
                x=ends, y=gaps, mode="lines", line={"color": BLUE, "width": width}, hovertemplate="%{x:,.4~r}",
                name=label(display.fill("analysis.quantiles", low=f"{100 * low:g}", high=f"{100 * high:g}")),
                opacity=1.0 if name == "outer" else 0.55,
            )  # fmt: skip
        figure.add_scatter(
            x=factor * wide[0.5], y=words, mode="markers", name=label(display.text("analysis.median")),
            marker={"color": "white", "size": 9, "line": {"width": 2.5, "color": BLUE}}, hovertemplate="%{x:,.4~r}",
        )  # fmt: skip
    return say_empty(_lying(figure), display)


def fan(bands: "pd.DataFrame", title: str, names: "Mapping[int, str]", display: "Display") -> "go.Figure":
    """Return a series over the years, a panel a policy: its median, 25 to 75 % and 5 to 95 % of worlds and seeds.

    The medians of the other policies stand in grey in each panel; the panels share their vertical axis.

    Parameters
    ----------
    bands : of `scenarios.analysis.bands.series_bands`, of one outcome, with these quantiles.
    title : of the vertical axis, with its unit.
    names : the policies that are shown and what they are called; at most four.
    """
    rows = bands[bands["policy"].isin(list(names)[:MOST_FANS]) & np.isfinite(bands["value"])]
    present = [policy for policy in names if policy in set(rows["policy"])]
    titles = {policy: wrapped(names[policy]) for policy in present}
    top = 26 + 18 * max((text.count("<br>") + 1 for text in titles.values()), default=1)
    figure = empty_figure(display, title, height=360 + top)
    figure.update_layout(margin={"t": top, "b": 56}, showlegend=False)
    figure.update_xaxes(title={"text": ""})
    wide = {
        policy: rows[rows["policy"] == policy].pivot_table(index="year", columns="quantile", values="value")
        for policy in present
    }
    width = 1.0 / max(len(present), 1)
    axis = figure.layout.xaxis.to_plotly_json()
    for position, policy in enumerate(present):
        name = "x" if position == 0 else f"x{position + 1}"
        left, right = position * width, (position + 1) * width - (0.03 if position + 1 < len(present) else 0.0)
        figure.update_layout({f"xaxis{name[1:]}": {**axis, "domain": [left, right], "anchor": "y"}})
        _add_fan(figure, wide, policy, SERIES[position % len(SERIES)], name, label(names[policy]))
        figure.add_annotation(
            text=titles[policy], showarrow=False, x=left, xref="paper", xanchor="left", align="left", y=1,
            yref="paper", yanchor="bottom", yshift=4,
        )  # fmt: skip
    if present:
        figure = years_axis(figure, int(rows["year"].min()), int(rows["year"].max()))
        figure.add_annotation(
            text=label(display.text("analysis.fan_note")), showarrow=False, x=0, xref="paper", xanchor="left", y=0,
            yref="paper", yanchor="top", yshift=-28, font={"size": 12, "color": GREY},
        )  # fmt: skip
    return say_empty(figure, display)


def _add_fan(
    figure: "go.Figure", wide: "Mapping[int, pd.DataFrame]", policy: int, colour: str, axis: str, name: str
) -> None:
    own = wide[policy]
    for (low, high), strength in ((OUTER, 0.18), (INNER, 0.32)):
        figure.add_scatter(
            x=np.concatenate([own.index, own.index[::-1]]), y=np.concatenate([own[high], own[low][::-1]]), xaxis=axis,
            fill="toself", fillcolor=faint(colour, strength), line={"width": 0}, hoverinfo="skip", mode="lines",
        )  # fmt: skip
    for other, table in wide.items():
        if other != policy:
            line = {"color": GREY, "width": 1}
            figure.add_scatter(x=table.index, y=table[0.5], xaxis=axis, mode="lines", line=line, hoverinfo="skip")
    figure.add_scatter(
        x=own.index, y=own[0.5], xaxis=axis, mode="lines+markers", name=name, line={"color": colour, "width": 2.5},
        marker={"size": 5}, hovertemplate="%{y:,.4~r}",
    )  # fmt: skip


def _axis(display: "Display", outcome: str, values: Any) -> tuple[float, str]:
    try:
        declared(outcome)
    except KeyError:
        return 1.0, outcome_title(display, outcome)
    return axis_of(display, outcome, values)


def _policies(numbers: Any, names: "Mapping[int, str]") -> list[str]:
    return [label(names.get(int(number), str(number))) for number in numbers]


def _lying(figure: "go.Figure") -> "go.Figure":
    figure.update_layout(bargap=0.35, hovermode="closest", showlegend=True)
    figure.update_xaxes(showgrid=True, gridcolor=LIGHT, zeroline=True, zerolinecolor=GREY, separatethousands=True)
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, type="category")
    figure.update_yaxes(ticks="outside", ticklen=6, tickcolor="rgba(0,0,0,0)")
    return figure
