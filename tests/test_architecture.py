"""The shape promised: one-way imports, a pure market, lazy libraries, no global randomness, short files."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("market", "agents", "scenarios", "dashboard")
HEAVY = ("numba", "scipy", "pandas", "mesa", "plotly")
NOT_IN_MARKET = {
    "mesa",
    "pandas",
    "plotly",
    "rich",
    "dash",
    "cyclopts",
    "ruamel",
    "pyarrow",
    "pathlib",
    "io",
    "tempfile",
}
GENERATORS = {
    "Generator",
    "SeedSequence",
    "bit_generator",
    "BitGenerator",
    "PCG64",
    "PCG64DXSM",
    "Philox",
    "default_rng",
}
LONGEST_FILE = 400

FILES = sorted(path for package in ORDER for path in (ROOT / package).rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in FILES}


def place(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if node is not None and hasattr(node, "lineno") else ""
    return f"{path.relative_to(ROOT)}{line}"


def imported(tree: ast.AST, path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Every module that a tree imports, by its full name; relative imports are resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
                base = ".".join((*package, base)).rstrip(".")
            yield base, node
            for alias in node.names:
                yield f"{base}.{alias.name}".lstrip("."), node


def at_module_level(tree: ast.Module) -> ast.Module:
    """The tree without what is inside functions and `if TYPE_CHECKING:`: what runs when the module is imported."""

    class Strip(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        visit_AsyncFunctionDef = visit_FunctionDef
        visit_Lambda = visit_FunctionDef

        def visit_If(self, node: ast.If) -> ast.AST:
            if "TYPE_CHECKING" in ast.unparse(node.test):
                node.body = [ast.Pass()]
            self.generic_visit(node)
            return node

    return Strip().visit(ast.parse(ast.unparse(tree)))


def dotted(node: ast.AST) -> str:
    """`np.random.normal` as text; empty for anything that is not a chain of names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def backward_edges(path: Path, tree: ast.Module) -> list[str]:
    package = path.relative_to(ROOT).parts[0]
    later = set(ORDER[ORDER.index(package) + 1 :])
    named_exception = path == ROOT / "scenarios" / "cli.py"
    found = []
    for name, node in imported(tree, path):
        if name.split(".")[0] not in later:
            continue
        if named_exception and name.split(".")[0] == "dashboard":
            functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)]
            inside = {id(inner) for function in functions for inner in ast.walk(function)}
            if id(node) in inside:
                continue
        found.append(f"{place(path, node)} imports {name}")
    return found


def draws_globally(name: str) -> bool:
    """Whether a full name such as `numpy.random.normal` is part of NumPy's global generator."""
    parts = name.split(".")
    return parts[:2] == ["numpy", "random"] and len(parts) > 2 and parts[2] not in GENERATORS


def global_randomness(path: Path, tree: ast.Module) -> list[str]:
    found = []
    for name, node in imported(tree, path):
        if name.split(".")[0] == "random" or draws_globally(name):
            found.append(f"{place(path, node)} imports {name}")
    for node in ast.walk(tree):
        name = dotted(node) if isinstance(node, ast.Attribute) else ""
        if draws_globally(re.sub(r"^np\.", "numpy.", name)):
            found.append(f"{place(path, node)} uses {name}")
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "default_rng" and not node.args:
            found.append(f"{place(path, node)} calls default_rng() without a seed")
    return found


def test_there_is_something_to_walk():
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(ORDER)
    assert ROOT / "market" / "technology.py" in FILES


def test_imports_point_one_way():
    assert [edge for path, tree in TREES.items() for edge in backward_edges(path, tree)] == []


@pytest.mark.parametrize(
    ("where", "code", "allowed"),
    [
        ("market/x.py", "def f():\n    import agents.model", False),
        ("agents/x.py", "from market.errors import SolverError", True),
        ("agents/behaviours/x.py", "from ..world import World", True),
        ("agents/x.py", "from .. import scenarios", False),
        ("scenarios/runner.py", "def f():\n    from dashboard import app", False),
        ("scenarios/cli.py", "def f():\n    import dashboard", True),
        ("scenarios/cli.py", "import dashboard", False),
    ],
)
def test_backward_edges_are_seen(where, code, allowed):
    assert (backward_edges(ROOT / where, ast.parse(code)) == []) == allowed


def test_market_knows_arrays_and_rules_only():
    found = []
    for path, tree in TREES.items():
        if path.relative_to(ROOT).parts[0] != "market":
            continue
        found += [
            f"{place(path, node)} imports {name}"
            for name, node in imported(tree, path)
            if name.split(".")[0] in NOT_IN_MARKET
        ]
        found += [
            f"{place(path, node)} calls {dotted(node.func)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and dotted(node.func) in {"open", "io.open", "os.open", "print", "input"}
        ]
    assert found == []


def test_compiled_code_lives_in_kernels_that_are_imported_when_used():
    found = []
    for path, tree in TREES.items():
        if path.stem.endswith("_kernel"):
            continue
        for name, node in imported(at_module_level(tree), path):
            if name.split(".")[0] == "numba" or name.split(".")[-1].endswith("_kernel"):
                found.append(f"{place(path, node)} imports {name} at module level")
        used = [node for name, node in imported(tree, path) if name == "numba.njit"]
        found += [f"{place(path, node)} imports njit" for node in used]
    assert found == []


def test_no_global_randomness():
    assert [use for path, tree in TREES.items() for use in global_randomness(path, tree)] == []


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import random", False),
        ("from random import Random", False),
        ("from numpy.random import normal", False),
        ("import numpy as np\nnp.random.seed(1)", False),
        ("import numpy as np\nnp.random.default_rng()", False),
        ("import numpy as np\nnp.random.default_rng(7).normal()", True),
        ("import numpy as np\nnp.random.Generator(np.random.Philox(key=7))", True),
        ("from market.randomness import Streams", True),
    ],
)
def test_global_randomness_is_seen(code, allowed):
    assert (global_randomness(ROOT / "market" / "x.py", ast.parse(code)) == []) == allowed


@pytest.mark.parametrize("package", ["market", "scenarios"])
def test_importing_a_package_loads_no_heavy_library(package):
    code = f"import json, sys, {package}; print(json.dumps(list(sys.modules)))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(result.stdout))
    assert package in loaded
    assert loaded.isdisjoint(HEAVY)


def test_files_are_short():
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_names_say_what_is_inside():
    vague = {"utils", "util", "common", "helpers", "manager", "misc"}
    assert [place(path) for path in FILES if vague & set(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_every_folder_of_modules_is_a_package():
    assert sorted({place(p.parent) for p in FILES if not (p.parent / "__init__.py").exists()}) == []
