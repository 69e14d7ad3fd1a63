"""Who has the right password is let in soon, while others guess."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sqlalchemy import insert

from benchmarks.common.figures import Table, median
from benchmarks.common.processes import PATIENCE
from benchmarks.webbench.bench import Bench
from benchmarks.webbench.besiege import OFFICE
from benchmarks.webbench.besieged import TRUSTING, besieged
from benchmarks.webbench.ours import PASSWORD, Site
from benchmarks.webbench.server import Server, Target
from sysmon_core.database import Database
from sysmon_core.database.tables import users
from sysmon_core.services.passwords import Passwords

CROWD = 100  # users behind one address
PROBES = 5  # of each other kind
JOB = "a job with a wrong password, 20 times a second from the same address"
GUESSERS = "16 guessers from ever new addresses"
LONGEST_SECONDS = 15.0  # until a user gives up
HOME = "198.51.100.7"  # where nobody has logged in


@dataclass(frozen=True)
class Login:
    """How a user was let in: by so many tries, in so many seconds; never is infinite."""

    tries: float
    seconds: float


def run(bench: Bench) -> None:
    """Users who log in after a restart of the server, in two sieges."""
    table = Table(
        "Logging in under siege",
        f"Each user has a hash of their own, and waits as Retry-After says. {CROWD} users log "
        "in from one address, all at once, and do so again after a restart of the server; then "
        f"{PROBES} who never have, one after the other. After another restart {PROBES} who have, "
        f"and {PROBES} from an address of their own who never have, one after the other.",
        ("tries, max", "s, median", "s, max"),
        "argon2, about 40 ms of a processor for each user, in threads that give way to others.",
    )
    bench.results.begin(table)
    site = bench.site()
    _add_users(site, CROWD + 2 * PROBES)
    server = site.server(more=TRUSTING)
    crowd = range(CROWD)
    with server.running():
        found = _log_in(server, crowd, at_once=True)
        _show(bench, table, f"{CROWD} users, for the first time, no siege", found)
    with server.running(), besieged("job", JOB, server):
        found = _log_in(server, crowd, at_once=True)
        _show(bench, table, f"{CROWD} users, {JOB}", found, seconds=4)
        found = _log_in(server, range(CROWD, CROWD + PROBES))
        _show(bench, table, f"newcomers, {JOB}", found, tries=1, seconds=1)
    with server.running(), besieged("guessers", GUESSERS, server):
        found = _log_in(server, range(PROBES))
        _show(bench, table, f"known users, {GUESSERS}", found, tries=1)
        found = _log_in(server, range(CROWD + PROBES, CROWD + 2 * PROBES), HOME)
        _show(bench, table, f"unknown users, {GUESSERS}", found, seconds=2)


def _add_users(site: Site, count: int) -> None:
    """Put them into the database itself: the command would take a second for each."""
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(Passwords().hash, [PASSWORD] * count)
    rows = [
        {"username": f"user{n}", "fullname": "A B", "admin": False, "password_hash": one}
        for n, one in enumerate(hashes)
    ]
    with Database(f"sqlite:///{site.folder}/sysmon.sqlite").write(PATIENCE) as connection:
        connection.execute(insert(users), rows)


def _log_in(
    server: Server, numbers: Sequence[int], address: str = OFFICE, *, at_once: bool = False
) -> list[Login]:
    with ThreadPoolExecutor(len(numbers) if at_once else 1) as pool:
        return list(pool.map(partial(_let_in, server, address), numbers))


def _let_in(server: Server, address: str, number: int) -> Login:
    target = Target("sysmon", server, "/v3/uptime/", f"user{number}:{PASSWORD}")
    headers = target.headers | {"X-Forwarded-For": address}
    begin, tries = time.monotonic(), 0
    while (took := time.monotonic() - begin) < LONGEST_SECONDS:
        tries += 1
        answer = server.get(target.path, headers)
        if answer.status == 200:
            return Login(tries, time.monotonic() - begin)
        time.sleep(min(float(answer.headers.get("retry-after", 1)), LONGEST_SECONDS - took))
    return Login(math.inf, math.inf)


def _show(
    bench: Bench,
    table: Table,
    title: str,
    found: Sequence[Login],
    *,
    tries: int | None = None,
    seconds: int | None = None,
) -> None:
    most, took = max(one.tries for one in found), [one.seconds for one in found]
    table.add(title, "", most, median(took), max(took))
    if tries is not None:
        bench.results.promise(f"tries until all are let in, {title}", most, tries)
    if seconds is not None:
        bench.results.promise(f"s until all are let in, {title}", max(took), seconds)
