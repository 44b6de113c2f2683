"""The Chinese words of charts: known to the plotly.js that is installed, and the same as in the reports."""

import re
from pathlib import Path

import plotly

import dashboard
from dashboard.kit import LOCALES
from scenarios.display import texts

FILE = Path(dashboard.__file__).parent / "assets" / "plotly-locale-zh-CN.js"
OLDER = {
    "Taking snapshot - this may take a few seconds",
    "Snapshot succeeded",
    "Sorry, there was a problem downloading your snapshot!",
    "level:",
}
"""Words of plotly.js before version 4 or of traces that have them in parts."""


def words() -> dict[str, str]:
    dictionary = FILE.read_text(encoding="utf-8").split("const dictionary = {")[1].split("  };")[0]
    return dict(re.findall(r'"([^"]+)": "([^"]+)"', dictionary))


def test_it_is_the_locale_that_charts_ask_for() -> None:
    assert f'name: "{LOCALES["zh"]}"' in FILE.read_text(encoding="utf-8")


def test_every_word_is_one_of_plotly() -> None:
    script = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    script = script.replace("\\xB1", "±").replace("\\u03C3", "σ")
    missing = {word for word in words() if f'"{word}"' not in script}
    assert missing <= OLDER


def test_reports_use_the_same_words() -> None:
    reports = texts("zh")["modebar"]
    assert {word: words()[word] for word in reports} == reports
