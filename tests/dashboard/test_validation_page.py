"""The validation page: what it asks to be run, its tables, its plots, in both languages."""

import math

import pytest
from dash.development.base_component import Component

from dashboard.found import Arm, Found
from dashboard.pages import validation
from dashboard.view import Choice, View
from dashboard.words import Words
from scenarios import load
from scenarios.errors import Problem
from scenarios.validation import SUITES, Case
from scenarios.validation.outcomes import Outcome, outcome_of

NAMES = [suite.__name__ for suite in SUITES]
GOOD = Case("A1a.price", "Montgomery (1972)", 100.0, 103.0, 0.05, "money/unit")
BAD = Case("A1a.cost", "Montgomery (1972)", 10.0, 12.0, 0.01, "money")
BROKEN = Case("rggi", "", math.nan, math.nan, 0.0, message="ValueError: no bids")


def found(outcomes: dict[str, Outcome] | None = None, results: tuple = (), unread: tuple = ()) -> Found:
    scenario = load("textbook-banking")
    arm = Arm(Choice("textbook-banking"), scenario, "Banking", results)
    return Found((arm,), outcomes=outcomes or {}, unread=unread)


def told(part: object) -> str:
    """Return every text of a component."""
    if isinstance(part, (list, tuple)):
        return " ".join(map(told, part))
    if isinstance(part, Component):
        return told(getattr(part, "children", None))
    return "" if part is None else str(part)


def rows(page: Component, key: str) -> list[list[str]]:
    """Return the body of a table as texts."""
    (table,) = [c for c in page._traverse() if isinstance(c, Component) and getattr(c, "data-name", "") == key]
    _, body = table.children
    return [[told(cell) for cell in row.children] for row in body.children]


def view(language: str = "en", **options: str) -> View:
    return View(language, "validation", options=options)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_suite_and_group_has_words(language: str) -> None:
    words = Words(language)
    assert list(words.text("validation.suites")) == NAMES
    assert all(len(text) == 2 for text in words.text("validation.suites").values())
    assert list(words.text("validation.groups")) == list(validation.suite_groups())


def test_choosing_a_suite_asks_for_it_until_this_code_has_run_it() -> None:
    assert validation.wanted(view(), {}) == ()
    assert validation.wanted(view(suite="unknown"), {}) == ()
    assert validation.wanted(view(suite="rggi"), {}) == ("rggi",)
    made = outcome_of("rggi", [GOOD])
    assert validation.wanted(view(suite="rggi"), {"rggi": made}) == ()
    old = Outcome("rggi", "0.0.1", made.code, made.made, made.cases)
    assert validation.wanted(view(suite="rggi"), {"rggi": old}) == ("rggi",)
    assert validation.wanted(view(suite="every"), {"rggi": made}) == tuple(n for n in NAMES if n != "rggi")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("suite", ["summary", "every", "equimarginal", "two_cycles", "nonsense"])
@pytest.mark.parametrize("failing", ["no", "yes"])
def test_the_page_is_built_for_every_choice(language: str, suite: str, failing: str) -> None:
    given = {"equimarginal": outcome_of("equimarginal", [GOOD, BAD]), "rggi": outcome_of("rggi", [BROKEN])}
    now, words = view(language, suite=suite, failing=failing), Words(language)
    controls = validation.controls(now, words, load("textbook-banking"))
    chosen = {part.id["name"]: part.value for part in controls._traverse() if type(part).__name__ == "Select"}
    assert chosen == {"suite": "summary" if suite == "nonsense" else suite, "failing": failing}
    page = validation.content(now, words, found(given))
    graphs = [part for part in page._traverse() if type(part).__name__ == "Graph"]
    assert len(graphs) == 3


def test_the_summary_has_a_line_a_suite_with_its_largest_deviation() -> None:
    page = validation.content(view(), Words("en"), found({"equimarginal": outcome_of("equimarginal", [GOOD, GOOD])}))
    lines = rows(page, "validation-suites")
    assert len(lines) == len(NAMES)
    assert lines[0][3:6] == ["2", "2", "60.0\u00a0%"]  # 3 % off where 5 % is allowed
    assert lines[1][3:6] == ["–", "–", "–"]
    assert f"1 of {len(NAMES)} suites" in told(page)


def test_a_suite_shows_its_cases_and_failures_are_shown_alone() -> None:
    given = {"equimarginal": outcome_of("equimarginal", [GOOD, BAD]), "rggi": outcome_of("rggi", [BROKEN])}
    page = validation.content(view(suite="equimarginal"), Words("en"), found(given))
    lines = rows(page, "validation-equimarginal")
    assert lines[0] == ["A1a.price", "100", "103", "money per unit", "3.0e-02 (60.0\u00a0%)", "5e-02", "pass"]
    assert lines[1][0] == "A1a.cost"
    assert lines[1][-1] == "FAIL"
    page = validation.content(view(failing="yes"), Words("en"), found(given))
    assert [line[0] for line in rows(page, "validation-failing")] == ["A1a.cost", "rggi"]
    assert "no bids" in told(page)


def test_without_outcomes_the_page_says_what_to_do_and_damage_is_said() -> None:
    problem = Problem("validation/rggi.json", 0, "validation", "this is damaged", "Run the suite again.")
    text = told(validation.content(view(), Words("en"), found(unread=(problem,))))
    assert "Nothing has been checked" in text
    assert "quotalab validate --out" in text
    assert "this is damaged" in text


def test_captions_state_the_prices_of_theory_and_of_the_run() -> None:
    for language in ("en", "zh"):
        text = told(validation.content(view(language), Words(language), found()))
        for number in ("16.551724", "16.894722", "27.5", "2034"):
            assert number in text


def test_the_open_run_is_drawn_against_its_plan() -> None:
    result = validation.textbook("textbook-banking")
    page = validation.content(view(), Words("en"), found(results=(result,)))
    assert len([part for part in page._traverse() if type(part).__name__ == "Graph"]) == 4
    assert "15 of 15 years" in told(page)
