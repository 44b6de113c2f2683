"""Figures of a sweep: heat map, response to one key, parallel coordinates, Pareto front.

All take the tidy table of `scenarios.sweep_table`: `arm`, a column for each varied path, `kpi`, `value`, `low`, `high`.
``marks`` gives each arm what its point carries as custom data, for whoever reacts to clicks.
"""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.comparison_words import title
from scenarios.figures.style import BLUE, GREY, LIGHT, ORANGE, RED, empty_figure, label, say_empty
from scenarios.kpis import declared
from scenarios.pareto import pareto_front

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

COLOURS = "Cividis"
"""Even in lightness and read alike by colour-blind readers."""
MOST_CELLS_WITH_TEXT = 60
MOST_NAMED = 12
MOST_TICKS = 9
LONGEST_TICK = 22
WIDE = "[\u2e80-\uffef]"


def axis_of(display: "Display", kpi: str, values: "np.typing.ArrayLike") -> tuple[float, str]:
    """Return what values of an indicator are multiplied with on an axis, and the axis's title with its unit."""
    unit = declared(kpi).unit
    key = kpi.partition(".")[0]
    factor, shown = 1.0, ""
    if unit == "{money}/{unit}":
        shown = display.price_unit(key)
    elif unit == "{unit}":
        amount, name = display.amount_unit(key)
        size, shown = display.scale(np.asarray(values, dtype=np.float64) * amount, name)
        factor = amount / size
    elif unit.startswith("{money}"):
        size, shown = display.scale(values, display.currency)
        factor = 1.0 / size
    elif unit.startswith(("share", "1/")):
        factor, shown = 100.0, "%"
    bracket = display.fill("numbers.bracket", inside=shown) if shown else ""
    return factor, f"{title(display, kpi)}{bracket}"


def heat_map(
    table: "pd.DataFrame", across: str, down: str, kpi: str, marks: "Mapping[str, str]", display: "Display"
) -> "go.Figure":
    """Return the mean of an indicator for every pair of values of two varied paths; over the others it is averaged.

    Parameters
    ----------
    across, down : the varied paths on the horizontal and the vertical axis.
    """
    rows = table[(table["kpi"] == kpi) & np.isfinite(table["value"])]
    columns, lines = _levels(table[across]), _levels(table[down])
    factor, heading = axis_of(display, kpi, rows["value"])
    figure = empty_figure(display, _cut(down), _cut(across), height=150 + 46 * max(len(lines), 3))
    if len(rows):
        grid = rows.pivot_table(index=down, columns=across, values="value", aggfunc="mean")
        grid = grid.reindex(index=lines, columns=columns)
        arms = rows.groupby([down, across])["arm"].agg(list)
        names = [label(_cut(path)) for path in (across, down)]
        single = {place: own[0] for place, own in arms.items() if len(own) == 1}
        figure.add_heatmap(
            x=[_tick(value) for value in columns], y=[_tick(value) for value in lines], z=factor * grid.to_numpy(),
            customdata=[[marks.get(single.get((y, x), ""), "") for x in columns] for y in lines],
            colorscale=COLOURS, xgap=2, ygap=2, hoverongaps=False,
            texttemplate="%{z:,.4~r}" if grid.size <= MOST_CELLS_WITH_TEXT else None,
            colorbar={"title": {"text": label(heading), "side": "right"}, "thickness": 14, "outlinewidth": 0},
            hovertemplate=f"{names[0]}: %{{x}}<br>{names[1]}: %{{y}}<br>%{{z:,.5~r}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(type="category", gridcolor="rgba(0,0,0,0)", zeroline=False, autorange="reversed")
    return say_empty(figure, display)


def response(table: "pd.DataFrame", path: str, kpi: str, marks: "Mapping[str, str]", display: "Display") -> "go.Figure":
    """Return an indicator over the values of one varied path: a line over numbers, else bars, with intervals.

    Where other paths are varied too, every arm is a point without its interval, and the line or dash is their mean.
    """
    rows = table[(table["kpi"] == kpi) & np.isfinite(table["value"])]
    factor, heading = axis_of(display, kpi, rows["value"])
    figure = empty_figure(display, heading, _cut(path), height=320)
    if not len(rows):
        return say_empty(figure, display)
    numeric = rows[path].dtype.kind == "f"
    rows = rows.sort_values(path, kind="stable") if numeric else rows
    mean = rows.groupby(path, sort=False)["value"].mean()
    x = rows[path] if numeric else [_tick(value) for value in rows[path]]
    spread: dict[str, Any] = {
        "type": "data", "symmetric": False, "array": factor * (rows["high"] - rows["value"]).fillna(0.0),
        "arrayminus": factor * (rows["value"] - rows["low"]).fillna(0.0), "thickness": 1.5, "width": 4, "color": GREY,
        "visible": len(mean) == len(rows),
    }  # fmt: skip
    if numeric:
        figure.add_scatter(x=mean.index, y=factor * mean, mode="lines", line={"color": BLUE}, hoverinfo="skip")
        figure.add_scatter(
            x=x, y=factor * rows["value"], mode="markers", error_y=spread, marker={"color": BLUE, "size": 8},
            customdata=[marks.get(arm, "") for arm in rows["arm"]], text=[label(arm) for arm in rows["arm"]],
            hovertemplate="%{text}<br>%{y:,.5~r}<extra></extra>",
        )  # fmt: skip
    elif len(mean) == len(rows):
        figure.add_bar(
            x=x, y=factor * rows["value"], error_y=spread, marker={"color": BLUE},
            customdata=[marks.get(arm, "") for arm in rows["arm"]], hovertemplate="%{x}<br>%{y:,.5~r}<extra></extra>",
        )  # fmt: skip
    else:
        figure.add_scatter(
            x=[_tick(value) for value in mean.index], y=factor * mean, mode="markers", hoverinfo="skip",
            marker={"symbol": "line-ew", "size": 34, "line": {"width": 2, "color": ORANGE}},
        )  # fmt: skip
        figure.add_scatter(
            x=x, y=factor * rows["value"], mode="markers", marker={"color": BLUE, "size": 8},
            customdata=[marks.get(arm, "") for arm in rows["arm"]], text=[label(arm) for arm in rows["arm"]],
            hovertemplate="%{text}<br>%{y:,.5~r}<extra></extra>",
        )  # fmt: skip
    if numeric and len(mean) <= MOST_TICKS:
        figure.update_xaxes(tickvals=list(mean.index), ticktext=[_tick(value) for value in mean.index])
    figure.update_layout(hovermode="closest", showlegend=False)
    return figure


def parallel(
    table: "pd.DataFrame", paths: "Sequence[str]", kpis: "Sequence[str]", chosen: str | None,
    marks: "Mapping[str, str]", display: "Display",
) -> "go.Figure":  # fmt: skip
    """Return a line an arm through an axis for every varied path and every indicator, each from lowest to highest.

    Drawn as ordinary lines, so that they can be clicked, printed and saved as vectors.

    Parameters
    ----------
    chosen : the arm that stands out.
    """
    wide = table[table["kpi"].isin(list(kpis))].pivot_table(
        index="arm", columns="kpi", values="value", sort=False, dropna=False
    )
    varied = table.drop_duplicates("arm").set_index("arm")
    arms = [arm for arm in varied.index if arm in wide.index]
    axes = [_axis(_cut(path), varied[path].reindex(arms).tolist()) for path in paths]
    for kpi in kpis:
        values = wide[kpi].reindex(arms).to_numpy(dtype=np.float64) if kpi in wide else np.full(len(arms), np.nan)
        factor, heading = axis_of(display, kpi, values)
        axes.append(_axis(heading, (factor * values).tolist()))
    figure = empty_figure(display, "", "", height=430)
    places = np.arange(len(axes))
    order = [arm for arm in arms if arm != chosen] + [arm for arm in arms if arm == chosen]
    for arm in order:
        at = arms.index(arm)
        said = "<br>".join(f"{label(name)}: {label(texts[at])}" for name, _, texts, _ in axes)
        figure.add_scatter(
            x=places, y=[heights[at] for _, heights, _, _ in axes], mode="lines+markers", name=label(arm),
            line={"color": RED if arm == chosen else BLUE, "width": 4 if arm == chosen else 1.4},
            opacity=1.0 if arm == chosen or len(arms) <= MOST_NAMED else 0.45, marker={"size": 6},
            customdata=[marks.get(arm, "")] * len(axes), hovertemplate=f"<b>{label(arm)}</b><br>{said}<extra></extra>",
        )  # fmt: skip
    for place, (_, _, _, ends) in zip(places, axes, strict=True):
        figure.add_vline(x=int(place), line={"color": GREY, "width": 1}, layer="below")
        for height, text, anchor in ((1.02, ends[1], "bottom"), (-0.02, ends[0], "top")):
            figure.add_annotation(x=int(place), y=height, text=label(text), showarrow=False, yanchor=anchor,
                                  font={"size": 11})  # fmt: skip
    figure.update_layout(hovermode="closest", showlegend=False, margin={"l": 40, "r": 40, "t": 12, "b": 90})
    figure.update_xaxes(
        tickvals=places, ticktext=[wrapped(name) for name, *_ in axes], range=[-0.4, len(axes) - 0.6], ticks="",
        linecolor="rgba(0,0,0,0)", tickangle=0, title={"text": ""},
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.12, 1.12])
    return say_empty(figure, display)


def pareto(
    table: "pd.DataFrame", across: str, up: str, chosen: str | None, marks: "Mapping[str, str]", display: "Display"
) -> "go.Figure":
    """Return every arm by two indicators, those on the Pareto front marked and joined.

    Parameters
    ----------
    across, up : indicators of which lower or higher is better, on the horizontal and the vertical axis.
    """
    wide = table[table["kpi"].isin([across, up])].pivot_table(index="arm", columns="kpi", values="value", sort=False)
    wide = wide.reindex(columns=[across, up]).dropna()
    factors, headings = zip(*(axis_of(display, kpi, wide[kpi]) for kpi in (across, up)), strict=True)
    better = [display.text(f"sweeps.better_{_short(declared(kpi).direction)}") for kpi in (across, up)]
    figure = empty_figure(display, "", "", height=460)
    titles = [f"{label(head)}<br>{label(how)}" for head, how in zip(headings, better, strict=True)]
    figure.update_layout(margin={"l": 80, "r": 30, "t": 12, "b": 70})
    figure.update_xaxes(title={"text": titles[0], "standoff": 8})
    figure.update_yaxes(title={"text": titles[1]})
    if len(wide):
        front = pareto_front(wide.to_numpy(), [declared(kpi).direction for kpi in (across, up)])  # type: ignore[misc]
        order = np.argsort(wide[across].to_numpy(), kind="stable")
        step = [i for i in order if front[i]]
        x, y = (factor * wide[kpi].to_numpy() for factor, kpi in zip(factors, (across, up), strict=True))
        figure.add_scatter(x=x[step], y=y[step], mode="lines", line={"color": RED, "dash": "dot", "width": 1.4},
                           hoverinfo="skip", showlegend=False)  # fmt: skip
        for on, colour, symbol, name in ((False, GREY, "circle", "off_front"), (True, RED, "diamond", "on_front")):
            which = np.flatnonzero(front == on)
            arms = [str(arm) for arm in wide.index[which]]
            if not arms:
                continue
            figure.add_scatter(
                x=x[which], y=y[which], name=label(display.text(f"sweeps.{name}")),
                mode="markers+text" if on and len(arms) <= MOST_NAMED else "markers", cliponaxis=False,
                text=[label(_cut(arm)) for arm in arms], customdata=[marks.get(arm, "") for arm in arms],
                # Names point to the middle, so that none is cut off at the edge.
                textposition=["middle right" if x[i] <= np.median(x) else "middle left" for i in which],
                marker={
                    "color": colour, "symbol": symbol, "size": [15 if arm == chosen else 10 for arm in arms],
                    "opacity": 1.0,
                },
                hovertemplate="%{text}<br>%{x:,.5~r}, %{y:,.5~r}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(hovermode="closest", showlegend=True)
    figure.update_xaxes(showgrid=True, gridcolor=LIGHT, zeroline=False)
    figure.update_yaxes(zeroline=False)
    return say_empty(figure, display)


def _axis(name: str, values: list[Any]) -> tuple[str, list[float], list[str], tuple[str, str]]:
    """Return an axis of parallel coordinates: name, heights between 0 and 1, texts, and the texts of its ends."""
    levels = _levels(values)
    texts = [_tick(value) for value in values]
    if not levels:
        return name, [np.nan] * len(values), texts, ("", "")
    if isinstance(levels[0], str):
        steps = {level: i / max(len(levels) - 1, 1) for i, level in enumerate(levels)}
        heights = [steps[value] for value in values]
    else:
        width = levels[-1] - levels[0]
        heights = [(value - levels[0]) / width if width > 0 else 0.5 for value in values]
    return name, heights, texts, (_tick(levels[0]), _tick(levels[-1]))


def _levels(values: Any) -> list[Any]:
    """Return the different values: numbers by size, words in the order given."""
    given = list(dict.fromkeys(values))
    if all(isinstance(value, str) for value in given):
        return given
    return sorted(value for value in given if np.isfinite(value))


def _tick(value: Any) -> str:
    return _cut(value) if isinstance(value, str) else f"{value:.5g}" if np.isfinite(value) else "–"


def _cut(text: str) -> str:
    """Return the end of a path, or a long value cut."""
    if "." in text and " " not in text and not text[0].isdigit():
        text = ".".join(text.split(".")[-2:])
    return text if len(text) <= 2 * LONGEST_TICK else f"{text[: 2 * LONGEST_TICK - 1]}…"


def wrapped(text: str) -> str:
    """Return a tick's text in lines of at most some width; Chinese may be parted anywhere and counts double."""
    lines, width = [""], 0
    for token in re.findall(rf"{WIDE}|[^\s{WIDE[1:-1]}]+|\s+", text):
        size = 2 if re.fullmatch(WIDE, token) else len(token)
        if lines[-1].strip() and width + size > LONGEST_TICK and token.strip():
            lines.append("")
            width = 0
        lines[-1] += token
        width += size
    return "<br>".join(label(line.strip()) for line in lines)


def _short(direction: str) -> str:
    return "high" if direction == "higher" else "low"
