"""The texts of the pages: the same keys in both languages, the same placeholders, and Chinese in the Chinese ones."""

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest

from dashboard.view import LANGUAGES
from dashboard.words import TEXTS, texts

PAGES = sorted({path.name.split(".")[0] for path in TEXTS.glob("*.yaml")})

KNOWN = {"quotalab", "textbook", "montgomery", "banking", "jiangxi", "html", "yaml", "json"}
"""What stays as it is in Chinese sentences: names of scenarios and of file formats, beside commands."""
LATIN = re.compile(r"about\.(glossary\.\d+\.0|citation)$|shell\.(language|title)$|sweeps\.empty\.command$")
"""Texts that are not Chinese in the Chinese files: the English column of the glossary, a citation, a command, names."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def leaves(tree: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every leaf."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from leaves(value, f"{path}.{number}")
    else:
        yield path, tree


def of(page: str, language: str) -> dict[str, str]:
    return dict(leaves(texts(page, language), page))


def test_every_file_has_its_other_language() -> None:
    names = {path.name for path in TEXTS.iterdir()}
    assert names == {f"{page}.{language}.yaml" for page in PAGES for language in LANGUAGES}


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_keys_and_placeholders(page: str) -> None:
    en, zh = of(page, "en"), of(page, "zh")
    if page == "about":  # paragraphs of prose may be divided otherwise; the keys above them are the same
        prose = re.compile(r"about\.(what|price|uncertainty|coupling|limits|origin)\.\d+$")
        en, zh = ({path: text for path, text in one.items() if not prose.match(path)} for one in (en, zh))
        assert list(texts(page, "en")) == list(texts(page, "zh"))
    assert en.keys() == zh.keys()
    for path, text in en.items():
        assert isinstance(text, str), path
        assert isinstance(zh[path], str), path
        assert bool(text.strip()) == bool(zh[path].strip()), path
        fields = [{name for _, name, _, _ in Formatter().parse(one) if name is not None} for one in (text, zh[path])]
        assert fields[0] == fields[1], path


@pytest.mark.parametrize("page", PAGES)
def test_chinese_texts_are_chinese(page: str) -> None:
    for path, text in of(page, "zh").items():
        if LATIN.match(path):
            continue
        plain = re.sub(r"\{[^}]*\}|`[^`]*`|(?<=quotalab )[a-z]+", "", text)
        left = set(re.findall(r"(?<![A-Za-z-])[a-z]{4,}(?![A-Za-z])", plain)) - KNOWN
        assert not left, (path, left)
        if len(re.findall(r"[A-Za-z]{2,}", plain)) > 2:
            assert CHINESE.search(plain), path


@pytest.mark.parametrize("page", PAGES)
def test_chinese_is_written_without_spaces_and_with_wide_stops(page: str) -> None:
    """A line that is folded in the file gets a space, which is none of Chinese."""
    for path, text in of(page, "zh").items():
        assert not re.search(r"[\u3000-\u303f\uff00-\uffef\u4e00-\u9fff] [\u4e00-\u9fff]", text), path
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]", re.sub(r"`[^`]*`", "", text)), path
        assert not re.search(r"\d %", text), path


@pytest.mark.parametrize("page", PAGES)
def test_english_texts_have_no_chinese_but_the_glossary(page: str) -> None:
    for path, text in of(page, "en").items():
        if re.match(r"about\.glossary\.\d+\.1$|shell\.language$", path):
            continue
        assert not CHINESE.search(text), path
