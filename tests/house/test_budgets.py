"""The house stays small: sizes of modules and functions, annotations, and what the quick paths import."""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "assistant", "tools", "knowledge", "prompts")
MODULES = sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py"))
HEAVY = ("langchain", "langchain_core", "chromadb", "openai", "fastapi", "sqlalchemy", "sklearn", "ibis")


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_fits_in_one_reading(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    too_long = [f"{f.name}: {length(f)}" for f in functions(path) if length(f) > 80]
    assert not too_long
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "a module says what it is for"


def test_most_functions_are_short() -> None:
    lengths = sorted(length(f) for path in MODULES for f in functions(path))
    assert statistics.median(lengths) <= 12
    assert lengths[int(len(lengths) * 0.9)] <= 34


@pytest.mark.parametrize(
    "arguments", [["--help"], ["check", "--help"], ["check", str(ROOT / "LICENSE")]], ids=" ".join
)
def test_quick_commands_import_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    probe = (
        "import sys\n"
        "from api.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *arguments, "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert done.stdout.rstrip().endswith("HEAVY []"), done.stdout[-500:] + done.stderr[-500:]


def test_only_settings_read_the_environment() -> None:
    readers = [
        str(p.relative_to(ROOT))
        for p in MODULES
        if "os.environ" in (text := p.read_text(encoding="utf-8")) or "os.getenv" in text
    ]
    assert set(readers) <= {"assistant/settings.py", "knowledge/tokens.py"}
