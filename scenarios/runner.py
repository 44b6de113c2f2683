"""Runs a scenario: builds the model, steps it to the last deadline, scores it and returns the result."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from scenarios.schema import Scenario

if TYPE_CHECKING:
    from agents.spec import MarketSpec
    from scenarios.results import RunResult
    from scenarios.tables import Tables
    from scenarios.watching import Watcher

Progress = Callable[[int, int], None]


def run(scenario: Scenario, seed: int = 0, progress: Progress | None = None) -> "RunResult":
    """Run a scenario and return its tables.

    Parameters
    ----------
    scenario : as `scenarios.load` returns it.
    seed : seed of the run; demand and weather of a seed are the same under every policy.
    progress : called with the periods done and their number.

    Raises
    ------
    InputError : where the scenario's tables are wrong.
    """
    from scenarios.build import build
    from scenarios.checks import check
    from scenarios.results import RunResult

    warnings = tuple(str(warning) for warning in check(scenario))
    tables = simulate(scenario, build(scenario), seed, progress)
    return RunResult.of(scenario, seed, tables.frames, (*warnings, *tables.warnings))


def simulate(
    scenario: Scenario,
    spec: "MarketSpec",
    seed: int,
    progress: Progress | None = None,
    watcher: "Watcher | None" = None,
) -> "Tables":
    """Run one seed of a checked and built scenario and return its tables; a spec serves any number of seeds.

    A watcher takes the place of ``progress``: it also sees the market so far and may raise `Stopped`.
    """
    from agents.model import RightsMarketModel
    from scenarios.tables import tables_of
    from scenarios.watching import watched

    model = RightsMarketModel(spec, seed)
    model.run(progress if watcher is None else watched(model, watcher))
    return tables_of(model, scenario.money.currency.en)
