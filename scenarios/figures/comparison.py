"""Figures of a comparison: prices of all arms over one another, paired differences, steps above least cost by arm."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.figures.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SERIES,
    SKY,
    empty_figure,
    faint,
    label,
    say_empty,
    years_axis,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

DASHES = ("solid", "dash", "dot", "dashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
BAND_SEEDS = 5
"""With fewer seeds a band between percentiles would only trace the lowest and the highest."""
WIDEST = 1.5
"""Relative differences beyond this are named at the edge, so that the others can be seen."""
PEAK = 3.0
RUNGS = (("misallocation", BLUE), ("mistiming", ORANGE), ("volume", SKY), ("investment", PURPLE), ("friction", GREEN))


def price_overlay(
    prices: "pd.DataFrame", instrument: str, arms: "Sequence[str]", years: tuple[int, int], display: "Display"
) -> "go.Figure":
    """Return the price of one right by period, a line an arm: mean over seeds, and 10 to 90 % of them as a band.

    Parameters
    ----------
    prices : a comparison's table: per arm, seed, period, instrument and venue.
    years : first and last compliance year; later months only settle and are left out.
    """
    figure = empty_figure(display, f"{display.text('figures.price')} ({display.price_unit(instrument)})", height=360)
    rows = prices[(prices["instrument"] == instrument) & (prices["year"] <= years[1])]
    periods = int(prices["month"].max()) if len(prices) else 1
    rows = rows.assign(turnover=rows["price"].fillna(0.0) * rows["volume"])
    by_seed = rows.groupby(["arm", "period", "seed"])[["turnover", "volume"]].sum()
    traded = (by_seed["turnover"] / by_seed["volume"].where(by_seed["volume"] > 0)).dropna()
    tops = []
    for position, arm in enumerate(arms):
        if arm not in traded.index.get_level_values("arm"):
            continue
        table = traded.loc[arm].unstack("seed")
        table = table.reindex(range(int(table.index.min()), int(table.index.max()) + 1))
        time = years[0] + (table.index.to_numpy(dtype=np.float64) + 0.5) / periods
        colour = SERIES[position % len(SERIES)]
        if table.shape[1] >= BAND_SEEDS:
            low, high = table.quantile(0.1, axis=1), table.quantile(0.9, axis=1)
            for start, end in _stretches(low.notna().to_numpy()):
                figure.add_scatter(
                    x=np.concatenate([time[start:end], time[start:end][::-1]]),
                    y=np.concatenate([high.to_numpy()[start:end], low.to_numpy()[start:end][::-1]]),
                    fill="toself", fillcolor=faint(colour), line={"width": 0}, hoverinfo="skip", showlegend=False,
                    legendgroup=arm,
                )  # fmt: skip
        mean = table.mean(axis=1)
        tops.append(mean.to_numpy())
        alone = _alone(mean.notna().to_numpy())
        figure.add_scatter(
            x=time, y=mean, name=label(arm), mode="lines+markers" if alone.any() else "lines", legendgroup=arm,
            # The first line is wide, so that another on top of it leaves it seen.
            line={
                "color": colour, "width": 1.6 if position or len(arms) == 1 else 5,
                "dash": DASHES[position // len(SERIES) % len(DASHES)],
            },
            marker={"size": np.where(alone, 6, 0), "symbol": MARKS[position % len(MARKS)]},
        )  # fmt: skip
    if tops:
        every = np.concatenate(tops)
        every = every[np.isfinite(every)]
        top, usual = float(every.max()), float(np.quantile(every, 0.95))
        if top > PEAK * usual > 0:
            above = int((every > 1.3 * usual).sum())
            words = display.fill("figures.cut_peaks", count=above, highest=display.price(instrument, top))
            figure.add_annotation(
                text=label(words), showarrow=False, x=0, xref="paper", xanchor="left", y=1, yref="paper",
                yanchor="top", bgcolor="rgba(255,255,255,0.85)", font={"size": 12},
            )  # fmt: skip
            figure.update_yaxes(range=[0, 1.3 * usual])
        else:
            figure.update_yaxes(rangemode="tozero")
    figure.update_layout(showlegend=True)
    figure.update_xaxes(hoverformat=".2f", range=[years[0], years[1] + 1])
    return say_empty(years_axis(figure, years[0], years[1]), display)


def effects(differences: "pd.DataFrame", names: "Mapping[str, str]", display: "Display") -> "go.Figure":
    """Return relative paired differences with their intervals: a line an indicator, a mark an arm.

    Parameters
    ----------
    differences : a comparison's table; rows without a relative difference are left out.
    names : the indicators to show, from the top, and what they are called.
    """
    rows = differences[differences["kpi"].isin(list(names)) & np.isfinite(differences["relative"])]
    arms = list(dict.fromkeys(rows["arm"]))
    shown = [kpi for kpi in names if kpi in set(rows["kpi"])]
    room = max(34, 20 + 15 * len(arms))
    axis = display.text("comparison.relative_axis")
    figure = empty_figure(display, "", axis, height=110 + room * max(len(shown), 1))
    rows = rows.assign(
        relative=100 * rows["relative"],
        low=100 * rows["relative_low"].fillna(rows["relative"]),
        high=100 * rows["relative_high"].fillna(rows["relative"]),
    )
    limit = 100 * WIDEST
    for position, arm in enumerate(arms):
        own = rows[rows["arm"] == arm].set_index("kpi").reindex(shown)
        y = np.arange(len(shown)) + (position - (len(arms) - 1) / 2) * 0.8 / max(len(arms), 1)
        middle = own["relative"].clip(-limit, limit)
        colour = SERIES[(position + 1) % len(SERIES)]
        beyond = own["relative"].abs() > limit
        figure.add_scatter(
            x=middle, y=y, name=label(arm), mode="markers+text", customdata=own["relative"],
            text=[_percent(v) if far else "" for v, far in zip(own["relative"], beyond, strict=True)],
            textposition=["middle left" if v > 0 else "middle right" for v in own["relative"].fillna(0.0)],
            error_x={
                "type": "data", "symmetric": False, "array": (own["high"].clip(upper=limit) - middle).clip(lower=0),
                "arrayminus": (middle - own["low"].clip(lower=-limit)).clip(lower=0), "thickness": 1.5, "width": 4,
            },
            marker={"color": colour, "size": 8, "symbol": MARKS[(position + 1) % len(MARKS)]},
            hovertemplate="%{customdata:+.2f} %",
        )  # fmt: skip
    words = [label(names[kpi]) for kpi in shown]
    figure.update_layout(hovermode="closest", showlegend=True)
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(shown))), ticktext=words, gridcolor="rgba(0,0,0,0)",
        zeroline=False,
    )  # fmt: skip
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY, zerolinewidth=2, showgrid=True, gridcolor="#E4E4E4")
    return say_empty(figure, display)


def ladder_by_arm(means: "Mapping[str, Mapping[str, float]]", display: "Display") -> "go.Figure":
    """Return the steps from least cost to actual cost, stacked, a bar an arm.

    Parameters
    ----------
    means : mean of every rung by arm.
    """
    values = [value for rungs in means.values() for name, value in rungs.items() if name in dict(RUNGS)]
    size, unit = display.scale(values or [0.0], display.currency)
    figure = empty_figure(
        display, "", f"{display.text('comparison.above_least')} ({unit})", height=120 + 36 * max(len(means), 1)
    )
    names = [label(arm) for arm in means]
    words = display.text("ladder.rungs")
    for rung, colour in RUNGS:
        column = np.array([rungs.get(rung, np.nan) for rungs in means.values()])
        if np.isfinite(column).any() and np.nanmax(np.abs(column)) > 0:
            figure.add_bar(
                y=names, x=column / size, orientation="h", name=label(words[rung][0]), marker={"color": colour}
            )
    figure.update_layout(barmode="relative", bargap=0.3, hovermode="y unified", showlegend=True)
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY, showgrid=True, gridcolor="#E4E4E4", separatethousands=True)
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, type="category")
    return say_empty(figure, display)


def _stretches(known: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[tuple[int, int]]:
    """Return where unbroken stretches of periods start and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2) if end - start > 1]


def _alone(known: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Return which known periods have no neighbour to draw a line to."""
    padded = np.concatenate([[False], known, [False]])
    return known & ~padded[:-2] & ~padded[2:]


def _percent(value: float) -> str:
    return f"{value:+,.0f} %".replace("-", "−")
