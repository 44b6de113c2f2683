"""Sections of a sweep's report that tell what matters: paired effects of levers, and the ranking of parameters."""

from typing import TYPE_CHECKING

import numpy as np

from scenarios import comparison_words
from scenarios.report_tables import table
from scenarios.sweep_choice import MOST_POLICIES, levers_of
from scenarios.sweep_page import SweepPage
from scenarios.sweep_sensitivity import sensitivity_of
from scenarios.sweep_words import own_policy, value_in_words

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 60


def effects(page: SweepPage) -> str:
    """Return what each lever changes against a baseline, paired by world and seed; nothing without policies to pair."""
    from scenarios.analysis.effects import lever_effects, policy_effects

    runs, result = page.runs, page.result
    levers = levers_of(result)
    if not page.several or not levers:
        return ""
    base = own_policy(result)
    base = base if (runs["policy"] == base).any() else int(runs["policy"].min())
    found = lever_effects(runs, levers, page.outcomes, base)
    single = bool(len(found)) and len(found) <= MOST_LEVELS * len(page.outcomes)
    if not single and runs["policy"].nunique() <= MOST_POLICIES:
        found = policy_effects(runs, page.outcomes, base)
    if not (found["n"] > 0).any():
        return f"<p>{page.text('sweep.effects.none')}</p>"
    display = page.display
    unit = display.text("sweep.effects.units")[str(found["unit"].iloc[0])]
    told = page.text(f"sweep.effects.{'told' if single else 'policies'}", policy=page.policies[base], unit=unit)
    note = page.text("sweep.effects.single" if (found["n"] < 2).all() else "sweep.effects.caveat")
    head = display.text(f"sweep.effects.columns{'' if single else '_policies'}")
    parts = []
    for name in page.outcomes:
        rows = [
            [_moved(page, row) if single else page.policies[int(row["policy"])], *_changed(page, name, row)]
            for row in found[found["outcome"] == name].to_dict("records")
        ]
        parts.append(table(head, rows, page.title(name)))
    return f'<p>{told}</p>{"".join(parts)}<p class="note">{note}</p>'


def _moved(page: SweepPage, row: "dict[str, object]") -> str:
    name = str(row["lever"])
    one = next(one for one in page.result.parameters if one.name == name)
    value = value_in_words(one, row["level"], page.words[name], page.display, page.result)
    return f"{page.words[name].short}{page.display.text('numbers.colon')}{value}"


def _changed(page: SweepPage, name: str, row: "dict[str, float]") -> list[str]:
    display = page.display
    start = row["baseline"]
    relative = row["value"] / abs(start) if start else np.nan
    return [
        comparison_words.difference(display, name, row["value"]),
        comparison_words.interval(display, name, row["low"], row["high"]),
        comparison_words.relative(display, relative),
        f"{int(row['n']):,}",
        f"{int(row['failed']):,}",
    ]


def ranking_of(page: SweepPage) -> "pd.DataFrame":
    """Return the index that parameters are ranked by, largest first by outcome, without outcomes that have none."""
    from scenarios.analysis.sensitivity import ranking

    found = ranking(sensitivity_of(page.result, page.outcomes))
    known = found.groupby("outcome")["value"].transform(lambda values: np.isfinite(values).any())
    kept = found[known.astype(bool)].reset_index(drop=True)
    kept.attrs = dict(found.attrs)
    return kept


def sensitivity(page: SweepPage, ranked: "pd.DataFrame") -> str:
    """Return the ranking of parameters for every main outcome: a table of all, and a figure an outcome."""
    if not len(ranked):
        return f"<p>{page.text('sweep.sensitivity.few')}</p>"
    display = page.display
    method = ranked.attrs["method"]
    told = [f"<p>{page.text(f'sweep.sensitivity.{method}')}</p>"]
    if "policies" in ranked.attrs:
        told.append(f"<p>{page.text('sweep.sensitivity.averaged', count=ranked.attrs['policies'])}</p>")
    names = list(dict.fromkeys(ranked["outcome"]))
    kind = str(ranked["index"].iloc[0])
    order = list(
        ranked.groupby("parameter", sort=False)["rank"].agg(["min", "mean"]).sort_values(["min", "mean"]).index
    )
    cells = {(row["outcome"], row["parameter"]): _ranked(page, row) for row in ranked.to_dict("records")}
    rows = [[page.words[one].short, *(cells.get((name, one), "") for name in names)] for one in order]
    caption = display.fill("sweep.sensitivity.table", index=display.text(f"sweep.sensitivity.indices.{kind}"))
    head = [str(display.text("sweep.sensitivity.columns_lead")), *(page.title(name) for name in names)]
    told.append(table(head, rows, caption))
    told.append(_figures(page, ranked, names))
    told.append(_noted(page, ranked, names))
    return "".join(told)


def _ranked(page: SweepPage, row: "dict[str, object]") -> str:
    value = float(row["value"])  # type: ignore[arg-type]
    if not np.isfinite(value):
        return str(page.display.text("numbers.not_number"))
    name = str(row["outcome"])
    said = comparison_words.value(page.display, name, value) if row["index"] == "mu_star" else page.display.share(value)
    return f"{row['rank']}{page.display.fill('numbers.bracket', inside=said)}" if value > 0.0 else said


def _figures(page: SweepPage, ranked: "pd.DataFrame", names: list[str]) -> str:
    return ""


def _noted(page: SweepPage, ranked: "pd.DataFrame", names: list[str]) -> str:
    """Return how much of the variance seeds made, and how many points were left out, where there is something to say."""
    told = []
    for name in names:
        own = ranked[ranked["outcome"] == name]
        noise, left_out = float(own["noise_share"].iloc[0]), int(own["left_out"].max())
        if np.isfinite(noise) and ranked.attrs["method"] != "morris":
            share = page.display.share(min(noise, 1.0))
            told.append(page.text("sweep.sensitivity.noise", outcome=page.title(name), share=share))
        if left_out:
            every = left_out + int(own["n"].min())
            told.append(page.text("sweep.sensitivity.left_out", outcome=page.title(name), left_out=left_out, all=every))
    return "<ul>" + "".join(f"<li>{one}</li>" for one in told) + "</ul>" if told else ""
