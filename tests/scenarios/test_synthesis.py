"""The Jiangxi population: totals, determinism, named plants, measures that leave no flow negative, bad tables."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from market.technology import best_response, flows
from scenarios.accounts import Accounts, technology
from scenarios.errors import InputError, Problem, TableError
from scenarios.synthesis import load_tables, measures_of, proportional_fit, synthesise, totals

FOLDER = Path(__file__).resolve().parents[2] / "scenarios" / "data" / "jiangxi"
INSTRUMENTS = ["carbon", "so2", "nox", "cod", "nh3n", "water", "energy"]
CONFIDENCE = {"V", "D", "M-h", "M-m", "M-l", "default"}


@pytest.fixture(scope="module")
def tables():
    return load_tables(FOLDER)


@pytest.fixture(scope="module")
def frame(tables):
    return synthesise(tables)


@pytest.fixture(scope="module")
def measures(frame, tables):
    return measures_of(frame, tables)


@pytest.fixture(scope="module")
def plant(frame, measures):
    lines = np.zeros(len(frame), dtype=np.int64), np.zeros(len(measures), dtype=np.int64)
    return technology(Accounts(frame, measures, (), ("", ""), *lines), INSTRUMENTS)


def rows_of(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- the population -------------------------------------------------------------------------------------------------


def test_there_are_enough_accounts_with_everything_a_run_needs(frame, tables):
    assert len(frame) >= 1200
    assert frame["id"].is_unique
    assert list(tables.instruments.index) == INSTRUMENTS
    assert set(frame["city"]) == set(tables.cities.index)
    assert set(frame["sector"]) == set(tables.sectors.index)
    assert set(frame["kind"]) == {"named", "synthetic"}
    numbers = frame.select_dtypes("number").to_numpy()
    assert np.isfinite(numbers).all()
    assert (frame[[*INSTRUMENTS, "size", "revenue", "margin", "output_slope"]].to_numpy() >= 0).all()
    assert (frame[INSTRUMENTS].to_numpy() > 0).any(axis=1).all()
    assert frame["cost_factor"].between(0.2, 5).all()
    counts = frame["sector"].value_counts()
    assert {sector: int(counts[sector]) for sector in counts.index} == tables.sectors["accounts"].to_dict()


def test_every_control_total_is_met(frame, tables):
    """Added up here from the files, without the code that is tested."""
    for control in rows_of("controls"):
        here = frame[frame[control["level"]] == control["key"]][control["instrument"]].sum()
        assert here == pytest.approx(float(control["total"]), rel=1e-9 if control["level"] == "sector" else 1e-6)


def test_the_table_of_totals_shows_what_is_off(frame, tables):
    table = totals(frame, tables)
    assert len(table) == 7 * (13 + 11 + 1)
    assert table["difference"].abs().max() < 0.5
    more = frame.assign(carbon=frame["carbon"].where(frame["sector"] != "steel", frame["carbon"] * 1.1))
    off = totals(more, tables).set_index(["level", "key", "instrument"])["difference"]
    assert off["sector", "steel", "carbon"] == pytest.approx(10.0)
    assert off["province", "jiangxi", "carbon"] == pytest.approx(3.723 / 217.002 * 100, rel=1e-3)
    assert off["sector", "power", "carbon"] == pytest.approx(0.0, abs=1e-9)
    assert off["sector", "irrigation", "carbon"] == 0.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_firms_with_the_same_totals(frame, tables):
    again = synthesise(load_tables(FOLDER), seed=2017)
    assert again.to_csv().encode() == frame.to_csv().encode()
    other = synthesise(tables, seed=1)
    drawn = frame["kind"] == "synthetic"
    assert (other["sector"] == frame["sector"]).all()
    assert np.isclose(other.loc[drawn, "size"], frame.loc[drawn, "size"], rtol=1e-4).mean() < 0.02
    pd.testing.assert_frame_equal(other.loc[~drawn, INSTRUMENTS], frame.loc[~drawn, INSTRUMENTS])
    for level in ("sector", "city"):
        np.testing.assert_allclose(
            other.groupby(level)[INSTRUMENTS].sum(), frame.groupby(level)[INSTRUMENTS].sum(), rtol=1e-6
        )


def test_named_plants_keep_their_flows(frame):
    """Fengcheng: 4,760 MW x 4,400 h x 0.81 t/MWh; 63 % of it cooled once-through at 90 m3/MWh."""
    by_id = frame.set_index("id")
    for row in rows_of("plants"):
        assert by_id.loc[row["id"], "kind"] == "named"
        assert by_id.loc[row["id"], "city"] == row["city"]
    fengcheng = by_id.loc["power-fengcheng"]
    energy = 4760 * 4400
    assert fengcheng["size"] == pytest.approx(energy)
    assert fengcheng["carbon"] == pytest.approx(energy * 0.81)
    assert fengcheng["water"] == pytest.approx(energy * (0.63 * 0.09 + 0.37 * 0.002))
    assert fengcheng["margin"] == pytest.approx(330 * energy)
    for name in ("power-shenhua-jiujiang", "steel-xinyu", "cement-yadong-ruichang", "copper-guixi", "paper-lee-man"):
        assert name in by_id.index


def test_sizes_are_heavy_tailed(frame):
    """The largest tenth holds several times the tenth of output that it would hold if sizes were equal."""
    for sector in ("chemicals", "other", "copper", "food", "wastewater"):
        sizes = frame[(frame["sector"] == sector) & (frame["kind"] == "synthetic")]["size"].sort_values(ascending=False)
        assert sizes.head(len(sizes) // 10).sum() > 0.35 * sizes.sum()
        assert sizes.max() > 15 * sizes.median()


def test_output_adds_up_and_intensities_stay_near_the_sectors(frame, tables):
    output = frame.groupby("sector")["size"].sum()
    assert output.to_dict() == pytest.approx(tables.sectors["output"].to_dict())
    intensity = (frame["carbon"] / frame["size"])[(frame["kind"] == "synthetic") & (frame["carbon"] > 0)]
    relative = intensity / intensity.groupby(frame["sector"]).transform("median")
    assert relative.between(0.4, 2.5).all()  # spread 0.15 of the logarithm, four standard deviations and size


@pytest.mark.parametrize("count", [200, 600, 3000])
def test_the_number_of_accounts_can_be_chosen(tables, count):
    frame = synthesise(tables, accounts=count)
    assert len(frame) == count
    assert frame["id"].is_unique
    sums = frame.groupby("sector")[INSTRUMENTS].sum()
    for control in rows_of("controls"):
        if control["level"] == "sector":
            assert sums.loc[control["key"], control["instrument"]] == pytest.approx(float(control["total"]), rel=1e-9)


def test_too_few_accounts_are_refused(tables):
    with pytest.raises(TableError, match="Ask for at least 51"):
        synthesise(tables, accounts=20)
    assert len(synthesise(tables, accounts=51)) == 51


def test_proportional_fit_is_the_textbook_one():
    """A prior of ones gives the independent table r c / total; a prior that fits is left alone."""
    rows, columns = np.array([30.0, 70.0]), np.array([20.0, 30.0, 50.0])
    np.testing.assert_allclose(proportional_fit(np.ones((2, 3)), rows, columns), np.outer(rows, columns) / 100)
    prior = np.array([[5.0, 10.0, 15.0], [15.0, 20.0, 35.0]])
    np.testing.assert_allclose(proportional_fit(prior, rows, columns), prior)
    fitted = proportional_fit(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 10.0]), np.array([8.0, 12.0]))
    odds = fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0])
    assert odds == pytest.approx(1 * 4 / (2 * 3))  # the fit keeps the prior's odds ratio


# --- the measures ---------------------------------------------------------------------------------------------------


def test_every_sector_has_measures_for_what_it_holds(frame, measures):
    count = measures.groupby("firm").size()
    assert set(count.index) == set(frame["id"])
    assert count.min() >= 3
    lead = measures.merge(frame[["id", "sector"]], left_on="firm", right_on="id")[["sector", "lead"]].drop_duplicates()
    assert set(lead["lead"]) == set(INSTRUMENTS)


def test_no_flow_turns_negative_with_every_measure_at_its_limit(plant):
    assert (plant.lowest_flow() >= -1e-9 * (1 + plant.baseline)).all()
    assert (plant.intercept >= 0).all()  # no negative cost: it would be in the baseline already


def test_a_measure_in_an_accounts_own_units(frame, measures):
    """Renewables at Fengcheng: up to 14 % of its carbon; 1 t CO2 less is energy/carbon tce less."""
    firm = frame.set_index("id").loc["power-fengcheng"]
    row = measures[(measures["firm"] == "power-fengcheng") & (measures["measure"] == "renewables")].iloc[0]
    assert row["limit"] == pytest.approx(0.14 * firm["carbon"])
    assert row["intercept"] == pytest.approx(22 * firm["cost_factor"])
    assert row["intercept"] + row["slope"] * row["limit"] == pytest.approx(170 * firm["cost_factor"])
    assert row["effect_carbon"] == 1.0
    assert row["effect_energy"] == pytest.approx(firm["energy"] / firm["carbon"])
    assert row["effect_water"] == pytest.approx(0.9 * firm["water"] / firm["carbon"])
    assert row["weight"] == 1.0
    assert row["group_limit"] == pytest.approx(0.45 * firm["carbon"])
    capture = measures[(measures["firm"] == "power-fengcheng") & (measures["measure"] == "ccs")].iloc[0]
    assert capture["effect_energy"] < 0
    assert capture["effect_water"] < 0


# Cost of the last unit at reductions of 5, 10 and 15 %, other prices zero: what the README states, and inside the
# range of observed prices and engineering costs.
CURVES = {
    "carbon": ((56, 92, 129), (50, 150)),
    "so2": ((1070, 1560, 2040), (400, 4000)),
    "nox": ((1840, 2520, 3110), (500, 6000)),
    "cod": ((6190, 7970, 9570), (5000, 20000)),
    "nh3n": ((13400, 18000, 22500), (10000, 30000)),
    "water": ((246, 358, 487), (100, 600)),
    "energy": ((129, 219, 335), (30, 350)),
}


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_marginal_costs_are_of_the_order_of_observed_prices(plant, instrument):
    stated, (low, high) = CURVES[instrument]
    k = INSTRUMENTS.index(instrument)
    assert low <= stated[0] < stated[2] <= high
    reached = []
    for cost in stated:
        price = np.zeros(7)
        price[k] = cost
        reached.append(1 - flows(plant, *best_response(plant, price))[:, k].sum() / plant.baseline[:, k].sum())
    np.testing.assert_allclose(reached, [0.05, 0.10, 0.15], rtol=0.02)


# --- the tables -----------------------------------------------------------------------------------------------------


def test_every_number_has_a_unit_a_year_a_source_and_a_confidence():
    sources = {row["id"] for row in rows_of("sources")}
    for path in FOLDER.glob("*.csv"):
        if path.stem in ("sources", "instruments", "sectors"):
            assert not any(cell.replace(".", "").isdigit() for row in rows_of(path.stem) for cell in row.values())
            continue
        for row in rows_of(path.stem):
            for prefix in ("gdp_", "co2_") if path.stem == "cities" else ("",):
                assert row[f"{prefix}source"] in sources
                assert row[f"{prefix}confidence"] in CONFIDENCE
                assert 1990 <= int(row[f"{prefix}year"]) <= 2035
            assert any(row[column] for column in row if column.endswith("unit"))
            if row.get("confidence") == "V":
                assert row["source"] not in ("general-knowledge", "chosen", "rule")
            if row.get("source") in ("general-knowledge", "chosen") and path.stem != "factors":
                assert row["note"] or path.stem == "plants"


def test_derived_city_totals_follow_the_stated_rules(tables, frame):
    """COD and NH3-N of a city: named plants plus each sector's rest by its locations."""
    named = frame[frame["kind"] == "named"]
    controls = tables.controls.set_index(["level", "key", "instrument"])["total"]
    for instrument in ("cod", "nh3n"):
        rest = controls["sector"].xs(instrument, level="instrument") - named.groupby("sector")[
            instrument
        ].sum().reindex(tables.sectors.index, fill_value=0)
        rule = tables.locations.T @ rest.reindex(tables.sectors.index)
        rule += named.groupby("city")[instrument].sum().reindex(tables.cities.index, fill_value=0)
        found = controls["city"].xs(instrument, level="instrument").reindex(rule.index)
        np.testing.assert_allclose(found, rule, rtol=1e-3)
    water = controls["city"].xs("water", level="instrument")
    assert water["pingxiang"] == pytest.approx(665_000)  # bulletin 2021: 6.80 less 0.15 of ecology
    assert water["yichun"] == pytest.approx(4_694_000)


@pytest.fixture
def edited(tmp_path):
    """A copy of the folder and a function that changes one text on one line of one table."""
    folder = tmp_path / "jiangxi"
    shutil.copytree(FOLDER, folder)

    def change(table, old, new, line=None):
        path = folder / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").split("\n")
        index = next(i for i, text in enumerate(lines) if old in text) if line is None else line - 1
        assert old in lines[index]
        lines[index] = lines[index].replace(old, new, 1)
        path.write_text("\n".join(lines), encoding="utf-8")
        return index + 1

    return folder, change


@pytest.mark.parametrize(
    ("table", "old", "new", "key", "says"),
    [
        ("cities", "gdp_year", "gdp_jahr", "gdp_year", "the column is missing"),
        ("cities", "7800.37", "nan", "gdp", "'nan' is not a number that is zero or positive"),
        ("cities", "7800.37", "-1", "gdp", "'-1' is not a number that is zero or positive"),
        ("cities", "jiujiang,Jiujiang", "nanchang,Jiujiang", "id", "nanchang is already on line 2"),
        ("plants", ",yichun,power", ",shanghai,power", "city", "there is no city 'shanghai'"),
        ("plants", ",yichun,power", ",yichun,pwoer", "sector", "there is no sector 'pwoer'"),
        ("plants", "power-fleet", "power-fleat", "technology", "there is no technology 'power-fleat'"),
        ("plants", "4760", "476000", "sector", "above its total"),
        ("controls", "power,carbon,125453500", "power,carbon,1e3x", "total", "'1e3x' is not a number"),
        ("controls", "city,nanchang,carbon,", "city,nanchang,carbon,1", "total", "adds up to"),
        ("controls", "sector,power,carbon", "sector,power,carbn", "instrument", "there is no instrument 'carbn'"),
        ("locations", "power,nanchang,0.12", "power,nanchang,0.2", "share", "add up to 1.08"),
        ("measures", "power,ccs", "power,renewables", "measure", "is already on line"),
        ("measures", "energy,0.06,30,300", "energy,0.06,30,20", "cost_end", "is below cost_start"),
        ("measures", "nox,0.4,1500,8000", "nox,0.95,1500,8000", "effect_nox", "all measures of ceramics"),
        ("measures", ",fuel,2025", ",fule,2025", "group", "has no group 'fule'"),
        ("sector_parameters", ",D,", ",certain,", "confidence", "there is no confidence 'certain'"),
        ("sector_parameters", "power,growth,0.015", "power,growth,15", "value", "growth is 15"),
        ("sector_parameters", "steel,accounts,18", "steel,accounts,4", "sector", "all 4 accounts of steel are named"),
        ("parameters", "cost_sd", "cost_std", "id", "the parameter cost_sd is missing"),
        ("factors", "power-fleet,water", "power-flaet,water", "technology", "has no factor of water"),
        ("sources", "s-ceads,", "s-caeds,", "source", "there is no source 's-ceads'"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(edited, table, old, new, key, says):
    folder, change = edited
    line = change(table, old, new)
    with pytest.raises(TableError) as caught:
        load_tables(folder)
    found = [problem for problem in caught.value.problems if problem.key == key and says in problem.message]
    assert found, str(caught.value)
    assert all(problem.remedy for problem in caught.value.problems)
    on_the_line = {"effect_nox", "sector", "share"}  # these sum over rows: their line is a row of the sum
    if says.startswith(("the parameter", "all 4")) or key == "source" or "no factor" in says:
        return
    assert any(problem.file.endswith(f"{table}.csv") for problem in found)
    if key not in on_the_line:
        assert line in {problem.line for problem in found}


def test_all_mistakes_are_reported_at_once(edited):
    folder, change = edited
    first = change("cities", "7800.37", "many")
    second = change("plants", "4760", "")
    (folder / "groups.csv").unlink()
    (folder / "parameters.csv").write_bytes(b"id,value\n\xff\xfe")
    with pytest.raises(InputError) as caught:
        load_tables(folder)
    found = {(Path(problem.file).name, problem.line) for problem in caught.value.problems}
    assert {("cities.csv", first), ("plants.csv", second)} <= found
    assert {name for name, _ in found} >= {"groups.csv", "parameters.csv"}


def test_contradicting_city_totals_are_refused(edited):
    """Ji'an's carbon is moved to Nanchang: below what its named plant emits."""
    folder, _ = edited
    path = folder / "controls.csv"
    rows = pd.read_csv(path)
    city = (rows["level"] == "city") & (rows["instrument"] == "carbon")
    moved = 3e6
    rows.loc[city & (rows["key"] == "jian"), "total"] -= moved
    rows.loc[city & (rows["key"] == "nanchang"), "total"] += moved
    rows.to_csv(path, index=False)
    with pytest.raises(TableError, match="named plants of city jian"):
        load_tables(folder)


def test_a_problem_reads_as_one_line():
    problem = Problem("cities.csv", 3, "gdp", "'x' is not a number", "Write a number.")
    assert str(problem) == "cities.csv:3: gdp: 'x' is not a number. Write a number."
    assert (
        str(Problem("cities.csv", 0, "file", "there is no such file.", ""))
        == "cities.csv: file: there is no such file."
    )
