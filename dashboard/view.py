"""The view: everything that decides what a person sees, small enough to be a link.

A page is a function of its view, so a URL that is sent to a colleague restores what the sender saw. What a view names
may not exist (an old link, a hand-written one): reading a URL never fails, it says what was left out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, unquote, urlencode

from scenarios.display import Language

PAGES = ("scenario", "settings", "runs", "markets", "firms", "places", "compare", "sweeps", "validation", "about")
START = "jiangxi"
MOST_SEEDS = 20
MOST_OTHERS = 2
MOST_CHANGES = 400
MOST_URL = 60_000
MOST_OPTIONS = 40
MOST_UNREAD = 20
LONGEST_WORD = 400
"""Characters of a name or an option; what is longer was never chosen on a page."""
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Choice:
    """A scenario as it is chosen: what it starts from and the values that differ, by dotted path.

    Attributes
    ----------
    base : name of a library scenario, or `own-…`, a document of the session.
    changes : what `scenarios.load` takes as overrides.
    """

    base: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The choice in one line: the base, and `;path=JSON` for every change."""
        parts = (f";{_marked(path)}={_json(value)}" for path, value in sorted(self.changes.items()))
        return self.base + "".join(parts)

    @classmethod
    def of_text(cls, text: str) -> "Choice":
        """Return the choice that a line says; raise ValueError where it is none."""
        base, *parts = text.split(";")
        changes = {}
        for part in parts:
            path, equals, value = part.partition("=")
            if not path or not equals:
                raise ValueError(f"{part!r} is not path=value")
            changes[unquote(path)] = json.loads(value)
        return sound(cls(base, changes))

    def with_changes(self, changes: Mapping[str, Any]) -> "Choice":
        """Return the choice with further values changed."""
        return Choice(self.base, {**self.changes, **changes})


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at, and how.

    Attributes
    ----------
    scenario, baseline, others : what is run and compared; without a baseline it is the scenario's base, unchanged.
    seeds : how many seeds every scenario is run with: 0, 1, 2, …
    right : the instrument that is looked at; None for the first.
    options : what the page itself lets a person choose, by name.
    unread : parts of a URL that could not be read, for a message.
    """

    language: Language = "en"
    page: str = PAGES[0]
    scenario: Choice = Choice(START)
    baseline: Choice | None = None
    others: tuple[Choice, ...] = ()
    seeds: int = 1
    right: str | None = None
    dark: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def compared(self) -> Choice:
        """The baseline, or the unchanged scenario in its place."""
        return self.baseline if self.baseline is not None else Choice(self.scenario.base)

    @property
    def arms(self) -> tuple[Choice, ...]:
        """Every scenario of the view without doubles: the one that is changed, then the baseline and the others."""
        return tuple({choice.text: choice for choice in (self.scenario, self.compared, *self.others)}.values())

    @property
    def url(self) -> str:
        """Path and query that restore the view."""
        query: list[tuple[str, str]] = [("scenario", self.scenario.text)]
        if self.baseline is not None:
            query.append(("baseline", self.baseline.text))
        query += [("also", choice.text) for choice in self.others]
        if self.seeds != 1:
            query.append(("seeds", str(self.seeds)))
        if self.right is not None:
            query.append(("right", self.right))
        if self.dark:
            query.append(("dark", "1"))
        query += [(f"o.{name}", value) for name, value in sorted(self.options.items())]
        return f"/{self.language}/{self.page}?{urlencode(query, quote_via=quote, safe=';=,:[]{}')}"

    @classmethod
    def of_url(cls, path: str, query: str) -> "View":
        """Return the view of a URL; what cannot be read is left at its default and named in `unread`."""
        unread: list[str] = []
        language, page = _path(path, unread)
        view = cls(language, page)
        if len(query) > MOST_URL:
            return replace(view, unread=(*unread, f"{query[:40]}…"))
        others: list[Choice] = []
        options: dict[str, str] = {}
        for name, value in parse_qsl(query.lstrip("?"), keep_blank_values=True):
            try:
                if name == "scenario":
                    view = replace(view, scenario=Choice.of_text(value))
                elif name == "baseline":
                    view = replace(view, baseline=Choice.of_text(value))
                elif name == "also":
                    others.append(Choice.of_text(value))
                elif name == "seeds":
                    view = replace(view, seeds=_seeds(value))
                elif name == "right":
                    view = replace(view, right=_said(value))
                elif name == "dark":
                    view = replace(view, dark=value == "1")
                elif name.startswith("o.") and len(options) < MOST_OPTIONS:
                    options[_said(name[2:])] = _said(value)
                else:
                    unread.append(f"{name}={value}"[:80])
            except (ValueError, RecursionError):
                unread.append(f"{name}={value}"[:80])
        unread += [choice.text[:80] for choice in others[MOST_OTHERS:]]
        return replace(view, others=tuple(others[:MOST_OTHERS]), options=options, unread=tuple(unread[:MOST_UNREAD]))

    @property
    def data(self) -> dict[str, Any]:
        """The view as plain data, for the browser's store."""
        return {
            "language": self.language,
            "page": self.page,
            "scenario": _plain(self.scenario),
            "baseline": None if self.baseline is None else _plain(self.baseline),
            "others": [_plain(choice) for choice in self.others],
            "seeds": self.seeds,
            "right": self.right,
            "dark": self.dark,
            "options": dict(self.options),
            "unread": list(self.unread),
        }

    @classmethod
    def of_data(cls, data: Any) -> "View":
        """Return the view of plain data that came back from a browser: as little trusted as a URL."""
        if not isinstance(data, Mapping):
            return cls()
        baseline, others, options = data.get("baseline"), data.get("others"), data.get("options")
        language, page, unread = data.get("language"), data.get("page"), data.get("unread")
        left = [_said(word) for word in (unread if isinstance(unread, list | tuple) else ())[:MOST_UNREAD]]
        return cls(
            language if language in LANGUAGES else "en",
            page if page in PAGES else PAGES[0],
            _chosen(data.get("scenario"), "scenario", left),
            None if baseline is None else _chosen(baseline, "baseline", left),
            tuple(
                _chosen(choice, "also", left)
                for choice in (others if isinstance(others, list | tuple) else ())[:MOST_OTHERS]
            ),
            _bounded_seeds(data.get("seeds")),
            None if data.get("right") is None else _said(data["right"]),
            data.get("dark") is True,
            {
                _said(name): _said(value)
                for name, value in list(options.items() if isinstance(options, Mapping) else ())[:MOST_OPTIONS]
            },
            tuple(left),
        )


def _marked(path: str) -> str:
    """Return a path in which nothing stands that separates paths and values."""
    return path.replace("%", "%25").replace(";", "%3B").replace("=", "%3D")


def _json(value: Any) -> str:
    """Return a value as JSON in which no semicolon stands: that separates changes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace(";", "\\u003b")


def _path(path: str, unread: list[str]) -> tuple[Language, str]:
    steps = [step for step in path.split("/") if step]
    language = next((known for known in LANGUAGES if steps[:1] == [known]), None)
    if language is None:
        unread += [path] if steps else []
        return "en", PAGES[0]
    page = steps[1] if len(steps) > 1 else PAGES[0]
    if page not in PAGES or len(steps) > 2:
        unread.append(path)
        page = PAGES[0]
    return language, page


def _seeds(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_SEEDS:
        raise ValueError(f"{number} seeds")
    return number


def _plain(choice: Choice) -> dict[str, Any]:
    return {"base": choice.base, "changes": dict(choice.changes)}


def _chosen(data: Any, name: str, unread: list[str]) -> Choice:
    try:
        changes = {str(path): value for path, value in data.get("changes", {}).items()}
        return sound(Choice(_said(data.get("base", START)), changes))
    except (AttributeError, ValueError, RecursionError):
        unread += [] if data is None else [name]
        return Choice(START)


def sound(choice: Choice) -> Choice:
    """Return a choice that can be written as a line and read again; raise ValueError or RecursionError otherwise."""
    if len(choice.changes) > MOST_CHANGES:
        raise ValueError(f"{len(choice.changes)} changed values are too many")
    size = len(choice.text.encode())  # fails on NaN, a number of a thousand digits, half a character, a bottomless list
    if size > MOST_URL or ";" in choice.base or len(choice.base) > LONGEST_WORD:
        raise ValueError("this is no choice that a link could hold")
    return choice


def _said(value: Any) -> str:
    """Return a short text that can be written anywhere; nothing for what is no text or number."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, int | float) and abs(value) < 1e15 else ""
    return value[:LONGEST_WORD].encode("utf-8", "replace").decode()


def _bounded_seeds(value: Any) -> int:
    try:
        return min(max(int(value or 1), 1), MOST_SEEDS)
    except (TypeError, ValueError, OverflowError):
        return 1
