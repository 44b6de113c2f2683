"""Checks of the synthesis tables against each other: nothing missing, totals that fit, no flow below zero."""

from collections import defaultdict
from itertools import product

from scenarios.messages import suggestion
from scenarios.synthesis_tables import SECTOR_PARAMETERS, USED_PARAMETERS, Reading, Row, flows_of_plant

CLOSENESS = 1e-6


def check_tables(reading: Reading) -> None:
    """Report every mistake that needs more than one row to see."""
    _complete(reading)
    if reading.problems:
        return
    _parameters(reading)
    _locations(reading)
    _totals(reading)
    _named_plants(reading)
    _measures(reading)


def _complete(reading: Reading) -> None:
    """Every sector has its parameters and controls, every technology its factors."""
    sectors = reading.ids("sectors")
    written = {(row["sector"], row["parameter"]) for row in reading.rows["sector_parameters"]}
    for sector, parameter in product(sectors, SECTOR_PARAMETERS):
        if (sector, parameter) not in written:
            reading.report("sector_parameters", 0, "parameter", f"sector {sector} has no {parameter}", "Add a row.")
    for name in sorted(set(USED_PARAMETERS) - set(reading.ids("parameters"))):
        reading.report("parameters", 0, "id", f"the parameter {name} is missing", "Add a row.")
    _controls_complete(reading, {"sector": sectors, "city": reading.ids("cities")})
    _factors_complete(reading)


def _controls_complete(reading: Reading, keys: dict[str, list[str]]) -> None:
    controls = {(row["level"], row["key"], row["instrument"]) for row in reading.rows["controls"]}
    for line, row in reading.each("controls"):
        if row["key"] not in keys[row["level"]]:
            message = f"there is no {row['level']} {row['key']!r}"
            reading.report("controls", line, "key", message, suggestion(row["key"], keys[row["level"]], "Known"))
    for instrument in reading.ids("instruments"):
        for sector in keys["sector"]:
            if ("sector", sector, instrument) not in controls:
                message = f"sector {sector} has no control total of {instrument}"
                reading.report("controls", 0, "key", message, "Add a row (0 where there is none).")
        absent = [city for city in keys["city"] if ("city", city, instrument) not in controls]
        if 0 < len(absent) < len(keys["city"]):
            message = f"{instrument} has control totals of some cities, but not of {', '.join(absent)}"
            reading.report("controls", 0, "key", message, "Give all cities or none.")


def _factors_complete(reading: Reading) -> None:
    factors = {(row["technology"], row["instrument"]) for row in reading.rows["factors"]}
    for line, plant in reading.each("plants"):
        needed = [(plant["technology"], name) for name in ("output", *reading.ids("instruments"))]
        if plant["once_through_share"] > 0:
            needed.append(("once-through-cooling", "water"))
        for technology, name in needed:
            if (technology, name) not in factors:
                message = f"technology {technology} has no factor of {name}"
                reading.report("plants", line, "technology", message, "Add a row to factors.csv (0 where none).")


def _parameters(reading: Reading) -> None:
    bounds = {
        "output": (0, 1e18), "price": (0, 1e12), "margin": (0, 1e12), "output_limit": (0, 1), "output_slope": (0, 1e6),
        "growth": (-0.5, 0.5), "activity_sd": (0, 0.5), "tail": (0.1, 10), "accounts": (1, 1e7),
    }  # fmt: skip
    for line, row in reading.each("sector_parameters"):
        low, high = bounds[row["parameter"]]
        if not low <= row["value"] <= high:
            message = f"{row['parameter']} is {row['value']:g}"
            reading.report("sector_parameters", line, "value", message, f"Write a number from {low:g} to {high:g}.")
    limits = {name: (0.0, 2.0) for name in USED_PARAMETERS if name.endswith("_sd")}
    limits |= {"cost_size_exponent": (-1, 1), "intensity_size_exponent": (-1, 1), "size_ratio_limit": (1, 1e9)}
    for line, row in reading.each("parameters"):
        low, high = limits.get(row["id"], (-1e18, 1e18))
        if not low <= row["value"] <= high:
            message = f"{row['id']} is {row['value']:g}"
            reading.report("parameters", line, "value", message, f"Write a number from {low:g} to {high:g}.")


def _locations(reading: Reading) -> None:
    total: defaultdict[str, float] = defaultdict(float)
    last = {}
    for line, row in reading.each("locations"):
        total[row["sector"]] += row["share"]
        last[row["sector"]] = line
    for sector in reading.ids("sectors"):
        if abs(total[sector] - 1) > CLOSENESS:
            message = f"the shares of {sector} add up to {total[sector]:.9g}"
            reading.report("locations", last.get(sector, 0), "share", message, "Make them add up to 1.")


def _totals(reading: Reading) -> None:
    """Cities and sectors describe the same province."""
    total: defaultdict[tuple[str, str], float] = defaultdict(float)
    first: dict[str, int] = {}
    for line, row in reading.each("controls"):
        total[row["level"], row["instrument"]] += row["total"]
        if row["level"] == "city":
            first.setdefault(row["instrument"], line)
    for instrument, line in first.items():
        sectors, cities = total["sector", instrument], total["city", instrument]
        if abs(sectors - cities) > CLOSENESS * max(sectors, 1.0):
            message = f"the cities' {instrument} adds up to {cities:.9g}, the sectors' to {sectors:.9g}"
            reading.report("controls", line, "total", message, "Scale one of them so that both agree.")


def _named_plants(reading: Reading) -> None:
    """Named plants fit below their sector's and their city's totals and their sector's output and accounts."""
    factors = {(row["technology"], row["instrument"]): row["value"] for row in reading.rows["factors"]}
    instruments = reading.ids("instruments")
    control = {(row["level"], row["key"], row["instrument"]): row["total"] for row in reading.rows["controls"]}
    for row in reading.rows["sector_parameters"]:
        control["sector", row["sector"], row["parameter"]] = row["value"]
    named: defaultdict[tuple[str, str, str], float] = defaultdict(float)
    last: dict[tuple[str, str], int] = {}
    for line, plant in reading.each("plants"):
        flows = flows_of_plant(plant, factors, instruments) | {"accounts": 1.0}
        for level in ("sector", "city"):
            last[level, plant[level]] = line
            for name, flow in flows.items():
                named[level, plant[level], name] += flow
    for (level, key, name), flow in named.items():
        if flow > control.get((level, key, name), float("inf")) * (1 + CLOSENESS):
            message = (
                f"named plants of {level} {key} have {name} {flow:.6g}, above its total {control[level, key, name]:.6g}"
            )
            remedy = "Lower a capacity, utilisation or factor, or raise the total."
            reading.report("plants", last[level, key], level, message, remedy)
    for (level, key), line in last.items():
        accounts = control.get((level, key, "accounts"), float("inf"))
        short = [k for k in instruments if named[level, key, k] < control.get((level, key, k), 0.0) * (1 - CLOSENESS)]
        if named[level, key, "accounts"] >= accounts and short:
            message = f"all {accounts:g} accounts of {key} are named, but leave some of its {', '.join(short)}"
            reading.report("plants", line, level, message, "Raise the number of accounts in sector_parameters.csv.")


def _measures(reading: Reading) -> None:
    """Costs rise, a measure cuts its own lead one for one, groups exist, and no flow can turn negative."""
    groups = {(row["sector"], row["group"]): row for row in reading.rows["groups"]}
    by_sector: defaultdict[str, list[tuple[int, Row]]] = defaultdict(list)
    for line, row in reading.each("measures"):
        by_sector[row["sector"]].append((line, row))
        if row["cost_end"] < row["cost_start"]:
            message = f"cost_end {row['cost_end']:g} is below cost_start {row['cost_start']:g}"
            reading.report("measures", line, "cost_end", message, "Marginal cost must not fall.")
        if row[f"effect_{row['lead']}"] != 1:
            message = "a measure cuts its lead flow one for one"
            reading.report("measures", line, f"effect_{row['lead']}", message, "Write 1.")
        if row["group"]:
            group = groups.get((row["sector"], row["group"]))
            if group is None:
                message = f"sector {row['sector']} has no group {row['group']!r}"
                reading.report("measures", line, "group", message, "Add it to groups.csv or leave the cell empty.")
            elif row[f"effect_{group['instrument']}"] <= 0:
                message = f"the group shares {group['instrument']}, which this measure does not cut"
                reading.report("measures", line, "group", message, "Leave the cell empty or correct the effect.")
    if reading.problems:
        return
    for sector, rows in by_sector.items():
        for instrument in reading.ids("instruments"):
            cut = largest_cut([row for _, row in rows], groups, sector, instrument)
            if cut > 1 + CLOSENESS:
                message = f"all measures of {sector} together could cut {cut:.3g} of its {instrument}"
                remedy = "Lower limits or effects, or put competing measures into one group."
                reading.report("measures", rows[-1][0], f"effect_{instrument}", message, remedy)


def largest_cut(rows: list[Row], groups: dict[tuple[str, str], Row], sector: str, instrument: str) -> float:
    """Return the largest share of a flow that a sector's measures can remove: the groups' fractional knapsacks."""
    total = sum(max(row[f"effect_{instrument}"], 0.0) * row["share_limit"] for row in rows if not row["group"])
    for (owner, name), group in groups.items():
        if owner != sector:
            continue
        weight = f"effect_{group['instrument']}"
        members = [row for row in rows if row["group"] == name and row[f"effect_{instrument}"] > 0]
        room = group["share_limit"]
        for row in sorted(members, key=lambda row: -row[f"effect_{instrument}"] / row[weight]):
            level = min(row["share_limit"], room / row[weight])
            total += row[f"effect_{instrument}"] * level
            room -= row[weight] * level
    return total
