"""Textbook cases with closed forms: equimarginal cost and banking (A1, A2)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from market.reference import (
    IntertemporalEquilibrium,
    competitive_equilibrium,
    intertemporal_equilibrium,
    joint_equilibrium,
)
from scenarios.validation.cases import Case, interval, series

Floats = npt.NDArray[np.float64]

MONTGOMERY = "Montgomery (1972); closed form"
RUBIN = "Rubin (1996), Kling and Rubin (1997); taut string"
EXACT = 1e-6
PRICE, UNITS, MONEY = "money/unit", "units", "money"

A1B_INTERCEPT = (0.0, 5.0, 10.0, 40.0, 2.0)
A1B_SLOPE = (0.8, 0.5, 0.25, 0.5, 0.1)
A1B_BASELINE = (50.0, 80.0, 120.0, 60.0, 90.0)


def equimarginal() -> list[Case]:
    """A1a: three firms, one cap, against a uniform cut."""
    slope, baseline = np.array([0.5, 1.0, 2.0]), np.full(3, 100.0)
    found = competitive_equilibrium(np.zeros(3), slope, baseline, 240.0)
    cut = 0.2 * baseline
    uniform = float((0.5 * slope * cut**2).sum())
    emissions = (65.714286, 82.857143, 91.428571)
    return [
        Case("A1a.price", MONTGOMERY, 17.142857, found.price, EXACT, PRICE),
        *series("A1a.emissions", MONTGOMERY, emissions, found.emissions, EXACT, UNITS, "firm"),
        Case("A1a.cost", MONTGOMERY, 514.285714, found.cost, EXACT, MONEY),
        Case("A1a.cost.uniform_cut", MONTGOMERY, 700.0, uniform, EXACT, MONEY),
        Case("A1a.cost.ratio_to_uniform_cut", MONTGOMERY, 0.7347, found.cost / uniform, 5e-5),
        *series("A1a.marginal_cost.uniform_cut", MONTGOMERY, (10.0, 20.0, 40.0), slope * cut, EXACT, PRICE, "firm"),
    ]


def equimarginal_corners() -> list[Case]:
    """A1b: five firms, six caps; firms that do nothing and firms that stop emitting."""
    rows: tuple[tuple[float, float, tuple[float, ...], float], ...] = (
        (400, 0.0, A1B_BASELINE, 0.0),
        (320, 8.301887, (39.622642, 73.396226, 120.0, 60.0, 26.981132), 411.603774),
        (240, 16.551724, (29.310345, 56.896552, 93.793103, 60.0, 0.0), 1353.103448),
        (160, 27.586207, (15.517241, 34.827586, 49.655172, 60.0, 0.0), 3118.620690),
        (80, 38.620690, (1.724138, 12.758621, 5.517241, 60.0, 0.0), 5766.896552),
        (20, 60.0, (0.0, 0.0, 0.0, 20.0, 0.0), 8585.0),
    )
    cases: list[Case] = []
    for cap, price, emissions, cost in rows:
        found = competitive_equilibrium(A1B_INTERCEPT, A1B_SLOPE, A1B_BASELINE, cap)
        name = f"A1b.cap{cap:g}"
        cases += [
            Case(f"{name}.price", MONTGOMERY, price, found.price, EXACT, PRICE),
            *series(f"{name}.emissions", MONTGOMERY, emissions, found.emissions, EXACT, UNITS, "firm"),
            Case(f"{name}.cost", MONTGOMERY, cost, found.cost, EXACT, MONEY),
        ]
    slack = competitive_equilibrium(A1B_INTERCEPT, A1B_SLOPE, A1B_BASELINE, 500.0)
    return [*cases, Case("A1b.slack_cap.price", MONTGOMERY, 0.0, slack.price, EXACT, PRICE)]


def allocation_independence() -> list[Case]:
    """A1: who gets the rights moves who pays, not the price, the flows or the total."""
    baseline, cap = np.array(A1B_BASELINE), 240.0
    allocations = {
        "pro_rata": (cap * baseline / baseline.sum(), (-0.689655, 8.896552, 21.793103, 24.0, -54.0)),
        "all_to_firm0": (cap * np.eye(5)[0], (-210.689655, 56.896552, 93.793103, 60.0, 0.0)),
        "equal": (np.full(5, cap / 5), (-18.689655, 8.896552, 45.793103, 12.0, -48.0)),
    }
    cases: list[Case] = []
    for name, (allocation, purchases) in allocations.items():
        found = competitive_equilibrium(A1B_INTERCEPT, A1B_SLOPE, A1B_BASELINE, float(allocation.sum()))
        bought = found.emissions - allocation
        abated = baseline - found.emissions
        own = np.array(A1B_INTERCEPT) * abated + 0.5 * np.array(A1B_SLOPE) * abated**2 + found.price * bought
        label = f"A1.allocation.{name}"
        cases += [
            Case(f"{label}.price", MONTGOMERY, 16.551724, found.price, EXACT, PRICE),
            *series(f"{label}.net_purchase", MONTGOMERY, purchases, bought, EXACT, UNITS, "firm"),
            Case(f"{label}.sum_of_firm_costs", MONTGOMERY, 1353.103448, float(own.sum()), EXACT, MONEY),
        ]
    return cases


def stepped_costs() -> list[Case]:
    """A1c: five steps; at the end of a step any price up to the next is an equilibrium."""
    price, size = np.array([5.0, 12, 20, 35, 60]), np.array([10.0, 20, 15, 30, 25])
    inside = {25.0: 12.0, 60.0: 35.0}
    ends = {10.0: (5.0, 12.0), 30.0: (12.0, 20.0), 45.0: (20.0, 35.0), 75.0: (35.0, 60.0)}
    cases: list[Case] = []
    for required in sorted({*inside, *ends}):
        found = competitive_equilibrium(price, 0.0, size, float(size.sum()) - required)
        name = f"A1c.abatement{required:g}"
        if required in inside:
            cases.append(Case(f"{name}.price", MONTGOMERY, inside[required], found.price, EXACT, PRICE))
        else:
            cases.append(interval(f"{name}.price", MONTGOMERY, *ends[required], found.price, PRICE))
        done = float(size.sum() - found.emissions.sum())
        cases.append(Case(f"{name}.abatement", MONTGOMERY, required, done, EXACT, UNITS))
    slack = competitive_equilibrium(price, 0.0, size, float(size.sum()))
    return [*cases, Case("A1c.slack_cap.price", MONTGOMERY, 0.0, slack.price, EXACT, PRICE)]


def one_firm(
    permits: Sequence[float] | Floats, rate: float, bank: float = 0.0, *, borrowing: bool = False
) -> IntertemporalEquilibrium:
    """Return the equilibrium of the firm of A2: marginal cost 0.5 (100 − e)."""
    return intertemporal_equilibrium(0.0, 0.5, 100.0, permits, rate, initial_bank=bank, borrowing=borrowing)


def price_without_banking(permits: Sequence[float] | Floats) -> Floats:
    """Return the prices of A2's firm when unused rights expire every year."""
    caps = np.asarray(permits, dtype=np.float64)[:, None]
    found = joint_equilibrium([[100.0]], [[1.0]], [[0.0]], [[0.5]], [[100.0]], caps, 0.05, banking=False)
    return found.price[:, 0]


def banking_one_cycle() -> list[Case]:
    """A2a: a falling cap over ten years."""
    permits = 95.0 - 6.0 * np.arange(10)
    found = one_firm(permits, 0.05)
    bank = (
        20.441464,
        36.155001,
        47.204215,
        53.655890,
        55.580148,
        53.050620,
        46.144615,
        34.943310,
        19.531939,
        0.0,
    )
    growth = 12.720732 * 1.05 ** np.arange(10)
    alone = 2.5 + 3.0 * np.arange(10)
    return [
        *series("A2a.price", RUBIN, growth, found.price, EXACT, PRICE, "year"),
        Case("A2a.price.last", RUBIN, 19.734030, found.price[-1], EXACT, PRICE),
        *series("A2a.bank", RUBIN, bank, found.bank, EXACT, UNITS, "year"),
        Case("A2a.cost", RUBIN, 2035.317119, found.cost, EXACT, MONEY),
        *series("A2a.no_banking.price", RUBIN, alone, price_without_banking(permits), EXACT, PRICE, "year"),
    ]


def banking_exhausted() -> list[Case]:
    """A2b: the bank runs out within the horizon; a higher rate, and rights held at the start."""
    permits = [90.0, 80, 70, 60, 50] + [45.0] * 10
    bank = (23.789444, 39.268361, 46.521223, 45.636729, 36.708010, 24.832855, 15.113942, 7.659083, 2.581482,
            0.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # fmt: skip
    found = one_firm(permits, 0.05)
    cases = [
        Case("A2b.price.year0", RUBIN, 16.894722, found.price[0], EXACT, PRICE),
        Case("A2b.price.year9", RUBIN, 26.209259, found.price[9], EXACT, PRICE),
        *series("A2b.price_after_exhaustion", RUBIN, [27.5] * 5, found.price[10:], EXACT, PRICE, "+"),
        *series("A2b.bank", RUBIN, bank, found.bank, EXACT, UNITS, "year"),
        Case("A2b.cost", RUBIN, 5700.685532, found.cost, EXACT, MONEY),
    ]
    variants = (
        ("rate10", 0.10, 0.0, 13.772433, 7, 26.838575),
        ("bank60", 0.05, 60.0, 14.960778, 12, 26.867407),
    )
    for name, rate, initial, first, exhausted, last in variants:
        found = one_firm(permits, rate, initial)
        cases += [
            Case(f"A2b.{name}.price.year0", RUBIN, first, found.price[0], EXACT, PRICE),
            Case(f"A2b.{name}.price.year{exhausted}", RUBIN, last, found.price[exhausted], EXACT, PRICE),
            Case(
                f"A2b.{name}.bank_exhausted",
                RUBIN,
                exhausted,
                int(np.argmax(found.bank <= 1e-9)),
                0.0,
                "year",
            ),
        ]
    return cases


def rising_cap() -> list[Case]:
    """A2c: nothing is banked under a rising cap; with borrowing at par the price grows at the discount rate."""
    permits = [50.0, 60, 70, 80, 90]
    borrowed = one_firm(permits, 0.05, borrowing=True)
    prices = (13.573110, 14.251765, 14.964354, 15.712571, 16.498200)
    bank = (-22.853780, -34.350250, -34.421542, -22.996400, 0.0)
    spot = (25.0, 20.0, 15.0, 10.0, 5.0)
    return [
        *series("A2c.price", RUBIN, spot, one_firm(permits, 0.05).price, EXACT, PRICE, "year"),
        *series("A2c.no_banking.price", RUBIN, spot, price_without_banking(permits), EXACT, PRICE, "year"),
        *series("A2c.borrowing.price", RUBIN, prices, borrowed.price, EXACT, PRICE, "year"),
        *series("A2c.borrowing.bank", RUBIN, bank, borrowed.bank, EXACT, UNITS, "year"),
    ]


def two_cycles() -> list[Case]:
    """A2d: a bank that is built up and used twice over."""
    found = one_firm([60.0, 90, 90, 50, 50, 95], 0.05)
    price = (20.0, 13.920710, 14.616745, 15.347583, 16.114962, 2.5)
    bank = (0.0, 17.841420, 37.074911, 17.770076, 0.0, 0.0)
    return [
        *series("A2d.price", RUBIN, price, found.price, EXACT, PRICE, "year"),
        *series("A2d.bank", RUBIN, bank, found.bank, EXACT, UNITS, "year"),
    ]


SUITES = (
    equimarginal,
    equimarginal_corners,
    allocation_independence,
    stepped_costs,
    banking_one_cycle,
    banking_exhausted,
    rising_cap,
    two_cycles,
)
