"""All settings: everything that a scenario can say, as a form and as the document that it becomes, side by side."""

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios.schema import Scenario

needs_runs = False


def controls(view: View, words: Words, scenario: Scenario, own: Scenario) -> Component:
    """Return the form of the section that is chosen."""
    from dashboard.forms import section_form
    from scenarios.display import say

    titles = words.group("settings.sections")
    sections = {name: title for name, title in titles.items() if name != "instruments"}
    for key, rule in scenario.instruments.items():
        sections[f"instruments.{key}"] = f"{titles['instruments']} · {say(rule.title, view.language)}"
    section = view.options.get("section", "")
    section = section if section in sections else next(iter(sections))
    return html.Div(
        [
            kit.choose("section", words.text("settings.section"), sections, section),
            section_form(scenario, section, view.language),
        ],
        className="panel",
    )


def content(view: View, words: Words, found: Found) -> Component:
    """Return the scenario as a document that can be edited, saved, and replaced by one of one's own."""
    label = words.text("settings.document")
    area = dmc.Textarea(
        id={"type": "document", "what": "yaml"}, value=found.document, label=label,
        description=words.text("settings.document_told"), autosize=True, minRows=12, maxRows=34, spellCheck=False,
    )  # fmt: skip
    buttons = html.Div(
        [
            html.Button(words.text("settings.take"), id={"type": "take", "what": "yaml"}, className="action",
                        type="button", n_clicks=0),
            html.Button(words.text("settings.save"), id={"type": "save", "what": "document"}, className="tool",
                        type="button", n_clicks=0),
        ],
        className="tools",
    )  # fmt: skip
    upload = html.Label(  # the words of the button are those of the input, too
        dcc.Upload(
            html.Button(words.text("settings.upload"), type="button", className="tool"),
            id={"type": "upload", "what": "yaml"}, accept=".yaml,.yml,text/yaml", multiple=False,
        )
    )  # fmt: skip
    told = html.P(words.text("settings.upload_told"), className="caption")
    return html.Section([area, buttons, html.Div(id="taken"), upload, told], className="panel")
