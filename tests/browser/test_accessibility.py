"""An automated check (axe) of every page, in both languages, light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.view import PAGES
from dashboard.words import Words
from tests.browser.conftest import NARROW, WIDE
from tests.browser.looking import FAST, address, go, settled

GRAVE = {"serious", "critical"}
CHANGED = f"{FAST};instruments.carbon.penalty.rate=900"
SHOWN = {
    "firms": "jiangxi;calendar.years=2",
    "places": "jiangxi;calendar.years=2",
    "markets": "jiangxi;calendar.years=2",
}


def findings(page: Page) -> list[str]:
    """Return what is wrong with what is shown: rule, how often, an example and what it lacks."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['impact']} {one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:300]}\n"
        f"    {one['nodes'][0]['failureSummary'][:400]}"
        for one in found
        if one["impact"] in GRAVE
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_findings(page, name):
    left = []
    for language, dark in (("en", False), ("en", True), ("zh", True), ("zh", False)):
        words = Words(language)
        if (language, dark) == ("en", False):
            go(page, name, SHOWN.get(name, CHANGED))
        elif language == "zh" and dark:
            page.get_by_role("button", name="中文").click()
            address(page, f"/zh/{name}?")
        else:
            page.locator("button[data-dark]").click()
            expect(page.locator("button[data-dark]")).to_have_text(words.text("shell.light" if dark else "shell.dark"))
        settled(page)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            left += [f"{language}, {'dark' if dark else 'light'}, {size['width']}: {one}" for one in findings(page)]
    assert not left, "\n".join(left)
