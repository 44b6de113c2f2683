"""Containment in whole runs: planners under a ceiling, in three mechanisms, against the equilibrium with that backstop.

The data are those of `textbook-banking`. An authority that sells without limit at a ceiling is a backstop: the
competitive price rises at the rate of interest until it reaches the ceiling and stays there. Moving supply in time is
neutral as long as the bank does not run out (Perino and Willner 2016).
"""

from typing import Any

import numpy as np

from market.reference import intertemporal_equilibrium
from scenarios.validation.cases import Case, series
from scenarios.validation.planners import PRICE, RATE, UNITS, Floats, yearly_price

CEILINGS = (24.0, 20.0)
SOURCE = "a run of planners, against the equilibrium with the ceiling as backstop"
NEUTRAL = "Perino and Willner 2016; a run with shifted supply against one without"
TOLERANCE = 0.02
AUCTIONED = 0.4
SHIFT = {2025: -5.0, 2026: -5.0, 2027: -5.0, 2031: 15.0}


def under_a_ceiling() -> list[Case]:
    """Yearly prices and flows under a ceiling: a call auction and an order book with a collar, and a hybrid."""
    cases: list[Case] = []
    for ceiling in CEILINGS:
        collar = [{"kind": "collar", "ceiling": {"prices": {2025: ceiling}}}]
        ways: dict[str, dict[str, Any]] = {
            "call_auction": {"venues": "call", "containment": collar},
            "order_book": {"venues": "order_book", "containment": collar},
            "hybrid": {"venues": [{"name": "hybrid", "mechanism": {"kind": "hybrid", "ceiling": ceiling}}]},
        }
        for name, rules in ways.items():
            price, flow, caps = _run(rules)
            expected = intertemporal_equilibrium(0.0, 0.5, 100.0, caps, RATE, backstop=ceiling)
            label = f"containment.ceiling{ceiling:g}.{name}"
            cases += series(f"{label}.price", SOURCE, expected.price, price, TOLERANCE, PRICE, "year")
            cases.append(Case(f"{label}.flow", SOURCE, float(expected.emissions.sum()), flow, 0.01, UNITS))
    return cases


def shifted_supply() -> list[Case]:
    """Rights withheld for three years and returned while there is a bank leave the price where it was."""
    plain, _, _ = _run({"venues": "call"})
    shifted, _, _ = _run({"venues": "call", "containment": [{"kind": "supply_shift", "changes": SHIFT}]})
    return series("containment.supply_shift.price", NEUTRAL, plain, shifted, 0.01, PRICE, "year")


def _run(rules: dict[str, Any]) -> tuple[Floats, float, Floats]:
    """Return yearly prices (T,), flows in all, and caps (T,) of textbook-banking with other rules."""
    from agents.model import RightsMarketModel
    from scenarios import load
    from scenarios.build import build

    changes = {f"instruments.carbon.{key}": value for key, value in rules.items()}
    changes["instruments.carbon.allocation.auction_share"] = AUCTIONED
    model = RightsMarketModel(build(load("textbook-banking", changes))).run()
    model.registry.check()
    return yearly_price(model)[:, 0], float(model.recorder.flow.sum()), np.asarray(model.regulator.cap[:, 0])


SUITES = (under_a_ceiling, shifted_supply)
