"""Version 2: a task until it ends, is cancelled or removed."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from webtest import TestApp

from sysmon_core.settings import Settings
from tests.conftest import MakeApp, MakePrograms, MakeSettings, until, working
from tests.functional.answers import AT_ONCE, ask, problem
from tests.functional.iostat_params import printed
from tests.functional.v2.conftest import cancel, ended, shown

UNKNOWN = ["none", "0", "*", "a%20b", "%C3%A9", "..", "x" * 5000, "QUEUED"]
UNKNOWN += ["00000000-0000-4000-8000-000000000000"]


def lives(pid: int) -> bool:
    """Whether the process is there; one that only waits to be reaped is not."""
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()[:1] not in {"", "Z"}


def held(folder: Path) -> str:
    """A program that says that it has started, then waits until it may end."""
    return f"touch {folder}/started; until [ -e {folder}/go ]; do sleep 0.02; done; echo done"


def test_a_task_is_answered_without_waiting_and_shown_while_it_runs(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, folder: Path
) -> None:
    programs(iostat=held(folder))
    app = make_testapp(config)
    with working(config):
        asked = time.monotonic()
        made = app.post("/v2/iostat/", status=201)
        assert time.monotonic() - asked < AT_ONCE
        until((folder / "started").exists)
        assert app.get(made.location).json == shown(made, "STARTED")
        (folder / "go").touch()
        assert ended(app, made) == shown(made, "SUCCESS", result={"iostat": "done\n"})


@pytest.mark.parametrize(
    ("script", "overrun", "cause"),
    [("echo it is on fire >&2; exit 3", 10, "it is on fire"), ("exec sleep 60", 0.1, "longer")],
)
def test_a_task_that_fails_or_times_out_has_the_error_as_its_result(
    config: Settings,
    make_testapp: MakeApp,
    programs: MakePrograms,
    *,
    script: str,
    overrun: float,
    cause: str,
) -> None:
    programs(iostat=script)
    config = config.model_copy(update={"overrun": overrun})
    app = make_testapp(config)
    with working(config):
        made = app.post("/v2/iostat/", status=201)
        task = ended(app, made)
    assert isinstance(task["result"], str)
    assert cause in task["result"]
    assert task == shown(made, "FAILURE", result=task["result"])


def test_a_program_that_the_worker_misses_is_named_by_the_task(
    app: TestApp, make_settings: MakeSettings, redis_url: str
) -> None:
    made = app.post("/v2/iostat/", status=201)
    with working(make_settings(redis_url=redis_url, command_path="/none")):
        task = ended(app, made)
    assert task["state"] == "FAILURE"
    assert "sysstat" in task["result"]


def test_an_unknown_task_is_a_404(app: TestApp, subtests: pytest.Subtests) -> None:
    for task_id in UNKNOWN:
        with subtests.test(task_id[:9]):
            problem(ask(app, "GET", f"/v2/task/{task_id}"), 404)
            problem(ask(app, "DELETE", f"/v2/task/{task_id}"), 404)


def test_a_queued_task_that_is_deleted_reads_revoked_and_is_never_run(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, folder: Path
) -> None:
    programs(iostat=f'touch "{folder}/$*"')
    app = make_testapp(config)
    made = app.post("/v2/iostat/?count=2", status=201)
    cancel(app, made)
    assert app.get(made.location).json == shown(made, "REVOKED")
    with working(config):  # its end waits for what the worker has taken
        ended(app, app.post("/v2/iostat/?count=3", status=201))
    assert app.get(made.location).json == shown(made, "REVOKED")
    assert not (folder / printed(2, 1).strip()).exists()
    assert (folder / printed(3, 1).strip()).exists()


@pytest.mark.parametrize("first", ["", "trap '' TERM; "], ids=["tame", "deaf to TERM"])
def test_a_running_task_that_is_deleted_is_stopped_with_all_its_processes(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, folder: Path, first: str
) -> None:
    pids = folder / "pids"
    programs(iostat=f"{first}sleep 300 & echo $! $$ > {pids}; wait; sleep 300")
    app = make_testapp(config)
    with working(config):
        made = app.post("/v2/iostat/", status=201)
        until(lambda: pids.exists() and pids.read_text().endswith("\n"))
        processes = [int(pid) for pid in pids.read_text().split()]
        assert all(map(lives, processes))
        cancel(app, made)
        assert app.get(made.location).json == shown(made, "REVOKED")
        until(lambda: not any(map(lives, processes)))
    assert app.get(made.location).json == shown(made, "REVOKED")


@pytest.mark.parametrize(
    ("script", "state"), [("echo Device", "SUCCESS"), ("exit 1", "FAILURE"), ("", "REVOKED")]
)
def test_deleting_a_finished_task_removes_its_record(
    config: Settings, make_testapp: MakeApp, programs: MakePrograms, *, script: str, state: str
) -> None:
    programs(iostat=script)
    app = make_testapp(config)
    made = app.post("/v2/iostat/", status=201)
    if state == "REVOKED":
        cancel(app, made)
    with working(config):
        assert ended(app, made)["state"] == state
    cancel(app, made)
    problem(ask(app, "GET", made.location), 404)
    problem(ask(app, "DELETE", made.location), 404)


def test_the_record_of_an_ended_task_expires_and_that_of_another_does_not(
    make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms, redis_url: str
) -> None:
    path = programs(iostat=f'[ "$*" != "{printed(2, 1).strip()}" ] && echo Device')
    config = make_settings(redis_url=redis_url, command_path=path, task_ttl=1)
    app = make_testapp(config)
    made = [app.post(f"/v2/iostat/?count={count}", status=201) for count in (1, 2, 3)]
    cancel(app, made[2])
    with working(config):
        until(lambda: all(ask(app, "GET", one.location).status_int == 404 for one in made))
    for one in made[1:]:
        problem(ask(app, "DELETE", one.location), 404)
    queued, revoked = (app.post("/v2/iostat/", status=201) for _ in range(2))
    cancel(app, revoked)
    until(lambda: ask(app, "GET", revoked.location).status_int == 404)
    assert app.get(queued.location).json == shown(queued, "QUEUED")
