"""From a view to the page: what is drawn, what is not sent again, what is said when something is wrong."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import no_update
from dash.development.base_component import Component

from dashboard.drawing import OUTPUTS, draw
from dashboard.view import PAGES, Choice, View
from tests.dashboard.inline import laboratory

NAMES = [f"{name}.{prop}" for name, prop in OUTPUTS]
CHANGED = Choice("textbook-banking", {"instruments.carbon.cap.values.2030": 40})
VIEW = View(scenario=CHANGED)


def drawn(lab: Any, view: View, before: dict[str, Any] | None = None, wish: str = "") -> dict[str, Any]:
    return dict(zip(NAMES, draw(lab, "local", view, before or {}, wish, 0.0 if lab.pool.hold else 60.0), strict=True))


def parts(root: Any) -> Iterator[Component]:
    stack = [root]
    while stack:
        part = stack.pop()
        if isinstance(part, list | tuple):
            stack += part
        elif isinstance(part, Component):
            yield part
            stack.append(getattr(part, "children", None))


def text(root: Any) -> str:
    found = []
    for part in parts(root):
        children = getattr(part, "children", None)
        found += [one for one in (children if isinstance(children, list) else [children]) if isinstance(one, str)]
    return "\n".join(found)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return laboratory(tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_drawn(lab: Any, page: str, language: Any) -> None:
    shown = drawn(lab, replace(VIEW, page=page, language=language))
    assert text(shown["content.children"])
    assert shown["address.data"]["url"].startswith(f"/{language}/{page}?")
    assert text(shown["notes.children"]) == ""


@pytest.mark.parametrize("page", PAGES)
def test_no_list_stands_inside_a_list_of_children(lab: Any, page: str) -> None:
    """React cannot show components in a list in a list: the whole page would stay empty."""
    shown = drawn(lab, replace(VIEW, page=page))
    for name in ("frame.children", "controls.children", "content.children", "status.children", "notes.children"):
        for part in parts(shown[name]):
            children = getattr(part, "children", None)
            if isinstance(children, list | tuple):
                assert not any(isinstance(one, list | tuple) for one in children), (name, part)


def test_ids_are_there_once(lab: Any) -> None:
    for page in PAGES:
        shown = drawn(lab, replace(VIEW, page=page))
        ids = [
            str(part.id)
            for name in ("frame.children", "controls.children", "content.children", "status.children")
            for part in parts(shown[name])
            if getattr(part, "id", None) is not None
        ]
        assert len(ids) == len(set(ids)), (page, sorted(one for one in ids if ids.count(one) > 1))


def test_what_is_as_before_is_not_sent_again(lab: Any) -> None:
    first = drawn(lab, VIEW)
    again = drawn(lab, VIEW, first["drawn.data"])
    assert all(again[f"{name}.children"] is no_update for name in ("frame", "controls", "content"))
    moved = drawn(lab, replace(VIEW, scenario=Choice("textbook-banking")), first["drawn.data"])
    assert moved["content.children"] is not no_update


def test_a_scenario_that_cannot_be_run_leaves_the_last_one_and_says_why(lab: Any) -> None:
    first = drawn(lab, VIEW)
    wrong = VIEW.scenario.with_changes({"instruments.carbon.cap.values.2030": -1})
    shown = drawn(lab, replace(VIEW, scenario=wrong), first["drawn.data"])
    assert "instruments.carbon.cap.values.2030" in text(shown["notes.children"])
    assert "instruments.carbon.cap.values.2030" in shown["problems.data"]
    assert shown["controls.children"] is no_update  # what was typed stays where it was typed
    assert shown["drawn.data"]["valid"] == first["drawn.data"]["valid"]


def test_a_link_to_a_scenario_that_cannot_be_run_shows_levers_to_mend_it(lab: Any) -> None:
    shown = drawn(lab, replace(VIEW, scenario=Choice("textbook-banking", {"instruments.carbon.penalty.rate": -1})))
    assert any(getattr(part, "id", None) == {"type": "lever", "path": "instruments.carbon.penalty.rate"}
               for part in parts(shown["controls.children"]))  # fmt: skip
    assert "instruments.carbon.penalty.rate" in shown["problems.data"]


@pytest.mark.parametrize("base", ["nothing", "own-000000000000", "run-nowhere", "run-../../etc", "../x", ""])
def test_a_scenario_that_is_not_there_is_a_message(lab: Any, base: str) -> None:
    shown = drawn(lab, replace(VIEW, scenario=Choice(base)))
    assert text(shown["notes.children"])
    assert text(shown["content.children"])


def test_runs_under_way_are_told_and_can_be_cancelled_and_begun_again(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, hold=True)
    shown = drawn(lab, replace(VIEW, seeds=2))
    assert shown["address.data"]["underway"]
    assert "0 of 4 runs done" in text(shown["status.children"])
    stopped = drawn(lab, replace(VIEW, seeds=2), shown["drawn.data"], "cancel")
    assert not stopped["address.data"]["underway"]
    assert lab.pool.held == []
    assert "Cancelled" in text(stopped["status.children"])
    begun = drawn(lab, replace(VIEW, seeds=2), stopped["drawn.data"], "again")
    assert begun["address.data"]["underway"]
    lab.pool.go_on()
    done = drawn(lab, replace(VIEW, seeds=2), begun["drawn.data"])
    assert not done["address.data"]["underway"]
    assert text(done["status.children"]) == ""
    assert "95 % interval" in text(done["content.children"])


def test_a_baseline_that_was_cancelled_is_run_again_for_the_next_scenario(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, hold=True)
    shown = drawn(lab, VIEW)
    stopped = drawn(lab, VIEW, shown["drawn.data"], "cancel")
    asked = drawn(lab, VIEW, stopped["drawn.data"])
    assert not asked["address.data"]["underway"]  # the same view asks for nothing that was cancelled
    moved = drawn(lab, replace(VIEW, scenario=Choice(CHANGED.base, {"rounds": 1})), asked["drawn.data"])
    assert moved["address.data"]["underway"]
    lab.pool.go_on()
    assert {(run.overrides.get("rounds"), len(run.overrides)) for run in lab.pool.done} == {(1, 2), (None, 1)}


def test_two_windows_of_one_person_do_not_stop_each_others_runs(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, hold=True)
    other = replace(VIEW, scenario=Choice(CHANGED.base, {"rounds": 1}))
    one, two = drawn(lab, VIEW), drawn(lab, other)
    for _ in range(3):
        one = drawn(lab, VIEW, one["drawn.data"])
        two = drawn(lab, other, two["drawn.data"])
    assert len(lab.pool.held) == 3  # both scenarios and the baseline of both
    drawn(lab, replace(VIEW, scenario=Choice(CHANGED.base, {"rounds": 3})), one["drawn.data"])
    rounds = [ticket.run.overrides.get("rounds") for ticket in lab.pool.held]
    assert sorted(str(one) for one in rounds) == ["1", "3", "None"]  # what the first wanted before is stopped


def test_a_page_that_is_opened_anew_runs_what_was_cancelled(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, hold=True)
    drawn(lab, VIEW, drawn(lab, VIEW)["drawn.data"], "cancel")
    assert drawn(lab, VIEW)["address.data"]["underway"]


def test_what_was_there_stays_while_a_lever_is_followed(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, hold=True)
    drawn(lab, VIEW)
    lab.pool.go_on()
    first = drawn(lab, VIEW)
    moved = drawn(lab, replace(VIEW, scenario=Choice(CHANGED.base, {"rounds": 1})), first["drawn.data"])
    assert moved["content.children"] is no_update
    assert "stale" in moved["work.className"]


@pytest.mark.parametrize("code", ["died", "memory", "seconds", "no_worker", "error"])
def test_a_run_that_fails_says_so(tmp_path: Path, code: str) -> None:
    lab = laboratory(tmp_path, hold=True)
    before = drawn(lab, VIEW)["drawn.data"]
    lab.pool.fail(code)
    for language, word in (("en", "textbook-banking, seed 0"), ("zh", "textbook-banking，种子 0")):
        shown = drawn(lab, replace(VIEW, language=language), before)
        assert word in text(shown["status.children"])


def test_the_same_run_is_done_once(tmp_path: Path) -> None:
    lab = laboratory(tmp_path)
    for _ in range(20):
        drawn(lab, VIEW)
    assert len(lab.pool.done) == 2  # the scenario and its baseline


def test_sessions_are_kept_for_the_page_that_looks_at_them_and_serve_the_others_too(tmp_path: Path) -> None:
    lab = laboratory(tmp_path)
    drawn(lab, VIEW)
    assert all("recording.sessions" not in run.overrides for run in lab.pool.done)
    drawn(lab, replace(VIEW, page="markets"))
    assert sum("recording.sessions" in run.overrides for run in lab.pool.done) == 2
    assert "orders" in lab.find("local", VIEW).found.result.tables
    drawn(lab, replace(VIEW, page="firms"))
    assert len(lab.pool.done) == 4


def test_sessions_of_a_server_with_a_token_share_nothing(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, apart=True)
    one = lab.find("one", VIEW, 60.0).found
    assert one.result is not None
    assert lab.store.folder("one") != lab.store.folder("two")
    assert len(lab.pool.done) == 2
    lab.find("two", VIEW, 60.0)
    assert len(lab.pool.done) == 4  # not even that it was run before
