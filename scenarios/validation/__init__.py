"""Validation: numbers from theory, rules and history, each held against what the simulator gives."""

from collections.abc import Callable

from market.errors import QuotaLabError
from scenarios.validation import (
    auctions,
    bilateral,
    containment_runs,
    coupled,
    institutions,
    instrument_choice,
    planners,
    policy_runs,
    reserves,
    supply_timing,
    theory,
    trading_costs,
    trigger_prices,
)
from scenarios.validation.cases import Case, Suite, failed

__all__ = ["SUITES", "Case", "run_all"]

SUITES: tuple[Suite, ...] = (
    *theory.SUITES,
    *coupled.SUITES,
    *supply_timing.SUITES,
    *reserves.SUITES,
    *trigger_prices.SUITES,
    *planners.SUITES,
    *containment_runs.SUITES,
    *policy_runs.SUITES,
    *auctions.SUITES,
    *institutions.SUITES,
    *trading_costs.SUITES,
    *instrument_choice.SUITES,
    *bilateral.SUITES,
)
"""Every suite, in the order in which it is printed; a suite returns its cases."""


REPORTED = (QuotaLabError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a suite may raise without ending the table."""


def run_all(progress: Callable[[str], None] | None = None, suites: tuple[Suite, ...] = SUITES) -> list[Case]:
    """Run every suite and return its cases; a suite that raises is one failed case with the message.

    ``progress`` is called with the name of each suite before it runs.
    """
    cases: list[Case] = []
    for suite in suites:
        if progress is not None:
            progress(suite.__name__)
        try:
            cases.extend(suite())
        except REPORTED as error:
            cases.append(failed(suite.__name__, error))
    return cases
