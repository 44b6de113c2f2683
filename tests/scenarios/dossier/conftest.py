"""One small dossier of the one-year textbook market, made once for all tests of the folder."""

import dataclasses

import pytest

from scenarios.dossier import Asked, Effort, gather
from scenarios.dossier.gathering import Found
from scenarios.validation.outcomes import run_suite, save_outcome

EFFORT = Effort("quick", seeds=2, trajectories=2, points=16)
CONDITIONS = ("carbon.mean_price > 17",)


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("dossier")
    save_outcome(folder / "validation", run_suite("equimarginal"))
    asked = Asked(
        name="textbook-montgomery", effort=EFFORT, workers=1, validation=folder / "validation", conditions=CONDITIONS
    )
    return gather(asked, folder / "work")


@pytest.fixture
def copy(found: Found) -> Found:
    """The same, to be changed."""
    return dataclasses.replace(found, faults=dict(found.faults), runs=dict(found.runs), sweeps=dict(found.sweeps))
