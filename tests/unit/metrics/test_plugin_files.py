"""The files of a plugin are found, and nothing of the plugin is imported for that."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sysmon_core.metrics.plugin_files import files_of

FAULTY = "this is no Python"


@pytest.fixture(autouse=True)
def aquarium(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of packages on the path, and a module, none of which can be imported."""
    for name in ("pond_lone", "aquarium/__init__", "aquarium/other", "aquarium/deep/__init__"):
        file = folder / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(FAULTY)
    (folder / "aquarium/deep/tests").mkdir()
    (folder / "aquarium/deep/tests/test_fish.py").write_text(FAULTY)
    (folder / "aquarium/deep/fish.txt").write_text(FAULTY)
    monkeypatch.syspath_prepend(folder)
    return folder


WHOLE = {"aquarium/__init__", "aquarium/other", "aquarium/deep/__init__"}
WHOLE |= {"aquarium/deep/tests/test_fish"}
DEEP = {"aquarium/deep/__init__", "aquarium/deep/tests/test_fish"}


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("pond_lone", {"pond_lone"}),
        ("pond_lone:plugin", {"pond_lone"}),
        ("aquarium", WHOLE),
        ("aquarium.other", WHOLE),
        ("aquarium.deep", DEEP),
        ("aquarium.deep.gone", set()),
        ("aquarium.other.gone", set()),
        ("pond_lone.gone", set()),
        ("no_such_module", set()),
        ("math", set()),
        ("sys", set()),
        ("", set()),
        ("1 x", set()),
    ],
)
def test_the_files_of_a_plugin_are_those_of_its_package(
    aquarium: Path, module: str, found: set[str]
) -> None:
    assert set(files_of(module)) == {aquarium / f"{name}.py" for name in found}
    assert not {"aquarium", "pond_lone"} & set(sys.modules)


def test_a_package_without_an_init_is_a_package(aquarium: Path) -> None:
    (aquarium / "open_sea").mkdir()
    (aquarium / "open_sea/fish.py").write_text(FAULTY)
    assert list(files_of("open_sea.fish")) == [aquarium / "open_sea/fish.py"]
