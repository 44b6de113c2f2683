"""Every declared rule has words in both languages, and what they say is what was declared, with units."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from market.instruments import Venue
from market.matching import MECHANISMS
from market.policies.containment import Containment, PriceStep, ReserveTier
from market.policies.transaction_cost import SideCost
from market.rules import Rule
from scenarios.display import Display, texts
from scenarios.rule_words import PARTS, containment_in_words, venue_in_words, venue_name
from tests.scenarios.fake_run import scenario

RULES: tuple[type[Rule], ...] = get_args(get_args(Containment)[0])


def words(language: str) -> Display:
    return Display.of(scenario(), language)


def venue(**declared: Any) -> Venue:
    return Venue.model_validate(declared)


def said(language: str, **declared: Any) -> str:
    rule = TypeAdapter(Containment).validate_python(declared)
    return containment_in_words(words(language), "carbon", rule, rule.kind)


def fields() -> Iterator[tuple[str, str, Any]]:
    for rule in (*MECHANISMS.values(), *RULES, ReserveTier, PriceStep, SideCost):
        kind = PARTS.get(rule) or getattr(rule.model_fields.get("kind"), "default", "")
        for name, declared in rule.model_fields.items():
            if name != "kind":
                yield kind, name, declared.annotation


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_field_of_every_rule_has_words(language: str) -> None:
    found = texts(language)["rules"]
    for kind, name, kind_of_value in fields():
        phrase = found["own"].get(kind, {}).get(name, found["parameters"].get(name))
        assert phrase, (kind, name)
        if kind_of_value is bool:
            assert set(phrase) == {"with", "without"}, (kind, name)
        elif isinstance(phrase, Mapping):
            assert set(get_args(kind_of_value)) <= set(phrase), (kind, name)
        else:
            assert "{value}" in phrase, (kind, name)
    assert set(found["mechanisms"]) == set(MECHANISMS)
    kinds = {rule.model_fields["kind"].default for rule in RULES}
    assert set(found["containment"]) == kinds | {"auction"}


def test_words_name_no_field_that_is_not_there() -> None:
    known = {(kind, name) for kind, name, _ in fields()}
    for kind, phrases in texts("en")["rules"]["own"].items():
        for name in phrases:
            assert (kind, name.removesuffix("_none")) in known


def test_a_venue_is_told_with_its_mechanism_rules_and_costs() -> None:
    block = venue(name="block", mechanism={"kind": "block", "minimum": 250.0, "price_limit": 0.2, "rounds": 5})
    assert venue_in_words(words("en"), "carbon", block) == (
        "block trades: at least 250\u00a0tCO₂ a trade; prices up to 20.0\u00a0% from the last close; "
        "5 trading days a period"
    )
    cost = {"buyer": {"proportional": 0.5}, "seller": {"share": 0.01}}
    own = venue(name="bourse", mechanism={"kind": "call_auction"}, cost=cost)
    assert venue_in_words(words("en"), "carbon", own) == (
        "bourse (call auction): a trade costs beside its price: buyers 0.5\u00a0yuan/tCO₂; "
        "sellers 1.0\u00a0% of the value"
    )
    assert venue_in_words(words("zh"), "carbon", block).startswith("大宗协议：单笔不少于 250吨CO₂；")
    assert venue_name(words("zh"), own) == "bourse（集合竞价）"
    posted = venue(mechanism={"kind": "posted"})
    assert venue_in_words(words("en"), "carbon", posted).endswith(
        "price set each year to the expected least-cost price"
    )


def test_containment_is_told_with_prices_amounts_and_years() -> None:
    ceiling = {"prices": {2025: 24.0, 2030: 30.0}}
    assert said("en", kind="collar", ceiling=ceiling) == (
        "price collar: ceiling, at which the authority sells: 24\u00a0yuan/tCO₂ from 2025, 30\u00a0yuan/tCO₂ from 2030"
    )
    assert said("zh", kind="collar", ceiling=ceiling) == (
        "价格上下限：上限（主管部门按此出售）：24元/吨CO₂（2025 年起），30元/吨CO₂（2030 年起）"
    )
    tier = {"trigger": {"prices": {2025: 18.0}, "growth": 0.07}, "amount": {"share": 0.1}}
    assert said("en", kind="cost_containment_reserve", tiers=[tier]) == (
        "cost containment reserve: sells from its reserve: at 18\u00a0yuan/tCO₂ from 2025, growing by 7.0\u00a0% a year"
        " and above, 10.0\u00a0% of the year's cap"
    )
    shift = said("en", kind="supply_shift", changes={2025: -5.0, 2030: 5.0})
    assert shift.endswith("change of supply: −5\u00a0tCO₂ in 2025, 5\u00a0tCO₂ in 2030")
    assert said("en", kind="price_trigger", release=3.0, stock=9.0, multiples={2026: 2.5}).startswith(
        "release by moving averages: releases when prices are above this multiple of their mean: 2.5 from 2026"
    )


def test_the_second_rule_of_a_kind_is_numbered() -> None:
    rule = TypeAdapter(Containment).validate_python({"kind": "reserve_price", "price": {"prices": {2025: 5.0}}})
    assert containment_in_words(words("en"), "carbon", rule, "reserve_price.2").startswith(
        "auction reserve price, no. 2: nothing is sold below 5"
    )


def test_the_chinese_words_hold_no_english() -> None:
    for name, text in texts("zh")["rules"]["own"].items():
        for phrase in [str(one) for one in text.values() if isinstance(one, str)]:
            assert not re.search(r"[A-Za-z]{3,}", phrase.replace("{value}", "")), (name, phrase)
