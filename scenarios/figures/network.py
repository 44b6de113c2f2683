"""Who sold to whom: accounts, or sectors where there are many, on a circle, and the largest flows between them."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, empty_figure, label, say_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

Floats = npt.NDArray[np.float64]

MOST_NODES = 60
"""With more accounts than this, those of a sector are one node."""
MOST_EDGES = 150
NAMED = 24
"""How many nodes have their names beside them; the others tell it when pointed at."""
WIDTHS = (0.6, 1.2, 2.2, 3.6, 5.5)
OTHERS = ("government", "reserve", "outside", "dealer", "house")
"""Parties that are no accounts of the population, as the table `trades` calls them."""


def names_of(firms: "pd.DataFrame | None", display: "Display") -> tuple[dict[str, str], dict[str, str]]:
    """Return what each account is called, and its sector's name; empty without a table of accounts."""
    if firms is None:
        return {}, {}
    first = firms.drop_duplicates("account")
    ids = [str(one) for one in first["account"]]
    sectors = {key: display.name("sector", key) for key in first["sector"].unique()}
    names = dict(zip(ids, first[f"name_{display.language}"], strict=True))
    return names, {row: sectors[key] for row, key in zip(ids, first["sector"], strict=True)}


def flows_between(
    trades: "pd.DataFrame", names: "Mapping[str, str]", sectors: "Mapping[str, str]", display: "Display"
) -> "tuple[pd.DataFrame, bool]":
    """Return amount and value by seller and buyer, by name, and whether they are sectors.

    Parameters
    ----------
    trades : rows of the table `trades`.
    names, sectors : what accounts, and the sectors they belong to, are called.
    """
    pairs = trades.assign(value=trades["price"] * trades["amount"])
    pairs = pairs.groupby(["seller", "buyer"], sort=True)[["amount", "value"]].sum().reset_index()
    parties = {*pairs["seller"], *pairs["buyer"]}
    many = len(parties) > MOST_NODES and bool(sectors)
    own = sectors if many else names
    called = {one: display.text(f"sessions.{one}") if one in OTHERS else str(own.get(one, one)) for one in parties}
    table = pairs.assign(seller=pairs["seller"].map(called), buyer=pairs["buyer"].map(called))
    return table.groupby(["seller", "buyer"], sort=True)[["amount", "value"]].sum().reset_index(), many


def network(
    trades: "pd.DataFrame", instrument: str, names: "Mapping[str, str]", sectors: "Mapping[str, str]",
    display: "Display",
) -> "go.Figure":  # fmt: skip
    """Return the parties to trades on a circle, net sellers to net buyers, and who sold to whom.

    An edge is as wide as its amount is large and has an arrow at its middle, from seller to buyer; a node's area is
    what it bought and sold. Beyond `MOST_EDGES` the smallest edges are left out.
    """
    rows = trades[trades["instrument"] == instrument]
    figure = empty_figure(display, "", " ", height=520)
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(hovermode="closest", margin={"l": 10, "r": 10, "t": 12, "b": 10}, showlegend=True)
    figure.update_xaxes(**hidden, range=[-2.1, 2.1])
    figure.update_yaxes(**hidden, range=[-1.3, 1.3], scaleanchor="x")
    if rows.empty:
        return say_empty(figure, display)
    table, _ = flows_between(rows, names, sectors, display)
    sold, bought = table.groupby("seller")["amount"].sum(), table.groupby("buyer")["amount"].sum()
    parties = sold.index.union(bought.index)
    sold, bought = sold.reindex(parties, fill_value=0.0), bought.reindex(parties, fill_value=0.0)
    order = (bought - sold).sort_values(kind="stable").index
    place = circle(len(order))
    where = dict(zip(order, place, strict=True))
    across = table[table["seller"] != table["buyer"]].sort_values("amount", ascending=False, kind="stable")
    _add_edges(figure, across.head(MOST_EDGES), where, instrument, display)
    inside = table[table["seller"] == table["buyer"]].set_index("seller")["amount"].reindex(order, fill_value=0.0)
    _add_nodes(figure, list(order), place, sold[order].to_numpy(), bought[order].to_numpy(), inside.to_numpy(),
               instrument, display)  # fmt: skip
    return figure


def circle(count: int) -> Floats:
    """Return (n, 2) places on a circle, the first at the top and on clockwise."""
    angle = 0.5 * np.pi - 2.0 * np.pi * np.arange(count) / max(count, 1)
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _add_edges(
    figure: "go.Figure", edges: "pd.DataFrame", where: "Mapping[str, Floats]", instrument: str, display: "Display"
) -> None:
    """Draw the edges bent towards the centre, those of about one size as one trace, and an arrow on each."""
    if edges.empty:
        return
    share = edges["amount"].to_numpy() / edges["amount"].max()
    size = np.minimum((share * len(WIDTHS)).astype(int), len(WIDTHS) - 1)
    start = np.array([where[name] for name in edges["seller"]])
    end = np.array([where[name] for name in edges["buyer"]])
    # Bent to the right of the way, so that what goes back stands beside it.
    way = end - start
    control = 0.25 * (start + end) + 0.12 * np.column_stack([way[:, 1], -way[:, 0]])
    t = np.linspace(0.0, 1.0, 13)[None, :, None]
    path = (1 - t) ** 2 * start[:, None] + 2 * t * (1 - t) * control[:, None] + t**2 * end[:, None]
    for step, width in enumerate(WIDTHS):
        mine = path[size == step]
        if len(mine):
            gap = np.full((len(mine), 1, 2), np.nan)
            line = np.concatenate([mine, gap], axis=1).reshape(-1, 2)
            figure.add_scatter(
                x=line[:, 0], y=line[:, 1], mode="lines", line={"color": GREY, "width": width}, opacity=0.55,
                hoverinfo="skip", showlegend=False,
            )  # fmt: skip
    middle, ahead = path[:, 6], path[:, 7] - path[:, 5]
    angle = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1]))
    told = [
        display.fill("sessions.arrow", seller=seller, buyer=buyer, amount=display.amount(instrument, amount),
                     price=display.price(instrument, value / amount))
        for seller, buyer, amount, value in edges[["seller", "buyer", "amount", "value"]].itertuples(index=False)
    ]  # fmt: skip
    figure.add_scatter(
        x=middle[:, 0], y=middle[:, 1], mode="markers", showlegend=False, hovertemplate="%{text}<extra></extra>",
        text=[label(one) for one in told],
        marker={"symbol": "arrow", "angle": angle, "size": 8 + 7 * share, "color": BLACK, "opacity": 0.7},
    )  # fmt: skip


def _add_nodes(
    figure: "go.Figure", names: list[str], place: Floats, sold: Floats, bought: Floats, inside: Floats, instrument: str,
    display: "Display",
) -> None:  # fmt: skip
    weight = sold + bought
    size = 7.0 + 29.0 * np.sqrt(weight / weight.max())
    shown = set(np.argsort(-weight, kind="stable")[:NAMED].tolist())
    told = []
    for name, out, into, own in zip(names, sold, bought, inside, strict=True):
        words = {"bought": display.amount(instrument, into), "sold": display.amount(instrument, out)}
        own_words = display.amount(instrument, own)
        key = "within" if own > 0 else "node"
        told.append(label(display.fill(f"sessions.{key}", name=name, inside=own_words, **words)))
    for group, colour in (("net_buyers", BLUE), ("net_sellers", ORANGE), ("even", GREEN)):
        sign = {"net_buyers": 1, "net_sellers": -1, "even": 0}[group]
        mine = np.flatnonzero(np.sign(bought - sold) == sign)
        if mine.size:
            side = [_beside(*place[i]) for i in mine]
            figure.add_scatter(
                x=place[mine, 0], y=place[mine, 1], name=display.text(f"sessions.{group}"), mode="markers+text",
                text=[label(_short(names[i])) if i in shown else "" for i in mine], textposition=side,
                textfont={"size": 11}, marker={"color": colour, "size": size[mine], "opacity": 0.95},
                customdata=[told[i] for i in mine], hovertemplate="%{customdata}<extra></extra>", cliponaxis=False,
            )  # fmt: skip


def _beside(x: float, y: float) -> str:
    """Return on which side of a node its name stands: outside the circle."""
    if abs(x) < 0.3:
        return "top center" if y > 0 else "bottom center"
    return "middle right" if x > 0 else "middle left"


def _short(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:27]}…"
