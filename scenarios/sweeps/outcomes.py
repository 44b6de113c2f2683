"""Outcomes of a run: the indicators that a scenario has, and the tables whose rows may be kept as series."""

from scenarios.kpis import INSTRUMENT_KPIS, RUN_KPIS, VENUE_KPIS, VOLUME_SHARE
from scenarios.schema import Scenario

SERIES = ("markets", "instruments", "compliance", "prices", "ladder", "containment", "firms", "measures")


def outcome_names(scenario: Scenario) -> dict[str, str]:
    """Return the units of the indicators that a scenario has, by name."""
    money = scenario.money.currency.en
    units: dict[str, str] = {}
    for key, rule in scenario.instruments.items():
        for kpi in INSTRUMENT_KPIS:
            if not kpi.outside_only or rule.outside is not None:
                units[f"{key}.{kpi.name}"] = kpi.unit.format(unit=rule.unit, money=money)
        if len(rule.venues) > 1:
            for venue in rule.venues:
                for kpi in (*VENUE_KPIS, VOLUME_SHARE):
                    units[f"{key}.{venue.name}.{kpi.name}"] = kpi.unit.format(unit=rule.unit, money=money)
    return units | {kpi.name: kpi.unit.format(money=money) for kpi in RUN_KPIS}


def known_outcome(name: str, scenario: Scenario) -> bool:
    """Return whether a run of a scenario may have an indicator; venues other than the base's may come with a lever."""
    if name in outcome_names(scenario):
        return True
    key, _, rest = name.partition(".")
    venue, _, plain = rest.partition(".")
    return bool(venue) and key in scenario.instruments and plain in {kpi.name for kpi in (*VENUE_KPIS, VOLUME_SHARE)}
