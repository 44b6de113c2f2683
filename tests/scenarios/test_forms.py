"""The form of a scenario: what it shows is what the schema declares, and every value in it can be written back."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from scenarios import load
from scenarios.changes import applied, settled, value_at
from scenarios.field_specs import fields_of, rules_reached, tag
from scenarios.forms import FormField, form_of
from scenarios.loading import library, read
from scenarios.starting_values import STARTS, anchor, first_cap, named_price, starting_value

NAMES = tuple(library())


def plain(name: str) -> dict[str, Any]:
    return load(name).model_dump(mode="json", by_alias=True)


@pytest.fixture(scope="module")
def jiangxi() -> dict[str, Any]:
    return plain("jiangxi")


def every(field: FormField) -> list[FormField]:
    return [field, *(inner for child in field.children for inner in every(child))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_value_of_a_scenario_is_in_its_form_once(name: str, language: str) -> None:
    value = plain(name)
    fields = every(form_of(value, "", language))
    paths = [field.path for field in fields]
    assert len(paths) == len(set(paths))
    for field in fields:
        assert field.label, field.path
        if field.kind not in {"group", "union", "list", "year_table"}:
            assert field.value == value_at(value, field.path), field.path
    shown = {field.path for field in fields}
    assert {key for key in value if key != "schema"} <= shown
    inner = [key for key, rule in value["instruments"].items() for key in [f"instruments.{key}.{one}" for one in rule]]
    assert set(inner) <= shown


@pytest.mark.parametrize("name", NAMES)
def test_leaves_written_back_give_the_same_scenario(name: str) -> None:
    value = plain(name)
    leaves = form_of(value).leaves()
    kept = {leaf.path: leaf.value for leaf in leaves if not (leaf.kind == "year_table" and not leaf.value)}
    assert load(name, settled(value, kept)) == load(name)


def test_a_section_alone_is_the_same_as_in_the_whole(jiangxi: dict[str, Any]) -> None:
    whole = form_of(jiangxi, "", "zh")
    for path in ("instruments.so2", "instruments.water.cap", "behaviours.1", "instruments.cod.venues.0.mechanism"):
        assert form_of(jiangxi, path, "zh") == whole.at(path)
    cap = form_of(jiangxi, "instruments.so2.cap.values", "zh")
    assert (cap.kind, cap.unit, cap.lower, cap.value) == (
        "year_table",
        "吨/年",
        0.0,
        {2025: 84e3, 2030: 82e3, 2035: 79e3},
    )


@pytest.mark.parametrize(
    "path", ["instruments.gold", "rules", "instruments.so2.cap.initial", "behaviours.7", "rounds.x"]
)
def test_a_path_that_leads_nowhere_is_refused(jiangxi: dict[str, Any], path: str) -> None:
    with pytest.raises(KeyError):
        form_of(jiangxi, path)


def test_bounds_units_and_kinds_of_single_fields(jiangxi: dict[str, Any]) -> None:
    lot = form_of(jiangxi, "instruments.carbon.lot", "en")
    assert (lot.kind, lot.lower, lot.lower_open, lot.upper, lot.unit) == ("number", 0.0, True, None, "tCO₂")
    months = form_of(jiangxi, "instruments.carbon.compliance.deadline_after", "en")
    assert (months.kind, months.lower, months.upper, months.unit) == ("whole", 0.0, 12.0, "months")
    persistence = form_of(jiangxi, "world.persistence", "en")
    assert (persistence.upper, persistence.upper_open, persistence.default) == (1.0, True, 0.8)
    assert form_of(jiangxi, "name").pattern == "^[a-z0-9][a-z0-9-]{0,63}$"
    assert form_of(jiangxi, "instruments.carbon.title").kind == "bilingual"
    assert form_of(jiangxi, "world.growth").kind == "table"
    assert form_of(jiangxi, "instruments.carbon.banking.limits").fewest == 0
    venues = form_of(jiangxi, "instruments.carbon.venues")
    assert (venues.fewest, venues.most) == (1, 8)
    view = form_of(jiangxi, "view", "zh")
    assert [(choice.value, choice.label) for choice in view.choices] == [("closed", "封闭"), ("open", "开放")]
    assert form_of(jiangxi, "money.credit_limit", "en").unit == "yuan"


def test_a_posted_price_is_a_number_or_a_table(jiangxi: dict[str, Any]) -> None:
    path = "instruments.so2.venues.0.mechanism"
    for price, kind in ((None, "number"), (3.5, "number"), ({"2025": 3.0}, "year_table")):
        posted = applied(jiangxi, {path: {"kind": "posted", "price": price}})
        field = form_of(posted, f"{path}.price")
        assert (field.kind, field.by_year, field.optional) == (kind, True, True)


@pytest.mark.parametrize("name", ["textbook-banking", "textbook-montgomery"])
def test_every_start_of_a_choice_is_valid(name: str) -> None:
    """Each kind that a form offers can be chosen: its starting value passes the schema and the checks across keys."""
    value = plain(name)
    key = next(iter(value["instruments"]))
    tried = 0
    for field in every(form_of(value, f"instruments.{key}")):
        for choice in field.choices:
            if choice.start is None:
                continue
            new = [choice.start] if field.kind == "list" else choice.start
            if field.kind == "list" and field.path.endswith("limits"):
                continue  # limits alone belong to another kind of carry-over
            draft = read(name, settled(value, {field.path: new}))
            wrong = [problem for problem in draft.problems if not auctions(problem.message)]
            assert not wrong, (field.path, choice.value, wrong)
            tried += 1
    assert tried > 45


def auctions(message: str) -> bool:
    """Say whether a refusal is about auctions, which these scenarios do not hold."""
    words = ("auction_share is 0", "only primary auctions", "no venue takes its orders", "has a price of its own")
    return any(word in message for word in words)


@pytest.mark.parametrize("rule", rules_reached(), ids=lambda rule: rule.__name__)
def test_the_start_of_every_class_passes_its_schema(rule: type, jiangxi: dict[str, Any]) -> None:
    for instrument in jiangxi["instruments"]:
        start = starting_value(rule, anchor(jiangxi, instrument))
        if start is None:
            assert rule.__name__ in {
                "Scenario",
                "Calendar",
                "Money",
                "Instrument",
                "TablePopulation",
                "SyntheticPopulation",
            }
            return
        TypeAdapter(rule).validate_python(start)
        assert start.get("kind", "") == tag(rule)


def test_starts_are_named_for_classes_that_are_there() -> None:
    assert set(STARTS) <= {rule.__name__ for rule in rules_reached()}


def test_anchors_are_what_the_scenario_states(jiangxi: dict[str, Any]) -> None:
    rules = jiangxi["instruments"]
    assert first_cap(rules["so2"]) == 84000
    assert first_cap(rules["water"]) == pytest.approx(min(150e6 * 0.161, 26.463e6))
    assert named_price(rules["so2"]) == 389  # its base price
    assert named_price(rules["carbon"]) == 100  # the lowest penalty
    assert named_price(plain("jiangxi-open")["instruments"]["carbon"]) == 62.36  # the price outside


def test_another_kind_keeps_what_both_declare(jiangxi: dict[str, Any]) -> None:
    allocation = form_of(jiangxi, "instruments.so2.allocation")
    start = next(choice.start for choice in allocation.choices if choice.value == "output_benchmark")
    assert start == {"kind": "output_benchmark", "paid_share": 0.02, "base_price": 389.0}
    assert (
        next(choice.start for choice in allocation.choices if choice.value == allocation.selected)
        == (jiangxi["instruments"]["so2"]["allocation"])
    )


def test_a_rule_that_can_be_there_once_is_offered_once(jiangxi: dict[str, Any]) -> None:
    path = "instruments.so2.containment"
    offered = form_of(jiangxi, path).choices
    collar = next(choice.start for choice in offered if choice.value == "collar")
    halt = next(choice.start for choice in offered if choice.value == "halt")
    after = form_of(applied(jiangxi, {path: [collar, halt]}), path).choices
    assert {choice.value for choice in offered} - {choice.value for choice in after} == {"collar"}


def test_a_new_venue_has_a_name_of_its_own(jiangxi: dict[str, Any]) -> None:
    path = "instruments.so2.venues"
    first = next(choice.start for choice in form_of(jiangxi, path).choices if choice.value == "listed")
    second = form_of(applied(jiangxi, {path: [first]}), path)
    assert next(choice.start for choice in second.choices if choice.value == "listed")["name"] == "listed-2"


def test_forms_of_broken_values_still_show_the_rest(jiangxi: dict[str, Any]) -> None:
    broken = applied(jiangxi, {"instruments.so2.cap": {"kind": "unheard"}, "instruments.so2.lot": "x", "world": None})
    field = form_of(broken, "instruments.so2")
    assert field.at("instruments.so2.cap").children == ()
    assert field.at("instruments.so2.lot").value == "x"
    assert len(field.at("instruments.so2.cap").choices) == 4


def test_no_optional_field_outside_lists_has_a_value_by_default() -> None:
    """In a document a null removes a key; this is the same as none only where none is the default."""
    in_lists = {"ListedAgreement", "BlockAgreement"}
    for rule in rules_reached():
        for spec in fields_of(rule).values():
            if spec.shape.optional and rule.__name__ not in in_lists:
                assert spec.default is None, spec.key
