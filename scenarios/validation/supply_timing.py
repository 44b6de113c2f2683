"""Supply over time: shifting it (A2h), and a stability reserve in a stylised EU market (A2j)."""

import numpy as np
import numpy.typing as npt

from market.policies.containment import MarketStabilityReserve, SupplyShift
from market.policies.containment.supply_path import SupplyPath, supply_path
from market.reference import IntertemporalEquilibrium, intertemporal_equilibrium
from market.reference.responsive_supply import responsive_equilibrium
from scenarios.validation.cases import Case, interval, series

Floats = npt.NDArray[np.float64]

NEUTRAL = "Perino and Willner (2016), neutrality of shifted supply; taut string"
STYLISED = "Bocklet et al. (2019), stylised; two solvers"
EXACT, DIGITS = 1e-6, 1e-3
PRICE, UNITS = "money/unit", "units"

CAPS = np.array([90.0, 80, 70, 60, 50] + [45.0] * 10)


def shifted(changes: dict[int, float]) -> IntertemporalEquilibrium:
    """Return the equilibrium of A2b at 5 % when the caps are shifted by a table."""
    rules = (SupplyShift(changes=changes),)
    permits = supply_path(rules, CAPS, range(CAPS.size), np.zeros(CAPS.size)).offered
    return intertemporal_equilibrium(0.0, 0.5, 100.0, permits, 0.05)


def supply_shifting() -> list[Case]:
    """A2h: withhold 5 a year for three years; returned early it changes nothing, late or never it does."""
    withheld = {0: -5.0, 1: -5.0, 2: -5.0}
    base = intertemporal_equilibrium(0.0, 0.5, 100.0, CAPS, 0.05)
    early, late, never = shifted({**withheld, 6: 15.0}), shifted({**withheld, 12: 15.0}), shifted(withheld)
    first = 17.491006
    return [
        Case(
            "A2h.early.price.largest_change", NEUTRAL, 0.0, float(np.abs(early.price - base.price).max()), EXACT, PRICE
        ),
        *series(
            "A2h.early.bank_less",
            NEUTRAL,
            (5.0, 10, 15, 15, 15, 15),
            (base.bank - early.bank)[:6],
            EXACT,
            UNITS,
            "year",
        ),
        Case("A2h.late.price.year0", NEUTRAL, first, late.price[0], EXACT, PRICE),
        Case("A2h.late.price.year0.change", NEUTRAL, 0.596284, late.price[0] - base.price[0], EXACT, PRICE),
        Case("A2h.late.price.year9", NEUTRAL, 27.134292, late.price[9], EXACT, PRICE),
        *series("A2h.late.price.year10_and", NEUTRAL, (27.5, 27.5), late.price[10:12], EXACT, PRICE, "+"),
        Case("A2h.late.price.year12.change", NEUTRAL, -3.709358, late.price[12] - base.price[12], EXACT, PRICE),
        *series(
            "A2h.late.price.year12_and", NEUTRAL, (23.790642, 24.980174, 26.229183), late.price[12:], EXACT, PRICE, "+"
        ),
        Case("A2h.late.emissions", NEUTRAL, 800.0, late.emissions.sum(), EXACT, UNITS),
        Case("A2h.never.price.year0", NEUTRAL, first, never.price[0], EXACT, PRICE),
        *series("A2h.never.price.year12_and", NEUTRAL, (27.5,) * 3, never.price[12:], EXACT, PRICE, "+"),
        Case("A2h.never.emissions", NEUTRAL, 785.0, never.emissions.sum(), EXACT, UNITS),
    ]


YEARS = range(2018, 2086)
BASELINE, CHOKE_PRICE, RATE, BANK_2017 = 1900.0, 150.0, 0.08, 1654.909824
AUCTION_SHARE = 0.57


def eu_caps(factor: float) -> Floats:
    """Return the caps of 2018 to 2085, Mt, with a linear reduction factor in % of the base from 2021 on."""
    yearly = 38.264246  # 1.74 % of the base, the fall of a year from 2013 to 2020
    last = 2084.301856 - 7 * yearly
    return np.array(
        [max(0.0, last + yearly * ((2020 - y) if y <= 2020 else (2020 - y) * factor / 1.74)) for y in YEARS]
    )


def with_reserve(caps: Floats, invalidation: str) -> tuple[IntertemporalEquilibrium, SupplyPath]:
    """Return the equilibrium under the rule of 2018, and the path of the auctions in it."""
    rule = MarketStabilityReserve.eu_2018(
        1.0, release={2019: 100.0}, inflow={2019: 900.0, 2020: 600.0}, step=0.0, invalidation=invalidation,
        invalidation_at="end",
    )  # fmt: skip
    gross = AUCTION_SHARE * caps

    def path(bank: Floats) -> SupplyPath:
        return supply_path((rule,), gross, YEARS, bank, BANK_2017, last_auction=gross[0])

    found = responsive_equilibrium(
        0.0, CHOKE_PRICE / BASELINE, BASELINE, lambda bank: caps - gross + path(bank).offered, caps, RATE, BANK_2017
    )
    return found.equilibrium, path(found.equilibrium.bank)


def stylised_market() -> list[Case]:
    """A2j: two reduction factors, the reserve, and its invalidation, in the order of their effect on prices."""
    cases, price = [], {}
    rows = (("A", 1.74, 10.8254, 27.2602, 21752.5), ("B", 2.20, 13.5822, 34.2023, 21001.9))
    for name, factor, first, twelve, emitted in rows:
        found = intertemporal_equilibrium(0.0, CHOKE_PRICE / BASELINE, BASELINE, eu_caps(factor), RATE, BANK_2017)
        price[name] = found.price[0]
        exhausted = YEARS[int(np.argmax(found.bank <= 1e-6))]
        cases += [
            Case(f"A2j.{name}.price.2018", STYLISED, first, found.price[0], DIGITS, "EUR/t"),
            Case(f"A2j.{name}.price.2030", STYLISED, twelve, found.price[12], DIGITS, "EUR/t"),
            Case(f"A2j.{name}.bank_exhausted", STYLISED, 2043, exhausted, 0.0, "year"),
            Case(f"A2j.{name}.emissions.2018_2030", STYLISED, emitted, found.emissions[:13].sum(), DIGITS, "Mt"),
        ]
    reserve, path = with_reserve(eu_caps(2.20), "none")
    capped, capped_path = with_reserve(eu_caps(2.20), "last_auction")
    effects = (
        ("reserve", price["B"], reserve.price[0]),
        ("invalidation", reserve.price[0], capped.price[0]),
    )
    cases += [
        interval(f"A2j.{name}.price.2018.rise", "order of effects: a few per cent", 1.005, 1.10, after / before, "1")
        for name, before, after in effects
    ]
    largest = max(after / before - 1.0 for _, before, after in effects)
    factor = price["B"] / price["A"] - 1.0
    cases.append(
        interval("A2j.factor.against_reserve", "order of effects: much larger", 2.0, 1e3, factor / largest, "1")
    )
    balances = (("reserve", reserve, path), ("invalidation", capped, capped_path))
    for name, found, auctions in balances:
        put_in = 1500.0 + AUCTION_SHARE * eu_caps(2.20).sum() - auctions.offered.sum()
        ends = auctions.reserve[-1] + auctions.cancelled.sum()
        cases.append(
            Case(f"A2j.{name}.balance", "what enters the reserve leaves it or stays", put_in, ends, EXACT, "Mt")
        )
        issued = eu_caps(2.20).sum() * (1.0 - AUCTION_SHARE) + auctions.offered.sum() + BANK_2017
        used = found.emissions.sum() + found.bank[-1]
        cases.append(
            Case(f"A2j.{name}.use", "emissions and the last bank are what was issued", issued, used, EXACT, "Mt")
        )
    return cases


SUITES = (supply_shifting, stylised_market)
