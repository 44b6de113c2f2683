"""What matters and where it fails: a ranking of factors, and the worlds in which a condition holds."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios import comparison_words as words
from scenarios.dossier.factors import indices, is_morris, ranked
from scenarios.dossier.failing import Failing, counted, searchable
from scenarios.dossier.gathering import RANKING, WORLDS, reason
from scenarios.dossier.page import DossierPage, fault, rows_of
from scenarios.dossier.ranges import Range, factor_labels
from scenarios.figures.failing_worlds import failing_points
from scenarios.figures.sensitivity import ranking_bars

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.analysis.discovery import Discovery

SHOWN, IN_TABLE, NAMED = 10, 10, 3
MOST_SEARCHED = 4
FEWEST_IN_A_BOX = 6
"""Sampled worlds; a box of fewer fits chance."""
FIGURES = ("actual_cost", "accounts_short")


def sensitivity(page: DossierPage) -> str:
    """Return the ranges, and which factors move each outcome most."""
    parts = [f"<p>{page.say('sensitivity.intro')}</p>", _ranges(page)]
    found = page.found
    if RANKING in found.faults:
        parts.append(fault(page, found.faults[RANKING]))
    if not found.runs:
        return "".join(parts)
    table = indices(found)
    name = RANKING if is_morris(table) else WORLDS
    runs = found.runs[name]
    failed = int((runs["stage"] != "").sum())
    told = page.plain("sensitivity.morris" if name == RANKING else "sensitivity.first", runs=len(runs),
                      points=runs["point"].nunique(), seeds=found.asked.effort.sweep_seeds)  # fmt: skip
    parts.append(page.paragraph(told, page.plain("sensitivity.failed", count=failed) if failed else ""))
    if found.asked.effort.sweep_seeds == 1:
        parts.append(page.paragraph(page.plain("sensitivity.one_seed"), note=True))
    labels = factor_labels(found.ranges, page.result.scenario, page.display)
    keys = list(page.result.scenario.instruments)
    outcomes = list(dict.fromkeys(table["outcome"]))
    parts.append(_all_outcomes(page, table, outcomes, labels))
    shown = [outcome for outcome in (f"{keys[0]}.mean_price", *FIGURES) if outcome in outcomes]
    parts += [_one_outcome(page, table, outcome, labels) for outcome in shown]
    return "".join(parts) + page.keep("sensitivity", table)


def _ranges(page: DossierPage) -> str:
    """Return the factors and the assumed ends of their ranges."""
    import pandas as pd

    display, ranges = page.display, page.found.ranges
    labels = factor_labels(ranges, page.result.scenario, display)
    rows = [
        [labels[one.name], page.plain(f"sensitivity.roles.{one.role}"), *(value_of(page, one, value) for value in
         (one.base, one.low, one.high)), page.plain(f"sensitivity.rules.{one.rule}")]
        for one in ranges
    ]  # fmt: skip
    head = [page.plain(f"sensitivity.columns.{name}") for name in ("factor", "role", "base", "low", "high", "rule")]
    frame = pd.DataFrame(
        [{"factor": one.name, "path": one.path, "role": one.role, "unit": one.unit, "base": one.base, "low": one.low,
          "high": one.high, "rule": one.rule} for one in ranges]
    )  # fmt: skip
    listed = page.table(head, rows, page.plain("sensitivity.ranges_caption"), words=(1, 5))
    left = (
        page.paragraph(page.plain("sensitivity.fixed", count=len(page.found.fixed)), note=True)
        if page.found.fixed
        else ""
    )
    told = f'<p class="view">{page.say("sensitivity.assumed", count=len(ranges))}</p>'
    return f"<h3>{page.say('sensitivity.ranges')}</h3>{told}{listed}{left}{page.keep('ranges', frame)}"


def value_of(page: DossierPage, one: Range, value: float) -> str:
    """Return a value of a factor with its unit."""
    display = page.display
    if one.unit == "%":
        return f"{display.number(value)} %"
    if one.unit == "per year":
        return page.plain("a_year", value=display.share(value))
    unit = page.units.get(one.name, "")
    return display.with_unit(value, unit) if unit else display.number(value)


def _all_outcomes(page: DossierPage, table: "pd.DataFrame", outcomes: list[str], labels: dict[str, str]) -> str:
    """Return the factors that move each outcome most, a row an outcome."""
    rows = []
    for outcome in outcomes:
        top = ranked(table, outcome).head(NAMED)
        cells = [labels.get(name, name) for name in top["parameter"]]
        none = page.plain("sensitivity.moves_nothing") if not cells else ""
        rows.append([words.title(page.display, outcome), *(cells + [none] + [""] * NAMED)[:NAMED]])
    head = [page.plain(f"sensitivity.top.{name}") for name in ("outcome", "first", "second", "third")]
    heading = page.say("sensitivity.all_outcomes")
    return f"<h3>{heading}</h3>" + page.table(head, rows, page.plain("sensitivity.top_caption"), words=(1, 2, 3))


def _one_outcome(page: DossierPage, table: "pd.DataFrame", outcome: str, labels: dict[str, str]) -> str:
    """Return the ranking of the factors of one outcome: picture and table."""
    display = page.display
    rows = ranked(table, outcome).head(SHOWN)
    heading = words.title(display, outcome)
    if rows.empty:
        return f"<h3>{escape(heading)}</h3>{page.paragraph(page.plain('sensitivity.moves_nothing'))}"
    rows = rows.assign(label=[labels.get(name, name) for name in rows["parameter"]])
    morris = is_morris(table)
    caption = page.plain("sensitivity.axis" if morris else "sensitivity.share_axis", outcome=heading)
    figure = page.figure(f"ranking-{outcome}", ranking_bars(table, outcome, labels, display),
                         page.plain("sensitivity.alt", outcome=heading), caption)  # fmt: skip

    def told(value: float) -> str:
        return words.value(display, outcome, value) if morris else display.share(value)

    def ends_told(low: float, high: float) -> str:
        if morris:
            return words.interval(display, outcome, max(0.0, low), high)
        return display.fill("comparison.interval", low=display.share(max(0.0, low)), high=display.share(high))

    ends = [ends_told(row.low, row.high) for row in rows_of(rows)]
    ways = [page.plain(f"sensitivity.ways.{_way(raises)}") for raises in rows["raises"]]
    cells = [
        [str(row.label), told(row.value), end, way] for row, end, way in zip(rows_of(rows), ends, ways, strict=True)
    ]
    head = [page.plain(f"sensitivity.rank_columns.{name}") for name in ("factor", "size", "interval", "way")]
    return f"<h3>{escape(heading)}</h3>{figure}" + page.table(
        head, cells[:IN_TABLE], page.plain("sensitivity.rank_caption", outcome=heading), words=(3,)
    )


def _way(raises: Any) -> str:
    return "mixed" if raises is None else "raises" if raises else "lowers"


def failure(page: DossierPage) -> str:
    """Return in which share of the sampled worlds conditions of failure hold, and where these worlds lie."""
    found, display = page.found, page.display
    given = "given" if found.asked.conditions else "default"
    parts = [page.paragraph(page.plain("failure.intro"), page.plain(f"failure.chosen.{given}"))]
    if WORLDS not in found.runs:
        return "".join(parts) + fault(page, found.faults.get(WORLDS, ""))
    runs = found.runs[WORLDS]
    table = counted(runs, found.failings)
    parts.append(page.paragraph(page.plain("failure.sample", points=runs["point"].nunique(), runs=len(runs),
                                           seeds=found.asked.effort.sweep_seeds)))  # fmt: skip
    rows = [
        [condition_told(page, one), display.number(row["cases"], 6), display.number(row["n"], 6),
         display.share(row["share"])]
        for one, row in zip(found.failings, table.to_dict("records"), strict=True)
    ]  # fmt: skip
    head = [page.plain(f"failure.columns.{name}") for name in ("condition", "cases", "runs", "share")]
    parts.append(page.table(head, rows, page.plain("failure.caption")) + page.keep("failure_counts", table))
    parts.append(page.paragraph(page.plain("failure.not_probability"), note=True))
    chosen = [(one, row) for one, row in zip(found.failings, table.to_dict("records"), strict=True) if searchable(row)]
    if not chosen:
        return "".join(parts) + page.paragraph(page.plain("failure.none_searchable"))
    chosen.sort(key=lambda pair: abs(pair[1]["share"] - 0.5))
    boxes: list[dict[str, Any]] = []
    for place, (one, _) in enumerate(chosen[:MOST_SEARCHED]):
        parts.append(f"<h3>{escape(condition_told(page, one))}</h3>{_where(page, one, place, boxes)}")
    if len(chosen) > MOST_SEARCHED:
        parts.append(page.paragraph(page.plain("failure.more", count=len(chosen) - MOST_SEARCHED), note=True))
    import pandas as pd

    columns = ["condition", "method", "box", "factor", "low", "high", "coverage", "density", "points", "failing"]
    return "".join(parts) + page.keep("failure_boxes", pd.DataFrame(boxes, columns=columns))


def condition_told(page: DossierPage, one: Failing) -> str:
    """Return a condition of failure in words, with its bound and unit."""
    display, condition = page.display, one.condition
    bound = words.value(display, condition.outcome, condition.bound)
    right = display.titles.get(one.right, one.right)
    if one.kind == "given":
        sign = {"<": "<", ">": ">", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}[condition.operator]
        return f"{words.title(display, condition.outcome)} {sign} {bound}"
    return page.plain(f"failure.conditions.{one.kind}", right=right, bound=bound)


def _where(page: DossierPage, one: Failing, place: int, boxes: list[dict[str, Any]]) -> str:
    """Return the boxes in which a condition holds, by PRIM and by a tree; a missing package is told."""
    from scenarios.analysis.discovery import LEAST_MASS, discover

    found = page.found
    runs, parameters = found.runs[WORLDS], found.sweeps[WORLDS].parameters
    mass = max(LEAST_MASS, FEWEST_IN_A_BOX / runs["point"].nunique())
    parts = []
    for method in ("prim", "cart"):
        try:
            result = discover(runs, parameters, [one.condition], method, least_mass=mass)
        except Exception as error:
            parts.append(fault(page, reason(error)))
            continue
        parts.append(_boxes(page, result))
        boxes += _rows_of(result, one)
        if method == "prim" and result.boxes:
            parts.append(_picture(page, result, one, place))
    return "".join(parts)


def _boxes(page: DossierPage, result: "Discovery") -> str:
    """Return the boxes of a method in sentences."""
    display, gap = page.display, page.plain("failure.and")
    labels = factor_labels(page.found.ranges, page.result.scenario, display)
    if not result.boxes:
        return page.paragraph(page.plain(f"failure.no_box.{result.method}"))
    items = []
    for box in result.boxes:
        limits = gap.join(_limit_told(page, limit, labels) for limit in box.limits)
        told = page.plain("failure.box", limits=limits, points=box.points, failing=box.failing,
                          density=display.share(box.density), coverage=display.share(box.coverage))  # fmt: skip
        items.append(f"<li>{escape(told)}</li>")
    lead = page.plain(f"failure.lead.{result.method}", failing=result.failing, n=result.n)
    return f"{page.paragraph(lead)}<ul>{''.join(items)}</ul>"


def _limit_told(page: DossierPage, limit: Any, labels: dict[str, str]) -> str:
    one = {each.name: each for each in page.found.ranges}[limit.parameter]
    label = labels[limit.parameter]
    if limit.low is not None and limit.high is not None:
        return page.plain(
            "failure.between", factor=label, low=value_of(page, one, limit.low), high=value_of(page, one, limit.high)
        )
    if limit.low is not None:
        return page.plain("failure.above", factor=label, low=value_of(page, one, limit.low))
    return page.plain("failure.below", factor=label, high=value_of(page, one, limit.high))


def _picture(page: DossierPage, result: "Discovery", one: Failing, place: int) -> str:
    """Return the sampled worlds by the two factors that the first box limits (or by one and the next important)."""
    from scenarios.analysis.conditions import shares

    runs = page.found.runs[WORLDS]
    names = [limit.parameter for limit in result.boxes[0].limits][:2]
    names += [each.name for each in page.found.ranges if each.name not in names][: 2 - len(names)]
    if len(names) < 2:
        return ""
    judged = shares(runs, [one.condition], ["point"])
    judged = judged[judged["n"] > 0]
    points = runs.drop_duplicates("point").set_index("point").loc[judged["point"], names].reset_index(drop=True)
    points["fails"] = (judged["share"] > result.share).to_numpy()
    labels = factor_labels(page.found.ranges, page.result.scenario, page.display)
    known = {each.name: each for each in page.found.ranges}
    factors = {name: 100.0 if known[name].unit == "per year" else 1.0 for name in names}
    for name in names:
        points[name] = points[name].to_numpy(dtype=np.float64) * factors[name]
    limits = {
        limit.parameter: tuple(None if end is None else end * factors[limit.parameter] for end in ends_of(limit))
        for limit in result.boxes[0].limits if limit.parameter in names
    }  # fmt: skip
    titles = {name: _axis(page, labels[name], known[name]) for name in names}
    told = condition_told(page, one)
    figure = failing_points(points, names[0], names[1], titles, limits, page.display)  # type: ignore[arg-type]
    alt = page.plain("failure.alt", condition=told, across=titles[names[0]], up=titles[names[1]])
    return page.figure(f"failure-{place}", figure, alt, page.plain("failure.figure"))


def ends_of(limit: Any) -> tuple[float | None, float | None]:
    """Return both ends of a limit."""
    return limit.low, limit.high


def _axis(page: DossierPage, label: str, one: Range) -> str:
    unit = page.plain("percent_a_year") if one.unit == "per year" else page.units.get(one.name, "")
    return f"{label}{page.display.fill('numbers.bracket', inside=unit)}" if unit else label


def _rows_of(result: "Discovery", one: Failing) -> list[dict[str, Any]]:
    return [
        {"condition": str(one.condition), "method": result.method, "box": number, "factor": limit.parameter,
         "low": np.nan if limit.low is None else limit.low, "high": np.nan if limit.high is None else limit.high,
         "coverage": box.coverage, "density": box.density, "points": box.points, "failing": box.failing}
        for number, box in enumerate(result.boxes) for limit in box.limits
    ]  # fmt: skip
