"""What the documentation shows runs: the README's mechanism, and every rule on the page of mechanisms."""

import re
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.model import RightsMarketModel
from market.instruments import Venue
from market.matching import MECHANISMS
from market.matching.contract import check_mechanism
from market.matching.protocol import MechanismRule
from market.policies.containment import Containment
from scenarios import load
from scenarios.build import build
from scenarios.checks import check
from scenarios.documents import parse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "mechanisms.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def own_mechanism() -> type[MechanismRule]:
    code = blocks(README, "python")
    example = next(block for block in code if "class LargeOrdersOnly" in block)
    assert len(example.splitlines()) <= 15
    names: dict[str, Any] = {"__name__": __name__}
    exec(next(block for block in code if "import MechanismRule" in block), names)  # noqa: S102 - our own README
    exec(example, names)  # noqa: S102
    return names["LargeOrdersOnly"]


def test_the_mechanism_of_the_readme_keeps_the_contract_and_runs_a_market():
    mechanism = own_mechanism()
    check_mechanism(mechanism)
    spec = build(load("textbook-montgomery"))
    venue = Venue.model_construct(name="mine", mechanism=mechanism(), cost=None)
    rule = spec.rules[0].model_copy(update={"venues": (venue,)})
    model = RightsMarketModel(replace(spec, instruments={"carbon": rule})).run()
    model.registry.check()
    assert np.nansum(model.recorder.venues["volume"]) > 0


@pytest.mark.parametrize("text", blocks(PAGE, "yaml"))
def test_rules_on_the_page_run(text):
    found, problems = parse(text, "page")
    assert not problems
    changes = {f"instruments.carbon.{key}": value for key, value in found.plain().items()}
    scenario = load("textbook-banking", changes | {"calendar.years": 3})
    check(scenario)
    model = RightsMarketModel(build(scenario)).run()
    model.registry.check()
    assert np.nansum(model.recorder.venues["volume"]) > 0


@pytest.mark.parametrize("text", blocks(README, "yaml"))
def test_scenarios_of_the_readme_pass_every_check(text, tmp_path):
    if "schema:" not in text:
        text = f"schema: 1\nextends: jiangxi\nname: of-the-readme\ntitle: {{en: README, zh: 示例}}\n{text}"
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    check(load(file))


def test_the_examples_use_every_containment_rule():
    text = "\n".join(blocks(PAGE, "yaml"))
    kinds = [rule.model_fields["kind"].default for rule in Containment.__origin__.__args__]
    assert [kind for kind in kinds if f"kind: {kind}" not in text] == []


def test_the_page_names_every_mechanism_and_every_rule():
    for kind in MECHANISMS:
        assert f"| `{kind}` |" in PAGE
    rules = Containment.__origin__.__args__
    for rule in rules:
        assert f"| `{rule.model_fields['kind'].default}` |" in PAGE


def test_the_page_of_parameters_is_what_the_rules_declare():
    page = runpy.run_path(str(ROOT / "docs" / "write_parameters.py"))["page"]
    assert (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8") == page()
