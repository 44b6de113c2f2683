"""Short forms of a scenario file, written out before it is read: venues by the names of their mechanisms.

``venues: call`` and ``venues: listed+block`` stand for a venue with each mechanism named, called by its kind;
``mechanism: order_book`` for ``mechanism: {kind: order_book}``. What is written out keeps file and line.
"""

from scenarios.documents import Node

MECHANISM = {"call": "call_auction"}
"""Short words for mechanisms beside their kinds."""


def written_out(tree: Node) -> Node:
    """Return a scenario's tree without short forms."""
    instruments = tree.children.get("instruments")
    if instruments is None or not instruments.children:
        return tree
    found = {key: _instrument(node) for key, node in instruments.children.items()}
    return Node({**tree.children, "instruments": Node(found, instruments.file, instruments.line)}, tree.file, tree.line)


def _instrument(node: Node) -> Node:
    venues = node.children.get("venues")
    if venues is None:
        return node
    if isinstance(venues.value, str):
        words = [word.strip() for word in venues.value.split("+")]
        items = [_venue(Node(word, venues.file, venues.line)) for word in words]
    elif isinstance(venues.value, list):
        items = [_venue(item) for item in venues.value]
    else:
        return node
    return Node({**node.children, "venues": Node(items, venues.file, venues.line)}, node.file, node.line)


def _venue(node: Node) -> Node:
    if isinstance(node.value, str):
        kind = MECHANISM.get(node.value, node.value)
        mechanism = Node({"kind": Node(kind, node.file, node.line)}, node.file, node.line)
        return Node({"name": Node(kind, node.file, node.line), "mechanism": mechanism}, node.file, node.line)
    mechanism = node.children.get("mechanism")
    if mechanism is None or not isinstance(mechanism.value, str):
        return node
    kind = MECHANISM.get(mechanism.value, mechanism.value)
    whole = Node({"kind": Node(kind, mechanism.file, mechanism.line)}, mechanism.file, mechanism.line)
    return Node({**node.children, "mechanism": whole}, node.file, node.line)
