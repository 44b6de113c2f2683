"""Checks of venues and containment rules: the sentence, the key, what is let through, and half-valid instruments."""

from typing import Any

import pytest

from scenarios.checks import Parts, check_parts
from scenarios.errors import InputError
from scenarios.loading import load, origin_of

CARBON = "instruments.carbon."
COLLAR = {"kind": "collar", "floor": {"prices": {2025: 5.0}}}
STEP = {"price": {"prices": {2025: 20.0}}, "amount": {"units": {2025: 1.0}}}
CLOSED: dict[str, dict[str, Any]] = {
    "reserve_desk": {"buy_price": 12.0, "opening_stock": 0.0, "budget": 500.0},
    "market_maker": {"opening_stock": 100.0, "opening_price": 16.5},
    "bilateral": {},
    "block": {},
    "k_double_auction": {},
    "one_way_auction": {},
}


def refused(**changes: Any) -> str:
    with pytest.raises(InputError) as found:
        load("textbook-banking", {CARBON + key: value for key, value in changes.items()})
    return str(found.value)


def warned(**changes: Any) -> list[str]:
    scenario = load("textbook-banking", {CARBON + key: value for key, value in changes.items()})
    errors, warnings = check_parts(Parts.of(scenario), origin_of(scenario))
    assert errors == []
    return [str(one) for one in warnings]


def venue(kind: str, **settings: Any) -> list[dict[str, Any]]:
    return [{"name": "only", "mechanism": {"kind": kind} | settings}]


@pytest.mark.parametrize("kind", CLOSED)
def test_a_collar_needs_a_venue_that_takes_the_authoritys_orders(kind):
    text = refused(venues=venue(kind, **CLOSED[kind]), containment=[COLLAR])
    assert f"no venue takes its orders: {kind}" in text
    assert "Add a venue of kind call_auction" in text
    both = [*venue(kind, **CLOSED[kind]), {"name": "open", "mechanism": {"kind": "call_auction"}}]
    assert warned(venues=both, containment=[COLLAR]) == []


def test_a_price_has_one_rule_that_sets_it():
    text = refused(venues=venue("hybrid", floor=1.0, ceiling=50.0), containment=[COLLAR])
    assert "kind hybrid has a floor or a ceiling of its own. Keep one of the two." in text
    assert warned(venues=venue("hybrid"), containment=[COLLAR]) == []


def test_steps_out_of_the_offer_need_an_offer():
    text = refused(containment=[{"kind": "price_steps", "steps": [STEP]}])
    assert "containment.0.steps.0: price step 0 is a part of what is auctioned, and nothing is" in text
    issued = [{"kind": "price_steps", "steps": [STEP | {"source": "issued"}]}]
    assert warned(containment=issued) == []
    assert warned(containment=[{"kind": "price_steps", "steps": [STEP]}], **{"allocation.auction_share": 0.5}) == []


def test_keys_of_a_stack_are_written_as_in_the_scenario():
    rules = [{"kind": "collar", "floor": {"prices": {2025: 30.0}}, "ceiling": {"prices": {2025: 20.0}}}]
    text = refused(containment=rules)
    assert "instruments.carbon.containment.0.ceiling: " in text
    assert "the ceiling is 20 and the floor (instruments.carbon.containment.0.floor) is 30" in text
    assert "[0]" not in text


def test_primary_auctions_alone_are_warned_about():
    assert len(warned(venues="sealed_bid")) == 2
    some = warned(venues="sealed_bid", **{"allocation.auction_share": 0.5})
    assert len(some) == 1
    assert "there are only primary auctions" in some[0]
    assert warned(venues="sealed_bid+call", **{"allocation.auction_share": 0.5}) == []


@pytest.mark.parametrize(
    ("kind", "settings"), [("order_book", {}), ("listed", {}), ("market_maker", CLOSED["market_maker"])]
)
def test_no_trade_ratio_where_rights_are_sold_again(kind, settings):
    text = refused(venues=venue(kind, **settings), trade_ratio=0.8)
    assert f"with a trade ratio of 0.8 a unit sold is not the unit that arrives, and in a venue of kind {kind}" in text
    assert "such as call_auction, or a trade ratio of 1." in text
    assert warned(venues=venue(kind, **settings), trade_ratio=1.0) == []


@pytest.mark.parametrize(
    "field", ["lot", "tick", "cap", "allocation", "venues", "trade_ratio", "containment", "penalty", "banking"]
)
def test_one_broken_field_hides_no_other_mistake_and_breaks_no_check(field):
    rules = [{"kind": "collar", "floor": {"prices": {2025: 30.0}}, "ceiling": {"prices": {2025: 20.0}}}]
    changes = {"containment": rules, "venues": venue("order_book")} | {field: "nonsense"}
    text = refused(**changes)
    assert f"{CARBON}{field}" in text
    if field not in ("containment", "venues"):
        assert "containment.0.ceiling" in text


def test_unsold_lots_need_auctions_enough_to_come_back():
    hold = {"allocation.auction_share": 0.5, "allocation.unsold": {"kind": "hold"}}
    scenario = load("textbook-banking", {CARBON + key: value for key, value in hold.items()})
    assert check_parts(Parts.of(scenario), origin_of(scenario)) == ([], [])
    changes = {CARBON + key: value for key, value in hold.items()} | {"calendar.periods_per_year": 3}
    scenario = load("textbook-banking", changes)
    errors, warnings = check_parts(Parts.of(scenario), origin_of(scenario))
    assert errors == []
    assert len(warnings) == 1
    assert "with 3 auctions a year they rarely or never come back" in str(warnings[0])
    assert "4 or more periods a year" in str(warnings[0])
    assert warned(**{"allocation.auction_share": 0.5, "allocation.unsold": {"kind": "next"}}) == []
    assert "Set instruments.carbon.allocation.auction_share" in refused(**{"allocation.unsold": {"kind": "next"}})


@pytest.mark.parametrize("kind", ["listed", "block"])
def test_two_daily_limits_are_warned_about(kind):
    rules = [{"kind": "holding_limit", "share": 0.5}, {"kind": "price_limit", "band": 0.1}]
    (text,) = warned(venues=venue(kind, price_limit=0.1), containment=rules)
    assert "carbon.containment.1: the venue 'only' of kind " + kind + " has a price limit of its own" in text
    assert "venues.0.mechanism.price_limit to null" in text
    assert warned(venues=venue(kind, price_limit=None), containment=rules) == []
    assert warned(venues=venue(kind, price_limit=0.1), containment=rules[:1]) == []
