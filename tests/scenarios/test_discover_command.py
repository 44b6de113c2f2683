"""The commands `discover` and `sensitivity`: what they print and write, what they refuse."""

import json

import pandas as pd
import pytest

from scenarios.commands.discovering import analyse, discover
from scenarios.errors import InputError
from scenarios.sweeps import sweep, sweep_of

DECLARED = {
    "name": "tiny",
    "scenario": "textbook-montgomery",
    "levers": {"cap": {"path": "carbon.cap_scale", "low": 80, "high": 120}},
    "uncertainties": {"shocks": {"path": "world.activity_sd", "low": 0.0, "high": 0.02}},
    "design": {"kind": "latin_hypercube", "points": 40},
    "outcomes": ["carbon.mean_price"],
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return sweep(sweep_of(DECLARED), tmp_path_factory.mktemp("sweep") / "tiny", workers=1)


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_a_tight_cap_makes_a_high_price(stored, tmp_path, capsys, method):
    middle = stored.runs["carbon.mean_price"].quantile(0.6)
    condition = f"carbon.mean_price > {middle:.6g}"
    assert discover(stored.store.folder, condition, method, tmp_path / "found", "en", as_json=False) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "16 of 40 points" in said
    assert "Cap in % of the scenario's own ≤" in said
    boxes = pd.read_csv(tmp_path / "found" / "boxes.csv")
    cap = boxes[boxes["parameter"] == "cap"].iloc[0]
    edge = stored.runs.loc[stored.runs["carbon.mean_price"] > middle, "cap"].max()
    assert cap["high"] == pytest.approx(edge, abs=4.0)
    assert cap["unit"] == "%"
    document = json.loads((tmp_path / "found" / "discovery.json").read_text(encoding="utf-8"))
    assert (document["points"], document["failing"]) == (40, 16)
    assert condition in (tmp_path / "found" / "report.html").read_text(encoding="utf-8").replace("&gt;", ">")


def test_where_nothing_fails_that_is_said(stored, capsys):
    assert discover(stored.store.folder, "carbon.mean_price > 1e9", "prim", None, "zh", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["boxes"] == []
    assert document["failing"] == 0
    assert stored.store.folder.as_posix() in document["report"]


def test_the_ranking_is_printed(stored, capsys):
    assert analyse(stored.store.folder, [], "en", as_json=False) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(" 1 ")]
    assert "Cap in %" in lines[0]
    assert analyse(stored.store.folder, ["carbon.mean_price"], "en", as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["parameter"] for row in document["indices"]} == {"cap", "shocks"}


def test_what_cannot_be_asked_is_refused(stored, tmp_path):
    with pytest.raises(InputError, match=r"there is no outcome 'carbon\.mean_prise'"):
        analyse(stored.store.folder, ["carbon.mean_prise"], "en", as_json=False)
    with pytest.raises(InputError, match="there is no outcome"):
        discover(stored.store.folder, "price > 3", "prim", None, "en", as_json=False)
    with pytest.raises(InputError):
        discover(tmp_path, "carbon.mean_price > 3", "prim", None, "en", as_json=False)
