"""Words of the fields of a scenario in both languages: labels, help, choices, kinds and units."""

from functools import lru_cache
from typing import Any

from market.rules import Rule
from scenarios.display import TEXTS, Language, texts
from scenarios.errors import InputError
from scenarios.field_specs import FieldSpec, tag


@lru_cache(maxsize=4)
def field_texts(language: Language) -> dict[str, Any]:
    """Return the fixed texts about fields of a language."""
    from scenarios.documents import read_document

    name = f"fields.{language}.yaml"
    tree, problems = read_document(TEXTS / name, f"texts/{name}")
    if problems:
        raise InputError(problems)
    plain: dict[str, Any] = tree.plain()
    return plain


def label_of(spec: FieldSpec, language: Language) -> str:
    """Return what a field is called."""
    words = field_texts(language)["fields"][spec.owner][spec.name]
    return str(words) if language == "en" else str(words[0])


def help_of(spec: FieldSpec, language: Language) -> str:
    """Return what a field means: in English its description in the schema."""
    if language == "en":
        return _sentence(spec.description)
    return str(field_texts(language)["fields"][spec.owner][spec.name][1])


def choice_of(spec: FieldSpec, option: str, language: Language) -> str:
    """Return what a value of a choice is called."""
    return str(field_texts(language)["choices"][spec.key][option])


def rule_label(rule: type[Rule], language: Language) -> str:
    """Return what a class of rules is called."""
    words = field_texts(language)["classes"][rule.__name__]
    return str(words) if language == "en" else str(words[0])


def rule_help(rule: type[Rule], language: Language) -> str:
    """Return what a class of rules does, in a few words."""
    if language == "zh":
        return str(field_texts(language)["classes"][rule.__name__][1])
    if tag(rule):
        return _sentence(rule.model_fields["kind"].description or "")
    return _sentence((rule.__doc__ or "").strip().splitlines()[0])


def unit_of(unit: str, language: Language, money: str, right: str = "") -> str:
    """Return a declared unit in words: ``money/unit`` is yuan/tCO2 for carbon, yuan/unit where no right is meant."""
    words = field_texts(language)["units"]
    if not unit:
        return ""
    return str(words[unit]).format(money=money, unit=right or words["any_unit"])


def right_unit(key: str, language: Language) -> str:
    """Return the unit of a right in words."""
    return str(texts(language)["units"].get(key, key))


def _sentence(text: str) -> str:
    text = text.rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""
