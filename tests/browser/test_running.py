"""Runs that take a while are watched and cancelled; impatience and a dying worker do no harm."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.browser.looking import FAST, address, card, choose, go, number, settled, tile, type_in, value


@pytest.mark.slow
def test_jiangxi_with_five_seeds_shows_its_progress_and_a_live_chart_and_can_be_cancelled(page, picture):
    page.goto("/en/scenario?scenario=jiangxi;instruments.carbon.penalty.multiple=4&seeds=5")
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(page.locator("#status")).to_contain_text(re.compile(r"Running: \d+ of 1\d\d periods"))
    expect(card(page, "Price so far").locator(".js-plotly-plot .scatterlayer path").first).to_be_attached()
    picture(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_contain_text("Cancelled")
    expect(bar).to_have_count(0)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(card(page, "Under way and lately done")).to_contain_text("cancelled")
    expect(card(page, "Under way and lately done")).not_to_contain_text("running")
    picture(page, "queue")


def test_a_thousand_clicks_on_run_run_a_cancelled_scenario_once(page):
    page.goto("/en/scenario?scenario=jiangxi;rounds=12")  # long enough to be cancelled twice
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_contain_text("Cancelled")
    again = page.get_by_role("button", name="Run", exact=True)
    again.evaluate("button => { for (let i = 0; i < 1000; i++) button.click(); }")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("link", name="Runs", exact=True).click()
    under_way = card(page, "Under way and lately done").locator("tr").filter(has_text=re.compile("running|waiting"))
    expect(under_way.first).to_be_visible()
    assert under_way.count() <= 2  # the scenario, and what it is compared with
    page.get_by_role("link", name="Scenario", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#status")).to_contain_text("Cancelled")


def test_a_thousand_clicks_on_a_lever_make_one_run_of_what_was_chosen_last(page):
    go(page, "runs")
    others = page.locator("#content tbody tr").filter(has_text=FAST).count()  # of other tests, at the same server
    go(page, scenario=f"{FAST};instruments.carbon.penalty.rate=777")
    step = page.locator(".mantine-NumberInput-control[data-direction=down]").first
    box = step.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, click_count=40)
    expect(number(page, "Cap in % of the scenario's own")).to_have_value("60\u00a0%")
    address(page, "2025=54;")
    settled(page)
    undo = page.get_by_role("button", name="Undo all changes")
    undo.evaluate("button => { for (let i = 0; i < 1000; i++) button.click(); }")
    expect(page.locator(".changed")).to_have_text("As shipped")
    settled(page)
    assert value(page, "Mean price") == pytest.approx(23.75, abs=0.01)
    go(page, "runs")
    rows = page.locator("#content tbody tr").filter(has_text=FAST)
    expect(rows.first).to_be_visible()
    assert rows.count() - others <= 20  # not hundreds


def test_a_killed_worker_costs_a_run_some_time_and_nobody_else_anything(page, server):
    # Long enough to be under way when its process is killed.
    page.goto("/en/scenario?scenario=jiangxi;instruments.carbon.penalty.multiple=2")
    expect(page.locator("#status")).to_contain_text(re.compile(r"Running: [1-9]\d* of"))
    before = server.workers
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    settled(page)
    expect(tile(page, "Mean price")).to_be_visible()
    assert server.workers
    assert not set(server.workers) & set(before)
    go(page, scenario=f"{FAST};instruments.carbon.penalty.rate=778")
    assert value(page, "Mean price") == pytest.approx(23.75, abs=0.01)


def test_an_order_book_in_jiangxi_trades_and_shows_its_trades(page, picture):
    go(page, scenario="jiangxi;calendar.years=2", right="carbon")
    choose(page, "Trading mechanism", "Order book")
    address(page, "order_book")
    settled(page)
    page.get_by_role("link", name="Markets", exact=True).click()
    address(page, "/en/markets?")
    settled(page)
    expect(page.locator("#content .js-plotly-plot").nth(3)).to_be_visible()
    picture(page, full=True)


def test_a_mistake_stands_beside_its_field_and_the_others_still_work(page, picture):
    go(page)
    type_in(page, "Penalty rate", "-5")
    field = page.locator(".lever").filter(has=number(page, "Penalty rate"))
    expect(field.locator(".mantine-InputWrapper-error")).to_contain_text("0")
    expect(page.locator("#notes .problem")).to_contain_text("penalty.rate")
    assert value(page, "Mean price") == pytest.approx(23.75, abs=0.01)  # the last scenario that could be run
    type_in(page, "Cap in % of the scenario's own", "90")
    address(page, "2025=81")
    picture(page)
    type_in(page, "Penalty rate", "1000")
    expect(page.locator("#notes .problem")).to_have_count(0)
    settled(page)
    expect(tile(page, "Mean price")).to_contain_text("against the baseline")
