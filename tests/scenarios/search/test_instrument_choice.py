"""The search finds the best quota, floor and ceiling under uncertain costs (Weitzman 1974, Roberts and Spence 1976).

Whole runs of two years: in the second year the demand for rights is shocked, once a world; welfare comes from flows.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from market.reference.instrument_choice import UncertainCosts, best_collar, welfare
from scenarios.loading import load
from scenarios.search import SearchResult, search, search_of
from scenarios.search.loading import SearchPlan
from scenarios.sweeps.executors import processes
from scenarios.validation.instrument_choice import normal

FOLDER = Path(__file__).parent / "instrument-choice"
COSTS = UncertainCosts(60.0, 0.2, 10.0, 0.5, 8.0)
BASELINE, FIXED, FIRST_CAP = 200.0, 100.0, 200.0
SHOCKS = 8
"""Strata of the shock; the optimum of so few is within 0.1 % of that of the normal distribution."""


def loss(runs: pd.DataFrame) -> float:
    """Minus expected welfare: emissions of the second year are what the first, which has no shock, leaves of all."""
    caps = FIRST_CAP + runs["cap"]
    first = BASELINE - (runs["floor"] - COSTS.cost_intercept) / COSTS.cost_slope  # at its loose cap the floor holds
    emitted = runs["right.flow_to_cap"] * caps - first
    shock = runs["shock"] * FIXED * COSTS.cost_slope
    return -float(np.mean([welfare(COSTS, BASELINE - e, s) for e, s in zip(emitted, shock, strict=True)]))


def plan(trials: int = 60, seed: int = 0) -> SearchPlan:
    shocks = normal(COSTS.deviation)((np.arange(SHOCKS) + 0.5) / SHOCKS) / COSTS.cost_slope / FIXED
    venue = "instruments.right.venues.0.mechanism"
    declared = {
        "name": "instrument-choice",
        "scenario": "scenario.yaml",
        "decisions": {
            "floor": {"path": f"{venue}.floor", "low": 40.0, "high": 45.5},
            "ceiling": {"path": f"{venue}.ceiling", "low": 46.0, "high": 52.0},
            "cap": {"path": "instruments.right.cap.values.2026", "low": 118.0, "high": 140.0},
        },
        "worlds": {"uncertainties": {"shock": {"path": "world.growth.fixed", "values": shocks.tolist()}}},
        "optimiser": {"trials": trials, "batch": 10, "seed": seed},
    }
    return search_of(declared, FOLDER, {"loss": loss})


@pytest.mark.slow
def test_search_finds_the_best_collar(tmp_path: Path) -> None:
    found = search(plan(), tmp_path / "search", workers=2)
    best, known = found.best, best_collar(COSTS)
    assert (known.floor, known.ceiling, known.quota) == pytest.approx((43.4621, 47.9664, 71.4286), abs=1e-4)
    assert best["floor"] == pytest.approx(known.floor, rel=0.02)
    assert best["ceiling"] == pytest.approx(known.ceiling, rel=0.02)
    assert BASELINE - best["cap"] == pytest.approx(known.quota, rel=0.02)
    assert -best["loss"] == pytest.approx(known.welfare, rel=0.005)
    assert found.finished
    (file,) = found.files  # one objective, one best policy, as a scenario that loads
    rule = load(file).instruments["right"]
    assert rule.venues[0].mechanism.floor == best["floor"]
    assert rule.cap.values[2026] == best["cap"]


@pytest.mark.slow
def test_search_is_the_same_when_interrupted_and_with_other_workers(tmp_path: Path) -> None:
    whole = search(plan(6 * 2, seed=3), tmp_path / "whole", workers=1)

    class Stop(Exception):
        pass

    def stop(progress) -> None:
        if progress.policies >= 10 and progress.runs > 0:
            raise Stop

    with pytest.raises(Stop):
        search(plan(6 * 2, seed=3), tmp_path / "parts", workers=1, progress=stop)
    half = SearchResult.open(tmp_path / "parts")
    assert not half.finished
    assert len(half.policies) == 10
    assert len(half.files) == 1
    rest = search(plan(6 * 2, seed=3), tmp_path / "parts", engine=processes(2))
    pd.testing.assert_frame_equal(rest.policies, whole.policies)
    pd.testing.assert_frame_equal(rest.runs, whole.runs)
    assert [file.read_bytes() for file in rest.files] == [file.read_bytes() for file in whole.files]
