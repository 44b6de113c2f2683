"""Lots and ticks of small runs, held against stored hashes; `python -m tests.golden.test_golden` renews them."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.model import RightsMarketModel
from scenarios import load
from scenarios.build import build
from tests.agents import economies
from tests.agents.mixed import finished, whole_numbers

COLLAR = {"kind": "collar", "floor": {"prices": {2025: 14.0}}, "ceiling": {"prices": {2025: 26.0}}, "stock": 30.0}
TIER = {"trigger": {"prices": {2025: 18.0}}, "amount": {"units": {2025: 4.0}}}
BLOCK = {"name": "block", "mechanism": {"kind": "block", "minimum": 0.5}}


def traded(venues: Any, **more: Any) -> RightsMarketModel:
    """Run three years of a textbook market with some venues."""
    changes = {"instruments.carbon.venues": venues, "calendar.years": 3, "world.activity_sd": 0.05} | more
    return RightsMarketModel(build(load("textbook-banking", changes)), 1).run()


STORED = Path(__file__).with_name("runs.json")
RUNS = {
    "province": finished,
    "province-without-rounds": lambda: finished(rounds=0, years=2),
    "a11": lambda: RightsMarketModel(economies.a11_economy()).run(),
    "order-book": lambda: traded("order_book"),
    "listed-and-block": lambda: traded([{"name": "listed", "mechanism": {"kind": "listed"}}, BLOCK]),
    "collar-and-reserve": lambda: traded(
        "call",
        **{
            "instruments.carbon.allocation.auction_share": 0.5,
            "instruments.carbon.containment": [COLLAR, {"kind": "cost_containment_reserve", "tiers": [TIER]}],
        },
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_lots_and_ticks_are_as_stored(name):
    assert whole_numbers(RUNS[name]()) == json.loads(STORED.read_text(encoding="utf-8"))[name], (
        "behaviour has changed; if that is meant, renew with: python -m tests.golden.test_golden"
    )


def test_the_hash_notices_one_lot():
    model = finished(n=4, years=1)
    before = whole_numbers(model)
    model.registry.balances[0, 0] += 1
    assert whole_numbers(model) != before


def renew() -> None:
    """Store the hashes of today's runs."""
    found = {name: whole_numbers(make()) for name, make in RUNS.items()}
    STORED.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    renew()
