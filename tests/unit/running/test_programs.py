"""Programs that a function runs: found by name, without a shell, their failure in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sysmon_core import MetricFailed, MetricUnavailable
from sysmon_core.errors import MetricTimeout, PluginFault, RunStopped
from sysmon_core.running.run import Run
from tests.conftest import MakePrograms, until
from tests.unit.conftest import AT_ONCE, LONG, MakeRun, StopWhen, alive, has_pid, pid_in

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def fish(programs: MakePrograms, make_run: MakeRun) -> Any:
    """Make a run on a host whose program ``fish`` is this script."""

    def make(script: str, **limits: Any) -> Run:
        return replace(make_run(**limits), command_path=programs(fish=script))

    return make


def test_it_gives_what_was_printed_and_the_status(fish: Any) -> None:
    output = fish("echo ' one'; echo two; echo why >&2").program(["fish"])
    assert (output.text, output.errors, output.status) == (" one\ntwo\n", "why\n", 0)


def test_a_program_is_found_by_its_name_in_the_setting_or_by_its_absolute_path(
    fish: Any, folder: Path
) -> None:
    run = fish("echo $0 $@")
    path = folder / "programs/fish"
    assert run.program(["fish", "a"]).text == run.program([str(path), "a"]).text == f"{path} a\n"
    assert run.program([path, Path("a")]).text == f"{path} a\n"


def test_a_relative_folder_of_the_setting_will_do(
    fish: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = replace(fish("pwd"), command_path="programs:/bin")
    monkeypatch.chdir(folder)
    assert run.program(["fish"]).text == "/\n"


@pytest.mark.parametrize(
    ("package", "remedy"), [("fish-utils", "install the package fish-utils"), ("", "install it")]
)
@pytest.mark.parametrize("name", ["shark", "/nowhere/shark", "/usr"])
def test_a_missing_program_is_told_with_its_package(
    name: str, package: str, remedy: str, make_run: MakeRun
) -> None:
    with pytest.raises(
        MetricUnavailable, match=f"^The program {name} is not on this host: {remedy}$"
    ):
        make_run().program([name], package=package)


def test_no_shell_reads_the_words(fish: Any) -> None:
    words = ["", "a b", "$HOME", "*", "; echo no", "--", "ü", "caf\udce9"]
    text = fish('printf "<%s>" "$@"').program(["fish", *words]).text
    assert text == "".join(f"<{word}>" for word in words).replace("\udce9", "\ufffd")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        ("df -P", "'df -P' as a program and its words: give a list of words"),
        (b"df", "give a list of words"),
        ([], "give a list of words"),
        (None, "give a list of words"),
        (["df", 3], "the word 3: make a text of it"),
        (["df", None], "the word None"),
        (["df", "a\0b"], "no program can be given"),
        (["d\0f"], "no program can be given"),
        (["df", "\ud800"], "no program can be given"),
        (["bin/df"], "'bin/df': give its name or absolute path"),
        (["./df"], "give its name or absolute path"),
    ],
)
def test_what_is_no_list_of_words_is_refused_with_a_sentence(
    argv: Any, told: str, make_run: MakeRun
) -> None:
    with pytest.raises(PluginFault) as caught:
        make_run().program(argv)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo output; echo ' no water ' >&2; exit 3", "^fish ended with status 3: no water$"),
        ("exit 1", "^fish ended with status 1: it did not say why$"),
        ("kill -9 $$", "^fish ended with status -9"),
        ("head -c 70000 /dev/zero", "65536 bytes"),
    ],
)
def test_a_program_that_fails_fails_the_run_in_its_own_words(
    script: str, reason: str, fish: Any
) -> None:
    with pytest.raises(MetricFailed, match=reason):
        fish(script, output_limit=65536).program(["fish"])


@pytest.mark.parametrize("statuses", [(0, 3), {3}, range(256)])
def test_other_statuses_may_be_success_too(statuses: Any, fish: Any) -> None:
    assert fish("echo ok; exit 3").program(["fish"], statuses=statuses).status == 3


def test_a_status_that_is_not_named_is_none_even_if_it_is_0(fish: Any) -> None:
    with pytest.raises(MetricFailed, match="status 0"):
        fish("true").program(["fish"], statuses=(1,))


def test_it_sees_nothing_of_our_environment(
    monkeypatch: pytest.MonkeyPatch, make_run: MakeRun
) -> None:
    monkeypatch.setenv("LD_X", "hostile")
    monkeypatch.setenv("LC_ALL", "hostile")
    lines = make_run().program(["env"]).text.splitlines()
    assert "LC_ALL=C" in lines
    assert not [line for line in lines if "hostile" in line]


def test_its_output_is_not_told_as_that_of_the_metric(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    told: list[bytes] = []
    run = replace(make_run(listener=told.append), command_path=programs(fish="echo one"))
    assert run.program(["fish"]).text == "one\n"
    assert told == []


def test_the_prefix_of_a_run_stands_before_it(make_run: MakeRun) -> None:
    run = replace(make_run(), prefix=("/bin/echo", "before"))
    assert run.program(["/bin/true"]).text == "before /bin/true\n"


def test_it_is_ended_at_the_deadline_of_the_run(fish: Any, folder: Path) -> None:
    with pytest.raises(MetricTimeout):
        fish(f"echo $$ > {folder}/pid; exec {LONG}", seconds=0.3).program(["fish"])
    assert not alive(pid_in(folder / "pid"))


def test_it_is_ended_with_its_children_when_the_run_is_stopped(
    fish: Any, folder: Path, stop_when: StopWhen
) -> None:
    run = fish(f"trap '' TERM; {LONG} & echo $! > {folder}/pid; wait; wait")
    stop_when(lambda: has_pid(folder / "pid"), run)
    with pytest.raises(RunStopped, match="enough"):
        run.program(["fish"])
    until(lambda: not alive(pid_in(folder / "pid")), AT_ONCE)


def test_none_is_begun_once_the_run_is_to_end(fish: Any, folder: Path) -> None:
    run = fish(f"touch {folder}/begun")
    run.stop.set("enough")
    with pytest.raises(RunStopped, match="enough"):
        run.program(["fish"])
    with pytest.raises(MetricTimeout):
        fish(f"touch {folder}/begun", seconds=0).program(["fish"])
    assert not (folder / "begun").exists()
