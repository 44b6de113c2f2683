"""What a dossier is asked for: alternatives in a file, default ones, ranges, mistakes before anything runs."""

import pytest

from scenarios.accounts import accounts
from scenarios.display import Display
from scenarios.dossier import Asked, gather
from scenarios.dossier.alternatives import alternatives_of, changed_scenario
from scenarios.dossier.failing import failings_of, highest_price
from scenarios.dossier.ranges import default_ranges, factor_labels, factor_units
from scenarios.errors import InputError
from scenarios.loading import load

FILE = """
alternatives:
  tight: {name: {en: Tighter, zh: 更紧}, set: {carbon.cap_scale: 90}}
  dear: {name: {en: Dear, zh: 更贵}, set: {instruments.carbon.penalty.rate: 2000}}
"""


@pytest.fixture(scope="module")
def scenario():
    return load("textbook-banking")


def test_default_alternatives_are_other_mechanisms_and_caps(scenario):
    found, left_out = alternatives_of(Asked(name="textbook-banking"), scenario)
    assert [one.label for one in found] == ["base", "order_book", "listed+block", "cap 95 %", "cap 105 %"]
    assert left_out == ()
    assert found[3].scenario.instruments["carbon"].cap.values[2025] == pytest.approx(0.95 * 90)
    assert found[0].scenario is scenario


def test_alternatives_of_a_file(tmp_path, scenario):
    file = tmp_path / "some.yaml"
    file.write_text(FILE, encoding="utf-8")
    found, _ = alternatives_of(Asked(name="textbook-banking", alternatives=file), scenario)
    assert [one.name.zh for one in found[1:]] == ["更紧", "更贵"]
    assert found[1].scenario.instruments["carbon"].cap.values[2025] == pytest.approx(81)
    assert found[2].scenario.instruments["carbon"].penalty.rate == 2000


def test_all_mistakes_of_a_file_are_told_together(tmp_path, scenario):
    file = tmp_path / "some.yaml"
    text = FILE.replace("2000", "-1").replace("carbon.cap_scale: 90", "carbon.moon: 1")
    file.write_text(text + "  same: {name: {en: S, zh: 同}, set: {carbon.cap_scale: 100}}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        alternatives_of(Asked(name="textbook-banking", alternatives=file), scenario)
    keys = [problem.key for problem in error.value.problems]
    assert keys == ["alternatives.tight.set", "alternatives.dear.set", "alternatives.same.set"]
    assert all(problem.line > 0 for problem in error.value.problems)


def test_varied_values_are_alternatives_without_the_scenario_itself(scenario):
    vary = {"instruments.carbon.penalty.rate": [1000, 500]}
    found, _ = alternatives_of(Asked(name="textbook-banking", vary=vary), scenario)
    assert [one.settings for one in found] == [{}, {"instruments.carbon.penalty.rate": 500}]


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (Asked(name="textbook-banking", right="moon"), "no right 'moon'"),
        (Asked(name="textbook-banking", conditions=("moon > 1",)), "moon"),
        (Asked(name="nowhere"), "nowhere"),
    ],
)
def test_mistakes_are_told_before_anything_runs(asked, word, tmp_path):
    with pytest.raises(InputError) as error:
        gather(asked, tmp_path / "work", lambda done, total: pytest.fail("it ran"))
    assert word in str(error.value.problems[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["textbook-banking", "jiangxi"])
def test_ranges_lie_around_the_scenario_and_say_by_which_rule(name):
    one = load(name)
    ranges, fixed = default_ranges(one, accounts(one).firms)
    assert len({each.name for each in ranges}) == len(ranges)
    assert "carbon.floor" in fixed
    for each in ranges:
        assert each.low <= each.base <= each.high
        width = {"share": 0.2 * each.base, "cap": 5.0, "growth": 0.01}[each.rule]
        assert max(each.high - each.base, each.base - each.low) <= width + 0.5 * each.whole + 1e-12
    for language in ("en", "zh"):
        display = Display.of(one, language)
        labels = factor_labels(ranges, one, display)
        assert all(labels.values())
        assert factor_units(ranges, one, language).keys() == labels.keys()


def test_shocks_are_no_factor_where_there_are_none(scenario):
    ranges, _ = default_ranges(scenario, accounts(scenario).firms)
    assert not {"world.persistence", "world.common_share"} & {one.name for one in ranges}


def test_usual_conditions_take_their_bounds_from_the_scenario_and_the_base_run(scenario):
    import pandas as pd

    kpis = pd.Series({"carbon.mean_price": 20.0, "actual_cost": 100.0})
    said = [str(one.condition) for one in failings_of(scenario, kpis)]
    assert said == [
        "carbon.compliance_rate < 0.98", "carbon.last_price >= 900", "carbon.mean_price > 30", "actual_cost > 120",
    ]  # fmt: skip
    capped = changed_scenario(scenario, {"carbon.ceiling": 25})
    assert highest_price(capped.instruments["carbon"]) == 25


def test_the_command_writes_page_and_data_and_leaves_no_stores(tmp_path, monkeypatch, capsys):
    import json

    from scenarios.commands.dossiers import dossier

    monkeypatch.chdir(tmp_path)
    (tmp_path / "outcomes").mkdir()
    code = dossier(
        "textbook-montgomery", [], None, "zh", 2, 1, True, points=8, trajectories=2, validation=tmp_path / "outcomes"
    )
    folder = tmp_path / "runs" / "dossier-textbook-montgomery"
    assert code == 0
    assert str(folder.relative_to(tmp_path)) in capsys.readouterr().out
    assert [file.name for file in folder.parent.iterdir()] == [folder.name]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    command = manifest["command"]
    assert command.startswith("quotalab dossier textbook-montgomery --seeds 2 --points 8 --trajectories 2")
    assert command.endswith("--quick --language zh")
    assert 'lang="zh-CN"' in (folder / "dossier.html").read_text(encoding="utf-8")


def test_an_interrupted_dossier_leaves_its_samples_only(tmp_path, monkeypatch, capsys):
    from scenarios.commands import dossiers
    from scenarios.dossier import files

    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "save_dossier", stopped)
    (tmp_path / "outcomes").mkdir()
    with pytest.raises(KeyboardInterrupt):
        dossiers.dossier(
            "textbook-montgomery", [], tmp_path / "here", "en", 2, 1, True, points=8, trajectories=2,
            validation=tmp_path / "outcomes",
        )  # fmt: skip
    assert not (tmp_path / "here").exists()
    kept = tmp_path / ".here.sweeps"
    assert sorted(folder.name for folder in kept.iterdir()) == ["ranking", "worlds"]
    assert str(kept) in capsys.readouterr().err
