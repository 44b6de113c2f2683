"""What a person does on a page, in the words of the tests: open a view, read a number, choose, type, wait."""

import re
from urllib.parse import quote, urlencode

from playwright.sync_api import Locator, Page, expect

PATIENCE = 60_000  # milliseconds: other tests share the computer
FAST = "textbook-banking"  # runs in a fraction of a second

expect.set_options(timeout=PATIENCE)


def go(page: Page, name: str = "scenario", scenario: str = FAST, language: str = "en", **query: str) -> None:
    """Open a view by its address and wait until it is drawn."""
    said = urlencode({"scenario": scenario, **query}, quote_via=quote, safe=";=,:[]{}")
    page.goto(f"/{language}/{name}?{said}")
    settled(page)


def settled(page: Page) -> None:
    """Wait until something is drawn and no run is under way."""
    expect(page.locator("#content > *").first).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("#work.stale")).to_have_count(0)
    expect(page.locator("[data-dash-is-loading]")).to_have_count(0)


def address(page: Page, part: str) -> None:
    """Wait until the address says something."""
    expect(page).to_have_url(re.compile(re.escape(part)))


def choose(page: Page, label: str, entry: str) -> None:
    """Choose the first entry of a list that begins so."""
    page.get_by_role("textbox", name=label, exact=True).click()
    page.get_by_role("option", name=re.compile(f"^{re.escape(entry)}")).first.click()


def number(page: Page, label: str) -> Locator:
    """Return the input of a number."""
    return page.get_by_role("textbox", name=label, exact=True)


def type_in(page: Page, label: str, text: str) -> None:
    """Write a number and leave the input."""
    number(page, label).fill(text)
    number(page, label).press("Tab")


def tile(page: Page, name: str) -> Locator:
    """Return the tile of an indicator."""
    return page.locator(".tile").filter(has=page.get_by_text(name, exact=True))


def value(page: Page, name: str) -> float:
    """Return the number that a tile shows."""
    text = tile(page, name).locator("strong").inner_text()
    found = re.search(r"[−-]?[\d,]+(\.\d+)?", text)
    assert found, text
    return float(found.group().replace(",", "").replace("−", "-"))


def card(page: Page, title: str) -> Locator:
    """Return the card of a chart or a table."""
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=title, exact=True))
