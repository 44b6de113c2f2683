"""Designs: values from the unit interval and back, sizes, orders that analyses expect, tables and lists."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.errors import InputError
from scenarios.loading import Origin
from scenarios.sweeps import sweep_of
from scenarios.sweeps.declared import Grid, LatinHypercube, Listed, Morris, Sobol, Table
from scenarios.sweeps.designs import UNIT_CUBE, sample, size_of
from scenarios.sweeps.parameters import Parameter

ORIGIN = Origin("sweep")
NUMBER = Parameter("x", "lever", "x", "continuous", 2.0, 6.0)
LOG = Parameter("k", "lever", "k", "continuous", 0.01, 100.0, "log")
WHOLE = Parameter("n", "lever", "n", "integer", 1.0, 4.0)
WORD = Parameter("m", "uncertainty", "m", "categorical", values=("call", "posted", "pool"), data=("call", {}, []))
CAP = {"path": "carbon.cap_scale", "low": 80, "high": 120}
RATE = {"path": "behaviours.0.discount_rate", "low": 0.02, "high": 0.08}


def plan_of(**more):
    return sweep_of({"name": "t", "scenario": "textbook-banking", "levers": {"cap": CAP}} | more)


def test_values_of_the_unit_interval():
    assert [NUMBER.value(u) for u in (0.0, 0.25, 1.0)] == [2.0, 3.0, 6.0]
    assert LOG.value(0.5) == pytest.approx(1.0)  # the geometric middle
    assert [WHOLE.value(u) for u in (0.0, 0.2499, 0.25, 0.99, 1.0)] == [1, 1, 2, 4, 4]
    assert [WORD.value(u) for u in (0.0, 0.34, 0.67, 1.0)] == ["call", "posted", "pool", "pool"]
    assert WORD.given("posted") == {}


@given(st.sampled_from([NUMBER, LOG, WHOLE, WORD]), st.floats(0.0, 1.0, allow_subnormal=False))
def test_a_value_is_found_again_at_its_place(parameter, place):
    value = parameter.value(place)
    again = parameter.value(parameter.place(value))
    assert again == value if isinstance(value, str | int) else math.isclose(again, value, rel_tol=1e-9)


def test_levels_hold_both_ends_exactly():
    assert NUMBER.levels(3) == [2.0, 4.0, 6.0]
    assert LOG.levels(5) == pytest.approx([0.01, 0.1, 1.0, 10.0, 100.0])
    assert LOG.levels(5)[-1] == 100.0
    assert WHOLE.levels(9) == [1, 2, 3, 4]
    assert NUMBER.levels(1) == [4.0]


def test_a_grid_is_every_combination_the_last_changing_fastest():
    found = sample(Grid(points={"x": 2, "n": 4}), (NUMBER, WHOLE, WORD), ORIGIN, "design")
    assert len(found.values) == 2 * 4 * 3
    assert found.values[:4] == [(2.0, 1, "call"), (2.0, 1, "posted"), (2.0, 1, "pool"), (2.0, 2, "call")]
    assert found.places.shape == (24, 3)


def test_a_latin_hypercube_has_one_point_in_every_stratum():
    found = sample(LatinHypercube(points=20, seed=3), (NUMBER, LOG), ORIGIN, "design")
    strata = np.sort(np.floor(found.places * 20).astype(int), axis=0)
    assert (strata == np.arange(20)[:, None]).all()
    again = sample(LatinHypercube(points=20, seed=3), (NUMBER, LOG), ORIGIN, "design")
    assert np.array_equal(found.places, again.places)
    other = sample(LatinHypercube(points=20, seed=4), (NUMBER, LOG), ORIGIN, "design")
    assert not np.array_equal(found.places, other.places)


@pytest.mark.parametrize("second", [False, True])
def test_a_sobol_block_swaps_one_column_at_a_time(second):
    parameters = (NUMBER, LOG, WHOLE)
    found = sample(Sobol(points=8, second_order=second), parameters, ORIGIN, "design").places
    width = 2 * 3 + 2 if second else 3 + 2
    assert len(found) == 8 * width
    block = found.reshape(8, width, 3)
    first, last = block[:, 0], block[:, -1]
    for j in range(3):  # row j + 1 is the first matrix with column j of the second (Saltelli 2002)
        mixed = first.copy()
        mixed[:, j] = last[:, j]
        assert np.array_equal(block[:, j + 1], mixed)


def test_morris_moves_one_parameter_a_step():
    found = sample(Morris(trajectories=5, levels=4), (NUMBER, LOG, WHOLE), ORIGIN, "design").places
    steps = np.diff(found.reshape(5, 4, 3), axis=1)
    assert ((steps != 0.0).sum(axis=2) == 1).all()
    assert np.abs(steps[steps != 0.0]) == pytest.approx(np.full(15, 2 / 3))  # levels / (2 (levels − 1))


@pytest.mark.parametrize(
    ("design", "size"),
    [
        ({"kind": "grid", "points": 4}, 16),
        ({"kind": "latin_hypercube", "points": 7}, 7),
        ({"kind": "sobol", "points": 4}, 4 * 4),
        ({"kind": "sobol", "points": 4, "second_order": True}, 4 * 6),
        ({"kind": "morris", "trajectories": 3}, 3 * 3),
        ({"kind": "list", "rows": [{"cap": 90, "rate": 0.05}]}, 1),
        ({"kind": "crossed", "levers": {"kind": "grid", "points": 3},
          "uncertainties": {"kind": "latin_hypercube", "points": 5}}, 15),
    ],
)  # fmt: skip
def test_sizes_are_known_before_the_points_are_made(design, size):
    plan = plan_of(uncertainties={"rate": RATE}, design=design)
    assert len(plan.points) == size
    assert size_of(plan.sweep, plan.parameters) == size
    assert plan.points["point"].tolist() == list(range(size))
    assert plan.points["cap"].between(80, 120).all()


def test_crossed_policies_meet_the_same_worlds():
    points = plan_of(
        uncertainties={"rate": RATE},
        design={"kind": "crossed", "levers": {"kind": "grid", "points": 3},
                "uncertainties": {"kind": "latin_hypercube", "points": 4}},
    ).points  # fmt: skip
    assert (points["point"] == points["policy"] * 4 + points["world"]).all()
    assert (points.groupby("world")["rate"].nunique() == 1).all()
    assert (points.groupby("policy")["cap"].nunique() == 1).all()
    assert sorted(points["cap"].unique()) == [80.0, 100.0, 120.0]
    assert points[f"{UNIT_CUBE}cap"].between(0, 1).all()


def test_one_side_alone_makes_one_of_the_other():
    points = plan_of(design={"kind": "crossed", "levers": {"kind": "grid", "points": 3}}).points
    assert points["world"].tolist() == [0, 0, 0]
    assert points["policy"].tolist() == [0, 1, 2]


def test_a_table_gives_points(tmp_path):
    (tmp_path / "points.csv").write_text("# my points\nx,m\n2.5,pool\n6,call\n", encoding="utf-8")
    origin = Origin("sweep", {}, {"sweep": tmp_path})
    found = sample(Table(file="points.csv"), (NUMBER, WORD), origin, "design")
    assert found.values == [(2.5, "pool"), (6.0, "call")]
    assert found.places.tolist() == [[0.125, 5 / 6], [1.0, 1 / 6]]


def test_every_mistake_in_a_list_of_points_is_told():
    rows = [{"x": 9, "n": 2}, {"x": 3}, {"x": 3, "n": 1.5}, {"x": "three", "n": 1}, {"x": 3, "n": 1, "z": 0}]
    with pytest.raises(InputError) as caught:
        sample(Listed(rows=rows), (NUMBER, WHOLE), ORIGIN, "design")
    told = [(problem.key, problem.message) for problem in caught.value.problems]
    assert told == [
        ("design.rows.0", "9 is outside the range of x, 2 to 6"),
        ("design.rows.1", "'n' is missing"),
        ("design.rows.2", "1.5 is not a whole number for n"),
        ("design.rows.3", "'three' is not a number for x"),
        ("design.rows.4", "'z' is no parameter"),
    ]
