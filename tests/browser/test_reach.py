"""Every page is within reach of everybody: by keyboard, on a telephone, on paper, in Chinese, with nothing to show."""

import re

import pytest
from playwright.sync_api import expect

from dashboard.view import PAGES
from dashboard.words import Words
from tests.browser.conftest import NARROW
from tests.browser.looking import FAST, address, go, number, settled, tile, value

ENGLISH = re.compile(r"[A-Za-z]{2,}")


def test_the_keyboard_alone_reaches_and_moves_a_lever(page):
    go(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(number(page, "Cap in % of the scenario's own")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(number(page, "Cap in % of the scenario's own")).to_have_value("97\u00a0%")
    address(page, "2025=87.3")
    settled(page)
    expect(tile(page, "Mean price")).to_contain_text("against the baseline")


def test_a_list_is_chosen_from_with_the_keyboard(page):
    go(page)
    page.get_by_role("textbox", name="Carry-over", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="None").or_(page.get_by_role("option")).first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    address(page, "banking")


def test_the_slider_moves_by_arrow_keys(page):
    go(page)
    page.get_by_role("slider", name="Cap in % of the scenario's own").focus()
    page.keyboard.press("ArrowLeft")
    address(page, "2025=89.1")
    expect(number(page, "Cap in % of the scenario's own")).to_have_value("99\u00a0%")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_page_scrolls_sideways_on_a_telephone(new_page, picture, language):
    page = new_page(viewport=NARROW)
    scenario = "jiangxi;calendar.years=2"
    for name in PAGES:
        go(page, name, scenario, language)
        wide = page.evaluate("document.documentElement.scrollWidth")
        picture(page, name)
        assert wide <= NARROW["width"], f"{name}: {wide} pixels"


def test_paper_shows_the_results_without_buttons(page, picture):
    go(page)
    page.emulate_media(media="print")
    expect(page.locator("nav")).to_be_hidden()
    expect(page.locator("#controls")).to_be_hidden()
    expect(page.get_by_role("button", name="Save as PNG").first).to_be_hidden()
    expect(tile(page, "Mean price")).to_be_visible()
    expect(page.get_by_role("heading", name="Price", exact=True)).to_be_visible()
    picture(page, full=True)


def test_every_page_is_in_chinese_after_one_click(page, picture):
    go(page)
    page.get_by_role("button", name="中文").click()
    address(page, "/zh/scenario?")
    settled(page)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    words = Words("zh")
    for name in PAGES:
        page.get_by_role("link", name=words.text(f"shell.pages.{name}"), exact=True).click()
        address(page, f"/zh/{name}?")
        settled(page)
        spoken = page.locator("nav a, h1, h2, h3, label, legend, button.tool, button.action, th, .tile-name, .empty p")
        for text in spoken.all_inner_texts():
            told = re.sub("`[^`]*`", "", text)  # what is typed on a command line
            left = {word for word in ENGLISH.findall(told) if word not in KEPT}
            assert not left, f"{name}: {text!r}"
        picture(page, name)
    page.get_by_role("button", name="English").click()
    address(page, "/en/about?")
    expect(page.get_by_role("link", name="Firms", exact=True)).to_be_visible()


KEPT = {"QuotaLab", "English", "PNG", "SVG", "CSV", "YAML", "UTC", "CO", "HTML", "textbook", "banking"}
"""Names and signs that are the same in Chinese."""


def test_a_page_with_nothing_to_show_says_what_to_do(page, picture):
    for name in ("compare", "sweeps"):
        go(page, name)
        expect(page.locator("#content .empty")).to_be_visible()
        assert len(page.locator("#content .empty p").first.inner_text()) > 20
        picture(page, name)


def test_an_address_that_cannot_be_read_says_so_and_shows_something(page):
    page.goto(f"/en/nowhere?scenario={FAST}&seeds=many&what=that")
    expect(page.locator("#notes")).to_contain_text("seeds=many")
    settled(page)
    assert value(page, "Mean price") > 0


def test_a_scenario_that_is_gone_says_so(page):
    page.goto("/en/scenario?scenario=own-0123456789")
    expect(page.locator("#notes .problem")).to_be_visible()


def test_a_point_of_the_cap_is_dragged(page):
    go(page)
    point = page.locator(".drag .shapelayer path").nth(5)
    box = point.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 4, steps=3)
    page.mouse.move(x, y + 20, steps=5)
    page.mouse.up()
    address(page, "cap.values.2030=")
    expect(number(page, "2030")).not_to_have_value("45")
    level = float(number(page, "2030").input_value())
    assert 15 < level < 45
    settled(page)
    expect(tile(page, "Mean price")).to_contain_text("+")
