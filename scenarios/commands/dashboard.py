"""The command that serves the dashboard."""

from importlib.util import find_spec
from pathlib import Path

from scenarios.commands.screens import tell

NEEDED = ("dash", "dash_mantine_components", "waitress")
PORT = 8050


def dashboard(
    address: str, port: int | None, token: str | None, wants_token: bool | None, runs: Path, workers: int, *, show: bool
) -> int:
    """Serve the dashboard until Ctrl-C; 2 where it cannot be served."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        tell(f"quotalab: the dashboard needs {', '.join(missing)}. Install them: pip install 'quotalab[dashboard]'")
        return 2
    # The command line stands above the dashboard, which no other module of scenarios knows.
    from importlib import import_module

    server, settings = import_module("dashboard.server"), import_module("dashboard.settings")
    try:
        secret = server.token_for(address, token, wanted=wants_token)
        chosen = settings.Settings(address=address, port=port or PORT, token=secret, runs=runs, workers=workers)
        server.serve(chosen, any_port=port is None, open_browser=show)
    except server.AddressError as error:
        tell(f"quotalab: {error}.")
        return 2
    return 0
