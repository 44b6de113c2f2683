"""Sections of a sweep's report that tell what was done: what varied, which runs there are, assumptions, how to repeat."""

import re
import shlex
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scenarios.comparison_arms import written
from scenarios.problem_words import warning_told
from scenarios.report_sections import notes
from scenarios.report_tables import definitions, table
from scenarios.sweep_choice import main_outcomes
from scenarios.sweep_page import SweepPage
from scenarios.sweep_words import design_in_words, range_in_words, seeds_in_words

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.sweeps.declared import Sweep

MOST_REASONS = 12
LONGEST_REASON = 400


def varied(page: SweepPage) -> str:
    """Return every parameter with its role and its values, and how points and seeds were chosen."""
    display, result = page.display, page.result
    rows = [
        [
            page.words[one.name].title, one.name, str(display.text(f"sweep.roles.{one.role}")),
            range_in_words(one, page.words[one.name], display, result),
        ]
        for one in result.parameters
    ]  # fmt: skip
    listed = table(
        display.text("sweep.varied.columns"), rows, name=str(display.text("sweep.sections.varied")), words=range(4)
    )
    told = [
        (str(display.text("sweep.varied.design")), design_in_words(result, display)),
        (str(display.text("sweep.varied.points")), f"{len(result.points):,}"),
        (str(display.text("sweep.varied.seeds")), seeds_in_words(result, display)),
    ]
    shared = result.store.sweep.overrides
    if shared:
        gap = str(display.text("numbers.list_gap"))
        text = gap.join(f"{key} = {written(value)}" for key, value in shared.items())
        told.append((str(display.text("sweep.varied.shared")), text))
    note = f'<p class="note">{page.text("sweep.one_seed")}</p>' if page.one_seed else ""
    return f"<p>{page.text('sweep.varied.told')}</p>{listed}{definitions(told)}{note}"


def runs_told(page: SweepPage) -> str:
    """Return how many runs were made, are missing and failed, and why."""
    result, runs = page.result, page.runs
    failed = int((runs["stage"] != "").sum())
    kind = "some" if page.missing else "all"
    if result.store.adaptive:
        kind = f"{kind}_points"
    elif failed and kind == "all":
        kind = "all_failed"
    counts = {"made": len(runs), "failed": failed, "missing": page.missing, "total": result.total}
    told = [f"<p>{page.text(f'sweep.runs.{kind}', **{key: f'{value:,}' for key, value in counts.items()})}</p>"]
    if failed:
        told += [f"<p>{page.text('sweep.runs.left_out')}</p>", _reasons(page)]
    if page.missing:
        told.append(f'<p class="note">{page.text("sweep.runs.partial")}</p>')
    good = runs[runs["stage"] == ""]
    for name in main_outcomes(result):
        without = int((~np.isfinite(good[name].to_numpy(dtype=np.float64))).sum())
        if without:
            told.append(f"<p>{page.text('sweep.runs.undefined', outcome=page.title(name), count=f'{without:,}')}</p>")
    return "".join(told)


def reasons(failures: "pd.DataFrame") -> "list[tuple[str, str, int, int]]":
    """Return failed runs grouped: stage, a message (alike but for numbers), how many, and the first row; most first."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, (stage, message) in enumerate(zip(failures["stage"], failures["message"], strict=True)):
        groups.setdefault((str(stage), re.sub(r"\d[\d.,e+-]*", "#", str(message))), []).append(place)
    found = [
        (stage, str(failures["message"].iloc[places[0]]), len(places), places[0])
        for (stage, _), places in groups.items()
    ]
    return sorted(found, key=lambda group: -group[2])


def _reasons(page: SweepPage) -> str:
    failures, display = page.result.failures, page.display
    found = reasons(failures)
    rows = []
    for stage, message, count, first in found[:MOST_REASONS]:
        row = failures.iloc[first]
        example = display.fill("sweep.runs.example", run=row["run"], point=row["point"], seed=row["seed"])
        said = "\n".join(warning_told(line, display.language) for line in message[:LONGEST_REASON].splitlines())
        where = display.text("sweep.runs.stages").get(stage, stage)
        rows.append([str(where), said, f"{count:,}", example])
    head = display.text("sweep.runs.columns")
    listed = table(head, rows, str(display.text("sweep.runs.reasons")), words=(0, 1, 3))
    more = len(found) - MOST_REASONS
    return listed + (f"<p>{page.text('sweep.runs.more', count=more)}</p>" if more > 0 else "")


def assumptions(page: SweepPage) -> str:
    """Return what the study assumes, its ranges above all, then the notes of the scenario and of the model."""
    display, result = page.display, page.result
    told = [
        display.fill(
            "sweep.notes.range", title=page.words[one.name].title, role=display.text(f"sweep.role_names.{one.role}"),
            values=range_in_words(one, page.words[one.name], display, result),
        )
        for one in result.parameters
    ]  # fmt: skip
    told += [str(display.text(f"sweep.notes.{name}")) for name in ("even", "apart", "common")]
    own = "".join(f"<li>{escape(text)}</li>" for text in told)
    return f"<h3>{page.text('sweep.notes.own')}</h3><ul>{own}</ul>{notes(page, result.store.base.scenario)}"


def origin(page: SweepPage) -> str:
    """Return how to make the same sweep again: commands, digest, versions, and the file as it was read."""
    display, store = page.display, page.result.store
    manifest = store.manifest
    versions = display.text("numbers.list_gap").join(f"{k} {v}" for k, v in manifest.get("versions", {}).items())
    folder = shlex.quote(str(store.folder))
    again = f"quotalab sweep {_file_of(page)} --out runs/{page.result.name}-again"
    rows = [(display.text("sweep.origin.again"), _code(again))]
    if page.missing:
        rows.append((display.text("sweep.origin.go_on"), _code(f"quotalab sweep {folder}")))
    if len(page.result.failures):
        rows.append((display.text("sweep.origin.retry"), _code(f"quotalab sweep {folder} --retry-failed")))
    if page.outcomes:
        rows.append((display.text("sweep.origin.discover"), _code(f"quotalab discover {folder} '{_condition(page)}'")))
    rows += [
        (
            display.text("sweep.origin.digest"),
            f"<code>{escape(store.digest)}</code><br>{page.text('sweep.origin.digest_note')}",
        ),
        (display.text("origin.versions"), escape(versions)),
        (display.text("sweep.origin.begun"), escape(str(manifest.get("created", "")))),
    ]
    declared = (
        f"<p>{page.text('sweep.origin.file')}</p><pre><code>{escape(declaration(page.result.store.sweep))}</code></pre>"
    )
    return definitions(rows, escaped=True) + declared


def declaration(sweep: "Sweep") -> str:
    """Return a sweep as a document that can be run again; the scenario is named as its file named it."""
    import io

    from ruamel.yaml import YAML

    plain = sweep.model_dump(mode="json", by_alias=True)
    for section in ("levers", "uncertainties"):
        for varied in plain[section].values():
            for key in [key for key, value in varied.items() if value is None]:
                del varied[key]
    plain = {key: value for key, value in plain.items() if value is not None and value not in ({}, [])}
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    writer.allow_unicode = True
    writer.width = 110
    sink = io.StringIO()
    writer.dump(plain, sink)
    return sink.getvalue()


def _file_of(page: SweepPage) -> str:
    """Return the name of the study that ships, where the sweep is that and nothing was set, else a file of this name."""
    from scenarios.documents import as_json, read_document
    from scenarios.sweeps.declared import Sweep
    from scenarios.sweeps.studies import studies

    sweep = page.result.store.sweep
    shipped = studies().get(sweep.name)
    if shipped is not None:
        tree, _ = read_document(shipped, shipped.name)
        if Sweep.model_validate_json(as_json(tree), strict=True) == sweep:
            return sweep.name
    return f"{sweep.name}.yaml"


def _condition(page: SweepPage) -> str:
    """Return an example of a condition on the first outcome: above what nine of ten runs have."""
    name = page.outcomes[0]
    values = page.runs[name].to_numpy(dtype=np.float64)
    return f"{name} > {float(np.nanquantile(values, 0.9)):.3g}"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"
