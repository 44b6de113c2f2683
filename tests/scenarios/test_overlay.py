"""Changes and documents say the same: there and back, for changes of every kind."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import load
from scenarios.changes import applied, settled, value_at
from scenarios.errors import InputError
from scenarios.loading import library, read
from scenarios.overlay import changes_of, overlay_text

BASES = ("textbook-banking", "textbook-montgomery")
NUMBERS = st.floats(0.0, 1e9, allow_nan=False) | st.integers(0, 10**9)
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)
SCALARS = st.none() | st.booleans() | NUMBERS | PLAIN
TABLES = st.dictionaries(st.integers(2020, 2040).map(str), NUMBERS, min_size=1, max_size=4)
CAPS = st.one_of(
    st.builds(lambda values: {"kind": "table", "values": values}, TABLES),
    st.builds(lambda level: {"kind": "linear", "initial": level}, NUMBERS),
    st.builds(lambda level: {"kind": "growth", "initial": level, "absolute_from": None}, NUMBERS),
)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3), max_leaves=6
)


@st.composite
def valid_changes(draw: st.DrawFn) -> dict[str, Any]:
    """Changes of one right of Jiangxi that give a scenario: leaves, whole tables, other kinds, lists, nothing."""
    key = draw(st.sampled_from(["so2", "cod", "energy", "water"]))
    where = f"instruments.{key}"
    choices: dict[str, st.SearchStrategy[Any]] = {
        f"{where}.cap": CAPS,
        f"{where}.allocation.auction_share": st.floats(0.0, 1.0),
        f"{where}.banking": st.sampled_from(
            [{"kind": "full"}, {"kind": "limited", "limits": [{"through": 2030, "base": 1.5}]}]
        ),
        f"{where}.title": st.fixed_dictionaries({"en": PLAIN.filter(bool), "zh": PLAIN.filter(bool)}),
        f"{where}.outside": st.none(),
        f"{where}.venues": st.sampled_from(["order_book", "listed+block", [{"name": "hall", "mechanism": "call"}]]),
        f"{where}.venues.0.cost": st.sampled_from([None, {"buyer": {"fixed": 3.5}}]),
        f"{where}.venues.0.name": PLAIN.filter(bool),
        f"{where}.containment": st.sampled_from([[], [{"kind": "price_limit", "band": 0.1}]]),
        "world.water": TABLES.map(lambda table: dict.fromkeys(table, 0.5)),
        "world": st.sampled_from([{}, {"activity_sd": 0.02}]),
        "rounds": st.integers(0, 5),
        "behaviours.1.horizon_years": st.integers(1, 20),
        "money.social_discount_rate": st.floats(0.0, 0.2),
        "notes": st.sampled_from([[], [{"key": "own", "text": {"en": "no", "zh": "1e3"}}]]),
        "name": st.sampled_from(["own", "a-1", "1e3", "null"]),
    }
    names = draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=6))
    texts = {f"{where}.venues", f"{where}.venues.0.cost"} <= set(names) or f"{where}.venues.0.name" in names
    if texts and f"{where}.venues" in names:
        names.remove(f"{where}.venues")  # items of a list in short cannot be named
    return {name: draw(choices[name]) for name in names}


@settings(max_examples=40, deadline=None)
@given(changes=valid_changes())
def test_a_document_and_its_changes_are_the_same_scenario(changes: dict[str, Any], tmp_path_factory) -> None:
    whole = load("jiangxi").model_dump(mode="json", by_alias=True)
    text = overlay_text("jiangxi", changes)
    base, found = changes_of(text)
    assert base == "jiangxi"
    expected = read("jiangxi", settled(whole, {**changes, "name": found["name"]}))
    again = read("jiangxi", found)
    folder = tmp_path_factory.mktemp("own")
    file = folder / "own.yaml"
    file.write_text(text, encoding="utf-8")
    document = read(file)
    assert again.scenario == expected.scenario
    assert document.scenario == expected.scenario
    assert len(document.problems) == len(expected.problems)
    assert changes_of(overlay_text(base, found)) == (base, found)


@settings(max_examples=80, deadline=None)
@given(key=PLAIN.filter(lambda key: key and "." not in key), value=ANY, base=st.sampled_from(BASES))
def test_any_plain_value_survives_a_document(key: str, value: Any, base: str) -> None:
    changes = {"notes": [{"key": key, "extra": value}], "name": "own"}
    assert changes_of(overlay_text(base, changes)) == (base, changes)


@pytest.mark.parametrize("base", list(library()))
def test_no_changes_give_the_base_under_another_name(base: str, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(overlay_text(base, {}), encoding="utf-8")
    before, after = load(base), load(file)
    assert after.name == f"{base}-changed"
    assert after.model_copy(update={"name": before.name}).model_dump() == before.model_dump()


def test_the_document_says_only_what_differs() -> None:
    changes = {"instruments.so2.cap.values.2030": 41000, "rounds": 1, "instruments.nox.cap.values": {"2030": 5}}
    text = overlay_text("jiangxi", changes)
    assert text.splitlines()[:3] == ["schema: 1", "extends: jiangxi", "name: jiangxi-changed"]
    assert "values: {2030: 41000}" in text
    assert "values: {2030: 5, 2025: null, 2035: null}" in text  # the other points are taken away
    assert "rounds" not in text  # as in the base


def test_null_removes_and_whole_mappings_tell_it() -> None:
    text = "schema: 1\nextends: jiangxi\nname: own\ninstruments: {so2: {cap: {values: {2030: null}}}}\nworld: null\n"
    base, found = changes_of(text)
    assert found["instruments.so2.cap.values"] == {"2025": 84000, "2035": 79000}
    scenario = load(base, found)
    assert scenario.instruments["so2"].cap.values == {2025: 84000, 2035: 79000}
    assert scenario.world.activity_sd == 0.0  # the default


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("schema: 1\nname: own\n", "extends"),
        ("schema: 1\nextends: moon\nname: own\n", "extends"),
        ("schema: 1\nextends: jiangxi-open\nname: own\n", "extends"),
        ("schema: 1\nextends: ../secret.yaml\nname: own\n", "extends"),
        ("schema: 1\nextends: [jiangxi\n", "file"),
        ("- 1\n", "file"),
    ],
)
def test_what_cannot_be_told_as_changes_is_a_problem_with_a_remedy(text: str, key: str) -> None:
    with pytest.raises(InputError) as refused:
        changes_of(text)
    problem = refused.value.problems[-1]
    assert problem.key == key
    assert problem.remedy


def test_an_unknown_base_is_refused() -> None:
    with pytest.raises(InputError):
        overlay_text("moon", {})


def test_settled_paths_do_not_run_through_lists() -> None:
    whole = load("textbook-montgomery").model_dump(mode="json", by_alias=True)
    path = "instruments.carbon.venues.0.mechanism"
    found = settled(whole, {path: {"kind": "order_book"}, f"{path}.rounds": 5, "rounds": 2})
    assert set(found) == {"instruments.carbon.venues", "rounds"}
    mechanism = load("textbook-montgomery", found).instruments["carbon"].venues[0].mechanism
    assert (mechanism.kind, mechanism.rounds) == ("order_book", 5)
    assert value_at(applied(whole, found), f"{path}.rounds") == 5
    with pytest.raises(KeyError):
        applied(whole, {"rounds.x": 1})
    with pytest.raises(KeyError):
        applied(whole, {"behaviours.9.kind": 1})
