"""Finds the source of a plugin, without an import of the plugin, which may be one that fails."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path


def files_of(module: str) -> Iterator[Path]:
    """Yield the Python files of a plugin's package, or its one module; none if it is not found.

    The module is what an entry point names. Its package is the innermost that it is in: those
    around that one may be of other distributions.
    """
    spec = _spec(module.partition(":")[0].strip())
    if spec is None:
        return
    if spec.submodule_search_locations is not None:
        for folder in map(Path, spec.submodule_search_locations):
            yield from sorted(folder.rglob("*.py"))
    elif spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin)


def _spec(module: str) -> ModuleSpec | None:
    """Find the package that a module is, or is in; the module itself if it is in none."""
    first, *names = module.split(".")
    outer, spec = None, _top(first)
    name = first
    for part in names:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        outer, spec = spec, PathFinder.find_spec(name, spec.submodule_search_locations)
    return spec if spec is None or spec.submodule_search_locations is not None else outer or spec


def _top(name: str) -> ModuleSpec | None:
    with contextlib.suppress(ImportError, ValueError):
        return find_spec(name)
    return None
