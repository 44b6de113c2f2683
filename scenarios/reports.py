"""The report: one HTML file that opens offline, with every number, figure, assumption and warning of a run."""

import json
import os
import time
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.display import Display, Language
from scenarios.errors import InputError, Problem

if TYPE_CHECKING:
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
    content = report(result, language).encode()
    partial = target.parent / f".{target.name}.{os.getpid()}-{time.time_ns():x}.partial"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            file.write(content)
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
    from plotly.offline import get_plotlyjs

    from scenarios.figures import CONFIG
    from scenarios.report_sections import Page, sections

    display = Display.of_result(result, language)
    page = Page(result, display)
    parts = sections(page)
    title = f"{escape(page.title)} · {escape(display.text('page.kind'))}"
    contents = "".join(f'<li><a href="#{name}">{escape(display.text(f"sections.{name}"))}</a></li>' for name in parts)
    body = "".join(
        f'<section id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{escape(display.text(f"sections.{name}"))}</h2>{content}</section>'
        for name, content in parts.items()
    )
    data = json.dumps(
        {
            "figures": {name: json.loads(figure.to_json()) for name, figure in page.figures.items()},
            "config": CONFIG,
            "locale": "zh-CN" if language == "zh" else "en-GB",
            "words": display.text("modebar"),
        },
        ensure_ascii=False,
    ).replace("<", "\\u003c")
    footer = display.fill("page.footer", version=result.manifest.get("versions", {}).get("quotalab", ""))
    return f"""<!DOCTYPE html>
<html lang="{"zh-CN" if language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<title>{title}</title>
<style>{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<a class="skip" href="#results">{escape(display.text("page.skip"))}</a>
<header><p class="kind">{escape(display.text("page.kind"))}</p><h1>{escape(page.title)}</h1>
<p class="summary">{escape(page.summary)}</p></header>
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
