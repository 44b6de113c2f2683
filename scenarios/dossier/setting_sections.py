"""What a dossier rests on: assumptions, institutions in words, sources, and how well the model was fitted."""

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scenarios import sources
from scenarios.dossier.page import DossierPage, rows_of
from scenarios.report_sections import about, notes
from scenarios.schema import SyntheticPopulation

if TYPE_CHECKING:
    import pandas as pd

MOST_TOTALS = 40
MOST_SOURCES = 30


def assumptions(page: DossierPage) -> str:
    """Return what was run, the rules in words, the notes of scenario and model, and the sources of its numbers."""
    return (
        f"<p>{page.say('assumptions.intro')}</p>"
        f"<h3>{page.say('assumptions.institutions')}</h3>{about(page)}{_rules(page)}"
        f"{notes(page, page.result.scenario)}"
        f"<h3>{page.say('assumptions.sources')}</h3>{_sources(page)}"
    )


def _rules(page: DossierPage) -> str:
    """Return cap, allocation, carry-over and penalty of each right."""
    import pandas as pd

    display, scenario = page.display, page.result.scenario
    years = sorted(page.result.prices["year"].unique().tolist())
    caps = page.result.prices.set_index(["instrument", "year"])["cap"]
    rows, kept = [], []
    for key, rule in scenario.instruments.items():
        first, last = (float(caps.get((key, year), np.nan)) for year in (years[0], years[-1]))
        kinds = {name: getattr(rule, name).kind for name in ("allocation", "banking", "penalty")}
        said = {name: str(display.text(f"dossier.rules.{name}").get(kind, kind)) for name, kind in kinds.items()}
        amount = _penalty(page, key, rule.penalty)
        rows.append([display.titles[key], display.amount(key, first), display.amount(key, last), said["allocation"],
                     said["banking"], f"{said['penalty']}{display.text('numbers.colon')}{amount}"])  # fmt: skip
        kept.append({"instrument": key, "unit": rule.unit, "first_year": years[0], "first_cap": first,
                     "last_year": years[-1], "last_cap": last, "allocation": rule.allocation.kind,
                     "carry_over": rule.banking.kind, "penalty": rule.penalty.kind})  # fmt: skip
    head = [
        page.plain(f"rules.columns.{name}") for name in ("right", "first", "last", "allocation", "banking", "penalty")
    ]
    head[1], head[2] = f"{head[1]} {years[0]}", f"{head[2]} {years[-1]}"
    return page.table(head, rows, page.plain("rules.caption"), words=(3, 4, 5)) + page.keep("rules", pd.DataFrame(kept))


def _penalty(page: DossierPage, key: str, penalty: object) -> str:
    display = page.display
    kind = getattr(penalty, "kind", "")
    if kind == "flat":
        said = display.price(key, float(penalty.rate))  # type: ignore[attr-defined]
    else:
        floor, ceiling = getattr(penalty, "floor", None), getattr(penalty, "ceiling", None)
        said = page.plain(
            "rules.multiple_of", multiple=display.number(float(penalty.multiple)),  # type: ignore[attr-defined]
            floor=display.price(key, float(floor or 0.0)),
            ceiling=display.price(key, float(ceiling)) if ceiling else page.plain("rules.no_bound"),
        )  # fmt: skip
    good = page.plain("rules.made_good" if getattr(penalty, "make_good", False) else "rules.not_made_good")
    return f"{said}{display.text('numbers.list_gap')}{good}"


def _sources(page: DossierPage) -> str:
    """Return on which sources the numbers of the tables rest, with what confidence."""
    import pandas as pd

    files = page.result.inputs
    counts = sources.confidence_counts(files)
    if not counts:
        return page.paragraph(page.plain("assumptions.no_confidence"))
    used = [key for key in sources.CONFIDENCES if any(key in found for found in counts.values())]
    totals = {key: sum(found.get(key, 0) for found in counts.values()) for key in used}
    whole = sum(totals.values())
    meanings = page.display.text("dossier.confidences")
    rows = [
        [meanings[key], page.display.number(totals[key], 6), page.display.share(totals[key] / whole)] for key in used
    ]
    head = [page.plain(f"assumptions.confidence_columns.{name}") for name in ("confidence", "entries", "share")]
    frame = pd.DataFrame(
        [{"table": name, "confidence": key, "entries": n} for name, found in counts.items() for key, n in found.items()]
    )
    own = totals.get("V", 0) + totals.get("D", 0)
    told = page.plain(
        "assumptions.confidence", whole=page.display.number(whole, 6), share=page.display.share(own / whole)
    )
    parts = [page.paragraph(told), page.table(head, rows, page.plain("assumptions.confidence_caption")),
             page.keep("confidences", frame)]  # fmt: skip
    cited = sources.citations(files)
    named = page.display.text("dossier.unsourced")
    if cited:
        head = [page.plain(f"assumptions.source_columns.{name}") for name in ("source", "address", "entries")]
        rows = [[one.id, str(named.get(one.id, one.address)), page.display.number(one.entries, 6)] for one in cited]
        listed = page.table(head, rows[:MOST_SOURCES], page.plain("assumptions.source_caption"), words=(1,))
        count = page.say("assumptions.source_count", count=len(rows), shown=min(len(rows), MOST_SOURCES))
        parts.append(f"<details><summary>{count}</summary>{listed}</details>")
        entries = [{"source": one.id, "address": one.address, "entries": one.entries} for one in cited]
        parts.append(page.keep("sources", pd.DataFrame(entries)))
    return "".join(parts)


def calibration(page: DossierPage) -> str:
    """Return how well the model was fitted to observed series, and which control totals its accounts meet."""
    folder = page.found.asked.calibration
    if folder is None:
        fitted = (
            f'<p class="view">{page.say("calibration.none")}</p>{page.paragraph(page.plain("calibration.none_means"))}'
        )
    else:
        from scenarios.dossier.fitted import fit

        fitted = fit(page, folder)
    return f"{fitted}<h3>{page.say('calibration.totals')}</h3>{_totals(page)}"


def _totals(page: DossierPage) -> str:
    """Return the control totals beside the sums of the accounts."""
    scenario, display = page.result.scenario, page.display
    if not isinstance(scenario.population, SyntheticPopulation):
        return page.paragraph(page.plain("calibration.no_totals", command=f"quotalab show {page.found.asked.name}"))
    found = control_totals(page)
    whole = found[found["level"] == "province"] if (found["level"] == "province").any() else found.head(MOST_TOTALS)
    off = found["difference"].abs()
    finite = off[np.isfinite(off)]
    worst = float(finite.max()) if len(finite) else np.nan
    command = f"quotalab show {page.found.asked.name} --totals"
    told = page.plain("calibration.totals_met", count=len(found), worst=f"{worst:.2g}", command=command)
    rows = [
        [display.titles.get(row.instrument, row.instrument), display.amount(row.instrument, row.control),
         display.amount(row.instrument, row.population), f"{row.difference + 0.0:.3f}",
         str(display.text("dossier.confidences").get(row.confidence, row.confidence))]
        for row in rows_of(whole)
    ]  # fmt: skip
    head = [page.plain(f"calibration.columns.{name}") for name in ("right", "control", "accounts", "off", "confidence")]
    shown = page.table(head, rows, page.plain("calibration.caption"), words=(4,))
    return page.paragraph(told) + shown + page.keep("control_totals", found)


def control_totals(page: DossierPage) -> "pd.DataFrame":
    """Return every control total beside that of the accounts."""
    from scenarios.accounts import accounts
    from scenarios.loading import origin_of
    from scenarios.synthesis import load_tables, totals

    scenario = page.found.scenario
    folder = origin_of(scenario).resolve("population.folder", scenario.population.folder)  # type: ignore[union-attr]
    return totals(accounts(scenario).firms, load_tables(folder))


def code(text: str) -> str:
    """Return a command."""
    return f"<code>{escape(text)}</code>"
