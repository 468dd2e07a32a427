"""The modules that a program imports, and what they import: the profile of a board."""

import ast
from pathlib import Path


def imports(path: Path, name: str) -> set[str]:
    """Return the dotted names that the module `name` at `path` imports anywhere in it."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join(base + ([node.module] if node.module else []))
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def find(name: str, folders: list[Path]) -> Path | None:
    """Return the file of a module on these folders, or None: it belongs to the firmware."""
    for folder in folders:
        stem = folder.joinpath(*name.split("."))
        for path in (stem / "__init__.py", stem.with_name(stem.name + ".py")):
            if path.is_file():
                return path
    return None


def closure(names: list[str], folders: list[Path]) -> dict[str, Path]:
    """Return {dotted name: file} of these modules and all they import, packages included."""
    modules: dict[str, Path] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in modules:
            continue
        path = find(name, folders)
        if path is None:
            continue
        modules[name] = path
        waiting.extend(imports(path, name))
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return dict(sorted(modules.items()))
