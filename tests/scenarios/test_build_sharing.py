"""Specifications of the same accounts under other rules share what follows from the accounts alone, nothing else."""

import os
import shutil

import numpy as np

from agents.model import RightsMarketModel
from agents.population import COLUMNS
from scenarios import load
from scenarios.build import build
from scenarios.loading import PROJECT

SPLIT = [
    {"kind": "planner", "select": {"ranked": "largest", "share": 0.25}},
    {"kind": "complier"},
]


def test_other_rules_share_the_technology_and_no_account() -> None:
    first = build(load("textbook-banking"))
    second = build(load("textbook-banking", {"instruments.carbon.cap": {"kind": "linear", "initial": 70.0}}))
    assert second.technology is first.technology
    assert second.measure_of is first.measure_of
    first.population.size[0] = -1.0
    first.population.behaviour[0] = 5
    assert second.population.size[0] > 0
    assert build(load("textbook-banking")).population.behaviour[0] == 0


def test_behaviours_are_chosen_for_each_scenario() -> None:
    counts = [np.bincount(build(load("textbook-banking", {"behaviours": SPLIT})).population.behaviour).tolist()]
    counts.append(np.bincount(build(load("textbook-banking")).population.behaviour).tolist())
    assert counts == [[5, 15], [20]]


def test_an_edited_table_is_laid_out_anew(tmp_path) -> None:
    for name in ("banking-firms.csv", "banking-measures.csv"):
        shutil.copy(PROJECT / "data" / "textbook" / name, tmp_path / name)
    paths = {f"population.{kind}": str(tmp_path / f"banking-{kind}.csv") for kind in ("firms", "measures")}
    first = build(load("textbook-banking", paths))
    table = tmp_path / "banking-firms.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    column = lines[0].split(",").index("size")
    cells = lines[1].split(",")
    cells[column] = "123.5"
    table.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n", encoding="utf-8")
    os.utime(table, ns=(1, 1))
    second = build(load("textbook-banking", paths))
    assert first.population.size[0] != 123.5
    assert second.population.size[0] == 123.5
    assert second.technology is not first.technology


def test_a_run_starts_from_a_copy_of_what_was_given() -> None:
    spec = build(load("textbook-banking", {"calendar.years": 1, "world.activity_sd": 0.1}))
    before = {column.name: spec.population.column(column.name).copy() for column in COLUMNS}
    model = RightsMarketModel(spec, 1)
    assert (model.population.activity == 1.0).all()
    assert model.population.expected_price.shape == (20, 1)
    for column in COLUMNS:
        assert model.population.column(column.name) is getattr(model.population, column.name)
        assert model.population.column(column.name).dtype == column.dtype
    model.run()
    for name, values in before.items():
        assert (spec.population.column(name) == values).all(), name
    assert (model.population.activity != 1.0).any()
