"""The alternatives beside the scenario as it is: what each changes, in words, numbers with intervals, and prices."""

from dataclasses import replace
from typing import Any

import numpy as np

from scenarios import comparison_report as report
from scenarios import comparison_words as words
from scenarios.comparison_choice import main_kpis
from scenarios.comparison_findings import ComparisonPage, findings, indicators, verdict
from scenarios.dossier.alternatives import changed_rights, settings_told
from scenarios.dossier.page import DossierPage
from scenarios.problem_words import problem_sentence
from scenarios.report_tables import table

PREFIX = "alternatives-"
DECIDING = {
    "mean_price", "price_volatility", "volume", "effective_cost", "shortfall", "actual_cost", "efficiency",
    "trading_cost", "penalties", "accounts_short", "burden_gini",
}  # fmt: skip


def compared(page: DossierPage) -> str:
    """Return the comparison of the alternatives with the scenario as it is."""
    found = page.found.comparison
    parts = [_declared(page)]
    if found is None or len(found.arms) < 2:
        parts.append(page.paragraph(page.plain("alternatives.nothing")))
        return "".join(parts)
    sheet = comparison_sheet(page)
    if len(found.failures):
        parts.append(report.failures(sheet))
    parts += [
        f"<h3>{page.say('alternatives.findings')}</h3>{findings(sheet)}",
        f"<h3>{page.say('alternatives.indicators')}</h3>{_matrix(page, sheet)}{_folded(page, sheet)}{_kept(page)}",
        f"<h3>{page.say('alternatives.effects')}</h3>{report.forest(sheet)}",
        f"<h3>{page.say('alternatives.prices')}</h3>{_prices(page, sheet)}",
        f"<h3>{page.say('alternatives.ladder')}</h3>{report.ladder(sheet)}",
    ]
    return "".join(parts)


def comparison_sheet(page: DossierPage) -> ComparisonPage:
    """Return a page of the comparison whose figures go into the dossier."""
    found = page.found.comparison
    assert found is not None  # noqa: S101 - asked for where there is one
    sheet = report.comparison_page(found, page.display.language, worded=False)
    rights = changed_rights(page.found.alternatives, list(page.display.titles))
    return replace(sheet, display=page.display, figures=page.figures, prefix=PREFIX, instruments=rights)


def _declared(page: DossierPage) -> str:
    """Return the alternatives and what each sets."""
    import pandas as pd

    display = page.display
    rows = [
        [getattr(one.name, display.language), settings_told(one, display) or page.plain("alternatives.unchanged")]
        for one in page.found.alternatives
    ]
    head = [page.plain(f"alternatives.columns.{name}") for name in ("alternative", "settings")]
    asked = page.found.asked
    kind = "file" if asked.alternatives is not None else "varied" if asked.vary else "default"
    told = page.paragraph(
        page.plain("alternatives.intro", seeds=asked.effort.seeds),
        page.plain(f"alternatives.chosen.{kind}", right=display.titles[asked.right or next(iter(display.titles))]),
        page.plain("alternatives.arm"),
    )
    frame = pd.DataFrame(
        [
            {"alternative": one.label, "name_en": one.name.en, "name_zh": one.name.zh, "settings": str(one.settings)}
            for one in page.found.alternatives
        ]
    )
    left = ""
    if page.found.left_out:
        items = [[one.key, problem_sentence(one, display.language)] for one in page.found.left_out]
        head_left = [page.plain(f"alternatives.left_columns.{name}") for name in ("alternative", "why")]
        left = table(head_left, items, page.plain("alternatives.left_out"), words=(1,))
    listed = page.table(head, rows, page.plain("alternatives.caption"), words=(1,))
    return told + listed + left + page.keep("alternatives", frame)


def _matrix(page: DossierPage, sheet: ComparisonPage) -> str:
    """Return the few indicators that decide, and the prices of the rights that nothing was changed of.

    The baseline's column has its mean; the others have their difference from it.
    """
    display = page.display
    known = main_kpis(sheet.found, sheet.instruments)
    others = [f"{key}.mean_price" for key in display.titles if key not in sheet.instruments]
    chosen = [kpi for kpi in known if "." in kpi and kpi.rpartition(".")[2] in DECIDING]
    chosen += [kpi for kpi in others if (sheet.base, kpi) in sheet.summary.index]
    chosen += [kpi for kpi in known if kpi in DECIDING]
    rows = []
    for kpi in chosen:
        base: Any = sheet.summary.loc[(sheet.base, kpi)]
        cells = [words.value(display, kpi, float(base["mean"]))]
        for arm in sheet.others:
            row: Any = sheet.differences.loc[(arm, kpi)]
            kind = verdict(row)
            size = words.relative(display, float(row["relative"])) if np.isfinite(row["relative"]) else ""
            size = size or words.difference(display, kpi, float(row["difference"]))
            cells.append(
                size if kind in {"higher", "lower"} else page.plain(f"alternatives.verdicts.{kind}", size=size)
            )
        rows.append([words.title(display, kpi), *cells])
    head = [page.plain("alternatives.matrix"), sheet.base, *sheet.others]
    return page.table(head, rows, page.plain("alternatives.matrix_caption", base=sheet.base))


def _folded(page: DossierPage, sheet: ComparisonPage) -> str:
    """Return all main indicators with their intervals, folded."""
    return f"<details><summary>{page.say('alternatives.all')}</summary>{indicators(sheet)}</details>"


def _kept(page: DossierPage) -> str:
    found = page.found.comparison
    assert found is not None  # noqa: S101 - asked for where there is one
    return (
        page.keep("alternatives_differences", found.differences)
        + page.keep("alternatives_means", found.summary)
        + page.keep("alternatives_runs", found.kpis)
    )


def _prices(page: DossierPage, sheet: ComparisonPage) -> str:
    """Return the prices over one another, of the rights that the alternatives change only."""
    keys = set(sheet.instruments)
    titles = {key: title for key, title in page.display.titles.items() if key in keys}
    return report.prices(replace(sheet, display=replace(page.display, titles=titles)))
