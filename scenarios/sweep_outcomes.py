"""Sections of a sweep's report that tell what came out: outcomes by policy, responses, policies that hold up."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios.figures.sweep_outcomes import policy_bands, responses
from scenarios.kpis import declared
from scenarios.report_tables import table
from scenarios.sweep_choice import MOST_POLICIES, crossed
from scenarios.sweep_page import SweepPage, figure_or_dash

if TYPE_CHECKING:
    import pandas as pd

SPREAD = ("mean", "q05", "median", "q95")
MOST_PANELS = 6
MOST_COLOURS = 5


def outcomes(page: SweepPage) -> str:
    """Return mean, median and middle 90 % of the main outcomes, policy by policy where worlds are the same for all."""
    if page.several:
        return _by_policy(page)
    display, names = page.display, page.outcomes
    summary = page.result.summary(by=[], outcomes=names).set_index("kpi")
    rows = []
    for name in names:
        row = summary.loc[name]
        factor, heading = page.scaled(name, row[list(SPREAD)])
        rows.append([heading, *(figure_or_dash(factor * row[c], display) for c in SPREAD), *_counts(row)])
    told = f"<p>{page.text('sweep.outcomes.over_all')}</p>"
    number = page.runs["policy"].nunique()
    if crossed(page.result) and number > MOST_POLICIES:
        told += f"<p>{page.text('sweep.outcomes.many', count=f'{number:,}')}</p>"
    head = display.text("sweep.outcomes.columns_all")
    return told + table(head, rows, name=str(display.text("sweep.sections.outcomes")))


def _by_policy(page: SweepPage) -> str:
    display = page.display
    summary = page.result.summary(by=["policy"], outcomes=page.outcomes)
    summary = summary.sort_values("policy", kind="stable")
    summary["policy"] = summary["policy"].map(page.policies)
    parts = [f"<p>{page.text('sweep.outcomes.by_policy')}</p>"]
    places = []
    for name in page.outcomes:
        own = summary[summary["kpi"] == name]
        factor, heading = page.scaled(name, own[list(SPREAD)])
        rows = [
            [str(row["policy"]), *(figure_or_dash(factor * row[c], display) for c in SPREAD), *_counts(row)]
            for _, row in own.iterrows()
        ]
        aim = page.aim(name)
        caption = f"{heading}{display.text('numbers.list_gap')}{aim}" if aim else heading
        parts.append(table(display.text("sweep.outcomes.columns"), rows, caption))
        figure = policy_bands(own, factor, heading, display)
        places.append(page.figure(f"bands-{name.replace('.', '-')}", figure, heading, page.title(name)))
    return f'{"".join(parts)}<div class="grid">{"".join(places)}</div>'


def _counts(row: "pd.Series[float]") -> list[str]:
    return [f"{int(row['n']):,}", f"{int(row['failed']):,}"]


def response(page: SweepPage, ranked: "dict[str, list[str]]") -> str:
    """Return each main outcome over the parameters that matter most for it, a panel a parameter.

    Parameters
    ----------
    ranked : names of the parameters by outcome, those that matter most first.
    """
    display = page.display
    points = by_point(page)
    varied = [one.name for one in page.result.parameters if page.runs[one.name].nunique() > 1]
    policies = list(dict.fromkeys(points["group"])) if page.several else []
    groups = policies if 1 < len(policies) <= MOST_COLOURS else []
    levers = {one.name for one in page.result.parameters if one.role == "lever"} if groups else set()
    parts = [f"<p>{page.text('sweep.responses.told')}</p>"]
    for name in page.outcomes:
        order = [one for one in (*ranked.get(name, ()), *varied) if one in varied and one not in levers]
        shown = list(dict.fromkeys(order))[:MOST_PANELS]
        if not shown:
            continue
        factor, heading = page.scaled(name, points[name])
        titles = {one: page.words[one].with_unit(display) for one in shown}
        values = points.rename(columns={name: "value"}) if name != "value" else points
        figure = responses(values, titles, factor, heading, display, groups)
        told = "all" if len(shown) == len(varied) else "figure"
        caption = display.fill(f"sweep.responses.{told}", outcome=page.title(name))
        parts.append(page.figure(f"response-{name.replace('.', '-')}", figure, caption, caption))
    return "".join(parts)


def by_point(page: SweepPage) -> "pd.DataFrame":
    """Return one row a point that has runs: parameters, the mean of every shown outcome over seeds, ``group``: its policy."""
    runs = page.runs[page.runs["stage"] == ""]
    names = [one.name for one in page.result.parameters]
    first = runs.drop_duplicates("point").set_index("point")[["policy", *names]]
    found = first.join(runs.groupby("point")[page.outcomes].mean())
    return found.assign(group=found["policy"].map(page.policies))


def holding_up(page: SweepPage) -> str:
    """Return mean, worst world and regret of each policy; nothing where policies do not meet the same worlds."""
    from scenarios.analysis.robustness import robustness

    if not page.several or page.runs["world"].nunique() < 2:
        return ""
    display = page.display
    directions = {name: declared(name).direction for name in page.outcomes}
    directions = {name: direction for name, direction in directions.items() if direction != "neutral"}
    if not directions:
        return ""
    found = robustness(page.runs, directions)  # type: ignore[arg-type]
    metrics = ("mean", "worst", "regret_mean", "regret_90", "regret_max")
    parts = []
    told: dict[int, list[str]] = {}
    for name in directions:
        own = found[found["outcome"] == name].set_index(["policy", "metric"])
        used, left_out = (int(own[column].max()) if len(own) else 0 for column in ("n", "left_out"))
        if not used:
            continue
        told.setdefault(used, []).append(name)
        factor, heading = page.scaled(name, own["value"])
        rows = []
        for policy in dict.fromkeys(own.index.get_level_values("policy")):
            cells = [_starred(own.loc[(policy, metric)], factor, page) for metric in metrics]
            rows.append([page.policies[int(policy)], *cells])
        caption = f"{heading}{display.text('numbers.list_gap')}{page.aim(name)}"
        parts.append(table(display.text("sweep.robustness.columns"), rows, caption))
        if left_out:
            parts.append(f"<p>{page.text('sweep.robustness.left_out', count=left_out)}</p>")
    if not parts:
        return ""
    return f"<p>{page.text('sweep.robustness.told', n=max(told))}</p>{''.join(parts)}"


def _starred(row: "pd.Series[float]", factor: float, page: SweepPage) -> str:
    said = figure_or_dash(factor * float(row["value"]), page.display)
    return f"{said} *" if row["best"] and np.isfinite(row["value"]) else said
