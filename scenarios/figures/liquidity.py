"""Figures of how easily one trades at a venue: the spread between best offer and best bid, and what waits near them."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.figures.style import BLUE, GREEN, empty_figure, say_empty, years_axis

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display


def quoted(markets: "pd.DataFrame", instrument: str, venue: str) -> bool:
    """Return whether a bid and an offer waited at a venue at the end of some period."""
    if "best_bid" not in markets or "best_ask" not in markets:
        return False
    rows = _rows(markets, instrument, venue)
    return bool(((rows["best_bid"] > 0) & (rows["best_ask"] > 0)).any())


def spread(markets: "pd.DataFrame", instrument: str, venue: str, display: "Display") -> "go.Figure":
    """Return the best offer less the best bid at the end of each period; hovering gives it as a share of their middle.

    Periods in which only one side waited have no spread and leave a gap.
    """
    rows = _rows(markets, instrument, venue)
    unit = display.price_unit(instrument)
    figure = empty_figure(display, f"{display.text('sessions.spread')} ({unit})")
    wide = rows["best_ask"] - rows["best_bid"]
    share = 200.0 * wide / (rows["best_ask"] + rows["best_bid"])
    if wide.notna().any():
        figure.add_scatter(
            x=_time(rows, markets), y=wide, name=display.text("sessions.spread"), mode="lines+markers",
            line={"color": BLUE, "width": 1.5}, marker={"size": 4}, customdata=share,
            hovertemplate="%{y:.4~g} (%{customdata:.3~g} %)",
        )  # fmt: skip
    figure.update_layout(showlegend=False)
    figure.update_yaxes(rangemode="tozero", tickformat=",~g")
    return say_empty(_years(figure, rows), display)


def depth(markets: "pd.DataFrame", instrument: str, venue: str, display: "Display") -> "go.Figure":
    """Return the amount that waited within 5 % of the middle of the quotes at the end of each period."""
    rows = _rows(markets, instrument, venue)
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale(rows["depth"] * factor, unit)
    figure = empty_figure(display, f"{display.text('sessions.depth')} ({unit})")
    if (rows["depth"] > 0).any():
        figure.add_bar(
            x=_time(rows, markets), y=rows["depth"] * factor / size, name=display.text("sessions.depth"),
            marker={"color": GREEN, "line": {"width": 0}},
        )  # fmt: skip
    figure.update_layout(showlegend=False, bargap=0.1)
    return say_empty(_years(figure, rows), display)


def so_far(
    table: "pd.DataFrame", column: str, instrument: str, years: tuple[int, int], periods: int, display: "Display"
) -> "go.Figure":
    """Return price, volume, flow or bank of a run that is under way, on the time axis that it will have in the end.

    Parameters
    ----------
    table : a row a period and instrument so far. column : one of price, volume, flow, bank.
    years : first and last year of the run. periods : in a year.
    """
    rows = table[table["instrument"] == instrument]
    values = rows[column].to_numpy(dtype=np.float64)
    unit = display.price_unit(instrument)
    if column != "price":
        factor, unit = display.amount_unit(instrument)
        size, unit = display.scale(values * factor, unit)
        values = values * factor / size
    name = display.text(f"figures.{column}")
    figure = empty_figure(display, f"{name} ({unit})")
    time = rows["year"] + (rows["month"] - 0.5) / periods
    if np.isfinite(values).any():
        if column == "volume":
            figure.add_bar(x=time, y=values, name=name, marker={"color": BLUE, "line": {"width": 0}})
        else:
            figure.add_scatter(
                x=time, y=values, name=name, mode="lines+markers", line={"color": BLUE, "width": 2}, marker={"size": 4}
            )
    figure.update_layout(showlegend=False)
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(range=[years[0], years[1] + 1], hoverformat=".2f")
    return say_empty(years_axis(figure, *years), display)


def _rows(markets: "pd.DataFrame", instrument: str, venue: str) -> "pd.DataFrame":
    return markets[(markets["instrument"] == instrument) & (markets["venue"] == venue)]


def _time(rows: "pd.DataFrame", table: "pd.DataFrame") -> "pd.Series[float]":
    periods = int(table["month"].max()) if len(table) else 1
    return rows["year"] + (rows["month"] - 0.5) / periods


def _years(figure: "go.Figure", rows: "pd.DataFrame") -> "go.Figure":
    figure.update_xaxes(hoverformat=".2f")
    if rows.empty:
        return figure
    first, last = int(rows["year"].min()), int(rows["year"].max())
    figure.update_xaxes(range=[first, last + 1])
    return years_axis(figure, first, last)
