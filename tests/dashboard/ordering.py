"""Runs of library scenarios as the server orders them."""

from dashboard.store import run_key, scenario_key
from dashboard.tasks import RunRef
from scenarios.loading import load


def order(base: str, seed: int = 0, folder: str = "", **overrides: object) -> RunRef:
    """Return a run; double underscores in the names of overrides stand for dots."""
    values = {name.replace("__", "."): value for name, value in overrides.items()}
    scenario = load(base, values)
    return RunRef(
        base=base,
        overrides=values,
        seed=seed,
        key=run_key(scenario, seed),
        scenario_key=scenario_key(scenario),
        name=scenario.name,
        folder=folder,
    )
