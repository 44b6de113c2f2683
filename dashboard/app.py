"""The application: one page that is drawn from the view, the callbacks that draw it, and the limits around it."""

from pathlib import Path

import dash_mantine_components as dmc
from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard.callbacks import connect
from dashboard.first_paint import Application
from dashboard.laboratory import Laboratory
from dashboard.settings import Settings
from dashboard.view import LANGUAGES
from dashboard.words import Words

ASSETS = Path(__file__).resolve().parent / "assets"


def create_app(settings: Settings | None = None, laboratory: Laboratory | None = None) -> Dash:
    """Return the application; nothing in it is loaded from another host.

    Parameters
    ----------
    settings : address, limits and folders.
    laboratory : where scenarios are run; one of its own if not given.
    """
    settings = settings or Settings()
    app = Application(
        "quotalab",
        assets_folder=str(ASSETS),
        title="QuotaLab",
        update_title=None,
        suppress_callback_exceptions=True,
        serve_locally=True,
        compress=True,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = shell()
    connect(app, laboratory or Laboratory(settings))
    return app


def shell() -> Component:
    """Return the parts that every view has, empty; the callbacks fill them."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="view"),
            dcc.Store(id="drawn", data={}),
            dcc.Store(id="address"),
            dcc.Store(id="problems"),
            dcc.Store(id="changes"),
            dcc.Store(id="pulse"),
            dcc.Download(id="download"),
            html.Div(troubles(), id="trouble", role="alert"),
            html.Div(id="frame"),
            html.Div(
                [
                    html.Div(id="said", **{"aria-live": "polite"}),
                    html.Div(id="notes", **{"aria-live": "polite"}),
                    html.Div(id="status"),
                    html.Div([html.Aside(id="controls"), html.Div(id="content")], id="work", className="work"),
                ],
                id="main",
                role="main",
                tabIndex="-1",
            ),
            html.Footer(id="footer"),
        ],
        theme={"fontFamily": "inherit", "primaryColor": "blue", "primaryShade": {"light": 8, "dark": 4}},
    )


def troubles() -> list[Component]:
    """Return what is to be said where a request fails; the browser shows one of them, for then nobody else can."""
    return [
        html.P(
            text, className="remark problem", hidden=True, lang={"zh": "zh-CN"}.get(language, language),
            **{"data-trouble": kind},
        )
        for language in LANGUAGES
        for kind, text in Words(language).group("shell.trouble").items()
    ]  # fmt: skip
