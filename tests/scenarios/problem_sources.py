"""Finds, in the source, every English sentence that can become part of a problem or a warning.

A template is written as in an f-string with the names of its holes left out: ``there is no instrument {!r}``.
"""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHOLE = (
    "scenarios/account_checks.py", "scenarios/account_tables.py", "scenarios/accounts.py", "scenarios/checks.py",
    "scenarios/comparison_arms.py", "scenarios/confinement.py", "scenarios/documents.py", "scenarios/layers.py",
    "scenarios/loading.py", "scenarios/messages.py", "scenarios/overlay.py", "scenarios/reference_run.py",
    "scenarios/result_files.py", "scenarios/synthesis.py", "scenarios/synthesis_checks.py",
    "scenarios/synthesis_fitting.py", "scenarios/synthesis_tables.py", "scenarios/venue_checks.py",
    "scenarios/work.py", "market/policies/containment/conflicts.py",
)  # fmt: skip
"""Modules of which every sentence is meant for a reader of problems."""
MAKERS = {"Problem", "problem", "refuse", "report", "_problem"}
RAISERS = ("market/policies", "market/matching", "agents/behaviours", "market/instruments.py", "market/units.py")
"""Where an error that is raised becomes the message of a problem: rules are checked as they are declared."""
SENTENCE = re.compile(r"[A-Za-z{}][a-z]*[:,]? [a-z({]|\} [a-z]|^[A-Z][a-z]+ ")


def templates() -> dict[str, str]:
    """Return where each template stands: ``file:line`` by template."""
    found: dict[str, str] = {}
    for file in sorted(path for folder in ("scenarios", "dashboard", "market", "agents") for path in _files(folder)):
        name = file.relative_to(ROOT).as_posix()
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for line, text in _of(tree, name):
            found.setdefault(text, f"{name}:{line}")
    return found


def leads() -> set[str]:
    """Return the words that begin a list of what is known, given to `scenarios.messages.suggestion`."""
    found = set()
    for file in _files("scenarios"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "suggestion":
                found |= set(_forms(node.args[2], {}))
    return found


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _of(tree: ast.Module, name: str) -> Iterator[tuple[int, str]]:
    if name in WHOLE:
        yield from _sentences(tree)
        return
    written = _assigned(tree)
    for node in ast.walk(tree):
        wanted: list[ast.expr] = []
        if isinstance(node, ast.Call) and _called(node) in MAKERS:
            wanted += [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node, ast.Call) and name == "scenarios/tables.py" and _called(node) == "append":
            wanted += node.args
        yield from ((node.lineno, text) for one in wanted for text in _forms(one, written) if SENTENCE.search(text))
        if isinstance(node, ast.Raise) and name.startswith(RAISERS) and _called(node.exc) == "ValueError":
            yield from ((node.lineno, text) for text in _forms(node.exc.args[0], written))


def _called(node: ast.expr | None) -> str:
    function = getattr(node, "func", None)
    return getattr(function, "id", None) or getattr(function, "attr", "")


def _assigned(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name anywhere in a module: `message` may be one of many."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for one, value in zip(target.elts, node.value.elts, strict=True):
                    if isinstance(one, ast.Name):
                        found.setdefault(one.id, []).append(value)
    return found


def _sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield every sentence of a module but for its docstrings, annotations and what lies inside another sentence."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        whole = isinstance(node, ast.Constant | ast.JoinedStr) or (isinstance(node, ast.BinOp) and _texts(node))
        if whole:
            yield from ((node.lineno, text) for text in _forms(node, {}) if SENTENCE.search(text))
            stack += [part.value for part in ast.walk(node) if isinstance(part, ast.FormattedValue)]
            continue
        for field, value in ast.iter_fields(node):
            if field not in {"annotation", "returns"}:
                stack += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST)]


def _texts(node: ast.expr) -> bool:
    """Return whether a sum is one of texts."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _texts(node.left) or _texts(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _forms(node: ast.AST, written: dict[str, list[ast.expr]]) -> list[str]:
    """Return the templates that an expression can give; none where it is not made of texts."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Name):
        rest = {name: values for name, values in written.items() if name != node.id}
        return [text for value in written.get(node.id, ()) for text in _forms(value, rest)]
    if isinstance(node, ast.IfExp):
        return [*_forms(node.body, written), *_forms(node.orelse, written)]
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _forms(value, written)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_forms(part, written) or ["{}"] for part in (node.left, node.right)]
        return [one + other for one, other in product(*parts)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(parts) for parts in product(*(_pieces(value) for value in node.values))]
    return []


def _pieces(node: ast.expr) -> list[str]:
    """Return what a part of an f-string can be: its text, its choices of texts, or a hole."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.FormattedValue)
    if isinstance(node.value, ast.IfExp):
        choices = _forms(node.value, {})
        if len(choices) == 2:
            return choices
    spec = "".join(_pieces(node.format_spec.values[0])) if isinstance(node.format_spec, ast.JoinedStr) else ""
    return ["{" + ("!r" if node.conversion == ord("r") else "") + (f":{spec}" if spec else "") + "}"]
