"""What theory says of the textbook scenarios, as tables that figures draw: demand for permits, the path of prices."""

from typing import TYPE_CHECKING

import numpy as np

from market.reference import competitive_equilibrium, intertemporal_equilibrium

if TYPE_CHECKING:
    import pandas as pd

    from market.technology import Floats
    from scenarios.results import RunResult
    from scenarios.schema import Scenario

POINTS = 121


def demand_for_permits(scenario: "Scenario", points: int = POINTS) -> "pd.DataFrame":
    """Return what all firms emit in a year at each price: the sum of their marginal abatement cost curves, inverted.

    For scenarios of one instrument whose firms have measures with linear marginal cost. Kinks, where a firm begins to
    abate or has no more to abate, are among the points.

    Returns
    -------
    DataFrame
        Columns price (money per unit) and flow (units), from price 0 to a tenth above the last kink.
    """
    import pandas as pd

    intercept, slope, limit, baseline = _costs(scenario)
    kinks = np.concatenate([intercept, intercept + slope * limit])
    price = np.unique(np.concatenate([np.linspace(0.0, 1.1 * kinks.max(), points), kinks]))
    steep = np.where(slope > 0.0, slope, 1.0)
    done = np.clip((price[:, None] - intercept) / steep, 0.0, limit)
    return pd.DataFrame({"price": price, "flow": baseline - done.sum(axis=1)})


def equilibrium_price(scenario: "Scenario", permits: float) -> float:
    """Return the competitive price of a one-year, one-instrument scenario (Montgomery 1972), in money per unit."""
    intercept, slope, limit, baseline = _costs(scenario)
    # What cannot be abated takes permits without regard to the price.
    return competitive_equilibrium(intercept, slope, limit, permits - (baseline - limit.sum())).price


def price_path(result: "RunResult") -> "pd.DataFrame":
    """Return the prices and the bank that foresight gives under the yearly caps of a result (Hotelling; Rubin 1996).

    For scenarios of one instrument with full banking and no borrowing.

    Returns
    -------
    DataFrame
        A row a year: year, price (money per unit), bank (units after the year), growth (of the price from the year
        before, as a share).
    """
    import pandas as pd

    yearly = result.prices
    intercept, slope, limit, _ = _costs(result.scenario)
    rate = float(result.scenario.behaviours[0].discount_rate)
    caps = yearly["cap"].to_numpy(dtype=np.float64)
    found = intertemporal_equilibrium(intercept, slope, limit, caps, rate)
    growth = np.concatenate([[np.nan], found.price[1:] / found.price[:-1] - 1.0])
    return pd.DataFrame({"year": yearly["year"], "price": found.price, "bank": found.bank, "growth": growth})


def _costs(scenario: "Scenario") -> "tuple[Floats, Floats, Floats, float]":
    """Return intercept, slope and limit of every measure in units of the flow, and the flow without measures."""
    from scenarios.build import build

    technology = build(scenario).technology
    if technology.baseline.shape[1] != 1:
        raise ValueError(f"{scenario.name} has {technology.baseline.shape[1]} instruments; the curves are for one")
    effect = technology.effect[..., 0]
    there = (technology.limit > 0.0) & (effect > 0.0)
    per_unit = effect[there]
    return (
        technology.intercept[there] / per_unit,
        technology.slope[there] / per_unit**2,
        technology.limit[there] * per_unit,
        float(technology.baseline.sum()),
    )
