"""A sweep as a problem of SALib, and its function: the numbers of our own runner."""

import logging
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from scenarios import load, run
from scenarios.neighbours.point_function import PointFunction
from scenarios.neighbours.salib import salib_function, salib_problem
from scenarios.sweeps import sweep_of

DECLARED = {
    "name": "caps",
    "scenario": "textbook-montgomery",
    "overrides": {"world.activity_sd": 0.1},
    "levers": {
        "cap": {"path": "instruments.carbon.cap.initial", "low": 180, "high": 260},
        "carbon.mechanism": {"values": ["call", "posted"]},
    },
    "uncertainties": {
        "penalty": {"path": "instruments.carbon.penalty.rate", "low": 100, "high": 10000, "scale": "log"},
        "rounds": {"low": 0, "high": 2},
    },
    "seeds": [5],
}

ROOMY = {
    "name": "roomy",
    "scenario": "textbook-montgomery",
    "levers": {"cap": {"path": "instruments.carbon.cap.initial", "low": 200, "high": 900}},
}


@pytest.fixture(scope="module")
def plan():
    return sweep_of(DECLARED)


def by_runner(cap, mechanism, penalty, rounds):
    values = {
        "instruments.carbon.cap.initial": cap,
        "instruments.carbon.venues": mechanism,
        "instruments.carbon.penalty.rate": penalty,
        "rounds": rounds,
        "world.activity_sd": 0.1,
    }
    return run(load("textbook-montgomery", values), 5).kpis


def test_the_problem_is_in_the_units_of_the_parameters(plan):
    assert salib_problem(plan.parameters) == {
        "num_vars": 4,
        "names": ["cap", "carbon.mechanism", "penalty", "rounds"],
        "bounds": [[180.0, 260.0], [0.0, 2.0], [100.0, 10000.0], [0.0, 3.0]],
        "dists": ["unif", "unif", "logunif", "unif"],
    }


def test_every_row_is_the_run_that_the_runner_makes(plan):
    rows = [(200.0, 0.3, 500.0, 1.9), (250.5, 1.0, 100.0, 0.0), (180.0, 2.0, 9999.0, 3.0)]
    meant = [(200.0, "call", 500.0, 1), (250.5, "posted", 100.0, 0), (180.0, "posted", 9999.0, 2)]
    names = ["carbon.mean_price", "actual_cost"]
    expected = np.array([by_runner(*row)[names].tolist() for row in meant])
    np.testing.assert_array_equal(salib_function(plan, names)(rows), expected)
    one = salib_function(plan, "actual_cost")
    np.testing.assert_array_equal(one(np.array(rows)), expected[:, 1])
    with ThreadPoolExecutor(2) as executor:
        np.testing.assert_array_equal(salib_function(plan, "actual_cost", executor=executor)(rows), expected[:, 1])
    with pytest.raises(ValueError, match="3 columns and the sweep 4"):
        one([[200.0, 0.0, 500.0]])
    with pytest.raises(ValueError, match="range of rounds"):
        one([[200.0, 0.0, 500.0, 4.0]])


def test_the_function_of_a_point_goes_to_other_processes(plan):
    function = PointFunction.of(plan, ["actual_cost"])
    values = {"cap": 200.0, "carbon.mechanism": "posted", "penalty": 500.0, "rounds": 1}
    assert pickle.loads(pickle.dumps(function))(**values) == function(**values)  # noqa: S301 - our own bytes


def test_a_price_that_is_not_there_is_nan_and_said_in_the_log(plan, caplog):
    with caplog.at_level(logging.WARNING):  # a cap far above what anybody emits: nobody buys
        found = salib_function(sweep_of(ROOMY), "carbon.mean_price")([[900.0], [200.0]])
    assert np.isnan(found).tolist() == [True, False]
    assert "1 of 2 points have no value" in caplog.text


def test_a_sample_of_salib_and_a_design_of_a_sweep_are_the_same_points(plan):
    from SALib.sample import sobol

    declared = {**DECLARED, "design": {"kind": "sobol", "points": 4, "seed": 1}}
    points = sweep_of(declared).points
    problem = salib_problem(plan.parameters)
    sample = sobol.sample(problem, 4, calc_second_order=False, seed=1)
    assert len(sample) == len(points)
    np.testing.assert_array_equal(sample[:, 0], points["cap"])
    np.testing.assert_array_equal(np.floor(sample[:, 3]), points["rounds"])
    np.testing.assert_allclose(sample[:, 2], points["penalty"])
    assert [["call", "posted"][int(place)] for place in sample[:, 1]] == points["carbon.mechanism"].tolist()


@pytest.mark.slow
def test_indices_of_a_market_whose_price_depends_on_its_cap_alone():
    from SALib import ProblemSpec

    declared = {
        "name": "still",
        "scenario": "textbook-montgomery",
        "levers": {"cap": {"path": "instruments.carbon.cap.initial", "low": 200, "high": 240}},
        "uncertainties": {"sd": {"path": "world.water_sd", "low": 0.0, "high": 0.2}},  # there is no water in it
        "outcomes": ["carbon.last_reference_price"],
    }
    plan = sweep_of(declared)
    problem = ProblemSpec(salib_problem(plan.parameters))
    evaluate = salib_function(plan, "carbon.last_reference_price")
    found = problem.sample_sobol(16, calc_second_order=False, seed=2).evaluate(evaluate)
    indices = found.analyze_sobol(calc_second_order=False, seed=3).analysis
    assert indices["ST"] == pytest.approx([1.0, 0.0], abs=0.15)
