"""The dashboard as a person meets it: first paint, a moved lever, many trades on one chart, fifty sessions at once.

A real server with its workers, and a real browser beside it on the same computer. The sliders of the caps are moved,
which count at once; what is typed counts half a second after the last key, and then takes as long.
"""

import json
import time
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.dashboard_browser import chromium, moved, opened, trades_drawn
from benchmarks.dashboard_server import served
from benchmarks.dashboard_sessions import together
from benchmarks.figures import Figure

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAINTS = 5
TEXTBOOK = tuple(range(98, 74, -2))
JIANGXI = (95.0, 90.0, 85.0, 80.0)
TRADES = 100_000
SESSIONS = 50
SECONDS = 60.0


def measure() -> list[Figure]:
    """Return seconds of all that, and what the server keeps in memory afterwards."""
    return [*in_browser(), *in_sessions()]


def in_browser() -> list[Figure]:
    """Return what is measured with one person at one browser."""
    with served() as server, chromium() as browser:
        opened(browser, server.address, "textbook-banking")[0].close()  # waits for the workers to be warm
        paints, charts = [], []
        for _ in range(PAINTS):
            page, paint, chart = opened(browser, server.address, "textbook-banking")
            paints.append(paint / 1000.0)
            charts.append(chart / 1000.0)
            page.context.close()
        page, _, _ = opened(browser, server.address, "textbook-banking")
        moved(page, [99.0])
        textbook = moved(page, TEXTBOOK)
        figures = [
            Figure("dashboard, first paint", median(paints), "s", f"median of {PAINTS}", 1.5),
            Figure("dashboard, first paint, longest", max(paints), "s"),
            Figure("dashboard, first chart of a result at hand", median(charts), "s", f"median of {PAINTS}"),
            *_levers("textbook-banking", textbook, 0.4),
            *_trades(page),
        ]
        page.context.close()
        page, _, _ = opened(browser, server.address, "jiangxi")
        return [*figures, *_levers("jiangxi", moved(page, JIANGXI, 60_000), 5.0)]


def _levers(scenario: str, found: Sequence[tuple[float, int]], bound: float) -> list[Figure]:
    """Return the median and the longest time from letting go of a slider to the last chart; NaN fails."""
    times = np.array([took / 1000.0 for took, _ in found])
    counted = f"of {len(found)} changes, {min(charts for _, charts in found)} charts or more"
    return [
        Figure(f"dashboard, lever to charts, {scenario}", float(np.median(times)), "s", f"median {counted}", bound),
        Figure(f"dashboard, lever to charts, {scenario}, longest", float(times.max()), "s"),
    ]


def _trades(page: "Page") -> list[Figure]:
    """Return how long many trades take to become a figure, to be drawn, to be zoomed into."""
    import pandas as pd

    from scenarios import load
    from scenarios.display import Display
    from scenarios.figures.tape import every_trade

    display = Display.of(load("textbook-banking"), "en")
    found: list[Figure] = []
    for count in (TRADES // 2, TRADES):
        rng = np.random.default_rng(0)
        period = np.sort(rng.integers(0, 180, count))
        trades = pd.DataFrame(
            {
                "instrument": "carbon", "period": period, "year": 2025 + period // 12, "month": 1 + period % 12,
                "price": 20.0 * np.exp(0.2 * rng.standard_normal(count)), "amount": rng.lognormal(0.0, 1.0, count),
                "aggressor": rng.integers(-1, 2, count),
            }
        )  # fmt: skip
        start = time.perf_counter()
        figure = every_trade(trades, "carbon", display, 12)
        text = figure.to_json()
        built = time.perf_counter() - start
        drawn, zoomed = trades_drawn(page, json.loads(text), (2030.0, 2033.0))
        name = f"dashboard, {count:,} trades"
        found += [
            Figure(f"{name}, figure made", built, "s", "", 1.0),
            Figure(f"{name}, figure as sent", len(text) / 1e6, "MB"),
            Figure(f"{name}, drawn", drawn / 1000.0, "s", "", 1.0),
            Figure(f"{name}, zoomed", zoomed / 1000.0, "s", "", 1.0),
        ]
    return found


def in_sessions() -> list[Figure]:
    """Return how many sessions at once fare, and the memory of the server and of its largest worker."""
    with served(with_token=True) as server:
        told = together(server, SESSIONS, SECONDS)
    times = np.array(told.seconds)
    name = f"dashboard, {SESSIONS} sessions"
    (before, workers), (after, later) = told.memory
    return [
        Figure(f"{name}, failures", float(len(told.failures)), "requests", "; ".join(told.failures[:3]), 0.0),
        Figure(f"{name}, another's data seen", float(told.mixed), "results", f"of {len(times)} results", 0.0),
        Figure(f"{name}, lever to charts received", float(np.median(times)), "s", "median"),
        Figure(f"{name}, lever to charts received, 95 %", float(np.quantile(times, 0.95)), "s"),
        Figure(f"{name}, memory of the server", after, "MB", f"{before:,.0f} before", 1_500.0),
        Figure(f"{name}, memory of the largest worker", max(later), "MB", f"{max(workers):,.0f} before", 1_500.0),
    ]
