"""The page Sweeps: what the store has, what is varied, and the arm that was clicked with its exact command."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.found import Arm, Found
from dashboard.pages import sweeps as page
from dashboard.view import Choice, View
from dashboard.words import Words
from scenarios import compare, load
from scenarios.commands.running import overrides
from scenarios.comparison import Comparison
from scenarios.errors import InputError, Problem

NAME = "textbook-montgomery"
CAP, VENUES = "instruments.carbon.cap.initial", "instruments.carbon.venues"


@dataclass(frozen=True)
class Entry:
    """What the store says about a folder."""

    folder: str
    kind: str = "comparison"
    name: str = NAME
    seeds: tuple[int, ...] = (0, 1)
    problem: str | None = None


@pytest.fixture(scope="module")
def stored() -> dict[str, Comparison]:
    fixed = {"world.activity_sd": 0.1}
    return {
        "one": compare(NAME, {CAP: [240, 260]}, 2, fixed, workers=1),
        "two": compare(NAME, {CAP: [240, 260], VENUES: ["call", "listed"]}, 2, fixed, workers=1),
    }


def found(*entries: Entry) -> Found:
    return Found((Arm(Choice(NAME), load(NAME), NAME),), folders=entries)


def shown(view: View, there: Found, stored: dict[str, Comparison]) -> Component:
    return page.content(view, Words(view.language), there, page.opened(view, there, stored.__getitem__))


def parts(root: Any) -> Iterator[Component]:
    if isinstance(root, Component):
        yield root
        yield from parts(getattr(root, "children", None))
    elif isinstance(root, list | tuple):
        for one in root:
            yield from parts(one)


def words_in(root: Any) -> str:
    if isinstance(root, Component):
        return words_in(getattr(root, "children", None))
    if isinstance(root, list | tuple):
        return " ".join(words_in(one) for one in root)
    return "" if root is None else str(root)


def ids(root: Any, kind: str) -> list[str]:
    return [str(one.id.get("key") or one.id.get("name")) for one in parts(root) if one._type == kind]


BOTH = (Entry("two"), Entry("one"), Entry("run-0", "run"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_store_shows_the_command_that_fills_it(language: str) -> None:
    there = found(Entry("run-0", "run"), Entry("bad", "damaged", problem="it is cut off"))
    view = View(language, "sweeps")
    assert page.opened(view, there, {}.__getitem__) is None
    content = page.content(view, Words(language), there)
    text = words_in(content)
    assert "quotalab compare jiangxi --vary" in text
    assert Words(language).text("sweeps.later") in text
    assert "it is cut off" in text
    assert page.controls(view, Words(language), there.arm.scenario) is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_charts_fit_what_is_varied(stored: dict[str, Comparison], language: str) -> None:
    one = shown(View(language, "sweeps", options={"sweep": "one"}), found(*BOTH), stored)
    cap, venues = f"sweep-{CAP.replace('.', '-')}", f"sweep-{VENUES.replace('.', '-')}"
    assert ids(one, "Graph") == [cap, "sweep-parallel", "sweep-pareto"]
    two = shown(View(language, "sweeps"), found(*BOTH), stored)  # the newest one
    assert ids(two, "Graph") == ["sweep-heat", cap, venues, "sweep-parallel", "sweep-pareto"]
    assert ids(two, "Select") == ["sweep", "kpi", "x", "y", "arm"]
    assert Words(language).text("sweeps.chosen.none") in words_in(two)


def test_points_carry_the_arm_and_the_clicked_arm_shows_its_command(stored: dict[str, Comparison]) -> None:
    there = found(*BOTH)
    label = "initial=260, venues=listed"
    content = shown(View("zh", "sweeps", options={"sweep": "two"}), there, stored)
    heat = next(one for one in parts(content) if one._type == "Graph" and one.id["key"] == "sweep-heat")
    marks = {mark for row in heat.figure["data"][0]["customdata"] for mark in row}
    assert marks == {f"pick:arm={arm.label}" for arm in stored["two"].arms}
    content = shown(View("zh", "sweeps", options={"sweep": "two", "arm": label}), there, stored)
    (command,) = [words_in(one) for one in parts(content) if one._type == "Pre"]
    words = shlex.split(command)
    assert words[:3] == ["quotalab", "run", NAME]
    assert words[-2:] == ["--seed", "0"]
    settings = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    arm = next(arm for arm in stored["two"].arms if arm.label == label)
    assert load(NAME, overrides(settings)) == arm.scenario


def test_unknown_options_are_not_given(stored: dict[str, Comparison]) -> None:
    odd = {"sweep": "two", "kpi": "no", "x": "no", "y": "no", "rows": CAP, "columns": "no", "arm": "<script>"}
    content = shown(View("en", "sweeps", options=odd), found(*BOTH), stored)
    assert "sweep-heat" in ids(content, "Graph")
    assert "<script>" not in words_in(content)


def test_what_cannot_be_opened_is_said(stored: dict[str, Comparison]) -> None:
    there = found(*BOTH)
    gone = shown(View("en", "sweeps", options={"sweep": "../two"}), there, stored)
    assert "There is no comparison ../two" in words_in(gone)

    def refuse(folder: str) -> Comparison:
        raise InputError([Problem(folder, 0, "result", "it was changed", "Compare again.")])

    view = View("en", "sweeps")
    content = page.content(view, Words("en"), there, page.opened(view, there, refuse))
    assert "it was changed" in words_in(content)
    assert ids(content, "Select") == ["sweep"]


def test_failed_runs_are_counted(stored: dict[str, Comparison]) -> None:
    one = stored["one"]
    failures = one.failures.copy()
    failures.loc[0] = [one.labels[0], 1, "run", "it broke"]
    broken = replace(one, tables={**one.tables, "failures": failures})
    content = shown(View("en", "sweeps"), found(Entry("one")), {"one": broken})
    assert "1 of 4 runs of this comparison failed" in words_in(content)
