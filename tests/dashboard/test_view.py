"""The view and its URL: whatever is looked at can be restored; whatever is sent is read without failing."""

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.view import MOST_OTHERS, PAGES, Choice, View

names = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
paths = st.lists(st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True), min_size=1, max_size=5).map(".".join)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
choices = st.builds(Choice, names, st.dictionaries(paths, plain, max_size=4))
views = st.builds(
    View, st.sampled_from(["en", "zh"]), st.sampled_from(PAGES), choices, st.none() | choices,
    st.lists(choices, max_size=MOST_OTHERS).map(tuple), st.integers(1, 20), st.none() | names, st.booleans(),
    st.dictionaries(names, texts, max_size=4),
)  # fmt: skip


@given(views)
def test_a_url_restores_the_view(view: View) -> None:
    parts = urlsplit(view.url)
    assert View.of_url(parts.path, f"?{parts.query}") == view


@given(views)
def test_a_store_in_the_browser_restores_the_view(view: View) -> None:
    assert View.of_data(json.loads(json.dumps(view.data))) == view


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_address_is_read(path: str, query: str) -> None:
    assert View.of_url(path, query).page in PAGES


@pytest.mark.parametrize(
    ("query", "left_out"),
    [
        ("scenario=jiangxi;a", "scenario=jiangxi;a"),
        ("seeds=0", "seeds=0"),
        ("seeds=21", "seeds=21"),
        ("seeds=many", "seeds=many"),
        ("colour=red", "colour=red"),
        ("baseline=x;a=[", "baseline=x;a=["),
    ],
)
def test_what_cannot_be_read_is_named(query: str, left_out: str) -> None:
    view = View.of_url("/en/markets", query)
    assert view == View("en", "markets", unread=(left_out,))


def test_a_page_that_is_not_there_becomes_the_first_one() -> None:
    view = View.of_url("/zh/nowhere", "")
    assert (view.language, view.page, view.unread) == ("zh", PAGES[0], ("/zh/nowhere",))


def test_arms_are_without_doubles_and_in_order() -> None:
    changed, other = Choice("a", {"x": 1}), Choice("b")
    assert View(scenario=changed).arms == (changed, Choice("a"))
    assert View(scenario=Choice("a")).arms == (Choice("a"),)
    assert View(scenario=changed, baseline=other, others=(changed, other)).arms == (changed, other)


def test_an_address_is_readable() -> None:
    view = View(scenario=Choice("jiangxi", {"instruments.carbon.cap.values.2030": 195000000}), right="carbon")
    assert view.url == "/en/scenario?scenario=jiangxi;instruments.carbon.cap.values.2030=195000000&right=carbon"
