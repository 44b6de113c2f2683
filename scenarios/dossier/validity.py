"""What a dossier says about the simulator: outcomes of the validation suites, read from a folder or run here."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.validation import SUITES
from scenarios.validation.outcomes import Outcome, read_outcomes, run_suite

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.errors import Problem

SLOW = frozenset(
    {
        "textbook_banking", "coupled_instruments", "under_a_ceiling", "price_against_quantity", "induced_values",
        "sealed_offers_played", "search_to_the_optimum", "banking_one_cycle", "transaction_costs", "quota_and_collar",
        "two_sided_permits", "plain_collars", "energy_and_carbon", "stylised_market", "price_or_quantity",
        "optimal_collar", "call_auction", "shifted_supply",
    }
)  # fmt: skip
"""Suites that run whole markets or search: a second or more each, and not repeated for every dossier."""


def fast_suites() -> tuple[str, ...]:
    """Return the suites that take less than about a second."""
    return tuple(suite.__name__ for suite in SUITES if suite.__name__ not in SLOW)


def outcomes_here(advance: Callable[[], None]) -> dict[str, Outcome]:
    """Run the fast suites and return what came out; ``advance`` is called after each."""
    found = {}
    for name in fast_suites():
        found[name] = run_suite(name)
        advance()
    return found


def outcomes_of(folder: Path) -> tuple[dict[str, Outcome], "tuple[Problem, ...]"]:
    """Return the outcomes in a folder of `quotalab validate --out`, and what could not be read."""
    found, problems = read_outcomes(folder)
    return found, tuple(problems)


def validation_table(outcomes: dict[str, Outcome]) -> "pd.DataFrame":
    """Return a row a suite: cases, passed, largest deviation as a share of what is allowed, version, code, date."""
    import pandas as pd

    rows = []
    for suite in (suite.__name__ for suite in SUITES):
        one = outcomes.get(suite)
        if one is None:
            continue
        largest = one.largest_share
        rows.append(
            {
                "suite": suite,
                "source": next((case.source for case in one.cases if case.source), ""),
                "cases": len(one.cases),
                "passed": len(one.cases) - len(one.failed),
                "largest_deviation": largest if math.isfinite(largest) else math.nan,
                "version": one.version,
                "code": one.code,
                "made": one.made,
                "current": one.current,
            }
        )
    columns = ["suite", "source", "cases", "passed", "largest_deviation", "version", "code", "made", "current"]
    return pd.DataFrame(rows, columns=columns)


def not_shown(outcomes: dict[str, Outcome]) -> list[str]:
    """Return the suites that nothing is known of."""
    return [suite.__name__ for suite in SUITES if suite.__name__ not in outcomes]
