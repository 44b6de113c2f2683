"""The levers beside the charts: what policy sets, and apart from it what the world does."""

from dash import html
from dash.development.base_component import Component

from dashboard.view import View
from dashboard.words import Words
from scenarios.schema import Scenario


def panel(view: View, words: Words, scenario: Scenario, right: str) -> Component:
    """Return the levers of a right and of the whole scenario."""
    return html.Div(words.text("scenario.levers"))
