"""The EU's market stability reserve: its integer rule (B1) and seven published scenarios (B2)."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from market.policies.containment import MarketStabilityReserve, Pool, PublicState, offer, opening
from scenarios.validation.cases import Case

COMMISSION = "European Commission, yearly communications on the allowances in circulation; digits of 2016 and 2018 read"
CHARTS = "Resources for the Future (2018), charts of the reserve; the rule reproduces them"
ALLOWANCES = "allowances"

B1_ROWS = (
    # year of the bank, year of the decision, bank, intake
    (2018, 2019, 1_654_909_824, 397_178_358),
    (2019, 2020, 1_385_496_166, 332_519_080),
    (2021, 2022, 1_449_214_182, 347_811_404),
    (2023, 2024, 1_111_736_535, 266_816_768),
    (2024, 2025, 1_148_049_585, 275_531_900),
)

SCENARIOS = Path(__file__).with_name("stability_reserve.csv")
ISSUED = {2019: 1756, 2020: 1824, 2021: 1739, 2022: 1933, 2023: 1695, 2024: 1740, 2025: 1613, 2026: 1547, 2027: 1520,
          2028: 1493, 2029: 1466, 2030: 1431}  # fmt: skip
"""All allowances of a year, auctioned or free, before the reserve; the same in every scenario."""
AUCTIONED = {2022: 945.3, 2023: 917.6, 2024: 890.2, 2025: 862.4, 2026: 834.4, 2027: 806.9, 2028: 779.2, 2029: 751.7}
"""Auctions before the reserve, inferred from the published table; they matter from the year before 2023 on."""
BANK_2018 = 1733.0


def integer_rule() -> list[Case]:
    """B1: the intake to the allowance, each through a whole year of the rule."""
    cases = []
    for year, decided, bank, intake in B1_ROWS:
        rule = (MarketStabilityReserve.eu_2023(inflow={}),)
        public = PublicState(decided, bank=float(bank))
        supply, _ = offer(rule, 1e9, public, opening(rule))
        got = supply.moved(Pool.OFFER, Pool.RESERVE)
        cases.append(Case(f"B1.intake.bank{year}", COMMISSION, intake, got, 0.0, ALLOWANCES))
    first = MarketStabilityReserve.eu_2018(first_year=2017, intake_rate={2017: 0.12}, inflow={})
    half = first.decision(2017, 1_693_904_897.0)
    rounded = MarketStabilityReserve.eu_2018().decision(2021, 1_578_720_124.0)
    capped = (MarketStabilityReserve.eu_2023(opening_stock=700e6),)
    after, held = offer(capped, 5e8, PublicState(2026, bank=8.2e8), opening(capped))
    return [
        *cases,
        Case("B1.intake.bank2016", COMMISSION, 203_268_588, half, 0.0, ALLOWANCES),
        Case("B1.intake.bank2020", COMMISSION, 378.9e6, rounded, 0.05 / 378.9, ALLOWANCES),
        Case("B1.holding.2026", COMMISSION, 400e6, held[0][0], 0.0, ALLOWANCES),
        Case(
            "B1.cancelled.2026", "holding above the limit", 300e6, after.moved(target=Pool.CANCELLED), 0.0, ALLOWANCES
        ),
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """A year of a published scenario, million allowances."""

    year: int
    emissions: float
    bank: float
    reserve: float
    cancelled: float


def published() -> dict[str, list[Row]]:
    """Return the published years by scenario."""
    lines = [line for line in SCENARIOS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found: dict[str, list[Row]] = defaultdict(list)
    for row in csv.DictReader(lines):
        numbers = (float(row[name]) for name in ("emissions", "bank", "reserve", "cancelled"))
        found[row["scenario"]].append(Row(int(row["year"]), *numbers))
    return dict(found)


def scenario(rows: list[Row]) -> list[Row]:
    """Return what the rule makes of the emissions of a scenario, from the bank of 2018 on."""
    # The charts release 100 M a year throughout; 250 M and 1,300 M reach the reserve from backloading and unallocated.
    rule = MarketStabilityReserve.eu_2018(
        1.0, release={2019: 100.0}, inflow={2019: 250.0, 2020: 1300.0}, step=0.0, application="yearly"
    )
    bank, cancelled, last_auction, holdings = BANK_2018, 0.0, float("inf"), opening((rule,))
    found = []
    for row in rows:
        auctioned = AUCTIONED.get(row.year, float(ISSUED[row.year]))
        public = PublicState(row.year, bank=bank, last_auction=last_auction)
        supply, holdings = offer((rule,), auctioned, public, holdings)
        last_auction = supply.offered
        cancelled += supply.moved(target=Pool.CANCELLED)
        bank += ISSUED[row.year] - row.emissions + supply.offered - auctioned
        found.append(Row(row.year, row.emissions, bank, holdings[0][0], cancelled))
    return found


def published_scenarios() -> list[Case]:
    """B2: bank, reserve and all that is cancelled in every year of seven scenarios, within 2 M."""
    cases = []
    for name, rows in published().items():
        for wanted, got in zip(rows, scenario(rows), strict=True):
            for what in ("bank", "reserve", "cancelled"):
                number = getattr(wanted, what)
                label = f"B2.{name}.{wanted.year}.{what}"
                cases.append(Case(label, CHARTS, number, getattr(got, what), 2.0 / max(number, 1.0), "Mt"))
    return cases


SUITES = (integer_rule, published_scenarios)
