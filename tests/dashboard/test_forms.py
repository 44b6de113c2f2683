"""Forms as components: every field has an input of its path with a label, its value, its bounds and its unit."""

from collections.abc import Iterator
from typing import Any

import dash_mantine_components as dmc
import pytest
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.forms import field_input, lever_id, section_form, step_of
from dashboard.words import Words
from scenarios import load
from scenarios.changes import applied, value_at
from scenarios.form_changes import MARKS, rebuilt
from scenarios.forms import FormField, form_of

SECTIONS = ("calendar", "money", "behaviours", "world", "population", "recording", "rounds", "title", "notes")


@pytest.fixture(scope="module")
def jiangxi() -> dict[str, Any]:
    return load("jiangxi-open").model_dump(mode="json", by_alias=True)


def within(part: Any) -> Iterator[Component]:
    if isinstance(part, list | tuple):
        for one in part:
            yield from within(one)
    elif isinstance(part, Component):
        yield part
        yield from within(getattr(part, "children", None))


def inputs(part: Component, kind: str = "lever") -> dict[str, Component]:
    found = [one for one in within(part) if isinstance(getattr(one, "id", None), dict) and one.id["type"] == kind]
    paths = [one.id["path"] for one in found]
    assert len(paths) == len(set(paths))
    return dict(zip(paths, found, strict=True))


def expected(field: FormField) -> dict[str, Any]:
    """Return the paths of a section's fields and their values: a table's and a two-language text's by key."""
    found: dict[str, Any] = {}
    for leaf in field.leaves():
        if leaf.kind in {"year_table", "table", "bilingual"}:
            found |= {f"{leaf.path}.{key}": level for key, level in (leaf.value or {}).items()}
        else:
            found[leaf.path] = "" if leaf.value is None and leaf.kind in {"number", "whole"} else leaf.value
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", [*SECTIONS, "instruments.carbon", "instruments.water"])
def test_a_section_has_an_input_for_every_field(path: str, language: str, jiangxi: dict[str, Any]) -> None:
    found = inputs(section_form(jiangxi, path, language))
    plain = {path: one.value for path, one in found.items() if path.rpartition(".")[2] not in MARKS}
    own_kinds = {path: one.value for path, one in found.items() if value_at(jiangxi, path) and path not in plain}
    wanted = expected(form_of(jiangxi, path, language))
    assert plain | {path: value for path, value in own_kinds.items() if path in wanted} == wanted


def test_the_form_takes_a_scenario_too() -> None:
    scenario = load("textbook-banking")
    assert inputs(section_form(scenario, "rounds", "en"))["rounds"].value == 0


@pytest.mark.parametrize("path", [*SECTIONS, "instruments.carbon"])
def test_every_input_has_a_name_that_a_screen_reader_tells(path: str, jiangxi: dict[str, Any]) -> None:
    form = section_form(jiangxi, path, "zh")
    legends = {
        id(inner): one.children[0].children
        for one in within(form)
        if isinstance(one, html.Fieldset)
        for inner in within(one.children)
    }
    for name, one in inputs(form).items():
        label = legends.get(id(one)) if isinstance(one, dcc.RadioItems) else one.label
        assert label, name
    for name, button in inputs(form, "remove").items():
        assert len(getattr(button, "aria-label")) > len("移除"), name


def test_a_drawn_form_says_what_is_there_already(jiangxi: dict[str, Any]) -> None:
    """Nothing changes when the inputs come back as they were drawn."""
    for path in ("instruments.carbon", "behaviours", "world", "money"):
        for name, one in inputs(section_form(jiangxi, path, "en")).items():
            if name.rpartition(".")[2] in MARKS:
                assert rebuilt(jiangxi, name, one.value) == {}, name


def test_a_number_has_bounds_unit_and_separators(jiangxi: dict[str, Any]) -> None:
    words = Words("en")
    made = inputs(field_input(form_of(jiangxi, "instruments.so2.penalty.rate", "en"), words))
    number = made["instruments.so2.penalty.rate"]
    assert (number.value, number.min, number.suffix, number.thousandSeparator) == (30000.0, 0.0, "\u00a0yuan/t", ",")
    assert (number.label, number.step, number.clampBehavior) == ("Penalty rate", 1000.0, "none")
    assert number.description
    year = inputs(field_input(form_of(jiangxi, "calendar.start_year", "en"), words))["calendar.start_year"]
    assert (year.value, year.suffix, year.thousandSeparator, year.allowDecimal) == (2025, "", "", False)


@pytest.mark.parametrize(("value", "upper", "step"), [(84000.0, None, 1000.0), (0.05, 1.0, 0.001), (0.0, 1.0, 0.1)])
def test_steps_fit_the_size_of_a_number(value: float, upper: float | None, step: float) -> None:
    assert step_of(FormField("x", "number", "x", value=value, upper=upper)) == step
    assert step_of(FormField("x", "whole", "x", value=12)) == 1


def test_a_truth_value_stays_one(jiangxi: dict[str, Any]) -> None:
    path = "instruments.carbon.penalty.make_good"
    made = inputs(field_input(form_of(jiangxi, path, "zh"), Words("zh")))[path]
    assert [option["value"] for option in made.options] == [True, False]
    assert made.value is True
    assert [option["label"] for option in made.options] == ["是", "否"]


def test_a_year_table_has_an_input_a_year_and_one_for_another(jiangxi: dict[str, Any]) -> None:
    path = "instruments.so2.cap.values"
    form = field_input(form_of(jiangxi, path, "zh"), Words("zh"))
    found = inputs(form)
    assert list(found) == [f"{path}.2025", f"{path}.2030", f"{path}.2035", f"{path}.add"]
    assert [found[f"{path}.{year}"].label for year in (2025, 2030)] == ["2025", "2030"]
    legend = next(one for one in within(form) if isinstance(one, html.Legend))
    assert legend.children == "各年总量 (吨/年)"
    assert set(inputs(form, "remove")) == {f"{path}.{year}" for year in (2025, 2030, 2035)}
    last = applied(jiangxi, {path: {"2025": 1.0}})
    assert not inputs(field_input(form_of(last, path), Words("en")), "remove")  # at least one year stays


def test_items_of_lists_can_be_removed_and_added(jiangxi: dict[str, Any]) -> None:
    path = "instruments.carbon.containment"
    two = applied(jiangxi, {path: [{"kind": "halt", "move": 0.1}, {"kind": "price_limit", "band": 0.1}]})
    form = section_form(two, "instruments.carbon", "en")
    assert {f"{path}.0", f"{path}.1"} <= set(inputs(form, "remove"))
    offered = {entry["value"] for entry in inputs(form)[f"{path}.add"].data}
    assert {"collar", "halt", "market_stability_reserve"} <= offered
    assert "price_limit" not in offered  # there can be one only
    assert "instruments.carbon.banking.limits" in inputs(form, "add")
    titles = [one.children[0] for one in within(form) if isinstance(one, dmc.AccordionControl)]
    assert "1. Trading halt" in titles
    assert "2. Daily price limit" in titles


def test_a_kind_is_chosen_among_those_that_can_start(jiangxi: dict[str, Any]) -> None:
    found = inputs(section_form(jiangxi, "instruments.carbon", "en"))
    kinds = {entry["value"] for entry in found["instruments.carbon.cap.kind"].data}
    assert kinds == {"linear", "table", "growth", "water_share"}
    assert found["instruments.carbon.outside.present"].value is True
    population = inputs(section_form(jiangxi, "population", "en"))
    assert [entry["value"] for entry in population["population.kind"].data] == ["synthetic"]  # tables need files


def test_what_is_unfolded_stays_so() -> None:
    form = section_form(load("textbook-banking"), "instruments.carbon", "en")
    folds = [one for one in within(form) if isinstance(one, dmc.Accordion)]
    assert folds
    assert all(one.persistence and one.id["type"] == "fold" for one in folds)
    assert folds[0].order == 3


def test_ids() -> None:
    assert lever_id("a.b") == {"type": "lever", "path": "a.b"}
    assert lever_id("a.b", "kind") == {"type": "lever", "path": "a.b.kind"}


def test_a_section_that_is_not_there_is_refused(jiangxi: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        section_form(jiangxi, "instruments.gold", "en")
