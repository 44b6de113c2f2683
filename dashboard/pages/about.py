"""About: what is simulated, what a price means, what the model does not do, where the numbers come from, the words."""

from collections.abc import Iterable, Sequence

from dash import html
from dash.development.base_component import Component

from dashboard import kit
from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words
from scenarios import sources
from scenarios.display import Display, say
from scenarios.schema import Scenario
from scenarios.validation.outcomes import own_version

needs_runs = False
TEXTS = ("what", "price", "coupling", "uncertainty")
SECTIONS = (
    "what", "period", "rights", "mechanisms", "behaviours", "price", "coupling", "ladder", "uncertainty", "limits",
    "scenario", "sources", "glossary", "keyboard", "origin",
)  # fmt: skip
SHOWN_VERSIONS = ("python", "numpy", "pandas", "mesa", "scipy")


def controls(view: View, words: Words, scenario: Scenario) -> Component:
    """Return the contents of the page: nothing can be set here."""
    links = [html.A(words.text(f"about.titles.{name}"), href=f"#about-{name}") for name in SECTIONS]
    return html.Nav(
        [html.Span([link, " "]) for link in links], className="row", **{"aria-label": words.text("about.contents")}
    )


def content(view: View, words: Words, found: Found) -> Component:
    """Return the description of the model and of the scenario that is open."""
    scenario = found.arm.scenario
    display = found.arm.display(view.language)
    made: dict[str, list[Component]] = {
        "period": [html.Ol(_items(words.text("about.period")))],
        "rights": [_definitions(words.text("about.rights"))],
        "mechanisms": _mechanisms(words, display),
        "behaviours": [html.Ul([html.Li(text) for text in display.text("behaviours").values()])],
        "ladder": _ladder(words, display),
        "limits": [
            *_paragraphs(words.text("about.limits")),
            html.Ul([html.Li(text) for text in display.text("model_notes")]),
        ],
        "scenario": _scenario(view, words, scenario, display),
        "keyboard": [_definitions(words.text("about.keyboard"))],
        "origin": _origin(words),
    }
    made |= {name: _paragraphs(words.text(f"about.{name}")) for name in TEXTS}
    parts: list[Component] = []
    for name in SECTIONS:
        shown = (
            _sources(words, scenario, display) if name == "sources"
            else _glossary(words) if name == "glossary"
            else kit.card(words.text(f"about.titles.{name}"), html.Div(made[name], className="prose"), wide=True)
        )  # fmt: skip
        parts.append(html.Div(shown, id=f"about-{name}", className="wide"))
    return kit.grid(parts)


def _paragraphs(texts: Iterable[str]) -> list[Component]:
    return [html.P(text) for text in texts]


def _items(texts: Iterable[Sequence[str]]) -> list[Component]:
    return [html.Li([html.Strong(head), " ", body]) for head, body in texts]


def _definitions(pairs: Iterable[Sequence[str]]) -> Component:
    return html.Dl([part for head, body in pairs for part in (html.Dt(head), html.Dd(body))])


def _mechanisms(words: Words, display: Display) -> list[Component]:
    return [
        *_paragraphs(words.text("about.mechanisms")),
        html.H3(words.text("about.venues")),
        html.Ul([html.Li(text) for text in display.text("rules.mechanisms").values()]),
        html.H3(words.text("about.containment")),
        html.Ul([html.Li(text) for key, text in display.text("rules.containment").items() if key != "auction"]),
    ]


def _ladder(words: Words, display: Display) -> list[Component]:
    rungs = display.text("ladder.rungs").values()
    return [
        *_paragraphs(words.text("about.ladder")),
        _definitions(rungs),
        html.P(display.text("ladder.beside")),
    ]


def _scenario(view: View, words: Words, scenario: Scenario, display: Display) -> list[Component]:
    flag = display.text("notes.flag")
    notes = [
        html.Li(
            [
                html.Strong(f"{flag}{display.text('numbers.colon')}") if one.flagged else None,
                say(one.text, view.language),
            ]
        )
        for one in scenario.notes
    ]
    flagged = sum(one.flagged for one in scenario.notes)
    counted = words.fill("about.notes", notes=len(notes), flagged=flagged)
    head = html.P([html.Strong(say(scenario.title, view.language)), f" ({scenario.name})"])
    return [
        head,
        html.P(say(scenario.summary, view.language)),
        html.P(counted),
        html.Ul(notes),
        html.P(display.text("notes.flag_note")) if flagged else html.P(""),
    ]


def _sources(words: Words, scenario: Scenario, display: Display) -> list[Component]:
    files = sources.tables_of(scenario)
    counts = sources.confidence_counts(files)
    title = words.text("about.titles.sources")
    if not counts:
        return [kit.empty(title, words.fill("about.no_sources", scenario=scenario.name))]
    meanings = words.group("about.confidences")
    used = [key for key in sources.CONFIDENCES if any(key in found for found in counts.values())]
    rows = [
        (name, *(str(found.get(key, 0)) for key in used), str(sum(found.values()))) for name, found in counts.items()
    ]
    totals = [sum(found.get(key, 0) for found in counts.values()) for key in used]
    rows.append((words.text("about.total"), *map(str, totals), str(sum(totals))))
    gap = str(display.text("numbers.list_gap"))
    legend = gap.join(f"{key}{display.text('numbers.colon')}{meanings[key]}" for key in used)
    by_file = kit.table(
        words, "sources-by-file", title, [words.text("about.file"), *used, words.text("about.total")], rows,
        f"{words.text('about.sources')} {legend}", numeric=range(1, len(used) + 2), wide=True,
    )  # fmt: skip
    named = words.group("about.unsourced")
    cited = kit.table(
        words, "sources", words.text("about.source_title"), words.text("about.source_columns"),
        [(one.id, named.get(one.id, one.address), str(one.entries)) for one in sources.citations(files)],
        words.text("about.source_caption"), numeric=(2,), wide=True,
    )  # fmt: skip
    return [by_file, cited]


def _glossary(words: Words) -> Component:
    return kit.table(
        words, "glossary", words.text("about.titles.glossary"), words.text("about.glossary_columns"),
        [(html.Span(en, lang="en"), html.Span(zh, lang="zh-CN"), meaning)
         for en, zh, meaning in words.text("about.glossary")],
        wide=True,
    )  # fmt: skip


def _origin(words: Words) -> list[Component]:
    from scenarios.result_files import versions

    found = versions()
    told = ", ".join(f"{name} {found[name]}" for name in SHOWN_VERSIONS if name in found)
    return [
        html.P(words.fill("about.version", version=own_version(), packages=told)),
        *_paragraphs(words.text("about.origin")),
        html.P(words.text("about.cite")),
        html.Pre(words.fill("about.citation", version=own_version())),
    ]
