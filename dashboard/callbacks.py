"""The callbacks that all pages share: from the address to the view, from inputs to the view, from the view to the page.

They are thin: each takes plain data from the browser, calls one function and gives plain data back.
"""

from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update

from dashboard.drawing import AGAIN, OUTPUTS, WAIT, draw
from dashboard.editing import edited, taken
from dashboard.saving import saved
from dashboard.security import session_id
from dashboard.view import View

if TYPE_CHECKING:
    from dashboard.laboratory import Laboratory

LEVER, MOVED, DRAG = ({"type": kind, "path": ALL} for kind in ("lever", "moved", "drag"))
OPTION, CHART = {"type": "option", "name": ALL}, {"type": "chart", "key": ALL}


def connect(app: Dash, laboratory: "Laboratory") -> None:
    """Declare the callbacks of an application."""
    _browser(app)

    @app.callback(Output("view", "data"), Input("url", "pathname"), Input("url", "search"))
    def read_address(path: str | None, query: str | None) -> dict[str, Any]:
        return View.of_url(path or "/", query or "").data

    @app.callback(
        *(Output(*one) for one in OUTPUTS), Input("view", "data"), Input("pulse", "data"),
        Input({"type": "cancel", "what": ALL}, "n_clicks"), Input({"type": "again", "what": ALL}, "n_clicks"),
        State("drawn", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def show(
        data: dict[str, Any], _: int | None, cancels: list[int], agains: list[int], drawn: dict[str, Any]
    ) -> tuple[Any, ...]:
        view, wish = View.of_data(data), ctx.triggered_id
        pressed = isinstance(wish, dict) and any([*cancels, *agains]) and wish["type"]
        wait = AGAIN if wish == "pulse" else WAIT
        return draw(laboratory, session_id(), view, drawn or {}, str(pressed or ""), wait)

    @app.callback(
        Output("view", "data", allow_duplicate=True),
        Input(LEVER, "value"), Input(MOVED, "value"), Input(DRAG, "relayoutData"),
        Input({"type": "add", "path": ALL}, "n_clicks"), Input({"type": "remove", "path": ALL}, "n_clicks"),
        State(LEVER, "id"), State(MOVED, "id"), State("view", "data"), State("drawn", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def edit(levers: list[Any], moved: list[Any], _drags: Any, _adds: Any, _removes: Any, *state: Any) -> Any:
        lever_ids, moved_ids, data, drawn = state
        values = [(one["path"], value) for one, value in zip(lever_ids, levers, strict=True)]
        values += [(one["path"], value) for one, value in zip(moved_ids, moved, strict=True)]
        view = edited(laboratory, session_id(), View.of_data(data), drawn or {}, values, ctx.triggered)
        return no_update if view is None else view.data

    @app.callback(
        Output("view", "data", allow_duplicate=True), Output("taken", "children"),
        Input({"type": "take", "what": ALL}, "n_clicks"), Input({"type": "upload", "what": ALL}, "contents"),
        State({"type": "document", "what": ALL}, "value"), State("view", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def take(clicks: list[int], uploads: list[str | None], texts: list[str | None], data: dict[str, Any]) -> Any:
        if not any(clicks) and not any(uploads):
            return no_update, no_update
        upload = next((one for one in uploads if one), None) if ctx.triggered_id["type"] == "upload" else None
        text = next((one for one in texts if one), "")
        view, told = taken(laboratory, session_id(), View.of_data(data), upload, text)
        return no_update if view is None else view.data, told

    @app.callback(
        Output("download", "data"), Output("said", "children"),
        Input({"type": "save", "what": ALL}, "n_clicks"), State("view", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def save(clicks: list[int], data: dict[str, Any]) -> Any:
        if not any(clicks):
            return no_update, no_update
        file, told = saved(laboratory, session_id(), View.of_data(data), ctx.triggered_id["what"])
        return no_update if file is None else file, told


def _browser(app: Dash) -> None:
    """Declare what the browser does by itself (`assets/quotalab.js`)."""

    def runs(name: str, output: Output, *inputs: Any, first: bool = False) -> None:
        app.clientside_callback(ClientsideFunction("quotalab", name), output, *inputs, prevent_initial_call=not first)

    runs("follow", Output("address", "storage_type"), Input("view", "data"), Input("address", "data"), first=True)
    runs("option", Output("drawn", "storage_type"), Input(OPTION, "value"), State(OPTION, "id"), State("drawn", "data"))
    runs("pick", Output("view", "storage_type"), Input(CHART, "clickData"))
    runs("change", Output("changes", "storage_type"), Input("changes", "data"))
    runs("beside", Output(LEVER, "error"), Input("problems", "data"), State(LEVER, "id"), first=True)
