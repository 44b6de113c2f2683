"""The report's section on trading: venues with their mechanisms, what each did, and the rules that held the price."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.report_tables import table

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.display import Display
    from scenarios.report_sections import Page

FIGURES = ("volume_share", "mean_price", "volume", "spread", "effective_cost", "failed_share", "gains_share")


def trading(page: "Page") -> str:
    """Return a table of venues for each right, and the containment rules of those that have some."""
    result, display = page.result, page.display
    parts = [f"<p>{page.text('trading.intro')}</p>"]
    for key, title in display.titles.items():
        rule = result.scenario.instruments[key]
        rows = [
            [
                venue.name,
                display.text("mechanisms")[venue.mechanism.kind],
                *_figures(result.markets, key, venue.name, display),
            ]
            for venue in rule.venues
        ]
        head = [display.text("trading.venue"), display.text("trading.mechanism")]
        head += [display.text(f"trading.{name}") for name in FIGURES]
        parts.append(
            table(head, rows, f"{title}{display.fill('numbers.bracket', inside=display.unit(key))}", words=(1,))
        )
        if rule.containment:
            items = "".join(f"<li>{escape(_said(one, display))}</li>" for one in rule.containment)
            parts.append(f"<p>{page.text('trading.rules', title=title)}</p><ul>{items}</ul>")
    return "".join(parts)


def _figures(markets: "pd.DataFrame", key: str, venue: str, display: "Display") -> list[str]:
    """Return the cells of one venue: shares, prices and costs over the whole run."""
    every = markets[markets["instrument"] == key]
    rows = every[every["venue"] == venue]
    volume, whole = float(rows["volume"].sum()), float(every["volume"].sum())

    def mean(column: str, low: str = "") -> float:
        if column not in rows:
            return np.nan
        values = (rows[column] - rows[low]) / (0.5 * (rows[column] + rows[low])) if low else rows[column]
        return float(np.nanmean(values)) if np.isfinite(values).any() else np.nan

    def ratio(above: str, below: float) -> float:
        return float(rows[above].sum()) / below if above in rows and below > 0 else np.nan

    gains = float(rows["gains_possible"].sum()) if "gains_possible" in rows else 0.0
    offers = volume + float(rows["failed"].sum()) if "failed" in rows else 0.0
    return [
        display.share(volume / whole if whole > 0 else np.nan),
        display.number(ratio("turnover", volume)),
        display.number(volume),
        display.share(mean("best_ask", "best_bid")),
        display.share(mean("effective_cost")),
        display.share(ratio("failed", offers)),
        display.share(ratio("gains", gains)),
    ]


def _said(rule: Any, display: "Display") -> str:
    """Return a containment rule in words, and what it declares."""
    name = display.text("rules")[rule.kind]
    declared = rule.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
    return f"{name}{display.text('numbers.colon')}{_plain(declared)}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        gap = {True: ": ", False: " "}
        return ", ".join(f"{key}{gap[str(key).isdecimal()]}{_plain(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_plain, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
