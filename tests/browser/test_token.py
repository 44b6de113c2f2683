"""A server for several people: it asks for its token, and keeps them apart."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import FAST, address, go, settled
from tests.browser.serving import served
from tests.browser.test_accessibility import findings

TOKEN = "a-token-of-the-tests"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def guarded(tmp_path_factory, browser_path):
    with served(tmp_path_factory.mktemp("guarded"), TOKEN) as running:
        yield running


def enter(page, token: str) -> None:
    page.goto(f"/en/scenario?scenario={FAST}")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Open").click()


def test_a_wrong_token_is_refused_and_the_right_one_opens_what_was_asked_for(new_page, guarded, picture):
    page = new_page(base_url=guarded.url)
    page.watched.allow("401")
    enter(page, "a-wrong-token")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    assert not findings(page)
    picture(page)
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    address(page, f"scenario={FAST}")
    settled(page)
    assert TOKEN not in page.url
    page.reload()
    settled(page)


def test_two_people_see_nothing_of_each_other(new_page, guarded):
    one, other = new_page(base_url=guarded.url), new_page(base_url=guarded.url)
    for page in (one, other):
        page.watched.allow("401")
        enter(page, TOKEN)
        settled(page)
    go(one, scenario=f"{FAST};instruments.carbon.penalty.rate=950")
    go(one, "runs")
    expect(one.locator("#content")).to_contain_text(FAST)
    rows = one.locator("#content tbody tr").count()
    go(other, "runs")
    assert other.locator("#content tbody tr").count() < rows
    folders = [text for text in one.locator("#content tbody button").all_inner_texts() if re.match(FAST, text)]
    assert folders
    other.goto(f"/en/scenario?scenario=run-{folders[0]}")
    expect(other.locator("#notes .problem")).to_be_visible()
