"""The pages, one module each: two pure functions, no callbacks.

``controls(view, words, scenario)`` returns the options above the content, ``content(view, words, found)`` the content.
A page reads its own options from ``view.options`` and treats unknown values as not given.
"""

from collections.abc import Callable
from typing import Protocol

from dash.development.base_component import Component

from dashboard.found import Found
from dashboard.view import View
from dashboard.words import Words


class Page(Protocol):
    """What a module under `dashboard.pages` offers."""

    needs_runs: bool  # whether the scenario (and its baseline) must be run for it
    controls: Callable[..., Component | None]
    content: Callable[[View, Words, Found], Component]
