"""Sweeps from files and from Python: what is refused, all of it at once, with file, line, key and remedy."""

import pytest

from scenarios.errors import InputError
from scenarios.loading import load
from scenarios.sweeps import load_sweep, sweep_of
from scenarios.sweeps.declared import Until
from scenarios.sweeps.parameters import overrides_of
from scenarios.sweeps.studies import studies, study

GOOD = """\
sweep: 1
name: good
scenario: textbook-banking
levers:
  cap: {path: carbon.cap_scale, low: 80, high: 100}
  venue: {path: instruments.carbon.venues, values: [call, order_book]}
uncertainties:
  rate: {path: behaviours.0.discount_rate, low: 0.01, high: 0.1, scale: log}
seeds: 3
"""


def written(folder, text):
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(folder, text):
    with pytest.raises(InputError) as caught:
        load_sweep(written(folder, text))
    return [(problem.line, problem.key, problem.message, problem.remedy) for problem in caught.value.problems]


def test_a_good_sweep(tmp_path):
    plan = load_sweep(written(tmp_path, GOOD))
    assert [one.kind for one in plan.parameters] == ["continuous", "categorical", "continuous"]
    assert [one.unit for one in plan.parameters] == ["%", "", "per year"]
    assert len(plan.points) == 5 * 2 * 5  # a grid of five values is the default
    assert plan.most_runs == 150


def test_values_can_be_replaced_as_in_scenarios(tmp_path):
    plan = load_sweep(written(tmp_path, GOOD), {"seeds": 1, "levers.cap.low": 90, "overrides.rounds": 2})
    assert plan.seeds == (0,)
    assert plan.points["cap"].min() == 90
    assert plan.base.scenario.rounds == 2


def test_a_lever_is_worked_out_on_the_scenario(tmp_path):
    plan = load_sweep(written(tmp_path, GOOD))
    own = load("textbook-banking").instruments["carbon"].cap.values
    values = {"cap": 80.0, "venue": "order_book", "rate": 0.02}
    scenario = plan.base.at(plan.parameters, values)
    assert scenario.instruments["carbon"].cap.values == {year: pytest.approx(0.8 * cap) for year, cap in own.items()}
    assert scenario.instruments["carbon"].venues[0].mechanism.kind == "order_book"
    assert scenario.behaviours[0].discount_rate == 0.02
    given = overrides_of(plan.parameters, values, plan.base.plain)
    assert given["behaviours.0.discount_rate"] == 0.02
    assert scenario == load("textbook-banking", given)


def test_kinds_come_from_the_schema():
    plan = sweep_of({
        "name": "t", "scenario": "textbook-banking",
        "levers": {
            "rounds": {"low": 0, "high": 2},
            "goods": {"path": "instruments.carbon.penalty.make_good", "values": [True, False]},
            "cap2030": {"path": "instruments.carbon.cap.values.2030", "values": [40, 45.5]},
            "carry": {
                "path": "instruments.carbon.banking",
                "values": {"free": {"kind": "full"}, "none": {"kind": "none"}},
            },
        },
    })  # fmt: skip
    assert [one.kind for one in plan.parameters] == ["integer", "switch", "continuous", "categorical"]
    assert plan.parameters[2].unit == "unit/year"
    assert plan.points["rounds"].dtype == "int64"
    assert plan.points["goods"].dtype == "bool"
    assert set(plan.points["carry"]) == {"free", "none"}


def test_every_mistake_at_once(tmp_path):
    text = GOOD.replace("carbon.cap_scale", "carbon.cap_scal").replace("order_book]", "order_bok]")
    text = text.replace("low: 0.01", "low: -0.01").replace("scale: log", "scale: linear")
    text += "outcomes: [carbon.mean_prize]\nseries: [marketts]\n"
    found = problems_of(tmp_path, text)
    assert [(line, key) for line, key, *_ in found] == [
        (5, "levers.cap.path"),
        (10, "outcomes.0"),
        (11, "series.0"),
    ]  # values are tried once every path is known
    assert found[0][3] == "Did you mean carbon.cap_scale?"
    assert found[1][3] == "Did you mean carbon.mean_price?"
    assert found[2][3] == "Did you mean markets?"


def test_bounds_of_the_schema_and_unknown_categories(tmp_path):
    text = GOOD.replace("order_book]", "order_bok]").replace("low: 0.01, high: 0.1, scale: log", "low: -0.01, high: 2")
    found = problems_of(tmp_path, text)
    assert [(line, key) for line, key, *_ in found] == [
        (6, "levers.venue.values.1"),
        (8, "uncertainties.rate.low"),
        (8, "uncertainties.rate.high"),
    ]
    assert "order_bok" in found[0][2]
    assert "-0.01 is not at least 0" in found[1][2]
    assert "2.0 is not at most 1" in found[2][2]


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ("low: 80, high: 100", "low: 100, high: 80", "levers.cap", "low (100) is not below high (80)"),
        ("low: 80, high: 100", "low: 80", "levers.cap", "low and high are needed together"),
        ("low: 80, high: 100", "values: []", "levers.cap", "the list of values is empty"),
        ("low: 80, high: 100", "values: [90, 90]", "levers.cap.values", "the value 90 is given twice"),
        ("low: 0.01, high: 0.1", "low: 0, high: 0.1", "uncertainties.rate", "needs a low above zero"),
        ("seeds: 3", "seeds: [1, 1]", "sweep", "the seeds are no list of different whole numbers"),
        ("seeds: 3", "sedes: 3", "sedes", "the key is not known"),
        ("textbook-banking", "textbook-bankin", "scenario", "no scenario 'textbook-bankin'"),
        ("name: good", "name: Good Name", "name", "is not a name that can be used here"),
        ("levers:", "design: {kind: sobol, points: 12}\nlevers:", "design", "are not a power of two"),
        ("levers:", "design: {kind: grid, points: {cup: 3}}\nlevers:", "design.points.cup", "'cup' is no parameter"),
        ("  rate:", "  cap:", "sweep", "cap is both a lever and an uncertainty"),
        ("  cap:", "  seed:", "levers.seed", "the name is that of a column of the results"),
        ("venue: {path: instruments.carbon.venues, values: [call, order_book]}",
         "venue: {path: instruments.carbon.venues, low: 1, high: 2}", "levers.venue.path", "is no number"),
        ("seeds: 3", "seeds: {outcome: efficienzy, half_width: 1}", "seeds.outcome", "no indicator is called"),
    ],
)  # fmt: skip
def test_single_mistakes(tmp_path, old, new, key, told):
    assert old in GOOD
    found = problems_of(tmp_path, GOOD.replace(old, new, 1))
    assert [problem[1] for problem in found] == [key], found
    assert told in found[0][2]
    assert found[0][3]


def test_values_that_do_not_go_together_are_found_before_the_first_run():
    floor = {"path": "carbon.floor", "low": 10, "high": 60}
    ceiling = {"path": "carbon.ceiling", "low": 40, "high": 90}
    with pytest.raises(InputError) as caught:
        sweep_of({"name": "t", "scenario": "textbook-banking", "levers": {"floor": floor, "ceiling": ceiling}})
    assert caught.value.problems[0].key == "design"
    assert caught.value.problems[0].message.startswith("point 15 (floor 47.5, ceiling 40.0)")


def test_a_design_too_large_is_refused_before_its_points_are_made():
    levers = {f"p{year}": {"path": f"instruments.carbon.cap.values.{year}", "low": 1, "high": 2} for year in
              range(2025, 2039)}  # fmt: skip
    with pytest.raises(InputError) as caught:
        sweep_of({"name": "t", "scenario": "textbook-banking", "levers": levers})
    assert "more than 100,000,000 runs" in caught.value.problems[0].message


def test_seeds_until_an_interval_is_narrow():
    until = {"outcome": "efficiency", "half_width": 0.01}
    plan = sweep_of(
        {"name": "t", "scenario": "textbook-banking", "levers": {"rounds": {"values": [0, 1]}}, "seeds": until}
    )
    assert isinstance(plan.sweep.seeds, Until)
    assert len(plan.seeds) == 100


@pytest.mark.parametrize("name", sorted(studies()))
def test_studies_that_ship_are_whole(name):
    text = study(name).read_text(encoding="utf-8")
    if text.partition("sweep: 1")[1]:
        plan = load_sweep(study(name))
        assert plan.sweep.name == name
        assert 40 <= plan.most_runs <= 400


def test_python_declares_a_sweep_with_plain_data_only():
    with pytest.raises(InputError, match="no plain data"):
        sweep_of({"name": "t", "scenario": "textbook-banking", "levers": {"x": object()}})
