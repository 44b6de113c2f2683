"""Figures of one instrument: price, volume, flow against cap, bank, and what measures saved."""

from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LIGHT,
    ORANGE,
    PURPLE,
    RED,
    SERIES,
    SKY,
    empty_figure,
    label,
    say_empty,
    years_axis,
)
from scenarios.figures.trading import add_acts, add_rule_prices, rule_prices

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

    Beside = tuple[str, pd.DataFrame]

NEAR = 0.5
"""The bound on willingness to pay is drawn where the price comes to this share of it."""
PEAK = 4.0
"""Prices near that bound are cut off where they come to more than this many times all others: else nothing is seen."""
SHOWN_MEASURES = 7
LEGEND_WIDTH = 40  # characters; longer names would be cut off on a telephone


def prices(
    markets: "pd.DataFrame",
    yearly: "pd.DataFrame",
    instrument: str,
    display: "Display",
    rules: "Sequence[Any]" = (),
    acts: "pd.DataFrame | None" = None,
    beside: "Beside | None" = None,
) -> "go.Figure":
    """Return traded and expected prices by month beside the least-cost plan's price by year.

    Parameters
    ----------
    markets, yearly : the tables `markets` (a row a period) and `prices` of a result.
    rules, acts : containment rules of the right, drawn at the prices at which they act, and the table `containment`.
    beside : another run's name and its table like ``markets``.
    """
    rows, plan = _rows(markets, instrument), _rows(yearly, instrument)
    figure = empty_figure(display, f"{display.text('figures.price')} ({display.price_unit(instrument)})")
    time = _time(rows, markets)
    if rows["indicative"].notna().any():
        figure.add_scatter(
            x=time, y=rows["indicative"], name=display.text("figures.indicative"), mode="lines",
            line={"color": GREY, "width": 1},
        )  # fmt: skip
    if beside is not None:
        other = _rows(beside[1], instrument)
        figure.add_scatter(
            x=_time(other, beside[1]), y=other["price"], name=label(beside[0]), mode="lines+markers",
            line={"color": PURPLE, "width": 1.5, "dash": "dot"}, marker={"size": 3, "symbol": "diamond"},
        )  # fmt: skip
    if rows["price"].notna().any():
        figure.add_scatter(
            x=time, y=rows["price"], name=display.text("figures.price"), mode="lines+markers",
            line={"color": BLUE, "width": 2}, marker={"size": 4},
        )  # fmt: skip
    highest = rows[["price", "indicative"]].max(axis=1)
    near = highest >= NEAR * rows["backstop"]
    top = np.nanmax([0.0, highest.max(), plan["reference_price"].max()])
    usual = np.nanmax([0.0, highest[~near].max(), plan["reference_price"].max()])
    cut = bool(usual > 0 and top > PEAK * usual)
    if near.any() and not cut:
        figure.add_scatter(
            x=time, y=rows["backstop"], name=display.text("figures.backstop"), mode="lines",
            line={"color": RED, "width": 1, "dash": "dot"},
        )  # fmt: skip
    if plan["reference_price"].notna().any():
        edges = np.append(plan["year"].to_numpy(), plan["year"].max() + 1)
        figure.add_scatter(
            x=edges, y=np.append(plan["reference_price"].to_numpy(), plan["reference_price"].iloc[-1]),
            name=display.text("figures.reference"), mode="lines",
            line={"color": ORANGE, "width": 2, "dash": "dash", "shape": "hv"},
        )  # fmt: skip
    if cut:
        words = display.fill("figures.cut_peaks", count=int(near.sum()), highest=display.price(instrument, top))
        figure.add_annotation(
            text=label(words), showarrow=False, x=0, xref="paper", xanchor="left", y=1, yref="paper", yanchor="top",
            bgcolor="rgba(255,255,255,0.85)", font={"size": 12, "color": RED},
        )  # fmt: skip
        top = 1.3 * usual
    lines = rule_prices(rules)
    if lines:
        figure.update_layout(height=420)  # the legend takes more rows
    top = add_rule_prices(figure, lines, plan["year"].tolist(), float(top), display)
    if acts is not None:
        add_acts(figure, rows, markets, _rows(acts, instrument), display)
    # The bound may be far above: it is drawn as far as it fits, and never decides the scale.
    figure.update_yaxes(range=[0, 1.1 * top] if top > 0 else None, tickformat=",~g")
    figure.update_xaxes(hoverformat=".2f")
    if len(plan) and len(rows) and rows["year"].max() > plan["year"].max():
        figure.add_vrect(
            x0=plan["year"].max() + 1, x1=rows["year"].max() + 1, fillcolor=LIGHT, opacity=0.6, line_width=0,
            layer="below",
        )  # fmt: skip
    return say_empty(_span(figure, plan, rows), display)


def volumes(
    markets: "pd.DataFrame", instrument: str, display: "Display", beside: "Beside | None" = None
) -> "go.Figure":
    """Return the volume traded by month; ``beside`` is another run's name and its table."""
    rows = _rows(markets, instrument)
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale(rows["volume"] * factor, unit)
    figure = empty_figure(display, f"{display.text('figures.volume')} ({unit})")
    if (rows["volume"] > 0).any():
        figure.add_bar(
            x=_time(rows, markets), y=rows["volume"] * factor / size, name=display.text("figures.volume"),
            marker={"color": BLUE, "line": {"width": 0}},
        )  # fmt: skip
    if beside is not None:
        other = _rows(beside[1], instrument)
        figure.add_scatter(
            x=_time(other, beside[1]), y=other["volume"] * factor / size, name=label(beside[0]), mode="markers",
            marker={"color": PURPLE, "size": 5, "symbol": "diamond-open"},
        )  # fmt: skip
    figure.update_layout(showlegend=beside is not None, bargap=0.1)
    figure.update_xaxes(hoverformat=".2f")
    return say_empty(_span(figure, rows, rows), display)


def flows(
    yearly: "pd.DataFrame", monthly: "pd.DataFrame", instrument: str, display: "Display", beside: "Beside | None" = None
) -> "go.Figure":
    """Return flow, cap, baseline and the least-cost plan's flow by year.

    Parameters
    ----------
    yearly, monthly : the tables `prices` and `instruments` of a result.
    beside : another run's name and its table `prices`.
    """
    rows, periods = _rows(yearly, instrument), _rows(monthly, instrument)
    baseline = periods.groupby("year")["baseline"].sum().reindex(rows["year"]).to_numpy()
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale([*rows["flow"] * factor, *rows["cap"] * factor, *baseline * factor], unit)
    figure = empty_figure(display, f"{display.text('figures.flow')} ({unit})")
    lines = (
        ("baseline", baseline, {"color": GREY, "width": 2, "dash": "dot"}),
        ("flow", rows["flow"].to_numpy(), {"color": SKY, "width": 7}),
        ("cap", rows["cap"].to_numpy(), {"color": BLACK, "width": 2}),
        ("reference", rows["reference_flow"].to_numpy(), {"color": ORANGE, "width": 2, "dash": "dash"}),
    )
    for name, values, line in lines:
        if np.isfinite(values).any():
            mode = "markers" if len(rows) == 1 else "lines"
            figure.add_scatter(
                x=rows["year"], y=values * factor / size, name=display.text(f"figures.{name}"), mode=mode, line=line
            )
    if beside is not None:
        other = _rows(beside[1], instrument)
        figure.add_scatter(
            x=other["year"], y=other["flow"] * factor / size, name=label(beside[0]), mode="lines+markers",
            line={"color": PURPLE, "width": 1.5, "dash": "dot"}, marker={"symbol": "diamond", "size": 6},
        )  # fmt: skip
    return say_empty(_span(figure, rows, rows, whole=True), display)


def bank(
    compliance: "pd.DataFrame", instrument: str, display: "Display", beside: "Beside | None" = None
) -> "go.Figure":
    """Return what was carried over at each year's deadline, when all flows are verified and everything due is paid.

    Balances before that are no bank: they still serve the year's flows, and a true-up may be to come. ``beside`` is
    another run's name and its table.
    """
    rows = _rows(compliance, instrument)
    other = rows.iloc[:0] if beside is None else _rows(beside[1], instrument)
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale([*rows["carried"] * factor, *other["carried"] * factor], unit)
    figure = empty_figure(display, f"{display.text('figures.bank')} ({unit})")
    if (rows["carried"] > 0).any():
        figure.add_bar(
            x=rows["year"],
            y=rows["carried"] * factor / size,
            name=display.text("figures.bank"),
            marker={"color": GREEN},
        )
    if beside is not None and (other["carried"] > 0).any():
        figure.add_scatter(
            x=other["year"], y=other["carried"] * factor / size, name=label(beside[0]), mode="markers",
            marker={"color": PURPLE, "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
        )  # fmt: skip
    figure.update_layout(showlegend=beside is not None, bargap=0.4)
    return say_empty(_span(figure, rows, rows, whole=True), display)


def abatement(measures: "pd.DataFrame", instrument: str, display: "Display") -> "go.Figure":
    """Return what each measure saved by year, the largest by name and the others together."""
    column = f"reduction_{instrument}"
    table = measures.pivot_table(index="year", columns=["sector", "measure"], values=column, aggfunc="sum")
    table = table.loc[:, table.abs().sum() > 0]
    order = table.abs().sum().sort_values(ascending=False, kind="stable").index
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale(table.clip(lower=0).sum(axis=1) * factor, unit)
    figure = empty_figure(display, f"{display.text('figures.reduction')} ({unit})", height=380)
    years, words = table.index.to_numpy(), 0
    for (sector, measure), colour in zip(order[:SHOWN_MEASURES], SERIES, strict=False):
        name = f"{display.name('sector', sector)}{display.text('numbers.colon')}{display.measure(sector, measure)}"
        lines = [label(line) for line in wrap(name, LEGEND_WIDTH)]
        words += len(lines)
        saved = table[sector, measure] * factor / size
        figure.add_bar(x=years, y=saved, name="<br>".join(lines), marker={"color": colour})
    if len(order) > SHOWN_MEASURES:
        others = table[order[SHOWN_MEASURES:]].sum(axis=1) * factor / size
        figure.add_bar(x=years, y=others, name=display.text("figures.other"), marker={"color": "#BBBBBB"})
    figure.update_layout(barmode="relative", bargap=0.25, showlegend=True, hovermode="closest")
    below = 19 * (words + 1)
    figure.update_layout(
        legend={"orientation": "v", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "font": {"size": 12}},
        margin={"b": 60 + below},
        height=310 + below,
    )
    if years.size:
        years_axis(figure, int(years.min()), int(years.max()))
    return say_empty(figure, display)


def _rows(table: "pd.DataFrame", instrument: str) -> "pd.DataFrame":
    return table[table["instrument"] == instrument]


def _time(rows: "pd.DataFrame", table: "pd.DataFrame") -> "pd.Series[float]":
    """Return the middle of each period in years; a month may be any part of a year, so the whole table tells which."""
    periods = int(table["month"].max()) if len(table) else 1
    return rows["year"] + (rows["month"] - 0.5) / periods


def _span(figure: "go.Figure", years: "pd.DataFrame", rows: "pd.DataFrame", *, whole: bool = False) -> "go.Figure":
    """Return the figure with an axis of years as long as the run; ``whole``: points stand on years, not between."""
    if years.empty:
        return figure
    first, last = int(years["year"].min()), int(max(years["year"].max(), rows["year"].max() if len(rows) else 0))
    edge = 0.4 if whole else 0.0
    figure.update_xaxes(range=[first - edge, last + (edge if whole else 1)])
    return years_axis(figure, first, last)
