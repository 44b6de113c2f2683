"""Scenario discovery: planted boxes are found in the parameters' own units; figures by hand; failed runs counted."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from scenarios.analysis.boxes import Limit, Points
from scenarios.analysis.discovery import discover
from scenarios.errors import InputError
from tests.scenarios.analysis.made_runs import DECLARED, Parameter, fail, joint_runs, planted


def limits(box) -> dict[str, Limit]:
    return {limit.parameter: limit for limit in box.limits}


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_a_planted_box_is_found(method):
    runs = planted(4000)
    fails = (runs["carbon.mean_price"] > 150).to_numpy()
    found = discover(runs, DECLARED, "carbon.mean_price > 150", method, least_mass=0.02)
    assert (found.n, found.failing, found.left_out, found.failed) == (4000, fails.sum(), 0, 0)
    box = found.boxes[0]
    assert box.coverage > 0.95
    assert box.density > 0.9
    by_name = limits(box)
    assert set(by_name) == {"growth", "firms", "venue", "banking"}
    assert by_name["growth"].low == pytest.approx(0.06, abs=0.004)
    assert by_name["growth"].high is None
    assert (by_name["firms"].low, by_name["firms"].high) == (5, 12)
    assert by_name["venue"].values == ("call", "auction")
    assert by_name["banking"].values == (False,)
    assert max(limit.p_low for limit in box.limits) < 1e-6
    assert by_name["firms"].p_high < 1e-6
    assert np.isnan(by_name["growth"].p_high)


def test_figures_of_a_box_and_its_quasi_p_are_those_of_its_definition():
    runs = planted(3000)
    fails = (runs["carbon.mean_price"] > 150).to_numpy()
    box = discover(runs, DECLARED, "carbon.mean_price > 150").boxes[0]
    masks = {limit.parameter: limit.admits(runs[limit.parameter]) for limit in box.limits}
    inside = np.logical_and.reduce(list(masks.values()))
    assert (box.points, box.failing) == (inside.sum(), fails[inside].sum())
    assert box.coverage == pytest.approx(fails[inside].sum() / fails.sum())
    assert box.density == pytest.approx(fails[inside].mean())
    assert box.mass == pytest.approx(inside.mean())
    low = limits(box)["firms"]
    wider = np.logical_and.reduce([mask for name, mask in masks.items() if name != "firms"])
    wider &= (runs["firms"] <= low.high).to_numpy()
    test = binomtest(int(fails[inside].sum()), int(inside.sum()), fails[wider].mean(), alternative="greater")
    assert low.p_low == pytest.approx(test.pvalue)
    table = box.table
    assert list(table["parameter"]) == [limit.parameter for limit in box.limits]
    assert table.set_index("parameter").loc["growth", "low"] == limits(box)["growth"].low


def test_the_peeling_goes_from_all_points_to_dense_ones():
    found = discover(planted(2000), DECLARED, "carbon.mean_price > 150")
    steps = found.trajectory[found.trajectory["box"] == 0]
    assert steps["coverage"].iloc[0] == steps["mass"].iloc[0] == 1.0
    assert steps["density"].iloc[0] == pytest.approx(found.failing / found.n)
    assert all(after <= before for before, after in pairwise(steps["mass"]))
    assert steps["density"].iloc[-1] > 0.9
    assert steps["chosen"].sum() == 1
    assert len(found.candidates[0]) == len(steps)
    assert found.candidates[0][3].coverage == steps["coverage"].iloc[3]


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_two_planted_boxes_are_found_one_after_the_other(method):
    sample = np.random.default_rng(3).random((2000, 3))
    large = (sample[:, 0] < 0.4) & (sample[:, 1] < 0.5)
    small = (sample[:, 0] > 0.8) & (sample[:, 1] > 0.6)
    runs = joint_runs(sample, ("a", "b", "c"), {"y": (large | small).astype(float)[:, None]})
    found = discover(runs, tuple(Parameter(name) for name in ("a", "b", "c")), "y > 0.5", method)
    first, second = (limits(box) for box in found.boxes)
    assert (set(first), set(second)) == ({"a", "b"}, {"a", "b"})
    assert first["a"].high == pytest.approx(0.4, abs=0.02)
    assert first["b"].high == pytest.approx(0.5, abs=0.02)
    assert second["a"].low == pytest.approx(0.8, abs=0.02)
    assert second["b"].low == pytest.approx(0.6, abs=0.02)
    assert sum(box.coverage for box in found.boxes) == pytest.approx(1.0, abs=0.05)
    assert found.boxes[0].coverage == pytest.approx(large.sum() / (large | small).sum(), abs=0.03)


def test_a_tree_parts_what_peeling_cannot():
    # Boxes at both ends of one parameter, alike in size: peeling from either side loses one of them.
    sample = np.random.default_rng(3).random((2000, 3))
    inside = ((sample[:, 0] < 0.3) & (sample[:, 1] < 0.5)) | ((sample[:, 0] > 0.8) & (sample[:, 2] > 0.4))
    runs = joint_runs(sample, ("a", "b", "c"), {"y": inside.astype(float)[:, None]})
    declared = tuple(Parameter(name) for name in ("a", "b", "c"))
    boxes = discover(runs, declared, "y > 0.5", "cart").boxes
    assert [set(limits(box)) for box in boxes] == [{"a", "b"}, {"a", "c"}]
    assert sum(box.coverage for box in boxes) == pytest.approx(1.0, abs=0.02)
    assert min(box.density for box in boxes) > 0.98
    assert discover(runs, declared, "y > 0.5").boxes[0].density < 0.8  # and the figures say so


def test_seeds_of_a_point_are_no_points_and_failed_runs_are_counted():
    runs = planted(600, seeds=4, noise=60.0)
    broken = fail(runs, [0, 1, 2, 3, 8, 13], ["carbon.mean_price"])
    found = discover(broken, DECLARED, "carbon.mean_price > 150", share=0.5)
    assert (found.n, found.left_out, found.failed) == (599, 1, 6)
    by_point = (broken["carbon.mean_price"] > 150).groupby(broken["point"]).sum()
    judged = broken["carbon.mean_price"].notna().groupby(broken["point"]).sum()
    assert found.failing == ((by_point / judged) > 0.5).sum()
    every = discover(broken, DECLARED, "carbon.mean_price > 150", share=0.0)
    assert every.failing == (by_point > 0).sum()


def test_noise_alone_limits_nothing():
    rng = np.random.default_rng(11)
    sample = rng.random((400, 4))
    runs = joint_runs(sample, tuple("abcd"), {"y": rng.random((400, 1))})
    found = discover(runs, tuple(Parameter(name) for name in "abcd"), "y > 0.5")
    # Quasi-p does not know that limits were searched for, so chance may leave a box, but never a good one.
    assert all(box.coverage < 0.35 or box.density < 0.75 for box in found.boxes)


def test_where_nothing_fails_or_everything_there_is_no_box():
    runs = planted(200)
    for method in ("prim", "cart"):
        assert discover(runs, DECLARED, "carbon.mean_price > 1000", method).boxes == ()
        found = discover(runs, DECLARED, "carbon.mean_price > 0", method)
        assert (found.boxes, found.failing) == ((), 200)
    one = (Parameter("constant"),)
    assert discover(runs.assign(constant=1.0), one, "carbon.mean_price > 150").boxes == ()


def test_what_fails_is_read_from_text_and_refused_in_plain_words():
    runs = planted(100)
    with pytest.raises(InputError, match=r"Did you mean carbon\.mean_price"):
        discover(runs, DECLARED, "carbon.mean_prise > 150")


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_without_the_extra_the_remedy_is_told(method, monkeypatch):
    package = "ema_workbench" if method == "prim" else "sklearn.tree"
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, f"{package}.analysis", None)
    with pytest.raises(InputError, match=r"quotalab\[analysis\]"):
        discover(planted(100), DECLARED, "carbon.mean_price > 150", method)


@pytest.mark.slow
def test_the_same_boxes_whatever_the_hash_seed():
    code = (
        "from tests.scenarios.analysis.made_runs import DECLARED, planted\n"
        "from scenarios.analysis.discovery import discover\n"
        "for method in ('prim', 'cart'):\n"
        "    print(discover(planted(1500), DECLARED, 'carbon.mean_price > 150', method).boxes)"
    )
    paths = ":".join([".", *(path for path in sys.path if path)])
    said = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": paths},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert said[0] == said[1]
    assert said[0].count("venue") == 2


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=60), st.integers(0, 6), st.integers(0, 6)
)
@settings(max_examples=60)
def test_a_box_never_covers_more_than_all_and_its_density_times_mass_is_what_it_covers(rows, low, high):
    table = pd.DataFrame({"x": [float(x) for x, _ in rows]})
    fails = np.array([fails for _, fails in rows])
    if table["x"].nunique() < 2 or not fails.any():
        return
    points = Points.of(table, (Parameter("x"),), fails)
    limit = points.limit("x", float(min(low, high)), float(max(low, high)))
    box = points.box([limit] if limit else [])
    assert 0.0 <= box.coverage <= 1.0
    assert box.mass <= 1.0
    if box.points:
        assert box.density * box.mass * len(rows) == pytest.approx(box.coverage * fails.sum())
