"""Several caps at once: energy and carbon on one fuel choice (A9), three instruments over six years (A11)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.reference import JointEquilibrium, joint_equilibrium
from scenarios.validation.cases import Case, series

Floats = npt.NDArray[np.float64]

OVERLAP = "energy and carbon cap on two fuels at two firms; nested root and SLSQP"
COUPLED = "three instruments over six years; dual L-BFGS-B and primal SLSQP"
EXACT = 1e-6
PRICE, UNITS, MONEY = "money/unit", "units", "money"

FACTOR = np.array([2.66, 1.56])
"""Tonnes of CO2 per tonne of coal equivalent of coal and gas."""
FUEL_SLOPE = np.array([[1.0, 1.0], [0.8, 1.2]])
FUEL_INTERCEPT = np.array([[120.0, 100.0], [90.0, 110.0]])


@dataclass(frozen=True, slots=True)
class FuelMarket:
    """Prices of energy and carbon, fuels (firm, coal or gas), and the two totals."""

    energy_price: float
    carbon_price: float
    fuel: Floats
    energy: float
    carbon: float


def fuel_market(
    energy_cap: float,
    carbon_cap: float,
    coal_intercept_of_firm2: float = 90.0,
    carbon_tax_on_firm2: float = 0.0,
) -> FuelMarket:
    """Return the equilibrium of A9: benefit ``a x − ½ b x²`` of each fuel; a measure is using less of it than a/b."""
    intercept = FUEL_INTERCEPT.copy()
    intercept[1, 0] = coal_intercept_of_firm2
    most = intercept / FUEL_SLOPE
    effect = np.stack([np.ones(2), FACTOR], axis=1)
    saved = np.zeros((2, 2))
    saved[1] = -carbon_tax_on_firm2 * FACTOR
    found = joint_equilibrium(most @ effect, effect, saved, FUEL_SLOPE, most, [[energy_cap, carbon_cap]], 0.0)
    energy_price, carbon_price = (float(value) for value in found.price[0])
    tax = np.array([[0.0], [carbon_tax_on_firm2]])
    fuel = np.clip((intercept - energy_price - (carbon_price + tax) * FACTOR) / FUEL_SLOPE, 0.0, None)
    return FuelMarket(energy_price, carbon_price, fuel, float(found.flows[0, 0]), float(found.flows[0, 1]))


def energy_and_carbon() -> list[Case]:
    """A9: which of two caps binds, and when both do."""
    only_energy = (30.408163, 0.0, (89.591837, 69.591837, 74.489796, 66.326531), 300.0, 648.489796)
    only_carbon = (0.0, 18.028427, (72.044383, 71.875653, 52.555479, 68.229711), 264.705226, 550.0)
    rows: dict[tuple[float, float], tuple[float, float, tuple[float, ...], float, float]] = {
        (400, 900): (5.918367, 0.0, (114.081633, 94.081633, 105.102041, 86.734694), 400.0, 865.102041),
        (300, 900): only_energy,
        (300, 650): only_energy,
        (300, 550): only_carbon,
        (400, 550): only_carbon,
        (260, 550): (19.213724, 9.690291, (75.010101, 65.669421, 56.262626, 63.057851), 260.0, 550.0),
    }
    cases: list[Case] = []
    for (energy_cap, carbon_cap), (energy_price, carbon_price, fuel, energy, carbon) in rows.items():
        found = fuel_market(energy_cap, carbon_cap)
        name = f"A9.energy{energy_cap:g}_carbon{carbon_cap:g}"
        cases += [
            Case(f"{name}.energy_price", OVERLAP, energy_price, found.energy_price, EXACT, PRICE),
            Case(f"{name}.carbon_price", OVERLAP, carbon_price, found.carbon_price, EXACT, PRICE),
            *series(f"{name}.fuel", OVERLAP, fuel, found.fuel.ravel(), EXACT, "tce", ""),
            Case(f"{name}.energy", OVERLAP, energy, found.energy, EXACT, "tce"),
            Case(f"{name}.carbon", OVERLAP, carbon, found.carbon, EXACT, "tCO2"),
        ]
    free = fuel_market(1e4, 1e4)
    return [
        *cases,
        Case("A9.no_cap.energy", OVERLAP, 424.166667, free.energy, EXACT, "tce"),
        Case("A9.no_cap.carbon", OVERLAP, 917.45, free.carbon, EXACT, "tCO2"),
    ]


def waterbed() -> list[Case]:
    """A9: one firm burns less coal; under a binding carbon cap the others burn more."""
    before, after = fuel_market(400, 550), fuel_market(400, 550, coal_intercept_of_firm2=70.0)
    slack = fuel_market(400, 900, coal_intercept_of_firm2=70.0)
    # No cap binds then: every fuel is at a/b, and firm 2's coal is 20 / 0.8 tce lower than without any cap.
    lower = 917.45 - 20.0 / 0.8 * FACTOR[0]
    return [
        Case("A9.waterbed.carbon_price.before", OVERLAP, 18.028427, before.carbon_price, EXACT, PRICE),
        Case("A9.waterbed.carbon_price.after", OVERLAP, 14.765697, after.carbon_price, EXACT, PRICE),
        Case("A9.waterbed.carbon", OVERLAP, 550.0, after.carbon, EXACT, "tCO2"),
        Case("A9.waterbed.coal.firm2", OVERLAP, 38.404059, after.fuel[1, 0], EXACT, "tce"),
        Case("A9.waterbed.coal.firm1", OVERLAP, 80.723247, after.fuel[0, 0], EXACT, "tce"),
        Case("A9.waterbed.slack_cap.carbon", OVERLAP, lower, slack.carbon, EXACT, "tCO2"),
    ]


def tax_on_top() -> list[Case]:
    """A9: a carbon tax of 5 on one firm under a binding cap moves emissions to the other."""
    before, after = fuel_market(400, 550), fuel_market(400, 550, carbon_tax_on_firm2=5.0)
    shares = (303.764, 246.236), (329.127, 220.873)
    return [
        Case("A9.tax.carbon_price", OVERLAP, 15.361206, after.carbon_price, EXACT, PRICE),
        Case("A9.tax.carbon", OVERLAP, 550.0, after.carbon, EXACT, "tCO2"),
        *series("A9.tax.carbon_before", OVERLAP, shares[0], before.fuel @ FACTOR, 3e-6, "tCO2", "firm"),
        *series("A9.tax.carbon_after", OVERLAP, shares[1], after.fuel @ FACTOR, 3e-6, "tCO2", "firm"),
    ]


CARBON_CAPS = np.array([225.0, 210, 195, 180, 170, 160])
SULPHUR_CAPS = np.array([55.0, 50, 45, 40, 36, 32])
UNLIMITED = np.full(6, 1e4)


def three_instruments(energy_caps: npt.ArrayLike, sulphur_caps: npt.ArrayLike = SULPHUR_CAPS) -> JointEquilibrium:
    """Return the equilibrium of A11 under the given energy and SO2 caps."""
    return joint_equilibrium(
        baseline=[(100, 40, 20), (80, 30, 30), (60, 35, 10)],
        effect=[(2.6, 1.0, 0.4), (1.5, 0.2, 0.8), (-0.1, -0.05, 1.0)],
        intercept=[(10, 8, 2), (20, 5, 3), (5, 15, 4)],
        slope=[(4, 3, 1), (5, 2, 1.5), (3, 4, 2)],
        limit=[(12, 6, 10), (10, 10, 16), (10, 4, 2.5)],
        permits=np.stack([CARBON_CAPS, np.asarray(energy_caps, dtype=np.float64), np.asarray(sulphur_caps)], axis=1),
        discount_rate=0.05,
    )


def all_three_bind() -> list[Case]:
    """A11a: every cap binds, every price grows at the discount rate."""
    found = three_instruments([98, 94, 90, 86, 82.5, 79])
    first = np.array([2.676919, 17.624172, 5.860397])
    flows = (199.274486, 91.278474, 46.601863), (179.953342, 84.998211, 39.076623)
    cases = []
    for year in range(6):
        grown = first * 1.05**year
        cases += series(f"A11a.price.year{year}", COUPLED, grown, found.price[year], EXACT, PRICE, "instrument")
    return [
        *cases,
        *series("A11a.flow.year0", COUPLED, flows[0], found.flows[0], EXACT, UNITS, "instrument"),
        *series("A11a.flow.year5", COUPLED, flows[1], found.flows[5], EXACT, UNITS, "instrument"),
        *series("A11a.bank.end", COUPLED, np.zeros(3), found.bank[-1], EXACT, UNITS, "instrument"),
        Case("A11a.cost", COUPLED, 2080.8915, found.cost, EXACT, MONEY),
    ]


def energy_slack() -> list[Case]:
    """A11b: the energy cap is loose and its rights are banked for nothing."""
    found = three_instruments([100, 97, 94, 91, 88, 85])
    return [
        *series("A11b.price.year0", COUPLED, (8.461318, 0.0, 4.475750), found.price[0], EXACT, PRICE, "instrument"),
        Case("A11b.bank.end.energy", COUPLED, 15.148716, found.bank[-1, 1], EXACT, UNITS),
        Case("A11b.cost", COUPLED, 1991.466705, found.cost, EXACT, MONEY),
    ]


def carbon_slack() -> list[Case]:
    """A11c: the energy cap is so tight that carbon rights are worth nothing."""
    found = three_instruments([97, 93, 89, 85, 81, 77])
    return [
        *series(
            "A11c.price.year0",
            COUPLED,
            (0.0, 26.373610, 6.347208),
            found.price[0],
            EXACT,
            PRICE,
            "instrument",
        ),
        Case("A11c.cost", COUPLED, 2257.715677, found.cost, EXACT, MONEY),
    ]


def carbon_alone() -> list[Case]:
    """A11: the same carbon caps without the other two."""
    found = three_instruments(UNLIMITED, UNLIMITED)
    return [
        *series(
            "A11.carbon_alone.price.year0",
            COUPLED,
            (9.647730, 0, 0),
            found.price[0],
            EXACT,
            PRICE,
            "instrument",
        ),
        Case("A11.carbon_alone.cost", COUPLED, 1907.773564, found.cost, EXACT, MONEY),
    ]


SUITES = (
    energy_and_carbon,
    waterbed,
    tax_on_top,
    all_three_bind,
    energy_slack,
    carbon_slack,
    carbon_alone,
)
