"""Five tasks as somebody does them who has read nothing, on Jiangxi, with the clicks that each may take at most.

Every task begins at the start page. A click is one; a number that is typed is two: the click into it, and Enter.
"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looking import address, card, settled, tile, value

pytestmark = [pytest.mark.slow]


class Visitor:
    """Somebody at the start page, whose clicks are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0
        page.goto("/")
        expect(card(page, "Price")).to_be_visible(timeout=240_000)
        settled(page)

    def click(self, what: Locator) -> None:
        """Click once."""
        what.click()
        self.clicks += 1

    def go(self, name: str) -> None:
        """Go to another page."""
        self.click(self.page.get_by_role("link", name=name, exact=True))
        address(self.page, f"/en/{name.lower()}?")
        settled(self.page)

    def choose(self, label: str, entry: str) -> None:
        """Choose an entry of a list."""
        self.click(self.page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}")))
        self.click(self.page.get_by_role("option", name=re.compile(f"^{re.escape(entry)}")).first)

    def write(self, label: str, text: str) -> None:
        """Write a number and press Enter."""
        box = self.page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}"))
        self.click(box)
        box.fill(text)
        box.press("Enter")
        self.clicks += 1

    def order_book(self) -> None:
        """Trade carbon in an order book in place of the call auction."""
        self.choose("Trading mechanism", "Order book")
        address(self.page, "order_book")
        expect(tile(self.page, "Mean price")).to_contain_text("against the baseline", timeout=120_000)
        settled(self.page)


@pytest.fixture
def visitor(page: Page) -> Visitor:
    return Visitor(page)


def test_halving_the_so2_cap_and_reading_its_price_takes_four_clicks(visitor, page, picture):
    visitor.choose("Right", "SO2")
    address(page, "right=so2")
    settled(page)
    before = value(page, "Mean price")
    visitor.write("Cap in %", "50")
    address(page, "instruments.so2.cap.values.2025=42000")
    expect(tile(page, "Mean price")).to_contain_text("against the baseline", timeout=120_000)
    settled(page)
    expect(tile(page, "Mean price")).to_contain_text("yuan/t")
    assert value(page, "Mean price") > before
    assert visitor.clicks <= 4
    picture(page, full=True)


def test_adding_a_price_floor_and_seeing_what_it_does_takes_two_clicks(visitor, page, picture):
    floor = page.get_by_role("textbox", name=re.compile("^Price floor"))
    expect(floor).to_have_accessible_name("Price floor (yuan/tCO₂)")
    visitor.write("Price floor", "70")
    address(page, "collar")
    expect(tile(page, "Mean price")).to_contain_text("against the baseline", timeout=120_000)
    settled(page)
    assert value(page, "Mean price") >= 70.0
    assert visitor.clicks <= 2
    picture(page, full=True)


def test_telling_whether_call_auction_or_order_book_wastes_less_takes_three_clicks(visitor, page, picture):
    visitor.order_book()
    visitor.click(page.get_by_role("button", name="See the whole comparison"))
    address(page, "/en/compare?")
    settled(page)
    expect(card(page, "What was found")).to_contain_text("wastes least")
    expect(card(page, "What is compared")).to_contain_text("call auction → order book")
    assert visitor.clicks <= 3
    picture(page, full=True)


def test_finding_the_firms_that_pay_most_takes_one_click(visitor, page, picture):
    visitor.go("Firms")
    payers = card(page, "Who pays most")
    expect(payers).to_be_visible()
    heads = payers.locator("th").all_inner_texts()
    at = next(i for i, head in enumerate(heads) if head.startswith("Total"))
    assert "yuan" in heads[at]
    totals = [row.locator("td").nth(at).inner_text() for row in payers.locator("tbody tr").all()]
    sums = [float(text.replace(",", "").replace("−", "-")) for text in totals]
    assert len(sums) >= 10
    assert sums == sorted(sums, reverse=True)
    assert visitor.clicks <= 1
    picture(page, full=True)


def test_sending_the_comparison_to_a_colleague_takes_five_clicks(visitor, new_page, page, picture, tmp_path):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.order_book()
    visitor.go("Compare")
    copy = page.locator("[data-copy]")
    visitor.click(copy)
    expect(copy).to_have_text("Copied")
    link = page.evaluate("() => navigator.clipboard.readText()")
    with page.expect_download(timeout=120_000) as saved:
        visitor.click(page.get_by_role("button", name="Save all as one file"))
    assert visitor.clicks <= 5
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    assert "order book" in file.read_text("utf-8").lower()
    theirs = new_page()
    theirs.goto(link)
    settled(theirs)
    expect(card(theirs, "What is compared")).to_contain_text("call auction → order book")
    picture(theirs, full=True)
