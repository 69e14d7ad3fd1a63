"""Finds where the source of a plugin begins programs by itself, past the limits of a run."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sysmon_core.checks.finding import Verdict
from sysmon_core.metrics.plugin_files import files_of
from sysmon_core.metrics.registry import Source

MODULES = frozenset({"multiprocessing", "pexpect", "plumbum", "pty", "sh", "subprocess"})
NAMES = frozenset(
    {
        "asyncio.create_subprocess_exec",
        "asyncio.create_subprocess_shell",
        "concurrent.futures.ProcessPoolExecutor",
        "os.popen",
        "os.system",
        "psutil.Popen",
    }
)
FAMILIES = ("os.exec", "os.fork", "os.posix_spawn", "os.spawn")  # how such names begin
PYTHON = ("concurrent.futures.ProcessPoolExecutor", "multiprocessing", "os.fork")  # for Python code
PROGRAM_REMEDY = "begin a program by run.program(), which ends it with its run"
PYTHON_REMEDY = "declare a duration, which gives the function a process of its own"


def programs(source: Source | None) -> Verdict | None:
    """Whether the plugin begins programs by ``run.program`` alone; None without its source."""
    files = _sources(source.module) if source else []
    if not files:
        return None
    found = [fault for file in files for fault in _faults(file)]
    return Verdict("none that escapes a run", list(dict.fromkeys(found)))


def _sources(module: str) -> list[Path]:
    """Find the files of a plugin, but for its tests."""
    files = list(files_of(module))
    if len(files) <= 1:  # a plugin's only module is no test, whatever its name
        return files
    top = os.path.commonpath([file.parent for file in files])
    return [file for file in files if not _is_test(file.relative_to(top))]


def _is_test(file: Path) -> bool:
    return file.name.startswith(("test_", "conftest")) or "tests" in file.parts


def _faults(file: Path) -> Iterator[str]:
    """Name each use of what begins processes, with its place and the remedy."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    imports = [one for node in ast.walk(tree) for one in _imports(node)]
    uses = [(one.name, one.line) for one in imports]
    for name, line in [*uses, *_attributes(tree, {one.local: one.meaning for one in imports})]:
        package = name.partition(".")[0]
        remedy = PYTHON_REMEDY if name.startswith(PYTHON) else PROGRAM_REMEDY
        if package in MODULES:
            yield f"{file.name}:{line} imports {package}: {remedy}"
        elif name in NAMES or name.startswith(FAMILIES):
            yield f"{file.name}:{line} uses {name}: {remedy}"


class _Import(NamedTuple):
    """An imported name: whole, as the module writes it, and what that stands for."""

    name: str
    local: str
    meaning: str
    line: int


def _imports(node: ast.AST) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            package = alias.name.partition(".")[0]
            meaning = alias.name if alias.asname else package
            yield _Import(alias.name, alias.asname or package, meaning, alias.lineno)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            yield _Import(name, alias.asname or alias.name, name, alias.lineno)


def _attributes(tree: ast.Module, meanings: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Yield the attributes of imported names: whole, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            meaning = meanings.get(first, "")
            if meaning and meaning.partition(".")[0] not in MODULES:  # told at its import
                yield f"{meaning}.{rest}", node.lineno
