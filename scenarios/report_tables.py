"""The tables of a report, as HTML with headers that screen readers can follow."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scenarios.display import Display, say
from scenarios.figures.burden import costs
from scenarios.kpis import INSTRUMENT_KPIS, RUN_KPIS

if TYPE_CHECKING:
    from scenarios.results import RunResult


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "", words: Sequence[int] = (), name: str = ""
) -> str:
    """Return a table; the first column names its row, others are numbers unless listed in ``words``."""

    def kind(column: int) -> str:
        return "" if column in words else ' class="n"'

    top = "".join(f'<th scope="col"{kind(i) if i else ""}>{escape(cell)}</th>' for i, cell in enumerate(head))
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{kind(i)}>{escape(cell)}</td>" for i, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(caption or name)}"><table>{named}'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def definitions(rows: Iterable[tuple[str, str]], *, escaped: bool = False) -> str:
    """Return names and values as a list; ``escaped`` values are HTML already."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{value if escaped else escape(value)}</dd>" for name, value in rows)
    return f"<dl>{items}</dl>"


def instrument_indicators(result: "RunResult", display: Display) -> str:
    """Return the indicators of each right, a column a right; how well its venues worked is told under trading."""
    head = [display.text("indicators.indicator"), *display.titles.values()]
    rows: list[list[str]] = [[display.text("indicators.unit"), *(display.unit(key) for key in display.titles)]]
    for kpi in INSTRUMENT_KPIS:
        names = [f"{key}.{kpi.name}" for key in display.titles]
        if kpi.quality or not any(name in result.kpis for name in names):
            continue
        values = [float(result.kpis.get(name, np.nan)) for name in names]
        cells = [cell(kpi.unit, value, display) for value in values]
        rows.append([f"{say(kpi.text, display.language)}{suffix(kpi.unit, display)}", *cells])
    return table(head, rows, name=display.text("indicators.by_right"))


def run_indicators(result: "RunResult", display: Display) -> str:
    """Return the indicators of the whole run."""
    head = [display.text(f"indicators.{name}") for name in ("indicator", "value")]
    rows = [
        [say(kpi.text, display.language), _whole(kpi.unit, float(result.kpis.get(kpi.name, np.nan)), display)]
        for kpi in RUN_KPIS
    ]
    return table(head, rows, name=display.text("indicators.whole_run"))


def cell(unit: str, value: float, display: Display) -> str:
    """Return an indicator of a right without its unit: amounts and prices count in that of the right's own column."""
    if unit.startswith(("share", "1/")):
        return display.share(value)
    return display.number(value)


def suffix(unit: str, display: Display) -> str:
    """Return the unit that a row of indicators has in common; rights differ in theirs."""
    words = display.fill("numbers.bracket", inside=display.fill("indicators.of_price", money=display.currency))
    if unit == "{money}":
        return str(display.fill("numbers.bracket", inside=display.currency))
    return words if unit == "{money}/{unit}" else ""


def _whole(unit: str, value: float, display: Display) -> str:
    if unit.startswith("{money}"):
        return display.money(value)
    if unit == "share":
        return display.share(value)
    return display.number(value, 3)


def compliance_table(result: "RunResult", display: Display) -> str:
    """Return what was due, surrendered and missing for each right, and penalties."""
    names = ("right", "due", "surrendered", "missing", "rate", "penalty", "accounts_short")
    totals = result.compliance.groupby("instrument", sort=False)[
        ["obligation", "surrendered", "shortfall", "penalty", "accounts_short"]
    ].sum()
    rows = []
    for key, title in display.titles.items():
        if key not in totals.index:
            continue
        row = totals.loc[key]
        rate = row["surrendered"] / row["obligation"] if row["obligation"] > 0 else np.nan
        amounts = [display.amount(key, row[name]) for name in ("obligation", "surrendered", "shortfall")]
        last = [display.share(rate), display.money(row["penalty"]), display.number(row["accounts_short"], 6)]
        rows.append([title, *amounts, *last])
    return table([display.text(f"compliance.{name}") for name in names], rows, display.text("compliance.caption"))


def cost_table(result: "RunResult", column: str, display: Display) -> str:
    """Return the cost of each group, parts and sum."""
    names = ("group", "accounts", "measures", "payments", "trading", "penalties", "total")
    sums = costs(result.firms, column, list(display.titles))
    accounts = result.firms.groupby(column)["account"].nunique()
    rows = [
        [
            display.name(column, key),
            display.number(float(accounts[key])),
            *(display.number(value) for value in row),
            display.number(sum(row)),
        ]
        for key, row in zip(sums.index, sums.to_numpy().tolist(), strict=True)
    ]
    caption = display.fill("cost.caption", money=display.currency)
    return table([display.text(f"cost.{name}") for name in names], rows, caption)


def ladder_table(result: "RunResult", display: Display) -> str:
    """Return every rung with its value and its meaning."""
    head = [display.text(f"ladder.{name}") for name in ("step", "value", "share", "meaning")]
    values = result.ladder.set_index("rung")["value"]
    least = float(values.get("least_cost", np.nan))
    rows = []
    for rung, (title, meaning) in display.text("ladder.rungs").items():
        value = float(values.get(rung, np.nan))
        missing = display.text("ladder.not_measured")
        share = display.share(value / least) if least > 0 and np.isfinite(value) else ""
        rows.append([title, display.number(value) if np.isfinite(value) else missing, share, meaning])
    return table(head, rows, display.fill("ladder.caption", money=display.currency), words=(3,))
