"""Figures that lay scenarios over one another: one line a scenario, and with several seeds a band around it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.figures.burden import costs
from scenarios.figures.style import BLACK, GREY, SERIES, empty_figure, label, say_empty, years_axis

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display
    from scenarios.results import RunResult

Arms = Mapping[str, "Sequence[RunResult]"]
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
BAND_SEEDS = 5
"""With fewer seeds all of them are shown as thin lines: a band between percentiles would be their edges."""


def by_year(results: "Sequence[RunResult]", table: str, instrument: str, column: str) -> "pd.DataFrame":
    """Return a column of a yearly table of one right: a row a year, a column a seed."""
    import pandas as pd

    found = {}
    for result in results:
        rows = result.tables[table]
        own = (rows["instrument"] == instrument).to_numpy()
        years, place = np.unique(rows["year"].to_numpy()[own], return_inverse=True)
        values = rows[column].to_numpy(dtype=np.float64)[own]
        sums = np.bincount(place, np.nan_to_num(values), years.size)
        known = np.bincount(place, np.isfinite(values), years.size) > 0
        found[result.seed] = pd.Series(np.where(known, sums, np.nan), pd.Index(years, name="year"))
    return pd.DataFrame(found)


def flows(arms: Arms, instrument: str, display: "Display", height: int = 300) -> "go.Figure":
    """Return the flow of a year under each scenario, and the cap of each year as a mark."""
    tables = {name: by_year(results, "prices", instrument, "flow") for name, results in arms.items()}
    caps = {name: by_year(results[:1], "prices", instrument, "cap").iloc[:, 0] for name, results in arms.items()}
    factor, unit = display.amount_unit(instrument)
    every = [table.to_numpy().ravel() for table in tables.values()] + [cap.to_numpy() for cap in caps.values()]
    size, unit = display.scale(factor * np.concatenate(every), unit)
    figure = empty_figure(display, f"{display.text('figures.flow')} ({unit})", height=height)
    alike = all(cap.equals(next(iter(caps.values()))) for cap in caps.values())
    for position, (name, cap) in enumerate(caps.items()):
        if position and alike:
            break
        words = display.text("figures.cap") if alike else f"{display.text('figures.cap')} · {name}"
        figure.add_scatter(
            x=cap.index, y=cap * factor / size, name=label(words), mode="markers", legendgroup=name,
            marker={"symbol": "line-ew-open", "size": 18, "color": SERIES[position], "line": {"width": 2}},
        )  # fmt: skip
    lines(figure, {name: table * factor / size for name, table in tables.items()})
    return _whole_years(figure, tables, display)


def banks(arms: Arms, instrument: str, display: "Display", height: int = 300) -> "go.Figure":
    """Return the rights carried over from each compliance year under each scenario."""
    tables = {name: by_year(results, "compliance", instrument, "carried") for name, results in arms.items()}
    return _amounts(tables, instrument, display.text("figures.bank"), display, height)


def volumes(arms: Arms, instrument: str, display: "Display", height: int = 300) -> "go.Figure":
    """Return the volume traded in each calendar year under each scenario."""
    tables = {name: by_year(results, "markets", instrument, "volume") for name, results in arms.items()}
    return _amounts(tables, instrument, display.text("figures.volume"), display, height)


def compliance(arms: Arms, instrument: str, display: "Display", height: int = 300) -> "go.Figure":
    """Return the share of what was due that was surrendered, by year under each scenario."""
    tables = {}
    for name, results in arms.items():
        due = by_year(results, "compliance", instrument, "obligation")
        tables[name] = 100.0 * by_year(results, "compliance", instrument, "surrendered") / due.where(due > 0)
    figure = empty_figure(display, display.text("overview.compliance"), height=height)
    lines(figure, tables)
    lowest = min(
        (float(np.nanmin(t.to_numpy())) for t in tables.values() if np.isfinite(t).to_numpy().any()), default=0
    )
    figure.update_yaxes(range=[min(90.0, 10 * np.floor(lowest / 10)), 100.5], ticksuffix=" %")
    return _whole_years(figure, tables, display)


def burdens(arms: Arms, column: str, instruments: Sequence[str], display: "Display") -> "go.Figure":
    """Return who pays: cost of measures, net payments, trading and penalties by group, a bar a scenario.

    Parameters
    ----------
    column : the column to group by, `sector` or `city`.

    Notes
    -----
    Means over seeds, summed over all years without discounting; payments are those for rights less sales of rights.
    """
    import pandas as pd

    sums = {}
    for name, results in arms.items():
        runs = [costs(result.firms, column, list(instruments)).sum(axis=1) for result in results]
        sums[name] = pd.concat(runs, axis=1).mean(axis=1)
    order = next(iter(sums.values())).sort_values(ascending=False).index
    size, unit = display.scale(np.concatenate([one.to_numpy() for one in sums.values()]), display.currency)
    figure = empty_figure(
        display, "", f"{display.text('overview.burden')} ({unit})", height=110 + (14 + 16 * len(sums)) * len(order)
    )
    for position, (name, values) in enumerate(sums.items()):
        figure.add_bar(
            y=[label(display.name(column, key)) for key in order], x=values.reindex(order) / size, orientation="h",
            name=label(name), marker={"color": SERIES[position]},
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.3, hovermode="y unified", showlegend=len(sums) > 1)
    figure.update_xaxes(showgrid=True, gridcolor="#E4E4E4", zeroline=True, zerolinecolor=GREY, separatethousands=True)
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, automargin=True)
    return say_empty(figure, display)


def sofar(table: "pd.DataFrame", instrument: str, display: "Display", years: tuple[int, int]) -> "go.Figure":
    """Return the price of a right in a run that is still under way, on the axis of the whole run.

    Parameters
    ----------
    table : year, month, instrument and price of the periods that are done.
    """
    rows = table[table["instrument"] == instrument]
    figure = empty_figure(display, f"{display.text('figures.price')} ({display.price_unit(instrument)})", height=220)
    periods = max(int(table["month"].max()), 1) if len(table) else 1
    if rows["price"].notna().any():
        figure.add_scatter(
            x=rows["year"] + (rows["month"] - 0.5) / periods, y=rows["price"], mode="lines+markers",
            line={"color": SERIES[0], "width": 1.6}, marker={"size": 3}, showlegend=False,
        )  # fmt: skip
    figure.update_xaxes(range=[years[0], years[1] + 1], hoverformat=".2f")
    return say_empty(years_axis(figure, *years), display)


def lines(figure: "go.Figure", tables: "Mapping[str, pd.DataFrame]") -> None:
    """Draw a line a scenario, the mean over its seeds, and around it the band from 10 to 90 % of them."""
    for position, (name, table) in enumerate(tables.items()):
        if table.empty:
            continue
        colour = SERIES[position % len(SERIES)]
        years = table.index.to_numpy()
        shared: dict[str, Any] = {"legendgroup": name, "showlegend": False, "hoverinfo": "skip"}
        if table.shape[1] >= BAND_SEEDS:
            low, high = table.quantile(0.1, axis=1), table.quantile(0.9, axis=1)
            figure.add_scatter(
                x=np.concatenate([years, years[::-1]]), y=np.concatenate([high, low[::-1]]), fill="toself",
                fillcolor=faint(colour), line={"width": 0}, **shared,
            )  # fmt: skip
        elif table.shape[1] > 1:
            for seed in table:
                figure.add_scatter(
                    x=years, y=table[seed], mode="lines", line={"color": faint(colour, 0.45), "width": 1}, **shared
                )
        figure.add_scatter(
            x=years, y=table.mean(axis=1), name=label(name), legendgroup=name, mode="lines+markers",
            line={"color": colour, "width": 1.8 if position else 3, "dash": DASHES[position % len(DASHES)]},
            marker={"size": 5, "symbol": SYMBOLS[position % len(SYMBOLS)]},
        )  # fmt: skip
    figure.update_layout(showlegend=True)


def faint(colour: str, strength: float = 0.18) -> str:
    """Return a colour of the palette (#RRGGBB) as one that lets what is under it be seen."""
    red, green, blue = (int((colour or BLACK)[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"


def _amounts(
    tables: "Mapping[str, pd.DataFrame]", instrument: str, title: str, display: "Display", height: int
) -> "go.Figure":
    factor, unit = display.amount_unit(instrument)
    every = np.concatenate([np.zeros(1), *(table.to_numpy().ravel() for table in tables.values())])
    size, unit = display.scale(every * factor, unit)
    figure = empty_figure(display, f"{title} ({unit})", height=height)
    lines(figure, {name: table * factor / size for name, table in tables.items()})
    figure.update_yaxes(rangemode="tozero")
    return _whole_years(figure, tables, display)


def _whole_years(figure: "go.Figure", tables: "Mapping[str, pd.DataFrame]", display: "Display") -> "go.Figure":
    years = [int(year) for table in tables.values() for year in table.index]
    if years:
        figure.update_xaxes(range=[min(years) - 0.4, max(years) + 0.4])
        years_axis(figure, min(years), max(years))
    return say_empty(figure, display)
