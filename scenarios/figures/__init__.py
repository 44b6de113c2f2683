"""Figures of a run: pure functions from tables and words to Plotly figures, shared by the report and the dashboard."""

from scenarios.figures.burden import compliance, cost_by, ladder
from scenarios.figures.market import abatement, bank, flows, prices, volumes
from scenarios.figures.style import CONFIG
from scenarios.figures.trading import quotes, volumes_by_venue

__all__ = [
    "CONFIG",
    "abatement",
    "bank",
    "compliance",
    "cost_by",
    "flows",
    "ladder",
    "prices",
    "quotes",
    "volumes",
    "volumes_by_venue",
]
