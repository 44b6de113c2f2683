"""What is run and what came out: scenarios, their loading and checks, runs, results, reports and the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.comparison import compare as compare
    from scenarios.loading import load as load
    from scenarios.neighbours.mesa_model import ScenarioModel as ScenarioModel
    from scenarios.runner import run as run

__all__ = ["ScenarioModel", "compare", "load", "run"]


def __getattr__(name: str) -> Any:
    """Import the public functions when they are first used, so that `import scenarios` stays light."""
    if name == "ScenarioModel":
        from scenarios.neighbours.mesa_model import ScenarioModel

        return ScenarioModel
    if name == "compare":
        from scenarios.comparison import compare

        return compare
    if name == "load":
        from scenarios.loading import load

        return load
    if name == "run":
        from scenarios.runner import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
