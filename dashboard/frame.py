"""What stands around every page: name, pages, language, theme; and which scenario, right and seeds are looked at."""

from collections.abc import Mapping
from importlib.metadata import version

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import right_of
from dashboard.view import PAGES, View
from dashboard.words import Words
from scenarios.display import say
from scenarios.schema import Scenario

SEEDS = (1, 5, 10, 20)


def frame(view: View, words: Words, scenario: Scenario, library: Mapping[str, str]) -> Component:
    """Return the head of the page.

    Parameters
    ----------
    library : titles of the scenarios that can be chosen, by name.
    """
    links = [
        html.Li(
            html.A(
                words.text(f"shell.pages.{page}"), href=_elsewhere(view, page),
                **{"data-page": page, **({"aria-current": "page"} if page == view.page else {})},
            )
        )
        for page in PAGES
    ]  # fmt: skip
    title = words.text("shell.title")
    other = "en" if view.language == "zh" else "zh"
    theme = words.text("shell.light" if view.dark else "shell.dark")
    head = html.Header(
        [
            html.A(words.text("shell.skip"), href="#main", className="skip"),
            html.Div([html.Strong(title), html.Span(words.text("shell.tagline"))], className="brand"),
            html.H1(words.text(f"shell.pages.{view.page}"), className="unseen"),
            html.Nav(html.Ul(links), **{"aria-label": words.text("shell.navigation")}),
            html.Div(
                [
                    html.Button(words.text("shell.language"), type="button", className="tool", lang=other,
                                **{"data-language": other}),
                    html.Button(theme, type="button", className="tool", **{"data-dark": "toggle"}),
                ],
                className="switches",
            ),
        ]
    )  # fmt: skip
    return html.Div([head, chosen(view, words, scenario, library)])


def chosen(view: View, words: Words, scenario: Scenario, library: Mapping[str, str]) -> Component:
    """Return the bar that says, and lets a person choose, what is looked at."""
    count = len(view.scenario.changes)
    rights = {key: say(rule.title, view.language) for key, rule in scenario.instruments.items()}
    right = right_of(view, scenario)
    changed = words.fill("shell.changed", count=count) if count else words.text("shell.unchanged")
    return html.Section(
        [
            kit.choose("base", words.text("shell.base"), library, view.scenario.base),
            kit.choose("right", words.text("shell.right"), rights, right) if len(rights) > 1 else None,
            kit.choose("seeds", words.text("shell.seeds"), {str(n): str(n) for n in sorted({*SEEDS, view.seeds})},
                       str(view.seeds)),
            dmc.Badge(changed, variant="light" if count else "outline", className="changed", size="lg"),
            html.Div(
                [
                    _button(words, "reset", arm="reset") if count else None,
                    _button(words, "pin", arm="pin") if view.scenario != view.compared else None,
                    _button(words, "unpin", arm="unpin") if view.baseline is not None else None,
                    html.Button(words.text("shell.copy"), type="button", className="tool",
                                title=words.text("shell.copy_told"),
                                **{"data-copy": "", "data-copied": words.text("shell.copied")}),
                    html.Button(words.text("shell.dossier"), id={"type": "save", "what": "dossier"}, type="button",
                                className="tool", n_clicks=0),
                ],
                className="tools",
            ),
        ],
        className="chosen",
        **{"aria-label": words.text("shell.chosen")},
    )  # fmt: skip


def footer(words: Words) -> Component:
    """Return what every page ends with: what this is not."""
    return html.P(words.fill("shell.footer", version=version("quotalab")))


def _button(words: Words, name: str, arm: str) -> Component:
    return html.Button(words.text(f"shell.{name}"), type="button", className="tool", **{"data-arm": arm})


def _elsewhere(view: View, page: str) -> str:
    from dataclasses import replace

    return replace(view, page=page, options={}).url
