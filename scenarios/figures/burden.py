"""Figures of the whole run: compliance, who bears the cost, and the steps from least cost to actual cost."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    empty_figure,
    label,
    say_empty,
    years_axis,
)

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

SHADES = ((0.0, "#7A3200"), (0.5, "#D55E00"), (0.9, "#F6C28B"), (0.995, "#FBE9D3"), (1.0, "#EAF3F9"))
COSTS = (("measures", "abatement_cost", BLUE), ("payments", "payment", ORANGE),
         ("trading", "trading_cost", GREEN), ("penalties", "penalty", PURPLE))  # fmt: skip


def compliance(table: "pd.DataFrame", display: "Display") -> "go.Figure":
    """Return the share of what was due that was surrendered, by year and instrument; only gaps carry a number."""
    due = table.pivot_table(index="instrument", columns="year", values="obligation", aggfunc="sum", sort=False)
    met = table.pivot_table(index="instrument", columns="year", values="surrendered", aggfunc="sum", sort=False)
    rate = (met / due.where(due > 0)).to_numpy(dtype=np.float64)
    titles = [label(display.titles[key]) for key in due.index]
    words = [["" if not np.isfinite(v) or v > 0.9995 else f"{100 * v:.0f}" for v in row] for row in rate]
    figure = empty_figure(display, "", height=110 + 34 * len(titles))
    if np.isfinite(rate).any():
        figure.add_heatmap(
            x=due.columns, y=titles, z=100 * rate, text=words, texttemplate="%{text}", zmin=0, zmax=100,
            colorscale=SHADES, xgap=2, ygap=2, hoverongaps=False,
            hovertemplate="%{y}<br>%{x}: %{z:.4f} %<extra></extra>",
            showscale=False,
        )  # fmt: skip
        years_axis(figure, int(due.columns.min()), int(due.columns.max()))
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False)
    return say_empty(figure, display)


def cost_by(firms: "pd.DataFrame", column: str, instruments: "list[str]", display: "Display") -> "go.Figure":
    """Return the cost of measures, net payments, trading and penalties by group, apart, summed over all years.

    Parameters
    ----------
    column : the column to group by, `sector` or `city`.
    """
    table = costs(firms, column, instruments)
    size, unit = display.scale(table.to_numpy(), display.currency)
    figure = empty_figure(display, "", f"{display.text('figures.cost')} ({unit})", height=120 + 62 * len(table))
    names = [label(display.name(column, key)) for key in table.index]
    for name, source, colour in COSTS:
        if (table[source] != 0).any():
            figure.add_bar(
                y=names, x=table[source] / size, orientation="h", name=display.text(f"cost.{name}"),
                marker={"color": colour},
            )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25, hovermode="y unified", showlegend=True)
    figure.update_xaxes(gridcolor="#E4E4E4", showgrid=True, zeroline=True, zerolinecolor=GREY, separatethousands=True)
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False)
    return say_empty(figure, display)


def costs(firms: "pd.DataFrame", column: str, instruments: "list[str]") -> "pd.DataFrame":
    """Return the sums that `cost_by` shows, a row a group, the costliest first."""
    payment = firms[[f"payment_{key}" for key in instruments]].sum(axis=1)
    table = firms.assign(payment=payment).groupby(column)[[source for _, source, _ in COSTS]].sum()
    return table.sort_values(["abatement_cost", "payment"], ascending=False, kind="stable")


def ladder(table: "pd.DataFrame", display: "Display") -> "go.Figure":
    """Return least cost, the steps above it and actual cost as a waterfall; what was not measured is left out."""
    rows = table[np.isfinite(table["value"]) & (table["rung"] != "information")]
    ends = rows["rung"].isin(["least_cost", "actual_cost"])
    rows = rows[ends | (rows["value"] != 0)]
    size, unit = display.scale(rows["value"], display.currency)
    figure = empty_figure(display, "", f"{display.text('figures.cost')} ({unit})", height=100 + 44 * max(len(rows), 2))
    rungs = display.text("ladder.rungs")
    if len(rows):
        kinds = ["total" if rung == "actual_cost" else "relative" for rung in rows["rung"]]
        # The first bar stands on the axis and is grey like the last: both are costs, the others differences.
        kinds[0] = "absolute"
        figure.add_waterfall(
            y=[rungs[rung][0] for rung in rows["rung"]], x=rows["value"] / size, measure=kinds, orientation="h",
            text=[display.number(value) for value in rows["value"]], textposition="outside", cliponaxis=False,
            connector={"line": {"color": GREY, "width": 1}}, totals={"marker": {"color": GREY}},
            increasing={"marker": {"color": RED}}, decreasing={"marker": {"color": SKY}}, showlegend=False,
        )  # fmt: skip
        steps = rows.loc[~rows["rung"].isin(["least_cost", "actual_cost"]), "value"].to_numpy() / size
        start = float(rows["value"].iloc[0]) / size
        path = np.concatenate([[start], start + np.cumsum(steps)])
        limits = _zoom(path)
        if limits[0] > 0:
            title = f"{display.text('figures.cost')} ({unit}){display.text('numbers.list_gap')}"
            figure.update_xaxes(title={"text": label(title + display.text("figures.cut_axis"))})
        figure.update_xaxes(range=limits, showgrid=True, gridcolor="#E4E4E4", separatethousands=True)
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False)
    return say_empty(figure, display)


def _zoom(path: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> list[float]:
    """Return a range that shows the steps: from zero where they are large enough to be seen from there."""
    low, high = float(path.min()), float(path.max())
    width = high - low
    start = 0.0 if low <= 0 or width > 0.15 * high else max(0.0, low - 2.5 * width)
    start = min(start, low - 0.1 * width) if low < 0 else start
    return [start, high + 0.35 * max(width, 0.02 * abs(high), (high - start) * 0.4)]
