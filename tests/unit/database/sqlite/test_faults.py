"""Version 3 on a SQLite database that is locked, full, missing or damaged."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.errors import DatabaseUnavailable
from sysmon_core.metrics import loading
from tests.conftest import MakeApp, MakeSettings
from tests.unit.database.sqlite.conftest import BUSY, locked, make_garbage
from tests.unit.database.users_requests import ANN, ask, is_unavailable

AddUser = Callable[..., Any]


def test_while_another_holds_the_lock_changing_users_is_503_and_all_else_goes_on(
    make_settings: MakeSettings, make_testapp: MakeApp, add_user: AddUser, path: Path
) -> None:
    app = make_testapp(make_settings())
    add_user("root", "root", admin=True)
    changes = [
        *(("POST", "/v3/users/", ANN), ("PUT", "/v3/users/ann", ANN)),
        *(("PATCH", "/v3/users/root", "fullname=R"), ("DELETE", "/v3/users/root", "")),
    ]
    with locked(path), ThreadPoolExecutor(len(changes) + 1) as pool:
        asked = [pool.submit(ask, app, *change) for change in changes]
        upgrade = pool.submit(migrations.upgrade, Database(f"sqlite:///{path}"), BUSY)
        for place in ("/v3/", "/v3/users/", "/v3/users/root", "/v3/uptime/", "/v1/uptime/"):
            assert ask(app, "GET", place).status_int == 200
        assert all(is_unavailable(future.result()) for future in asked)
        with pytest.raises(DatabaseUnavailable):
            upgrade.result()
    assert ask(app, "POST", "/v3/users/", ANN).status_int == 201


@contextlib.contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk of so many bytes on the folder."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "sysmon-test", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def small_file(path: Path) -> Iterator[None]:
    """Simulate a full disk without privileges: the database may have no further page."""

    def limit(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def sound(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.execute("PRAGMA integrity_check")) == [("ok",)]


LONG = f"username=ann&password=p&fullname={'x' * 60_000}"


def is_full_and_goes_on(app: TestApp, path: Path, make_room: Callable[[], None]) -> None:
    answers = [ask(app, "POST", "/v3/users/", LONG) for _ in range(2)]
    for answer in answers:
        assert is_unavailable(answer)
        assert "full" in answer.json["detail"]
    assert ask(app, "GET", "/v3/users/").json == {"users": ["root"]}
    make_room()
    assert ask(app, "POST", "/v3/users/", LONG).status_int == 201
    assert ask(app, "GET", "/v3/users/").json == {"users": ["ann", "root"]}
    assert sound(path)


def test_on_a_full_disk_changes_are_503_and_go_on_when_there_is_room(
    make_settings: MakeSettings, make_testapp: MakeApp, add_user: AddUser, folder: Path
) -> None:
    with disk(folder, "512k"):
        app = make_testapp(make_settings())
        add_user("root", "root", admin=True)
        assert ask(app, "GET", "/v3/users/").status_int == 200
        filler = folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        is_full_and_goes_on(app, folder / "sysmon.sqlite", filler.unlink)


def test_in_a_full_file_changes_are_503_and_go_on_when_there_is_room(
    make_settings: MakeSettings, make_testapp: MakeApp, add_user: AddUser, path: Path
) -> None:
    make_testapp(make_settings())
    add_user("root", "root", admin=True)
    with contextlib.ExitStack() as stack:
        stack.enter_context(small_file(path))
        database = Database(f"sqlite:///{path}")
        with pytest.raises(DatabaseUnavailable, match="full"), database.write() as connection:
            connection.execute(text("CREATE TABLE more AS SELECT hex(zeroblob(9999)) AS x"))
        stack.close()
    with Database(f"sqlite:///{path}").write() as connection:
        connection.execute(text("CREATE TABLE more AS SELECT hex(zeroblob(9999)) AS x"))
    assert sound(path)


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Act as a user to whom the modes of files apply, unlike root."""
    if os.getuid() != 0:
        yield
        return
    become = ctypes.CDLL(None).setfsuid  # of this thread alone
    become(65534)
    try:
        yield
    finally:
        become(0)


@pytest.mark.parametrize("modes", [(0o444, 0o777), (0o444, 0o555)], ids=["file", "folder"])
def test_a_read_only_database_is_reported_and_unchanged(
    make_settings: MakeSettings,
    make_testapp: MakeApp,
    add_user: AddUser,
    path: Path,
    modes: tuple[int, int],
) -> None:
    make_testapp(make_settings())
    add_user("root", "root", admin=True)
    gc.collect()  # the connections that still have it open, with its log
    before = path.read_bytes()
    path.chmod(modes[0])
    path.parent.chmod(modes[1])
    try:
        metrics = loading.load(make_settings())  # nobody may not read this checkout, perhaps
        with nobody():
            app = TestApp(make_app(make_settings(), metrics))
            answer = ask(app, "POST", "/v3/users/", ANN)
            assert is_unavailable(answer)
            assert re.search("read-only|may be written", answer.json["detail"])
            assert ask(app, "GET", "/v1/uptime/").status_int == 200
    finally:
        path.parent.chmod(0o755)
    path.chmod(0o644)
    assert path.read_bytes() == before
    assert ask(app, "POST", "/v3/users/", ANN).status_int == 201


@pytest.mark.parametrize("back", [True, False], ids=["put back", "lost"])
def test_a_file_that_is_taken_away_below_the_service_is_noticed_and_not_written_into(
    make_settings: MakeSettings, make_testapp: MakeApp, add_user: AddUser, path: Path, back: bool
) -> None:
    app = make_testapp(make_settings())
    add_user("root", "root", admin=True)
    assert ask(app, "GET", "/v3/users/").status_int == 200
    gc.collect()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = path.with_suffix(".kept")
    shutil.copy(path, kept)
    path.unlink()
    answer = ask(app, "POST", "/v3/users/", ANN)
    assert is_unavailable(answer)
    assert "sysmon database upgrade" in answer.json["detail"]
    if back:
        kept.replace(path)
    else:
        migrations.upgrade(Database(f"sqlite:///{path}"))
        add_user("root", "root", admin=True)
    assert ask(app, "POST", "/v3/users/", ANN).status_int == 201
    assert ask(app, "GET", "/v3/users/").json == {"users": ["ann", "root"]}
    assert sound(path)


def make_malformed(path: Path) -> None:
    """Overwrite all of the file but its header."""
    migrations.upgrade(Database(f"sqlite:///{path}"))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def make_untabled(path: Path) -> None:
    sqlite3.connect(path).close()


@pytest.mark.parametrize("make", [make_garbage, make_malformed, make_untabled, Path.mkdir])
def test_without_a_sound_database_what_needs_it_is_503_and_all_else_goes_on(
    make_settings: MakeSettings, folder: Path, path: Path, make: Callable[[Path], None]
) -> None:
    make(path)
    app = TestApp(make_app(make_settings(), loading.load(make_settings())))
    for method, place in [
        *(("GET", "/v3/users/"), ("POST", "/v3/users/"), ("GET", "/v3/uptime/")),
        *(("DELETE", "/v3/users/root"), ("GET", "/v3/none"), ("GET", "/v3/users")),
    ]:
        answer = ask(app, method, place)
        assert is_unavailable(answer)
        assert ("sysmon database upgrade" in answer.json["detail"]) == (make is make_untabled)
        assert ask(app, method, place, who="").status_int == 401  # nobody is nobody without it
    for place in ("/", "/v1/uptime/", "/v2/uptime/", "/v3/"):
        assert ask(app, "GET", place).status_int == 200


def test_a_database_that_is_made_while_the_service_runs_is_used_from_then_on(
    make_settings: MakeSettings, add_user: AddUser, path: Path
) -> None:
    app = TestApp(make_app(make_settings(), loading.load(make_settings())))
    assert is_unavailable(ask(app, "GET", "/v3/users/"))
    migrations.upgrade(Database(f"sqlite:///{path}"))
    add_user("root", "root", admin=True)
    assert ask(app, "GET", "/v3/users/").json == {"users": ["root"]}
