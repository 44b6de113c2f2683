"""Writes docs/parameters.md from the declared rules: ``python docs/write_parameters.py``. A test compares the two."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "parameters.md"

HEAD = """# Parameters of mechanisms and containment rules

Written by `docs/write_parameters.py` out of the declared rules; a test holds the two together. What the rules do is in
[mechanisms.md](mechanisms.md). *required* stands where there is no default. *Money* is the scenario's currency, a
*unit* what one right allows. Amounts are in units, not lots, and prices in money, not ticks.
"""


def page() -> str:
    """Return the whole page."""
    from market.matching import MECHANISMS
    from market.policies.containment import ReserveTier, YearlyAmount
    from market.policies.containment.price_path import PricePath
    from market.policies.containment.price_steps import PriceStep
    from market.policies.containment.stack import Containment
    from market.policies.transaction_cost import SideCost

    rules = Containment.__origin__.__args__  # type: ignore[attr-defined]
    parts = [HEAD, "## Mechanisms\n"]
    parts += [section(f"`{kind}`", rule) for kind, rule in MECHANISMS.items()]
    parts += ["## Costs of trading\n", section("`cost.buyer`, `cost.seller` of a venue", SideCost)]
    parts.append("## Containment\n")
    parts += [section(f"`{rule.model_fields['kind'].default}`", rule) for rule in rules]
    parts.append("## What containment rules are made of\n")
    parts.append(section("a price by year", PricePath))
    parts.append(section("an amount by year", YearlyAmount))
    parts.append(section("a tier of `cost_containment_reserve`", ReserveTier))
    parts.append(section("a step of `price_steps`", PriceStep))
    return "\n".join(parts)


def section(title: str, rule: Any) -> str:
    """Return the table of one rule's parameters."""
    rows = [f"### {title}\n", "| parameter | unit | default | meaning |", "|---|---|---|---|"]
    for name, field in rule.model_fields.items():
        if name == "kind":
            continue
        unit = (field.json_schema_extra or {}).get("unit", "–")
        meaning = f"{field.description}{bounds(field)}".replace("|", "\\|")
        rows.append(f"| `{name}` | {unit} | {default(field)} | {meaning} |")
    if len(rows) == 3:
        return f"### {title}\n\nNo parameters.\n"
    return "\n".join(rows) + "\n"


def default(field: Any) -> str:
    """Return a field's default as a scenario file would say it."""
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[]`" if not value else f"`{list(value)}`"
    if isinstance(value, float):
        return f"`{value:g}`" if value < 1e5 else f"`{value:,.0f}`"
    return f"`{value}`"


def bounds(field: Any) -> str:
    """Return a field's choices and bounds in brackets."""
    from typing import Literal, get_args, get_origin

    found = []
    if get_origin(field.annotation) is Literal:
        found.append(", ".join(f"`{choice}`" for choice in get_args(field.annotation)))
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below", "min_length": "entries at least"}
    for limit in field.metadata:
        found += [f"{word} {getattr(limit, key):g}" for key, word in words.items() if hasattr(limit, key)]
    return f" ({', '.join(found)})" if found else ""


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(page(), encoding="utf-8")
