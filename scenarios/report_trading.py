"""The section on trading: how each venue worked, volume by venue, best offers, and what containment rules did."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from scenarios import figures
from scenarios.containment_table import AUCTION
from scenarios.display import Display, say
from scenarios.figures.trading import released
from scenarios.kpis import VENUE_KPIS, VOLUME_SHARE, InstrumentKpi
from scenarios.report_tables import cell, suffix, table
from scenarios.rule_words import containment_name, venue_names

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.report_sections import Page
    from scenarios.results import RunResult

KPIS = (VOLUME_SHARE, *VENUE_KPIS)
QUALITY = tuple(kpi for kpi in VENUE_KPIS if kpi.quality)
"""What is told of rights with one venue; the rest of them is among the indicators of rights."""


def trading(page: "Page") -> str:
    """Return how venues worked: a table each right that has several, one for the others, pictures, rules' deeds."""
    result, display = page.result, page.display
    rules = result.scenario.instruments
    several = [key for key in display.titles if len(rules[key].venues) > 1]
    parts = [f"<p>{page.text('intro.trading')}</p>"]
    for key in several:
        names = venue_names(display, rules[key])
        columns = [(f"{key}.{venue}", key, title) for venue, title in names.items()]
        columns.append((key, key, str(display.text("trading.all_venues"))))
        parts.append(f"<h3>{escape(display.titles[key])}</h3>{venue_table(result, display, columns)}")
    single = [key for key in display.titles if key not in several]
    if single:
        columns = [(key, key, _only(display, result, key)) for key in single]
        heading = f"<h3>{page.text('trading.single')}</h3>" if several else ""
        parts.append(f"{heading}{venue_table(result, display, columns, QUALITY)}")
    parts.append(f'<div class="grid">{"".join(_pictures(page, several))}</div>')
    parts += [rules_table(page, key) for key in display.titles if rules[key].containment]
    return "".join(parts)


def venue_table(
    result: "RunResult",
    display: Display,
    columns: Sequence[tuple[str, str, str]],
    kpis: Sequence[InstrumentKpi] = KPIS,
) -> str:
    """Return indicators by venue; those that no column has are left out.

    Parameters
    ----------
    columns : prefix of the indicator's name, right, and heading of each column.
    """
    keys = {key for _, key, _ in columns}
    rows: list[list[str]] = []
    if len(keys) > 1:
        rows.append([str(display.text("indicators.unit")), *(display.unit(key) for _, key, _ in columns)])
    for kpi in kpis:
        values = [float(result.kpis.get(f"{prefix}.{kpi.name}", np.nan)) for prefix, _, _ in columns]
        if not np.isfinite(values).any() or (kpi.name == "limit_periods" and np.nansum(values) == 0.0):
            continue
        unit = suffix(kpi.unit, display)
        if len(keys) == 1 and kpi.unit in {"{unit}", "{money}/{unit}"}:
            key = columns[0][1]
            inside = display.unit(key) if kpi.unit == "{unit}" else display.price_unit(key)
            unit = display.fill("numbers.bracket", inside=inside)
        cells = [cell(kpi.unit, value, display) for value in values]
        rows.append([f"{say(kpi.text, display.language)}{unit}", *cells])
    head = [str(display.text("indicators.indicator")), *(title for _, _, title in columns)]
    return table(head, rows, name=str(display.text("sections.trading")))


def _only(display: Display, result: "RunResult", key: str) -> str:
    """Return the heading of a right with one venue: the right, and how it is traded."""
    (title,) = venue_names(display, result.scenario.instruments[key]).values()
    return f"{display.titles[key]}{display.text('numbers.colon')}{title}"


def _pictures(page: "Page", several: Sequence[str]) -> list[str]:
    """Return volumes by venue of rights that have several, and the best offers of every book."""
    result, display = page.result, page.display
    places = []
    for key, title in display.titles.items():
        names = venue_names(display, result.scenario.instruments[key])
        colon = str(display.text("numbers.colon"))
        if key in several:
            figure = figures.volumes_by_venue(result.markets, key, names, display)
            caption = f"{title}{colon}{display.text('trading.by_venue')}"
            places.append(page.figure(f"venues-{key}", figure, caption, caption))
        for number, (venue, name) in enumerate(names.items()):
            if _quoted(result.markets, key, venue):
                cut = display.fill("numbers.bracket", inside=display.text("figures.cut_axis"))
                caption = f"{title}{colon}{display.fill('trading.quotes', venue=name)}{cut}"
                figure = figures.quotes(result.markets, key, venue, display)
                places.append(page.figure(f"quotes-{key}-{number}", figure, caption, caption))
    return places


def _quoted(markets: "pd.DataFrame", key: str, venue: str) -> bool:
    """Whether both sides were quoted at a venue at the end of some period."""
    if "best_bid" not in markets or "best_ask" not in markets:
        return False
    rows = markets[(markets["instrument"] == key) & (markets["venue"] == venue)]
    return bool(((rows["best_bid"] > 0) & (rows["best_ask"] > 0)).any())


def rules_table(page: "Page", key: str) -> str:
    """Return what the containment rules of a right did in each year: amounts and money."""
    display = page.display
    heading = f"<h3>{escape(display.titles[key])}{page.text('numbers.colon')}{page.text('trading.rules')}</h3>"
    rows = rule_years(page.result, key)
    if rows is None or not len(rows):
        return f"{heading}<p>{page.text('trading.no_rules')}</p>"
    factor, unit = display.amount_unit(key)
    amounts = [name for name in ("released", "kept", "cancelled") if (rows[name] > 0).any()]
    money = [name for name in ("sold_for", "bought_for") if (rows[name] > 0).any()]
    stock = ["stock"] if (rows["stock"] > 0).any() else []
    none = str(display.text("numbers.not_number"))

    def shown(name: str, value: float) -> str:
        number = value if name in money else value * factor
        return display.number(number) if number > 0 else none

    names = ("year", "rule", *amounts, *money, *stock)
    body = [
        [str(int(row["year"])), containment_name(display, row["rule"]), *(shown(name, row[name]) for name in names[2:])]
        for _, row in rows.iterrows()
    ]
    caption = display.fill("trading.caption", right=display.titles[key], unit=unit, money=display.currency)
    head = [str(display.text(f"trading.{name}")) for name in names]
    note = page.text("trading.note", none=none)
    return f'{heading}{table(head, body, caption, words=(1,))}<p class="note">{note}</p>'


def rule_years(result: "RunResult", key: str) -> "pd.DataFrame | None":
    """Return what each rule of a right did in each year in which it moved anything, None without the table.

    Columns: year, rule, released, kept, cancelled (units), sold_for, bought_for (money), stock (units, at its end).
    """
    import pandas as pd

    if "containment" not in result.tables:
        return None
    moved = result.tables["containment"]
    moved = moved[(moved["instrument"] == key) & (moved["rule"] != AUCTION)]
    out, to = released(moved), moved["target"]
    parts = {
        "released": out.groupby(["year", "rule"])["units"],
        "kept": moved[(to == "reserve") & (moved["source"] != "issued")].groupby(["year", "rule"])["units"],
        "cancelled": moved[to == "cancelled"].groupby(["year", "rule"])["units"],
        "sold_for": out[out["target"] == "sold"].groupby(["year", "rule"])["value"],
        "bought_for": moved[moved["source"] == "sold"].groupby(["year", "rule"])["value"],
    }
    index = pd.MultiIndex.from_frame(moved[["year", "rule"]].drop_duplicates())
    found = pd.DataFrame({name: group.sum() for name, group in parts.items()}).reindex(index).fillna(0.0)
    found["stock"] = moved.groupby(["year", "rule"])["reserve"].last()
    found = found.reset_index()
    return found[(found[[*parts, "stock"]] > 0).any(axis=1)].reset_index(drop=True)
