"""Figures of venues and of containment: volume by venue, the best offers of a book, prices at which rules act."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.style import (
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

FAR = 2.0
"""A rule's price is drawn, and the axis made long enough for it, up to this many times the highest price."""
LOOKS = {
    "floor": (GREEN, "longdash"), "ceiling": (RED, "longdash"),
    "trigger": (PURPLE, "dashdot"), "withhold": (SKY, "dashdot"),
    "reserve_price": (GREEN, "dot"), "lower": (GREEN, "dash"), "upper": (RED, "dash"), "step": (PURPLE, "dot"),
}  # fmt: skip


def volumes_by_venue(
    markets: "pd.DataFrame", instrument: str, venues: "Mapping[str, str]", display: "Display"
) -> "go.Figure":
    """Return the volume of each venue by period, stacked.

    Parameters
    ----------
    venues : what each venue is called, by its name in the table.
    """
    rows = markets[markets["instrument"] == instrument]
    factor, unit = display.amount_unit(instrument)
    size, unit = display.scale(rows.groupby("period")["volume"].sum() * factor, unit)
    figure = empty_figure(display, f"{display.text('figures.volume')} ({unit})")
    for (venue, title), colour in zip(venues.items(), SERIES * 2, strict=False):
        own = rows[rows["venue"] == venue]
        if (own["volume"] > 0).any():
            figure.add_bar(
                x=_time(own, markets), y=own["volume"] * factor / size, name=label(title),
                marker={"color": colour, "line": {"width": 0}},
            )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.1, showlegend=True)
    figure.update_xaxes(hoverformat=".2f")
    return say_empty(_years(figure, rows), display)


def quotes(markets: "pd.DataFrame", instrument: str, venue: str, display: "Display") -> "go.Figure":
    """Return the best bid and the best offer that waited at a venue at the end of each period, and the price."""
    rows = markets[(markets["instrument"] == instrument) & (markets["venue"] == venue)]
    time = _time(rows, markets)
    figure = empty_figure(display, f"{display.text('figures.price')} ({display.price_unit(instrument)})")
    for name, colour in (("best_ask", ORANGE), ("best_bid", SKY)):
        figure.add_scatter(
            x=time, y=rows[name], name=display.text(f"figures.{name}"), mode="lines+markers",
            line={"color": colour, "width": 1.5}, marker={"size": 3},
            fill="tonexty" if name == "best_bid" else None, fillcolor=LIGHT,
        )  # fmt: skip
    figure.add_scatter(
        x=time,
        y=rows["price"],
        name=display.text("figures.period_mean"),
        mode="markers",
        marker={"color": BLUE, "size": 5},
    )
    highest = np.nanmax([0.0, rows["price"].max(), rows["best_bid"].max()])
    if highest > 0:  # a lone offer far above decides nothing
        lowest = np.nanmin([rows["price"].min(), rows["best_bid"].min()])
        top = min(1.1 * np.nanmax([highest, rows["best_ask"].max()]), FAR * highest)
        figure.update_yaxes(range=[max(0.0, 0.8 * lowest), top], tickformat=",~g")
    figure.update_xaxes(hoverformat=".2f")
    return say_empty(_years(figure, rows), display)


def rule_prices(rules: "Sequence[Any]") -> "list[tuple[str, str, Any]]":
    """Return the prices at which containment rules act: kind of line, name of its rule, and the price path."""
    from market.policies.containment import names

    found: list[tuple[str, str, Any]] = []
    for rule, name in zip(rules, names(rules), strict=True):
        by_kind: dict[str, list[tuple[str, Any]]] = {
            "collar": [("floor", getattr(rule, "floor", None)), ("ceiling", getattr(rule, "ceiling", None))],
            "reserve_price": [("reserve_price", getattr(rule, "price", None))],
            "emissions_containment_reserve": [("withhold", getattr(rule, "trigger", None))],
            "cost_containment_reserve": [("trigger", tier.trigger) for tier in getattr(rule, "tiers", ())],
            "price_steps": [("step", step.price) for step in getattr(rule, "steps", ())],
            "corridor_release": [("lower", getattr(rule, "lower", None)), ("upper", getattr(rule, "upper", None))],
        }
        found += [(line, name, path) for line, path in by_kind.get(rule.kind, []) if path is not None]
    return found


def add_rule_prices(
    figure: "go.Figure", lines: "Sequence[tuple[str, str, Any]]", years: "Sequence[int]", top: float, display: "Display"
) -> float:
    """Draw the prices at which rules act, by year, and return how high the axis must now go."""
    from scenarios.rule_words import containment_name

    highest = top
    for line, rule, path in lines:
        levels = [path.level(int(year)) for year in years]
        known = [(int(year), level) for year, level in zip(years, levels, strict=True) if level is not None]
        if not known or min(level for _, level in known) > FAR * top > 0:
            continue
        colour, dash = LOOKS[line]
        words = display.fill(f"figures.{line}", rule=containment_name(display, rule))
        figure.add_scatter(
            x=[*(year for year, _ in known), known[-1][0] + 1], y=[*(level for _, level in known), known[-1][1]],
            name=label(words), mode="lines", line={"color": colour, "width": 1.3, "dash": dash, "shape": "hv"},
        )  # fmt: skip
        highest = max(highest, *(level for _, level in known if level <= FAR * top or top <= 0))
    return highest


def add_acts(
    figure: "go.Figure", rows: "pd.DataFrame", markets: "pd.DataFrame", acts: "pd.DataFrame", display: "Display"
) -> None:
    """Mark the periods in which a rule released rights or took rights in, at the price of the period.

    Parameters
    ----------
    rows : the instrument's rows of ``markets``.
    acts : the instrument's rows of the table `containment`.
    """
    shown = rows.set_index("period")
    at = shown["price"].fillna(shown["indicative"])
    when = _time(rows, markets).set_axis(rows["period"])
    instrument = str(rows["instrument"].iloc[0]) if len(rows) else ""
    for name, own, mark, colour in (
        ("released", released(acts), "triangle-down", RED), ("taken", taken(acts), "triangle-up", GREEN)
    ):  # fmt: skip
        units = own.groupby("period")["units"].sum()
        units = units[units.index.isin(at.index)]
        if len(units):
            figure.add_scatter(
                x=when[units.index], y=at[units.index], name=display.text(f"figures.{name}"), mode="markers",
                marker={"symbol": mark, "size": 9, "color": colour, "line": {"color": GREY, "width": 0.5}},
                text=[display.amount(instrument, value) for value in units], hovertemplate="%{text}",
            )  # fmt: skip


def released(acts: "pd.DataFrame") -> "pd.DataFrame":
    """Return the movements that brought rights to the market: out of a reserve or beyond the cap."""
    return acts[acts["source"].isin(["reserve", "issued"]) & acts["target"].isin(["sold", "offer"])]


def taken(acts: "pd.DataFrame") -> "pd.DataFrame":
    """Return the movements by which a rule took rights off the market, for the reserve or for good."""
    return acts[acts["source"].isin(["offer", "sold"]) & acts["target"].isin(["reserve", "cancelled"])]


def _time(rows: "pd.DataFrame", table: "pd.DataFrame") -> "pd.Series[float]":
    periods = int(table["month"].max()) if len(table) else 1
    return rows["year"] + (rows["month"] - 0.5) / periods


def _years(figure: "go.Figure", rows: "pd.DataFrame") -> "go.Figure":
    if rows.empty:
        return figure
    first, last = int(rows["year"].min()), int(rows["year"].max())
    figure.update_xaxes(range=[first, last + 1])
    return years_axis(figure, first, last)
