"""Fits the parameters: propose a batch of sets, run them, compare with the observations, write the tables, again.

For set x and observation j, with m the mean over seeds, s their standard deviation and n their number:

    loss(x) = √ mean_j ((z_j − m_j) / σ_j)²                              over the years that are fitted
    implausibility(x) = max_j |z_j − m_j| / √(σ_j² + δ_j² + s_j² / n)     over the same

σ is the standard deviation of the observation and δ that of what the model leaves out. A set with a run that failed, or
that has no value where one was observed (no trade, so no price), has no loss and is ruled out.
"""

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from scenarios.calibration.loading import CalibrationPlan, load_calibration
from scenarios.calibration.observations import simulated, tables_needed
from scenarios.search.evaluation import Evaluator, engine_of
from scenarios.search.folder import CALIBRATION, FINISHED, StudyFolder, begun
from scenarios.search.front import document, put
from scenarios.search.optimiser import Proposer, Trial
from scenarios.search.running import SearchProgress, Watcher
from scenarios.sweeps.engine import Progress
from scenarios.sweeps.executors import Engine

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.calibration.results import CalibrationResult

Floats = npt.NDArray[np.float64]


def calibrate(
    plan: CalibrationPlan | str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    engine: Engine | None = None,
    progress: Watcher | None = None,
) -> "CalibrationResult":
    """Fit the parameters of a calibration; what the folder has already is not run again.

    Parameters
    ----------
    plan : as `load_calibration` or `calibration_of` return it, or the path of a calibration's file.
    folder : where runs and results are kept.
    workers, executor, engine : who makes the runs, as for `scenarios.sweeps.sweep`.
    progress : called after every chunk of runs.

    Raises
    ------
    InputError : where the calibration or the folder cannot be used; nothing was run.
    QuotaLabError : where the disk is full or no worker can be started; what was done is kept.
    """
    from scenarios.calibration.results import CalibrationResult

    if not isinstance(plan, CalibrationPlan):
        plan = load_calibration(plan)
    chosen = engine_of(workers, executor, engine)
    proposer = Proposer(plan.parameters, {"loss": "lower"}, plan.calibration.optimiser)
    middle = {one.name: one.value(0.5) for one in plan.parameters}
    declared = plan.calibration.model_dump(mode="json", by_alias=True)
    kept = begun(folder, CALIBRATION, declared, plan.batch([middle]), plan.observed.to_json(orient="split"))
    kept.write_table("observations", plan.observed)
    total = plan.calibration.optimiser.trials
    state, start = SearchProgress(0, total), perf_counter()
    failed = asked_now = 0

    def tell(inner: Progress) -> None:
        state.tell(inner, asked_now, failed, perf_counter() - start)
        if progress is not None:
            progress(state)

    done: list[Trial] = []
    sets: list[dict[str, Any]] = []
    fitted: list[pd.DataFrame] = []
    with Evaluator(kept.batches, chosen, tell) as evaluator:
        number = 0
        while len(done) < total:
            asked = proposer.batch(number, done)
            asked_now = len(asked)
            more, values = _tried(plan, evaluator, asked, number)
            sets += more
            fitted.append(values)
            done += asked
            number += 1
            failed = state.failed
            state.policies = len(done)
            _save(plan, kept, sets, fitted)
            if progress is not None:
                progress(state)
    kept.write(FINISHED, b"")
    return CalibrationResult.open(Path(folder))


def _tried(
    plan: CalibrationPlan, evaluator: Evaluator, asked: Sequence[Trial], number: int
) -> "tuple[list[dict[str, Any]], pd.DataFrame]":
    """Run the sets of a batch; return a row a set, and what the model has in place of each observation."""
    import pandas as pd

    result = evaluator.runs(plan.batch([trial.values for trial in asked], number), number)
    series = {name: result.series(name) for name in tables_needed(plan.observed)}
    runs = result.runs
    model = simulated(plan.observed, series, runs["run"].tolist())
    model[(runs["stage"] != "").to_numpy()] = np.nan
    sets, fitted = [], []
    for policy, trial in enumerate(asked):
        own = model[(runs["policy"] == policy).to_numpy()]
        mean, sd = _mean_and_sd(own)
        loss, implausibility = judged(plan, own)
        trial.objectives = {"loss": loss} if np.isfinite(loss) else {}
        failed = int((runs.loc[runs["policy"] == policy, "stage"] != "").sum())
        plausible = bool(implausibility < plan.calibration.threshold)
        sets.append(
            {
                "trial": trial.number, **trial.values, "loss": loss, "implausibility": implausibility,
                "plausible": plausible, "runs": len(own), "failed": failed,
            }
        )  # fmt: skip
        fitted.append(
            pd.DataFrame({"trial": trial.number, "observation": np.arange(len(mean)), "mean": mean, "sd": sd})
        )
    return sets, pd.concat(fitted, ignore_index=True)


def _mean_and_sd(model: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation over seeds, (runs, observations) → (observations,); NaN where one has none."""
    sd = model.std(axis=0, ddof=1) if len(model) > 1 else np.where(np.isfinite(model[0]), 0.0, np.nan)
    return model.mean(axis=0), sd


def judged(plan: CalibrationPlan, model: Floats) -> tuple[float, float]:
    """Return loss and implausibility of the runs of one set, (seeds, observations), over the years that are fitted."""
    observed = plan.observed
    kept = ~observed["held_out"].to_numpy()
    value, sd = observed["value"].to_numpy()[kept], observed["sd"].to_numpy()[kept]
    left_out = plan.calibration.observations.model_sd * observed["scale"].to_numpy()[kept]
    mean, between = _mean_and_sd(model[:, kept])
    if not np.isfinite(mean).all():
        return float("nan"), float("inf")
    loss = float(np.sqrt(np.mean(((value - mean) / sd) ** 2)))
    total = np.sqrt(sd**2 + left_out**2 + between**2 / len(model))
    return loss, float(np.max(np.abs(value - mean) / total))


def _save(
    plan: CalibrationPlan, kept: StudyFolder, sets: Sequence[dict[str, Any]], fitted: "Sequence[pd.DataFrame]"
) -> None:
    import pandas as pd

    table = pd.DataFrame(sets)
    table.attrs["units"] = {one.name: one.unit for one in plan.parameters} | {"loss": "standard deviations"}
    kept.write_table("sets", table)
    kept.write_table("fitted", pd.concat(fitted, ignore_index=True))
    if table["loss"].notna().any():
        best = sets[int(table["loss"].idxmin())]
        values = {one.name: best[one.name] for one in plan.parameters}
        name = f"{plan.calibration.name[:50]}-calibrated"
        content = document(plan.calibration, plan.base, plan.parameters, values, name)
        put(plan.calibration, plan.base, kept, {"calibrated": content})
