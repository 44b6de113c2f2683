"""The building blocks of pages: chart, table, option, note, empty state. A page is made of these and of words.

None of them needs a callback of its own. Inputs carry ids that the shell listens to (`{"type": "option", …}`); buttons
and links carry `data-…` marks that the script in `assets/` acts on:

* `data-page`, `data-language`, `data-dark`: go there, keeping the rest of the view;
* `data-pick="name=value"`: set an option of the view, and with `data-go="page"` go to a page as well;
* `data-export="png" | "svg" | "csv"`: save the chart or the table of the same card.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.looks import dress
from dashboard.view import View
from dashboard.words import Words
from scenarios.figures.style import CONFIG

if TYPE_CHECKING:
    import plotly.graph_objects as go

Part = Component | str | None
LOCALES = {"en": "en", "zh": "zh-CN"}


def chart(
    view: View, words: Words, key: str, title: str, figure: "go.Figure", caption: str = "", *, wide: bool = False
) -> Component:
    """Return a card with a figure, its title and caption, and buttons that save it.

    Parameters
    ----------
    key : name of the chart on its page; part of the file name when it is saved.
    caption : what to look for, and what the marks mean, in a sentence or two.
    wide : whether it takes the whole width of the page.
    """
    height = int(figure.layout.height or 300)
    plain = dress(figure, dark=view.dark)
    plain["layout"]["height"] = height
    config = {**CONFIG, "locale": LOCALES[view.language], "toImageButtonOptions": {"filename": f"quotalab-{key}"}}
    graph = dcc.Graph(
        id={"type": "chart", "key": key}, figure=plain, config=config, style={"height": f"{height}px"},
        responsive=True,
    )  # fmt: skip
    # The words of the picture for those who cannot see it; no image, whose buttons and points could not be reached.
    plot = html.Figure(graph, className="plot", **{"aria-label": f"{title}. {caption}".strip()})
    return card(title, plot, caption, _saving(words, ("png", "svg"), key), wide=wide)


def table(
    words: Words,
    key: str,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Part]],
    caption: str = "",
    *,
    numeric: Sequence[int] = (),
    wide: bool = False,
) -> Component:
    """Return a card with a table and a button that saves it as CSV.

    Parameters
    ----------
    columns : headings, with units where the numbers have any.
    rows : cells as text (numbers are formatted by the caller) or components such as `pick`.
    numeric : columns that are set to the right.
    """
    right = set(numeric)

    def cells(row: Sequence[Part], cell: Any) -> list[Component]:
        return [cell(part, className="number" if i in right else None) for i, part in enumerate(row)]

    head = html.Thead(html.Tr([html.Th(name, scope="col", className="number" if i in right else None)
                               for i, name in enumerate(columns)]))  # fmt: skip
    body = html.Tbody([html.Tr(cells(row, html.Td)) for row in rows])
    shown = html.Div(html.Table([head, body], **{"data-name": key}), className="table", tabIndex="0", role="region",
                     **{"aria-label": title})  # fmt: skip
    return card(title, shown, caption, _saving(words, ("csv",), key), wide=wide)


def card(
    title: str, content: Part | list[Part], caption: str = "", tools: Part = None, *, wide: bool = False
) -> Component:
    """Return a titled part of a page."""
    head = html.Div([html.H2(title), tools], className="card-head")
    told = html.P(caption, className="caption") if caption else None
    inside = content if isinstance(content, list) else [content]
    return html.Section([head, told, *inside], className="card wide" if wide else "card")


def grid(parts: Sequence[Part]) -> Component:
    """Return cards side by side where there is room."""
    return html.Div([part for part in parts if part is not None], className="grid")


def choose(name: str, label: str, choices: Mapping[str, str], value: str | None, help_text: str = "") -> Component:
    """Return a select that sets an option of the view.

    Parameters
    ----------
    name : the option; `view.options[name]` is the value of the chosen entry.
    choices : what each value is called.
    """
    data = [{"value": key, "label": title} for key, title in choices.items()]
    return dmc.Select(
        id={"type": "option", "name": name}, label=label, description=help_text or None, data=data,
        value=value if value in choices else None, searchable=len(data) > 8, allowDeselect=False, size="sm",
        comboboxProps={"withinPortal": True}, className="option", nothingFoundMessage="—",
    )  # fmt: skip


def slide(name: str, label: str, low: float, high: float, step: float, value: float) -> Component:
    """Return a slider that sets an option of the view to a number."""
    return html.Div(
        [
            html.Label(label, htmlFor=f"slide-{name}"),
            dmc.Slider(id={"type": "option", "name": name}, min=low, max=high, step=step, value=value, size="sm",
                       thumbLabel=label, updatemode="mouseup"),
        ],
        className="option",
    )  # fmt: skip


def pick(name: str, value: str, label: str, go: str | None = None) -> Component:
    """Return a button in the look of a link that sets an option of the view, and may lead to another page."""
    marks = {"data-pick": f"{name}={value}"}
    if go is not None:
        marks["data-go"] = go
    return html.Button(label, type="button", className="pick", **marks)


def point(name: str, value: str) -> str:
    """Return what `customdata` of a figure's point must be so that a click on it sets an option of the view."""
    return f"pick:{name}={value}"


def note(text: str, kind: str = "note") -> Component:
    """Return a remark: `note`, `warning` or `problem`."""
    return html.P(text, className=f"remark {kind}", role="alert" if kind == "problem" else None)


def empty(title: str, what_to_do: str, action: Part = None) -> Component:
    """Return what stands where there is nothing to show yet: why, and what to do about it."""
    return html.Div([html.H2(title), html.P(what_to_do), action], className="empty")


def _saving(words: Words, forms: Sequence[str], key: str) -> Component:
    buttons = [
        html.Button(
            form.upper(), type="button", className="tool", title=words.fill("shell.save_as", form=form.upper()),
            **{"data-export": form, "data-key": key, "aria-label": words.fill("shell.save_as", form=form.upper())},
        )
        for form in forms
    ]  # fmt: skip
    return html.Div(buttons, className="tools")
