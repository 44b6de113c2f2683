"""A person opens the dashboard, moves levers, compares, switches language and theme, and comes back to a view."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import FAST, address, card, choose, go, number, settled, tile, type_in, value


def test_opening_shows_jiangxi_with_its_levers_and_then_its_price(page, picture):
    page.goto("/")
    expect(page.get_by_role("heading", name="What policy sets")).to_be_visible()
    expect(page.get_by_role("textbox", name="Scenario", exact=True)).to_have_value(re.compile("^Jiangxi"))
    address(page, "/en/scenario?scenario=jiangxi")
    expect(card(page, "Price")).to_be_visible()
    settled(page)
    picture(page)


def test_scaling_the_cap_changes_the_price_against_the_baseline(page, picture):
    go(page)
    before = value(page, "Mean price")
    assert before == pytest.approx(23.75, abs=0.01)  # the closed form of the scenario's summary, averaged over years
    expect(tile(page, "Mean price")).not_to_contain_text("baseline")
    type_in(page, "Cap in % of the scenario's own", "80")
    address(page, "instruments.carbon.cap.values.2025=72")
    expect(tile(page, "Mean price")).to_contain_text("against the baseline")
    settled(page)
    assert value(page, "Mean price") > before
    expect(number(page, "2030")).to_have_value("36")
    expect(page.locator(".changed")).to_contain_text("changed")
    picture(page)


def test_changing_the_mechanism_to_an_order_book_runs_it(page):
    go(page)
    choose(page, "Trading mechanism", "Order book")
    address(page, "order_book")
    expect(tile(page, "Mean price")).to_contain_text("baseline")
    settled(page)
    page.get_by_role("link", name="Markets", exact=True).click()
    address(page, "/en/markets?")
    settled(page)
    expect(page.locator("#content")).to_contain_text(re.compile("order book", re.IGNORECASE))


def test_pinning_a_baseline_and_comparing_shows_the_differences(page, picture):
    go(page, scenario=f"{FAST};instruments.carbon.penalty.rate=900")
    page.get_by_role("button", name="Pin as baseline").click()
    address(page, "baseline=")
    settled(page)
    type_in(page, "Cap in % of the scenario's own", "90")
    address(page, "2025=81")
    page.get_by_role("link", name="Compare", exact=True).click()
    address(page, "/en/compare?")
    settled(page)
    expect(card(page, "What is compared")).to_contain_text("81")
    expect(card(page, "What was found")).to_be_visible()
    picture(page, full=True)


def test_a_reload_restores_what_was_chosen(page):
    go(page, "firms", "jiangxi", "zh", right="so2", dark="1")
    before = page.url
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    settled(page)
    assert page.url == before
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(page.get_by_role("link", name="企业", exact=True)).to_have_attribute("aria-current", "page")


def test_a_reload_restores_the_levers(page):
    go(page)
    type_in(page, "Cap in % of the scenario's own", "70")
    address(page, "2025=63")
    settled(page)
    shown = value(page, "Mean price")
    page.reload()
    settled(page)
    expect(number(page, "Cap in % of the scenario's own")).to_have_value("70\u00a0%")
    assert value(page, "Mean price") == shown


def test_back_and_forward_go_through_the_pages(page: Page):
    go(page)
    for name in ("Compare", "About"):
        page.get_by_role("link", name=name, exact=True).click()
        address(page, f"/en/{name.lower()}?")
        settled(page)
    page.go_back()
    address(page, "/en/compare?")
    expect(page.get_by_role("link", name="Compare", exact=True)).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", name="What policy sets")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("link", name="Compare", exact=True)).to_have_attribute("aria-current", "page")


def test_dark_mode_turns_the_page_and_its_charts_dark(page, picture):
    go(page)
    page.get_by_role("button", name="Dark").click()
    address(page, "dark=1")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    expect(page.get_by_role("button", name="Light")).to_be_visible()
    settled(page)
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 23, 26)")
    expect(card(page, "Price").locator(".xtick text").first).to_have_css("fill", "rgb(230, 230, 230)")
    picture(page)
