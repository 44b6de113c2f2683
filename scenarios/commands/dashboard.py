"""Before the dashboard is served: whether what it needs is installed."""

from importlib.util import find_spec

from scenarios.commands.screens import tell

NEEDED = ("dash", "dash_mantine_components", "flask_compress", "waitress")


def installed() -> bool:
    """Return whether the dashboard can be served here, and say what is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        tell(f"quotalab: the dashboard needs {', '.join(missing)}. Install them: pip install 'quotalab[dashboard]'")
    return not missing
