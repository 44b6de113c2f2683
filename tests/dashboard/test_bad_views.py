"""Views, inputs and documents as no page sends them: every one gets an answer, and none of them an error."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import callbacks, drawing
from dashboard.app import troubles
from dashboard.drawing import draw
from dashboard.laboratory import Laboratory
from dashboard.view import START, Choice, View
from tests.dashboard.attacker import Attacker
from tests.dashboard.inline import laboratory

DEEP: list[Any] = []
for _ in range(500):
    DEEP = [DEEP]
GARBAGE = {
    "none": None, "list": [1, "a"], "text": "x", "number": -5, "digits": 10**400, "nan": float("nan"),
    "infinity": float("inf"), "dict": {"a": 1}, "deep": DEEP, "half a character": "\ud800", "zero": "\0",
    "long": "x" * 50_000, "up": "../../etc/passwd", "run": "run-../../etc", "own": "own-000000000000",
    "braces": "%s{0}{x}",
}  # fmt: skip
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PATHS = [
    "__class__", "instruments..x", "behaviours.99.kind", "schema", "extends", "", ".", "name", "title.en",
    "instruments.carbon.venues.-1.kind", "population.folder", "calendar", "instruments", "a;b=c%", "\ud800",
]  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return laboratory(tmp_path_factory.mktemp("runs"), hold=True, requests_per_second=1e9, burst=10**9)


@pytest.fixture
def attacker(lab: Laboratory, monkeypatch: pytest.MonkeyPatch) -> Attacker:
    monkeypatch.setattr(callbacks, "WAIT", 0.0)
    return Attacker(lab)


@pytest.mark.parametrize("value", GARBAGE.values(), ids=GARBAGE)
def test_any_value_in_place_of_any_part_of_a_view_is_answered(attacker: Attacker, value: Any) -> None:
    base = View().data
    views = [value, *({**base, key: value} for key in base)]
    views += [{**base, "scenario": {"base": START, "changes": {}, key: value}} for key in ("base", "changes")]
    views += [{**base, "others": [value, value]}]
    assert [attacker.show(view).status_code for view in views] == [200] * len(views)


@pytest.mark.parametrize("value", GARBAGE.values(), ids=GARBAGE)
def test_any_value_in_place_of_what_is_shown_is_answered(attacker: Attacker, value: Any) -> None:
    view = {**View().data, "scenario": {"base": START, "changes": {"calendar.years": "x"}}}
    keys = ("valid", "options", "content", "page", "frame")
    valid = [{"valid": {"base": START, "changes": {}, key: value}} for key in ("base", "changes")]
    shown = [value, *({key: value} for key in keys), *valid]
    assert [attacker.show(view, drawn=one).status_code for one in shown] == [200] * len(shown)


@pytest.mark.parametrize("value", GARBAGE.values(), ids=GARBAGE)
def test_any_value_of_any_input_is_answered(attacker: Attacker, value: Any) -> None:
    data, cap = View().data, "instruments.carbon.cap"
    paths = ("cap_scale", "floor", "mechanism", "carry_over", "cap", "cap.kind", "venues.add", "nothing")
    answers = [attacker.lever([(f"instruments.carbon.{path}", value)], data) for path in paths]
    answers += [attacker.lever([("calendar.years", value)], data), attacker.lever([("calendar.years", 3)], value)]
    answers += [attacker.lever([("calendar.years", 3)], data, value)]
    answers += [attacker.lever([(value, 1)], data)] if not isinstance(value, list | dict) else []
    answers += [attacker.lever([], data, None, "drag", [(f"{cap}.values", value)])]
    answers += [attacker.lever([], data, None, "drag", [(f"{cap}.values", {"shapes[0].yanchor": value})])]
    answers += [attacker.bring(upload=value), attacker.bring(text=value), attacker.bring(text="a: 1", data=value)]
    answers += [attacker.save("document", value)]
    assert {answer.status_code for answer in answers} <= {200, 204}


@pytest.mark.parametrize("path", PATHS)
def test_any_path_is_a_problem_and_no_more(attacker: Attacker, path: str) -> None:
    for value in (1, "../../x", None, {}, {"kind": "x"}):
        data = {**View().data, "scenario": {"base": START, "changes": {path: value}}}
        assert attacker.show(data).status_code == 200
        assert attacker.save("document", data).status_code in {200, 204}


@given(PLAIN)
@settings(max_examples=60)
def test_a_view_of_anything_can_be_written_and_read_again(data: Any) -> None:
    for one in (data, dict.fromkeys(View().data, data), {"scenario": {"base": START, "changes": {"x": data}}}):
        view = View.of_data(one)
        path, _, query = view.url.partition("?")
        again = View.of_url(path, query)
        assert not again.unread
        assert again.scenario.text == view.scenario.text


@given(st.dictionaries(st.text(min_size=1, max_size=6), st.integers(), max_size=3))
def test_every_path_survives_a_link(changes: dict[str, int]) -> None:
    assert Choice.of_text(Choice(START, changes).text).changes == changes


def test_a_part_that_cannot_be_drawn_says_so_and_leaves_the_rest(
    lab: Laboratory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("dashboard.pages.about.content", fails)
    head, _, content, *_ = draw(lab, "local", View(page="about"), {}, wait=0.0)
    assert "could not be drawn" in content.children
    assert "secret" not in content.children
    assert "ZeroDivisionError" in caplog.text
    assert head is not None


def test_failing_requests_have_words_in_both_languages() -> None:
    said = {(note.lang, getattr(note, "data-trouble")) for note in troubles()}
    kinds = {"gone", "entry", "busy", "large", "failed"}
    assert said == {(language, kind) for language in ("en", "zh-CN") for kind in kinds}
    assert all(note.hidden for note in troubles())


def test_the_start_is_shown_where_the_choice_is_forged(lab: Laboratory) -> None:
    forged = {"valid": {"base": "own-000000000000", "changes": {"population.folder": "/etc"}}}
    view = View(scenario=Choice("own-000000000000", {"x": 1}))
    names = [f"{name}.{prop}" for name, prop in drawing.OUTPUTS]
    shown = dict(zip(names, draw(lab, "local", view, forged, wait=0.0), strict=True))
    assert shown["drawn.data"]["valid"] == {"base": START, "changes": {}}


def test_more_than_a_link_holds_is_left_out_and_named() -> None:
    for changes in ({"title.en": "x" * 70_000}, {f"a.{number}": 1 for number in range(500)}):
        view = View.of_data({"scenario": {"base": "textbook-banking", "changes": changes}})
        assert view.scenario == Choice(START)
        assert view.unread == ("scenario",)


def test_a_document_of_many_changes_is_kept_whole(lab: Laboratory, attacker: Attacker) -> None:
    caps = "".join(f"          {year}: {year}.123456789\n" for year in range(1900, 2201))
    text = "schema: 1\nextends: textbook-banking\nname: many\ninstruments:\n  carbon:\n    cap:\n      values:\n" + caps
    answer = attacker.bring(text=text)
    scenario = answer.json["response"]["view"]["data"]["scenario"]
    assert scenario["base"].startswith("own-")
    assert lab.draft("local", Choice(scenario["base"])).scenario is not None
