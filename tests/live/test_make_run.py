"""`make run`: what it says, keeps, refuses and leaves behind, and what brings it back."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from tests.conftest import until
from tests.support.client import Answer, is_problem
from tests.support.processes import Process, Started, listening
from tests.support.site import BIN, Site, new_site, welcomed

pytestmark = pytest.mark.timeout(120)  # fixtures start whole copies one after the other

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
PROGRAMS = ("redis-server", "dramatiq", "pserve")
ANN = {"username": "ann", "password": "secret", "fullname": "Ann"}

Running = tuple[Site, Started]


def admin(started: Started) -> str:
    """The credentials that the first start prints."""
    (password,) = re.findall(r"User: admin +Password: (\S+)", started.printed())
    return f"admin:{password}"


def the(program: str, site: Site) -> int:
    """The process of a program of the runner's, not a worker's own child."""
    (runner,) = site.pids("bin/sysmon start")
    (pid,) = [pid for pid in site.pids(program) if site.processes()[pid].parent == runner]
    return pid


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A copy for the tests that leave it as sound as it was."""
    with new_site() as site:
        yield site, site.make_run()


def test_the_welcome_names_three_commands_that_work(running: Running) -> None:
    site, started = running
    commands = re.findall(r"^  (curl .*)$", started.printed(), re.MULTILINE)
    urls = [urlsplit(shlex.split(command)[-1]) for command in commands]
    assert {url.netloc for url in urls} == {f"127.0.0.1:{site.port}"}
    paths = [url._replace(scheme="", netloc="").geturl() for url in urls]
    asked = [site.client.get(path, admin(started)).status for path in paths]
    assert asked == [200, 201, 200]


def test_the_printed_password_is_an_admins_and_no_other_is(running: Running) -> None:
    site, started = running
    new = {"username": "eve", "password": "x", "fullname": "Eve"}
    assert site.client("POST", "/v3/users/", admin(started), new).status == 201
    assert site.client.get("/v3/users/", "admin:admin").status == 401


def test_the_password_is_printed_once_and_before_the_welcome(running: Running) -> None:
    before, welcome, after = running[1].printed().partition("sysmon answers at ")
    assert welcome
    assert before.count("Password: ") == 1
    assert "Password: " not in after


def test_the_state_folder_is_its_owners_alone(running: Running) -> None:
    var = running[0].var
    assert [path.stat().st_mode & 0o777 for path in (var, var / "redis")] == [0o700, 0o700]


def test_redis_has_a_socket_in_the_folder_and_no_port(running: Running) -> None:
    site, _ = running
    assert (site.var / "redis.sock").is_socket()
    assert listening(the("redis-server", site)) == set()


def test_only_the_server_listens_and_on_loopback_alone(running: Running) -> None:
    site, _ = running
    until(lambda: not site.pids("sysmon_core welcome"))  # it has said all, and is about to end
    found = {address for pid in site.processes() for address in listening(pid)}
    assert found == {f"0100007F:{site.port:04X}"}


@pytest.mark.parametrize("taken", ["folder", "port"])
def test_a_second_copy_is_refused_with_one_sentence(running: Running, taken: str) -> None:
    site, _ = running
    before = [site.pids(program) for program in PROGRAMS]
    with new_site() as other:
        if taken == "folder":
            second = other.run(var=site.var)
            sentence = f"sysmon: A sysmon runs in {site.var} already: "
        else:
            second = other.run(listen=f"127.0.0.1:{site.port}")
            sentence = f"sysmon: The server cannot listen on 127.0.0.1:{site.port}, "
        assert second.wait() == 1
        assert re.fullmatch(re.escape(sentence) + ".*\n", second.printed()), second.printed()
        assert other.processes() == {}
    assert [site.pids(program) for program in PROGRAMS] == before


def test_of_two_copies_started_at_once_in_one_folder_one_runs(site: Site) -> None:
    with new_site() as other:
        copies = [site.run(), other.run(var=site.var)]
        until(lambda: any("curl --user" in copy.printed() for copy in copies))
        until(lambda: any(copy.popen.poll() is not None for copy in copies))
        assert sorted(copy.popen.poll() is None for copy in copies) == [False, True]
        assert len(site.pids("redis-server")) == 1


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("listen", "127.0.0.1:http", "The server cannot listen on 127.0.0.1:http, "),
        ("listen", "127.0.0.1:65536", "The server cannot listen on 127.0.0.1:65536, "),
        ("command_path", "/nowhere", "redis-server is missing: "),
        ("listn", "x", "Unknown setting SYSMON_LISTN "),
        ("database_url", "nonsense", "The setting database_url cannot be used: "),
        ("var", "/dev/null/var", "The folder /dev/null/var cannot be used "),
    ],
)
def test_a_wrong_setting_is_one_sentence_before_anything_starts(
    site: Site, name: str, value: str, sentence: str
) -> None:
    copy = site.run(**{name: value})
    assert copy.wait() == 1
    assert re.fullmatch(f"sysmon: {sentence}.*\n", copy.printed()), copy.printed()
    assert not (site.var / "supervisord.log").exists()


def test_a_unix_socket_is_served_named_in_the_welcome_and_removed(site: Site) -> None:
    path = site.folder / "sysmon.sock"
    copy = site.run(listen=f"unix:{path}")
    copy.up(lambda: f"curl --unix-socket {path} http://localhost/v1/" in copy.printed())
    assert copy.terminate() == 0
    assert not path.exists()


def of_a_later_version(path: Path, site: Site) -> None:
    site.said(BIN / "sysmon", "database", "upgrade")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'later'")


def no_database(path: Path, _: Site) -> None:
    path.write_text("no database" * 100)


def a_folder(path: Path, _: Site) -> None:
    path.mkdir()


@pytest.mark.parametrize("spoil", [of_a_later_version, no_database, a_folder])
def test_a_database_that_cannot_be_upgraded_stops_everything_with_one_sentence(
    site: Site, spoil: Callable[[Path, Site], None]
) -> None:
    site.var.mkdir()
    spoil(site.var / "sysmon.sqlite", site)
    copy = site.run()
    assert copy.wait() == 1
    assert re.fullmatch("sysmon: The .*users' database .+\n", copy.printed()), copy.printed()
    assert site.processes() == {}


@contextlib.contextmanager
def another_writer(path: Path) -> Iterator[None]:
    """Another program writes into a database that is still empty."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("BEGIN IMMEDIATE")
        yield


def test_until_the_database_is_upgraded_version_3_says_so_and_version_1_answers(site: Site) -> None:
    site.var.mkdir()
    with another_writer(site.var / "sysmon.sqlite"):
        copy = site.run().up(site.client.answers)
        answer = site.client.get("/v3/users/", "ann:secret")
        is_problem(answer, 503)
        assert answer.headers["Retry-After"].isdigit()
        assert site.client.get("/v1/uptime/").status == 200
        assert "curl" not in copy.printed()
    welcomed(copy)
    assert site.client.get("/v3/users/", admin(copy)).status == 200


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_killed_by_9_comes_back(running: Running, program: str) -> None:
    site, _ = running
    before = site.client.finished()
    counts = {name: len(site.pids(name)) for name in PROGRAMS}
    victims = set(site.pids(program))
    os.kill(the(program, site), signal.SIGKILL)
    until(lambda: victims.isdisjoint(site.pids(program)))
    until(lambda: {name: len(site.pids(name)) for name in PROGRAMS} == counts)
    until(site.client.answers)
    until(lambda: site.client.get(before).status == 200)
    site.client.finished()
    assert site.client.state(before) == "SUCCESS"


def test_a_server_that_was_interrupted_comes_back(running: Running) -> None:
    site, _ = running
    before = the("pserve", site)
    os.kill(before, signal.SIGINT)
    until(lambda: before not in site.pids("pserve"))
    until(lambda: site.pids("pserve"))
    until(site.client.answers)


def test_a_worker_that_a_policy_ended_comes_back_when_it_is_right(running: Running) -> None:
    site, _ = running
    before = set(site.pids("dramatiq"))
    with redis.Redis(unix_socket_path=str(site.var / "redis.sock")) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        until(lambda: before.isdisjoint(site.pids("dramatiq")), 60)
        client.config_set("maxmemory-policy", "noeviction")
    until(lambda: site.pids("dramatiq"), 60)
    site.client.finished()


@pytest.fixture(scope="module")
def stopped() -> Iterator[dict[signal.Signals, Running]]:
    """Copies side by side, each with an iostat running, whose runners were sent signals."""
    with contextlib.ExitStack() as stack:
        sites = {number: stack.enter_context(new_site()) for number in SIGNALS}
        copies = {number: (site, site.run()) for number, site in sites.items()}
        for _, copy in copies.values():
            welcomed(copy)
        tasks = {site.busy(): site for site, _ in copies.values()}
        for task, owner in tasks.items():
            for site in sites.values():
                assert site.client.get(task).status == (200 if site is owner else 404)
        for number, (_, copy) in copies.items():
            copy.popen.send_signal(number)
        yield copies


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_runner_leaves_no_process(
    stopped: dict[signal.Signals, Running], number: signal.Signals
) -> None:
    site, runner = stopped[number]
    assert runner.wait() == 0
    assert site.processes() == {}


def test_under_nohup_a_closed_terminal_is_ignored(site: Site) -> None:
    words = ("nohup", BIN / "sysmon", "start")
    copy = welcomed(site.start(*words))
    status = Path(f"/proc/{copy.popen.pid}/status").read_text()
    (ignored,) = re.findall(r"^SigIgn:\s*(\w+)$", status, re.MULTILINE)
    assert int(ignored, 16) & 1 << signal.SIGHUP - 1


@dataclass(frozen=True)
class Life:
    """What was seen of a copy that was started and stopped twice."""

    first: Started
    second: Started
    after_term: dict[int, Process]
    after_ctrl_c: dict[int, Process]
    users: Answer
    finished: Answer
    stopped: Answer


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    """Each time an iostat runs when it is stopped: by TERM to make, then by Ctrl-C."""
    with new_site() as site:
        first = site.make_run()
        user = admin(first)
        assert site.client("POST", "/v3/users/", user, ANN).status == 201
        done, cut = site.client.finished(), site.busy()
        first.terminate()
        after_term = site.processes()
        second = site.make_run()
        seen = [site.client.get(path, user) for path in ("/v3/users/", done, cut)]
        site.busy()
        os.killpg(second.popen.pid, signal.SIGINT)  # as a terminal does it
        second.wait()
        yield Life(first, second, after_term, site.processes(), *seen)


def test_only_the_first_start_prints_a_password(life: Life) -> None:
    assert admin(life.first)
    assert "assword" not in life.second.printed()


def test_users_are_found_again_after_a_restart(life: Life) -> None:
    assert life.users.json == {"users": ["admin", "ann"]}


def test_a_finished_task_is_found_again_after_a_restart(life: Life) -> None:
    assert life.finished.json["state"] == "SUCCESS"
    assert "Device" in life.finished.json["result"]["iostat"]


def test_a_task_that_a_stop_cut_short_has_failed(life: Life) -> None:
    assert life.stopped.json["state"] == "FAILURE"
    assert "worker was shut down" in life.stopped.json["result"]


def test_term_to_make_leaves_no_process(life: Life) -> None:
    assert life.after_term == {}


def test_ctrl_c_leaves_no_process(life: Life) -> None:
    assert life.after_ctrl_c == {}


def test_a_runner_killed_by_9_leaves_no_process(stopped: dict[signal.Signals, Running]) -> None:
    site, runner = stopped[signal.SIGKILL]
    assert runner.wait() == -signal.SIGKILL
    until(lambda: not site.pids("pserve"))
    until(lambda: not site.processes(), 45)  # a worker tries for long to tell a Redis that is gone


def test_with_a_redis_url_no_redis_is_started_and_that_one_is_used(
    site: Site, redis_url: str
) -> None:
    welcomed(site.run(redis_url=redis_url))
    task = site.client.finished()
    assert not site.pids("redis-server")
    assert not (site.var / "redis.sock").exists()
    with redis.Redis.from_url(redis_url) as client:
        assert client.exists(f"sysmon:task:{Path(task).name}")
