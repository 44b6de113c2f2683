"""Sweeps of the store on the page Sweeps: listed, opened, counted while they are under way."""

import pytest

from dashboard.pages import sweeps as page
from dashboard.store import Store
from dashboard.view import View
from dashboard.words import Words
from scenarios.sweep_page import SweepPage
from scenarios.sweep_points_table import points_table
from scenarios.sweeps import SweepResult, sweep, sweep_of
from tests.dashboard.test_sweeps_page import Entry, found, ids, words_in

DECLARED = {
    "name": "tiny",
    "scenario": "textbook-montgomery",
    "levers": {"cap": {"path": "carbon.cap_scale", "values": [90, 100]}},
    "uncertainties": {"shocks": {"path": "world.activity_sd", "values": [0.0, 0.05]}},
    "seeds": 2,
    "outcomes": ["carbon.mean_price", "actual_cost"],
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return sweep(sweep_of(DECLARED), tmp_path_factory.mktemp("runs") / "tiny", workers=1)


def test_a_sweep_is_listed(stored):
    (entry,) = Store(stored.store.folder.parent, 1).folders("local")
    assert (entry.folder, entry.kind, entry.name, entry.seeds) == ("tiny", "sweep", "tiny", (0, 1))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sweep_is_opened(stored, language):
    there, view = found(Entry("tiny", "sweep")), View(language, "sweeps")
    content = page.content(view, Words(language), there, page.opened(view, there, lambda _: stored))
    assert {"sweep-parallel", "sweep-ranking", "sweep-response"} <= set(ids(content, "Graph"))
    assert ids(content, "Select") == ["sweep", "kpi"]
    assert Words(language).fill("sweeps.stored.done", made=8, failed=0) in words_in(content)


def test_what_is_missing_is_counted(stored):
    part = SweepResult.open(stored.store.folder)
    part.__dict__["runs"] = stored.runs.iloc[:5]
    part.runs.attrs["units"] = stored.units
    there, view = found(Entry("tiny", "sweep")), View("en", "sweeps")
    content = page.content(view, Words("en"), there, page.opened(view, there, lambda _: part))
    assert "5 runs are there, 3 of 8 are still missing; 0 failed" in words_in(content)


def test_an_arm_is_a_policy_with_the_mean_of_its_runs(stored):
    table, paths = points_table(SweepPage.of(stored, "en"))
    assert len(paths) == 1
    own = table[table["kpi"] == "carbon.mean_price"].set_index(paths[0])
    for cap in (90, 100):
        runs = stored.runs[stored.runs["cap"] == cap]["carbon.mean_price"]
        assert own.loc[cap, "value"] == pytest.approx(runs.mean())
        assert own.loc[cap, "low"] <= runs.median() <= own.loc[cap, "high"]
        assert own.loc[cap, "n"] == 4
