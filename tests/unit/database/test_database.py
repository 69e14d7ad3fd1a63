from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import re
import shutil
import sqlite3
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError
from webtest import TestApp

from sysmon_core.app import make_app
from sysmon_core.database import Database, migrations
from sysmon_core.errors import ConfigurationError, DatabaseUnavailable
from sysmon_core.metrics import registry
from tests.conftest import PATIENCE, MakeApp, MakeSettings

BUSY = 2.0  # seconds that a writer waits for the lock
AddUser = Callable[..., Any]


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "sysmon.sqlite"


@pytest.fixture
def database(path: Path) -> Database:
    """A database with one table, which has a counter."""
    made = Database(f"sqlite:///{path}")
    with made.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER UNIQUE)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    return made


def count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT max(n) FROM counter")).scalar_one())


def add_one(connection: Connection) -> None:
    """Read the counter, then write the next number."""
    connection.execute(text("UPDATE counter SET n = :n"), {"n": count(connection) + 1})


@pytest.fixture
def open_umask() -> Iterator[None]:
    """Set a umask of 0: a new file may be read and written by all, unless its mode is given."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_a_new_database_is_its_owners_alone_whatever_the_umask(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER UNIQUE)"))
        found = {one.name: one.stat().st_mode & 0o777 for one in path.parent.iterdir()}
    names = ("sysmon.sqlite", "sysmon.sqlite-shm", "sysmon.sqlite-wal")
    assert found == dict.fromkeys(names, 0o600)


@pytest.mark.usefixtures("open_umask")
def test_the_mode_of_a_database_that_is_there_is_left_as_it_is(path: Path) -> None:
    path.touch(0o640)
    with Database(f"sqlite:///{path}").write():
        assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_can_be_opened_by_many_at_once(folder: Path) -> None:
    together = Barrier(4, timeout=PATIENCE)

    def touch(number: int) -> None:
        together.wait()
        with Database(f"sqlite:///{folder}/{number}.sqlite").write() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS counter (n INTEGER)"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(touch, [number for number in range(60) for _ in range(4)]))


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite", "nonsense://ann:secret@host/name", "sqlite+none://"]
)
def test_a_url_of_no_database_is_a_fault_of_the_configuration(url: str) -> None:
    with pytest.raises(ConfigurationError, match="database_url") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_nothing_is_connected_before_the_first_session(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    assert not path.exists()
    with database.read() as connection:
        connection.execute(text("SELECT 1"))
    assert path.exists()


def test_every_connection_to_sqlite_is_safe_and_patient(database: Database) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with database.read() as one, database.read() as two:
        for connection in (one, two):
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}
            assert found == wanted
            assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() > 0


def test_what_is_written_is_committed_at_the_end_and_not_before(database: Database) -> None:
    with database.write() as connection:
        add_one(connection)
        with database.read() as other:
            assert count(other) == 0
    with database.read() as other:
        assert count(other) == 1


def test_an_exception_rolls_back_and_comes_through_as_it_is(database: Database) -> None:
    def fail(error: type[BaseException]) -> None:
        with database.write() as connection:
            add_one(connection)
            if error is IntegrityError:
                connection.execute(text("INSERT INTO counter VALUES (1)"))
            raise error

    for error in (KeyError, IntegrityError, KeyboardInterrupt):
        with pytest.raises(error):
            fail(error)
    with database.read() as connection:
        assert count(connection) == 0


def test_a_commit_that_fails_leaves_the_connection_fit_for_the_next(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE parent (id INTEGER PRIMARY KEY)"))
        reference = "REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED"
        connection.execute(text(f"CREATE TABLE child (parent INTEGER {reference})"))
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(text("INSERT INTO child VALUES (7)"))
    with database.write() as connection:
        add_one(connection)
        assert connection.execute(text("SELECT count(*) FROM child")).scalar() == 0


def test_no_update_is_lost_between_writers(path: Path, database: Database) -> None:
    databases = [database, Database(f"sqlite:///{path}")]

    def write(n: int) -> None:
        with databases[n % 2].write() as connection:
            add_one(connection)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    with database.read() as connection:
        assert count(connection) == 80


def test_a_writer_waits_for_the_lock_and_gives_up_in_time_while_reading_goes_on(
    path: Path, database: Database
) -> None:
    with locked(path):
        start = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="locked"), database.write() as connection:
            add_one(connection)
        assert BUSY * 0.9 < time.monotonic() - start < PATIENCE
        start = time.monotonic()
        for reader in (database, Database(f"sqlite:///{path}")):
            with reader.read() as connection:
                assert count(connection) == 0
        assert time.monotonic() - start < BUSY
    with database.write() as connection:
        add_one(connection)


def test_a_database_that_cannot_be_opened_is_unavailable(folder: Path, path: Path) -> None:
    make_garbage(path)
    (folder / "folder").mkdir()
    (folder / "half").write_bytes(b"SQLite format 3\0")
    names = {"sysmon.sqlite": "none of SQLite's", "half": "none of SQLite's|damaged"}
    names |= dict.fromkeys(("folder", "none/x", "sysmon.sqlite/x"), "cannot be opened")
    for name, told in names.items():
        database = Database(f"sqlite:///{folder}/{name}")
        for use in (database.read, database.write):
            with pytest.raises(DatabaseUnavailable, match=told), use() as connection:
                connection.execute(text("SELECT 1 FROM users"))


def authorization(name: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{name}'.encode()).decode()}"}


def ask(app: TestApp, method: str, path: str, body: str = "", who: str = "root") -> Any:
    sent = {"body": body.encode(), "content_type": "application/x-www-form-urlencoded"}
    headers = authorization(who) if who else {}
    client = TestApp(app.app)  # one for each thread
    return client.request(path, method=method, headers=headers, expect_errors=True, **sent)


def is_unavailable(answer: Any) -> bool:
    assert answer.status_int == 503
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    return True


ANN = "username=ann&password=p&fullname=Ann"


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
def test_a_database_that_may_not_be_written_is_told_and_stays_as_it_is(
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
        metrics = registry.load(make_settings())  # nobody may not read this checkout, perhaps
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


def make_garbage(path: Path) -> None:
    path.write_bytes(b"garbage, no database\n" * 100)


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
    app = TestApp(make_app(make_settings(), registry.load(make_settings())))
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
    app = TestApp(make_app(make_settings(), registry.load(make_settings())))
    assert is_unavailable(ask(app, "GET", "/v3/users/"))
    migrations.upgrade(Database(f"sqlite:///{path}"))
    add_user("root", "root", admin=True)
    assert ask(app, "GET", "/v3/users/").json == {"users": ["root"]}
