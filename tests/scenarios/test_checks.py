"""Accounts and checks: tables to arrays, overlap groups, what is warned about, what textbook data must add up to."""

from pathlib import Path

import numpy as np
import pytest

from market.reference import competitive_equilibrium, intertemporal_equilibrium
from scenarios.accounts import accounts, measure_index, technology
from scenarios.checks import check
from scenarios.errors import InputError
from scenarios.loading import LIBRARY, load, origin_of, read
from scenarios.schema import Scenario

FIRMS = "id,name_en,name_zh,sector,city,size,carbon,so2,margin,output_slope,output_limit\n"
MEASURES = "firm,measure,name_zh,intercept,slope,limit,effect_carbon,effect_so2,group,weight,group_limit\n"
SO2 = """
schema: 1
extends: textbook-montgomery
name: two-instruments
instruments:
  so2:
    title: {en: SO2, zh: 二氧化硫}
    unit: t
    lot: 0.001
    tick: 0.001
    cap: {kind: linear, initial: 5}
    allocation: {kind: grandfathering}
    penalty: {kind: flat, rate: 10}
population: {firms: firms.csv, measures: measures.csv}
"""


def two_instruments(folder: Path, firms: str, measures: str, scenario: str = SO2) -> Scenario:
    (folder / "firms.csv").write_text(FIRMS + firms, encoding="utf-8")
    (folder / "measures.csv").write_text(MEASURES + measures, encoding="utf-8")
    (folder / "mine.yaml").write_text(scenario, encoding="utf-8")
    return load(folder / "mine.yaml")


ROWS = "7,A,甲,steel,X,5,100,10,3,4,0.5\n3,B,乙,power,Y,6,80,0,0,0,0\n9,C,丙,power,Y,7,60,6,1,2,1\n"
TAKEN = (
    "9,coal,煤,1,2,5,2,0.5,fuel,1,8\n"
    "7,scrub,脱硫,4,5,6,-0.1,1,,,\n"
    "9,gas,气,3,4,5,3,0.2,fuel,2,8\n"
    "7,fuel,燃料,7,8,9,5,0,mix,1,4\n"
    "9,save,节能,5,6,7,1,0,,,\n"
)


def test_tables_become_padded_arrays_in_the_order_of_the_accounts(tmp_path):
    scenario = two_instruments(tmp_path, ROWS, TAKEN)
    found = accounts(scenario)
    table = technology(found, scenario.instruments)
    assert table.baseline.tolist() == [[100, 10], [80, 0], [60, 6]]
    assert table.intercept.tolist() == [[4, 7, 0], [0, 0, 0], [1, 3, 5]]
    assert table.limit.tolist() == [[6, 9, 0], [0, 0, 0], [5, 5, 7]]
    assert table.effect[0].tolist() == [[-0.1, 1], [5, 0], [0, 0]]
    assert table.group.tolist() == [[-1, 0, -1], [-1, -1, -1], [0, 0, -1]]
    assert table.weight[2].tolist() == [1, 2, 1]
    assert table.group_limit.tolist() == [[4], [0], [8]]
    assert table.margin.tolist() == [3, 0, 1]
    assert table.output_limit.tolist() == [0.5, 0, 1]
    index, names = measure_index(found)
    assert [[names[m] if m >= 0 else "" for m in row] for row in index] == [
        ["scrub", "fuel", ""], ["", "", ""], ["coal", "gas", "save"],
    ]  # fmt: skip


def test_the_arrays_do_not_depend_on_the_order_of_the_measures(tmp_path):
    one = technology(accounts(two_instruments(tmp_path, ROWS, TAKEN)), ["carbon", "so2"])
    other = tmp_path / "other"
    other.mkdir()
    lines = TAKEN.splitlines()
    mixed = "\n".join([lines[1], lines[0], lines[3], lines[2], lines[4]]) + "\n"
    two = technology(accounts(two_instruments(other, ROWS, mixed)), ["carbon", "so2"])
    assert all(np.array_equal(a, b) for a, b in zip(one.arrays(), two.arrays(), strict=True))


def test_edited_tables_are_read_again_and_unchanged_ones_once(tmp_path):
    scenario = two_instruments(tmp_path, ROWS, TAKEN)
    first = accounts(scenario)
    assert accounts(scenario).firms is first.firms
    text = (tmp_path / "firms.csv").read_text(encoding="utf-8").replace(",100,10,", ",101,10,")
    (tmp_path / "firms.csv").write_text(text, encoding="utf-8")
    assert accounts(scenario).firms["carbon"].iloc[0] == 101


def test_quoted_cells_over_several_lines_keep_the_line_numbers_right(tmp_path):
    rows = '1,"A\nB",甲,steel,X,5,100,10,0,0,0\n2,C,乙,steel,X,5,-1,10,0,0,0\n'
    with pytest.raises(InputError) as caught:
        accounts(two_instruments(tmp_path, rows, ""))
    assert ("carbon", 4) in [(problem.key, problem.line) for problem in caught.value.problems]


def test_overlapping_measures_may_exceed_a_flow_only_one_by_one(tmp_path):
    rows = "1,A,甲,steel,X,5,10,10,0,0,0\n2,B,乙,steel,X,5,10,10,0,0,0\n"
    measures = "1,a,甲,0,1,{limit},1,0,g,1,10\n1,b,乙,0,1,10,1,0,g,1,10\n"
    accounts(two_instruments(tmp_path, rows, measures.format(limit=10)))
    with pytest.raises(InputError, match="could cut carbon by 20 of only 10"):
        accounts(two_instruments(tmp_path, rows, "1,a,甲,0,1,10,1,0,,,\n1,b,乙,0,1,10,1,0,,,\n"))


def test_accounts_without_flows_and_years_outside_the_run_are_warned_about(tmp_path):
    text = SO2 + "calendar: {years: 2}\nworld: {water: {2024: 1.0, 2025: 0.9}}\n"
    text = text.replace("{kind: linear, initial: 5}", "{kind: table, values: {2020: 6, 2026: 5}, absolute_from: 2026}")
    scenario = two_instruments(tmp_path, ROWS + "4,D,丁,steel,X,5,0,0,0,0,0\n", TAKEN, text)
    found = {(problem.key, problem.line) for problem in check(scenario)}
    assert found == {
        ("instruments.so2.cap.values", 11),
        ("instruments.so2.cap.absolute_from", 11),
        ("world.water", 16),
        ("id", 5),
    }


@pytest.mark.parametrize(
    ("limits", "fault"),
    [
        ([{"through": 2026, "base": 1}, {"through": 2025, "base": 1}], "not in order"),
        ([{"through": 2025, "base": 1}, {"through": 2025, "base": 2}], "not in order"),
        ([{"through": 2020, "base": 1}], "ends before the first year"),
    ],
)
def test_limits_of_banking_are_in_order_and_in_force(limits, fault):
    with pytest.raises(InputError, match=fault):
        load("textbook-banking", {"instruments.carbon.banking": {"kind": "limited", "limits": limits}})
    with pytest.raises(InputError, match="takes no limits"):
        load("textbook-banking", {"instruments.carbon.banking": {"kind": "full", "limits": limits}})


@pytest.mark.parametrize(
    ("lot", "tick", "minor", "right"),
    [
        (1, 0.01, 0.01, True),
        (0.001, 0.001, 0.000001, True),
        (0.001, 10, 0.01, True),
        (0.1, 0.1, 0.01, True),
        (0.3, 0.1, 0.01, True),
        (0.001, 0.01, 0.01, False),
        (0.5, 0.03, 0.01, False),
        (3, 0.01, 0.02, False),
    ],
)
def test_a_lot_at_one_tick_costs_whole_money_units(lot, tick, minor, right):
    values = {"instruments.carbon.lot": lot, "instruments.carbon.tick": tick, "money.minor_unit": minor}
    draft = read("textbook-montgomery", values)
    assert [problem.key for problem in draft.problems] == ([] if right else ["--set instruments.carbon.tick"])


def test_two_ranked_behaviours_that_share_everybody_are_enough():
    halves = [
        {"kind": "planner", "select": {"ranked": "largest", "share": 0.4}},
        {"kind": "complier", "select": {"ranked": "smallest", "share": 0.6}},
    ]
    accounts(load("textbook-montgomery", {"behaviours": halves}))
    halves[1]["select"]["share"] = 0.4
    with pytest.raises(InputError, match="1 accounts are left without a behaviour"):
        accounts(load("textbook-montgomery", {"behaviours": halves}))


def test_montgomery_data_give_the_published_price():
    scenario = load("textbook-montgomery")
    table = technology(accounts(scenario), scenario.instruments)
    plan = competitive_equilibrium(table.intercept[:, 0], table.slope[:, 0], table.baseline[:, 0], 240.0)
    assert plan.price == pytest.approx(16.551724, abs=1e-6)
    assert plan.cost == pytest.approx(1353.103448, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "permits", "prices"),
    [
        ("textbook-banking", [90, 80, 70, 60, 50] + [45] * 10, [16.894722 * 1.05**t for t in range(10)] + [27.5] * 5),
        ("textbook-banking-cycles", [60, 90, 90, 50, 50, 95], [20, 13.920710, 14.616745, 15.347583, 16.114962, 2.5]),
    ],
)
def test_twenty_unequal_firms_add_up_to_the_published_banking_case(name, permits, prices):
    scenario = load(name)
    years = np.arange(scenario.calendar.start_year, scenario.calendar.start_year + scenario.calendar.years)
    values = scenario.instruments["carbon"].cap.values
    assert np.interp(years, list(values), list(values.values())).tolist() == permits
    table = technology(accounts(scenario), scenario.instruments)
    u, slope = table.baseline[:, 0], table.slope[:, 0]
    assert u.size == 20
    assert u.sum() == pytest.approx(100, abs=1e-9)
    assert (1 / slope).sum() == pytest.approx(2, abs=1e-9)
    assert np.unique(np.round(1 / slope / u, 6)).size > 10
    plan = intertemporal_equilibrium(np.zeros(20), slope, u, np.array(permits, dtype=float), 0.05)
    assert plan.price == pytest.approx(prices, rel=1e-6)


@pytest.mark.parametrize("name", sorted(path.stem for path in LIBRARY.glob("*.yaml")))
def test_scenarios_that_ship_have_no_mistakes(name):
    scenario = load(name)
    assert all(str(warning) for warning in check(scenario))
    assert len(accounts(scenario).firms) > 0
    assert origin_of(scenario).label.endswith(f"{name}.yaml")
