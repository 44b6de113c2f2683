"""Who pays more and who pays less than in the baseline: bars to both sides of zero, a colour an arm."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.figures.style import GREY, LIGHT, SERIES, empty_figure, label, say_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

MOST_GROUPS = 25


def winners_and_losers(changes: "Mapping[str, pd.DataFrame]", column: str, display: "Display") -> "go.Figure":
    """Return the change of net cost by group against the baseline with its 95 % interval, a bar an arm.

    Parameters
    ----------
    changes : by arm, tables as `scenarios.winners.changes_by` returns them; the order of groups is the first arm's.
        Arms have the colours that they have in `scenarios.figures.comparison.effects`.
    column : what the groups are, `sector` or `city`.
    """
    tables = {arm: table.set_index("group") for arm, table in changes.items()}
    largest = {
        group: max(abs(float(table["change"].get(group, 0.0))) for table in tables.values())
        for table in tables.values()
        for group in table.index
    }
    kept = set(sorted(largest, key=lambda group: -largest[group])[:MOST_GROUPS])
    groups = [group for group in largest if group in kept]
    every = [float(v) for table in tables.values() for v in table[["change", "low", "high"]].to_numpy().ravel()]
    size, unit = display.scale(every or [0.0], display.currency)
    bar = 14 if len(tables) > 1 else 18
    height = 130 + (bar * max(len(tables), 1) + 14) * max(len(groups), 1)
    figure = empty_figure(display, "", f"{display.text('winners.axis')} ({unit})", height=height)
    names = [label(display.name(column, group)) for group in groups]
    for position, (arm, table) in enumerate(tables.items()):
        rows = table.reindex(groups)
        change = rows["change"].to_numpy(dtype=np.float64) / size
        low, high = (rows[end].to_numpy(dtype=np.float64) / size for end in ("low", "high"))
        if not np.isfinite(change).any():
            continue
        figure.add_bar(
            y=names, x=change, orientation="h", name=label(arm),
            marker={"color": SERIES[(position + 1) % len(SERIES)]},
            error_x={
                "type": "data", "symmetric": False, "array": np.nan_to_num(high - change),
                "arrayminus": np.nan_to_num(change - low), "thickness": 1.2, "width": 3, "color": GREY,
                "visible": bool(np.isfinite(low).any()),
            },
            hovertemplate=f"%{{y}}: %{{x:+,.4g}} {label(unit)}<extra>{label(arm)}</extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", bargap=0.3, hovermode="closest", showlegend=len(tables) > 1)
    figure.update_xaxes(zeroline=True, zerolinecolor=GREY, zerolinewidth=2, showgrid=True, gridcolor=LIGHT,
                        separatethousands=True)  # fmt: skip
    figure.update_yaxes(autorange="reversed", gridcolor="rgba(0,0,0,0)", zeroline=False, type="category")
    for text, x, anchor in (("winners.less", 0.0, "left"), ("winners.more", 1.0, "right")):
        figure.add_annotation(text=label(display.text(text)), x=x, y=1, xref="paper", yref="paper", xanchor=anchor,
                              yanchor="bottom", yshift=0 if len(tables) == 1 else 22, showarrow=False,
                              font={"size": 12, "color": GREY})  # fmt: skip
    figure.update_layout(margin={"l": 64, "r": 30, "t": 24 if len(tables) == 1 else 46, "b": 44})
    return say_empty(figure, display)
