"""Documents laid over one another: what one extends, values replaced one by one, and where each is written."""

from typing import Any

from scenarios.documents import Node, node_of
from scenarios.errors import Problem


def merged(base: Node, over: Node) -> Node:
    """Return ``over`` laid on ``base``: mappings merge, a null removes a key, anything else replaces."""
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    kind, other = base.value.get("kind"), over.value.get("kind")
    if kind is not None and other is not None and other.value not in (None, kind.value):
        return over  # another kind of rule has other keys
    result = dict(base.value)
    for key, child in over.value.items():
        if child.value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result[key], child) if key in result else child
    return Node(result, over.file, over.line)


def replaced(tree: Node, key: str, value: Any, problems: list[Problem], label: str) -> Node:
    """Return the tree with one value replaced; a path through something without parts is added to the problems."""
    steps = key.split(".")

    def refuse(message: str, remedy: str) -> Node:
        problems.append(Problem(label, 0, f"--set {key}", message, remedy))
        return tree

    if "" in steps:
        return refuse("the path has an empty part", "Join the keys by single dots, as in instruments.carbon.lot.")
    try:
        replacement = node_of(value, f"--set {key}")
    except TypeError as error:
        return refuse(f"a value of type {error} is no plain data", "Give a number, text, list or mapping.")

    def place(node: Node, position: int) -> Node:
        if position == len(steps):
            return replacement
        step = steps[position]
        if isinstance(node.value, dict):
            child = node.value.get(step, Node({}, f"--set {key}", 0))
            return Node({**node.value, step: place(child, position + 1)}, node.file, node.line)
        if isinstance(node.value, list) and step.isdecimal() and int(step) < len(node.value):
            index = int(step)
            items = [place(item, position + 1) if i == index else item for i, item in enumerate(node.value)]
            return Node(items, node.file, node.line)
        above = ".".join(steps[:position])
        if isinstance(node.value, list):
            message = f"{above} is a list of {len(node.value)}, so {step!r} names no item of it"
            remedy = f"Items are numbered from 0: {above}.0 is the first."
        else:
            message, remedy = f"{above} is a single value without keys", f"Set {above} itself."
        refuse(message, remedy)
        return node

    return place(tree, 0)


def collect(node: Node, key: str, places: dict[str, tuple[str, int]]) -> None:
    """Enter the file and line of a node and of everything beneath it, by dotted key."""
    if key:
        places[key] = (node.file, node.line)
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            collect(child, f"{key}.{name}" if key else name, places)
    elif isinstance(node.value, list):
        for index, child in enumerate(node.value):
            collect(child, f"{key}.{index}", places)
