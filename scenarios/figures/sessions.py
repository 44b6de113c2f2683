"""Figures of one session: demand and supply curve with the price, and the book that was left at the end of a period."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scenarios.figures.style import BLACK, BLUE, GREY, ORANGE, empty_figure, label, say_empty

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from scenarios.display import Display

Floats = npt.NDArray[np.float64]

SEEN = 4.0
"""How many times the traded amount the axis of quantities reaches at most."""
FAR = 1.5
"""How far from the price, as a share of it, an axis of prices reaches at most."""


def cumulated(orders: "pd.DataFrame", side: int) -> tuple[Floats, Floats]:
    """Return prices of one side of a session, the best first, and what was bid for or offered up to each.

    Parameters
    ----------
    orders : rows of the table `orders`, all of one session and stage. Lots that took no part are left out.
    side : +1 bids, −1 offers.
    """
    rows = orders[orders["side"] == side]
    amount = (rows["quantity"] - rows["refused"]).to_numpy(dtype=np.float64)
    price = rows["price"].to_numpy(dtype=np.float64)
    order = np.argsort(-side * price, kind="stable")
    keep = order[amount[order] > 0]
    return price[keep], np.cumsum(amount[keep])


def curves(
    orders: "pd.DataFrame", session: "pd.Series[float]", instrument: str, display: "Display", *, auction: bool = True
) -> "go.Figure":
    """Return the stepped curves of what was bid for and offered in a session, and where it cleared.

    Parameters
    ----------
    orders : rows of the table `orders` of the session, stage ``sent``.
    session : its row of the table `markets`.
    auction : whether all traded at once; otherwise the price marked is the mean of the period.
    """
    factor, unit = display.amount_unit(instrument)
    volume = float(session["volume"])
    traded = volume > 0
    price = float(session["price"]) if traded else float(session["indicative"])
    found = {side: cumulated(orders, side) for side in (1, -1)}
    longest = max([total[-1] for _, total in found.values() if total.size], default=0.0)
    near = [_near(*found[side], price) for side in (1, -1)]
    seen = min(longest, SEEN * volume, max(1.25 * volume, *near)) if traded else longest
    size, unit = display.scale(seen * factor, unit)
    figure = empty_figure(
        display, f"{display.text('sessions.price')} ({display.price_unit(instrument)})",
        f"{display.text('sessions.quantity')} ({unit})", height=380,
    )  # fmt: skip
    for side, name, colour in ((1, "bid_for", BLUE), (-1, "offered", ORANGE)):
        prices, total = found[side]
        if prices.size:
            figure.add_scatter(
                x=np.r_[0.0, total] * factor / size, y=np.r_[prices[0], prices], name=display.text(f"sessions.{name}"),
                mode="lines", line={"color": colour, "width": 2, "shape": "vh"},
                hovertemplate="%{y:,.6~g}: %{x:,.5~g}",
            )  # fmt: skip
    if traded:
        words = display.fill(
            "sessions.cleared" if auction else "sessions.mean",
            volume=display.amount(instrument, volume), price=display.price(instrument, price),
        )  # fmt: skip
        at = volume * factor / size
        figure.add_scatter(
            x=[0.0, at, at], y=[price, price, 0.0], mode="lines", line={"color": GREY, "width": 1, "dash": "dot"},
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
        figure.add_scatter(
            x=[at], y=[price], name=label(words), mode="markers", hovertemplate="%{y:,.6~g}: %{x:,.5~g}",
            marker={"color": BLACK, "size": 11, "symbol": "circle"},
        )  # fmt: skip
    elif figure.data:
        figure.add_annotation(text=label(display.text("sessions.untraded")), showarrow=False, x=1, y=1, xref="paper",
                              yref="paper", xanchor="right", yanchor="top")  # fmt: skip
    if np.isfinite(price) and price > 0 and figure.data:
        _look_at(figure, np.concatenate([prices[_within(total, seen)] for prices, total in found.values()]), price)
    figure.update_xaxes(range=[0, 1.02 * seen * factor / size] if seen > 0 else None, separatethousands=True)
    figure.update_layout(hovermode="closest", showlegend=True)
    return say_empty(figure, display)


def book(orders: "pd.DataFrame", instrument: str, display: "Display") -> "go.Figure":
    """Return what waited in an order book, cumulated from the best price of either side outwards.

    Parameters
    ----------
    orders : rows of the table `orders` of one session, stage ``resting``.
    """
    factor, unit = display.amount_unit(instrument)
    found = {side: cumulated(orders, side) for side in (1, -1)}
    size, unit = display.scale([total[-1] * factor for _, total in found.values() if total.size] or [0.0], unit)
    figure = empty_figure(
        display, f"{display.text('sessions.waiting')} ({unit})",
        f"{display.text('sessions.price')} ({display.price_unit(instrument)})", height=380,
    )  # fmt: skip
    for side, name, colour, faint in (
        (1, "bids", BLUE, "rgba(0,114,178,0.18)"), (-1, "asks", ORANGE, "rgba(230,159,0,0.22)")
    ):  # fmt: skip
        price, total = found[side]
        if price.size:  # from zero at the best price; a step up at each price, flat between two
            figure.add_scatter(
                x=np.r_[price[0], price], y=np.r_[0.0, total] * factor / size, name=display.text(f"sessions.{name}"),
                mode="lines+markers", line={"color": colour, "width": 2, "shape": "hv"}, marker={"size": 4},
                fill="tozeroy", fillcolor=faint, hovertemplate="%{x:,.6~g}: %{y:,.5~g}",
            )  # fmt: skip
    best = [price[0] for price, _ in found.values() if price.size]
    if best:
        every = np.concatenate([price for price, _ in found.values()])
        middle = float(np.mean(best))
        low, high = max(every.min(), middle / (1 + FAR)), min(every.max(), middle * (1 + FAR))
        edge = 0.04 * (high - low) or 0.02 * middle
        figure.update_xaxes(range=[low - edge, high + edge])
    figure.update_layout(hovermode="closest", showlegend=True)
    figure.update_xaxes(tickformat=",~g", separatethousands=True)
    figure.update_yaxes(rangemode="tozero")
    return say_empty(figure, display)


def _near(prices: Floats, total: Floats, price: float) -> float:
    """Return how far a curve reaches while it is not far from a price."""
    close = total[(prices <= price * (1 + FAR)) & (prices >= price / (1 + FAR))]
    return float(close[-1]) if close.size else 0.0


def _within(total: Floats, seen: float) -> slice:
    """Return the steps of a curve that an axis of quantities up to ``seen`` shows."""
    return slice(0, int(np.searchsorted(total, seen)) + 1)


def _look_at(figure: "go.Figure", prices: Floats, price: float) -> None:
    """Set the axis of prices so that a few limits far away do not decide what can be seen."""
    top = min(float(prices.max(initial=price)), price * (1 + FAR))
    low = max(float(prices.min(initial=price)), price / (1 + FAR))
    edge = 0.06 * (top - low) or 0.05 * price
    figure.update_yaxes(range=[max(0.0, low - edge), top + edge], tickformat=",~g", zeroline=False)
