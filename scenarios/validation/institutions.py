"""Traders of zero intelligence in the continuous double auction of the order book (A10b, A10d, A10f).

What the sources give for random traders are means over simulated periods; so are ours. They are held against each other
within four standard errors of their difference, or within what the source's own rounding and our own error leave where
it does not say how many periods it has.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt

from market.laboratory import Economy, Session, buyers_and_sellers, competitive, permit_market, run_session
from market.randomness import Streams
from market.reference import competitive_equilibrium
from scenarios.validation.cases import Case, interval, series

Values = npt.NDArray[np.float64] | npt.NDArray[np.int64]

GODE_SUNDER = "Gode and Sunder (1993); 300 simulated periods of this schedule"
SMITH = "Smith (1962), test 1; 1,000 simulated periods"
PERMITS = "Gode and Sunder (1993) in a permit market; simulated periods"
EXACT = 1e-6
PRICE, UNITS, MONEY, PERCENT = "money/unit", "units", "money", "%"

SEED = 1
ERRORS = 4.0  # standard errors that are allowed
A10B_PERIODS, A10D_PERIODS, A10F_PERIODS = 1_000, 1_000, 300
POINT = 0.5  # of efficiency, in per cent: the tolerance of A10b

A10B_VALUES = (
    (150, 100, 70, 50), (145, 95, 68, 45), (140, 90, 66, 40), (135, 85, 64, 35), (130, 80, 62, 30), (125, 75, 60, 25),
)  # fmt: skip
A10B_COSTS = (
    (10, 45, 65, 95), (15, 50, 67, 100), (20, 55, 69, 105), (25, 60, 71, 110), (30, 62, 73, 115), (35, 64, 75, 120),
)  # fmt: skip
CENT = 0.01
A10F_FIRMS = tuple(range(1, 11))
A10F_OPTIMUM = (0, 0, 6, 9, 12, 13, 14, 15, 15, 16)


def mean_case(
    name: str, source: str, expected: float, sample: Values, unit: str, periods: int = 0, rounding: float = 0.0
) -> Case:
    """Return the case that a sample's mean is what a source found in as many ``periods`` (0: not said).

    Allowed are the source's ``rounding`` and four standard errors of the difference of two such means.
    """
    error = float(np.std(sample, ddof=1)) * sqrt(1.0 / len(sample) + (1.0 / periods if periods else 0.0))
    allowed = (rounding + ERRORS * error) / max(abs(expected), 1.0)
    return Case(name, source, expected, float(np.mean(sample)), allowed, unit)


def induced_values() -> list[Case]:
    """A10b: six buyers and six sellers of four units, with and without a budget constraint."""
    economy = buyers_and_sellers(A10B_VALUES, A10B_COSTS, lowest=1, highest=200)
    found = competitive(economy)
    cases = [
        Case("A10b.equilibrium.quantity", GODE_SUNDER, 14, found.quantity, EXACT, UNITS),
        Case("A10b.equilibrium.price_from", GODE_SUNDER, 67, found.low, EXACT, PRICE),
        Case("A10b.equilibrium.price_to", GODE_SUNDER, 68, found.high, EXACT, PRICE),
        Case("A10b.equilibrium.surplus", GODE_SUNDER, 885, found.surplus, EXACT, MONEY),
    ]
    rows = ((500, 98.95, 13.76, 77.6), (3_000, 99.36, 14.64, 75.9))
    for steps, efficiency, trades, price in rows:
        session = run_session(economy, steps, A10B_PERIODS, Streams(SEED))
        name, got = f"A10b.zi_c.steps{steps}", 100.0 * float(session.efficiency.mean())
        cases += [
            Case(f"{name}.efficiency", GODE_SUNDER, efficiency, got, POINT / efficiency, PERCENT),
            mean_case(f"{name}.trades", GODE_SUNDER, trades, session.trades, UNITS, 300),
            mean_case(f"{name}.mean_price", GODE_SUNDER, price, session.mean_price, PRICE, 300),
        ]
        if steps == 500:
            cases.append(mean_case(f"{name}.deviation", GODE_SUNDER, 24.8, session.deviation, PRICE, 300))
    return cases + _unconstrained(economy)


def _unconstrained(economy: Economy) -> list[Case]:
    """Every unit trades, so efficiency is a matter of arithmetic; by symmetry prices are the middle of the range."""
    session = run_session(economy, 3_000, A10B_PERIODS, Streams(SEED), constrained=False)
    efficiency = 100.0 * session.efficiency
    source = "Gode and Sunder (1993); every unit trades"
    return [
        Case("A10b.zi_u.trades", source, 24.0, float(session.trades.mean()), EXACT, UNITS),
        Case("A10b.zi_u.efficiency.lowest", source, 48.474576, float(efficiency.min()), EXACT, PERCENT),
        Case("A10b.zi_u.efficiency.highest", source, 48.474576, float(efficiency.max()), EXACT, PERCENT),
        mean_case("A10b.zi_u.mean_price", source, 100.5, session.mean_price, PRICE),
    ]


def smith_test_one() -> list[Case]:
    """A10d: eleven buyers and eleven sellers of one unit, in cents."""
    ladder = [[cents] for cents in range(75, 326, 25)]
    economy = buyers_and_sellers(ladder, ladder, lowest=1, highest=400)
    found = competitive(economy)
    session = run_session(economy, 1_000, A10D_PERIODS, Streams(SEED))
    name = "A10d.zi_c"
    return [
        Case("A10d.equilibrium.price", SMITH, 2.00, CENT * found.price, EXACT, PRICE),
        Case("A10d.equilibrium.price_is_one", SMITH, 0.0, float(found.high - found.low), EXACT, PRICE),
        Case("A10d.equilibrium.quantity", SMITH, 6, found.quantity, EXACT, UNITS),
        Case("A10d.equilibrium.surplus", SMITH, 7.50, CENT * found.surplus, EXACT, MONEY),
        mean_case(f"{name}.alpha", SMITH, 20.3, session.alpha, PERCENT, 1_000),
        mean_case(f"{name}.efficiency", SMITH, 96.2, 100.0 * session.efficiency, PERCENT, 1_000),
        mean_case(f"{name}.mean_price", SMITH, 200.4, session.mean_price, "cents", 1_000),
        mean_case(f"{name}.trades", SMITH, 6.01, session.trades, UNITS, 1_000),
    ]


def two_sided_permits() -> list[Case]:
    """A10f: ten firms that all may buy and sell; where prices pass depends on who starts with what, holdings do not."""
    starts = {
        "equal": ([10] * 10, 2750.0, 0.988, 49.9),
        "firms1to5": ([20] * 5 + [0] * 5, 8000.0, 0.995, 64.7),
        "firms6to10": ([0] * 5 + [20] * 5, 3000.0, 0.996, 45.4),
    }
    smooth = competitive_equilibrium(np.zeros(10), np.array(A10F_FIRMS), np.full(10, 20.0), 100.0)
    cases = [
        Case("A10f.divisible_permits.price", "Montgomery (1972); closed form", 41.988337, smooth.price, EXACT, PRICE)
    ]
    for label, (permits, initial, share, price) in starts.items():
        economy = permit_market(A10F_FIRMS, 20, permits, highest=200.0, tick=CENT)
        found = competitive(economy)
        name = f"A10f.{label}"
        cases += [
            Case(f"{name}.price_from", PERMITS, 42.0, CENT * found.low, EXACT, PRICE),
            Case(f"{name}.price_to", PERMITS, 42.5, CENT * found.high, EXACT, PRICE),
            *series(f"{name}.optimum", PERMITS, A10F_OPTIMUM, found.holdings.tolist(), EXACT, UNITS, "firm"),
            Case(f"{name}.cost.initial", PERMITS, initial, _cost(economy, economy.start), EXACT, MONEY),
            Case(f"{name}.cost.optimum", PERMITS, 1861.5, _cost(economy, found.holdings), EXACT, MONEY),
        ]
        short = run_session(economy, 2_000, A10F_PERIODS, Streams(SEED))
        long = run_session(economy, 20_000, A10F_PERIODS, Streams(SEED))
        cases += [
            mean_case(f"{name}.steps2000.savings", PERMITS, share, short.efficiency, "1", rounding=0.0005),
            interval(f"{name}.steps20000.savings", PERMITS, 0.9999, 1.0, float(long.efficiency.mean()), "1"),
            mean_case(f"{name}.steps20000.mean_price", PERMITS, price, CENT * long.mean_price, PRICE, rounding=0.05),
            _last_prices(f"{name}.steps20000.last_ten_trades", long),
        ]
    return cases


def _cost(economy: Economy, holdings: npt.NDArray[np.int64]) -> float:
    """Return what firms spend with some holdings: what the permits that they lack would save."""
    return CENT * float(economy.worth.sum() - economy.value(holdings).sum())


def _last_prices(name: str, session: Session) -> Case:
    """Return the case that the last ten trades are made at 43.4 to 43.7, within four standard errors."""
    late = CENT * session.mean_of_last(10)
    error = ERRORS * float(np.std(late, ddof=1)) / sqrt(late.size)
    return interval(name, PERMITS, round(43.4 - error, 2), round(43.7 + error, 2), float(late.mean()), PRICE)


SUITES = (induced_values, smith_test_one, two_sided_permits)
