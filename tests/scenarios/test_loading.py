"""Loading: merging, overrides, origins, guards, and that anything else than a good file raises InputError only."""

import contextlib
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenarios
from scenarios.accounts import accounts, technology
from scenarios.checks import check
from scenarios.documents import parse, scalar_of
from scenarios.errors import InputError
from scenarios.loading import LIBRARY, load, origin_of, read
from scenarios.schema import Scenario

ROOT = Path(__file__).resolve().parents[2]
GOOD = (LIBRARY / "textbook-montgomery.yaml").read_text(encoding="utf-8")


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path | str, overrides: dict | None = None) -> list[tuple[int, str]]:
    with pytest.raises(InputError) as caught:
        load(path, overrides)
    return [(problem.line, problem.key) for problem in caught.value.problems]


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_that_ships_loads_under_its_file_name(path):
    scenario = load(path.stem)
    assert scenario.name == path.stem
    assert load(path) == scenario


def test_package_gives_load_and_run_on_first_use():
    assert scenarios.load is load
    assert set(scenarios.__all__) == {"ScenarioModel", "compare", "load", "run"}
    assert all(callable(getattr(scenarios, name)) for name in scenarios.__all__)
    with pytest.raises(AttributeError, match="no attribute 'loud'"):
        scenarios.loud  # noqa: B018


def test_importing_the_loader_loads_no_heavy_library():
    code = "import sys, scenarios.loading; print([m for m in sys.modules if m in ('pandas','numba','mesa','scipy')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("true", True), ("True", True), ("~", None), ("", None), ("010", 10), ("0o7", "0o7"),
        ("1e3", 1000.0), (".5", 0.5), ("-2.", -2.0), ("1_000", "1_000"), ("2025-01-01", "2025-01-01"), ("+3", 3),
        ("1:30", "1:30"), ("0x10", "0x10"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text, value):
    found = scalar_of(text)
    assert found == value
    assert type(found) is type(value)


def test_extends_merges_mappings_replaces_lists_and_removes_with_null(tmp_path):
    base = load("textbook-banking")
    path = write(
        tmp_path,
        """
schema: 1
extends: textbook-banking
name: mine
instruments:
  carbon:
    cap: {values: {2030: 44}}
    compliance: null
behaviours: [{kind: complier}]
notes: null
""",
    )
    mine = load(path)
    assert mine.instruments["carbon"].cap.values == {**base.instruments["carbon"].cap.values, 2030: 44}
    assert [rule.kind for rule in mine.behaviours] == ["complier"]
    assert mine.notes == ()
    assert mine.instruments["carbon"].compliance.true_up_after == 0
    assert mine.title == base.title
    assert load("textbook-banking") == base


def test_another_kind_of_rule_replaces_the_old_one_with_all_its_keys(tmp_path):
    path = write(
        tmp_path,
        "schema: 1\nextends: textbook-banking\nname: mine\n"
        "instruments: {carbon: {cap: {kind: linear, initial: 90, factor: 0.02}}}\n",
    )
    assert load(path).instruments["carbon"].cap.model_dump() == {
        "absolute_from": None, "kind": "linear", "initial": 90.0, "factor": 0.02,
    }  # fmt: skip


def test_extends_takes_a_path_and_tables_stay_beside_the_file_that_names_them(tmp_path):
    folder = tmp_path / "base"
    folder.mkdir()
    write(folder, GOOD.replace("../data/textbook/", "tables/"), "base.yaml")
    path = write(tmp_path, "schema: 1\nextends: base/base.yaml\nname: mine\npopulation: {measures: own.csv}\n")
    origin = origin_of(load(path))
    assert origin.resolve("population.firms", "tables/montgomery-firms.csv") == folder / "tables/montgomery-firms.csv"
    assert origin.resolve("population.measures", "own.csv") == tmp_path / "own.csv"


def test_overrides_replace_single_values():
    changed = load("textbook-banking", {"instruments.carbon.cap.values.2026": 81, "behaviours.0.horizon_years": 3})
    assert changed.instruments["carbon"].cap.values[2026] == 81
    assert changed.behaviours[0].horizon_years == 3
    assert changed.behaviours[0].discount_rate == load("textbook-banking").behaviours[0].discount_rate
    assert load("textbook-banking", {"world": {"activity_sd": 0.1}}).world.activity_sd == 0.1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("instruments.carbon.cap.initial", -1),
        ("instruments.carbon.cap.initial", np.inf),
        ("instruments.carbon.cap.inital", 3),
        ("behaviours.7.steps", 3),
        ("behaviours.first.steps", 3),
        ("rounds.x", 3),
        ("rounds", True),
        ("calendar", None),
        ("instruments.carbon.tick", 0.00015),
        ("", 1),
        ("..", 1),
        ("rounds", object()),
        ("rounds", {1, 2}),
    ],
)
def test_wrong_overrides_are_named_as_they_were_given(key, value):
    with pytest.raises(InputError) as caught:
        load("textbook-montgomery", {key: value})
    assert [problem.key.startswith(f"--set {key}") for problem in caught.value.problems] == [True]
    assert {problem.line for problem in caught.value.problems} == {0}


def test_numbers_of_numpy_are_taken_as_overrides():
    assert load("textbook-montgomery", {"rounds": np.int64(3)}).rounds == 3
    assert load("textbook-montgomery", {"money.credit_limit": np.float64(5.0)}).money.credit_limit == 5.0


def test_a_scenario_is_plain_data_that_remembers_where_it_was_written():
    scenario = load("textbook-montgomery")
    again = pickle.loads(pickle.dumps(scenario))  # noqa: S301
    assert again == scenario
    assert origin_of(again).place("instruments.carbon.lot") == origin_of(scenario).place("instruments.carbon.lot")
    line = origin_of(scenario).place("instruments.carbon.lot")[1]
    assert GOOD.splitlines()[line - 1].strip() == "lot: 0.001"
    bare = Scenario.model_validate(scenario.model_dump(by_alias=True))
    assert origin_of(bare).problem("rounds", "x", "y").line == 0


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path) == load("textbook-montgomery")


def test_unknown_names_and_missing_files():
    with pytest.raises(InputError, match=r"Did you mean textbook-banking\?"):
        load("textbook-bankin")
    with pytest.raises(InputError, match="there is no such file"):
        load("nowhere/at-all.yaml")


def test_folders_and_large_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path)
    with pytest.raises(InputError, match="larger than"):
        load(write(tmp_path, "#" * 1_000_001))


def test_problems_come_in_the_order_of_the_file_and_once_each(tmp_path):
    text = GOOD
    for good, bad in [("rounds: 0", "rounds: x"), ("lot: 0.001", "lot: -1"), ("unit: unit", "unt: t")]:
        text = text.replace(good, bad)
    found = problems(write(tmp_path, text))
    lines = [line for line, _ in found]
    assert lines == sorted(lines)
    keys = sorted(key for _, key in found)
    assert keys == ["instruments.carbon.lot", "instruments.carbon.unit", "instruments.carbon.unt", "rounds"]


def test_a_draft_keeps_what_is_valid_beside_what_is_not(tmp_path):
    draft = read(write(tmp_path, GOOD.replace("rounds: 0", "rounds: x").replace("years: 1,", "years: 0,")))
    assert draft.scenario is None
    assert draft.parts.calendar.years is None
    assert draft.parts.calendar.start_year == 2025
    assert list(draft.parts.instruments) == ["carbon"]


LINES = GOOD.replace("../data", str(LIBRARY.parent / "data")).splitlines()
SCRAPS = st.sampled_from(
    [
        *"~'\"{}|%@`\t\x00\ud7ff0",
        *("", "-1", "1e999", ".nan", "no", "[]", "{}", "[1, [2]]", "*a", "&a", "!!set", ": :", "- ", "---", "<<: 1"),
        *("999999999999999999999", "1e-300", "x" * 200, "江西", "kind: none"),
    ]
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """A good scenario with some lines dropped, doubled, moved, indented, or with a piece replaced by a scrap."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(lines) - 1))
        line = lines[index]
        match draw(st.integers(0, 5)):
            case 0:
                del lines[index]
            case 1:
                lines.insert(draw(st.integers(0, len(lines))), line)
            case 2:
                lines[index] = " " * draw(st.integers(1, 4)) + line
            case 3:
                head, colon, _ = line.partition(":")
                lines[index] = f"{head}{colon} {draw(SCRAPS)}"
            case 4:
                cut = draw(st.integers(0, len(line)))
                lines[index] = line[:cut] + draw(SCRAPS) + line[cut:]
            case _:
                cut = draw(st.integers(0, len(line)))
                lines[index] = line[:cut] + line[cut + 1 :]
        if not lines:
            break
    return "\n".join(lines)


@settings(max_examples=300)
@given(text=mutations())
def test_a_mutated_scenario_passes_every_check_or_raises_input_error(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "mutated.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        scenario = load(path)
        check(scenario)
        technology(accounts(scenario), scenario.instruments)
    except InputError as error:
        for problem in error.problems:
            assert problem.key
            assert problem.message
            assert problem.remedy
            assert 0 <= problem.line <= len(text.splitlines()) + 1
            assert "pydantic" not in str(problem)


@settings(max_examples=200)
@given(text=st.text(max_size=80))
def test_any_text_parses_or_raises_input_error(text):
    with contextlib.suppress(InputError):
        parse(text, "file")
