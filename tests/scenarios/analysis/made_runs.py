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


DECLARED = (
    Parameter("growth", low=0.0, high=0.1, unit="1/year"),
    Parameter("firms", kind="integer", low=1, high=20),
    Parameter("venue", "lever", kind="categorical", values=("call", "listed", "auction", "order_book")),
    Parameter("banking", "lever", kind="switch", values=(False, True)),
    Parameter("cost", low=10.0, high=1000.0, unit="yuan/t"),
)
VENUES = np.array(["call", "listed", "auction", "order_book"])


def planted(points: int = 1500, seeds: int = 1, noise: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """The price is 200 where growth > 0.06, firms 5 to 12, venue call or auction, no banking; elsewhere 100."""
    rng = np.random.default_rng(seed)
    inputs = {
        "growth": 0.1 * rng.random(points), "firms": rng.integers(1, 21, points),
        "venue": VENUES[rng.integers(0, 4, points)], "banking": rng.random(points) < 0.3,
        "cost": 10.0 * 100.0 ** rng.random(points),
    }  # fmt: skip
    inside = (inputs["growth"] > 0.06) & (inputs["firms"] >= 5) & (inputs["firms"] <= 12)
    inside &= np.isin(inputs["venue"], ["call", "auction"]) & ~inputs["banking"]
    price = np.where(inside, 200.0, 100.0)[:, None] + noise * rng.standard_normal((points, seeds))
    runs = joint_runs(np.zeros((points, 0)), (), {"carbon.mean_price": price})
    for name, values in inputs.items():
        runs.insert(5, name, values[runs["point"].to_numpy()])
    return runs
