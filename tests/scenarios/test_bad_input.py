"""Every file of tests/bad_input ends in messages with file, line, key and remedy, exit code 2, and nothing written.

A broken scenario ends with what is expected: ``#! line: key | words of the message | words of the remedy``; ``@file:``
before the line names another file.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.cli import main

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "bad_input"
EXPECTED = re.compile(r"(?:@(?P<file>[^:]+):)?(?P<line>\d+): (?P<key>.+?) \| (?P<message>.+) \| (?P<remedy>.+)")
CASES = sorted(FOLDER.glob("*.yaml"))


def expected(path: Path) -> list[tuple[str, str, str]]:
    """The prefix, message words and remedy words of each problem that a file declares about itself."""
    found = []
    for line in path.read_bytes().decode("latin-1").splitlines():
        if line.startswith("#! "):
            match = EXPECTED.fullmatch(line[3:])
            assert match is not None, line
            file = ROOT / match["file"] if match["file"] else path
            place = f"{file}:{match['line']}" if match["line"] != "0" else str(file)
            words = match["message"].replace("tests/bad_input", str(FOLDER))
            found.append((f"{place}: {match['key']}: ", words, match["remedy"]))
    return found


def test_there_are_enough_cases_and_each_declares_what_it_expects():
    assert len(CASES) > 60
    assert [path.name for path in CASES if not expected(path)] == []


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_bad_input_is_refused_with_file_line_key_and_remedy(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["run", str(path)])
    out, err = capsys.readouterr()
    assert stop.value.code == 2
    assert out == ""
    lines = err.splitlines()
    wanted = expected(path)
    assert len(lines) == len(wanted), err
    for prefix, message, remedy in wanted:
        hits = [line for line in lines if line.startswith(prefix)]
        assert any(message in hit[len(prefix) :] and hit.rindex(remedy) > hit.index(message) for hit in hits), err
    assert not any(word in err for word in ("Traceback", "pydantic", "type=", "https://"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["negative-cap", "yaml-bomb"])
def test_the_installed_command_prints_no_traceback(name, tmp_path):
    path = FOLDER / f"{name}.yaml"
    command = [sys.executable, "-c", "from scenarios.cli import main; main()", "check", str(path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(expected(path)[0][0])
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_check_finds_what_run_refuses(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["check", str(path)])
    assert stop.value.code == 2
    err = capsys.readouterr().err
    assert all(prefix in err for prefix, _, _ in expected(path))
