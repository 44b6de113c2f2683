"""What is wrong is told in the language of the page, wherever it is shown, and English stays English."""

import re
from dataclasses import replace
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.drawing import OUTPUTS, draw
from dashboard.editing import taken
from dashboard.found import Found
from dashboard.pages import runs, sweeps
from dashboard.pages.scenario import _honest
from dashboard.status import Underway, failure_told
from dashboard.store import Entry
from dashboard.view import Choice, View
from dashboard.words import Words
from scenarios.errors import Problem
from tests.dashboard.inline import laboratory

WRONG = View(scenario=Choice("textbook-banking", {"instruments.carbon.penalty.rate": -1, "rounds": "many"}))
PROBLEM = Problem("run-1/manifest.json", 0, "result", "it is damaged or cut off", "Run the scenario again.")
TOLD = {
    "en": "run-1/manifest.json: result: it is damaged or cut off. Run the scenario again.",
    "zh": "run-1/manifest.json：结果：已损坏或不完整。重新运行该情景。",
}
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return laboratory(tmp_path_factory.mktemp("runs"))


def text(root: Any) -> str:
    if isinstance(root, Component):
        return text(getattr(root, "children", None))
    return "\n".join(map(text, root)) if isinstance(root, list | tuple) else str(root or "")


@LANGUAGES
def test_a_scenario_that_cannot_be_run(lab: Any, language: Any) -> None:
    view = replace(WRONG, page="settings", language=language)
    names = [f"{name}.{prop}" for name, prop in OUTPUTS]
    shown = dict(zip(names, draw(lab, "local", view, {}), strict=True))
    notes, fields = text(shown["notes.children"]), shown["problems.data"]
    rounds, rate = fields["rounds"], fields["instruments.carbon.penalty.rate"]
    assert rounds in notes
    assert rate in notes
    if language == "en":
        assert rounds.startswith("the value must be a whole number, not the text 'many'. Write digits only")
        assert rate.startswith("-1 is not greater than 0. Give a value greater than 0 for `rate`, penalty")
    else:
        assert rounds.startswith("该值必须是整数，而不是文字 'many'。只写数字")
        assert re.fullmatch(r"-1 不大于 0。为 `rate`（[^a-z]+）给出大于 0 的值。", rate)


@LANGUAGES
def test_a_document_with_a_mistake(lab: Any, language: Any) -> None:
    _, note = taken(lab, "local", View(language=language), None, "schema: 1\nextends: nothing\nname: mine\n")
    said = {"en": "there is no scenario 'nothing' in the library. ", "zh": "情景库中没有情景 'nothing'。"}
    assert said[language] in text(note)


@LANGUAGES
def test_a_run_that_failed(language: Any) -> None:
    run = Underway("k", "mine", 0, "failed", code="not_kept", problems=(PROBLEM,))
    assert failure_told(Words(language), run).splitlines()[1:] == [TOLD[language]]


@LANGUAGES
def test_a_damaged_folder(lab: Any, language: Any) -> None:
    view = View(page="runs", language=language)
    found = replace(
        lab.find("local", view, 0.0, run=False).found, folders=(Entry("run-1", "damaged", problem=PROBLEM),)
    )
    for page in (runs, sweeps):
        assert TOLD[language] in str(page.content(view, Words(language), found).to_plotly_json())


@LANGUAGES
def test_warnings_of_a_run(lab: Any, language: Any) -> None:
    view = View(language=language, scenario=Choice("textbook-banking"))
    sight = lab.find("local", view, 60.0, run=True)
    result = replace(sight.found.arm.results[0], warnings=["reference: optimality conditions hold to 2.0e-03 only"])
    found: Found = replace(sight.found, arms=(replace(sight.found.arm, results=(result,)), *sight.found.arms[1:]))
    said = {
        "en": "The conditions for a least cost hold to 2.0e-03 only.",
        "zh": "最低成本方案的最优性条件仅满足到 2.0e-03。",
    }
    assert said[language] in text(_honest(view, Words(language), found))
