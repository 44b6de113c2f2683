"""Every field, class, choice and unit of the scenario schema has words in both languages, and nothing else has."""

import re
from collections.abc import Iterator

import pytest

from market.matching import MECHANISMS
from market.rules import Rule
from scenarios.display import texts
from scenarios.field_specs import FieldSpec, fields_of, rules_reached, tag
from scenarios.field_words import field_texts, help_of, label_of, rule_help, rule_label, unit_of
from scenarios.schema import Scenario

LANGUAGES = ("en", "zh")


def specs() -> Iterator[FieldSpec]:
    for rule in rules_reached():
        yield from fields_of(rule).values()


def test_the_walk_reaches_what_the_json_schema_defines() -> None:
    defined = set(Scenario.model_json_schema()["$defs"]) | {"Scenario"}
    assert {rule.__name__ for rule in rules_reached()} == defined
    assert len(defined) >= 60


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_and_words_are_the_same_set(language: str) -> None:
    found = field_texts(language)
    declared: dict[str, set[str]] = {}
    for rule in rules_reached():
        properties = rule.model_json_schema()["properties"]
        names = {key for key, what in properties.items() if "const" not in what or key not in {"kind", "schema"}}
        declared[rule.__name__] = names
    worded = {owner: set(fields) for owner, fields in found["fields"].items()}
    assert worded == {owner: names for owner, names in declared.items() if names}
    assert set(found["classes"]) == set(declared)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_and_help_are_short_texts(language: str) -> None:
    for spec in specs():
        label, told = label_of(spec, language), help_of(spec, language)
        assert 0 < len(label) <= 40, spec.key
        assert len(told) >= 3, spec.key
        assert bool(re.search(r"[\u4e00-\u9fff]", label)) == (language == "zh"), spec.key
    for rule in rules_reached():
        assert rule_label(rule, language), rule
        assert rule_help(rule, language), rule


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_has_a_label(language: str) -> None:
    declared = {spec.key: set(spec.shape.options) for spec in specs() if spec.shape.kind == "choice"}
    assert {key: set(words) for key, words in field_texts(language)["choices"].items()} == declared


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_has_words_and_names_the_currency(language: str) -> None:
    declared = {spec.unit for spec in specs() if spec.unit}
    assert set(field_texts(language)["units"]) == declared | {"any_unit"}
    for unit in declared:
        said = unit_of(unit, language, "florin", "bushel")
        assert ("florin" in said) == ("money" in unit), unit
    assert unit_of("money/unit", language, "florin", "bushel") == "florin/bushel"


@pytest.mark.parametrize("language", LANGUAGES)
def test_mechanisms_and_containment_are_called_as_in_reports(language: str) -> None:
    rules = texts(language)["rules"]
    called = {**rules["mechanisms"], **rules["containment"]}
    named = [rule for rule in rules_reached() if tag(rule) in called]
    assert len(named) == len(MECHANISMS) + 12
    for rule in named:
        words = str(called[tag(rule)])
        assert rule_label(rule, language).lower() == words.lower(), rule


def test_help_in_english_is_the_description_of_the_schema() -> None:
    rule: type[Rule] = Scenario
    assert help_of(fields_of(rule)["view"], "en") == "Closed, or open to outside markets."


def test_both_languages_have_the_same_keys() -> None:
    english, chinese = field_texts("en"), field_texts("zh")
    assert english.keys() == chinese.keys()
    assert english["levers"].keys() == chinese["levers"].keys()
