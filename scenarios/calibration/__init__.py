"""Named parameters fitted to observed prices and flows, with what is plausible and the error out of sample.

Declared like a search, run by the same workers, kept in the same kind of folder. Method, after Craig et al. (1997) and
Vernon et al. (2010) without an emulator, since runs are cheap: a black-box optimiser (tree-structured Parzen
estimators) looks for the parameters of the smallest weighted error, and every set that was tried is judged by its
implausibility, the largest distance of an observation from the model in standard deviations of everything that is
uncertain about both. Sets below the threshold (3; Pukelsheim 1994) are not ruled out. The optimiser looks where the fit
is good, so ranges of plausible values are what was found, and may be wider.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.calibration.fitting import calibrate as calibrate
    from scenarios.calibration.loading import calibration_of as calibration_of
    from scenarios.calibration.loading import load_calibration as load_calibration
    from scenarios.calibration.results import CalibrationResult as CalibrationResult

__all__ = ["CalibrationResult", "calibrate", "calibration_of", "load_calibration"]

_WHERE = {
    "CalibrationResult": "results", "calibrate": "fitting", "calibration_of": "loading", "load_calibration": "loading",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first used."""
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"scenarios.calibration.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
