"""The levers beside the charts: what policy sets for the right that is looked at, and apart what the world does."""

from collections.abc import Callable, Mapping, Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.looks import dress
from dashboard.view import View
from dashboard.words import Words
from scenarios.changes import value_at
from scenarios.display import Display
from scenarios.figures.cap_path import DRAG_CONFIG, cap_path
from scenarios.lever_changes import plain
from scenarios.levers import Lever, levers, uncertainties
from scenarios.schema import Scenario


def panel(view: View, words: Words, scenario: Scenario, own: Scenario, right: str) -> Component:
    """Return the levers of a right and of the whole scenario.

    Parameters
    ----------
    own : the scenario before any change, of which the scale of a cap is a percentage.
    """
    policy = [lever for lever in levers(scenario, view.language, own) if lever.group in {right, ""}]
    world = [lever for lever in uncertainties(scenario, view.language) if lever.group in {right, ""}]
    display, before = Display.of(scenario, view.language), plain(own)

    def shown(lever: Lever) -> Component | None:
        if lever.kind == "year_table":
            return html.Div(years_input(view, lever, display, value_at(before, lever.path) or {}), className="lever")
        return lever_input(lever)

    return html.Div(
        [
            _section(words.text("scenario.levers"), words.text("scenario.levers_told"), policy, shown),
            html.Details(
                [html.Summary(html.H2(words.text("scenario.uncertainties"))), *map(shown, world)],
                className="panel",
            ),
        ]
    )


def _section(title: str, told: str, found: Sequence[Lever], shown: Callable[[Lever], Component | None]) -> Component:
    return html.Div([html.H2(title), html.P(told, className="caption"), *map(shown, found)], className="panel")


def lever_input(lever: Lever) -> Component | None:
    """Return the input of a lever: its label, its unit, what it means, its bounds."""
    name = {"type": "lever", "path": lever.name}
    if lever.kind == "choice":
        data = [{"value": choice.value, "label": choice.label} for choice in lever.choices]
        return html.Div(
            dmc.Select(id=name, label=lever.label, description=lever.help, data=data, value=lever.value, size="sm",
                       allowDeselect=False),
            className="lever",
        )  # fmt: skip
    if lever.kind == "table":
        return None  # a table by name is edited in the form of all settings
    shown = number_input(lever, name)
    if lever.name.endswith(".cap_scale") and lever.value is not None:
        slider = dmc.Slider(
            id={"type": "moved", "path": lever.name}, min=20, max=150, step=1, value=lever.value, size="md",
            updatemode="mouseup", marks=[{"value": 50, "label": "50 %"}, {"value": 100, "label": "100 %"}], mb="lg",
            thumbLabel=lever.label,
        )  # fmt: skip
        return html.Div([shown, slider], className="lever")
    return html.Div(shown, className="lever")


def number_input(lever: Lever, name: dict[str, str]) -> Component:
    """Return the input of a number with its unit and bounds."""
    unit = f"\u00a0{lever.unit}" if lever.unit else ""
    return dmc.NumberInput(
        id=name, label=_labelled(lever), description=lever.help, value="" if lever.value is None else lever.value,
        min=lever.lower, max=lever.upper, step=lever.step or 1, suffix=unit, thousandSeparator=",",
        allowDecimal=lever.kind != "whole", decimalScale=0 if lever.kind == "whole" else None, size="sm", debounce=500,
        clampBehavior="none", placeholder="—" if lever.optional else None,
    )  # fmt: skip


def _labelled(lever: Lever) -> str:
    """Return the label; of an empty input with the unit, which else stands behind its number."""
    return f"{lever.label} ({lever.unit})" if lever.value is None and lever.unit else lever.label


def years_input(view: View, lever: Lever, display: Display, own: Mapping[str, float]) -> Component:
    """Return a path by year whose points can be dragged, and an input for each.

    Parameters
    ----------
    own : the path before any change.
    """
    if not lever.group or not lever.path.endswith(".cap.values"):
        return _together(lever, None)
    figure = cap_path(lever.value or {}, {}, display, lever.group, own)
    figure.update_layout(height=190, margin={"l": 44, "r": 22, "t": 4, "b": 24}, showlegend=False)
    ends = [figure.layout.xaxis.tickvals[0], max(int(year) for year in lever.value or {"0": 0.0})]
    figure.update_xaxes(title=None, tickvals=ends, ticktext=[str(year) for year in ends])
    path = dcc.Graph(
        id={"type": "drag", "path": lever.path}, figure=dress(figure, dark=view.dark), config=DRAG_CONFIG,
        style={"height": "190px"}, responsive=True, className="drag",
    )  # fmt: skip
    return _together(lever, path)


def _together(lever: Lever, path: Component | None) -> Component:
    """Return one input a year, under the name and the unit of what they are the years of."""
    inputs = [
        dmc.NumberInput(
            id={"type": "lever", "path": f"{lever.path}.{year}"}, label=str(year), value=level, min=lever.lower,
            step=lever.step or 1, thousandSeparator=",", size="xs", debounce=500, clampBehavior="none",
        )
        for year, level in sorted((lever.value or {}).items())
    ]  # fmt: skip
    legend = f"{lever.label} ({lever.unit})" if lever.unit else lever.label
    told = html.P(lever.help, className="caption")
    return html.Fieldset([html.Legend(legend), told, path, html.Div(inputs, className="years")])
