"""The command line as a fixture, for every test that calls it."""

import pytest

from scenarios.cli import main


@pytest.fixture
def quotalab(tmp_path, monkeypatch, capsys):
    """Run the command line in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        return (stop.value.code or 0, *capsys.readouterr())

    return call
