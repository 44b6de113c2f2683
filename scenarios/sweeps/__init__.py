"""One scenario in many versions: what varies, how it is sampled, how the runs are made, kept and read.

`docs/decisions/0011-sweeps.md` has the words and the frame of runs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.sweeps.engine import sweep as sweep
    from scenarios.sweeps.loading import load_sweep as load_sweep
    from scenarios.sweeps.loading import sweep_of as sweep_of
    from scenarios.sweeps.results import SweepResult as SweepResult

__all__ = ["SweepResult", "load_sweep", "sweep", "sweep_of"]

_WHERE = {"SweepResult": "results", "load_sweep": "loading", "sweep": "engine", "sweep_of": "loading"}


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first used."""
    if name in _WHERE:
        from importlib import import_module

        return getattr(import_module(f"scenarios.sweeps.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
