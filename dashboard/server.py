"""Serves the dashboard: address, token, threads and limits of the web server; ends its workers when it is told to."""

import errno
import gc
import logging
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.security import is_loopback, most_bytes, protect
from dashboard.settings import Settings

if TYPE_CHECKING:
    from dash import Dash

THREADS = 16
CONNECTIONS = 200
BACKLOG = 128
TRIES = 20
"""Ports that are tried one after the other where none was asked for."""


class AddressError(Exception):
    """The server cannot listen where it should; the text says why and what to do."""


def serve(
    settings: Settings,
    app: "Dash | None" = None,
    *,
    any_port: bool = False,
    open_browser: bool = False,
    close: Callable[[], Any] | None = None,
) -> None:
    """Serve the dashboard until Ctrl-C.

    Parameters
    ----------
    app : the application; one of its own if not given.
    any_port : whether the next free port is taken where the one of the settings is in use.
    open_browser : whether to show the dashboard in a browser.
    close : called at the end, to end the workers.

    Raises
    ------
    AddressError : where it cannot listen.
    """
    from waitress import create_server

    found = listen(settings, any_port=any_port)
    settings = replace(settings, port=found.getsockname()[1], apart=settings.apart or settings.token is not None)
    try:
        if app is None:
            from dashboard.app import create_app
            from dashboard.laboratory import Laboratory

            laboratory = Laboratory(settings)
            app, close = create_app(settings, laboratory), close or laboratory.close
        protect(app.server, settings, app)
        quiet()
        gc.collect()
        gc.freeze()  # libraries stay: looking through all of them for what can go takes 80 ms each time
        server = create_server(
            app.server,
            sockets=[found],
            threads=THREADS,
            ident=None,
            max_request_body_size=most_bytes(settings),
            max_request_header_size=128 * 1024,
            channel_timeout=60,
            connection_limit=CONNECTIONS,
            cleanup_interval=15,
            expose_tracebacks=False,
            clear_untrusted_proxy_headers=True,
            url_scheme="https" if settings.https else "http",
        )
        address = url(settings)
        sys.stdout.write(f"QuotaLab: {address}\n")
        sys.stdout.flush()
        if open_browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        with suppress(KeyboardInterrupt), closing(server), _ended_by_signal():
            server.run()
    finally:
        found.close()
        if close is not None:
            close()


def listen(settings: Settings, *, any_port: bool = False) -> socket.socket:
    """Return a socket bound to the address; AddressError with a remedy where that cannot be."""
    ports = range(settings.port, min(settings.port + TRIES, 65536)) if any_port else [settings.port]
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    for port in ports:
        found = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((settings.address.strip("[]"), port))
            found.listen(BACKLOG)  # now, so that no second server takes the port while the application is made
        except (OSError, OverflowError) as error:
            found.close()
            if getattr(error, "errno", None) == errno.EADDRINUSE and port != ports[-1]:
                continue
            raise AddressError(_why(settings.address, port, error)) from None
        return found
    raise AddressError(f"port {settings.port} is no port; name one from 1 to 65535")


def url(settings: Settings) -> str:
    """Return the address that a browser opens, with the token."""
    everywhere = settings.address in {"0.0.0.0", "::"}  # noqa: S104 - only named here
    host = socket.gethostname() if everywhere else settings.address
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.https else "http"
    query = f"?token={settings.token}" if settings.token is not None else ""
    return f"{scheme}://{host}:{settings.port}/{query}"


def token_for(address: str, token: str | None, *, wanted: bool | None) -> str | None:
    """Return the token that a server needs: the one given, a new one off this computer or on demand, or None.

    Raises
    ------
    AddressError : where others can reach the address and no token is wanted.
    """
    if token is not None:
        if len(token) < 8 or not token.isascii() or not token.isprintable() or " " in token:
            raise AddressError("the token is too short; give 8 letters and digits or more, or leave it out")
        return token
    if wanted is False and not is_loopback(address):
        raise AddressError(f"{address} can be reached from other computers, so a token is needed; leave out --no-token")
    return secrets.token_urlsafe(24) if wanted or not is_loopback(address) else None


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let a polite request to end, as services and containers send it, do what Ctrl-C does."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def quiet() -> None:
    """Keep what is ordinary out of the log: waitress warns of every request that waits a moment."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def _why(address: str, port: int, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"port {port} of {address} is in use; name another with --port, or stop what uses it"
    if code == errno.EACCES:
        return f"port {port} may not be used; name one above 1023 with --port"
    return f"it cannot listen at {address}, port {port}: {getattr(error, 'strerror', None) or error}"
