"""The command line: output, JSON, exit codes, and that nothing is written after a mistake or Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scenarios import cli
from scenarios.commands import running
from scenarios.commands.running import overrides
from scenarios.commands.screens import number
from scenarios.errors import InputError
from scenarios.loading import library
from scenarios.validation.cases import Case

ROOT = Path(__file__).resolve().parents[2]


def test_help_and_version(quotalab):
    code, out, _ = quotalab("--help")
    assert code == 0
    assert all(name in out for name in ("list", "show", "check", "schema", "run", "report", "validate", "dashboard"))
    assert quotalab("--version")[1].strip() == "0.1.0"


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom scenarios.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'numba', 'mesa', 'scipy', 'plotly', 'ruamel', 'pydantic'}\n"
        "sys.stderr.write(str(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == "[]"


def test_list_names_every_scenario(quotalab):
    code, out, _ = quotalab("list")
    assert code == 0
    assert all(name in out for name in library())
    listed = json.loads(quotalab("list", "--json")[1])
    assert [entry["name"] for entry in listed] == list(library())
    assert all(set(entry["title"]) == {"en", "zh"} for entry in listed)


def test_show_names_caps_rules_and_flagged_defaults(quotalab):
    code, out, err = quotalab("show", "textbook-banking-cycles")
    assert (code, err) == (0, "")
    for words in ("grandfathering", "banking: full", "flat (rate 1,000)", "2030", "planner", "split: "):
        assert words in out
    assert max(map(len, out.splitlines())) <= 90
    shown = json.loads(quotalab("show", "textbook-banking-cycles", "--json")[1])
    assert shown["caps"]["carbon"] == {
        "2025": 60.0, "2026": 90.0, "2027": 90.0, "2028": 50.0, "2029": 50.0, "2030": 95.0,
    }  # fmt: skip
    assert shown["accounts"] == 20


def test_show_marks_flagged_notes(quotalab, tmp_path):
    notes = "notes: [{key: guess, flagged: true, text: {en: a guess, zh: 猜测}}]\n"
    (tmp_path / "mine.yaml").write_text(f"schema: 1\nextends: textbook-montgomery\nname: mine\n{notes}", "utf-8")
    assert "[!] guess: a guess" in quotalab("show", "mine.yaml")[1]


def test_show_prints_every_control_total_of_jiangxi(quotalab):
    shown = json.loads(quotalab("show", "jiangxi", "--totals", "--json")[1])
    assert len(shown["totals"]) > 100
    assert max(abs(row["difference"]) for row in shown["totals"]) <= 0.5
    code, out, _ = quotalab("show", "jiangxi", "--totals")
    assert code == 0
    assert out.count("nanchang") >= 5
    assert f"{len(shown['totals'])} control totals; the largest difference is" in out
    assert quotalab("show", "textbook-montgomery", "--totals")[0] == 2


def test_check_takes_several_names_and_reports_all(quotalab):
    code, out, err = quotalab("check", "textbook-montgomery", "textbook-bank", "nowhere.yaml")
    assert code == 2
    assert "textbook-montgomery: no mistakes" in out
    assert len(err.splitlines()) == 2
    assert quotalab("check", "textbook-montgomery", "textbook-banking")[0] == 0


def test_schema_describes_every_key_for_editors(quotalab):
    document = json.loads(quotalab("schema")[1])
    assert document["properties"]["schema"]["const"] == 1
    assert "extends" in document["properties"]
    assert document["$defs"]["LinearCap"]["properties"]["initial"]["unit"] == "units/year"
    assert "required" not in document
    for definition in document["$defs"].values():
        assert all("description" in entry for entry in definition["properties"].values())


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "textbook-montgomery", "--seed", "-1"),
        ("run", "textbook-montgomery", "--seed", "x"),
        ("run", "textbook-montgomery", "--seed", "1.5"),
        ("run", "textbook-montgomery", "--language", "fr"),
        ("run", "textbook-montgomery", "--set", "rounds"),
        ("run", "textbook-montgomery", "--set", "rounds=1", "--set", "rounds=2"),
        ("run", "textbook-montgomery", "--set", "rounds=[1"),
        ("run", "textbook-montgomery", "--set", "round=1"),
        ("run", "textbook-montgomery", "--set", "population.firms=nowhere.csv"),
        ("run", "no-such-scenario"),
        ("report", "no-such-folder"),
        ("dashboard", "--address", "0.0.0.0", "--no-token"),
        ("dashboard", "--token", "short"),
        ("dashboard", "--address", "203.0.113.7"),  # not an address of this computer
        ("bogus",),
    ],
)
def test_a_user_s_mistake_ends_with_code_2_and_writes_nothing(quotalab, tmp_path, arguments):
    code, out, err = quotalab(*arguments)
    assert code == 2
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_settings_are_written_as_in_a_file():
    found = overrides(["a.b=1e3", "c=[1, x]", "d=", "e=true", "f={2025: 1}", "g=a=b"])
    assert found == {"a.b": 1000.0, "c": [1, "x"], "d": None, "e": True, "f": {"2025": 1}, "g": "a=b"}
    with pytest.raises(InputError, match="not path=value"):
        overrides(["=1"])


def test_run_saves_tables_and_prints_indicators_with_units(quotalab, tmp_path):
    code, out, _ = quotalab("run", "textbook-montgomery", "--no-report")
    assert code == 0
    assert "unit of account/unit" in out
    assert out.splitlines()[-1] == f"tables: {Path('runs') / 'textbook-montgomery-0'}"
    code, out, _ = quotalab("run", "textbook-montgomery", "--no-report", "--set", "instruments.carbon.cap.initial=320")
    assert out.splitlines()[-1] == f"tables: {Path('runs') / 'textbook-montgomery-0-2'}"
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "textbook-montgomery-0", "textbook-montgomery-0-2",
    ]  # fmt: skip


def test_run_prints_one_json_document(quotalab, tmp_path):
    code, out, _ = quotalab("run", "textbook-montgomery", "--seed", "3", "--no-report", "--json", "--out", "mine")
    document = json.loads(out)
    assert code == 0
    assert (document["scenario"], document["seed"], document["folder"]) == ("textbook-montgomery", 3, "mine")
    assert document["kpis"]["carbon.mean_price"]["value"] == pytest.approx(16.551724, rel=1e-3)
    assert (tmp_path / "mine" / "manifest.json").is_file()


def test_run_never_overwrites_and_needs_a_folder_that_can_be_written(quotalab, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for out in ("taken", "file", "file/inside"):
        code, _, err = quotalab("run", "textbook-montgomery", "--out", out)
        assert code == 2
        assert "--out" in err
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken"]


def test_run_writes_a_report_in_either_language_and_report_writes_it_again(quotalab, tmp_path):
    code, out, _ = quotalab("run", "textbook-montgomery", "--language", "zh", "--out", "mine")
    assert code == 0
    assert out.splitlines()[-1] == f"report: {Path('mine') / 'report.html'}"
    text = (tmp_path / "mine" / "report.html").read_text(encoding="utf-8")
    assert "教科书式许可市场" in text
    code, out, _ = quotalab("report", "mine", "--language", "en")
    assert (code, out.strip()) == (0, f"report: {Path('mine') / 'report.html'}")
    assert "Textbook permit market" in (tmp_path / "mine" / "report.html").read_text(encoding="utf-8")


def test_validate_ends_with_code_1_if_a_case_fails(quotalab, monkeypatch):
    import scenarios.validation

    cases = [Case("A.one", "a source", 2.0, 2.0, 1e-6), Case("A.two", "a source", 2.0, 2.1, 1e-6, "t")]
    monkeypatch.setattr(scenarios.validation, "SUITES", (lambda: cases,))
    code, out, err = quotalab("validate")
    assert code == 1
    assert "FAIL" in out
    assert "1 of 2 cases passed" in out
    assert err == "failed: A.two\n"
    listed = json.loads(quotalab("validate", "--json")[1])
    assert [case["passed"] for case in listed] == [True, False]
    monkeypatch.setattr(scenarios.validation, "SUITES", (lambda: cases[:1],))
    assert quotalab("validate")[0] == 0


@pytest.mark.parametrize(
    ("raised", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (OSError(28, "No space left on device", "runs/x"), 2, "No space left on device: runs/x"),
        (cli.QuotaLabError("rights were lost"), 1, "the run failed: rights were lost"),
    ],
)
def test_interruptions_and_failures_are_one_line(quotalab, monkeypatch, raised, code, words):
    def fail(*arguments, **options):
        raise raised

    monkeypatch.setattr(running, "run", fail)
    found, out, err = quotalab("run", "textbook-montgomery")
    assert (found, out) == (code, "")
    assert words in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.slow
def test_ctrl_c_in_the_middle_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", "from scenarios.cli import main; main()", "run", "jiangxi", "--out", "mine"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert out == ""
    assert "stopped" in err
    assert "Traceback" not in err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (1234567.0, "1,234,567"), (16.551724, "16.5517"), (0.000661, "0.000661"), (float("nan"), "-"),
        (-0.5, "-0.5"), (1e-9, "1.00000e-09"), (2.0, "2"),
    ],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert number(value) == text


def readme_block(language: str) -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split(f"```{language}\n", 1)[1].split("```", 1)[0]


def test_the_scenario_of_the_readme_has_no_mistakes(quotalab, tmp_path):
    (tmp_path / "mine.yaml").write_text(readme_block("yaml"), encoding="utf-8")
    assert quotalab("check", "mine.yaml") == (0, "mine.yaml: no mistakes\n", "")


@pytest.mark.slow
def test_the_example_of_the_readme_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(readme_block("python"), "README.md", "exec"), {})  # noqa: S102 - our own file
    assert (tmp_path / "runs" / "a-tighter-cap" / "manifest.json").is_file()
