"""Figures that hold a run against theory: demand and cap, Hotelling's price path, plan against market."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.figures.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SERIES,
    empty_figure,
    label,
    say_empty,
    years_axis,
)

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
ROOM = 1.25
"""How far the line on which both prices are equal reaches beyond the points."""
DECADE = 10.0


def supply_and_demand(
    demand: "pd.DataFrame", equilibrium: float, yearly: "pd.DataFrame", instrument: str, display: "Display"
) -> "go.Figure":
    """Return the demand for permits, the cap, where they meet, and where the run came out.

    Parameters
    ----------
    demand : columns price and flow; read from right to left it is the marginal cost of abatement of all firms.
    equilibrium : the price at which demand is the cap.
    yearly : the table `prices` of a result of one year.
    """
    row = yearly[yearly["instrument"] == instrument].iloc[0]
    unit, price_unit = display.amount_unit(instrument)[1], display.price_unit(instrument)
    axis = f"{display.text('theory.held')} ({unit})"
    figure = empty_figure(display, f"{display.text('theory.price')} ({price_unit})", axis, 380)
    top = float(demand["price"].max())
    figure.add_scatter(
        x=demand["flow"], y=demand["price"], name=display.text("theory.demand"), mode="lines",
        line={"color": BLUE, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=[row["cap"], row["cap"]], y=[0.0, top], name=display.text("figures.cap"), mode="lines",
        line={"color": BLACK, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=[row["cap"]], y=[equilibrium], name=display.text("theory.equilibrium"), mode="markers",
        marker={"color": ORANGE, "size": 15, "symbol": "circle-open", "line": {"width": 3}},
    )  # fmt: skip
    figure.add_scatter(
        x=[row["flow"]], y=[row["mean_price"]], name=display.text("theory.run"), mode="markers",
        marker={"color": GREEN, "size": 9, "symbol": "x"},
    )  # fmt: skip
    figure.update_layout(hovermode="closest")
    figure.update_traces(hovertemplate="%{x:.6~g}, %{y:.8~g}")
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(range=[0.0, top])
    return figure


def hotelling_path(path: "pd.DataFrame", yearly: "pd.DataFrame", instrument: str, display: "Display") -> "go.Figure":
    """Return the price path of theory and the mean price of each year of the run.

    Parameters
    ----------
    path : columns year, price, bank, growth.
    yearly : the table `prices` of a result.
    """
    rows = yearly[yearly["instrument"] == instrument]
    figure = empty_figure(display, f"{display.text('theory.price')} ({display.price_unit(instrument)})", height=340)
    rise = [display.text("numbers.not_number") if np.isnan(share) else display.share(share) for share in path["growth"]]
    figure.add_scatter(
        x=path["year"], y=path["price"], name=display.text("theory.path"), mode="lines", customdata=rise,
        line={"color": ORANGE, "width": 3, "dash": "dash"},
        hovertemplate=f"%{{y:.8~g}} ({display.text('theory.growth')} %{{customdata}})",
    )  # fmt: skip
    figure.add_scatter(
        x=rows["year"], y=rows["mean_price"], name=display.text("theory.run"), mode="markers",
        marker={"color": BLUE, "size": 8}, hovertemplate="%{y:.8~g}",
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero")
    return _years(figure, path)


def hotelling_bank(
    path: "pd.DataFrame", compliance: "pd.DataFrame", instrument: str, display: "Display"
) -> "go.Figure":
    """Return the bank of theory after each year and what the run carried over at each year's deadline.

    Parameters
    ----------
    path : columns year, price, bank, growth.
    compliance : the table of that name of a result.
    """
    rows = compliance[compliance["instrument"] == instrument]
    unit = display.amount_unit(instrument)[1]
    figure = empty_figure(display, f"{display.text('figures.bank')} ({unit})", height=340)
    figure.add_bar(
        x=rows["year"], y=rows["carried"], name=display.text("theory.run"), marker={"color": BLUE},
        hovertemplate="%{y:.6~g}",
    )  # fmt: skip
    figure.add_scatter(
        x=path["year"], y=path["bank"], name=display.text("theory.path"), mode="lines+markers",
        line={"color": ORANGE, "width": 3, "dash": "dash"}, hovertemplate="%{y:.6~g}",
    )  # fmt: skip
    figure.update_layout(bargap=0.4)
    return _years(figure, path)


def plan_against_market(yearly: "pd.DataFrame", display: "Display") -> "go.Figure":
    """Return the mean price of each year and right against the least-cost plan's.

    On the line both are equal. Axes are logarithmic where prices differ more than tenfold. Rights have units of their
    own, so each point is read against itself; the hover tells unit and year. Years without a trade, or with a price of
    zero, have no point (`comparable`).
    """
    axes = f"{display.text('theory.reference_price')} ({_unit(display)})"
    figure = empty_figure(display, f"{display.text('theory.mean_price')} ({_unit(display)})", axes, 460)
    rows = comparable(yearly)
    if rows.empty:
        return say_empty(figure, display)
    both = rows[["mean_price", "reference_price"]].to_numpy(dtype=np.float64)
    ends = [float(both.min()) / ROOM, float(both.max()) * ROOM]
    figure.add_scatter(
        x=ends, y=ends, name=display.text("theory.equal"), mode="lines", line={"color": GREY, "dash": "dot"},
        hoverinfo="skip",
    )  # fmt: skip
    for number, instrument in enumerate(display.titles):
        own = rows[rows["instrument"] == instrument]
        if own.empty:
            continue
        unit = label(display.price_unit(instrument))
        figure.add_scatter(
            x=own["reference_price"], y=own["mean_price"], name=label(display.titles[instrument]), mode="markers",
            customdata=own["year"],
            marker={"color": SERIES[number % len(SERIES)], "symbol": SYMBOLS[number % len(SYMBOLS)], "size": 9,
                    "opacity": 0.8},
            hovertemplate=f"%{{customdata}}: {display.text('theory.mean_price')} %{{y:,.5~g}}, "
            f"{display.text('theory.reference_price')} %{{x:,.5~g}} {unit}",
        )  # fmt: skip
    far = ends[1] > DECADE * ends[0]
    axis = {"type": "log", "range": list(np.log10(ends)), "dtick": 1} if far else {"range": ends}
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(**axis, tickformat=",~g")
    figure.update_yaxes(**axis, tickformat=",~g")
    return figure


def comparable(yearly: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of the table `prices` in which both the market and the plan have a price above zero."""
    return yearly[(yearly["mean_price"] > 0.0) & (yearly["reference_price"] > 0.0)]


def _unit(display: "Display") -> str:
    """Return the unit of prices: of the one right that there is, or money per unit of each right."""
    keys = tuple(display.titles)
    if len(keys) == 1:
        return display.price_unit(keys[0])
    return display.fill("numbers.per", money=display.currency, unit=display.text("theory.own_unit"))


def _years(figure: "go.Figure", path: "pd.DataFrame") -> "go.Figure":
    first, last = int(path["year"].min()), int(path["year"].max())
    figure.update_xaxes(range=[first - 0.5, last + 0.5])
    return years_axis(figure, first, last)
