"""Attacks on the server, each by the way it would come, and what it answers; a minimal application stands behind it."""

import logging
from dataclasses import replace

import pytest
from dash import Dash, Input, Output, dcc, html
from flask.testing import FlaskClient

from dashboard.limits import Attempts, Sessions
from dashboard.security import SESSION_COOKIE, TOKEN_COOKIE, content_policy, most_bytes, protect, session_id
from dashboard.server import token_for, url
from dashboard.settings import Settings

TOKEN = "correct-horse-battery"
OPEN = Settings(address="0.0.0.0", token=TOKEN)
LOCAL = Settings()
HOST = "127.0.0.1:8050"
SECRET = "what nobody may read"


class Browser(FlaskClient):
    """A client that calls the server by the name it has."""

    def open(self, *args, **options):
        options.setdefault("base_url", f"http://{HOST}")
        return super().open(*args, **options)


def client_of(settings: Settings, **more):
    app = Dash("minimal", serve_locally=True)
    app.layout = html.Div([dcc.Input(id="in"), html.Div(id="out")])

    @app.callback(Output("out", "children"), Input("in", "value"))
    def answer(value):
        if value == "fail":
            raise RuntimeError(SECRET)
        return f"{session_id()} {value}"

    protect(app.server, replace(settings, **more), app)
    app.server.test_client_class = Browser
    return app.server.test_client()


def ask(client, value="x", **options):
    body = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "in", "property": "value", "value": value}],
        "changedPropIds": ["in.value"],
    }
    options.setdefault("headers", {"Host": HOST, "Origin": f"http://{HOST}"})
    return client.post("/_dash-update-component", json=body, **options)


def enter(client):
    return client.get(f"/?token={TOKEN}", headers={"Host": HOST})


def session_of(answer) -> str:
    assert answer.status_code == 200, answer.text
    return answer.json["response"]["out"]["children"].split()[0]


# One user on this computer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1:8050", "[::1]:8050", "LOCALHOST:8050"])
def test_this_computer_needs_no_token(host):
    assert client_of(LOCAL).get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8050", "evil.example", "127.0.0.1:80", "localhost:8051", "localhost.evil.example:8050", "",
     "a@localhost", "localhost:8050@evil.example", "[::1", "127.0.0.1:x", "localhost:8050/x"],
)  # fmt: skip
def test_a_foreign_host_is_refused(host):
    answer = client_of(LOCAL).get("/", headers={"Host": host})
    assert answer.status_code in {400, 421}
    assert "QuotaLab" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"}, {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
        {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "cross-site"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("settings", [LOCAL, OPEN], ids=["local", "token"])
def test_a_post_from_another_site_is_refused(settings, headers):
    client = client_of(settings)
    enter(client)
    assert ask(client, headers={"Host": HOST, **headers}).status_code == 403
    assert client.post("/login", data={"token": TOKEN}, headers={"Host": HOST, **headers}).status_code == 403


def test_a_post_from_the_page_itself_is_answered():
    client = client_of(LOCAL)
    assert session_of(ask(client)) == "local"
    assert session_of(ask(client, headers={"Host": HOST, "Sec-Fetch-Site": "same-origin"})) == "local"


def test_an_address_for_others_without_a_token_is_refused_before_anything_listens():
    with pytest.raises(ValueError, match="token"):
        client_of(Settings(address="0.0.0.0"))


# With a token -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/en/markets?scenario=jiangxi", "/_dash-layout", "/assets/x.css", "/_dash-dependencies"]
)
def test_without_the_token_nothing_is_shown(path):
    answer = client_of(OPEN).get(path)
    assert answer.status_code == 401
    assert "_dash" not in answer.text
    assert ask(client_of(OPEN)).status_code == 401


def test_the_login_page_has_a_labelled_input_in_both_languages_and_no_script():
    page = client_of(OPEN).get("/").text
    assert '<label for="token">' in page
    assert 'id="token"' in page
    assert 'method="post"' in page
    assert 'lang="zh"' in page
    assert "<script" not in page


def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address():
    client = client_of(OPEN)
    answer = client.get(f"/en/markets?a=1&token={TOKEN}&b=2")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/en/markets?a=1&b=2"
    assert client.get("/").status_code == 200


def test_cookies_are_out_of_reach_of_scripts_and_other_sites_and_do_not_hold_the_token():
    for settings, secure in ((OPEN, False), (replace(OPEN, https=True), True)):
        cookies = enter(client_of(settings)).headers.getlist("Set-Cookie")
        assert {cookie.partition("=")[0] for cookie in cookies} == {SESSION_COOKIE, TOKEN_COOKIE}
        for cookie in cookies:
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
            assert ("Secure" in cookie) is secure
            assert TOKEN not in cookie


def test_the_token_is_taken_from_the_header_and_from_the_form():
    client = client_of(OPEN)
    assert client.get("/", headers={"Authorization": f"token {TOKEN}"}).status_code == 200
    assert client.get("/").status_code == 401
    answer = client.post("/login", data={"token": TOKEN, "next": "/zh/markets"}, headers={"Host": HOST})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/zh/markets")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "令牌", "\x00", "x" * 100_000])
def test_a_wrong_token_opens_nothing(token):
    client = client_of(OPEN)
    assert client.post("/login", data={"token": token}, headers={"Host": HOST}).status_code in {401, 413}
    assert client.get("/", query_string={"token": token[:1000]}).status_code == 401
    client.set_cookie(TOKEN_COOKIE, "0" * 64, domain="127.0.0.1")
    assert client.get("/").status_code == 401


def test_guessing_tokens_has_to_wait():
    client = client_of(OPEN)
    codes = [client.get("/?token=guess").status_code for _ in range(8)]
    assert codes[:5] == [401] * 5
    assert codes[5:] == [429] * 3
    assert enter(client).status_code == 429  # the right one too: otherwise guessing would go on
    assert client.get("/", headers={"Authorization": "token guess"}).status_code == 429


def test_waiting_after_wrong_tokens_doubles_and_ends():
    now = [0.0]
    attempts = Attempts(free=2, longest=6.0, clock=lambda: now[0])
    waits = []
    for _ in range(6):
        attempts.wrong("a")
        start = now[0]
        while not attempts.allowed("a"):
            now[0] += 0.5
        waits.append(now[0] - start)
    assert waits == [0.0, 1.0, 2.0, 4.0, 6.0, 6.0]
    assert attempts.allowed("b")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: 1",
        "///x",
    ],
)
def test_the_login_leads_to_no_other_site(target):
    answer = client_of(OPEN).post("/login", data={"token": TOKEN, "next": target}, headers={"Host": HOST})
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "\n" not in location


def test_a_path_of_two_slashes_with_the_token_leads_to_no_other_site():
    location = client_of(OPEN).get(f"//evil.example/?token={TOKEN}").headers["Location"]
    assert not location.startswith("//")


def test_what_the_login_page_repeats_is_text():
    page = client_of(OPEN).get('/x?a="><script>alert(1)</script>').text
    assert "<script" not in page


def test_the_token_is_in_no_log_and_no_page(caplog):
    caplog.set_level(logging.DEBUG)
    client = client_of(OPEN)
    pages = [
        enter(client),
        client.get("/"),
        client.get("/?token=wrong-but-secret"),
        client.get("/nothing"),
        ask(client, "fail"),
    ]
    assert not any(TOKEN in page.text for page in pages)
    assert TOKEN not in caplog.text
    assert "wrong-but-secret" not in caplog.text


# Sessions -----------------------------------------------------------------------------------------------------------


def test_two_browsers_are_two_sessions_and_one_browser_is_one():
    client, other = client_of(OPEN), None
    enter(client)
    first = session_of(ask(client))
    assert session_of(ask(client)) == first
    other = client.application.test_client()
    enter(other)
    assert session_of(ask(other)) != first
    assert client.get_cookie(SESSION_COOKIE, "127.0.0.1").value not in first
    assert len(first) == 64


def test_a_chosen_session_cookie_is_not_taken():
    client = client_of(OPEN)
    enter(client)
    client.set_cookie(SESSION_COOKIE, "chosen-by-an-attacker", domain="127.0.0.1")
    ask(client)
    assert client.get_cookie(SESSION_COOKIE, "127.0.0.1").value != "chosen-by-an-attacker"


def test_a_session_lives_on_when_the_server_is_started_again_with_the_same_token():
    first, again, other = client_of(OPEN), client_of(OPEN), client_of(replace(OPEN, token="another-token"))
    enter(first)
    cookies = {name: first.get_cookie(name, "127.0.0.1").value for name in (SESSION_COOKIE, TOKEN_COOKIE)}
    for name, value in cookies.items():
        again.set_cookie(name, value, domain="127.0.0.1")
        other.set_cookie(name, value, domain="127.0.0.1")
    assert session_of(ask(again)) == session_of(ask(first))
    assert ask(other).status_code == 401


def test_sessions_can_be_kept_apart_without_a_token():
    one, other = client_of(LOCAL, apart=True), None
    first = session_of(ask(one))
    assert session_of(ask(one)) == first != "local"
    other = one.application.test_client()
    assert session_of(ask(other)) != first


def test_sessions_are_bounded_and_forgotten():
    now = [0.0]
    sessions = Sessions(2, 10.0, 0.0, 1, clock=lambda: now[0])
    assert [sessions.allow(name) for name in ("a", "b", "c")] == [True] * 3
    assert len(sessions) == 2
    assert [sessions.allow(name) for name in ("c", "b")] == [False, False]
    now[0] = 11.0
    assert len(sessions) == 0


# How much -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [LOCAL, OPEN], ids=["local", "token"])
def test_too_large_a_body_is_refused_before_it_is_read(settings):
    client = client_of(settings, upload_bytes=1000)
    enter(client)
    assert ask(client, "x" * most_bytes(replace(settings, upload_bytes=1000))).status_code == 413
    assert ask(client, "x" * 1000).status_code == 200


def test_too_many_requests_are_slowed_down():
    client = client_of(LOCAL, requests_per_second=0.001, burst=3)
    assert [ask(client).status_code for _ in range(5)] == [200, 200, 200, 429, 429]


def test_the_bucket_fills_again():
    now = [0.0]
    sessions = Sessions(10, 100.0, 2.0, 3, clock=lambda: now[0])
    assert [sessions.allow("a") for _ in range(4)] == [True, True, True, False]
    assert sessions.allow("b")
    now[0] = 1.0
    assert [sessions.allow("a") for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "PROPFIND", "XXX"])
def test_other_methods_are_refused(method):
    answer = client_of(LOCAL).open("/", method=method, headers={"Host": HOST})
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"


# What is told -------------------------------------------------------------------------------------------------------


def test_no_traceback_and_no_message_of_an_exception_leaves_the_server(caplog):
    answer = ask(client_of(LOCAL), "fail")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert SECRET in caplog.text  # where it belongs


@pytest.mark.parametrize(
    ("path", "body"),
    [("/_dash-update-component", b"{"), ("/_dash-update-component", b"[]"), ("/_dash-update-component", b"")],
)
def test_broken_requests_get_a_short_answer(path, body):
    answer = client_of(LOCAL).post(path, data=body, content_type="application/json", headers={"Host": HOST})
    assert answer.status_code in {400, 411, 500}
    assert "Traceback" not in answer.text
    assert "werkzeug" not in answer.text.lower()


@pytest.mark.parametrize(
    "path", ["/_dash-component-suites/../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/../app.py"]
)
def test_static_paths_lead_nowhere_else(path):
    answer = client_of(LOCAL).get(path, headers={"Host": HOST})
    assert "root:" not in answer.text
    assert "def create_app" not in answer.text


@pytest.mark.parametrize("settings", [LOCAL, OPEN], ids=["local", "token"])
@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/_dash-component-suites/nothing/x.js", "/assets/nothing.js"])
def test_every_answer_has_the_headers(settings, path):
    client = client_of(settings)
    enter(client)
    headers = client.get(path, headers={"Host": HOST}).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert {"Permissions-Policy", "Cross-Origin-Opener-Policy"} <= set(headers.keys())
    assert "Server" not in headers


def test_inline_scripts_of_the_application_are_allowed_by_hash_and_no_others():
    app = Dash("inline")
    app.layout = html.Div(id="out")
    app.clientside_callback("function(x) {return x}", Output("out", "children"), Input("out", "id"))
    policy = content_policy(app)
    assert policy.count("'sha256-") == 2  # the callback and what starts the page
    assert content_policy(app) == policy


# The command --------------------------------------------------------------------------------------------------------


def test_tokens_are_made_where_they_are_needed():
    assert token_for("127.0.0.1", None, wanted=None) is None
    made = token_for("0.0.0.0", None, wanted=None)
    assert made is not None
    assert len(made) >= 32
    assert url(Settings(address="192.0.2.1", port=9000, token="abc")) == "http://192.0.2.1:9000/?token=abc"
    assert url(Settings(address="::1")) == "http://[::1]:8050/"
