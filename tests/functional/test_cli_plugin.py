"""``sysmon plugin``: what it writes, what it prints, and how it ends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner, Result

from sysmon_core.cli import main
from tests.conftest import MakePrograms
from tests.support.plugins import HEAD, Site, hook

SYSMON = Path(sys.executable).parent / "sysmon"
Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in an empty folder, on a host that has no program."""
    monkeypatch.chdir(folder)
    unset: dict[str, str | None] = {n: None for n in os.environ if n.startswith("SYSMON_")}
    environ = unset | {"SYSMON_VAR": str(folder), "SYSMON_COMMAND_PATH": "/nonexistent"}

    def run(*args: str, code: int = 0, **env: str) -> Result:
        result = CliRunner().invoke(main, ["plugin", *args], env=environ | env)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder on the path, in which plugins are installed."""
    (folder / "site").mkdir()
    monkeypatch.syspath_prepend(folder / "site")
    site = Site(folder / "site")
    yield site
    for module in site.modules:
        sys.modules.pop(module, None)


def test_a_plugin_is_four_files_that_say_what_they_are(run: Run, folder: Path) -> None:
    said = run("new", "big-fish", "--folder", "x/y").stdout
    place = folder / "x/y/sysmon-big-fish"
    names = ["README.md", "pyproject.toml", "sysmon_big_fish.py", "test_sysmon_big_fish.py"]
    assert sorted(path.name for path in place.iterdir()) == names
    assert "pip install --editable 'x/y/sysmon-big-fish[test]'" in said
    assert "/v1/big-fish/" in said
    project = (place / "pyproject.toml").read_text()
    assert 'big-fish = "sysmon_big_fish"' in project
    assert "$" not in "".join(path.read_text() for path in place.iterdir())


def test_the_plugin_is_no_longer_than_a_screen(run: Run, folder: Path) -> None:
    run("new", "fish")
    module = folder / "sysmon-fish/sysmon_fish.py"
    assert len(module.read_text().splitlines()) <= 20


def test_what_is_written_is_formatted(run: Run, folder: Path) -> None:
    run("new", "a")
    run("new", "a-metric-with-a-name-that-is-as-long-as-a-name-may-ever-be----x")
    ruff = [SYSMON.parent / "ruff", "format", "--isolated", "--line-length", "100", "--check"]
    subprocess.check_call([*map(str, ruff), str(folder)])


def test_an_existing_folder_is_unchanged(run: Run, folder: Path) -> None:
    (folder / "sysmon-fish").mkdir()
    assert "is there already" in run("new", "fish", code=1).stderr
    assert list((folder / "sysmon-fish").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(run: Run) -> None:
    assert "cannot be written" in run("new", "fish", "--folder", "/proc/x", code=1).stderr


@pytest.mark.parametrize("name", ["Fish", "1fish", "fish-", "fish_", "", "ä", "a/b", "../a"])
def test_an_unfit_name_is_refused(run: Run, folder: Path, name: str) -> None:
    assert "is no name for a plugin" in run("new", name, code=1).stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "told"), [("task", "reserved"), ("uptime", "installed"), ("core", "installed")]
)
def test_a_name_that_is_taken_is_refused(run: Run, folder: Path, name: str, told: str) -> None:
    assert told in run("new", name, code=1).stderr
    assert list(folder.iterdir()) == []


def test_a_faulty_plugin_does_not_prevent_a_new_one(run: Run, site: Site) -> None:
    site.add("import nonesuch_zz")
    run("new", "carp")


def good(rows: str = '[{"fish": 1}]', title: str = "Fish") -> str:
    return (
        f"from sysmon_core import Column\n{HEAD}@hookimpl\ndef sysmon_metrics():\n"
        f"    return [Metric(name='fish', title={title!r}, description='Fish.', function=count,\n"
        f"        columns=[Column('fish', 'how many', '1')])]\n\n"
        f"def count(params, run):\n    return {rows}\n"
    )


@pytest.mark.parametrize("name", ["fish", "aquarium"])
def test_a_metric_is_checked_by_its_name_or_its_plugin_s(run: Run, site: Site, name: str) -> None:
    site.add(good())
    first, *lines, last = run("check", name).stdout.splitlines()
    assert first == "fish, of the plugin aquarium of fishtank 1.2"
    assert {line.split()[0] for line in lines} == {"ok"}
    assert " MB " in next(line for line in lines if line.split()[1] == "cost")
    assert last == "Nothing falls short."


def test_what_falls_short_is_told_and_is_status_1(run: Run, site: Site) -> None:
    site.add(good(rows='[{"shark": 1}]', title=""))
    said = run("check", "fish", code=1).stdout
    short = [line.split()[1] for line in said.splitlines() if line.split()[0] == "short"]
    assert short == ["declaration", "output"]
    assert said.splitlines()[-1] == "2 things fall short."


def test_without_a_name_all_are_checked_and_what_was_left_out_is_told(run: Run, site: Site) -> None:
    site.add(good())
    site.add("import nonesuch_zz", plugin="sea", dist="ocean")
    said = run("check", code=1).stdout
    assert "left out: the plugin sea of ocean 1.2 cannot be imported" in said
    assert "\nfish, of the plugin aquarium" in said
    assert "\nuptime, of the plugin uptime" in said
    assert "is not on this host" in said


def test_how_many_metrics_were_passed_over_is_told(run: Run, site: Site) -> None:
    unlike = 'metric("{}", description="It.", available=lambda host: "there is no water")'
    site.add(hook(f"return [{unlike.format('fish')}, {unlike.format('frog')}]"))
    said = run("check", "aquarium").stdout.splitlines()
    assert said.count("  -      behaviour    passed over: there is no water") == 2
    assert said[-1] == "Nothing falls short. The runs of 2 metrics were passed over."


def test_a_plugin_that_was_left_out_is_told_by_its_name(run: Run, site: Site) -> None:
    site.add("import nonesuch_zz", plugin="sea", dist="ocean")
    said = run("check", "sea", code=1).stdout
    assert "cannot be imported" in said
    assert said.splitlines()[-1] == "One thing falls short."


def test_a_plugin_is_not_blamed_for_another_that_clashes_with_it(run: Run, site: Site) -> None:
    site.add(good())
    site.add(good(), plugin="sea", dist="ocean")
    said = run("check", "sea", code=1).stdout
    assert "left out: Two metrics are named fish, one of the plugin aquarium of" in said
    assert run("check", "aquarium").stdout.splitlines()[-1] == "Nothing falls short."


def test_an_unknown_name_is_wrong_usage(run: Run, site: Site) -> None:
    site.add(good())
    said = run("check", "shark", code=2).stderr
    assert "no plugin or metric shark. There are: " in said
    assert "fish" in said


def test_on_a_terminal_there_are_marks(folder: Path, programs: MakePrograms) -> None:
    ours, theirs = pty.openpty()
    path = programs(uptime="echo nothing [to] read")
    environ = {"SYSMON_VAR": str(folder), "SYSMON_COMMAND_PATH": path, "TERM": "xterm"}
    with subprocess.Popen(
        [SYSMON, "plugin", "check", "uptime"], stdout=theirs, env=environ | {"LANG": "C.UTF-8"}
    ) as process:
        os.close(theirs)
        seen = b""
        while b"short." not in seen:
            seen += os.read(ours, 1000)
        assert process.wait(20) in {0, 1}
    os.close(ours)
    assert "✓" in seen.decode()
    assert "\x1b[32m" in seen.decode()


def test_a_host_that_shows_no_process_is_told_in_a_sentence(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(folder))  # as where /proc is not mounted
    result = run("check", "disk", code=1)
    assert isinstance(result.exception, SystemExit), "a traceback reached a person"
    assert "Error: Runs cannot be checked where processes cannot be seen" in result.stderr
    assert "mount /proc" in result.stderr
