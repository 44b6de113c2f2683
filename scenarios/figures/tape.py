"""Figures of single trades: every one by price over time, and who sold to whom.

Up to some thousands of trades are drawn one by one, beyond that by the graphics card, and where so many would only be a
blot they are counted by time and price; the few that lie far from all others stay points. Nothing is left out.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.figures.style import BLACK, BLUE, GREY, LIGHT, ORANGE, RED, empty_figure, label, say_empty, years_axis

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

Floats = npt.NDArray[np.float64]

ONE_BY_ONE = 4_000
"""Up to this many trades are parts of the page, which any browser draws; more of them need WebGL."""
COUNTED = 50_000
"""More trades than this are counted by time and price."""
CELLS = (180, 110)
TAIL = 0.002
"""The share of trades at either end of prices that are not counted but drawn, where they are counted at all."""
SHADES = ((0.0, "#B7DDF2"), (0.5, BLUE), (1.0, RED))
SIDES = (("buyer_came", 1, BLUE), ("seller_came", -1, ORANGE), ("neither", 0, GREY))


def every_trade(trades: "pd.DataFrame", instrument: str, display: "Display", periods: int) -> "go.Figure":
    """Return all trades of a right, price over time; those of a period stand in their order over its length.

    Parameters
    ----------
    trades : the table `trades` of a result, or those rows of it that are to be shown.
    periods : in a year.
    """
    rows = trades[trades["instrument"] == instrument]
    figure = empty_figure(display, f"{display.text('sessions.price')} ({display.price_unit(instrument)})", height=380)
    time, price = moments(rows, periods), rows["price"].to_numpy(dtype=np.float64)
    figure.update_layout(hovermode="closest", showlegend=True, legend={"itemsizing": "constant"})
    if len(rows) > COUNTED:
        _add_counts(figure, time, price, display)
    elif len(rows):
        factor, unit = display.amount_unit(instrument)
        amount = rows["amount"].to_numpy(dtype=np.float64) * factor
        aggressor = rows["aggressor"].to_numpy()
        told = f"%{{y:,.6~g}}, %{{customdata:,.4~g}} {label(unit)}<extra></extra>"
        for name, side, colour in SIDES:
            mine = aggressor == side
            if mine.any():
                _add_points(
                    figure, time[mine], price[mine], display.text(f"sessions.{name}"), colour, len(rows),
                    customdata=amount[mine].astype(np.float32), hovertemplate=told,
                )  # fmt: skip
    figure.update_yaxes(tickformat=",~g")
    if len(rows):
        first, last = int(rows["year"].min()), int(rows["year"].max())
        figure.update_xaxes(range=[first, last + 1], hoverformat=".2f")
        years_axis(figure, first, last)
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


def _add_points(figure: "go.Figure", x: Floats, y: Floats, name: str, colour: str, of: int, **more: Any) -> None:
    size = 6 if of < 300 else 4 if of <= ONE_BY_ONE else 3
    add = figure.add_scatter if of <= ONE_BY_ONE else figure.add_scattergl
    add(x=x, y=y, name=name, mode="markers", marker={"color": colour, "size": size, "opacity": 0.6}, **more)


def _add_counts(figure: "go.Figure", time: Floats, price: Floats, display: "Display") -> None:
    low, high = np.quantile(price, [TAIL, 1.0 - TAIL])
    inside = (price >= low) & (price <= high)
    high = high if high > low else low + 1.0
    count, x, y = np.histogram2d(
        time[inside], price[inside], bins=CELLS, range=[[np.floor(time.min()), np.ceil(time.max())], [low, high]]
    )
    shown = np.where(count > 0, np.log10(np.maximum(count, 1.0)), np.nan).T
    top = int(np.ceil(np.nanmax(shown)))
    ticks = list(range(top + 1))
    figure.add_heatmap(
        x=0.5 * (x[1:] + x[:-1]), y=0.5 * (y[1:] + y[:-1]), z=shown, customdata=count.T, zmin=0, zmax=max(top, 1),
        colorscale=SHADES, hoverongaps=False, name=display.text("sessions.count"),
        hovertemplate=f"%{{y:,.5~g}}: %{{customdata:,.0f}} {label(display.text('sessions.count'))}<extra></extra>",
        colorbar={
            "title": {"text": label(display.text("sessions.count")), "side": "top"}, "thickness": 12, "outlinewidth": 0,
            "len": 0.95, "x": 1.01, "tickvals": ticks, "ticktext": [f"{10**n:,}" for n in ticks],
        },
    )  # fmt: skip
    if not inside.all():
        name = display.text("sessions.beyond")
        _add_points(figure, time[~inside], price[~inside], name, BLACK, int((~inside).sum()))
    figure.update_layout(margin={"r": 110})
    figure.update_yaxes(showgrid=False)


def band(figure: "go.Figure", start: float, end: float) -> "go.Figure":
    """Return the figure with the time from ``start`` to ``end`` (years) shaded: what is looked at elsewhere."""
    figure.add_vrect(x0=start, x1=end, fillcolor=LIGHT, opacity=0.5, line_width=0, layer="below")
    return figure
