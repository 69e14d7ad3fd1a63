"""A start: with a socket, another Redis or a database in use, and the refusals."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from tests.conftest import until
from tests.live.make_run.conftest import admin
from tests.support.client import is_problem
from tests.support.site import BIN, Site, new_site, welcomed

pytestmark = pytest.mark.timeout(120)  # fixtures start whole copies one after the other


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
        ("listen", "127.0.0.1:-5", "The server cannot listen on 127.0.0.1:-5, "),
        ("listen", "127.0.0.1", "The server cannot listen on 127.0.0.1, "),
        ("listen", "6543", "The server cannot listen on 6543, "),
        ("listen", "", "The setting listen names no address: "),
        ("listen", "127.0.0.1:0", "The server would listen at 127.0.0.1:0 on any port, "),
        ("command_path", "/nowhere", "redis-server is missing: "),
        ("listn", "x", "Unknown setting SYSMON_LISTN "),
        ("database_url", "nonsense", "The setting database_url cannot be used: "),
        ("var", "/dev/null/var", "The folder /dev/null/var cannot be used "),
        ("var", "/tmp", "The folder /tmp has files of other programs, "),
        ("var", "", "The setting SYSMON_VAR in the environment is wrong: "),
        ("config", "release", "The configuration release cannot be read: "),
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
    until(lambda: site.processes() == {})


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


def test_with_a_redis_url_no_redis_is_started_and_that_one_is_used(
    site: Site, redis_url: str
) -> None:
    welcomed(site.run(redis_url=redis_url))
    task = site.client.finished()
    assert not site.pids("redis-server")
    assert not (site.var / "redis.sock").exists()
    with redis.Redis.from_url(redis_url) as client:
        assert client.exists(f"sysmon:task:{Path(task).name}")
