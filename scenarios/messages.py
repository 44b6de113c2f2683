"""Turns pydantic's findings about a document into plain words: what is wrong and how to mend it."""

import json
from difflib import get_close_matches
from functools import cache
from typing import Any

from market.rules import Rule
from scenarios.documents import Node
from scenarios.schema import Scenario

Path = tuple[str | int, ...]
_WRONG_TYPE = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
    "model_attributes_type": "a group of keys",
}
_BOUND = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
    "greater_than": ("gt", "greater than"),
    "less_than": ("lt", "less than"),
}


def explain(error: Any, tree: Node, top: type[Rule] = Scenario) -> tuple[Path, str, str]:
    """Return the key path, the message and the remedy of one finding of pydantic about a tree of a class."""
    path, about_key = _path(error["loc"], tree)
    kind, context = error["type"], error.get("ctx", {})
    found = _shown(error["input"])
    if kind == "missing":
        return path, "the key is missing", f"Add it: {_described(path, tree, top)}."
    if kind == "extra_forbidden":
        known = known_keys(path[:-1], tree, top)
        return path, "the key is not known", suggestion(str(path[-1]), known, "Known here")
    if kind in _BOUND:
        name, words = _BOUND[kind]
        bound = _number(context[name])
        return (
            path,
            f"{found} is not {words} {bound}",
            f"Give a value {words} {bound} for {_described(path, tree, top)}.",
        )
    if kind in _WRONG_TYPE:
        wanted = _WRONG_TYPE[kind]
        where = "a key here" if about_key else "the value"
        return path, f"{where} must be {wanted}, not {_named(error['input'])}", _cast(wanted, error["input"])
    return _special(kind, context, path, found, tree, top)


def _special(kind: str, context: Any, path: Path, found: str, tree: Node, top: type[Rule]) -> tuple[Path, str, str]:
    described = _described(path, tree, top)
    if kind in {"union_tag_invalid", "literal_error"}:
        return _choice(kind, context, path, found)
    if kind == "union_tag_not_found":
        path, message = (*path, "kind"), "the key is missing"
        remedy = f"Add `kind: …`, one of {', '.join(_kinds(path[:-1], tree, top))}."
    elif kind == "string_pattern_mismatch":
        message = f"{found} is not a name that can be used here"
        remedy = f"Use a short name in lower-case letters and digits (pattern {context['pattern']})."
    elif kind in {"too_short", "string_too_short"}:
        message, remedy = "nothing is given", f"Give at least {context['min_length']} for {described}."
    elif kind in {"too_long", "string_too_long"}:
        message, remedy = "too many are given", f"Give at most {context['max_length']} for {described}."
    elif kind == "value_error":
        message, remedy = str(context["error"]), f"Change {described}."
    else:
        message, remedy = f"{found} cannot be used", f"Change {described}."
    return path, message, remedy


def _choice(kind: str, context: Any, path: Path, found: str) -> tuple[Path, str, str]:
    text = str(context.get("expected_tags") or context.get("expected"))
    allowed = [word.strip(" '") for word in text.replace(" or ", ", ").split(",")]
    if kind == "union_tag_invalid":
        path, found = (*path, "kind"), repr(context["tag"])
    if path == ("schema",):
        return path, f"scenario format {found} is not known", "This version reads `schema: 1`."
    return path, f"{found} is not one of the choices", suggestion(found.strip("'"), allowed, "Choose")


def _path(loc: tuple[str | int, ...], tree: Node) -> tuple[Path, bool]:
    """Return the key path of a finding without the tags of unions, and whether it is about a key, not a value."""
    about_key = bool(loc) and loc[-1] == "[key]"
    path: list[str | int] = []
    node: Node | None = tree
    for step in loc[:-1] if about_key else loc:
        inside = node.value if node is not None else None
        if isinstance(inside, dict):
            kind = inside.get("kind")
            if step not in inside and kind is not None and kind.value == step:
                continue
            node = inside.get(str(step))
        elif isinstance(inside, list) and isinstance(step, int):
            node = inside[step] if step < len(inside) else None
        path.append(step)
    return tuple(path), about_key


def suggestion(word: str, known: list[str], lead: str) -> str:
    """Return a remedy that names the closest known word, or all of them."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    return f"{lead}: {', '.join(known)}." if known else "Remove it."


def known_keys(path: Path, tree: Node, top: type[Rule] = Scenario) -> list[str]:
    """Return the keys that the schema knows at a path."""
    return list(_at(path, tree, top).get("properties", {}))


@cache
def _schema(top: type[Rule]) -> dict[str, Any]:
    return top.model_json_schema()


def _at(path: Path, tree: Node, top: type[Rule]) -> dict[str, Any]:
    """Return the schema at a path, following references and the kind that the document names."""
    here, node = _schema(top), tree
    here = _settled(here, node, top)
    for step in path:
        inside = node.value if node is not None else None
        if isinstance(inside, dict):
            node = inside.get(str(step))
        elif isinstance(inside, list) and isinstance(step, int) and step < len(inside):
            node = inside[step]
        else:
            node = None
        if "properties" in here:
            here = here["properties"].get(step, {})
        elif "patternProperties" in here:
            here = next(iter(here["patternProperties"].values()))
        else:
            here = here.get("additionalProperties") or here.get("items") or next(iter(here.get("prefixItems", [])), {})
        here = _settled(here, node, top)
    return here


def _settled(here: Any, node: Node | None, top: type[Rule]) -> dict[str, Any]:
    if not isinstance(here, dict):
        return {}
    described = {key: here[key] for key in ("description", "unit") if key in here}
    for choice in here.get("anyOf", []):
        if choice.get("type") != "null":
            here = choice
    if "oneOf" in here and node is not None and isinstance(node.value, dict):
        tag = node.value.get("kind")
        kinds = here["discriminator"]["mapping"]
        if tag is not None and isinstance(tag.value, str) and tag.value in kinds:
            here = {"$ref": kinds[tag.value]}
    if "$ref" in here:
        here = _schema(top)["$defs"][here["$ref"].rsplit("/", 1)[1]]
    return {**here, **described}


def _kinds(path: Path, tree: Node, top: type[Rule]) -> list[str]:
    return list(_at(path, tree, top).get("discriminator", {}).get("mapping", {}))


def _described(path: Path, tree: Node, top: type[Rule]) -> str:
    here = _at(path, tree, top)
    unit = f" ({here['unit']})" if "unit" in here else ""
    name = f"`{path[-1]}`" if path else "the file"
    return f"{name}, {str(here['description']).splitlines()[0].rstrip('.')}{unit}" if "description" in here else name


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _number(bound: float) -> str:
    return f"{bound:g}"


def _named(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return "a list"
    return f"the text {_shown(value)}" if isinstance(value, str) else _shown(value)


def _cast(wanted: str, value: Any) -> str:
    if wanted.endswith("number") and isinstance(value, str):
        quoted = value.lstrip("+-").replace(".", "", 1).isdecimal()
        return "Remove the quotes." if quoted else "Write digits only, without units, separators or quotes."
    if wanted == "a whole number" and isinstance(value, float):
        return f"Write {value:.0f}."
    return {
        "true or false": "Write true or false.",
        "text": "Put it in quotes.",
        "a list": "Write a list, such as [first, second].",
        "a group of keys": "Write the keys on indented lines below.",
    }.get(wanted, f"Write {wanted}.")
