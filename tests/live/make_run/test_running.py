"""A copy that runs: its welcome, its sockets and files, and what brings its programs back."""

from __future__ import annotations

import os
import re
import shlex
import signal
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis

from tests.conftest import until
from tests.live.make_run.conftest import Running, admin
from tests.support.processes import listening
from tests.support.site import Site, new_site

PROGRAMS = ("redis-server", "dramatiq", "pserve")

pytestmark = pytest.mark.timeout(120)  # fixtures start whole copies one after the other


def the(program: str, site: Site) -> int:
    """The process of a program of the runner's, not a worker's own child."""
    (runner,) = site.pids("sysmon_core start")
    (pid,) = [pid for pid in site.pids(program) if site.processes()[pid].parent == runner]
    return pid


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A copy for the tests that leave it as sound as it was."""
    with new_site() as site:
        yield site, site.make_run()


def test_the_welcome_names_four_commands_that_work(running: Running) -> None:
    site, started = running
    commands = re.findall(r"^  (curl .*)$", started.printed(), re.MULTILINE)
    urls = [urlsplit(shlex.split(command)[-1]) for command in commands]
    assert {url.netloc for url in urls} == {f"127.0.0.1:{site.port}"}
    paths = [url._replace(scheme="", netloc="").geturl() for url in urls]
    asked = [site.client.get(path, admin(started)).status for path in paths]
    assert asked == [200, 201, 200, 200]


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
        until(lambda: other.processes() == {})
    assert [site.pids(program) for program in PROGRAMS] == before


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
