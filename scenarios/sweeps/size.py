"""How much a sweep is, estimated before it starts: runs in a chunk, and room on the disk."""

from pathlib import Path

from scenarios.errors import InputError, Problem
from scenarios.sweeps.loading import SweepPlan
from scenarios.sweeps.outcomes import outcome_names
from scenarios.sweeps.store import free_space
from scenarios.work import work_of

SECONDS_A_RUN = 0.02
SECONDS_AN_ORDER = 0.7e-6
"""What a run takes at least, and for each order it handles; measured once, and only for the size of chunks."""
CHUNK_SECONDS = 4.0
FEWEST_CHUNKS = 16
MOST_IN_A_CHUNK = 512
BYTES_A_NUMBER = 9.0
"""Of a stored number, with a share of the file's own tables; numbers of runs do not compress."""
BYTES_A_PART = 6_000
ROWS = {"markets": 30, "instruments": 20, "compliance": 12, "prices": 8, "ladder": 2, "containment": 12}
KEPT_FREE = 200e6


def chunk_size(plan: SweepPlan) -> int:
    """Return how many runs are made together: some seconds of work, and several chunks for each of a few workers."""
    seconds = SECONDS_A_RUN + SECONDS_AN_ORDER * work_of(plan.base.scenario)
    adaptive = not isinstance(plan.sweep.seeds, int | list)
    units = len(plan.points) if adaptive else plan.most_runs
    size = min(int(CHUNK_SECONDS / seconds), -(-units // FEWEST_CHUNKS), MOST_IN_A_CHUNK)
    return max(1, size)


def bytes_of(plan: SweepPlan) -> float:
    """Return about how many bytes the store will take."""
    scenario = plan.base.scenario
    outcomes = len(plan.sweep.outcomes or outcome_names(scenario))
    instruments = len(scenario.instruments)
    periods = scenario.calendar.years * scenario.calendar.periods_per_year
    venues = sum(len(rule.venues) for rule in scenario.instruments.values())
    rows = {"markets": periods * venues, "instruments": periods * instruments}
    series = 0.0
    for name in plan.sweep.series:
        if name in {"firms", "measures"}:
            from scenarios.work import accounts_of

            series += scenario.calendar.years * accounts_of(scenario) * (10 + 6 * instruments)
        else:
            series += rows.get(name, scenario.calendar.years * instruments) * ROWS.get(name, 10)
    parts = plan.most_runs / chunk_size(plan) * (1 + len(plan.sweep.series))
    return plan.most_runs * (outcomes + 5 + series) * BYTES_A_NUMBER + parts * BYTES_A_PART


def check_room(plan: SweepPlan, folder: Path) -> None:
    """Refuse a sweep that the disk has no room for.

    Raises
    ------
    InputError : with the estimate and what is free.
    """
    needed, free = bytes_of(plan), free_space(folder)
    if needed > free - KEPT_FREE:
        message = (
            f"the {plan.most_runs:,} runs would take about {_amount(needed)} on the disk of {folder}, "
            f"and {_amount(free)} are free"
        )
        remedy = "Keep fewer outcomes or series, ask for fewer runs, or choose another disk."
        raise InputError([Problem("sweep", 0, "design", message, remedy)])


def _amount(number: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 1e3:,.0f} kB"
