"""Figure of a sensitivity analysis: parameters from the one that matters most, with intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.analysis.sensitivity import ranking
from scenarios.analysis.words import outcome_title
from scenarios.figures.style import BLUE, GREY, LIGHT, ORANGE, SKY, empty_figure, label, say_empty
from scenarios.figures.sweeps import axis_of
from scenarios.kpis import declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

MOST_BARS = 15


def ranking_bars(indices: "pd.DataFrame", outcome: str, names: "Mapping[str, str]", display: "Display") -> "go.Figure":
    """Return a bar a parameter, the most important on top: its index with its interval.

    Sobol indices have two bars, what a parameter does in all (total) and alone (first); the gap between them is what it
    does together with others. Effects of Morris are coloured by their direction, and a tick shows the size that seeds
    alone would give.

    Parameters
    ----------
    indices : a table of `scenarios.analysis.sensitivity`.
    names : what parameters are called; others by their own name.
    """
    rows = indices[indices["outcome"] == outcome]
    order = [name for name in ranking(rows)["parameter"] if name in set(rows["parameter"])][:MOST_BARS]
    by_index = {index: part.set_index("parameter").reindex(order) for index, part in rows.groupby("index")}
    method = str(indices.attrs.get("method", "first_order"))
    present = rows["value"].notna().any()
    title, factor = _title(outcome, method, by_index, display)
    bars = 2 if "total" in by_index else 1
    figure = empty_figure(display, "", "", height=140 + (16 + 18 * bars) * max(len(order), 3))
    figure.update_xaxes(title={"text": title, "standoff": 8})
    if not present:
        return say_empty(figure, display)
    words = [label(names.get(name, name)) for name in order]
    if method == "morris":
        _add_effects(figure, by_index, words, factor, display)
    else:
        for index, colour in (("total", SKY), ("first", BLUE)):
            if index in by_index:
                part = by_index[index]
                figure.add_bar(
                    y=words, x=factor * part["value"], orientation="h", name=label(display.text(f"analysis.{index}")),
                    marker={"color": colour}, error_x=_interval(part, factor), hovertemplate="%{y}: %{x:.1f} %",
                )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.25, hovermode="closest", showlegend=bars > 1 or method == "morris")
    figure.update_xaxes(showgrid=True, gridcolor=LIGHT, zeroline=True, zerolinecolor=GREY, separatethousands=True)
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, type="category")
    figure.update_layout(margin={"b": 72})
    return figure


def _add_effects(
    figure: "go.Figure", by_index: "dict[str, pd.DataFrame]", words: list[str], factor: float, display: "Display"
) -> None:
    size, mean, noise = (by_index[index] for index in ("mu_star", "mu", "noise"))
    for raises, colour, name in ((True, BLUE, "raises"), (False, ORANGE, "lowers")):
        own = (mean["value"] >= 0.0).to_numpy() == raises
        if own.any():
            figure.add_bar(
                y=[word for word, is_own in zip(words, own, strict=True) if is_own], x=factor * size["value"][own],
                orientation="h", name=label(display.text(f"analysis.{name}")), marker={"color": colour},
                error_x=_interval(size[own], factor), hovertemplate="%{y}: %{x:,.4~r}", offsetgroup="all",
            )  # fmt: skip
    if np.isfinite(noise["value"]).any():
        figure.add_scatter(
            y=words, x=factor * np.sqrt(2.0 / np.pi) * noise["value"], mode="markers",
            name=label(display.text("analysis.seeds_alone")), hovertemplate="%{x:,.4~r}",
            marker={"symbol": "line-ns", "size": 16, "line": {"width": 2, "color": "#222222"}},
        )  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=words)


def _interval(part: "pd.DataFrame", factor: float) -> dict[str, Any]:
    return {
        "type": "data", "symmetric": False, "array": (factor * (part["high"] - part["value"])).fillna(0.0),
        "arrayminus": (factor * (part["value"] - part["low"])).fillna(0.0), "thickness": 1.5, "width": 3, "color": GREY,
    }  # fmt: skip


def _title(outcome: str, method: str, by_index: "dict[str, pd.DataFrame]", display: "Display") -> tuple[str, float]:
    if method != "morris":
        return _two_lines(outcome_title(display, outcome), display.text("analysis.variance_axis")), 100.0
    try:
        declared(outcome)
    except KeyError:
        return _two_lines(outcome, display.text("analysis.effect_axis")), 1.0
    factor, heading = axis_of(display, outcome, by_index["mu_star"]["value"])
    return _two_lines(heading, display.text("analysis.effect_axis")), factor


def _two_lines(above: str, below: str) -> str:
    return f"{label(above)}<br>{label(below)}"
