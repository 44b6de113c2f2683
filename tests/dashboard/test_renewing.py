"""What is unchanged is not sent again: charts and inputs stay, and only what differs in them goes to the browser."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from dash import html, no_update

from dashboard.drawing import OUTPUTS, draw
from dashboard.renewing import renewed
from dashboard.view import Choice, View
from tests.dashboard.inline import laboratory

NAMES = [f"{name}.{prop}" for name, prop in OUTPUTS]


def page(words, caption="told"):
    return html.Div([html.Ul(words, id={"type": "told", "name": "tiles"}), html.P(caption)])


def test_a_part_that_is_not_shown_is_sent_whole():
    whole, inside, _ = renewed(page("a"), None)
    assert whole is not no_update
    assert inside == []


def test_only_what_differs_inside_the_same_frame_is_sent():
    _, _, before = renewed(page("a"), None)
    whole, inside, after = renewed(page("b"), before)
    assert whole is no_update
    assert inside == [({"type": "told", "name": "tiles"}, {"children": "b"})]
    assert renewed(page("b"), after)[:2] == (no_update, [])


def test_another_frame_is_sent_whole():
    _, _, before = renewed(page("a"), None)
    whole, inside, _ = renewed(page("a", "another"), before)
    assert whole is not no_update
    assert inside == []


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    return laboratory(tmp_path_factory.mktemp("runs"))


def drawn(lab, view, before):
    return dict(zip(NAMES, draw(lab, "local", view, before, "", 60.0), strict=True))


def first_of(values):
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])[0]


def test_a_moved_lever_sends_figures_and_no_page(lab):
    """The same levers with other values: no page and no input is built anew, and the cap is in the flows."""
    one = View(scenario=Choice("textbook-banking", {"instruments.carbon.cap.values.2025": 88.0}))
    other = replace(one, scenario=Choice("textbook-banking", {"instruments.carbon.cap.values.2025": 87.0}))
    first = drawn(lab, one, {})
    assert first["changes.data"] is no_update
    then = drawn(lab, other, first["drawn.data"])
    assert [then[f"{name}.children"] for name in ("frame", "controls", "content")] == [no_update] * 3
    changes = {json.dumps(name): properties for name, properties in then["changes.data"]}
    keys = [json.loads(name).get("key") for name in changes]
    assert "flow-carbon" in keys
    flows = next(properties["figure"] for name, properties in changes.items() if "flow-carbon" in name)
    cap = next(one for one in flows["data"] if one.get("name") == "Cap · This scenario")
    assert first_of(cap["y"]) == pytest.approx(87.0)
    moved = [properties["value"] for name, properties in changes.items() if "values.2025" in name]
    assert moved == [87.0]
    assert not any("values.2026" in name for name in changes)
    again = drawn(lab, other, then["drawn.data"])
    assert again["changes.data"] is no_update


def test_a_page_is_whole_again_after_a_mistake(lab):
    """While a mistake stands in an input, nothing is said about the inputs; when it is undone they are drawn anew."""
    view = View(scenario=Choice("textbook-banking"))
    wrong = replace(view, scenario=Choice("textbook-banking", {"instruments.carbon.cap.values.2025": -1.0}))
    first = drawn(lab, view, {})
    second = drawn(lab, wrong, first["drawn.data"])
    assert second["controls.children"] is no_update
    third = drawn(lab, view, second["drawn.data"])
    assert third["controls.children"] is not no_update


def test_another_page_is_whole(lab):
    view = View(scenario=Choice("textbook-banking"))
    first = drawn(lab, view, {})
    assert drawn(lab, replace(view, page="markets"), first["drawn.data"])["content.children"] is not no_update
