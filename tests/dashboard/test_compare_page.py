"""The page Compare: the numbers of `compare`, sentences that say how sure they are, what to do where it is empty."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from dash.development.base_component import Component

from dashboard.compared import compared, label_of
from dashboard.findings import WASTE, by_seed, findings, rankings
from dashboard.found import Arm, Found
from dashboard.pages import compare as page
from dashboard.view import MOST_OTHERS, Choice, View
from dashboard.words import Words, texts
from scenarios import compare, load, run

NAME = "textbook-montgomery"
CAP = "instruments.carbon.cap.initial"
SHOCKS = {"world.activity_sd": 0.1}
SEEDS = 3
CHOICES = [Choice(NAME, {**SHOCKS, CAP: cap}) for cap in (260, 240, 200)]


def arm(choice: Choice, seeds: int = SEEDS, label: str = "") -> Arm:
    scenario = load(choice.base, choice.changes)
    return Arm(choice, scenario, label or label_of(choice), tuple(run(scenario, seed) for seed in range(seeds)))


@pytest.fixture(scope="module")
def three() -> tuple[View, Found]:
    """The scenario has a looser cap than the baseline; one more is compared."""
    view = View("en", "compare", CHOICES[0], CHOICES[1], (CHOICES[2],), seeds=SEEDS)
    return view, Found(tuple(arm(choice, label=str(choice.changes[CAP])) for choice in CHOICES))


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


def marks(root: Any, mark: str) -> list[str]:
    return [value for one in parts(root) if (value := getattr(one, mark, None)) is not None]


def charts(root: Any) -> list[str]:
    return [one.id["key"] for one in parts(root) if one._type == "Graph"]


def test_numbers_are_those_of_compare(three: tuple[View, Found]) -> None:
    found = compared(*three)
    assert found is not None
    ran = compare(NAME, {CAP: [240, 260, 200]}, SEEDS, SHOCKS, workers=1)
    own = found.comparison.differences.set_index(["arm", "kpi"])
    theirs = ran.differences.set_index(["arm", "kpi"])
    assert found.comparison.labels == ["240", "260", "200"]
    for label in ("260", "200"):
        expected = theirs.loc[f"initial={label}"]
        for column in ("difference", "low", "high", "n", "relative"):
            assert own.loc[label][column].to_dict() == pytest.approx(expected[column].to_dict(), nan_ok=True)


def test_content_has_every_chart_and_a_row_for_every_arm(three: tuple[View, Found]) -> None:
    for language in ("en", "zh"):
        view = replace(three[0], language=language)
        shown = page.content(view, Words(language), three[1])
        assert charts(shown) == [
            "compare-price-carbon", "compare-effects", "compare-ladder", "compare-sector", "compare-city",
        ]  # fmt: skip
        text = words_in(shown)
        assert all(label in text for label in ("240", "260", "200"))
        assert Words(language).text("compare.roles.baseline") in text
        assert Words(language).text("compare.findings.caveat") in text


def test_findings_name_direction_and_interval(three: tuple[View, Found]) -> None:
    found = compared(*three)
    assert found is not None
    told = {(one.arm, one.title): one for one in findings(found, Words("en"), "carbon")}
    loose, tight = told["260", "Actual cost"], told["200", "Actual cost"]
    assert (loose.verdict, tight.verdict) == ("lower", "higher")
    assert "95 % interval" in loose.text
    waste = by_seed(found.comparison, WASTE)["240"]
    costs = [three[1].arms[1].results[seed].kpis for seed in range(SEEDS)]
    assert waste.tolist() == pytest.approx([one["actual_cost"] - one["least_cost"] for one in costs], nan_ok=True)
    assert any(text.startswith("260 is cheapest in all") for text in rankings(found, Words("en")))


def test_one_seed_has_no_interval_and_says_so(three: tuple[View, Found]) -> None:
    single = Found(tuple(replace(one, results=one.results[:1]) for one in three[1].arms[:2]))
    view = replace(three[0], others=(), seeds=1)
    found = compared(view, single)
    assert found is not None
    assert {one.verdict for one in findings(found, Words("en"), "carbon")} <= {"single", "none"}
    text = words_in(page.content(view, Words("en"), single))
    assert Words("en").text("compare.findings.one_seed") in text
    assert "95 % interval of" not in text


def test_runs_under_way_are_named(three: tuple[View, Found]) -> None:
    first, second, third = three[1].arms
    late = Found((first, second, replace(third, results=())), underway=True)
    text = words_in(page.content(three[0], Words("en"), late))
    assert "Still under way: 200" in text
    none = Found(tuple(replace(one, results=()) for one in three[1].arms), underway=True)
    text = words_in(page.content(three[0], Words("en"), none))
    assert "Still to come: 240; 260; 200" in text
    failed = replace(none, underway=False)
    assert "no result of" in words_in(page.content(three[0], Words("en"), failed))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_one_scenario_alone_says_what_to_do(three: tuple[View, Found], language: str) -> None:
    alone = Found((three[1].arms[1],))
    view = View(language, "compare", Choice(NAME))
    shown = page.content(view, Words(language), alone)
    assert Words(language).text("compare.empty.told") in words_in(shown)
    assert marks(shown, "data-page") == ["scenario"]


def test_other_money_is_left_out_and_said(three: tuple[View, Found]) -> None:
    jiangxi = Choice("jiangxi")
    other = Arm(jiangxi, load("jiangxi"), "jiangxi")
    found = Found((*three[1].arms[:2], other), underway=True)
    text = words_in(page.content(three[0], Words("en"), found))
    assert "jiangxi counts in yuan, the baseline in unit of account" in text
    assert "What was found" in text


def test_controls_carry_the_marks_of_the_script(three: tuple[View, Found]) -> None:
    view, found = three
    shown = page.controls(view, Words("en"), found.arm.scenario)
    assert marks(shown, "data-arm") == ["add", "drop-0"]
    options = [one.id["name"] for one in parts(shown) if one._type == "Select"]
    assert options == ["also"]
    several = page.controls(View("zh", "compare"), Words("zh"), load("jiangxi"))
    assert marks(several, "data-arm") == ["add"]
    assert [one.id["name"] for one in parts(several) if one._type == "Select"] == ["also"]
    full = replace(view, others=tuple(Choice(NAME, {CAP: 100 + i}) for i in range(MOST_OTHERS)))
    shown = page.controls(full, Words("en"), found.arm.scenario)
    buttons = {getattr(one, "data-arm", ""): one for one in parts(shown) if one._type == "Button"}
    assert buttons["add"].disabled
    assert "also" not in [one.id["name"] for one in parts(shown) if one._type == "Select"]


@pytest.mark.parametrize("name", ["compare", "sweeps", "dossier"])
def test_texts_have_the_same_keys(name: str) -> None:
    def keys(tree: Any, path: str = "") -> set[str]:
        if isinstance(tree, dict):
            return {found for key, value in tree.items() for found in keys(value, f"{path}.{key}")}
        return {f"{path}:{len(tree) if isinstance(tree, list) else ''}"}

    assert keys(texts(name, "en")) == keys(texts(name, "zh"))
