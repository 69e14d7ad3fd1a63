"""The laws of the house, each of them a test."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import sysmon_core
from sysmon_core import facade

ROOT = Path(__file__).parent.parent
CORE = ROOT / "sysmon_core"
PLUGINS = ROOT / "plugins"

# A module may import what stands in a later line; those of one line know nothing of each other.
FLOORS = """
testing
app worker __main__
cli
launcher
server tasks ui
api checks redis_store __init__
services scaffold facade
database metrics
running settings log_queue
circuit_breaker addresses errors logs
printable program_environment suggestion validation
"""
# The same inside the package that has most modules; inside the others there is no circle.
API_FLOORS = """
__init__
v3 v4
v1 v2
endpoints
versions openapi wsgi
framework
schemas dependencies
"""

USERS = {  # where each of these may be imported
    "cornice": {"api/framework/cornice_adapter.py"},
    "dramatiq": {"tasks/", "worker.py"},
    "granian": {"server/granian_adapter.py"},
    "limits": {"services/throttle.py", "settings/types.py"},
    "pluggy": {"metrics/hookspecs.py", "metrics/loading.py"},
    "prometheus_client": {"api/endpoints/prometheus.py", "api/wsgi/access_log.py"},
    "psycopg": {"database/postgresql.py"},
    "supervisor": {"launcher/supervisor.py"},
}


def place(path: Path) -> str:
    """A file as the laws name it: below the core, or below the repository."""
    return str(path.relative_to(CORE if CORE in path.parents else ROOT))


MODULES = {place(path): path for path in sorted(CORE.rglob("*.py"))}
PLUGIN_MODULES = {place(path): path for path in sorted(PLUGINS.rglob("*.py"))}
ALL_MODULES = MODULES | PLUGIN_MODULES


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(path: Path) -> Iterator[str]:
    """Every module that is imported anywhere in a file, under TYPE_CHECKING too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import, which hides its layer"
            yield node.module or ""
            if node.module in {"sysmon_core", "os"}:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(module: str) -> str:
    """The file of a module of the core as the laws name it; empty if it is no such module."""
    path = module.replace(".", "/").removeprefix("sysmon_core/")
    return next((file for file in (f"{path}.py", f"{path}/__init__.py") if file in MODULES), "")


def dependencies(name: str) -> Iterator[str]:
    """The files of the core that a file imports; of the facade everything may be imported."""
    for node in ast.walk(tree(MODULES[name])):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sysmon_core"):
            for alias in node.names:
                yield file_of(f"{node.module}.{alias.name}") or file_of(node.module or "")


def check_floors(floors: str, folder: str) -> None:
    depths = {name: depth for depth, line in enumerate(floors.split("\n")) for name in line.split()}

    def part(file: str) -> str:
        return file.removeprefix(folder).split("/")[0].removesuffix(".py")

    for name in MODULES:
        if not name.startswith(folder):
            continue
        assert part(name) in depths, f"{name} has no place on the floors"
        for other in dependencies(name):
            if other.startswith(folder) and part(other) != part(name):
                below = depths[part(name)] < depths[part(other)]
                assert below, f"{name} must not import {other}"


def test_imports_run_one_way() -> None:
    check_floors(FLOORS, "")
    check_floors(API_FLOORS, "api/")


def test_no_imports_run_in_a_circle() -> None:
    """Not even inside a package; to import its ``__init__`` is to import all that it imports."""
    left = {name: set(dependencies(name)) for name in MODULES}
    while ready := [name for name in left if not left[name] & set(left)]:
        for name in ready:
            del left[name]
    assert not left


def test_the_executor_alone_chooses_how_a_metric_is_run() -> None:
    ways = {"metrics/isolation.py", "services/abandonable_threads.py"}
    assert {name for name in MODULES if ways & set(dependencies(name))} == {"services/executor.py"}


@pytest.mark.parametrize("library", USERS)
def test_a_library_is_imported_in_its_one_place(library: str) -> None:
    users = {
        name
        for name, path in ALL_MODULES.items()
        for module in imported(path)
        if module.split(".")[0] == library
    }
    assert users, f"nothing imports {library}"
    strangers = {name for name in users if not name.startswith(tuple(USERS[library]))}
    assert not strangers


def test_the_environment_is_read_by_the_settings_alone() -> None:
    readers = set()
    for name, path in ALL_MODULES.items():
        used = {
            ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)
        }
        if {"os.environ", "os.environb", "os.getenv", "os.getenvb"} & {*used, *imported(path)}:
            readers.add(name)
    assert readers == {"settings/environment.py"}


# Plugins whose names are also words that the core needs for other things.
ENGLISH = {"disk", "memory", "network", "processes"}
OF_REDIS = '.info("memory")'  # the name of one of its sections


def test_the_core_never_names_a_plugin() -> None:
    plugins = {path.name.removeprefix("sysmon_") for path in PLUGINS.iterdir() if path.is_dir()}
    assert plugins > ENGLISH
    own, any_ = "|".join(plugins - ENGLISH), "|".join(plugins)
    named = re.compile(rf"""sysmon_({any_})\b|\b({own})\b|["'/]({any_})["'/]""")
    texts = [path for path in CORE.rglob("*") if path.suffix in {".py", ".lua", ".mako", ".typed"}]
    found = {
        place(path): named.search(path.read_text().replace(OF_REDIS, "") + path.name)
        for path in texts
    }
    assert not {name: match[0] for name, match in found.items() if match}


@pytest.mark.parametrize("name", PLUGIN_MODULES)
def test_a_plugin_imports_the_facade_and_no_module_behind_it(name: str) -> None:
    for node in ast.walk(tree(PLUGIN_MODULES[name])):
        if isinstance(node, ast.Import):
            assert not [alias for alias in node.names if alias.name.startswith("sysmon_core.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sysmon_core"):
            assert node.module == "sysmon_core"
            assert {alias.name for alias in node.names} <= set(facade.__all__)


@pytest.mark.parametrize("name", ALL_MODULES)
def test_everything_public_has_a_docstring(name: str) -> None:
    silent = []

    def visit(node: ast.Module | ast.ClassDef, path: str) -> None:
        if not ast.get_docstring(node):
            silent.append(path)
        for child in node.body:
            if getattr(child, "name", "_").startswith("_"):
                continue
            if isinstance(child, ast.ClassDef):
                visit(child, f"{path}.{child.name}")
            elif isinstance(child, ast.FunctionDef) and not ast.get_docstring(child):
                silent.append(f"{path}.{child.name}")

    visit(tree(ALL_MODULES[name]), name)
    assert not silent


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_250_lines_at_most(name: str) -> None:
    assert len(MODULES[name].read_text().splitlines()) <= 250


def test_a_file_of_tests_has_250_lines_at_most() -> None:
    sizes = {
        path: len(path.read_text().splitlines()) for path in Path(__file__).parent.rglob("*.py")
    }
    assert not {path: size for path, size in sizes.items() if size > 250}


def loaded(code: str) -> set[str]:
    """The modules that there are in a new process which has run this."""
    code += "; import sys; print(*sys.modules, sep='\\n')"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )
    return set(output.stdout.split())


def test_the_facade_loads_no_library_that_a_plugin_does_not_need() -> None:
    found = loaded("from sysmon_core import *")
    assert {"sysmon_core.metrics.command", "pluggy"} <= found
    heavy = {"pyramid", "cornice", "sqlalchemy", "dramatiq", "redis", "jc", "alembic", "argon2"}
    assert not heavy & found


def test_the_command_line_loads_no_library_that_its_help_does_not_need() -> None:
    assert not {"pydantic", "pluggy", "rich", "sqlalchemy"} & loaded("import sysmon_core.cli")


def test_the_server_and_the_worker_load_no_library_that_few_requests_need() -> None:
    found = loaded("import sysmon_core.app, sysmon_core.worker, sysmon_core.server")
    assert {"sqlalchemy", "dramatiq"} <= found
    assert not {"openapi_pydantic", "sqlalchemy.orm", "alembic", "rich", "jc"} & found


def test_the_package_has_the_names_of_the_facade_and_no_others() -> None:
    assert sorted(facade.__all__) == facade.__all__ == dir(sysmon_core)
    for name in facade.__all__:
        assert getattr(sysmon_core, name) is getattr(facade, name)
    assert not hasattr(sysmon_core, "nonsense")
