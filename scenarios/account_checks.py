"""Checks of accounts against each other and against the scenario: ids, measures, flows, sectors, who decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from market.policies.allocation import OutputBenchmark
from scenarios.checks import Parts
from scenarios.errors import Problem
from scenarios.messages import suggestion

if TYPE_CHECKING:
    from scenarios.accounts import Accounts
    from scenarios.loading import Origin

Floats = npt.NDArray[np.float64]


def check_accounts(accounts: "Accounts", parts: Parts, origin: "Origin") -> tuple["Accounts", list[Problem]]:
    """Return the accounts with their warnings, and every mistake."""
    by_itself = _checked(accounts, parts.instrument_keys)
    if by_itself.errors:
        return accounts, list(by_itself.errors)
    errors = [*by_itself.negative, *_used(by_itself, parts, origin), *_benchmarks(accounts, by_itself, parts, origin)]
    errors += _sectors(by_itself, parts, origin) + _selected(by_itself, parts, origin)
    return by_itself.accounts, errors


@dataclass(frozen=True, slots=True)
class _Checked:
    """What checks found in accounts by themselves, and what others ask of them.

    ``flows`` (n, K) of the instruments asked for, ``size`` (n,) and sector (n,) of each account; ``negative`` are flows
    that measures could turn so.
    """

    accounts: "Accounts"
    errors: tuple[Problem, ...]
    negative: tuple[Problem, ...] = ()
    flows: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    size: Floats = field(default_factory=lambda: np.zeros(0))
    sectors: tuple[str, ...] = ()


@lru_cache(maxsize=4)
def _checked(accounts: "Accounts", keys: tuple[str, ...]) -> _Checked:
    """Return what is the same whatever a scenario's rules are, worked out once for the same accounts."""
    errors = _columns(accounts, keys) or [*_firms(accounts), *_measures(accounts)]
    if errors:
        return _Checked(accounts, tuple(errors))
    flows = accounts.firms[list(keys)].to_numpy(dtype=np.float64)
    return _Checked(
        replace(accounts, warnings=tuple(_silent(accounts, flows))),
        (),
        tuple(_lowest_flows(accounts, keys)),
        flows,
        accounts.firms["size"].to_numpy(dtype=np.float64),
        tuple(accounts.firms["sector"].tolist()),
    )


def _columns(accounts: "Accounts", keys: Sequence[str]) -> list[Problem]:
    """Return what a synthetic table lacks; tables from files were checked as they were read."""
    needed = {"id", "sector", "city", "size", "margin", "output_slope", *keys}
    remedy = "Give the account tables a column for each instrument of the scenario."
    return [
        Problem(accounts.labels[0], 0, name, "no account has this column", remedy)
        for name in sorted(needed - set(accounts.firms.columns))
    ]


def _firms(accounts: "Accounts") -> list[Problem]:
    ids = accounts.firms["id"].to_numpy()
    return _doubles(ids, accounts.firm_lines, accounts.labels[0], "id", "the id {} is given twice")


def _doubles(keys: np.ndarray, lines: np.ndarray, label: str, column: str, message: str) -> list[Problem]:
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    again = np.flatnonzero(first[which] != np.arange(keys.size))
    return [
        Problem(
            label,
            int(lines[i]),
            column,
            message.format(keys[i]) + (f" (first on line {lines[first[which[i]]]})" if lines[i] else ""),
            "Keep one of the rows.",
        )
        for i in again
    ]


def _measures(accounts: "Accounts") -> list[Problem]:
    measures, lines, label = accounts.measures, accounts.measure_lines, accounts.labels[1]
    known = set(accounts.firms["id"].tolist())
    firms = measures["firm"].tolist()
    problems = [
        Problem(label, int(lines[i]), "firm", f"no account has the id {firm}", "Name an id of the table of accounts.")
        for i, firm in enumerate(firms)
        if firm not in known
    ]
    named = np.array([f"{name} of firm {firm}" for firm, name in zip(firms, measures["measure"], strict=True)])
    problems += _doubles(named, lines, label, "measure", "the measure {} is given twice")
    if "group" not in measures:
        return problems
    limits: dict[tuple[int, str], float] = {}
    columns = (measures[name] for name in ("group", "group_limit", "weight"))
    for i, (group, limit, weight) in enumerate(zip(*columns, strict=True)):
        if not group:
            continue
        first = limits.setdefault((firms[i], group), limit)
        if first != limit:
            message = f"group {group} of firm {firms[i]} has two limits, {first:g} and {limit:g}"
            problems.append(Problem(label, int(lines[i]), "group_limit", message, "Give the same limit in each row."))
        if weight <= 0:
            message = "a measure in a group needs a weight above 0"
            problems.append(Problem(label, int(lines[i]), "weight", message, "Give a weight, such as 1."))
    return problems


def _lowest_flows(accounts: "Accounts", keys: Sequence[str]) -> list[Problem]:
    """Refuse measures that could turn a flow negative with every measure at its limit."""
    from scenarios.accounts import technology

    table = technology(accounts, keys)
    lowest = table.lowest_flow()
    problems = []
    used = table.baseline.sum(axis=0) > 0  # an instrument without any flow is refused by itself
    for i, k in np.argwhere((lowest < -1e-9 * (1.0 + table.baseline)) & used):
        firm = int(accounts.firms["id"].iloc[i])
        rows = np.flatnonzero(accounts.measures["firm"].to_numpy() == firm)
        cuts = accounts.measures[f"effect_{keys[k]}"].to_numpy()[rows] > 0
        line = int(accounts.measure_lines[rows[cuts][0]]) if cuts.any() else 0
        flow = table.baseline[i, k]
        message = f"the measures of firm {firm} could cut {keys[k]} by {flow - lowest[i, k]:g} of only {flow:g}"
        remedy = "Lower limits or effects, or put competing measures into one group."
        problems.append(Problem(accounts.labels[1], line, f"effect_{keys[k]}", message, remedy))
    return problems


def _used(found: _Checked, parts: Parts, origin: "Origin") -> list[Problem]:
    """Refuse an instrument that no account has flows of."""
    message, remedy = (
        "no account has flows of this instrument",
        "Fill its column in the table of accounts, or remove it.",
    )
    return [
        origin.problem(f"instruments.{key}", message, remedy)
        for k, key in enumerate(parts.instrument_keys)
        if not (found.flows[:, k] > 0).any()
    ]


def _benchmarks(accounts: "Accounts", found: _Checked, parts: Parts, origin: "Origin") -> list[Problem]:
    """Refuse an output benchmark for accounts without output."""
    problems = []
    firms = accounts.firms
    for key, instrument in parts.instruments.items():
        if not isinstance(instrument.allocation, OutputBenchmark):
            continue
        flow = found.flows[:, parts.instrument_keys.index(key)]
        bare = np.flatnonzero((flow > 0) & (found.size <= 0))
        if bare.size:
            i = int(bare[0])
            message = (
                f"{bare.size} accounts have flows of {key} but size 0, so an output benchmark gives them nothing "
                f"(first: id {firms['id'].iloc[i]}, {accounts.labels[0]} line {accounts.firm_lines[i]})"
            )
            remedy = "Give their size, or use kind grandfathering."
            problems.append(origin.problem(f"instruments.{key}.allocation", message, remedy))
    return problems


def _sectors(found: _Checked, parts: Parts, origin: "Origin") -> list[Problem]:
    """Refuse references to a sector that no account has."""
    known = sorted(set(found.sectors))
    named: list[tuple[str, str]] = []
    for index, behaviour in parts.behaviours.items():
        for position, sector in enumerate(behaviour.select.sectors or ()):
            named.append((f"behaviours.{index}.select.sectors.{position}", sector))
    for key, instrument in parts.instruments.items():
        if isinstance(instrument.allocation, OutputBenchmark):
            factors = instrument.allocation.sector_factor
            named += [(f"instruments.{key}.allocation.sector_factor.{sector}", sector) for sector in factors]
    if parts.world is not None:
        named += [(f"world.growth.{sector}", sector) for sector in parts.world.growth]
    return [
        origin.problem(key, f"no account is in the sector {sector!r}", suggestion(sector, known, "Sectors"))
        for key, sector in named
        if sector not in known
    ]


def _selected(found: _Checked, parts: Parts, origin: "Origin") -> list[Problem]:
    """Refuse behaviours that leave accounts without one."""
    from scenarios.build import assign

    rules = list(parts.behaviours.values())
    if not rules or any(rule.select.sectors is None and rule.select.ranked == "all" for rule in rules):
        return []
    left = np.flatnonzero(assign([rule.select for rule in rules], found.sectors, found.flows.sum(axis=1)) < 0)
    if not left.size:
        return []
    named = ", ".join(sorted({found.sectors[i] for i in left}))
    message = f"{left.size} accounts are left without a behaviour, in {named}"
    remedy = "End the list with an entry without `select`, which takes everybody else."
    return [origin.problem("behaviours", message, remedy)]


def _silent(accounts: "Accounts", flows: Floats) -> list[Problem]:
    """Return warnings about accounts that hold nothing to trade."""
    return [
        Problem(
            accounts.labels[0],
            int(accounts.firm_lines[i]),
            "id",
            f"account {accounts.firms['id'].iloc[i]} has no flow of any instrument",
            "Remove the row if that is not meant.",
        )
        for i in np.flatnonzero(~(flows > 0).any(axis=1))
    ]
