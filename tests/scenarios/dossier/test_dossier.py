"""The dossier: every section in both languages, numbers equal to those of the tables, nothing from outside."""

import dataclasses
import hashlib
import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest

from scenarios.comparison_words import value
from scenarios.display import Display, texts
from scenarios.dossier import dossier_page, save_dossier
from scenarios.dossier.factors import ranked
from scenarios.dossier.failing import counted
from scenarios.dossier.gathering import RANKING, WORLDS
from scenarios.dossier.page import sections
from scenarios.errors import InputError
from scenarios.result_files import content_hash, frame_of

HOLE = re.compile(r"\{[a-z_]*\}")
ID = re.compile(r'id="([^"]+)"')


def without_scripts(text: str) -> str:
    return re.sub(r"<script.*?</script>|<style>.*?</style>", "", text, flags=re.S)


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", without_scripts(html))


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, found):
    text, data = dossier_page(found, request.param, "quotalab dossier textbook-montgomery")
    return request.param, text, data


def leaves(plain, path=""):
    if isinstance(plain, dict):
        for key, inner in plain.items():
            yield from leaves(inner, f"{path}.{key}")
    else:
        yield path, plain


def test_both_languages_have_the_same_texts_with_the_same_holes():
    en, zh = (dict(leaves(texts(language)["dossier"])) for language in ("en", "zh"))
    assert en.keys() == zh.keys()
    for path, said in en.items():
        assert set(HOLE.findall(said)) == set(HOLE.findall(zh[path])), path


def test_every_section_is_there_and_none_failed(page):
    language, text, _ = page
    body = without_scripts(text)
    names = ["summary", *sections()]
    assert re.findall(r'<section id="([a-z]+)"', body) == names
    assert re.findall(r'<a href="#([a-z]+)">', body)[-len(names) :] == names
    assert texts(language)["dossier"]["fault"] not in body
    assert not HOLE.search(text_of(text))
    levels = [int(level) for level in re.findall(r"<h([1-6])", body)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    ids = ID.findall(body)
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_from_elsewhere(page):
    _, text, data = page
    body = without_scripts(text)
    links = re.findall(r'(?:src|href|action)="([^"]+)"', body)
    assert not [link for link in links if re.match(r"[a-z]+:|//", link)]
    assert "default-src 'none'" in text
    files = {link for link in links if not link.startswith("#")}
    assert files
    assert files <= {f"data/{name}.{kind}" for name in data for kind in ("csv", "parquet")}


def test_every_figure_has_a_text_for_those_who_cannot_see_it(page):
    _, text, _ = page
    places = re.findall(r'<div class="plot" id="([^"]+)" role="img" aria-label="([^"]*)"', without_scripts(text))
    drawn = json.loads(re.search(r'id="figure-data">(.*?)</script>', text, re.S)[1])["figures"]
    assert {place for place, _ in places} == set(drawn)
    assert all(said.strip() for _, said in places)
    assert any(place.startswith("figure-ranking-") for place, _ in places)


def test_numbers_on_the_page_are_those_of_the_tables(page, found):
    language, text, data = page
    said = text_of(text)
    display = Display.of_result(found.base, language)
    means = data["base_indicators"].set_index("kpi")["mean"]
    own = found.comparison.kpis
    own = own[own["arm"] == "base"]
    for kpi in ("carbon.mean_price", "actual_cost"):
        by_hand = own.loc[own["kpi"] == kpi, "value"].mean()
        assert means[kpi] == pytest.approx(by_hand)
        assert value(display, kpi, by_hand) in said
    runs = found.runs[WORLDS]
    dear = int((runs["carbon.mean_price"] > 17.0).sum())
    counts = data["failure_counts"]
    assert counts["cases"].tolist() == [dear]
    assert counts["n"].tolist() == [len(runs)]
    assert 0 < dear < len(runs)
    for box in data["failure_boxes"].itertuples():
        assert box.points >= box.failing
        assert box.density == pytest.approx(box.failing / box.points)


def test_the_least_cost_price_of_the_closed_form_is_on_the_page(page):
    _, text, data = page
    assert data["prices_by_year"]["reference_price"].iloc[0] == pytest.approx(16.551724, abs=1e-4)
    assert "16.55" in text_of(text)


def test_a_tighter_cap_costs_more_and_a_price_falls_with_the_cap(page):
    _, _, data = page
    differences = data["alternatives_differences"].set_index(["arm", "kpi"])["difference"]
    arms = differences.index.get_level_values("arm").unique()
    tight, loose = (next(arm for arm in arms if re.search(rf"\b{scale}\s?%", arm)) for scale in (95, 105))
    assert differences[tight, "actual_cost"] > 0 > differences[loose, "actual_cost"]
    rank = ranked(data["sensitivity"], "carbon.mean_price")
    cap = rank.set_index("parameter").loc["carbon.cap_scale"]
    # Marginal costs are linear: the price falls by slope × cap, here between two interior solutions.
    assert cap["raises"] is False
    assert cap["value"] > 0.0


def test_the_folder_has_every_table_with_its_hash(tmp_path, found):
    path = save_dossier(found, tmp_path / "dossier", "en", "quotalab dossier textbook-montgomery")
    folder = path.parent
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    listed = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()} - {"manifest.json"}
    assert set(manifest["files"]) == listed
    for name, entry in manifest["files"].items():
        content = (folder / name).read_bytes()
        assert len(content) == entry["size"]
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    tables = {file.stem: frame_of(file.read_bytes()) for file in (folder / "data").glob("*.parquet")}
    assert manifest["content_hash"] == content_hash(tables)
    csv = pd.read_csv(folder / "data" / "worlds_runs.csv")
    assert np.allclose(csv["actual_cost"], found.runs[WORLDS]["actual_cost"], equal_nan=True)
    with pytest.raises(InputError, match="exists already"):
        save_dossier(found, folder)


def test_its_samples_are_sweeps_that_load_and_give_the_same_points(tmp_path, found):
    from scenarios.sweeps.loading import load_sweep

    folder = save_dossier(found, tmp_path / "dossier").parent
    for name in (RANKING, WORLDS):
        plan = load_sweep(folder / f"{name}.sweep.yaml")
        pd.testing.assert_frame_equal(plan.points, found.points[name])
        assert plan.most_runs == len(found.runs[name])


def test_a_sweep_that_is_missing_is_told_and_the_rest_stays(copy):
    del copy.runs[RANKING], copy.sweeps[RANKING]
    copy.faults[RANKING] = "SALib is not installed. Install it."
    text, data = dossier_page(copy, "en")
    assert "SALib is not installed. Install it." in text_of(text)
    assert set(data["sensitivity"]["index"]) == {"first"}
    assert re.findall(r'<section id="([a-z]+)"', text) == ["summary", *sections()]


def test_a_section_that_raises_is_told(copy, monkeypatch):
    from scenarios.dossier import trust_sections

    def broken(page):
        raise ZeroDivisionError("nothing to divide by")

    monkeypatch.setattr(trust_sections, "validation", broken)
    said = text_of(dossier_page(copy, "en")[0])
    assert "nothing to divide by" in said
    assert "Sections that could not be made: 9." in said


def test_failed_runs_are_counted_and_no_case(found):
    runs = found.runs[WORLDS].copy()
    runs.loc[:3, "stage"] = "run"
    runs.loc[:3, "carbon.mean_price"] = np.nan
    row = counted(runs, found.failings).iloc[0]
    assert (row["n"], row["without_value"]) == (len(runs) - 4, 4)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_error_of_a_calibration_is_told_in_and_out_of_sample(copy, language, monkeypatch, tmp_path):
    from types import SimpleNamespace

    from scenarios.calibration.results import CalibrationResult

    errors = pd.DataFrame(
        {
            "instrument": "carbon", "variable": "price", "held_out": [False, True], "n": [4, 2], "rmse": [1.25, 3.5],
            "relative": [0.1, 0.3], "naive_rmse": [np.nan, 7.0], "skill": [np.nan, 0.5],
        }
    )  # fmt: skip
    row = {"parameter": "world.default_growth", "best": 0.02, "low": 0.01, "high": np.nan, "searched_low": 0.0,
           "searched_high": 0.1, "unit": ""}  # fmt: skip
    found = SimpleNamespace(
        finished=False, observations=pd.DataFrame({"held_out": [False, True]}), errors=errors, fit=errors,
        parameters=pd.DataFrame([row]),
    )  # fmt: skip
    monkeypatch.setattr(CalibrationResult, "open", lambda folder: found)
    fitted = dataclasses.replace(copy, asked=dataclasses.replace(copy.asked, calibration=tmp_path))
    text, data = dossier_page(fitted, language)
    said = text_of(text)
    display = Display.of(copy.scenario, language)
    for rmse in (1.25, 3.5):
        assert display.price("carbon", rmse) in said
    assert "50.0" in said
    assert texts(language)["dossier"]["calibration"]["unfinished"] in said
    assert texts(language)["dossier"]["calibration"]["none"] not in said
    assert data["calibration_errors"] is errors
