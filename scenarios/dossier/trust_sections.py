"""Why and how far the numbers can be trusted: validation of the simulator, and how to make the dossier again."""

import shlex
import time

from scenarios.comparison_arms import written
from scenarios.dossier.asked import Asked
from scenarios.dossier.page import DossierPage, fault, rows_of
from scenarios.dossier.setting_sections import code
from scenarios.dossier.validity import not_shown, validation_table
from scenarios.problem_words import problem_line
from scenarios.report_tables import definitions
from scenarios.validation.outcomes import code_hash, own_version


def validation(page: DossierPage) -> str:
    """Return what the validation suites gave: version, date, cases passed, and which suites nothing is known of."""
    found, display = page.found, page.display
    if "validation" in found.faults:
        return fault(page, found.faults["validation"])
    outcomes = found.validation
    origin = "folder" if found.asked.validation is not None else "here"
    parts = [page.paragraph(page.plain("validation.intro"), page.plain(f"validation.{origin}"))]
    frame = validation_table(outcomes)
    if frame.empty:
        parts.append(page.paragraph(page.plain("validation.nothing")))
    else:
        cases, passed = int(frame["cases"].sum()), int(frame["passed"].sum())
        dates = sorted(frame["made"].str[:10])
        told = page.plain("validation.all" if cases == passed else "validation.failed", cases=cases, passed=passed,
                          failed=cases - passed, suites=len(frame))  # fmt: skip
        when = page.plain("validation.when", first=dates[0], last=dates[-1], version=own_version(), code=code_hash())
        parts.append(f'<p class="view">{_safe(told)}</p>{page.paragraph(when)}')
        if not frame["current"].all():
            parts.append(f'<p class="fault">{page.say("validation.older")}</p>')
        rows = [
            [row.suite, row.source, str(row.cases), str(row.passed), display.share(row.largest_deviation)]
            for row in rows_of(frame)
        ]
        head = [page.plain(f"validation.columns.{name}") for name in ("suite", "source", "cases", "passed", "largest")]
        listed = page.table(head, rows, page.plain("validation.caption"), words=(1,))
        summary = page.say("validation.listed", count=len(rows))
        parts.append(f"<details><summary>{summary}</summary>{listed}</details>{page.keep('validation', frame)}")
    left = not_shown(outcomes)
    if left:
        names = str(display.text("numbers.comma")).join(left)
        parts.append(page.paragraph(page.plain("validation.left", count=len(left), names=names)))
    parts += [f"<p>{_safe(problem_line(one, display.language))}</p>" for one in found.unread]
    parts.append(page.paragraph(page.plain("validation.means"), note=True))
    return "".join(parts)


def again(page: DossierPage) -> str:
    """Return the commands, seeds, versions and hashes that make the same dossier again."""
    found, display = page.found, page.display
    asked, manifest = found.asked, found.base.manifest
    gap = str(display.text("numbers.list_gap"))
    versions = gap.join(f"{name} {number}" for name, number in manifest.get("versions", {}).items())
    effort = page.plain(
        "again.effort_value", seeds=asked.effort.seeds, factors=len(found.ranges), points=asked.effort.points,
        trajectories=asked.effort.trajectories, sweep_seeds=asked.effort.sweep_seeds,
    )  # fmt: skip
    rows = [
        (page.plain("again.dossier"), code(page.command)),
        (page.plain("again.base"), code(_base_command(asked))),
        (page.plain("again.effort"), _safe(effort)),
        (page.plain("again.hash_base"), code(str(manifest.get("content_hash", "")))),
    ]
    if found.comparison is not None:
        rows.append(
            (page.plain("again.hash_alternatives"), code(str(found.comparison.manifest.get("content_hash", ""))))
        )
    for name, runs in found.runs.items():
        from scenarios.result_files import content_hash

        rows.append((page.plain(f"again.hash_{name}"), code(content_hash({"runs": runs}))))
        page.data[f"{name}_runs"] = runs
    if found.sweeps:
        commands = "<br>".join(code(f"quotalab sweep {name}.sweep.yaml") for name in found.sweeps)
        rows.append((page.plain("again.sweeps"), commands))
    rows += [
        (page.plain("again.versions"), _safe(versions)),
        (page.plain("again.code"), code(code_hash())),
        (page.plain("again.made"), _safe(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))),
    ]
    files = page.paragraph(page.plain("again.files"))
    return f"<p>{page.say('again.intro')}</p>{definitions(rows, escaped=True)}{files}"


def _base_command(asked: Asked) -> str:
    words = ["quotalab", "run", asked.name, "--seed", "0"]
    for path, value in asked.overrides.items():
        words += ["--set", f"{path}={written(value)}"]
    return shlex.join(words)


def _safe(text: str) -> str:
    from html import escape

    return escape(text)
