"""The page on other tools: its lines run one after another, and its table of variables is what is exported."""

import re
from pathlib import Path

import numpy as np
import pytest

from scenarios import load, run
from scenarios.neighbours.iamc import WORDS, iamc_of_run

pytest.importorskip("ema_workbench")
pytest.importorskip("xarray")

PAGE = (Path(__file__).parents[1] / "docs" / "neighbours.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:ipyparallel:UserWarning")
def test_the_lines_of_the_page_run_and_agree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(block, names)  # noqa: S102 - our own page
    rows, cube = names["rows"], names["cube"]
    expected = run(load("textbook-montgomery"), 1).kpis["carbon.mean_price"]
    (same,) = [row for row in rows if (row["rng"], row["carbon.cap_scale"]) == (1, 100)]
    assert same["carbon.mean_price"] == expected
    assert float(cube["carbon.mean_price"].sel({"cap": 240, "world.activity_sd": 0.0, "seed": 1})) == expected
    assert len(names["experiments"]) == len(names["outcomes"]["actual_cost"]) == 8
    assert np.isfinite(names["indices"]["ST"]).all()
    assert (
        (tmp_path / "run.csv").read_text(encoding="utf-8").startswith("model,scenario,region,variable,unit,year,value")
    )


def test_the_table_names_every_kind_of_variable():
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `")).replace("\\|", "|")
    for variable in iamc_of_run(run(load("textbook-montgomery")))["variable"].unique():
        kind = variable.rpartition("|")[0]
        assert f"`{variable}`" in table or f"`{kind}|…`" in table, variable
    for words in WORDS.values():
        assert f"`{words.flow}`" in table
