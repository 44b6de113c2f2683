"""A dataset holds every run in its place, whatever their order, with units."""

import builtins
from itertools import product

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import InputError
from scenarios.neighbours.xarray_cube import xarray_cube

CAPS, VENUES, GROWTH, SEEDS = [80.0, 90.0, 100.0], ["call", "posted"], [0.0, 0.02], [0, 1]


def value(cap, venue, growth, seed):
    return cap + 1000.0 * VENUES.index(venue) + 10_000.0 * growth + 0.1 * seed


def frame_of(rows):
    """Rows of (policy, world, cap, venue, growth, seed) as the frame of runs."""
    frame = pd.DataFrame(rows, columns=["policy", "world", "cap", "venue", "growth", "seed"])
    worlds = frame["world"].max() + 1
    frame["point"] = frame["policy"] * worlds + frame["world"]
    frame["run"] = range(len(frame))
    frame["stage"] = frame["message"] = ""
    frame["price"] = [value(*row) for row in frame[["cap", "venue", "growth", "seed"]].to_numpy().tolist()]
    order = ["run", "point", "policy", "world", "seed", "cap", "venue", "growth", "stage", "message", "price"]
    frame = frame[order]
    frame.attrs["units"] = {"cap": "%", "growth": "1/year", "price": "yuan/t"}
    return frame


@pytest.fixture
def crossed():
    policies = list(enumerate(product(CAPS, VENUES)))
    return frame_of(
        [(p, w, cap, venue, growth, seed) for p, (cap, venue) in policies for w, growth in enumerate(GROWTH)
         for seed in SEEDS]
    )  # fmt: skip


def test_a_grid_is_unfolded_and_every_run_is_in_its_place(crossed):
    cube = xarray_cube(crossed.sample(frac=1.0, random_state=3))
    assert dict(cube.sizes) == {"cap": 3, "venue": 2, "growth": 2, "seed": 2}
    for cap, venue, growth, seed in product(CAPS, VENUES, GROWTH, SEEDS):
        one = cube["price"].sel(cap=cap, venue=venue, growth=growth, seed=seed)
        assert float(one) == pytest.approx(value(cap, venue, growth, seed))
    assert cube["price"].attrs["units"] == "yuan/t"
    assert cube["cap"].attrs["units"] == "%"
    assert (cube["failed"] == 0).all()


def test_or_stays_policies_and_worlds(crossed):
    cube = xarray_cube(crossed, unfold=False)
    assert cube["price"].dims == ("policy", "world", "seed")
    assert dict(cube.sizes) == {"policy": 6, "world": 2, "seed": 2}
    assert cube["cap"].dims == cube["venue"].dims == ("policy",)
    assert cube["growth"].dims == ("world",)
    assert float(cube["price"].sel(policy=3, world=1, seed=0)) == pytest.approx(value(90.0, "posted", 0.02, 0))


def test_policies_that_are_no_grid_stay_a_list(crossed):
    cube = xarray_cube(crossed[crossed["policy"] != 2])
    assert dict(cube.sizes) == {"policy": 5, "growth": 2, "seed": 2}
    assert cube["policy"].values.tolist() == [0, 1, 3, 4, 5]


def test_levers_alone_have_no_worlds():
    rows = [(p, 0, cap, "call", 0.0, seed) for p, cap in enumerate(CAPS) for seed in SEEDS]
    runs = frame_of(rows).drop(columns=["venue", "growth"])
    runs.attrs["units"] = {}
    assert xarray_cube(runs)["price"].dims == ("cap", "seed")
    assert xarray_cube(runs, unfold=False)["price"].dims == ("policy", "world", "seed")


def test_a_sample_of_both_at_once_has_points():
    rows = [(i, i, cap, "call", growth, 0) for i, (cap, growth) in enumerate([(80.0, 0.01), (95.0, 0.0), (85.0, 0.02)])]
    runs = frame_of(rows)
    runs["point"] = runs["policy"]
    cube = xarray_cube(runs)
    assert cube["price"].dims == ("point", "seed")
    assert cube["growth"].values.tolist() == [0.01, 0.0, 0.02]


def test_failed_and_missing_runs(crossed):
    crossed.loc[5, ["stage", "message", "price"]] = ["run", "it broke", np.nan]
    gone = crossed.loc[9]
    cube = xarray_cube(crossed.drop(index=9), unfold=False)
    broken = cube.sel(policy=crossed.loc[5, "policy"], world=crossed.loc[5, "world"], seed=crossed.loc[5, "seed"])
    absent = cube.sel(policy=gone["policy"], world=gone["world"], seed=gone["seed"])
    assert (int(broken["failed"]), int(absent["failed"])) == (1, -1)
    assert np.isnan(broken["price"])
    assert np.isnan(absent["price"])
    assert int(cube["price"].isnull().sum()) == 2


def test_roles_that_are_declared_go_before_what_the_rows_show():
    rows = [(0, w, 80.0, "call", growth, 0) for w, growth in enumerate(GROWTH)]
    cube = xarray_cube(frame_of(rows), unfold=False)
    assert cube["cap"].dims == ("policy",)  # nothing shows that it is not policy

    class Declared:
        name, role = "cap", "uncertainty"

    assert xarray_cube(frame_of(rows), [Declared()], unfold=False)["cap"].dims == ("world",)


def test_mistakes(crossed, monkeypatch):
    with pytest.raises(InputError, match="no outcome 'cost'"):
        xarray_cube(crossed, outcomes=["cost"])
    with pytest.raises(InputError, match="more than once"):
        xarray_cube(pd.concat([crossed, crossed.iloc[:1]]))
    with pytest.raises(InputError, match="no run yet"):
        xarray_cube(crossed.iloc[:0])
    found = builtins.__import__

    def without(name, *rest):
        if name == "xarray":
            raise ImportError
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="need the package xarray"):
        xarray_cube(crossed)
