"""`mesa.batch_run` on a scenario gives the numbers of our own runner, in this process and in others."""

import gc
import weakref

import mesa
import numpy as np
import pytest

import scenarios
from scenarios import load, run
from scenarios.errors import InputError
from scenarios.neighbours.mesa_model import ScenarioModel, seed_of

CAP = "instruments.carbon.cap.initial"
NOISE = "world.activity_sd"


def batch(parameters, **options):
    return mesa.batch_run(ScenarioModel, parameters, display_progress=False, **options)


def assert_as_runner(row, scenario, overrides, seed):
    expected = run(load(scenario, overrides), seed).kpis
    got = {name: value for name, value in row.items() if name in expected.index}
    assert list(got) == list(expected.index)
    np.testing.assert_array_equal(list(got.values()), expected.to_numpy())
    assert row["seed"] == seed


def test_it_is_a_public_name():
    assert scenarios.ScenarioModel is ScenarioModel


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_batch_run_gives_the_numbers_of_the_runner(processes):
    rows = batch(
        {"scenario": "textbook-montgomery", "rng": [3, 4], CAP: [200, 240], NOISE: 0.1}, number_processes=processes
    )
    rows.sort(key=lambda row: row["RunId"])
    assert [(row["rng"], row[CAP]) for row in rows] == [(3, 200), (3, 240), (4, 200), (4, 240)]
    for row in rows:
        assert_as_runner(row, "textbook-montgomery", {CAP: row[CAP], NOISE: 0.1}, row["rng"])
    assert len({row["carbon.mean_price"] for row in rows}) == 4


def test_several_venues_and_years():
    overrides = {"instruments.carbon.venues": "order_book", "calendar.years": 2, "recording.firms": False}
    (row,) = batch({"scenario": "textbook-banking", "rng": 1, **overrides})
    assert_as_runner(row, "textbook-banking", overrides, 1)
    venues = "listed+block"
    (row,) = batch({"scenario": "textbook-banking", "rng": 1, "instruments.carbon.venues": venues, "calendar.years": 2})
    assert_as_runner(row, "textbook-banking", {"instruments.carbon.venues": venues, "calendar.years": 2}, 1)
    assert any(name.count(".") == 2 for name in row if name.startswith("carbon."))


def test_what_is_collected_is_known_before_the_run():
    model = ScenarioModel("textbook-banking", 0, **{"instruments.carbon.venues": "listed+block", "calendar.years": 2})
    known = list(model.datacollector.model_vars)
    model.run_model()
    assert known == ["seed", *model.indicators.index]


def test_levers_are_the_values_that_they_stand_for():
    (row,) = batch({"scenario": "textbook-banking", "rng": 1, "carbon.cap_scale": 90, "calendar.years": 2})
    caps = {2025: 81.0, 2026: 72.0, 2027: 63.0, 2028: 54.0, 2029: 45.0, 2030: 40.5}
    assert_as_runner(row, "textbook-banking", {"instruments.carbon.cap.values": caps, "calendar.years": 2}, 1)
    collar = ScenarioModel("textbook-banking", 0, **{"carbon.floor": 5.0, "carbon.ceiling": 30.0}).declaration
    (rule,) = collar.instruments["carbon"].containment
    assert (rule.floor.prices, rule.ceiling.prices) == ({2025: 5.0}, {2025: 30.0})
    with pytest.raises(InputError, match=r"carbon\.cap_size: there is no such lever. Did you mean carbon\.cap_scale"):
        ScenarioModel("textbook-banking", rng=0, **{"carbon.cap_size": 90})


def test_it_stops_by_itself_and_stays_as_it_is():
    model = ScenarioModel("textbook-montgomery", rng=0)
    model.run_model()
    assert (model.running, model.steps, model.done) == (False, model.spec.total_periods, True)
    before = model.indicators.copy()
    model.step()
    assert model.indicators.equals(before)
    collected = model.datacollector.get_model_vars_dataframe()
    assert len(collected) == model.spec.total_periods
    assert collected["carbon.mean_price"].isna().sum() == model.spec.total_periods - 1


def test_every_step_can_be_collected_and_a_run_cut_off_has_no_indicators():
    rows = batch({"scenario": "textbook-montgomery", "rng": 0}, data_collection_period=1)
    assert [row["Step"] for row in rows] == list(range(12))
    assert np.isnan([row["carbon.mean_price"] for row in rows[:-1]]).all()
    (cut,) = batch({"scenario": "textbook-montgomery", "rng": 0}, max_steps=5)
    assert cut["Step"] == 5
    assert np.isnan(cut["carbon.mean_price"])


def test_seeds_by_every_name():
    assert ScenarioModel("textbook-montgomery", seed=7).seed_number == 7
    assert ScenarioModel("textbook-montgomery", rng=np.int64(7)).seed_number == 7
    assert (
        seed_of(np.random.SeedSequence(1)) == seed_of(np.random.SeedSequence(1)) != seed_of(np.random.SeedSequence(2))
    )
    assert seed_of(np.random.default_rng(1)) == seed_of(np.random.default_rng(1))
    assert ScenarioModel("textbook-montgomery").seed_number != ScenarioModel("textbook-montgomery").seed_number
    with pytest.raises(ValueError, match="give one of them"):
        ScenarioModel("textbook-montgomery", rng=1, seed=1)


def test_a_mistake_is_named_before_anything_runs():
    with pytest.raises(InputError, match=r"instruments\.carbon\.cap\.inital"):
        ScenarioModel("textbook-montgomery", rng=0, **{"instruments.carbon.cap.inital": 200})


def test_accounts_are_agents_and_the_model_goes_when_it_is_done():
    model = ScenarioModel("textbook-montgomery", rng=0)
    assert len(model.agents) == 5
    model.run_model()
    assert model.agents.select(lambda firm: firm.flow("carbon") >= 0)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
