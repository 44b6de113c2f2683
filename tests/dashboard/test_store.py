"""The store: names of runs, a bounded memory, folders, and names from a browser that lead nowhere."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.store import Store, estimated_bytes, run_key, scenario_key
from scenarios.errors import InputError
from scenarios.loading import LIBRARY, load
from scenarios.results import RunResult
from scenarios.runner import run
from scenarios.schema import Scenario

SHORT = {"calendar.years": 2}
ENOUGH = 1 << 28


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run(load("textbook-banking", SHORT), 3)


@pytest.fixture
def own(tmp_path: Path) -> Callable[[], Scenario]:
    """Load a document of one's own with tables beside it, anew each time."""
    folder = tmp_path / "own"
    folder.mkdir()
    data = LIBRARY.parent / "data" / "textbook"
    shutil.copy(data / "banking-firms.csv", folder / "firms.csv")
    shutil.copy(data / "banking-measures.csv", folder / "measures.csv")
    text = (LIBRARY / "textbook-banking.yaml").read_text(encoding="utf-8")
    text = text.replace("../data/textbook/banking-", "").replace("name: textbook-banking", "name: own", 1)
    (folder / "own.yaml").write_text(text, encoding="utf-8")
    return lambda: load(folder / "own.yaml", SHORT)


def test_a_key_is_the_document_the_tables_and_the_seed(own: Callable[[], Scenario], tmp_path: Path) -> None:
    key = scenario_key(own())
    assert key == scenario_key(own())
    assert scenario_key(load("textbook-banking", SHORT)) != key
    assert scenario_key(load(tmp_path / "own" / "own.yaml", {"calendar.years": 3})) != key
    assert scenario_key(load(tmp_path / "own" / "own.yaml", {"calendar.years": 2, "rounds": 0})) == key  # its default
    assert run_key(own(), 1) == run_key(own(), 1) != run_key(own(), 2)
    table = tmp_path / "own" / "firms.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    assert scenario_key(own()) != key


def test_the_same_document_elsewhere_is_the_same_run(own: Callable[[], Scenario], tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "own", tmp_path / "other")
    assert run_key(load(tmp_path / "other" / "own.yaml", SHORT), 1) == run_key(own(), 1)


def test_memory_is_bounded_and_the_last_used_stays(result: RunResult, tmp_path: Path) -> None:
    size = estimated_bytes(result)
    store = Store(tmp_path, int(2.5 * size))
    store.put("a", "1", result)
    store.put("a", "2", result)
    assert store.held("a", "1") is result
    store.put("a", "3", result)
    assert [store.held("a", key) is not None for key in "123"] == [True, False, True]
    assert store.bytes == 2 * size
    store.put("a", "3", result)
    assert store.bytes == 2 * size
    assert store.held("b", "3") is None
    small = Store(tmp_path, 1)
    small.put("a", "1", result)
    assert small.held("a", "1") is result


def test_a_kept_run_is_found_again(own: Callable[[], Scenario], tmp_path: Path) -> None:
    scenario = own()
    key = run_key(scenario, 3)
    store = Store(tmp_path / "runs", ENOUGH)
    assert store.get("a", key, "own", 3) is None
    target = store.target("a", key, "own", 3)
    assert target == tmp_path / "runs" / f"own-3-{key[:8]}"
    made = run(scenario, 3)
    made.save(target)
    found = Store(tmp_path / "runs", ENOUGH).get("a", key, "own", 3)
    assert found is not None
    assert found.manifest["content_hash"] == made.manifest["content_hash"]


def test_a_folder_of_the_right_name_with_another_run_is_not_taken(result: RunResult, tmp_path: Path) -> None:
    store = Store(tmp_path, ENOUGH)
    key = run_key(result.scenario, 3)
    other = run_key(result.scenario, 4)
    result.save(tmp_path / f"textbook-banking-4-{other[:8]}")  # seed 3 in the place of seed 4
    assert store.get("a", other, "textbook-banking", 4) is None
    replace(result, manifest={**result.manifest, "versions": {"quotalab": "0.0.0"}}).save(
        tmp_path / f"textbook-banking-3-{key[:8]}"
    )
    assert store.get("a", key, "textbook-banking", 3) is None
    second = store.target("a", key, "textbook-banking", 3)
    assert second.name == f"textbook-banking-3-{key[:8]}-2"
    result.save(second)
    assert store.get("a", key, "textbook-banking", 3) is not None


def test_a_damaged_folder_is_listed_and_does_not_stand_in_the_way(result: RunResult, tmp_path: Path) -> None:
    store, key = Store(tmp_path, ENOUGH), run_key(result.scenario, 3)
    first = result.save(store.target("a", key, "textbook-banking", 3))
    (first / "manifest.json").write_text("{", encoding="utf-8")
    assert store.get("a", key, "textbook-banking", 3) is None
    (entry,) = store.folders("a")
    assert (entry.kind, entry.folder) == ("damaged", first.name)
    assert entry.problem is not None
    assert "damaged" in entry.problem.message or "another program" in entry.problem.message
    result.save(store.target("a", key, "textbook-banking", 3))
    assert store.get("a", key, "textbook-banking", 3) is not None
    assert [entry.kind for entry in store.folders("a")] == ["run", "damaged"]


def test_what_the_command_line_wrote_is_listed(result: RunResult, tmp_path: Path) -> None:
    store = Store(tmp_path, ENOUGH)
    assert store.folders("a") == []
    result.save(tmp_path / "我的 run")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".x.partial").mkdir()
    (tmp_path / "sessions").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    entries = {entry.folder: entry for entry in store.folders("a")}
    assert set(entries) == {"我的 run", "empty"}
    assert entries["empty"].kind == "damaged"
    entry = entries["我的 run"]
    assert (entry.kind, entry.name, entry.seeds, entry.problem) == ("run", "textbook-banking", (3,), None)
    assert entry.when[:2] == "20"
    assert store.open("a", "我的 run").seed == 3
    shutil.rmtree(tmp_path / "我的 run")
    assert [entry.folder for entry in store.folders("a")] == ["empty"]


def test_sessions_are_apart(result: RunResult, tmp_path: Path) -> None:
    store = Store(tmp_path, ENOUGH, apart=True)
    folders = [store.folder(session) for session in ("a", "b", "../..", "a/b", "\0", "")]
    assert len(set(folders)) == len(folders)
    assert {folder.parent for folder in folders} == {tmp_path / "sessions"}
    assert all(folder.name.isalnum() for folder in folders)
    result.save(store.folder("a") / "mine")
    assert [entry.folder for entry in store.folders("a")] == ["mine"]
    assert store.folders("b") == []
    with pytest.raises(InputError):
        store.open("b", f"../{store.folder('a').name}/mine")
    shared = Store(tmp_path, ENOUGH)
    assert shared.folder("a") == shared.folder("b") == tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", "../x", "a/b", "a\\b", "/etc", "C:", "C:x", "a/../b", "..\\x", "x\0", "\0", "x\n", ".hidden",
        "sessions", "x" * 500, "x*", "[a]", "a.", " a", "x\u202e", "\ud800",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    store = Store(tmp_path, ENOUGH)
    with pytest.raises(InputError, match="not the name of a folder"):
        store.open("a", name)
    with pytest.raises(InputError):
        store.path("a", name)
    if "/" in name or "\\" in name or "\0" in name:
        with pytest.raises(InputError):
            store.get("a", "0" * 64, name, 0)
        with pytest.raises(InputError):
            store.target("a", "0" * 64, name, 0)


def test_links_are_not_followed(result: RunResult, tmp_path: Path) -> None:
    outside = result.save(tmp_path / "outside")
    root = tmp_path / "runs"
    root.mkdir()
    (root / "link").symlink_to(outside)
    (root / "loop").symlink_to("loop")
    store = Store(root, ENOUGH)
    for name in ("link", "loop"):
        with pytest.raises(InputError, match="not the name"):
            store.open("a", name)
    assert store.folders("a") == []
    key = run_key(result.scenario, 3)
    (root / f"textbook-banking-3-{key[:8]}").symlink_to(outside)
    assert store.get("a", key, "textbook-banking", 3) is None
    assert store.target("a", key, "textbook-banking", 3).name == f"textbook-banking-3-{key[:8]}-2"


def test_a_root_that_is_a_link_itself_is_fine(result: RunResult, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    result.save(tmp_path / "runs" / "mine")
    assert Store(tmp_path / "runs", ENOUGH).open("a", "mine").seed == 3
