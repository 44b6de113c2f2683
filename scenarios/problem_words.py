"""Problems and warnings in Chinese: they are made in English, and a table of sentences says what each is in Chinese.

`texts/problems.zh.yaml` holds English sentences with named holes, as the f-strings of the source have them, and beside
each its Chinese: ``"there is no instrument {key!r}"``. What stands in a hole is carried over as it is, unless the
Chinese asks for more: ``{what:told}`` is itself a sentence of the table, ``{what:said}`` may be one, ``{what:field}``
describes a field of a scenario, ``{what:rules}`` lists kinds of rules and ``{what:list}`` names, ``{what:parts}``
sentences of the table, with commas. A sentence that the table does not know is shown in English.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from scenarios.display import TEXTS, Language, texts
from scenarios.errors import InputError, Problem

HOLE = re.compile(r"\{(?P<name>[a-z_]+)(?P<as>!r)?(?::(?P<form>[^{}\s]*))?\}")
"""A hole of a template: its name, ``!r`` for something in quotes, and the form of a number or what is done with it."""
LONGEST = 2_000
"""Characters beyond which a text is left as it is: nobody reads it, and it could be made to keep the reader waiting."""
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_MEETING = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9'\"`+.-]|[A-Za-z0-9'\"`][\u4e00-\u9fff]")
_LINE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?: (?P<key>(?:--\w+ )?[^\s:]+): (?P<rest>.+)", re.DOTALL)
_NUMBER = r"[-+−]?(?:(?:0x)?[\d.,a-f]+(?:e[-+]?\d+)?|inf|nan)%?"


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of the table: how it is recognised in either language, and its Chinese."""

    english: re.Pattern[str]
    chinese: re.Pattern[str]
    template: str
    weight: int


def told(problem: Problem, language: Language) -> Problem:
    """Return a problem with its message and remedy in the words of a language."""
    if language == "en":
        return problem
    return replace(problem, message=_told(problem.message), remedy=_told(problem.remedy))


def problem_line(problem: Problem, language: Language) -> str:
    """Return a problem in one line: where, which key, what is wrong and how to mend it."""
    if language == "en":
        return str(problem)
    file, key = _place(problem.file), _place(problem.key)
    where = f"{file} 第 {problem.line} 行" if problem.line else file
    return f"{where}：{key}：{problem_sentence(problem, language)}"


def problem_sentence(problem: Problem, language: Language) -> str:
    """Return what is wrong and how to mend it."""
    if language == "en":
        return f"{problem.message.rstrip('. ')}. {problem.remedy}".rstrip()
    said = told(problem, language)
    return _ended(said.message) + (_ended(said.remedy) if said.remedy else "")


def warning_told(text: str, language: Language) -> str:
    """Return a warning of a run, which is kept as plain text, in the words of a language."""
    if language == "en":
        return text
    return _line_told(text) or _told(text)


def parts_told(text: str, language: Language) -> str:
    """Return sentences that stand in one line with commas between them in the words of a language."""
    return text if language == "en" else _parts(text) or text


def _line_told(text: str) -> str | None:
    """Return a problem that was written out as ``file:line: key: message. remedy``; None where it is none."""
    if len(text) > LONGEST:
        return None
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    rest = found["rest"]
    for stop in re.finditer(r"\. |\.?$", rest):
        message, remedy = rest[: stop.start()], rest[stop.end() :]
        if (said := _known(message)) is not None and said != message:
            problem = Problem(found["file"], int(found["line"] or 0), found["key"], said, remedy)
            return problem_line(problem, "zh")
    return None


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(("。", "？", "?", "！")) else f"{sentence.rstrip('. ')}。"


def _place(name: str) -> str:
    """Return a file or key, in words where it stands for something that is neither."""
    return sentences().get(f"where: {name}", name)


def _told(text: str) -> str:
    said = _known(text)
    return text if said is None else said


@lru_cache(maxsize=4096)
def _known(text: str) -> str | None:
    """Return a text in Chinese, None where the table does not have it; a full stop stays one."""
    if not text or len(text) > LONGEST:
        return None
    whole = text.removesuffix(".")
    stop = "。" if whole != text else ""
    if any(one.chinese.fullmatch(text.removesuffix("。")) for one in _table()):
        return text
    for form in (whole, f"{whole[:1].lower()}{whole[1:]}"):
        if (said := _by_table(form)) is not None:
            return f"{said}{stop}"
    message, gap, advice = whole.partition("; ")
    if gap and (first := _by_table(message)) is not None and (second := _by_table(advice)) is not None:
        return f"{first}；{second}{stop}"
    return None


def _by_table(text: str) -> str | None:
    for one in _table():
        found = one.english.fullmatch(text)
        if found is not None and (said := _filled(one.template, found.groupdict())) is not None:
            return said
    return None


def _filled(template: str, values: dict[str, str]) -> str | None:
    """Return the Chinese with the holes filled; None where what must be a sentence of the table is not."""
    whole, end = "", 0
    for hole in HOLE.finditer(template):
        said = _FORMS[hole["form"] or ""](values[hole["name"]])
        if said is None:
            return None
        whole = _beside(_beside(whole, template[end : hole.start()]), said)
        end = hole.end()
    return _beside(whole, template[end:])


def _beside(one: str, other: str) -> str:
    """Return two texts joined: a space between Chinese and anything else, none after a bracket that is wide itself."""
    if one.endswith("）") and other.startswith(" "):
        return one + other[1:]
    ends = one[-1:] + other[:1]
    return f"{one} {other}" if _MEETING.fullmatch(ends) else one + other


def _field(text: str) -> str | None:
    """Return the description of a field, as `scenarios.messages` and `scenarios.account_tables` give it."""
    if (said := _known(text)) is not None:
        return said
    name, _, rest = text.partition(", ")
    what, _, unit = rest.removesuffix(")").rpartition(" (")
    for described, counted in ((rest, ""), (what, unit)):
        known = _descriptions().get((name.strip("`"), described)) or _descriptions().get(("", described))
        if known is not None:
            inside = "，单位：".join(filter(None, (known.rstrip("。"), _units().get(counted, counted))))
            return f"{name}（{inside}）"
    return text


@lru_cache(maxsize=1)
def _descriptions() -> dict[tuple[str, str], str]:
    """Return the Chinese of each description of the schema: by field and description, and by description alone."""
    from scenarios.field_specs import fields_of, rules_reached
    from scenarios.field_words import help_of, rule_help

    found: dict[tuple[str, str], str] = {}
    for rule in rules_reached():
        for spec in fields_of(rule).values():
            said = help_of(spec, "zh")
            found.setdefault((spec.name, spec.description.rstrip(".")), said)
            found.setdefault(("", spec.description.rstrip(".")), said)
        first = (rule.__doc__ or "").strip().splitlines()[0].rstrip(".")
        found.setdefault(("", first), rule_help(rule, "zh"))
    return found


def _units() -> dict[str, str]:
    from scenarios.field_words import field_texts

    words = field_texts("zh")["units"]
    return {key: str(text).format(money="货币", unit=words["any_unit"]) for key, text in words.items()}


def _rules(text: str) -> str:
    words = texts("zh")["rules"]
    names = {**words["mechanisms"], **words["containment"]}
    return "、".join(names.get(kind, kind) for kind in text.split(", "))


def _list(text: str) -> str:
    return "、".join(re.split(r", | and | or ", text))


def _parts(text: str) -> str | None:
    """Return sentences of the table that stand in one line with commas between them, and may hold commas themselves."""
    said: list[str] = []
    open_part = ""
    for part in text.split(", "):
        open_part = f"{open_part}, {part}" if open_part else part
        if (one := _known(open_part)) is not None:
            said.append(one)
            open_part = ""
    return None if open_part else "、".join(said)


_FORMS: dict[str, Callable[[str], str | None]] = {
    "": lambda text: text,
    "told": lambda text: _known(text) if text else "",
    "said": _told,
    "field": _field,
    "rules": _rules,
    "list": _list,
    "parts": _parts,
}


@lru_cache(maxsize=1)
def sentences() -> dict[str, str]:
    """Return the table: Chinese templates by English ones."""
    from scenarios.documents import read_document

    name = "problems.zh.yaml"
    tree, problems = read_document(TEXTS / name, f"texts/{name}")
    if problems:
        raise InputError(problems)
    return {str(key): str(value) for key, value in tree.plain().items()}


@lru_cache(maxsize=1)
def _table() -> tuple[_Sentence, ...]:
    """Return the sentences, those with most words of their own first, so that a wide hole does not hide them."""
    found = [
        _Sentence(_pattern(english), _pattern(chinese), chinese, len(HOLE.sub("", english)))
        for english, chinese in sentences().items()
    ]
    return tuple(sorted(found, key=lambda one: -one.weight))


def _pattern(template: str) -> re.Pattern[str]:
    parts, end = [], 0
    for hole in HOLE.finditer(template):
        parts += [re.escape(template[end : hole.start()]), f"(?P<{hole['name']}>{_inside(hole)})"]
        end = hole.end()
    return re.compile("".join([*parts, re.escape(template[end:])]), re.DOTALL)


def _inside(hole: re.Match[str]) -> str:
    if hole["as"]:
        return f"{_QUOTED}|.+?"
    return _NUMBER if hole["form"] and hole["form"] not in _FORMS else ".*?"
