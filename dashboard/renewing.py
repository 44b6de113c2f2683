"""What of a part of the page has to be sent anew: the whole, or, where its frame is the same, only what differs in it.

A browser builds everything that is sent as a whole from nothing: charts, inputs, and the callbacks of those inputs. So
where a part differs only in figures, in values of inputs or in named texts, these alone are sent, and only those that
differ. A chart then moves to its new data in its place, and who is typing keeps the cursor.
"""

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash import no_update
from dash.development.base_component import Component

PROPERTIES = {"chart": "figure", "drag": "figure", "lever": "value", "moved": "value", "told": "children"}
"""What may differ within the same frame, by the type in a component's id."""

Changes = list[tuple[dict[str, str], dict[str, Any]]]


@dataclass(slots=True)
class Renewal:
    """The parts of one page that are sent anew.

    Attributes
    ----------
    known : what is remembered of the parts that the browser shows, by name.
    parts : the same of those that were looked at.
    changes : what differs inside parts that are not sent as a whole: ids, and properties with their new values.
    """

    known: Mapping[str, Any]
    parts: dict[str, Any] = field(default_factory=dict)
    changes: Changes = field(default_factory=list)

    @classmethod
    def since(cls, remembered: Any) -> "Renewal":
        """Return one after what `remembered` gave before, as it comes back from a browser."""
        return cls(remembered if isinstance(remembered, Mapping) else {})

    def of(self, name: str, part: Component | list[Component] | None) -> Any:
        """Return a part, or `no_update` where it is enough to send what differs in it."""
        whole, inside, self.parts[name] = renewed(part, self.known.get(name))
        self.changes += inside
        return whole

    def remembered(self, shown: Container[str]) -> dict[str, Any]:
        """Return what to remember of all parts that are still shown."""
        return {**{name: part for name, part in self.known.items() if name in shown}, **self.parts}


def renewed(
    part: Component | list[Component] | None, before: Mapping[str, Any] | None
) -> tuple[Any, Changes, dict[str, Any]]:
    """Return what to send of a part: the whole or `no_update`, what differs inside it, and what to remember.

    Parameters
    ----------
    part : as it is to be seen.
    before : what was to be remembered of the part that the browser shows; None if it shows none.
    """
    inside: Changes = []
    now = {"frame": _digest(_outline(part, inside)), "inside": [_digest(properties) for _, properties in inside]}
    same = before.get("inside") if isinstance(before, Mapping) and before.get("frame") == now["frame"] else None
    if not isinstance(same, list) or len(same) != len(inside):
        return part, [], now
    return no_update, [one for one, new, old in zip(inside, now["inside"], same, strict=True) if new != old], now


def _outline(part: Any, inside: Changes) -> Any:
    """Return a part as plain data without what may differ, which is added to ``inside`` in order."""
    if isinstance(part, list | tuple):
        return [_outline(one, inside) for one in part]
    if not isinstance(part, Component):
        return part
    plain = part.to_plotly_json()  # type: ignore[no-untyped-call]
    properties, name = dict(plain["props"]), plain["props"].get("id")
    differs = PROPERTIES.get(name["type"]) if isinstance(name, dict) else None
    if differs is not None:
        inside.append((name, {differs: properties.pop(differs, None)}))
    if "data-page" in properties:
        properties.pop("href", None)  # the browser keeps the links up to date by itself
    return [plain["type"], {key: _outline(value, inside) for key, value in properties.items()}]


def _digest(plain: Any) -> str:
    from plotly.io.json import to_json_plotly  # type: ignore[import-untyped]

    return hashlib.blake2b(str(to_json_plotly(plain)).encode(), digest_size=8).hexdigest()
