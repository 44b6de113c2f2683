"""The main results in plain words, made from indicators and yearly prices."""

from typing import TYPE_CHECKING

import numpy as np

from market.policies.containment import names
from scenarios.containment_table import AUCTION
from scenarios.display import Display
from scenarios.figures.trading import released, taken
from scenarios.market_rows import by_period
from scenarios.rule_words import containment_name

if TYPE_CHECKING:
    from scenarios.results import RunResult

NEAR = 0.9
"""Prices from this share of what anybody would pay at most tell of rights that had run out."""
EXACT, NEARLY = 5e-4, 1e-4
"""Flows this close to the caps use them almost exactly; shortfalls below this share of what is due are rounding."""


def instrument_sentences(result: "RunResult", display: Display, key: str) -> list[str]:
    """Return what happened to one right: price, reference, flows, compliance, imports, containment."""
    return [
        *_price(result, display, key),
        _flow(result, display, key),
        *_compliance(result, display, key),
        *_imports(result, display, key),
        *_containment(result, display, key),
    ]


def run_sentences(result: "RunResult", display: Display) -> list[str]:
    """Return what the whole run cost, how far it was from least cost, and who bears it."""
    kpis = result.kpis
    said = []
    if np.isfinite(kpis["actual_cost"]):
        outside = any(rule.outside is not None for rule in result.scenario.instruments.values())
        cost = "sentences.cost_open" if outside else "sentences.cost"
        said.append(display.fill(cost, actual=display.money(kpis["actual_cost"])))
        said.append(display.fill("sentences.least", least=display.money(kpis["least_cost"])))
        if np.isfinite(kpis["efficiency"]):
            said.append(display.fill("sentences.efficiency", share=display.share(kpis["efficiency"])))
        elif kpis["actual_cost"] > 0:
            said.append(str(display.text("sentences.not_comparable")))
        rungs = {name: kpis[name] for name in ("misallocation", "mistiming", "volume", "investment", "friction")}
        largest = max(rungs, key=lambda name: abs(rungs[name]) if np.isfinite(rungs[name]) else 0.0)
        if abs(rungs[largest]) > 0:
            name = display.text("ladder.rungs")[largest][0]
            said.append(display.fill("sentences.largest", rung=name, value=display.money(rungs[largest])))
    if kpis["penalties"] > 0:
        said.append(display.fill("sentences.penalties", value=display.money(kpis["penalties"])))
    if np.isfinite(kpis["burden_gini"]):
        said.append(display.fill("sentences.gini", value=f"{kpis['burden_gini']:.2f}"))
    return said


def _price(result: "RunResult", display: Display, key: str) -> list[str]:
    yearly = result.prices[result.prices["instrument"] == key]
    traded = yearly[yearly["mean_price"].notna()]
    last_year = int(yearly["year"].iloc[-1]) if len(yearly) else 0
    mean = result.kpis[f"{key}.mean_price"]
    if traded.empty or not np.isfinite(mean):
        said = [str(display.text("sentences.no_price"))]
    elif len(traded) == 1:
        said = [display.fill("sentences.price_one_year", mean=display.price(key, mean))]
    else:
        first, last = traded.iloc[0], traded.iloc[-1]
        said = [
            display.fill(
                "sentences.price",
                mean=display.price(key, mean),
                first=display.number(first["mean_price"]),
                first_year=int(first["year"]),
                last=display.number(last["mean_price"]),
                last_year=int(last["year"]),
            )
        ]
    said += _ceiling(result, display, key)
    plan = result.kpis[f"{key}.last_reference_price"]
    if np.isfinite(plan):
        sentence = "plan_free" if plan == 0 else "plan_price"
        said.append(display.fill(f"sentences.{sentence}", last_year=last_year, plan=display.price(key, plan)))
    return said


def _ceiling(result: "RunResult", display: Display, key: str) -> list[str]:
    """Return what scarcity before deadlines did to the mean: a few such periods can be most of it."""
    last = result.prices["year"].max()
    rows = by_period(result.markets[(result.markets["instrument"] == key) & (result.markets["year"] <= last)])
    rows = rows[rows["volume"] > 0]
    near = rows["price"] >= NEAR * rows["backstop"]
    if not near.any():
        return []
    highest = display.price(key, rows.loc[near, "price"].max())
    share = display.share(rows.loc[near, "volume"].sum() / rows["volume"].sum())
    said = [display.fill("sentences.ceiling", count=int(near.sum()), all=len(rows), share=share, highest=highest)]
    others = rows[~near]
    if len(others):
        mean = others["turnover"].sum() / others["volume"].sum()
        said.append(display.fill("sentences.elsewhere", mean=display.price(key, mean)))
    return said


def _flow(result: "RunResult", display: Display, key: str) -> str:
    yearly = result.prices[result.prices["instrument"] == key]
    cap, flow = float(yearly["cap"].sum()), float(yearly["flow"].sum())
    gap = cap - flow
    if abs(gap) <= EXACT * cap:
        return str(display.text("sentences.level"))
    name = "below" if gap > 0 else "above"
    share = display.share(abs(gap) / cap) if cap > 0 else display.number(np.nan)
    return display.fill(f"sentences.{name}", gap=display.amount(key, abs(gap)), share=share)


def _compliance(result: "RunResult", display: Display, key: str) -> list[str]:
    rows = result.compliance[result.compliance["instrument"] == key]
    missing, due = float(rows["shortfall"].sum()), float(rows["obligation"].sum())
    if missing <= 0:
        return [str(display.text("sentences.met"))]
    gap = display.amount(key, missing)
    if missing < NEARLY * due:
        return [display.fill("sentences.nearly_met", gap=gap)]
    said = [display.fill("sentences.missed", gap=gap, share=display.share(missing / due))]
    if result.scenario.instruments[key].penalty.make_good:
        said.append(str(display.text("sentences.carried_debt")))
    return said


def _imports(result: "RunResult", display: Display, key: str) -> list[str]:
    if result.scenario.instruments[key].outside is None:
        return []
    net, bill = result.kpis[f"{key}.net_import"], result.kpis[f"{key}.import_bill"]
    if not np.isfinite(net) or net == 0:
        return []
    name = "imported" if net > 0 else "exported"
    amount, paid = display.amount(key, abs(net)), display.money(bill if net > 0 else -bill)
    return [display.fill(f"sentences.{name}", amount=amount, bill=paid)]


def _containment(result: "RunResult", display: Display, key: str) -> list[str]:
    """Return what each containment rule brought to the market and took off it; a trading rule moves no rights."""
    moved = result.tables.get("containment")
    if moved is None:
        return []
    mine = moved[(moved["instrument"] == key) & (moved["rule"] != AUCTION)]
    said = []
    for name in (name for name in names(result.scenario.instruments[key].containment) if (mine["rule"] == name).any()):
        rows = mine[mine["rule"] == name]
        parts = {"released": float(released(rows)["units"].sum()), "taken": float(taken(rows)["units"].sum())}
        told = [(deed, units) for deed, units in parts.items() if units > 0] or [("idle", 0.0)]
        rule = containment_name(display, name)
        said += [
            display.fill(f"sentences.rule_{deed}", rule=rule, amount=display.amount(key, units)) for deed, units in told
        ]
    return said
