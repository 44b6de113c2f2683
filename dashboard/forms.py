"""Fields of a scenario as inputs: a form of any of its sections, made from the schema.

An input writes its value under the dotted path of its field: its id is ``{"type": "lever", "path": …}``. An input that
changes what the form consists of (another kind of rule, one more item) has a path with a mark, see
`scenarios.form_changes`. Items are removed by buttons ``{"type": "remove", "path": …}``.
"""

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.words import Words
from scenarios.display import Language
from scenarios.forms import FormField, form_of
from scenarios.lever_changes import plain
from scenarios.schema import Scenario

SECTIONS = {"group", "union", "list"}
DEBOUNCE = 500  # milliseconds after the last key before a number counts


def section_form(scenario: Scenario | Mapping[str, Any], path: str, language: Language) -> Component:
    """Return the inputs of a section of a scenario, its parts folded.

    Raises
    ------
    KeyError : where the scenario has no such section.
    """
    words = Words(language)
    field = form_of(plain(scenario), path, language)
    if field.kind not in SECTIONS:
        return html.Div(field_input(field, words), className="form")
    return html.Div([_told(field), *_parts(field, words, 3)], className="form")


def field_input(field: FormField, words: Words) -> Component:
    """Return the input of a single field, or of a table by year or name."""
    makers = {
        "number": _number, "whole": _number, "switch": _switch, "choice": _choice, "text": _text,
        "bilingual": _bilingual, "year_table": _table, "table": _table,
    }  # fmt: skip
    return html.Div(makers[field.kind](field, words), className="lever")


def lever_id(path: str, mark: str = "") -> dict[str, str]:
    """Return the id of the input of a path, with a mark for what changes the form itself."""
    return {"type": "lever", "path": f"{path}.{mark}" if mark else path}


def _parts(field: FormField, words: Words, order: int) -> list[Component | None]:
    """Return what stands inside a section: its kind, its own inputs, its sections folded, what may be added."""
    inputs = [field_input(child, words) for child in field.children if child.kind not in SECTIONS]
    folded = [_item(child, field, words, order) for child in field.children if child.kind in SECTIONS]
    parts: list[Component | None] = [_kind(field, words) if field.kind == "union" else None]
    if field.kind == "list" and inputs:
        inputs = [
            html.Div([one, _remove(child, words)], className="row")
            for one, child in zip(inputs, field.children, strict=True)
        ]
    parts += inputs
    if folded:
        parts.append(
            dmc.Accordion(
                folded, id={"type": "fold", "path": field.path}, multiple=True, order=min(order, 6),
                variant="contained", persistence=True, persistence_type="session",
            )
        )  # fmt: skip
    if field.kind == "list":
        parts.append(None if field.children else html.P(words.text("forms.empty"), className="caption"))
        parts.append(_add(field, words))
    return parts


def _item(child: FormField, above: FormField, words: Words, order: int) -> Component:
    """Return a folded section; one that is optional has a choice of whether it is there, an item a button to remove."""
    title = _title(child, above, words)
    inside: list[Component | None] = [_told(child)]
    if child.optional:
        inside.append(
            _yes_no(child, "present", words.fill("forms.given", name=child.label), words, bool(child.children))
        )
    inside += _parts(child, words, order + 1)
    if above.kind == "list":
        inside.append(_remove(child, words, title))
    control = dmc.AccordionControl([title, html.Span(_state(child, words), className="caption")])
    return dmc.AccordionItem([control, dmc.AccordionPanel(inside)], value=child.path)


def _title(child: FormField, above: FormField, words: Words) -> str:
    if above.kind != "list":
        return child.label
    return words.fill("forms.item", number=int(child.path.rpartition(".")[2]) + 1, name=child.label)


def _state(field: FormField, words: Words) -> str:
    """Return what a folded section says without being opened: its kind, how many items, or that it is not set."""
    if field.kind == "list":
        said = str(len(field.children))
    elif field.kind == "union":
        said = next((choice.label for choice in field.choices if choice.value == field.selected), "")
        said = "" if said == field.label else said
    else:
        said = words.text("forms.none") if field.optional and not field.children else ""
    return f" · {said}" if said else ""


def _told(field: FormField) -> Component | None:
    return html.P(field.help, className="caption") if field.help else None


def _kind(field: FormField, words: Words) -> Component:
    data = [{"value": choice.value, "label": choice.label} for choice in field.choices if choice.start is not None]
    told = next((choice.help for choice in field.choices if choice.value == field.selected), "")
    label = f"{field.label} · {words.text('forms.kind')}"
    return html.Div(
        dmc.Select(
            id=lever_id(field.path, "kind"), label=label, description=told or None, data=data, value=field.selected,
            allowDeselect=False, size="sm",
        ),
        className="lever",
    )  # fmt: skip


def _add(field: FormField, words: Words) -> Component | None:
    """Return what adds an item to a list: a choice of kinds, or a button where there is one kind only."""
    offered = [choice for choice in field.choices if choice.start is not None]
    if not offered or (field.most is not None and len(field.children) >= field.most):
        return None
    label = words.fill("forms.add_kind", name=field.label)
    if len(offered) == 1 and not offered[0].value:
        return html.Button(label, id={"type": "add", "path": field.path}, type="button", className="tool", n_clicks=0)
    data = [{"value": choice.value, "label": choice.label} for choice in offered]
    return dmc.Select(
        id=lever_id(field.path, "add"),
        label=label,
        placeholder=words.text("forms.add"),
        data=data,
        value=None,
        size="sm",
    )


def _remove(child: FormField, words: Words, title: str = "") -> Component:
    return _remove_button(child.path, title or child.label, words)


def _remove_button(path: str, name: str, words: Words) -> Component:
    said = words.fill("forms.remove_item", name=name)
    return html.Button(
        words.text("forms.remove"), id={"type": "remove", "path": path}, type="button", className="tool", n_clicks=0,
        title=said, **{"aria-label": said},
    )  # fmt: skip


def _number(field: FormField, words: Words) -> list[Component]:
    """Return the input of a number with its unit; empty where it may be none."""
    whole = field.kind == "whole"
    empty = words.text("forms.none") if field.optional else None
    made = [
        dmc.NumberInput(
            id=lever_id(field.path), label=field.label, description=field.help or None, placeholder=empty,
            value="" if field.value is None else field.value, min=field.lower, max=field.upper, step=step_of(field),
            suffix=f"\u00a0{field.unit}" if field.unit and not _is_year(field) else "",
            thousandSeparator="" if _is_year(field) else ",",
            allowDecimal=not whole, clampBehavior="none", debounce=DEBOUNCE, size="sm",
        )
    ]  # fmt: skip
    return [*made, _by_year(field, words)] if field.by_year else made


def step_of(field: FormField) -> float:
    """Return by how much the arrows of a number move it: about a hundredth of it, and a whole for whole numbers."""
    from math import floor, log10

    if field.kind == "whole":
        return 1
    size = field.value if isinstance(field.value, int | float) and field.value else field.upper or 1.0
    return float(f"{10.0 ** (floor(log10(abs(size))) - 1):.1g}")


def _is_year(field: FormField) -> bool:
    """Return whether a number names a calendar year, in which no thousands are parted."""
    return (
        field.kind == "whole" and isinstance(field.value, int) and 1900 <= field.value <= 2200 and not field.upper_open
    )


def _switch(field: FormField, words: Words) -> Component:
    return _yes_no(field, "", field.label, words, bool(field.value), field.help)


def _yes_no(field: FormField, mark: str, label: str, words: Words, value: bool, told: str = "") -> Component:
    """Return a choice of yes and no, whose value is a truth value as in the scenario."""
    options = [{"label": words.text("forms.yes"), "value": True}, {"label": words.text("forms.no"), "value": False}]
    made = dcc.RadioItems(options=options, value=value, id=lever_id(field.path, mark), inline=True)
    return html.Fieldset([html.Legend(label), html.P(told, className="caption") if told else None, made])


def _choice(field: FormField, words: Words) -> Component:
    data = [{"value": choice.value, "label": choice.label} for choice in field.choices]
    return dmc.Select(
        id=lever_id(field.path), label=field.label, description=field.help or None, data=data, value=field.value,
        allowDeselect=field.optional, placeholder=words.text("forms.none"), size="sm",
    )  # fmt: skip


def _text(field: FormField, _: Words) -> Component:
    return dmc.TextInput(
        id=lever_id(field.path), label=field.label, description=field.help or None, value=field.value or "",
        debounce=DEBOUNCE, size="sm",
    )  # fmt: skip


def _bilingual(field: FormField, words: Words) -> Component:
    value = field.value if isinstance(field.value, Mapping) else {}
    inputs = [
        dmc.Textarea(
            id=lever_id(field.path, language), label=words.text(f"forms.{name}"), value=str(value.get(language) or ""),
            debounce=DEBOUNCE, size="sm", autosize=True, maxRows=8,
        )
        for language, name in (("en", "english"), ("zh", "chinese"))
    ]  # fmt: skip
    return _together(field, field.label, inputs)


def _table(field: FormField, words: Words) -> Component:
    """Return one input a year, or a name, together under the table's name, and one that adds another."""
    years = field.kind == "year_table"
    inputs = [
        html.Div(
            [
                dmc.NumberInput(
                    id=lever_id(field.path, str(key)), label=str(key), value=level, min=field.lower, max=field.upper,
                    step=step_of_level(level), thousandSeparator=",", clampBehavior="none", debounce=DEBOUNCE,
                    size="xs",
                ),
                _remove_button(f"{field.path}.{key}", f"{field.label} {key}", words)
                if len(field.value) > field.fewest
                else None,
            ]
        )
        for key, level in (field.value or {}).items()
    ]  # fmt: skip
    label = words.text("forms.add_year" if years else "forms.add_name")
    if years:
        more: Component = dmc.NumberInput(
            id=lever_id(field.path, "add"), label=label, value="", min=1900, max=2200, allowDecimal=False,
            debounce=2 * DEBOUNCE, clampBehavior="none", size="xs",
        )  # fmt: skip
    else:
        more = dmc.TextInput(id=lever_id(field.path, "add"), label=label, value="", debounce=True, size="xs")
    legend = f"{field.label} ({field.unit})" if field.unit else field.label
    made = _together(field, legend, [html.Div([*inputs, more], className="years")])
    return html.Div([made, _by_year(field, words)]) if field.by_year else made


def step_of_level(level: Any) -> float:
    """Return the step of a number in a table."""
    return step_of(FormField("", "number", "", value=level))


def _by_year(field: FormField, words: Words) -> Component:
    return _yes_no(field, "by_year", words.text("forms.by_year"), words, field.kind == "year_table")


def _together(field: FormField, legend: str, inputs: list[Component]) -> Component:
    return html.Fieldset([html.Legend(legend), _told(field), *inputs])
