"""The about page: every section in both languages, the scenario's own assumptions, its sources counted."""

import pytest
from dash.development.base_component import Component

from dashboard.found import Arm, Found
from dashboard.pages import about
from dashboard.view import Choice, View
from dashboard.words import Words
from scenarios import load
from scenarios.display import Display, say


def told(part: object) -> str:
    if isinstance(part, (list, tuple)):
        return " ".join(map(told, part))
    if isinstance(part, Component):
        return told(getattr(part, "children", None))
    return "" if part is None else str(part)


def page(language: str, name: str) -> Component:
    scenario = load(name)
    return about.content(View(language, "about"), Words(language), Found((Arm(Choice(name), scenario, name),)))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["jiangxi", "textbook-montgomery"])
def test_all_sections_are_there_and_linked(language: str, name: str) -> None:
    shown = page(language, name)
    ids = {part.id for part in shown._traverse() if isinstance(getattr(part, "id", None), str)}
    assert {f"about-{section}" for section in about.SECTIONS} <= ids
    contents = about.controls(View(language, "about"), Words(language), load(name))
    links = {part.href for part in contents._traverse() if type(part).__name__ == "A"}
    assert links == {f"#about-{section}" for section in about.SECTIONS}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_assumptions_are_told_and_flagged(language: str) -> None:
    scenario = load("jiangxi")
    text, display = told(page(language, "jiangxi")), Display.of(scenario, language)
    assert all(say(note.text, language) in text for note in scenario.notes)
    assert text.count(display.text("notes.flag")) >= sum(note.flagged for note in scenario.notes) > 0
    assert all(note in text for note in display.text("model_notes"))


def test_entries_of_the_tables_are_counted() -> None:
    (table,) = [
        part for part in page("en", "jiangxi")._traverse() if getattr(part, "data-name", "") == "sources-by-file"
    ]
    head, body = table.children
    names = [told(cell) for cell in head.children.children]
    lines = {told(row.children[0]): [int(told(cell)) for cell in row.children[1:]] for row in body.children}
    assert names[1] == "V"
    assert lines["cities.csv"][0] == 16
    assert all(sum(line[:-1]) == line[-1] for line in lines.values())
    together = lines.pop("Together")
    assert together == [sum(column) for column in zip(*lines.values(), strict=True)]


def test_a_scenario_without_sources_says_so() -> None:
    assert "state no sources" in told(page("en", "textbook-montgomery"))
