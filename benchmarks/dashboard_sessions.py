"""Many sessions at once, each a client that asks the server what a browser would ask it, by the callbacks it declares.

Every session moves the cap of `textbook-banking` to values that no other session has, so that a figure with another's
data is found: its cap is not the session's own.
"""

import base64
import gzip
import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.dashboard_server import Served

SCENARIO, CAP = "textbook-banking", 90.0
LEVER = '{"path":"carbon.cap_scale","type":"lever"}'
FLOWS = '{"key":"flow-carbon","type":"chart"}'
ASK_AFTER = 0.25
PAUSE = (3.0, 7.0)
"""Seconds from one result to the next change: a person looks at what came."""
LONGEST = 60.0


@dataclass(slots=True)
class Told:
    """What became of the sessions.

    Attributes
    ----------
    seconds : from each change to its figures.
    failures : what went wrong, one text each.
    mixed : results that were another session's.
    memory : of the server and its workers in MB, before and after.
    """

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    mixed: int = 0
    memory: list[tuple[float, list[float]]] = field(default_factory=list)


class Session:
    """One browser's worth of requests: a cookie, the inputs that the server sent, and their values."""

    def __init__(self, served: Served) -> None:
        self.host = served.address.removeprefix("http://")
        self.connection = http.client.HTTPConnection(self.host, timeout=LONGEST)
        self.cookies: dict[str, str] = {}
        self._ask("GET", f"/?token={served.token}")
        self.callbacks = json.loads(self._ask("GET", "/_dash-dependencies"))
        self.props: dict[str, dict[str, Any]] = {
            "url": {"pathname": "/en/scenario", "search": f"?scenario={SCENARIO}"},
            "pulse": {"data": None},
            "drawn": {"data": {}},
            "view": {"data": None},
        }
        self.call("view.data", ["url.pathname", "url.search"])

    def move(self, percent: float) -> dict[str, Any]:
        """Set the lever of the cap, as typing does, and return the figure of flows once it is drawn."""
        if LEVER in self.props:
            self.props[LEVER]["value"] = percent
            self.call("view.data", [f"{LEVER}.value"])
        self.call("content.children", ["view.data"])
        until = time.monotonic() + LONGEST
        while self.props["address"]["data"]["underway"]:
            if time.monotonic() > until:
                raise TimeoutError("no result")
            time.sleep(ASK_AFTER)
            self.props["pulse"]["data"] = time.monotonic()
            self.call("content.children", ["pulse.data"])
        figure: dict[str, Any] = self.props[FLOWS]["figure"]
        return figure

    def call(self, output: str, changed: list[str]) -> None:
        """Call the callback that has an output among its own and what changed among its inputs; take its answer."""
        callback = next(
            one for one in self.callbacks if output in one["output"]
            and not one["clientside_function"] and any(_listens(one, prop) for prop in changed)
        )  # fmt: skip
        outputs = [_split(part) for part in callback["output"].strip(".").split("...")]
        body = {
            "output": callback["output"],
            "outputs": outputs if callback["output"].startswith("..") else outputs[0],
            "inputs": [self._given(one) for one in callback["inputs"]],
            "changedPropIds": changed,
            "state": [self._given(one) for one in callback["state"]],
        }
        answer = self._ask("POST", "/_dash-update-component", json.dumps(body))
        if answer:
            said = json.loads(answer)
            for name, props in said["response"].items():
                self._take(name, props)
            for one, props in said["response"].get("changes", {}).get("data") or ():
                self._take(json.dumps(one, sort_keys=True, separators=(",", ":")), props)

    def _take(self, name: str, props: dict[str, Any]) -> None:
        self.props.setdefault(name, {}).update(props)
        for part in _components(props.get("children")):
            if "id" in part:
                one = part["id"]
                self.props[json.dumps(one, sort_keys=True, separators=(",", ":")) if isinstance(one, dict) else one] = (
                    part
                )

    def _given(self, one: dict[str, str]) -> Any:
        """Return the value of an input as a browser sends it; of all that match where it is a pattern."""
        name, prop = one["id"], one["property"]
        if not name.startswith("{"):
            return {"id": name, "property": prop, "value": self.props.get(name, {}).get(prop)}
        kind = json.loads(name)["type"]
        found = [known for known in self.props if known.startswith("{") and json.loads(known)["type"] == kind]
        return [{"id": json.loads(known), "property": prop} | ({"value": self._value(known, prop)}) for known in found]

    def _value(self, name: str, prop: str) -> Any:
        return json.loads(name) if prop == "id" else self.props[name].get(prop)

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        headers = {"Accept-Encoding": "gzip", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Origin": f"http://{self.host}"}
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for said in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = said.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status not in {200, 204, 303}:
            raise RuntimeError(f"{answer.status} for {method} {path.partition('?')[0]}")
        return (gzip.decompress(content) if answer.headers.get("Content-Encoding") == "gzip" else content).decode()


def together(served: Served, sessions: int, seconds: float) -> Told:
    """Let so many sessions move their levers for so long; before that each of them opens its page."""
    told, lock = Told(), threading.Lock()
    opened = [Session(served) for _ in range(sessions)]
    opened[0].move(100.0)  # the workers are warm after that
    for one in opened[1:]:
        one.move(100.0)
    told.memory.append(served.memory())
    until = time.monotonic() + seconds

    def person(number: int) -> None:
        rng, step = np.random.default_rng(number), 0
        time.sleep(rng.uniform(0.0, PAUSE[1]))
        while time.monotonic() < until:
            percent = round(95.0 - 0.5 * number - 0.01 * step, 2)  # nobody else ever has it
            step += 1
            start = time.perf_counter()
            try:
                figure = opened[number].move(percent)
            except Exception as error:
                with lock:
                    told.failures.append(f"session {number}: {type(error).__name__}: {error}")
                return
            took = time.perf_counter() - start
            with lock:
                told.seconds.append(took)
                told.mixed += abs(_first_cap(figure) - CAP * percent / 100.0) > 1e-6
            time.sleep(rng.uniform(*PAUSE))

    threads = [threading.Thread(target=person, args=(number,), daemon=True) for number in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 2 * LONGEST)
    told.memory.append(served.memory())
    return told


def _first_cap(figure: dict[str, Any]) -> float:
    """Return the scenario's own cap of the first year in the figure of flows."""
    y = next(one["y"] for one in figure["data"] if one.get("name") in {"Cap", "Cap · This scenario"})
    if isinstance(y, dict):
        return float(np.frombuffer(base64.b64decode(y["bdata"]), dtype=np.dtype(y["dtype"]))[0])
    return float(y[0])


def _listens(callback: dict[str, Any], prop: str) -> bool:
    name, _, property_name = prop.rpartition(".")
    for one in callback["inputs"]:
        if one["property"] != property_name:
            continue
        if one["id"] == name:
            return True
        if one["id"].startswith("{") and name.startswith("{"):
            return bool(json.loads(one["id"])["type"] == json.loads(name)["type"])
    return False


def _split(output: str) -> dict[str, str]:
    name, _, prop = output.rpartition(".")
    return {"id": name, "property": prop.partition("@")[0]}


def _components(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the properties of every component of a part of a page."""
    if isinstance(node, list):
        for one in node:
            yield from _components(one)
    elif isinstance(node, dict) and "props" in node:
        yield node["props"]
        yield from _components(node["props"].get("children"))
