"""How much work a run is, estimated from the scenario alone, so that a monstrous one is refused before it starts."""

import csv
from functools import lru_cache
from pathlib import Path

from market.instruments import Venue
from scenarios.errors import Problem
from scenarios.loading import Origin, origin_of
from scenarios.schema import Scenario, SyntheticPopulation

MOST_WORK = 100e6
MOST_ACCOUNTS = 20_000
CLEARING = 100.0
"""What one clearing costs whatever its orders, in orders."""


def work_of(scenario: Scenario) -> float:
    """Return the number of orders that a run handles at most: accounts × periods × rounds, at every venue.

    Jiangxi as it ships is about 2.5 million. The estimate reads no table but for the number of accounts, and makes
    no account.
    """
    calendar, accounts = scenario.calendar, accounts_of(scenario)
    orders = max(getattr(rule, "steps", getattr(rule, "orders", 1)) for rule in scenario.behaviours)
    venues = [venue for instrument in scenario.instruments.values() for venue in instrument.venues]
    clearings = float(calendar.years) * calendar.periods_per_year * (scenario.rounds + 1)
    return clearings * sum(_venue(venue, accounts, orders) for venue in venues)


def accounts_of(scenario: Scenario) -> int:
    """Return how many accounts a scenario has, without making them; 0 where its tables cannot be read."""
    population, origin = scenario.population, origin_of(scenario)
    if isinstance(population, SyntheticPopulation):
        if population.accounts is not None:
            return population.accounts
        return _total(origin.resolve("population.folder", population.folder) / "sector_parameters.csv", "accounts")
    return _total(origin.resolve("population.firms", population.firms), None)


def too_much(scenario: Scenario, origin: Origin, most_work: float = MOST_WORK) -> list[Problem]:
    """Return why a scenario is too large to be run for somebody else; empty where it is not."""
    found: list[Problem] = []
    accounts, work = accounts_of(scenario), work_of(scenario)
    if accounts > MOST_ACCOUNTS:
        message = f"{accounts:,} accounts are more than the {MOST_ACCOUNTS:,} that are taken here"
        found.append(origin.problem("population.accounts", message, f"Ask for {MOST_ACCOUNTS:,} or fewer."))
    if work > most_work:
        message = (
            f"the run would handle about {_short(work)} orders (years × periods × rounds × accounts × venues); "
            f"{_short(most_work)} are taken here"
        )
        remedy = "Ask for fewer years, periods, rounds or accounts, or run it with `quotalab run` on your own computer."
        found.append(origin.problem(_largest(scenario, origin), message, remedy))
    return found


def _venue(venue: Venue, accounts: int, orders: int) -> float:
    mechanism = venue.mechanism
    meetings = float(getattr(mechanism, "meetings", 1))
    network = float(getattr(mechanism, "accounts", None) or 0) * getattr(mechanism, "degree", 0)
    book = orders if getattr(mechanism, "kind", "") == "order_book" else 1
    return accounts * meetings * book + CLEARING * mechanism.rounds_a_period * meetings + network


def _largest(scenario: Scenario, origin: Origin) -> str:
    """Return the key to blame: one that was changed, or else one that the document itself writes."""
    keys = ["population.accounts", "rounds", "calendar.periods_per_year", "calendar.years"]
    inner = [
        (getattr(venue.mechanism, key, None) or 0, f"instruments.{name}.venues.{index}.mechanism.{key}")
        for name, instrument in scenario.instruments.items()
        for index, venue in enumerate(instrument.venues)
        for key in ("rounds", "meetings", "accounts")
    ]
    keys += [key for number, key in sorted(inner, reverse=True) if number]
    changed = (key for key in keys if origin.place(key)[0].startswith("--set"))
    return next(changed, None) or origin.blamed("calendar", *keys)


def _short(number: float) -> str:
    return f"{number / 1e6:,.0f} million" if number < 1e15 else f"{number:.0e}"


def _total(path: Path, parameter: str | None) -> int:
    try:
        return _summed(path, parameter, path.stat().st_mtime_ns)
    except (OSError, UnicodeError, ValueError, KeyError, csv.Error):
        return 0  # what is wrong with the table is said when it is read


@lru_cache(maxsize=16)
def _summed(path: Path, parameter: str | None, stamp: int) -> int:  # noqa: ARG001 - the stamp forgets old tables
    """Return the number of rows, or the sum of the values of a parameter."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    if parameter is None:
        return len(rows)
    return sum(int(float(row["value"])) for row in rows if row["parameter"] == parameter)
