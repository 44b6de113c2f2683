"""The dashboard in a real browser (Chromium, driven by Playwright): when something is seen, and when charts follow."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
QUIET = 700
"""Milliseconds without a chart drawn, after which a change has come to its end."""

# Every chart of the page by key: when it was first drawn with the data that it has now.
WATCH = """
(() => {
  const watch = (window.watch = { moved: 0, last: 0, charts: {} });
  const said = (plot) => (plot.calcdata || []).map((one) => one.map((p) => [p.x, p.y, p.s0, p.p])).join();
  const drawn = (plot) => {
    const key = plot.closest("[id]")?.id, now = performance.now(), data = said(plot);
    if (watch.charts[key]?.data !== data) { watch.charts[key] = { data, at: now }; watch.last = now; }
  };
  const seen = new WeakSet();
  const look = () => {
    for (const plot of document.querySelectorAll("#content .js-plotly-plot")) {
      if (seen.has(plot) || !plot.on || !plot.calcdata) continue;
      seen.add(plot);
      plot.on("plotly_afterplot", () => drawn(plot));
      drawn(plot);
    }
    requestAnimationFrame(look);
  };
  look();
  document.addEventListener("mouseup", () => { watch.moved = performance.now(); }, true);
})();
"""
# Resolves once charts were drawn anew and then none for a while; the milliseconds from the mouse to the last of them.
REDRAWN = """([quiet, most]) => new Promise((done) => {
  const look = () => {
    const { moved, last } = window.watch, now = performance.now();
    if (last > moved && now - last > quiet) done([last - moved,
      Object.values(window.watch.charts).filter((chart) => chart.at > moved).length]);
    else if (now - moved > most) done([NaN, 0]);
    else setTimeout(look, 20);
  };
  look();
})"""
FIRST = """(most) => new Promise((done) => {
  const look = () => {
    const times = Object.values(window.watch.charts).map((chart) => chart.at);
    if (times.length || performance.now() > most) done([
      performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, Math.min(...times)]);
    else setTimeout(look, 20);
  };
  look();
})"""
TRADES = """async ([figure, range]) => {
  const place = document.createElement("div");
  place.style.cssText = "position:fixed;inset:0;width:1200px;height:420px;background:white;z-index:99";
  document.body.append(place);
  const shown = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const start = performance.now();
  await window.Plotly.newPlot(place, figure.data, figure.layout);
  await shown();
  const drawn = performance.now();
  await window.Plotly.relayout(place, { "xaxis.range": range });
  await shown();
  const zoomed = performance.now();
  window.Plotly.purge(place);
  place.remove();
  return [drawn - start, zoomed - drawn];
}"""


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start the browser, which is closed with the block."""
    from playwright.sync_api import sync_playwright

    named = os.environ.get("QUOTALAB_BROWSER")
    path = named or next((found for name in NAMES if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: "Browser", address: str, scenario: str) -> tuple["Page", float, float]:
    """Open the first page in an empty profile; return it, the time of its first paint and of its first chart, in ms."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(WATCH)
    page.goto(f"{address}/en/scenario?scenario={scenario}")
    paint, chart = page.evaluate(FIRST, 120_000)
    page.evaluate(REDRAWN, [QUIET, 120_000])
    return page, float(paint), float(chart)


def moved(page: "Page", percents: Sequence[float], most: float = 30_000) -> list[tuple[float, int]]:
    """Drag the slider of the cap to each value; return ms from letting it go to the last new chart, and their number.

    A value that was not drawn before costs a whole run: nothing is at hand.
    """
    found = []
    for percent in percents:
        slider = page.locator("#controls [role=slider]").first
        slider.scroll_into_view_if_needed()
        low, high, now = (float(slider.get_attribute(f"aria-value{name}") or 0) for name in ("min", "max", "now"))
        box = page.locator("#controls .mantine-Slider-track").first.bounding_box()
        if box is None:
            raise RuntimeError("the slider of the cap is not on the page")

        def at(value: float, box: Any = box, low: float = low, high: float = high) -> tuple[float, float]:
            return box["x"] + box["width"] * (value - low) / (high - low), box["y"] + box["height"] / 2

        page.mouse.move(*at(now))
        page.mouse.down()
        page.mouse.move(*at(percent), steps=3)
        page.mouse.up()
        took, charts = page.evaluate(REDRAWN, [QUIET, most])
        found.append((float(took), int(charts)))
    return found


def trades_drawn(page: "Page", figure: dict[str, Any], zoom: tuple[float, float]) -> tuple[float, float]:
    """Draw a figure large and zoom into it, with the library that the page has; return both times in ms."""
    drawn, zoomed = page.evaluate(TRADES, [figure, list(zoom)])
    return float(drawn), float(zoomed)
