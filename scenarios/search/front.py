"""The policies that were found as scenario files, ready for `quotalab check` and `quotalab run`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scenarios.loading import library
from scenarios.overlay import overlay_text
from scenarios.result_files import scenario_document
from scenarios.results import INPUTS, input_files
from scenarios.search.cap_bisection import CapAnswer
from scenarios.search.declared import Search
from scenarios.search.folder import StudyFolder
from scenarios.search.judging import Policy, policies_table
from scenarios.search.loading import WHOLE_CAP, SearchPlan
from scenarios.sweeps.base import Base
from scenarios.sweeps.parameters import Parameter, overrides_of

if TYPE_CHECKING:
    import pandas as pd

    from scenarios.calibration.declared import Calibration

FRONT = "front"


def document(
    declared: "Search | Calibration", base: Base, parameters: Sequence[Parameter], values: Mapping[str, Any], name: str
) -> bytes:
    """Return the scenario at some values: an extension of the library's scenario, or the whole of another one.

    The tables of the latter are expected in a folder beside it (`put`).
    """
    changes = overrides_of(parameters, values, base.plain)
    if declared.scenario in library():
        return overlay_text(declared.scenario, {**declared.overrides, **changes, "name": name}).encode()
    scenario = base.at(parameters, values).model_copy(update={"name": name})
    return scenario_document(scenario, input_files(base.scenario), INPUTS)


def write_front(plan: SearchPlan, folder: StudyFolder, policies: Sequence[Policy]) -> None:
    """Write the policies on the front, and remove the files of those that are on it no more."""
    table = policies_table(policies, plan)
    chosen = set(table.loc[table["front"], "trial"])
    wanted = {
        f"trial-{policy.trial:05d}": document(
            plan.search, plan.base, plan.decisions, policy.values, f"{plan.search.name[:50]}-{policy.trial:05d}"
        )
        for policy in policies
        if policy.trial in chosen
    }
    put(plan.search, plan.base, folder, wanted)


def write_caps(plan: SearchPlan, folder: StudyFolder, answers: Sequence[CapAnswer]) -> None:
    """Write the scenario of each right's tightest cap."""
    whole = {one.name: WHOLE_CAP for one in plan.decisions}
    wanted = {
        f"tightest-{one.instrument}": document(
            plan.search,
            plan.base,
            plan.decisions,
            {**whole, f"{one.instrument}.cap_scale": one.scale},
            f"{plan.search.name[:30]}-{one.instrument.replace('_', '-')}",
        )
        for one in answers
        if one.answer != "none"
    }
    put(plan.search, plan.base, folder, wanted)


def put(declared: "Search | Calibration", base: Base, folder: StudyFolder, documents: Mapping[str, bytes]) -> None:
    """Write scenario documents by name, and the tables they need, in place of those that were there."""
    for old in (folder.path / FRONT).glob("*.yaml"):
        if old.stem not in documents:
            old.unlink()
    if documents and declared.scenario not in library():
        for name, content in input_files(base.scenario).items():
            folder.write(f"{FRONT}/{INPUTS}/{name}", content)
    for name, content in documents.items():
        folder.write(f"{FRONT}/{name}.yaml", content)


def caps_table(answers: Iterable[CapAnswer]) -> "pd.DataFrame":
    """Return one row per right: its tightest scale, the next tighter one, what was found, what binds."""
    import pandas as pd

    rows = [
        {
            "instrument": one.instrument, "scale": one.scale, "too_tight": one.too_tight, "answer": one.answer,
            "monotone": one.monotone, "binding": "; ".join(one.binding), "tried": len(one.tried),
        }
        for one in answers
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.attrs["units"] = dict.fromkeys(("scale", "too_tight"), "% of the scenario's cap")
    return frame
