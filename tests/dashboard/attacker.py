"""Somebody who speaks to the real application without a browser, and may send what no browser would."""

import json
from typing import Any

from dash import Dash

from dashboard.app import create_app
from dashboard.drawing import OUTPUTS
from dashboard.laboratory import Laboratory
from dashboard.security import protect
from dashboard.view import View

HOST = "127.0.0.1:8050"
SHOW = "..{}..".format("...".join(f"{name}.{prop}" for name, prop in OUTPUTS))


class Attacker:
    """A client of the real application."""

    def __init__(self, lab: Laboratory) -> None:
        self.app: Dash = create_app(lab.settings, lab)
        protect(self.app.server, lab.settings, self.app)
        self.client = self.app.server.test_client()
        self.outputs = {name.split("@")[0]: name for name in self.app.callback_map}
        self.edit, self.take = (
            next(key for key, one in self.app.callback_map.items() if wanted in json.dumps(one["inputs"]))
            for wanted in ("relayoutData", "upload")
        )

    def post(self, body: Any, **more: Any) -> Any:
        """Send the body of a callback."""
        given = {"data": body} if isinstance(body, str | bytes) else {"json": body}
        return self.client.post("/_dash-update-component", base_url=f"http://{HOST}", **given, **more)

    def show(self, data: Any, drawn: Any = None, wish: str = "") -> Any:
        """Ask for a view to be drawn."""
        body = {
            "output": SHOW,
            "outputs": [{"id": name, "property": prop} for name, prop in OUTPUTS],
            "inputs": [_one("view", "data", data), _one("pulse", "data", None), _pressed("cancel", wish),
                       _pressed("again", wish)],
            "changedPropIds": [f'{{"type":"{wish}","what":"runs"}}.n_clicks' if wish else "view.data"],
            "state": [_one("drawn", "data", drawn)],
        }  # fmt: skip
        return self.post(body)

    def lever(self, values: Any, data: Any, drawn: Any = None, changed: str = "", drags: Any = ()) -> Any:
        """Send the values of inputs, by path, and what was dragged, by path."""
        given = [_item("lever", "path", path, "value", value) for path, value in values]
        ids = [_item("lever", "path", path, "id", {"type": "lever", "path": path}) for path, _ in values]
        moved = [_item("drag", "path", path, "relayoutData", value) for path, value in drags]
        changed = changed or "lever"
        body = {
            "output": self.edit,
            "outputs": {"id": "view", "property": self.edit.partition(".")[2]},
            "inputs": [given, [], moved, [], []],
            "changedPropIds": [f"{_name(one)}.{one['property']}" for one in (given if changed == "lever" else moved)],
            "state": [ids, [], _one("view", "data", data), _one("drawn", "data", drawn)],
        }
        return self.post(body)

    def bring(self, upload: Any = None, text: Any = None, data: Any = None) -> Any:
        """Send a document, as a file or as a text."""
        wish = "upload" if upload is not None else "take"
        first, second = self.take.strip(".").split("...")
        body = {
            "output": self.take,
            "outputs": [{"id": "view", "property": first.partition(".")[2]},
                        {"id": "taken", "property": second.partition(".")[2]}],
            "inputs": [[_item("take", "what", "yaml", "n_clicks", int(upload is None))],
                       [_item("upload", "what", "yaml", "contents", upload)]],
            "changedPropIds": [f'{{"type":"{wish}","what":"yaml"}}.{"contents" if wish == "upload" else "n_clicks"}'],
            "state": [[_item("document", "what", "yaml", "value", text)],
                      _one("view", "data", View().data if data is None else data)],
        }  # fmt: skip
        return self.post(body)

    def save(self, what: Any, data: Any) -> Any:
        """Ask for a file."""
        body = {
            "output": "..download.data...said.children..",
            "outputs": [{"id": "download", "property": "data"}, {"id": "said", "property": "children"}],
            "inputs": [[_item("save", "what", what, "n_clicks", 1)]],
            "changedPropIds": [f"{_name(_item('save', 'what', what, '', 0))}.n_clicks"],
            "state": [_one("view", "data", data)],
        }
        return self.post(body)


def _one(name: Any, prop: str, value: Any) -> dict[str, Any]:
    return {"id": name, "property": prop, "value": value}


def _item(kind: str, key: str, which: Any, prop: str, value: Any) -> dict[str, Any]:
    return _one({key: which, "type": kind}, prop, value)


def _name(one: Any) -> str:
    return json.dumps(one["id"], separators=(",", ":"), sort_keys=True)


def _pressed(kind: str, wish: str) -> list[dict[str, Any]]:
    return [_item(kind, "what", "runs", "n_clicks", 1)] if wish == kind else []
