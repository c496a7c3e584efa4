"""Imports inside the package lead one way."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "centrifugo_rpc"


def imported(name: str, path: Path) -> Iterator[str]:
    """List what a module names in ``from … import``, imports for types included."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = package.split(".")[: package.count(".") + 2 - node.level]
        start = ".".join(base) if node.level else ""
        module = ".".join(part for part in (start, node.module) if part)
        yield from (f"{module}.{item.name}" for item in node.names)
        yield module


def test_no_modules_import_each_other() -> None:
    modules: dict[str, Path] = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        modules[".".join(parts).removesuffix(".__init__")] = path
    graph = {
        name: [
            other
            for other in imported(name, path)
            if other in modules and other != name
        ]
        for name, path in modules.items()
    }
    # A package's own __init__ is imported with each of its modules: not counted here.
    inside = {
        name: [other for other in others if not name.startswith(f"{other}.")]
        for name, others in graph.items()
    }
    assert "centrifugo_rpc.handler" in inside["centrifugo_rpc.router"]
    TopologicalSorter(inside).prepare()  # raises CycleError
