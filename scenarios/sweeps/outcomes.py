"""Outcomes of a run: the indicators that a scenario has, and the tables whose rows may be kept as series."""

from scenarios.kpis import VENUE_KPIS, VOLUME_SHARE
from scenarios.outcomes import outcome_names
from scenarios.schema import Scenario

__all__ = ["SERIES", "known_outcome", "outcome_names"]

SERIES = ("markets", "instruments", "compliance", "prices", "ladder", "containment", "firms", "measures")


def known_outcome(name: str, scenario: Scenario) -> bool:
    """Return whether a run of a scenario may have an indicator; venues other than the base's may come with a lever."""
    if name in outcome_names(scenario):
        return True
    key, _, rest = name.partition(".")
    venue, _, plain = rest.partition(".")
    return bool(venue) and key in scenario.instruments and plain in {kpi.name for kpi in (*VENUE_KPIS, VOLUME_SHARE)}
