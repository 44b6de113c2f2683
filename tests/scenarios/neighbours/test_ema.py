"""A sweep as a model of the EMA Workbench: what it declares, and the numbers of our own runner."""

import logging
import math
import warnings

import numpy as np
import pytest

from scenarios import load, run
from scenarios.neighbours.ema import direction_of, ema_model
from scenarios.sweeps import sweep_of

with warnings.catch_warnings():  # it says that it could use ipyparallel
    warnings.simplefilter("ignore")
    import ema_workbench as ema

DECLARED = {
    "name": "every-kind",
    "scenario": "textbook-montgomery",
    "overrides": {"world.activity_sd": 0.1},
    "levers": {
        "cap": {"path": "instruments.carbon.cap.initial", "low": 180, "high": 260},
        "carbon.mechanism": {"values": ["call", "posted"]},
        "keep": {"path": "recording.firms", "values": [True, False]},
    },
    "uncertainties": {
        "penalty": {"path": "instruments.carbon.penalty.rate", "low": 100, "high": 10000, "scale": "log"},
        "rounds": {"low": 0, "high": 2},
        "persistence": {"path": "world.persistence", "values": [0.0, 0.5, 0.9]},
        "sd": {"path": "world.common_share", "values": [0.5]},
    },
    "seeds": [3, 4],
    "outcomes": ["carbon.mean_price", "actual_cost", "carbon.compliance_rate"],
}
PATHS = {
    "cap": "instruments.carbon.cap.initial",
    "carbon.mechanism": "instruments.carbon.venues",
    "keep": "recording.firms",
    "penalty": "instruments.carbon.penalty.rate",
    "persistence": "world.persistence",
    "sd": "world.common_share",
}


@pytest.fixture(scope="module")
def plan():
    return sweep_of(DECLARED)


def mean_of_runs(values):
    """The same point by the runner, each value by its path."""
    overrides = {PATHS.get(name, name): value for name, value in values.items()}
    scenario = load("textbook-montgomery", {"world.activity_sd": 0.1, **overrides})
    return sum(run(scenario, seed).kpis for seed in (3, 4)) / 2


def test_parameters_and_outcomes_are_those_of_the_sweep(plan):
    model = ema_model(plan)
    assert {one.name: type(one).__name__ for one in model.levers} == {
        "cap": "RealParameter",
        "carbon.mechanism": "CategoricalParameter",
        "keep": "BooleanParameter",
    }
    assert {one.name: type(one).__name__ for one in model.uncertainties} == {
        "penalty": "RealParameter",
        "rounds": "IntegerParameter",
        "persistence": "CategoricalParameter",
    }
    assert [(one.name, one.value) for one in model.constants] == [("sd", 0.5)]
    cap, penalty, rounds = model.levers["cap"], model.uncertainties["penalty"], model.uncertainties["rounds"]
    assert (cap.lower_bound, cap.upper_bound) == (180, 260)
    assert (rounds.lower_bound, rounds.upper_bound) == (0, 2)
    assert penalty.dist.ppf([0.0, 0.5, 1.0]) == pytest.approx([100, 1000, 10000])
    assert {one.name: one.kind for one in model.outcomes} == {
        "carbon.mean_price": ema.ScalarOutcome.INFO,
        "actual_cost": ema.ScalarOutcome.MINIMIZE,
        "carbon.compliance_rate": ema.ScalarOutcome.MAXIMIZE,
    }


def test_directions_of_indicators():
    assert direction_of("carbon.block.price_volatility") == "lower"
    assert direction_of("efficiency") == "higher"


def test_the_sequential_evaluator_gives_the_numbers_of_the_runner(plan):
    with ema.SequentialEvaluator(ema_model(plan)) as evaluator:
        experiments, outcomes = evaluator.perform_experiments(scenarios=3, policies=2)
    assert len(experiments) == 6
    names = [*DECLARED["levers"], *DECLARED["uncertainties"]]
    names.remove("sd")
    for index, row in enumerate(experiments.to_dict("records")):
        values = {name: row[name] for name in names} | {"sd": 0.5}
        values["rounds"] = int(values["rounds"])
        values["keep"] = str(values["keep"]) == "True"
        expected = mean_of_runs(values)
        for name in DECLARED["outcomes"]:
            np.testing.assert_allclose(outcomes[name][index], expected[name], rtol=1e-12, err_msg=name)
    assert len(set(outcomes["carbon.mean_price"])) == 6


def test_seeds_and_outcomes_can_be_others(plan):
    one = ema_model(plan, outcomes=["efficiency"], seeds=[9]).function
    values = {"cap": 200.0, "carbon.mechanism": "call", "keep": True, "penalty": 1000.0, "rounds": 0}
    values |= {"persistence": 0.5, "sd": 0.5}
    overrides = {PATHS.get(name, name): value for name, value in values.items()}
    expected = run(load("textbook-montgomery", {"world.activity_sd": 0.1, **overrides}), 9).kpis["efficiency"]
    assert one(**values) == {"efficiency": expected}


def test_a_point_that_fails_is_nan_and_said_in_the_log(plan, caplog):
    function = ema_model(plan).function
    values = {"cap": -5.0, "carbon.mechanism": "call", "keep": True, "penalty": 1000.0, "rounds": 0}
    with caplog.at_level(logging.WARNING):
        found = function(**values, persistence=0.5, sd=0.5)
    assert all(math.isnan(value) for value in found.values())
    assert "cap -5.0" in caplog.text
