"""Figures of accounts: what saving costs, who bears it, who is long and who is short, and one account over time."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.burden import COSTS
from scenarios.figures.style import (
    BLACK,
    BLUE,
    GREY,
    LIGHT,
    ORANGE,
    RED,
    SERIES,
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

Mark = Callable[[str], str]
SHOWN_SECTORS = 6
FEW = 2_000  # more points than this are drawn by the graphics card


def cost_curve(curve: "pd.DataFrame", price: float, saved: float, instrument: str, display: "Display") -> "go.Figure":
    """Return what is saved at each price, the present price as a line, and what was saved as a mark.

    Parameters
    ----------
    curve : columns price and saved, as `scenarios.cost_curve.cost_curve` returns it.
    price, saved : the year's mean price, and what the same accounts saved in the run.
    """
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale([*curve["saved"] * factor, saved * factor], unit)
    vertical = f"{display.text('firm_figures.marginal_cost')} ({display.price_unit(instrument)})"
    figure = empty_figure(display, vertical, f"{display.text('figures.reduction')} ({unit})", height=340)
    if len(curve) and (curve["saved"].abs() > 0).any():
        amounts = curve["saved"].to_numpy() * factor / size
        figure.add_scatter(
            x=amounts, y=curve["price"], name=display.text("firm_figures.curve"), mode="lines",
            line={"color": BLUE, "width": 3}, hovertemplate="%{x:,.4~g}: %{y:,.4~g}<extra></extra>",
        )  # fmt: skip
        ends = [0.0, float(max(amounts.max(), saved * factor / size))]
        name = f"{display.text('firm_figures.mean_price')}{display.text('numbers.colon')}"
        figure.add_scatter(
            x=ends, y=[price, price], name=label(name + display.price(instrument, price)), mode="lines",
            line={"color": ORANGE, "width": 2, "dash": "dash"}, hoverinfo="skip",
        )  # fmt: skip
        name = f"{display.text('firm_figures.actual')}{display.text('numbers.colon')}"
        figure.add_scatter(
            x=[saved * factor / size], y=[price], name=label(name + display.amount(instrument, saved)), mode="markers",
            marker={"color": RED, "size": 12, "symbol": "diamond"},
            hovertemplate="%{x:,.4~g}: %{y:,.4~g}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(hovermode="closest", margin={"b": 56})
    figure.update_yaxes(rangemode="tozero", tickformat=",~g")
    figure.update_xaxes(separatethousands=True, exponentformat="none")
    return say_empty(figure, display)


def burden(table: "pd.DataFrame", instrument: str, display: "Display", mark: Mark | None = None) -> "go.Figure":
    """Return each account's cost against its net sales of a right, sized by flow and coloured by sector.

    Cost stands as a share of revenue; where no account has any, in money.

    Parameters
    ----------
    table : as `scenarios.firm_tables.accounts_in` returns it; accounts without flow and without trade are left out.
    mark : what a click on an account's point means, from its id.
    """
    rows = table[(table["flow"] > 0) | (table["net_purchase"] != 0)]
    factor, unit = display.amount_unit(instrument)
    sold = -rows["net_purchase"] * factor
    size, unit = display.scale(sold, unit)
    relative = bool(rows["burden"].notna().any())
    if relative:
        rows = rows[rows["burden"].notna()]
        sold = sold[rows.index]
        height, vertical = 100.0 * rows["burden"], f"{display.text('firm_figures.burden')} (%)"
    else:
        money, currency = display.scale(rows["total"], display.currency)
        height, vertical = rows["total"] / money, f"{display.text('figures.cost')} ({currency})"
    figure = empty_figure(display, vertical, f"{display.text('firm_figures.net_sales')} ({unit})", height=480)
    largest = float(rows["flow"].max()) if len(rows) else 0.0
    for name, colour, one in _by_sector(rows, display):
        told = [_told(row, instrument, display) for row in rows[one].itertuples(index=False)]
        trace: dict[str, Any] = {
            "x": sold[one] / size, "y": height[one], "name": label(name), "mode": "markers", "text": told,
            "customdata": None if mark is None else [mark(str(key)) for key in rows.loc[one, "account"]],
            "marker": {
                "color": colour, "size": rows.loc[one, "flow"], "sizemode": "area", "sizemin": 3, "opacity": 0.75,
                "sizeref": 2.0 * max(largest, 1e-300) / 34.0**2, "line": {"width": 0.5, "color": "#FFFFFF"},
            },
            "hovertemplate": "%{text}<extra></extra>",
        }  # fmt: skip
        (figure.add_scattergl if len(rows) > FEW else figure.add_scatter)(**trace)
    figure.update_layout(hovermode="closest", showlegend=True, legend={"itemsizing": "constant"}, margin={"b": 56})
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY, separatethousands=True, exponentformat="none")
    return say_empty(figure, display)


def _by_sector(rows: "pd.DataFrame", display: "Display") -> "list[tuple[str, str, Any]]":
    """Return name, colour and mask of the sectors with the largest flows, and of the others together."""
    order = rows.groupby("sector")["flow"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    shown = order[:SHOWN_SECTORS] if len(order) > SHOWN_SECTORS + 1 else order
    found = [
        (display.name("sector", sector), colour, rows["sector"] == sector)
        for sector, colour in zip(shown, SERIES, strict=False)
    ]
    if len(shown) < len(order):
        found.append((display.text("firm_figures.other_sectors"), GREY, ~rows["sector"].isin(shown)))
    return found


def _told(row: Any, instrument: str, display: "Display") -> str:
    """Return what stands beside an account's point."""
    colon = display.text("numbers.colon")
    name = row.name_zh if display.language == "zh" else row.name_en
    traded = "bought" if row.net_purchase > 0 else "sold"
    lines = [
        f"<b>{label(str(name))}</b>",
        f"{display.text('figures.flow')}{colon}{display.amount(instrument, row.flow)}",
        f"{display.text(f'firm_figures.{traded}')}{colon}{display.amount(instrument, abs(row.net_purchase))}",
        f"{display.text('figures.cost')}{colon}{display.money(row.total)}",
    ]
    if np.isfinite(row.burden):
        lines.append(f"{display.text('firm_figures.burden')}{colon}{display.share(row.burden)}")
    return "<br>".join(lines)


def allocation_by(
    groups: "pd.DataFrame", column: str, instrument: str, display: "Display", mark: Mark | None = None
) -> "go.Figure":
    """Return flow beside what was allocated for free, by sector or city, the largest flow on top.

    Parameters
    ----------
    groups : as `scenarios.firm_tables.groups` returns it.
    column : `sector` or `city`.
    mark : what a click on a group's bars means, from its id.
    """
    rows = groups[(groups["flow"] > 0) | (groups["allocated"] > 0)]
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale([*rows["flow"] * factor, *rows["allocated"] * factor], unit)
    figure = empty_figure(display, "", f"{display.text('firm_figures.amount')} ({unit})", height=120 + 40 * len(rows))
    names = [label(display.name(column, key)) for key in rows[column]]
    marks = None if mark is None else [mark(str(key)) for key in rows[column]]
    gap = rows["flow"] / rows["allocated"].where(rows["allocated"] > 0) - 1.0
    told = ["" if not np.isfinite(value) else f"{100 * value:+.0f} %".replace("-", "\u2212") for value in gap]
    if len(rows):
        figure.add_bar(
            y=names, x=rows["allocated"] * factor / size, orientation="h", name=display.text("firm_figures.allocated"),
            marker={"color": SKY}, customdata=marks,
        )  # fmt: skip
        figure.add_bar(
            y=names, x=rows["flow"] * factor / size, orientation="h", name=display.text("figures.flow"),
            marker={"color": BLACK}, text=told, textposition="outside", cliponaxis=False, customdata=marks,
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.3, hovermode="y unified", margin={"r": 60, "b": 56})
    figure.update_xaxes(
        gridcolor=LIGHT, showgrid=True, separatethousands=True, exponentformat="none", rangemode="tozero"
    )
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False)
    return say_empty(figure, display)


def firm_flows(rows: "pd.DataFrame", instrument: str, display: "Display") -> "go.Figure":
    """Return one account's (or group's) flow by year over the rights that it received and bought.

    Parameters
    ----------
    rows : year, flow, baseline, allocated and net_purchase, as in `scenarios.firm_tables.history`, of one right.
    """
    factor, unit = display.amount_unit(instrument)
    columns = ("allocated", "net_purchase", "baseline", "flow")
    size, unit = display.scale(rows[list(columns)].to_numpy() * factor, unit)
    figure = empty_figure(display, f"{display.text('firm_figures.amount')} ({unit})", height=340)
    years = rows["year"]
    if len(rows) and (rows[list(columns)] != 0).to_numpy().any():
        for column, colour in (("allocated", SKY), ("net_purchase", ORANGE)):
            figure.add_bar(
                x=years, y=rows[column] * factor / size, name=display.text(f"firm_figures.{column}"),
                marker={"color": colour},
            )  # fmt: skip
        mode = "markers" if len(rows) == 1 else "lines"
        dotted = {"color": GREY, "width": 2, "dash": "dot"}
        for column, line in (("baseline", dotted), ("flow", {"color": BLACK, "width": 3})):
            name = display.text(f"figures.{column}")
            figure.add_scatter(x=years, y=rows[column] * factor / size, name=name, mode=mode, line=line)
        years_axis(figure, int(years.min()), int(years.max()))
    figure.update_layout(barmode="relative", bargap=0.35)
    return say_empty(figure, display)


def firm_costs(rows: "pd.DataFrame", instruments: Sequence[str], display: "Display") -> "go.Figure":
    """Return one account's costs by year: measures, net payments for all rights, trading, penalties.

    Parameters
    ----------
    rows : the account's rows of the table `firms`.
    """
    parts = rows.assign(payment=rows[[f"payment_{key}" for key in instruments]].sum(axis=1))
    size, unit = display.scale(parts[[source for _, source, _ in COSTS]].to_numpy(), display.currency)
    figure = empty_figure(display, f"{display.text('figures.cost')} ({unit})", height=340)
    for name, source, colour in COSTS:
        if (parts[source] != 0).any():
            figure.add_bar(
                x=parts["year"], y=parts[source] / size, name=display.text(f"cost.{name}"), marker={"color": colour}
            )
    figure.update_layout(barmode="relative", bargap=0.35, showlegend=True)
    if figure.data:
        years_axis(figure, int(parts["year"].min()), int(parts["year"].max()))
    return say_empty(figure, display)
