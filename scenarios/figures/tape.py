"""Figures of single trades: all of a run by price over time, and those of one period in their order.

Up to some thousands of trades are points. More would only be a blot, and slow: they are counted in fields of time and
price, and the few at prices far from all others stay points. Nothing is left out. Nothing needs WebGL either, whose
programs a page with a strict security policy may not compile.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.figures.style import BLACK, BLUE, GREY, ORANGE, PURPLE, RED, empty_figure, label, say_empty, years_axis

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

Floats = npt.NDArray[np.float64]

POINTS = 5_000
"""More trades than this are counted."""
CELLS = (180, 110)
"""Fields of time and of price in which they are counted."""
TAIL = 0.002
"""The share of trades at either end of prices that are not counted but drawn."""
SHADES = ((0.0, "#B7DDF2"), (0.4, BLUE), (0.7, PURPLE), (1.0, RED))
SIDES = (("buyer_came", 1, BLUE), ("seller_came", -1, ORANGE), ("neither", 0, GREY))


def every_trade(trades: "pd.DataFrame", instrument: str, display: "Display", periods: int) -> "go.Figure":
    """Return all trades of a right, price over time; those of a period stand in their order over its length.

    Parameters
    ----------
    trades : the table `trades` of a result, or those rows of it that are to be shown.
    periods : in a year.
    """
    rows = trades[trades["instrument"] == instrument]
    figure = _empty(instrument, display, display.text("figures.year"))
    if len(rows):
        first, last = int(rows["year"].min()), int(rows["year"].max())
        _draw(figure, moments(rows, periods), (first, last + 1), rows, instrument, display)
        figure.update_xaxes(range=[first, last + 1], hoverformat=".2f")
        years_axis(figure, first, last)
    return say_empty(figure, display)


def in_order(trades: "pd.DataFrame", instrument: str, display: "Display") -> "go.Figure":
    """Return the trades of one period, the first at the left."""
    rows = trades[trades["instrument"] == instrument]
    figure = _empty(instrument, display, display.text("sessions.order"))
    if len(rows):
        _draw(figure, 1.0 + np.arange(len(rows)), (0.5, len(rows) + 0.5), rows, instrument, display)
        figure.update_xaxes(range=[0, len(rows) + 1], separatethousands=True)
    return say_empty(figure, display)


def moments(rows: "pd.DataFrame", periods: int) -> Floats:
    """Return when each trade was made, in years: the trades of a period are spread over it in their order."""
    period = rows["period"].to_numpy()
    _, place, count = np.unique(period, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    rank = np.empty(period.size, dtype=np.float64)
    rank[order] = np.arange(period.size) - np.repeat(np.cumsum(count) - count, count)
    within = (rank + 0.5) / count[place]
    found: Floats = rows["year"].to_numpy() + (rows["month"].to_numpy() - 1 + within) / periods
    return found


def band(figure: "go.Figure", start: float, end: float) -> "go.Figure":
    """Return the figure with the time from ``start`` to ``end`` (years) shaded: what is looked at elsewhere."""
    figure.add_vrect(x0=start, x1=end, fillcolor=GREY, opacity=0.3, line_width=0, layer="below")
    return figure


def _empty(instrument: str, display: "Display", horizontal: str) -> "go.Figure":
    vertical = f"{display.text('sessions.price')} ({display.price_unit(instrument)})"
    figure = empty_figure(display, vertical, horizontal, height=380)
    figure.update_layout(hovermode="closest", showlegend=True, legend={"itemsizing": "constant"})
    figure.update_yaxes(tickformat=",~g")
    return figure


def _draw(
    figure: "go.Figure", x: Floats, ends: tuple[float, float], rows: "pd.DataFrame", instrument: str, display: "Display"
) -> None:
    """Draw trades as points in the colour of the side that made them, or count them where they are many."""
    price = rows["price"].to_numpy(dtype=np.float64)
    if len(rows) > POINTS:
        _add_counts(figure, x, ends, price, display)
        return
    factor, unit = display.amount_unit(instrument)
    amount, aggressor = rows["amount"].to_numpy(dtype=np.float64) * factor, rows["aggressor"].to_numpy()
    for name, side, colour in SIDES:
        mine = aggressor == side
        if mine.any():
            figure.add_scatter(
                x=x[mine], y=price[mine], name=display.text(f"sessions.{name}"), mode="markers",
                marker={"color": colour, "size": 6 if len(rows) < 500 else 4, "opacity": 0.6}, customdata=amount[mine],
                hovertemplate=f"%{{y:,.6~g}}, %{{customdata:,.4~g}} {label(unit)}<extra></extra>",
            )  # fmt: skip


def _add_counts(
    figure: "go.Figure", x: Floats, ends: tuple[float, float], price: Floats, display: "Display"
) -> None:  # fmt: skip
    low, high = np.quantile(price, [TAIL, 1.0 - TAIL])
    inside = (price >= low) & (price <= high)
    high = high if high > low else low + 1.0
    count, x_edge, y_edge = np.histogram2d(x[inside], price[inside], bins=CELLS, range=[ends, (low, high)])
    shown = np.where(count > 0, np.log10(np.maximum(count, 1.0)), np.nan).T
    ticks = range(int(np.ceil(np.nanmax(shown))) + 1)
    words = label(display.text("sessions.count"))
    figure.add_heatmap(
        x=0.5 * (x_edge[1:] + x_edge[:-1]), y=0.5 * (y_edge[1:] + y_edge[:-1]), z=shown.astype(np.float32),
        customdata=count.T.astype(np.int32), zmin=0, zmax=max(ticks[-1], 1), colorscale=SHADES, hoverongaps=False,
        name=words, hovertemplate=f"%{{y:,.5~g}}: %{{customdata:,.0f}} {words}<extra></extra>",
        colorbar={
            "title": {"text": words, "side": "top"}, "thickness": 12, "outlinewidth": 0, "len": 0.95, "x": 1.01,
            "tickvals": list(ticks), "ticktext": [f"{10**n:,}" for n in ticks],
        },
    )  # fmt: skip
    if not inside.all():
        figure.add_scatter(
            x=x[~inside], y=price[~inside], name=display.text("sessions.beyond"), mode="markers",
            marker={"color": BLACK, "size": 4, "opacity": 0.6},
        )  # fmt: skip
    figure.update_layout(margin={"r": 110})
    figure.update_yaxes(showgrid=False)
