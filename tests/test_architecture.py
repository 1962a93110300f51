"""The law of imports, held by the suite too: it runs where the checkers are not installed."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ON_BOTH

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "innovation_station"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
LAYERS = next(contract["layers"] for contract in CONTRACTS if contract["id"] == "direction")
# Later layers stand first; those in one layer know nothing of each other.
RANK = {name.strip(): -number for number, layer in enumerate(LAYERS) for name in layer.split("|")}


def features_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give line and feature of every import of a feature of ours."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            if package == "innovation_station" and rest.partition(".")[0] in RANK:
                yield node.lineno, rest.partition(".")[0]


@pytest.mark.parametrize("feature", RANK)
def test_features_know_earlier_ones_only(feature: str) -> None:
    assert list((PACKAGE / feature).glob("*.py")), "a feature in the law is a package"
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {other}"
        for path in sorted((PACKAGE / feature).glob("*.py"))
        for line, other in features_of(ast.parse(path.read_text("utf-8")))
        if other != feature and RANK[other] >= RANK[feature]
    ]
    assert wrong == []


BUILD = {"assets.py"}  # runs by itself before anything else is installed


def late_imports(path: Path) -> Iterator[tuple[str, int]]:
    """Give what is imported inside functions (the package, of ours the module), with the line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom) and inner.module:
                    ours = inner.module.startswith("innovation_station")
                    yield inner.module if ours else inner.module.partition(".")[0], inner.lineno
                elif isinstance(inner, ast.Import):
                    yield inner.names[0].name.partition(".")[0], inner.lineno


def test_imports_inside_functions_say_what_they_save() -> None:
    """Outside of the factory, a comment beside one of a module's late imports of the same thing, or just above."""
    unexplained = set()
    for path in SOURCES:
        if path == PACKAGE / "__init__.py" or path.name in BUILD:
            continue
        lines = path.read_text("utf-8").splitlines()
        explained: dict[str, bool] = {}
        for name, number in late_imports(path):
            block = number - 1
            while block and lines[block - 1].strip().startswith(("from ", "import ")):
                block -= 1  # one comment is enough for those that stand together
            said = any("#" in line for line in lines[max(block - 1, 0) : number])
            explained[name] = explained.get(name, False) or said
        unexplained |= {f"{path.relative_to(ROOT)}: {name}" for name, said in explained.items() if not said}
    assert unexplained == set()


def test_what_runs_on_both_databases_is_there() -> None:
    """A test that is named anew would run by turns, and nobody saw it."""
    for name in sorted(ON_BOTH - {""}):
        path, _, test = name.partition("::")
        assert re.search(rf"^def {test}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE), name
