"""The server is gone, or refuses: the page says so in its language, keeps what it shows, and comes back by itself."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.looking import address, go

ASKED = re.compile("_dash-update-component")
SAID = {
    "gone": "does not answer",
    "busy": "more than the server takes",
    "large": "too large",
    "failed": "mistake in the program",
    "entry": "token again",
}


@pytest.fixture
def tried(page: Page) -> Page:
    page.watched.allow(".")  # type: ignore[attr-defined]  # the browser complains of every request that fails
    go(page)
    return page


def test_a_server_that_is_gone_is_said_and_asked_again(tried: Page, picture) -> None:
    note = tried.locator("#trouble p:visible")
    expect(note).to_have_count(0)
    tried.route(ASKED, lambda route: route.abort("connectionrefused"))
    tried.get_by_role("link", name="Firms", exact=True).click()
    expect(note).to_contain_text(SAID["gone"])
    expect(tried.get_by_role("heading", name="What policy sets")).to_be_visible()
    picture(tried)
    tried.unroute(ASKED)
    expect(note).to_have_count(0)  # it asks again after some seconds
    address(tried, "/en/firms?")


@pytest.mark.parametrize(("code", "kind"), [(401, "entry"), (413, "large"), (429, "busy"), (500, "failed")])
def test_a_refusal_is_said_in_words(tried: Page, code: int, kind: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=code, body="no")

    tried.route(ASKED, refuse)
    tried.get_by_role("link", name="Firms", exact=True).click()
    expect(tried.locator("#trouble p:visible")).to_contain_text(SAID[kind])
    tried.unroute(ASKED)
