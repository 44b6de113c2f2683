"""The sections of a report: each a function from a page (result, words, figures so far) to HTML."""

from collections import Counter
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from scenarios import figures
from scenarios.display import Display, say
from scenarios.market_rows import by_period
from scenarios.report_tables import (
    compliance_table,
    cost_table,
    definitions,
    instrument_indicators,
    ladder_table,
    run_indicators,
)
from scenarios.report_trading import trading
from scenarios.report_warnings import worded
from scenarios.rule_words import rules_told, venues_told
from scenarios.schema import Scenario

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from scenarios.results import RunResult


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A page that is being written: in which words, and the figures that it needs.

    Attributes
    ----------
    prefix : what the names of figures begin with, where several pages stand in one file.
    """

    display: Display
    figures: "dict[str, go.Figure]" = field(default_factory=dict)
    prefix: str = ""

    def text(self, path: str, **values: object) -> str:
        """Return a fixed text, escaped."""
        return escape(self.display.fill(path, **values) if values else str(self.display.text(path)))

    def figure(self, name: str, figure: "go.Figure", title: str, caption: str = "") -> str:
        """Keep a figure for the script at the end and return its place; ``title`` is for those who cannot see it."""
        place = f"figure-{self.prefix}{name}"
        self.figures[place] = figure
        shown = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
        height = int(figure.layout.height or 300)
        return (
            f'<figure>{shown}<div class="plot" id="{place}" role="img" '
            f'aria-label="{escape(title)}" style="height:{height}px"></div></figure>'
        )


@dataclass(slots=True, kw_only=True)
class Page(Sheet):
    """The report of a run that is being written."""

    result: "RunResult"

    @property
    def title(self) -> str:
        """Title of the scenario."""
        return say(self.result.scenario.title, self.display.language)

    @property
    def summary(self) -> str:
        """Summary of the scenario."""
        return say(self.result.scenario.summary, self.display.language)


def sections(page: Page) -> dict[str, str]:
    """Return the HTML of every section by name, in order."""
    recorded = "firms" in page.result.tables
    missing = f'<p class="note">{page.text("cost.not_recorded")}</p>'
    return {
        "about": about(page),
        "results": results(page),
        "indicators": indicators(page),
        "prices": each_right(page, "prices"),
        "trading": trading(page),
        "volumes": each_right(page, "volumes"),
        "flows": each_right(page, "flows"),
        "banks": each_right(page, "banks"),
        "abatement": each_right(page, "abatement") if recorded else missing,
        "compliance": compliance(page),
        "cost": cost(page) if recorded else missing,
        "ladder": ladder(page),
        "assumptions": assumptions(page),
        "warnings": warnings(page),
        "origin": origin(page),
    }


def about(page: Page) -> str:
    """Return what was run: view, period, rights, accounts and behaviours."""
    scenario, display = page.result.scenario, page.display
    calendar, gap = scenario.calendar, display.text("numbers.list_gap")
    rows: list[tuple[str, str]] = [
        (display.text("about.scenario"), scenario.name),
        (
            display.text("about.period"),
            display.fill(
                "about.period_value",
                first=calendar.start_year,
                last=calendar.start_year + calendar.years - 1,
                periods=calendar.periods_per_year,
            ),
        ),
        (
            display.text("about.instruments"),
            gap.join(
                title + display.fill("numbers.bracket", inside=display.unit(key))
                for key, title in display.titles.items()
            ),
        ),
    ]
    rows += declared_rules(page)
    if "firms" in page.result.tables:
        firms = page.result.firms
        first = firms[firms["year"] == firms["year"].min()]
        rows.append((display.text("about.accounts"), display.number(len(first))))
        counts = Counter(first["behaviour"].tolist())
        known = display.text("behaviours")
        words = [
            display.fill("about.behaviour_share", name=known.get(kind, kind), count=display.number(count))
            for kind, count in counts.most_common()
        ]
        rows.append((display.text("about.behaviours"), gap.join(words)))
    rows.append((display.text("about.seed"), str(page.result.seed)))
    rows.append((display.text("about.money"), display.currency))
    return f'<p class="view">{page.text(f"view.{scenario.view}")}</p>{definitions(rows)}'


def declared_rules(page: Page) -> list[tuple[str, str]]:
    """Return the venues and containment rules of rights in words; rights that share one are named together."""
    display, rights = page.display, page.result.scenario.instruments
    rows: list[tuple[str, str]] = []
    for heading, told in (("about.venues", venues_told), ("about.containment", rules_told)):
        shared: dict[str, list[str]] = {}
        for key, rule in rights.items():
            for words in told(display, key, rule):
                shared.setdefault(words, []).append(display.titles[key])
        for words, titles in shared.items():
            whose = "" if len(titles) == len(rights) else display.text("numbers.comma").join(titles)
            rows.append((display.text(heading), f"{whose}{display.text('numbers.colon')}{words}" if whose else words))
    return rows


def results(page: Page) -> str:
    """Return the main results as sentences."""
    from scenarios.report_sentences import instrument_sentences, run_sentences

    display = page.display
    gap = "" if display.language == "zh" else " "
    items = "".join(
        f"<li><strong>{escape(title)}</strong>{page.text('numbers.colon')}"
        f"{escape(gap.join(instrument_sentences(page.result, display, key)))}</li>"
        for key, title in display.titles.items()
    )
    whole = escape(gap.join(run_sentences(page.result, display)))
    return f"<p>{whole}</p><ul>{items}</ul>"


def indicators(page: Page) -> str:
    """Return the indicators of every right and of the whole run."""
    note = page.text("indicators.note", none=page.display.text("numbers.not_number"))
    return (
        f"<h3>{page.text('indicators.whole_run')}</h3>{run_indicators(page.result, page.display)}"
        f"<h3>{page.text('indicators.by_right')}</h3>{instrument_indicators(page.result, page.display)}"
        f'<p class="note">{note} {page.text("indicators.volatility")}</p>'
    )


def each_right(page: Page, section: str) -> str:
    """Return one small figure per right, each with its own axis."""
    result, display = page.result, page.display
    markets = by_period(result.markets)
    places = []
    for key, title in display.titles.items():
        if section == "banks" and not result.scenario.instruments[key].banked:
            continue
        if section == "prices":
            rules = result.scenario.instruments[key].containment
            acts = result.tables.get("containment")
            figure = figures.prices(markets, result.prices, key, display, rules, acts)
        elif section == "volumes":
            figure = figures.volumes(markets, key, display)
        elif section == "flows":
            figure = figures.flows(result.prices, result.instruments, key, display)
        elif section == "banks":
            figure = figures.bank(result.compliance, key, display)
        else:
            figure = figures.abatement(result.measures, key, display)
        whole = f"{title}{display.text('numbers.colon')}{display.text(f'sections.{section}')}"
        places.append(page.figure(f"{section}-{key}", figure, whole, title))
    gap = "" if display.language == "zh" else " "
    more = [_not_banked(page, section), _settled(page, section), _contained(page, section)]
    left_out = "".join(f"{gap}{escape(sentence)}" for sentence in more if sentence)
    return f'<p>{page.text(f"intro.{section}")}{left_out}</p><div class="grid">{"".join(places)}</div>'


def _not_banked(page: Page, section: str) -> str:
    """Return a sentence that names the rights that cannot be carried over, and so have no bank to show."""
    display, rules = page.display, page.result.scenario.instruments
    names = [title for key, title in display.titles.items() if not rules[key].banked]
    if section != "banks" or not names:
        return ""
    return display.fill("intro.not_banked", names=display.text("numbers.list_gap").join(names))


def _settled(page: Page, section: str) -> str:
    """Return a sentence about the shaded months after the last compliance year, where there are any."""
    markets, prices = page.result.markets, page.result.prices
    late = section == "prices" and len(prices) and markets["year"].max() > prices["year"].max()
    return str(page.display.text("intro.settled")) if late else ""


def _contained(page: Page, section: str) -> str:
    """Return a sentence about the lines and marks of containment rules, where there are any."""
    ruled = any(rule.containment for rule in page.result.scenario.instruments.values())
    return str(page.display.text("intro.contained")) if section == "prices" and ruled else ""


def compliance(page: Page) -> str:
    """Return compliance by year and right, and what was missing."""
    figure = figures.compliance(page.result.compliance, page.display)
    caption = page.display.text("figures.compliance_rate")
    return (
        f"<p>{page.text('intro.compliance')}</p>"
        f"{page.figure('compliance', figure, caption, caption)}"
        f'{compliance_table(page.result, page.display)}<p class="note">{page.text("compliance.note")}</p>'
    )


def cost(page: Page) -> str:
    """Return the cost by sector and by city: picture and table."""
    result, display = page.result, page.display
    keys = list(display.titles)
    parts = [f"<p>{page.text('intro.cost')}</p>"]
    for column in ("sector", "city"):
        heading = display.text(f"cost.by_{column}")
        figure = figures.cost_by(result.firms, column, keys, display)
        parts.append(f"<h3>{escape(heading)}</h3>{page.figure(f'cost-{column}', figure, heading)}")
        parts.append(cost_table(result, column, display))
    return "".join(parts)


def ladder(page: Page) -> str:
    """Return the efficiency ladder, what each rung means, and what is not measured."""
    result, display = page.result, page.display
    rate = display.share(result.scenario.money.social_discount_rate)
    return (
        f"<p>{page.text('intro.ladder', rate=rate)}</p>"
        f"{page.figure('ladder', figures.ladder(result.ladder, display), display.text('sections.ladder'))}"
        f'{ladder_table(result, display)}<p class="note">{page.text("ladder.beside")}</p>'
    )


def assumptions(page: Page) -> str:
    """Return the scenario's notes, flagged ones marked, and the model's own simplifications."""
    return notes(page, page.result.scenario)


def notes(page: Sheet, scenario: Scenario) -> str:
    """Return the notes of a scenario, flagged ones marked, and the model's own simplifications."""
    display = page.display
    own = []
    for note in scenario.notes:
        flag = f' <span class="flag">{page.text("notes.flag")}</span>' if note.flagged else ""
        own.append(f"<li>{escape(say(note.text, display.language))}{flag}</li>")
    general = "".join(f"<li>{escape(text)}</li>" for text in display.text("model_notes"))
    return (
        f"<h3>{page.text('notes.own')}</h3>"
        + (f"<ul>{''.join(own)}</ul>" if own else f"<p>{page.text('page.none')}</p>")
        + (f'<p class="note">{page.text("notes.flag_note")}</p>' if own else "")
        + f"<h3>{page.text('notes.model')}</h3><ul>{general}</ul>"
    )


def warnings(page: Page) -> str:
    """Return every warning of the run; many of them are folded."""
    given = page.result.warnings
    if not given:
        return f"<p>{page.text('warnings.none')}</p>"
    items = "".join(warning_item(text, page.display) for text in given)
    listed = f'<ul class="warnings">{items}</ul>'
    if len(given) <= 12:
        return listed
    head = page.text("warnings.count", count=len(given))
    return f"<details><summary>{head}</summary>{listed}</details>"


def warning_item(text: str, display: Display, where: str = "") -> str:
    """Return a warning in the report's language where that has words for it, else as it was given."""
    said = worded(text, display)
    if said is not None:
        return f"<li>{escape(where)}{escape(said)}</li>"
    own = f'{escape(where)}<span lang="en">{escape(text)}</span>'
    return f"<li>{own}</li>" if where else f'<li lang="en">{escape(text)}</li>'


def origin(page: Page) -> str:
    """Return how to make the same result again: command, hash and versions."""
    result, display = page.result, page.display
    manifest: dict[str, Any] = result.manifest
    versions = display.text("numbers.list_gap").join(f"{k} {v}" for k, v in manifest.get("versions", {}).items())
    rows = [
        (display.text("origin.command"), f"<code>{escape(command(result))}</code>"),
        (
            display.text("origin.hash"),
            f"<code>{escape(str(manifest.get('content_hash', '')))}</code><br>{page.text('origin.hash_note')}",
        ),
        (display.text("origin.versions"), escape(versions)),
    ]
    if "created" in manifest:
        rows.append((display.text("origin.created"), escape(str(manifest["created"]))))
    return definitions(rows, escaped=True)


def command(result: "RunResult") -> str:
    """Return the command that runs the scenario again: by its name if it ships so, else by the file in the result."""
    from scenarios.loading import library, load

    scenario = result.scenario
    shipped = scenario.name in library() and load(scenario.name).model_dump() == scenario.model_dump()
    return f"quotalab run {scenario.name if shipped else 'scenario.yaml'} --seed {result.seed}"
