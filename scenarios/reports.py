"""The report: one HTML file that opens offline, with every number, figure, assumption and warning of a run."""

import json
import os
import time
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.display import Display, Language
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
    from scenarios.report_sections import Sheet
    from scenarios.results import RunResult

STYLE = Path(__file__).resolve().parent / "texts" / "report.css"

DRAW = """
const shown = JSON.parse(document.getElementById("figure-data").textContent);
Plotly.register({moduleType: "locale", name: shown.locale, dictionary: shown.words,
  format: {days: [], shortDays: [], months: [], shortMonths: [], date: "%Y-%m-%d"}});
for (const [id, figure] of Object.entries(shown.figures)) {
  Plotly.newPlot(id, figure.data, figure.layout, {...shown.config, locale: shown.locale});
}
window.addEventListener("beforeprint", () => {
  for (const id of Object.keys(shown.figures)) { Plotly.Plots.resize(id); }
});
"""


def write_report(result: "RunResult", path: str | os.PathLike[str], language: Language = "en") -> Path:
    """Write the report of a run and return its path; an older report there is replaced in one step.

    Parameters
    ----------
    language : ``en`` or ``zh``.

    Raises
    ------
    InputError : if the language is not one of these or the file cannot be written.
    """
    target = Path(path)
    if language not in {"en", "zh"}:
        remedy = "Choose en or zh."
        raise InputError([Problem("report", 0, "language", f"there is no language {language!r}", remedy)])
    return write_page(target, report(result, language))


def write_page(target: Path, text: str) -> Path:
    """Write a page whole, or leave what was there; raise InputError if it cannot be written."""
    partial = target.parent / f".{target.name}.{os.getpid()}-{time.time_ns():x}.partial"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        what = error.strerror or str(error)
        remedy = "Make room or choose another place; an older report there is unchanged."
        raise InputError([Problem(str(target), 0, "report", f"it cannot be written ({what})", remedy)]) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def report(result: "RunResult", language: Language = "en") -> str:
    """Return the report as HTML text: nothing in it is loaded from anywhere else."""
    from scenarios.report_sections import Page, sections

    page = Page(display=Display.of_result(result, language), result=result)
    parts = sections(page)
    headings = {name: str(page.display.text(f"sections.{name}")) for name in parts}
    kind = str(page.display.text("page.kind"))
    made_by = result.manifest.get("versions", {}).get("quotalab", "")
    return document(page, kind, page.title, page.summary, headings, parts, made_by)


def document(
    page: "Sheet",
    kind: str,
    heading: str,
    summary: str,
    headings: Mapping[str, str],
    parts: Mapping[str, str],
    made_by: str,
) -> str:
    """Return a whole page as HTML text.

    Parameters
    ----------
    kind, heading, summary : plain text above the sections.
    headings, parts : title (plain text) and content (HTML) of each section by name.
    made_by : version of QuotaLab.
    """
    from plotly.offline import get_plotlyjs

    from scenarios.figures import CONFIG

    display = page.display
    contents = "".join(f'<li><a href="#{name}">{escape(headings[name])}</a></li>' for name in parts)
    body = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{escape(headings[name])}</h2>{content}</section>'
        for name, content in parts.items()
    )
    data = json.dumps(
        {
            "figures": {name: json.loads(figure.to_json()) for name, figure in page.figures.items()},
            "config": CONFIG,
            "locale": "zh-CN" if display.language == "zh" else "en-GB",
            "words": display.text("modebar"),
        },
        ensure_ascii=False,
    ).replace("<", "\\u003c")
    footer = display.fill("page.footer", version=made_by)
    return f"""<!DOCTYPE html>
<html lang="{"zh-CN" if display.language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<title>{escape(heading)} · {escape(kind)}</title>
<style>{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<a class="skip" href="#{"results" if "results" in parts else next(iter(parts))}">{escape(display.text("page.skip"))}</a>
<header><p class="kind">{escape(kind)}</p><h1>{escape(heading)}</h1>
<p class="summary">{escape(summary)}</p></header>
<nav aria-label="{escape(display.text("page.contents"))}"><ul>{contents}</ul></nav>
<main>
<noscript><p class="note">{escape(display.text("page.no_script"))}</p></noscript>
{body}
</main>
<footer><p>{escape(footer)}</p></footer>
<script type="application/json" id="figure-data">{data}</script>
<script>{get_plotlyjs()}</script>
<script>{DRAW}</script>
</body>
</html>
"""
