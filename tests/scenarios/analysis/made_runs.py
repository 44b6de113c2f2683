"""Frames of runs made by hand: designs, functions and noise that the tests know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Parameter:
    """What the analysis asks of a parameter."""

    name: str
    role: str = "uncertainty"
    path: str = ""
    kind: str = "continuous"
    low: float = 0.0
    high: float = 1.0
    values: tuple[Any, ...] = ()
    unit: str = ""


def parameters(names: Sequence[str], role: str = "uncertainty", **more: Any) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, role, name, **more) for name in names)


def joint_runs(
    sample: np.ndarray, names: Sequence[str], outcomes: dict[str, np.ndarray], unit: str = "yuan/tCO2"
) -> pd.DataFrame:
    """Runs of a joint design: a point a row of the sample; outcomes are (rows, seeds), NaN where a run failed."""
    rows, seeds = next(iter(outcomes.values())).shape
    point = np.repeat(np.arange(rows), seeds)
    columns: dict[str, Any] = {"run": np.arange(rows * seeds)}
    columns |= {"point": point, "policy": point, "world": point, "seed": np.tile(np.arange(seeds) + 100, rows)}
    columns |= {name: sample[point, i] for i, name in enumerate(names)}
    failed = np.isnan(next(iter(outcomes.values()))).ravel()
    columns |= {"stage": np.where(failed, "running", ""), "message": np.where(failed, "it broke", "")}
    columns |= {name: values.ravel() for name, values in outcomes.items()}
    frame = pd.DataFrame(columns)
    frame.attrs["units"] = dict.fromkeys(outcomes, unit)
    return frame


def crossed_runs(
    policies: dict[str, Sequence[Any]], worlds: dict[str, Sequence[Any]], seeds: int,
    outcomes: dict[str, Callable[[dict[str, np.ndarray], np.ndarray], np.ndarray]],
) -> pd.DataFrame:  # fmt: skip
    """Runs of policies crossed with worlds; an outcome is a function of the columns by name and of the seed."""
    number = len(next(iter(policies.values())))
    breadth = len(next(iter(worlds.values())))
    policy, world, seed = (one.ravel() for one in np.indices((number, breadth, seeds)))
    columns: dict[str, Any] = {"run": np.arange(policy.size), "point": policy * breadth + world}
    columns |= {"policy": policy, "world": world, "seed": seed + 100}
    columns |= {name: np.asarray(values)[policy] for name, values in policies.items()}
    columns |= {name: np.asarray(values)[world] for name, values in worlds.items()}
    made = {name: np.asarray(function(columns, seed), dtype=float) for name, function in outcomes.items()}
    frame = pd.DataFrame({**columns, "stage": "", "message": "", **made})
    frame.attrs["units"] = dict.fromkeys(outcomes, "yuan/tCO2")
    return frame


def fail(runs: pd.DataFrame, which: Sequence[int], outcomes: Sequence[str]) -> pd.DataFrame:
    """The same runs, some of them failed."""
    rows = runs["run"].isin(list(which))
    made = runs.copy()
    made.loc[rows, "stage"], made.loc[rows, "message"] = "running", "it broke"
    made.loc[rows, list(outcomes)] = np.nan
    return made
