"""What a browser has before any script runs: the language, the theme and the title of the view in its address."""

from html import escape
from typing import Any

from dash import Dash
from flask import request

from dashboard.view import View
from dashboard.words import Words

PAGE = """<!DOCTYPE html>
<html lang="{language}" data-mantine-color-scheme="{theme}">
<head>{metas}<title>{title}</title>{favicon}{css}</head>
<body>{app_entry}{config}{scripts}{renderer}</body>
</html>
"""
LANGUAGES = {"en": "en", "zh": "zh-CN"}


class Application(Dash):
    """Dash with a first page of our own: a screen reader knows its language, and a dark page does not flash white."""

    def interpolate_index(self, **parts: Any) -> str:
        """Return the page that loads everything else."""
        view = View.of_url(request.path, request.query_string.decode("utf-8", "replace"))
        title = f"{Words(view.language).text(f'shell.pages.{view.page}')} · QuotaLab"
        own = {"title": escape(title), "language": LANGUAGES[view.language], "theme": "dark" if view.dark else "light"}
        return PAGE.format(**{**parts, **own})
