"""The modules of the tools import one way: no circle, not even by an import inside a function or for types only."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "tools").rglob("*.py")
}


def imported(path: Path) -> set[str]:
    """The modules of the tools that one imports, wherever in it that is written."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & MODULES.keys()


def test_the_tools_import_one_way() -> None:
    TopologicalSorter({name: imported(path) for name, path in MODULES.items()}).prepare()
