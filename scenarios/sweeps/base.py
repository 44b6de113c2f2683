"""What a sweep varies: the base scenario as plain data, and the scenario of a point, loaded and checked.

The base is written out with every default, so that a path exists whatever its file leaves out; its tables are found
where the base has them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.documents import Node, node_of
from scenarios.errors import InputError
from scenarios.loading import Draft, origin_of, read_node
from scenarios.schema import Scenario
from scenarios.sweeps.parameters import Parameter, overrides_of

LABEL = "scenario"


@dataclass(frozen=True, slots=True)
class Base:
    """The scenario that is varied.

    Attributes
    ----------
    plain : the scenario as plain data.
    tree : the same as a document.
    folders : what relative paths are relative to.
    """

    scenario: Scenario
    plain: Mapping[str, Any]
    tree: Node
    folders: dict[str, Path]

    @classmethod
    def of(cls, scenario: Scenario) -> "Base":
        """Return the base of a loaded scenario."""
        plain = scenario.model_dump(mode="json", by_alias=True)
        key = "population.folder" if hasattr(scenario.population, "folder") else "population.firms"
        folder = origin_of(scenario).resolve(key, ".")
        return cls(scenario, plain, node_of(plain, LABEL), {"": folder, LABEL: folder})

    def draft(self, parameters: Sequence[Parameter], values: Mapping[str, Any]) -> Draft:
        """Return everything that can be said about the scenario of a point."""
        return read_node(self.tree, LABEL, self.folders, overrides_of(parameters, values, self.plain))

    def at(self, parameters: Sequence[Parameter], values: Mapping[str, Any]) -> Scenario:
        """Return the scenario of a point; raises InputError with every mistake."""
        draft = self.draft(parameters, values)
        if draft.scenario is None:
            raise InputError(draft.problems)
        return draft.scenario
