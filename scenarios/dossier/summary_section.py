"""The first page of a dossier: what came out, in a dozen sentences."""

from html import escape
from typing import Any

import numpy as np

from scenarios import comparison_words as words
from scenarios.comparison_findings import verdict
from scenarios.dossier.alternatives import changed_rights
from scenarios.dossier.factors import indices, outcomes_of, ranked
from scenarios.dossier.failing import counted
from scenarios.dossier.gathering import RANKING, WORLDS
from scenarios.dossier.page import DossierPage, rows_of
from scenarios.dossier.ranges import factor_labels
from scenarios.dossier.sweep_sections import condition_told
from scenarios.dossier.validity import validation_table
from scenarios.report_sentences import run_sentences

NAMED = 3


def summary(page: DossierPage) -> str:
    """Return the answers of all sections in short, and what kind of document this is."""
    asked = page.found.asked
    items = [_base(page), *_alternatives(page), _factors(page), _failures(page), _fit(page), _validation(page)]
    listed = "".join(f"<li>{item}</li>" for item in items if item)
    quick = f'<p class="fault">{page.say("summary.quick")}</p>' if asked.effort.name == "quick" else ""
    failed = [str(page.plain(f"sections.{name}")) for name in page.failed]
    gap = str(page.display.text("numbers.list_gap"))
    missing = f'<p class="fault">{page.say("summary.failed", names=gap.join(failed))}</p>' if failed else ""
    what = f'<p class="view">{page.say("summary.what")}</p>'
    money = page.paragraph(page.plain("summary.money", money=page.display.currency), note=True)
    return f"{what}{quick}{missing}<ul>{listed}</ul>{money}"


def _lead(page: DossierPage, key: str, *told: str) -> str:
    """Return an answer after its heading; several are a list."""
    lead = f"<strong>{page.say(f'summary.lead.{key}')}</strong>{page.text('numbers.colon')}"
    if len(told) == 1:
        return lead + escape(told[0])
    return f"{lead}<ul>{''.join(f'<li>{escape(one)}</li>' for one in told)}</ul>"


def _base(page: DossierPage) -> str:
    display, kpis = page.display, page.result.kpis
    colon, gap = str(display.text("numbers.colon")), str(display.text("numbers.list_gap"))
    prices = gap.join(
        f"{title}{colon}{display.price(key, float(kpis[f'{key}.mean_price']))}"
        for key, title in display.titles.items()
        if np.isfinite(kpis.get(f"{key}.mean_price", np.nan))
    )
    told = [page.plain("summary.prices", prices=prices)] if prices else []
    return _lead(page, "base", *told, page.gap.join(run_sentences(page.result, display)))


def _alternatives(page: DossierPage) -> list[str]:
    found, display = page.found.comparison, page.display
    if found is None or len(found.arms) < 2:
        return []
    differences = found.differences.set_index(["arm", "kpi"])
    colon = str(display.text("numbers.colon"))
    base = found.labels[found.baseline]
    keys = changed_rights(page.found.alternatives, list(display.titles))
    told = []
    for arm in found.labels:
        if arm == base:
            continue
        parts = []
        for kpi in (*(f"{key}.mean_price" for key in keys[:2]), "actual_cost"):
            if (arm, kpi) not in differences.index:
                continue
            row: Any = differences.loc[(arm, kpi)]
            kind = verdict(row)
            name = words.title(display, kpi) if "." in kpi else words.short_title(display, kpi)
            if kind in {"higher", "lower"}:
                parts.append(f"{name} {words.relative(display, float(row['relative']))}")
            else:
                parts.append(page.plain("summary.unclear", name=name))
        told.append(f"{arm}{colon}{str(display.text('numbers.comma')).join(parts)}")
    return [_lead(page, "alternatives", *told)]


def _factors(page: DossierPage) -> str:
    found = page.found
    if not found.runs:
        return _lead(page, "factors", page.plain("summary.not_made"))
    table = indices(found)
    labels = factor_labels(found.ranges, page.result.scenario, page.display)
    runs = found.runs[RANKING if RANKING in found.runs else WORLDS]
    told = []
    for outcome in (f"{next(iter(page.result.scenario.instruments))}.mean_price", "actual_cost"):
        top = ranked(table, outcome).head(NAMED) if outcome in outcomes_of(found, runs) else None
        if top is not None and len(top):
            names = str(page.display.text("numbers.list_gap")).join(labels.get(name, name) for name in top["parameter"])
            told.append(page.plain("summary.factors", outcome=words.title(page.display, outcome), names=names))
    return _lead(page, "factors", *(told or [page.plain("summary.no_factor")]))


def _failures(page: DossierPage) -> str:
    found = page.found
    if WORLDS not in found.runs:
        return _lead(page, "failures", page.plain("summary.not_made"))
    runs = found.runs[WORLDS]
    table = counted(runs, found.failings)
    some = table[table["cases"] > 0].sort_values("cases", ascending=False, kind="stable").head(NAMED)
    if some.empty:
        return _lead(page, "failures", page.plain("summary.no_failure", runs=len(runs), conditions=len(table)))
    by_text = {str(one.condition): one for one in found.failings}
    told = [
        page.plain(
            "summary.failure", condition=condition_told(page, by_text[row.condition]), cases=row.cases, runs=row.n
        )
        for row in rows_of(some)
    ]
    return _lead(page, "failures", *told)


def _fit(page: DossierPage) -> str:
    key = "not_calibrated" if page.found.asked.calibration is None else "calibrated"
    return _lead(page, "fit", page.plain(f"summary.{key}"))


def _validation(page: DossierPage) -> str:
    frame = validation_table(page.found.validation)
    if frame.empty:
        return _lead(page, "validation", page.plain("summary.not_made"))
    cases, passed = int(frame["cases"].sum()), int(frame["passed"].sum())
    return _lead(page, "validation", page.plain("summary.validation", passed=passed, cases=cases))
