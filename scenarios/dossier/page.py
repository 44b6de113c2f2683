"""The page of a dossier: its sections in order, each kept apart so that one that fails is told and not lost."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from scenarios.display import Display, Language
from scenarios.dossier.gathering import Found, reason, worded
from scenarios.dossier.ranges import factor_units
from scenarios.report_sections import Page
from scenarios.report_tables import table
from scenarios.reports import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

DATA = "data"


@dataclass(slots=True, kw_only=True)
class DossierPage(Page):
    """A dossier that is being written.

    Attributes
    ----------
    data : the tables behind what the page shows, by the name of their files.
    command : what makes the dossier again.
    failed : why sections could not be written, by name.
    units : of the factors of the sweeps, in words.
    """

    found: Found
    command: str = ""
    data: "dict[str, pd.DataFrame]" = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    @property
    def gap(self) -> str:
        """What stands between sentences."""
        return "" if self.display.language == "zh" else " "

    def say(self, path: str, **values: object) -> str:
        """Return a text of the dossier, escaped."""
        return self.text(f"dossier.{path}", **values)

    def plain(self, path: str, **values: object) -> str:
        """Return a text of the dossier as it is."""
        found = self.display.text(f"dossier.{path}")
        return str(found).format(**values) if values else str(found)

    def paragraph(self, *sentences: str, note: bool = False) -> str:
        """Return plain sentences as a paragraph."""
        whole = coded(self.gap.join(sentence for sentence in sentences if sentence))
        return f'<p class="note">{whole}</p>' if note else f"<p>{whole}</p>"

    def keep(self, name: str, frame: "pd.DataFrame") -> str:
        """Keep a table for the data folder and return where it is, as a line below what shows it."""
        self.data[name] = frame
        files = " · ".join(f'<a href="{DATA}/{name}.{kind}">{DATA}/{name}.{kind}</a>' for kind in ("csv", "parquet"))
        return f'<p class="note">{self.say("data_of")}{files}</p>'

    def table(
        self, head: "Sequence[str]", rows: "Iterable[Sequence[str]]", caption: str, words: "Sequence[int]" = ()
    ) -> str:
        """Return a table with its caption."""
        return table(head, rows, caption, words)


def coded(text: str) -> str:
    """Return plain text as HTML; what stands between grave accents is a command."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def rows_of(frame: "pd.DataFrame") -> list[Any]:
    """Return the rows of a table as named tuples, whose fields have the types of their columns."""
    return list(frame.itertuples())


Section = Callable[[DossierPage], str]


def sections() -> Mapping[str, Section]:
    """Return what writes each section, in order."""
    from scenarios.dossier import (
        alternative_section,
        outcome_sections,
        setting_sections,
        sweep_sections,
        trust_sections,
    )

    return {
        "assumptions": setting_sections.assumptions,
        "calibration": setting_sections.calibration,
        "base": outcome_sections.base_run,
        "alternatives": alternative_section.compared,
        "sensitivity": sweep_sections.sensitivity,
        "failure": sweep_sections.failure,
        "ladder": outcome_sections.ladder,
        "equity": outcome_sections.equity,
        "validation": trust_sections.validation,
        "again": trust_sections.again,
    }


def dossier_page(found: Found, language: Language = "en", command: str = "") -> tuple[str, "dict[str, pd.DataFrame]"]:
    """Return the dossier as HTML text that loads nothing from elsewhere, and the tables of everything it shows."""
    page = page_of(found, language, command)
    parts = {"summary": ""}
    parts |= {name: _written(page, name, section) for name, section in sections().items()}
    from scenarios.dossier.summary_section import summary

    parts["summary"] = _written(page, "summary", summary)
    headings = {name: str(page.plain(f"sections.{name}")) for name in parts}
    made_by = found.base.manifest.get("versions", {}).get("quotalab", "")
    heading = page.plain("title", title=page.title)
    return document(page, page.plain("kind"), heading, page.summary, headings, parts, made_by), page.data


def page_of(found: Found, language: Language, command: str = "") -> DossierPage:
    """Return the page before anything is written on it."""
    display = Display.of_result(found.base, language)
    units = factor_units(found.ranges, found.scenario, language)
    return DossierPage(display=display, result=found.base, found=worded(found, language), command=command, units=units)


def _written(page: DossierPage, name: str, section: Section) -> str:
    """Return a section, or why it could not be written."""
    before = dict(page.figures)
    try:
        return section(page)
    except Exception as error:
        page.figures.clear()
        page.figures.update(before)
        page.failed[name] = reason(error)
        return fault(page, page.failed[name])


def fault(page: DossierPage, why: str) -> str:
    """Return the sentence that stands where something could not be made."""
    from scenarios.problem_words import warning_told

    told = warning_told(why, page.display.language)
    shown = escape(told) if told != why or page.display.language == "en" else f'<span lang="en">{escape(why)}</span>'
    return f'<p class="fault"><strong>{page.say("fault")}</strong> {shown}</p>'
