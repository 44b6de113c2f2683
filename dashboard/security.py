"""Who may talk to the server, and how much: hosts, origins, token, sessions, limits, headers, and pages for errors.

Without a token there is one user, on this computer: the server answers only to names of this computer, so that a page
of another site cannot reach it through a name of its own (DNS rebinding). With a token, whoever has shown it gets a
session by cookie. No request from another site may change anything, and no answer says how the server is made.
"""

import hashlib
import hmac
import ipaddress
import logging
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, Response, g, redirect, request
from werkzeug.exceptions import HTTPException

from dashboard.limits import Attempts, Sessions
from dashboard.security_pages import login_page, message_page

if TYPE_CHECKING:
    from dash import Dash

    from dashboard.settings import Settings

log = logging.getLogger(__name__)

LOCAL = "local"
SESSION_COOKIE, TOKEN_COOKIE = "quotalab-session", "quotalab-token"
LOGIN = "/login"
METHODS = {"GET", "HEAD", "POST"}
STATIC = ("/assets/", "/_dash-component-suites/", "/_favicon.ico")
FORM_BYTES = 256 * 1024
LONGEST_TOKEN = 400

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with none at all a browser sends the form of the token with the origin null
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def is_loopback(address: str) -> bool:
    """Return whether only this computer can reach an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def session_id() -> str:
    """Return the name of the session of this request: a hash of its cookie, or ``local`` for the one local user."""
    return str(g.get("quotalab_session", LOCAL))


def protect(server: Flask, settings: "Settings", app: "Dash | None" = None) -> None:
    """Put the guard before every request and the headers on every answer.

    Parameters
    ----------
    app : the application, whose inline scripts are allowed by their hashes; they are read when the first page is
        asked for, after all callbacks are declared.

    Raises
    ------
    ValueError : where an address that others can reach has no token.
    """
    if settings.token is None and not is_loopback(settings.address):
        raise ValueError(f"{settings.address} can be reached from other computers: a token is needed")
    server.config["MAX_CONTENT_LENGTH"] = most_bytes(settings)
    server.config["PROPAGATE_EXCEPTIONS"] = False
    guard = _Guard(settings, app)
    server.before_request(guard.check)
    server.after_request(guard.finish)
    server.register_error_handler(HTTPException, _told)
    server.register_error_handler(Exception, _failed)
    functions = server.before_request_funcs[None]
    functions.insert(0, functions.pop())  # before the hooks of Dash


def most_bytes(settings: "Settings") -> int:
    """Return the largest body of a request: an upload in base64, the page's inputs, and some room."""
    return settings.upload_bytes * 3 // 2 + FORM_BYTES


def content_policy(app: "Dash | None") -> str:
    """Return the content security policy: nothing from elsewhere, and of inline scripts only those of the application.

    Charts and components set styles inline; no script is made from text while a page runs.
    """
    hashes = " ".join(dict.fromkeys(app.csp_hashes())) if app is not None else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {hashes}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class _Guard:
    def __init__(self, settings: "Settings", app: "Dash | None") -> None:
        self.settings, self.app = settings, app
        self.token = settings.token
        self.sessions = Sessions(settings.sessions, settings.idle_seconds, settings.requests_per_second, settings.burst)
        self.strangers = Sessions(
            settings.sessions, settings.idle_seconds, settings.requests_per_second, settings.burst
        )
        self.attempts = Attempts()
        self.hosts = {"localhost", "127.0.0.1", "::1", settings.address.strip("[]"), *settings.hosts}
        self.policy: str | None = None
        self.key = hashlib.sha256(b"quotalab session " + (settings.token or secrets.token_hex(32)).encode()).digest()
        self.proof = hashlib.sha256(b"quotalab cookie " + (settings.token or "").encode()).hexdigest()

    def check(self) -> Response | None:
        """Return an answer where a request may not go on."""
        g.quotalab_session = LOCAL
        if request.method not in METHODS:
            return _refuse(405, {"Allow": ", ".join(sorted(METHODS))})
        if self.token is None and not self._host_is_ours():
            return _refuse(421)
        if request.method == "POST" and not self._same_site():
            return _refuse(403)
        length = request.content_length
        if length is not None and length > most_bytes(self.settings):
            return _refuse(413)
        if request.method == "POST" and length is None:
            return _refuse(411)
        return self._local() if self.token is None else self._known()

    def finish(self, response: Response) -> Response:
        """Put the headers on an answer."""
        if self.policy is None:
            self.policy = content_policy(self.app)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", self.policy)
        response.headers.pop("Server", None)
        if not request.path.startswith(STATIC) or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        fresh = g.get("quotalab_cookie")
        if fresh is not None:
            self._set_cookie(response, SESSION_COOKIE, fresh)
        return response

    def _local(self) -> Response | None:
        if self.settings.apart:
            return self._in_session(self._session())
        if request.path.startswith(STATIC):
            return None
        return None if self.sessions.allow(LOCAL) else _refuse(429, {"Retry-After": "2"})

    def _known(self) -> Response | None:
        """Return None for somebody who has shown the token; an answer for anybody else."""
        shown = request.args.get("token")
        if shown is not None and request.method in {"GET", "HEAD"}:
            return self._entered(shown, _without_token()) if self._may_try() else _refuse(429, {"Retry-After": "60"})
        if request.path == LOGIN and request.method == "POST":
            return self._login()
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        by_header = kind.lower() in {"token", "bearer"} and bool(secret)
        if by_header and not self._may_try():
            return _refuse(429, {"Retry-After": "60"})
        known = (by_header and self._right(secret.strip())) or self._cookie_is_right()
        if not known:
            if by_header:
                self.attempts.wrong(_caller())
            return self._stranger()
        if by_header and not self._cookie_is_right():  # a program, which need not keep cookies
            return self._in_session(self._known_session() or _hashed(f"header {_caller()}"))
        return self._in_session(self._session())

    def _session(self) -> str:
        """Return the session of the request's cookie, or a new one whose cookie goes with the answer."""
        known = self._known_session()
        if known is not None:
            return known
        value = secrets.token_urlsafe(16)
        g.quotalab_cookie = f"{value}.{self._mark(value)}"
        return _hashed(f"session {value}")

    def _known_session(self) -> str | None:
        """Return the session of a cookie that a server with this token made, also before it was started again."""
        value, _, mark = request.cookies.get(SESSION_COOKIE, "").partition(".")
        if not hmac.compare_digest(mark.encode("utf-8", "surrogatepass"), self._mark(value).encode()):
            return None
        return _hashed(f"session {value}")

    def _mark(self, value: str) -> str:
        return hmac.new(self.key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def _in_session(self, session: str) -> Response | None:
        g.quotalab_session = session
        if request.path.startswith(STATIC) or self.sessions.allow(session):
            return None
        return _refuse(429, {"Retry-After": "2"})

    def _stranger(self) -> Response:
        if not self.strangers.allow(_caller()):
            return _refuse(429, {"Retry-After": "2"})
        if request.path.startswith("/_dash") or request.path.startswith("/assets/"):
            return _refuse(401)
        return _page(login_page(_target(request.full_path)), 401)

    def _login(self) -> Response:
        if not self._may_try():
            return _refuse(429, {"Retry-After": "60"})
        if (request.content_length or 0) > 4096:
            return _refuse(413)
        return self._entered(request.form.get("token", ""), _target(request.form.get("next", "/")))

    def _entered(self, shown: str, target: str) -> Response:
        if not self._right(shown):
            self.attempts.wrong(_caller())
            log.warning("a wrong token from %s", _caller())
            return _page(login_page(target, wrong=True), 401)
        self.attempts.right(_caller())
        answer = redirect(target, 303)
        assert isinstance(answer, Response)  # noqa: S101 - for the type: Flask's own class
        self._set_cookie(answer, TOKEN_COOKIE, self.proof)
        self._session()
        return answer

    def _set_cookie(self, answer: Response, name: str, value: str) -> None:
        lasting = int(self.settings.idle_seconds)
        answer.set_cookie(name, value, lasting, httponly=True, samesite="Lax", secure=self.settings.https, path="/")

    def _may_try(self) -> bool:
        return self.attempts.allowed(_caller())

    def _right(self, shown: str) -> bool:
        return len(shown) <= LONGEST_TOKEN and hmac.compare_digest(
            hashlib.sha256(shown.encode("utf-8", "surrogatepass")).digest(),
            hashlib.sha256((self.token or "").encode()).digest(),
        )

    def _cookie_is_right(self) -> bool:
        shown = request.cookies.get(TOKEN_COOKIE, "")
        return hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), self.proof.encode())

    def _host_is_ours(self) -> bool:
        name, port = _host(request.headers.get("Host", ""))
        return name in self.hosts and port in {None, self.settings.port}

    def _same_site(self) -> bool:
        """Return whether a request comes from a page of this server, or from no page at all."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site not in {"same-origin", "none"}:
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return True
        try:
            return urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower() != ""
        except ValueError:
            return False


def _caller() -> str:
    return request.remote_addr or "?"


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _host(header: str) -> tuple[str, int | None]:
    """Return name and port of a Host header; an empty name where it is none."""
    try:
        parts = urlsplit(f"//{header}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "", None
    return ("", None) if parts.netloc != header or "@" in header else (name, port)


def _target(path: str) -> str:
    """Return a path of this server to go on to, without a token; never an address of another one."""
    parts = urlsplit(path.replace("\\", "/"))
    if parts.scheme or parts.netloc or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) < 32 for character in path):
        return "/"
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "token"]
    steps = parts.path.lstrip("/")
    return f"/{steps}?{urlencode(query)}" if query else f"/{steps}"


def _without_token() -> str:
    return _target(request.full_path)


def _page(page: str, code: int, headers: dict[str, str] | None = None) -> Response:
    return Response(page, code, {"Content-Type": "text/html; charset=utf-8", **(headers or {})})


def _refuse(code: int, headers: dict[str, str] | None = None) -> Response:
    return _page(message_page(code), code, headers)


def _told(error: HTTPException) -> Response:
    """Answer what Flask refuses: no such page, a body that cannot be read."""
    code = error.code or 500
    if 300 <= code < 400:
        return Response("", code, {"Location": _target(urlsplit(getattr(error, "new_url", "/")).path)})
    return _refuse(code, {"Allow": "GET, HEAD, POST"} if code == 405 else None)


def _failed(error: Any) -> Response:
    """Answer what nobody foresaw: it is logged here, and the browser is told no more than that."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _refuse(500)
