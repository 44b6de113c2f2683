"""From inputs to the next view: only what a person changed, mistakes kept where they stand, documents taken whole."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.editing import edited, taken
from dashboard.view import Choice, View
from scenarios.forms import form_of
from scenarios.levers import levers
from scenarios.loading import load
from tests.dashboard.inline import laboratory

VIEW = View(scenario=Choice("textbook-banking"))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return laboratory(tmp_path_factory.mktemp("runs"))


def drawn(choice: Choice) -> dict[str, Any]:
    return {"valid": {"base": choice.base, "changes": dict(choice.changes)}}


def edit(
    lab: Any, view: View, *values: tuple[str, Any], triggered: Any = (), valid: Choice | None = None
) -> View | None:
    return edited(lab, "local", view, drawn(valid or view.scenario), values, triggered)


def as_drawn(base: str) -> list[tuple[str, Any]]:
    """Return the values of all levers as inputs show them: nothing stands for none."""
    return [
        (one.name, "" if one.value is None else one.value) for one in levers(load(base)) if one.kind != "year_table"
    ]


@pytest.mark.parametrize("base", ["textbook-banking", "jiangxi"])
def test_inputs_that_are_only_drawn_change_nothing(lab: Any, base: str) -> None:
    assert edit(lab, View(scenario=Choice(base)), *as_drawn(base)) is None


def test_a_number_changes_its_value_and_back_again_nothing_is_changed(lab: Any) -> None:
    path = "instruments.carbon.penalty.rate"
    changed = edit(lab, VIEW, (path, 500.0))
    assert changed is not None
    assert dict(changed.scenario.changes) == {path: 500.0}
    back = edit(lab, changed, (path, 1000))
    assert back is not None
    assert dict(back.scenario.changes) == {}


def test_half_the_cap_is_half_of_every_year(lab: Any) -> None:
    changed = edit(lab, VIEW, ("carbon.cap_scale", 50))
    assert changed is not None
    scenario = lab.draft("local", changed.scenario).scenario
    own = load("textbook-banking").instruments["carbon"].cap.values
    assert scenario.instruments["carbon"].cap.values == {year: level / 2 for year, level in own.items()}


def test_a_floor_is_added_and_taken_away(lab: Any) -> None:
    floored = edit(lab, VIEW, ("carbon.floor", 20))
    assert floored is not None
    rules = lab.draft("local", floored.scenario).scenario.instruments["carbon"].containment
    assert [(rule.kind, rule.floor.level(2025), rule.ceiling) for rule in rules] == [("collar", 20.0, None)]
    bare = edit(lab, floored, ("carbon.floor", ""))
    assert bare is not None
    assert dict(bare.scenario.changes) == {}


def test_another_mechanism(lab: Any) -> None:
    changed = edit(lab, VIEW, ("carbon.mechanism", "order_book"))
    assert changed is not None
    venues = lab.draft("local", changed.scenario).scenario.instruments["carbon"].venues
    assert [venue.mechanism.kind for venue in venues] == ["order_book"]


def test_a_mistake_in_one_input_outlasts_a_change_of_another(lab: Any) -> None:
    wrong = edit(lab, VIEW, ("instruments.carbon.penalty.rate", -1))
    assert wrong is not None
    assert lab.draft("local", wrong.scenario).scenario is None
    both = edit(lab, wrong, ("instruments.carbon.penalty.rate", -1), ("rounds", 2), valid=VIEW.scenario)
    assert both is not None
    assert dict(both.scenario.changes) == {"instruments.carbon.penalty.rate": -1, "rounds": 2}
    mended = edit(lab, both, ("instruments.carbon.penalty.rate", 900), ("rounds", 2), valid=VIEW.scenario)
    assert mended is not None
    assert lab.draft("local", mended.scenario).scenario is not None


def test_an_input_that_is_emptied_for_a_moment_changes_nothing(lab: Any) -> None:
    assert edit(lab, VIEW, ("instruments.carbon.penalty.rate", "")) is None


def test_a_dragged_point_is_a_level_of_its_year(lab: Any) -> None:
    event = {
        "prop_id": '{"path":"instruments.carbon.cap.values","type":"drag"}.relayoutData',
        "value": {"shapes[5].yanchor": 40.0},
    }
    changed = edit(lab, VIEW, triggered=[event])
    assert changed is not None
    assert dict(changed.scenario.changes) == {"instruments.carbon.cap.values.2030": 40.0}


def test_rules_are_added_and_removed(lab: Any) -> None:
    path = "instruments.carbon.containment"
    added = edit(lab, VIEW, (f"{path}.add", "price_limit"))
    assert added is not None
    scenario = lab.draft("local", added.scenario).scenario
    assert [rule.kind for rule in scenario.instruments["carbon"].containment] == ["price_limit"]
    event = {"prop_id": f'{{"path":"{path}.0","type":"remove"}}.n_clicks', "value": 1}
    removed = edit(lab, added, triggered=[event])
    assert removed is not None
    assert dict(removed.scenario.changes) == {}


@pytest.mark.parametrize("section", ["calendar", "money", "behaviours", "world", "instruments.carbon", "recording"])
def test_the_form_of_a_section_that_is_only_drawn_changes_nothing(lab: Any, section: str) -> None:
    plain = load("textbook-banking").model_dump(mode="json", by_alias=True)
    leaves = form_of(plain, section).leaves()
    values = [(leaf.path, leaf.value) for leaf in leaves if leaf.kind in {"number", "whole", "choice", "text"}]
    assert edit(lab, VIEW, *values) is None


# Documents ----------------------------------------------------------------------------------------------------------


def upload(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"


OVERLAY = "schema: 1\nextends: textbook-banking\nname: tighter\ninstruments: {carbon: {penalty: {rate: 800}}}\n"


@pytest.mark.parametrize("how", ["upload", "written"])
def test_a_document_over_the_library_becomes_changes(lab: Any, how: str) -> None:
    given = (upload(OVERLAY), None) if how == "upload" else (None, OVERLAY)
    view, _ = taken(lab, "local", replace(VIEW, right="so2"), *given)
    assert view is not None
    assert view.scenario.base == "textbook-banking"
    assert view.scenario.changes["instruments.carbon.penalty.rate"] == 800
    assert view.right is None


def test_a_document_of_its_own_is_kept_in_the_session(lab: Any) -> None:
    text = (
        Path("scenarios/library/textbook-banking.yaml")
        .read_text(encoding="utf-8")
        .replace("name: textbook-banking", "name: mine")
    )
    view, _ = taken(lab, "local", VIEW, upload(text), None)
    assert view is not None
    assert view.scenario.base.startswith("own-")
    assert lab.draft("local", view.scenario).scenario.name == "mine"
    assert lab.draft("another", view.scenario).scenario is not None or not lab.settings.apart


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (OVERLAY.replace("rate: 800", "rate: -5"), "rate"),
        (OVERLAY.replace("textbook-banking", "../../etc/passwd"), "extends"),
        ("a: [", "document"),
        ("", "document"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x" * (2 << 20), "bytes"),
    ],
)
def test_a_document_with_mistakes_changes_nothing_and_says_what_is_wrong(lab: Any, document: Any, said: str) -> None:
    view, note = taken(lab, "local", VIEW, upload(document), None)
    assert view is None
    assert said in note.children


def test_something_that_is_no_upload(lab: Any) -> None:
    view, note = taken(lab, "local", VIEW, "no comma here", None)
    assert view is None
    assert "whole" in note.children
