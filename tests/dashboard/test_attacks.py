"""A user who does everything wrong, and does it often: full disks, floods, many at once; neighbours do not notice."""

import threading
from pathlib import Path

import pytest

from dashboard import callbacks, saving
from dashboard.laboratory import Laboratory
from dashboard.library import Documents
from dashboard.patience import Patience
from dashboard.saving import saved
from dashboard.view import Choice, View
from dashboard.worker_process import _kept
from scenarios.errors import InputError, Problem
from scenarios.loading import library
from tests.dashboard.attacker import Attacker
from tests.dashboard.inline import laboratory

BANK = View(scenario=Choice("textbook-banking"))
OWN = library()["textbook-banking"].read_text(encoding="utf-8") + "\n# my own\n"


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    monkeypatch.setattr(callbacks, "WAIT", 0.0)
    monkeypatch.setattr(saving, "WAIT", 0.05)
    return laboratory(tmp_path / "runs", hold=True, queue_per_session=5, burst=50, requests_per_second=1.0)


def test_a_document_on_a_full_disk_is_refused_with_a_remedy(lab: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", full)
    answer = Attacker(lab).bring(text=OWN)
    assert answer.status_code == 200
    assert "No space left on device" in answer.get_data(as_text=True)
    assert "view" not in answer.json["response"]


def test_a_document_that_cannot_be_touched_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Documents(tmp_path)
    name, _ = documents.add(OWN)
    monkeypatch.setattr("os.utime", full)
    assert documents.text(name) == OWN


def test_what_was_not_kept_names_no_path_of_the_server(tmp_path: Path) -> None:
    class Result:
        def save(self, folder: str) -> None:
            raise InputError([Problem(folder, 0, "result", "it cannot be written", "Make room.")])

    told = _kept(Result(), str(tmp_path / "bank-0-abc")).failure  # type: ignore[arg-type]
    assert told is not None
    assert [problem.file for problem in told.problems] == ["bank-0-abc"]


def test_a_damaged_folder_names_no_path_of_the_server(lab: Laboratory) -> None:
    for name, content in (("cut-off", "{"), ("no-seed", '{"kind": "quotalab-run"}'), ("empty", "")):
        (lab.settings.runs / name).mkdir(parents=True)
        (lab.settings.runs / name / "manifest.json").write_text(content, encoding="utf-8")
    entries = lab.store.folders("local")
    assert {entry.kind for entry in entries} == {"damaged"}
    assert not [entry for entry in entries if str(lab.settings.runs) in str(entry.problem)]


def test_clicks_without_end_on_run_queue_a_run_once(lab: Laboratory) -> None:
    attacker = Attacker(lab)
    answers = [attacker.show(BANK.data, wish="again").status_code for _ in range(150)]
    assert answers[:50] == [200] * 50
    assert set(answers) == {200, 429}
    assert len(lab.jobs.of("local")) == 1


def test_too_many_seeds_are_refused_in_words(lab: Laboratory) -> None:
    answer = Attacker(lab).show({**BANK.data, "seeds": 10**9, "scenario": {"base": "jiangxi", "changes": {}}})
    assert "5 runs of yours are waiting already" in answer.get_data(as_text=True) or lab.jobs.load["waiting"] <= 5


def test_a_file_that_cannot_be_made_yet_says_why(lab: Laboratory) -> None:
    file, told = saved(lab, "local", BANK, "dossier")
    assert file is None
    assert "not done yet" in told.children  # type: ignore[union-attr]
    file, told = saved(lab, "local", View(scenario=Choice("jiangxi", {"calendar.years": "x"})), "document")
    assert file is None
    assert "cannot be run" in told.children  # type: ignore[union-attr]


def test_only_one_file_of_a_session_is_made_at_a_time(lab: Laboratory) -> None:
    with lab.saving.place("local"):
        file, told = saved(lab, "local", BANK, "dossier")
        assert file is None
        assert "other files" in told.children  # type: ignore[union-attr]
        assert "not done yet" in saved(lab, "neighbour", BANK, "dossier")[1].children  # type: ignore[union-attr]


def test_a_session_that_asks_without_end_leaves_threads_to_others() -> None:
    places, inside, go = Patience(2, 3), [], threading.Event()

    def ask(session: str) -> None:
        with places.place(session) as granted:
            inside.append((session, granted))
            go.wait(10)

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("a", "a", "a", "b", "c")]
    for thread in threads:
        thread.start()
        while len(inside) < threads.index(thread) + 1:
            pass
    go.set()
    for thread in threads:
        thread.join()
    assert inside == [("a", True), ("a", True), ("a", False), ("b", True), ("c", False)]
    with places.place("a") as granted:
        assert granted


def test_a_request_without_a_place_does_not_wait(lab: Laboratory) -> None:
    lab.waiting = Patience(0, 0)
    done = threading.Event()
    thread = threading.Thread(target=lambda: (lab.find("local", BANK, wait=60.0), done.set()), daemon=True)
    thread.start()
    assert done.wait(10)
