"""A scenario as a Mesa model that makes itself from plain values: the class for ``mesa.batch_run``.

It is the model that our own runner steps, and its indicators are worked out by the same functions, so that the same
scenario, values and seed give the same numbers.
"""

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from agents.model import RightsMarketModel
from scenarios.errors import InputError, Problem
from scenarios.schema import Scenario
from scenarios.sweeps.outcomes import outcome_names
from scenarios.sweeps.parameters import Parameter, overrides_of

if TYPE_CHECKING:
    import pandas as pd

Seed = int | np.integer[Any] | np.random.SeedSequence | np.random.Generator | None


class ScenarioModel(RightsMarketModel):
    """One run of a scenario, which stops by itself after the last deadline.

    Parameters
    ----------
    scenario : a name that `scenarios.load` knows, or the path of a YAML file.
    rng : seed of the run. A whole number is the seed that `scenarios.run` takes; none gives another run every time.
    seed : the same, by Mesa's older name.
    overrides : values of the scenario by dotted path, or levers such as ``carbon.cap_scale``. Names with dots go into
        a call through a mapping: ``ScenarioModel("textbook-montgomery", rng=0, **{"carbon.cap_scale": 90})``.

    Attributes
    ----------
    indicators : every indicator by name, units in ``indicators.attrs["units"]``; None until the run is over.
    warnings : everything that the run has to say about itself.
    datacollector : one value a step for each indicator, NaN before the last step; and the seed.

    Raises
    ------
    InputError : where the scenario or a value is wrong.

    Examples
    --------
    >>> from mesa import batch_run
    >>> rows = batch_run(
    ...     ScenarioModel,
    ...     {"scenario": "textbook-montgomery", "rng": [0, 1], "instruments.carbon.cap.initial": [200, 240]},
    ...     display_progress=False,
    ... )
    >>> [round(row["carbon.mean_price"], 2) for row in rows]
    [22.07, 16.55, 22.07, 16.55]

    Notes
    -----
    ``batch_run`` goes through a list value by value, and through a mapping by its keys; a value that is itself a list
    or a mapping is given inside a list of one. It cuts a run off after ``max_steps`` + 1 steps, and it then has no
    indicators but NaN.
    ``iterations`` repeats a run with the same seed; give several seeds as ``"rng": [0, 1, 2]`` instead.
    """

    def __init__(
        self, scenario: str | os.PathLike[str], rng: Seed = None, seed: int | None = None, **overrides: Any
    ) -> None:
        from scenarios.build import build
        from scenarios.checks import check
        from scenarios.loading import load

        if rng is not None and seed is not None:
            raise ValueError("rng and seed are two names of one value; give one of them")
        # Mesa has a `scenario` of its own in later versions, so this one is the declaration of the run.
        self.declaration: Scenario = load(scenario, _by_path(scenario, overrides))
        self.warnings = tuple(str(warning) for warning in check(self.declaration))
        super().__init__(build(self.declaration), seed_of(seed if rng is None else rng))
        self.indicators: pd.Series[float] | None = None
        reporters: dict[str, Any] = {name: partial(_indicator, name=name) for name in outcome_names(self.declaration)}
        self.datacollector = mesa.DataCollector({"seed": "seed_number", **reporters})

    def step(self) -> None:
        """Run one period; the last one works out the indicators and ends the run. Later calls change nothing."""
        if self.done:
            return
        super().step()
        if self.done:
            self._finish()
        self.datacollector.collect(self)

    def _finish(self) -> None:
        from scenarios.kpis import kpis_of
        from scenarios.tables import tables_of

        self.running = False
        tables = tables_of(self, self.declaration.money.currency.en)
        self.warnings += tables.warnings
        self.indicators = kpis_of(tables.frames, self.declaration)
        # Mesa 3.3.1 counts ids in a table of all models, which keeps every model with agents in memory for good.
        getattr(mesa.Agent, "_ids", {}).pop(self, None)


def seed_of(rng: Seed) -> int:
    """Return the whole number that a run is seeded with; a number is itself, none is a fresh one."""
    if rng is None:
        rng = np.random.SeedSequence()
    if isinstance(rng, np.random.SeedSequence):
        return int(rng.generate_state(1)[0])
    if isinstance(rng, np.random.Generator):
        return int(rng.integers(2**32))
    return int(rng)


def _by_path(scenario: str | os.PathLike[str], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return overrides by dotted path only: levers of an instrument become the values that they stand for."""
    from scenarios.levers import levers
    from scenarios.loading import load
    from scenarios.messages import suggestion

    if all(name.startswith("instruments.") or "." not in name for name in overrides):
        return dict(overrides)
    base = load(scenario)
    known = {lever.name for lever in levers(base)}
    problems = [
        Problem(os.fspath(scenario), 0, name, "there is no such lever", suggestion(name, sorted(known), "Levers"))
        for name in overrides
        if name.partition(".")[0] in base.instruments and name not in known
    ]
    if problems:
        raise InputError(problems)
    parameters = [Parameter(name, "lever", name, "continuous") for name in overrides]
    return overrides_of(parameters, overrides, base.model_dump(mode="json", by_alias=True))


def _indicator(model: ScenarioModel, name: str) -> float:
    return np.nan if model.indicators is None else float(model.indicators.get(name, np.nan))
