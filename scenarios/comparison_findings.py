"""What a comparison found, in words and as tables of indicators with a row an arm."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios import comparison_words as words
from scenarios.comparison_choice import main_kpis
from scenarios.report_sections import Sheet

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.comparison import Comparison


@dataclass(slots=True, kw_only=True)
class ComparisonPage(Sheet):
    """The report of a comparison that is being written, with its tables looked up once."""

    found: "Comparison"
    summary: "pd.DataFrame"
    differences: "pd.DataFrame"
    instruments: list[str]

    @property
    def base(self) -> str:
        """Label of the baseline arm."""
        return self.found.labels[self.found.baseline]

    @property
    def others(self) -> list[str]:
        """Labels of the other arms."""
        return [arm for arm in self.found.labels if arm != self.base]

    def title(self, kpi: str) -> str:
        """Return what a main indicator is called; its right goes without saying where it is the only one."""
        return (words.title if len(self.instruments) > 1 else words.short_title)(self.display, kpi)


def verdict(row: "pd.Series[Any]") -> str:
    """Return the name of what a paired difference says: higher, lower, none, unclear, or unknown."""
    if row["n"] == 0:
        return "unknown"
    if row["difference"] == 0 and (row["n"] == 1 or row["low"] == row["high"]):
        return "none"
    if row["n"] == 1:
        return "unknown"
    return "higher" if row["low"] > 0 else "lower" if row["high"] < 0 else "unclear"


def findings(page: ComparisonPage) -> str:
    """Return what each arm changes in the main indicators, in words: what is higher, lower and not clear."""
    display, gap = page.display, page.display.text("numbers.list_gap")
    if len(page.found.seeds) == 1:
        return f"<p>{page.text('comparison.one_seed')}</p>"
    items = []
    for arm in page.others:
        groups: dict[str, list[str]] = {"higher": [], "lower": [], "unclear": []}
        for kpi in main_kpis(page.found, page.instruments):
            row = page.differences.loc[(arm, kpi)]
            kind = verdict(row)
            if kind in groups:
                size = row["relative"]
                how = words.relative(display, size) if np.isfinite(size) and abs(size) >= 5e-4 else ""
                how = how or words.difference(display, kpi, row["difference"])
                bracket = "" if kind == "unclear" else display.fill("numbers.bracket", inside=how)
                groups[kind].append(f"{page.title(kpi)}{bracket}")
        told = "".join(
            f"<li>{page.text(f'comparison.found.{kind}')}{page.text('numbers.colon')}{escape(gap.join(names))}</li>"
            for kind, names in groups.items()
            if names
        )
        told = told or f"<li>{page.text('comparison.found.nothing')}</li>"
        items.append(f"<li><strong>{escape(arm)}</strong><ul>{told}</ul></li>")
    return (
        f"<p>{page.text('comparison.against', base=page.base)}</p><ul>{''.join(items)}</ul>"
        f'<p class="note">{page.text("comparison.caveat")}</p>'
    )


def indicators(page: ComparisonPage) -> str:
    """Return the main indicators: mean of every arm, paired difference from the baseline, interval, verdict."""
    note = page.text("comparison.interval_note", n=len(page.found.seeds))
    return f"<p>{note}</p>{_grouped(page, main_kpis(page.found, page.instruments))}"


def everything(page: ComparisonPage) -> str:
    """Return every indicator that some arm has, folded."""
    known = set(page.found.summary.loc[page.found.summary["n"] > 0, "kpi"])
    names = [kpi for kpi in page.found.units if kpi in known]
    head = page.text("comparison.all_indicators", count=len(names))
    return f"<details><summary>{head}</summary>{_grouped(page, names)}</details>"


def _grouped(page: ComparisonPage, names: Iterable[str]) -> str:
    """Return a table with a group of rows an indicator and in it a row an arm."""
    display = page.display
    columns = ("arm", "mean", "difference", "interval", "relative", "verdict", "used")
    head = "".join(
        f'<th scope="col"{"" if name in ("arm", "verdict") else " class=" + chr(34) + "n" + chr(34)}>'
        f"{page.text(f'comparison.columns.{name}')}</th>"
        for name in columns
    )
    bodies = []
    for kpi in names:
        heading = f"<strong>{escape(words.title(display, kpi))}</strong>"
        rows = [f'<tr><th scope="rowgroup" colspan="{len(columns)}">{heading}</th></tr>']
        for arm in page.found.labels:
            mean = page.summary.loc[(arm, kpi)]
            cells = [words.value(display, kpi, mean["mean"])]
            if arm == page.base:
                cells += ["", "", ""]
                told, used = page.text("comparison.baseline"), mean["n"]
            else:
                row = page.differences.loc[(arm, kpi)]
                cells += [
                    words.difference(display, kpi, row["difference"]),
                    words.interval(display, kpi, row["low"], row["high"]),
                    words.relative(display, row["relative"]),
                ]
                kind = verdict(row)
                told, used = page.text(f"comparison.verdicts.{kind}"), row["n"]
                told = f"<strong>{told}</strong>" if kind in {"higher", "lower"} else told
            numbers = "".join(f'<td class="n">{escape(cell)}</td>' for cell in cells)
            rows.append(
                f'<tr><th scope="row">{escape(arm)}</th>{numbers}<td>{told}</td><td class="n">{int(used)}</td></tr>'
            )
        bodies.append(f"<tbody>{''.join(rows)}</tbody>")
    name = page.text("comparison.sections.indicators")
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{name}"><table>'
        f"<thead><tr>{head}</tr></thead>{''.join(bodies)}</table></div>"
    )
