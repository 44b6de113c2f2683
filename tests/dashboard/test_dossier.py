"""The dossier: one file that loads nothing, whatever stands in a title, with commands that make its runs again."""

import json
import re
import shlex
from dataclasses import replace

import pytest

from dashboard.compared import compared
from dashboard.dossier import dossier, run_commands
from dashboard.found import Arm, Found
from dashboard.view import Choice, View
from scenarios import load, run
from scenarios.commands.comparing import varied_values
from scenarios.commands.running import overrides
from scenarios.comparison_arms import arms_of
from scenarios.comparison_words import command
from scenarios.results import RunResult

NAME = "textbook-montgomery"
CAP = "instruments.carbon.cap.initial"
HOSTILE = '</title><script>alert(1)</script><img src="http://evil.example/x.png">'


@pytest.fixture(scope="module")
def two() -> tuple[View, Found]:
    choices = (Choice(NAME, {CAP: 260, "rounds": 1}), Choice(NAME, {"rounds": 1}))
    arms = []
    for choice, label in zip(choices, ("looser", "as it is"), strict=True):
        scenario = load(NAME, choice.changes)
        arms.append(Arm(choice, scenario, label, (run(scenario, 0), run(scenario, 1))))
    return View("en", "compare", *choices, seeds=2), Found(tuple(arms))


def markup(page: str) -> str:
    """The page without its scripts and style: what a browser would load from."""
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)


def named(arm: Arm, title: str) -> Arm:
    """The arm with another title and label, as an uploaded document may give it."""
    text = arm.scenario.title.model_copy(update={"en": title, "zh": title})
    scenario = arm.scenario.model_copy(update={"title": text})
    results = tuple(
        RunResult(scenario, one.seed, one.tables, one.kpis, [*one.warnings, title], one.manifest, one.inputs)
        for one in arm.results
    )
    return replace(arm, scenario=scenario, label=title, results=results)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_loaded_and_every_figure_has_its_place(two: tuple[View, Found], language: str) -> None:
    page = dossier(*two, language)
    left = markup(page)
    assert re.findall(r"""(?:src|href|action|data)\s*=\s*["'](?!#)[^"']*["']""", left) == []
    assert "<link" not in left
    assert "default-src 'none'" in left
    places = re.findall(r'class="plot" id="([^"]+)"', left)
    assert len(set(places)) == len(places)
    found = re.search(r'<script type="application/json" id="figure-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    assert set(json.loads(found[1])["figures"]) == set(places)
    assert {"figure-winners-sector", "figure-compare-effects", "figure-run-ladder"} <= set(places)
    sections = re.findall(r'<section id="([^"]+)"', left)
    assert set(re.findall(r'href="#([^"]+)"', left)) >= set(sections)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_hostile_title_is_only_text(two: tuple[View, Found], language: str) -> None:
    view, found = two
    page = dossier(view, replace(found, arms=tuple(named(arm, HOSTILE) for arm in found.arms)), language)
    left = markup(page)
    assert "<img" not in left
    assert "&lt;img" in left
    assert page.count("<script") == dossier(view, found, language).count("<script")


def test_every_assumption_and_warning_is_there(two: tuple[View, Found]) -> None:
    view, found = two
    arms = tuple(named(arm, f"warned {i}") for i, arm in enumerate(found.arms))
    page = dossier(view, replace(found, arms=arms), "en")
    assert "warned 0" in page.split('id="run-warnings"')[1]
    assert "warned 1" in page.split('id="compare-warnings"')[1]
    for note in found.arm.scenario.notes:
        assert note.text.en[:40].split("'")[0] in page


def test_commands_make_the_same_scenarios(two: tuple[View, Found]) -> None:
    view, found = two
    for arm in found.arms:
        lines = run_commands(arm.choice, range(2))
        words = shlex.split(lines[1])
        assert words[:3] == ["quotalab", "run", NAME]
        assert words[-2:] == ["--seed", "1"]
        settings = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
        assert load(NAME, overrides(settings)) == arm.scenario
        assert all(line.replace("'", "&#x27;") in dossier(view, found, "en") for line in lines)
    there = compared(view, found)
    assert there is not None
    words = shlex.split(command(there.comparison))
    varied = varied_values([words[i + 1] for i, word in enumerate(words) if word == "--vary"])
    fixed = overrides([words[i + 1] for i, word in enumerate(words) if word == "--set"])
    assert [arm.scenario for arm in arms_of(NAME, varied, fixed)] == [arm.scenario for arm in there.arms]
    assert words[words.index("--seeds") + 1] == "2"


def test_the_link_restores_the_view(two: tuple[View, Found]) -> None:
    view, found = two
    page = dossier(view, found, "en").replace("&amp;", "&").replace("&#x27;", "'")
    assert view.url in page
    path, _, query = view.url.partition("?")
    assert View.of_url(path, query) == view


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_scenario_or_none_run(two: tuple[View, Found], language: str) -> None:
    view, found = two
    alone = dossier(View("en", "markets", found.arms[1].choice), Found(found.arms[1:]), language)
    assert 'id="run-ladder"' in alone
    assert 'id="found"' not in alone
    nothing = Found((replace(found.arm, results=()),), underway=True)
    page = dossier(view, nothing, language)
    assert 'id="run-ladder"' not in page
    assert "quotalab run" in page
