"""The path of a cap: what is drawn is the cap in rights, and what is dragged is a level of the same year."""

import pytest

from scenarios import load
from scenarios.display import Display
from scenarios.figures.cap_path import DRAG_CONFIG, RADIUS, cap_path, dragged

CAP = {2025: 84000.0, 2030: 82000.0, 2035: 79000.0}
BASELINE = {year: 90000.0 + 100 * (year - 2025) for year in range(2025, 2036)}


@pytest.mark.parametrize(("language", "title"), [("en", "cap (t/year)"), ("zh", "总量目标 (吨/年)")])
def test_points_stand_at_their_years_and_levels(language: str, title: str) -> None:
    figure = cap_path(CAP, BASELINE, Display.of(load("jiangxi"), language), "so2", {2025: 84000.0})
    shapes = figure.layout.shapes
    assert [(shape.xanchor, shape.yanchor) for shape in shapes] == list(CAP.items())
    assert all((shape.xsizemode, shape.y1 - shape.y0) == ("pixel", 2 * RADIUS) for shape in shapes)
    assert figure.layout.yaxis.title.text.lower() == title
    baseline, own, cap = figure.data
    assert list(baseline.y) == list(BASELINE.values())
    assert (list(cap.x), list(cap.y)) == ([2025, 2025, 2030, 2035, 2035], [84000, 84000, 82000, 79000, 79000])
    assert list(own.y) == [84000, 84000, 84000]  # held to the last year
    assert own.name != cap.name
    top = figure.layout.yaxis.range[1]
    assert figure.layout.yaxis.range[0] == 0
    assert top == pytest.approx(1.2 * 91000)
    assert max(figure.layout.yaxis.tickvals) <= top
    assert DRAG_CONFIG["edits"] == {"shapePosition": True}


def test_keys_may_be_text_and_in_any_order() -> None:
    display = Display.of(load("jiangxi"), "en")
    figure = cap_path({"2030": 82000, "2025": 84000}, {}, display, "so2")
    assert [shape.xanchor for shape in figure.layout.shapes] == [2025, 2030]
    assert len(figure.data) == 1


def test_a_cap_of_nothing_is_drawn() -> None:
    figure = cap_path({2025: 0.0}, {}, Display.of(load("jiangxi"), "en"), "water")
    assert figure.layout.yaxis.range[1] > 0
    assert dragged({"shapes[0].yanchor": 5.0}, {2025: 0.0}) == {2025: 5.0}


def test_a_drag_gives_the_level_of_its_year() -> None:
    moved = {"shapes[1].xanchor": 2031.4, "shapes[1].yanchor": 41003.7}
    assert dragged(moved, CAP) == {2030: 41000.0}  # to ten tonnes; the year stays
    assert dragged(moved, {str(year): level for year, level in reversed(CAP.items())}) == {2030: 41000.0}
    assert dragged({"shapes[0].yanchor": 70000, "shapes[2].yanchor": 60000.0}, CAP) == {2025: 70000.0, 2035: 60000.0}


def test_a_cap_cannot_be_dragged_below_nothing() -> None:
    assert dragged({"shapes[2].yanchor": -500.0}, CAP) == {2035: 0.0}


@pytest.mark.parametrize(
    "told",
    [
        None, {}, {"autosize": True}, {"xaxis.range[0]": 2025}, {"shapes[7].yanchor": 1.0}, {"shapes[1].yanchor": None},
        {"shapes[1].yanchor": "x"}, {"shapes[1].xanchor": 2033.0}, {"shapes[1].yanchor": 82001.0}, {"shapes[1].y0": -9},
    ],
)  # fmt: skip
def test_what_is_no_drag_of_a_level_changes_nothing(told: dict | None) -> None:
    assert dragged(told, CAP) == {}
