"""Dotted paths in the words of forms."""

import pytest

from scenarios import load
from scenarios.path_words import STEP, path_in_words


@pytest.mark.parametrize(
    ("path", "language", "expected"),
    [
        ("rounds", "en", "Indicative rounds"),
        ("rounds", "zh", "预报轮数"),
        ("instruments.carbon.venues", "en", f"Carbon allowance{STEP}Venues"),
        ("instruments.carbon.venues", "zh", f"碳排放权{STEP}交易场所"),
        ("nothing.like.it", "en", f"nothing{STEP}like{STEP}it"),
    ],
)
def test_words_of_a_path(path: str, language: str, expected: str) -> None:
    plain = load("jiangxi").model_dump(mode="json", by_alias=True)
    assert path_in_words(plain, path, language) == expected


def test_a_step_without_a_field_stands_as_it_is() -> None:
    plain = load("jiangxi").model_dump(mode="json", by_alias=True)
    said = path_in_words(plain, "instruments.carbon.cap.values.2030", "en").split(STEP)
    assert said[0] == "Carbon allowance"
    assert said[-1] == "2030"
    assert len(said) == 4
