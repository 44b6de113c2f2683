"""A browser and a server for all tests of this folder, and a page that fails on what a person would never notice.

`QUOTALAB_BROWSER`, or Chromium or Chrome as it is installed, looks at one real server. Pictures are kept in
`test-output/browser/`.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.browser.serving import ROOT, Served, served

OUTPUT = ROOT / "test-output" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 60_000  # milliseconds: other tests share the computer
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder in one process when several share the work: there is one server."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("browser"))


def pytest_report_header() -> str:
    """Say where the pictures are."""
    return f"pictures of the dashboard: {OUTPUT}"


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Return the browser's path; without one the tests are left out, or fail where they must not be."""
    for name in (os.environ.get("QUOTALAB_BROWSER", ""), *NAMES):
        found = shutil.which(name) if name else None
        if found is not None:
            return found
    told = "no browser was found; install Chromium (on Debian: apt-get install chromium), or set QUOTALAB_BROWSER"
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(browser_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    compiled()
    with served(tmp_path_factory.mktemp("dashboard")) as running:
        yield running


def compiled() -> None:
    """Run what the tests run first: on a new computer loops are compiled for minutes before a run begins."""
    from scenarios import load, run

    for venues in ("call", "order_book"):
        run(load("textbook-banking", {"instruments.carbon.venues": venues, "calendar.years": 2}))
    run(load("jiangxi", {"calendar.years": 2}))


class Watched:
    """What happens in a browser's context beside what is seen: errors, failed requests, other hosts."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.allowed: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(f"error in the page: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def allow(self, *patterns: str) -> None:
        """Let errors pass whose text matches a pattern: those that a test provokes."""
        self.allowed += patterns

    def check(self) -> None:
        """Fail if there was anything that must not be."""
        left = [error for error in self.errors if not any(re.search(one, error) for one in self.allowed)]
        assert not left, "\n".join(left)
        assert self.hosts <= {"127.0.0.1"}, self.hosts

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"}:
            self.hosts.add(parts.hostname or parts.scheme)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left, or a file was saved
            self.errors.append(f"failed: {request.url}: {request.failure}")


@pytest.fixture
def new_page(browser: Browser, server: Served) -> Iterator[Callable[..., Page]]:
    """Return what opens a page in a context of its own; at the end nothing may have gone wrong in any of them."""
    contexts: list[tuple[BrowserContext, Watched]] = []
    logged = server.log.stat().st_size

    def opened(**options: object) -> Page:
        context = browser.new_context(
            **{"viewport": WIDE, "base_url": server.url, "accept_downloads": True, **options}  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        watched = Watched(context)
        contexts.append((context, watched))
        page = context.new_page()
        page.watched = watched  # type: ignore[attr-defined]
        return page

    yield opened
    for context, _ in contexts:
        context.close()
    for _, watched in contexts:
        watched.check()
    said = server.log.read_text()[logged:]
    assert "Traceback" not in said, said


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Return a page of 1280 by 900 pixels."""
    return new_page()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[..., Path]:
    """Return what keeps a picture of a page, named by its test."""

    def keep(page: Page, what: str = "", *, full: bool = False) -> Path:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name.removeprefix("test_")).strip("-")
        path = OUTPUT / f"{name}{f'-{what}' if what else ''}.png"
        page.screenshot(path=path, full_page=full)
        return path

    return keep
