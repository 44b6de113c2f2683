"""What the recorder keeps of accounts agrees with what the regulator did in the end."""

import numpy as np
import pytest

from agents.model import RightsMarketModel
from scenarios import load
from scenarios.build import build


@pytest.fixture(scope="module")
def model() -> RightsMarketModel:
    """Jiangxi for three years: carbon follows output, 70 % in advance and the rest in September of the next year."""
    return RightsMarketModel(build(load("jiangxi", {"calendar.years": 3})), 0).run()


def test_free_rights_are_those_that_the_regulator_gave_in_the_end(model: RightsMarketModel) -> None:
    assert model.recorder.firms["allocated"] == pytest.approx(model.regulator.issued)


def test_what_output_earns_is_near_the_cap_in_every_year(model: RightsMarketModel) -> None:
    carbon = model.recorder.firms["allocated"][:, :, 0].sum(axis=1)
    assert (np.abs(carbon / model.regulator.cap[:, 0] - 1.0) < 0.02).all()  # 0.7 without the later part
