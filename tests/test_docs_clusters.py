"""The page on clusters: its scripts are Python, and what they import and call is there."""

import ast
import re
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "clusters.md"
SCRIPTS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_scripts_name_what_there_is():
    assert len(SCRIPTS) == 3
    for script in SCRIPTS:
        for node in ast.walk(ast.parse(script)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("scenarios"):
                assert all(hasattr(import_module(node.module), one.name) for one in node.names)
        assert 'if __name__ == "__main__":' in script
