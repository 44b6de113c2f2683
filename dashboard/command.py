"""What `quotalab dashboard` does."""

import sys
from pathlib import Path

from dashboard.server import AddressError, serve, token_for
from dashboard.settings import Settings


def dashboard(
    address: str,
    port: int | None,
    token: str | None,
    runs: Path,
    workers: int,
    *,
    no_token: bool = False,
    open_browser: bool = False,
) -> int:
    """Serve the dashboard until Ctrl-C; 2 where it cannot be served.

    Parameters
    ----------
    port : the next free one from that of `Settings` if not given.
    token : made by chance if not given where one is needed.
    no_token : whether to refuse an address that needs one.
    """
    try:
        secret = token_for(address, token, wanted=False if no_token else None)
        settings = Settings(address=address, port=port or Settings().port, token=secret, runs=runs, workers=workers)
        serve(settings, any_port=port is None, open_browser=open_browser)
    except AddressError as error:
        sys.stderr.write(f"quotalab: {error}.\n")
        return 2
    return 0
