"""The web server: its address, what it says when it cannot listen, and that it ends cleanly."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from dashboard.server import AddressError, listen, token_for, url
from dashboard.settings import Settings
from scenarios.cli import main

ROOT = Path(__file__).resolve().parents[2]
MINIMAL = """
from dash import Dash, html
from dashboard.server import serve
from dashboard.settings import Settings
app = Dash("minimal")
app.layout = html.Div("hello")
serve(Settings(port=PORT, token=TOKEN), app, any_port=True, close=lambda: print("workers ended", flush=True))
"""


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


def test_a_port_in_use_is_named_with_a_remedy(taken):
    with pytest.raises(AddressError, match=rf"port {taken} .* in use; name another with --port"):
        listen(Settings(port=taken))


def test_the_next_free_port_is_taken_where_none_was_asked_for(taken):
    with listen(Settings(port=taken), any_port=True) as found:
        assert taken < found.getsockname()[1] < taken + 20


def test_two_servers_never_share_a_port(taken):
    with listen(Settings(port=taken), any_port=True) as first, listen(Settings(port=taken), any_port=True) as second:
        assert first.getsockname() != second.getsockname()


def test_an_address_of_another_computer_is_refused():
    with pytest.raises(AddressError, match="cannot listen at"):
        listen(Settings(address="203.0.113.7"))


def test_tokens_are_made_where_they_are_needed_and_odd_ones_refused():
    assert token_for("127.0.0.1", None, wanted=None) is None
    assert token_for("127.0.0.1", "long-enough", wanted=None) == "long-enough"
    made = {token_for("0.0.0.0", None, wanted=None) for _ in range(20)}
    assert len(made) == 20
    assert min(map(len, made)) >= 32
    for token in ("short", "with a space", "令牌令牌令牌令牌", ""):
        with pytest.raises(AddressError, match="token"):
            token_for("127.0.0.1", token, wanted=None)
    with pytest.raises(AddressError, match="other computers"):
        token_for("0.0.0.0", None, wanted=False)


def test_the_printed_address_is_one_that_a_browser_can_open():
    assert url(Settings(address="192.0.2.1", port=9000, token="abc")) == "http://192.0.2.1:9000/?token=abc"
    assert url(Settings(address="::1")) == "http://[::1]:8050/"
    assert "0.0.0.0" not in url(Settings(address="0.0.0.0", token="abc"))


def test_without_dash_the_command_says_what_to_install(monkeypatch, capsys):
    find = importlib.util.find_spec
    monkeypatch.setattr("scenarios.commands.dashboard.find_spec", lambda name: None if name == "dash" else find(name))
    with pytest.raises(SystemExit) as stop:
        main(["dashboard"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        "quotalab: the dashboard needs dash. Install them: pip install 'quotalab[dashboard]'\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently")
@pytest.mark.parametrize("ended_by", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_ends_cleanly_with_its_workers(ended_by, taken):
    code = MINIMAL.replace("PORT", str(taken)).replace("TOKEN", "None")
    server = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        line = server.stdout.readline()
        assert line.startswith("QuotaLab: http://127.0.0.1:")
        with urllib.request.urlopen(line.split()[1], timeout=20) as answer:  # noqa: S310 - the server above
            assert answer.status == 200
            assert "Server" not in answer.headers
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        server.send_signal(ended_by)
        out, err = server.communicate(timeout=20)
    finally:
        server.kill()
        server.wait()
    assert (server.returncode, out, err) == (0, "workers ended\n", "")
