"""Who imports whom in the package: modules, and the rooms that they stand in."""

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "geoprospect"


@cache
def modules() -> dict[str, Path]:
    """Give the modules of the package by dotted name, the front door left out."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name != PACKAGE.name:
            found[name] = path
    return found


@cache
def imports() -> dict[str, set[str]]:
    """Give the modules of the package that each module imports, late and for types too."""
    known = modules()
    graph: dict[str, set[str]] = {name: set() for name in known}
    for name, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            wanted: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                wanted = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            for target in wanted:
                module = target if target in known else target.rpartition(".")[0]
                if module in known and module != name:
                    graph[name].add(module)
    return graph


def room_of(module: str) -> str:
    """Give the room that a module stands in: its folder or file right under the package."""
    return module.split(".")[1]


def rooms() -> set[str]:
    """Give the rooms of the package."""
    return {room_of(module) for module in modules()}


@cache
def arrows() -> set[tuple[str, str]]:
    """Give the pairs of rooms of which the first imports the second."""
    return {
        (room_of(module), room_of(target))
        for module, targets in imports().items()
        for target in targets
        if room_of(module) != room_of(target)
    }


if __name__ == "__main__":
    for room in sorted(rooms()):
        print(f"{room}: {', '.join(sorted(b for a, b in arrows() if a == room))}")
    print(f"{len(rooms())} rooms, {len(arrows())} arrows")
