"""How soon a report shows what its program has printed, and what it costs to look."""

from __future__ import annotations

import json
import time
from http import HTTPStatus

from benchmarks.common.figures import Results, Table, median, percentile
from benchmarks.v4bench.place import Client, Place
from benchmarks.webbench.load import measure

LOOK_SECONDS = 0.02  # between two looks at one report
APART_SECONDS = 0.13  # between two tasks: their reports meet the worker's writes at any moment
SHOWN_SECONDS = 1.1
MANY = 100  # connections


class Watch:
    """A task whose report is asked for again and again, for what is new in it."""

    def __init__(self, client: Client, reports: int) -> None:
        self._client = client
        links = client.submit("iostat", count=reports)["links"]
        self._path = next(one["href"] for one in links if one["rel"] == "report")
        self._after, self._tag, self.complete = -1, "", False
        self.late: list[float] = []
        self.unchanged = 0

    def look(self) -> None:
        """Ask once; note how long ago the program printed what has come."""
        path = f"{self._path}?after={self._after}" if self._after >= 0 else self._path
        status, headers, text = self._client.answer(
            "GET", path, headers={"If-None-Match": self._tag} if self._tag else {}
        )
        now = time.time()
        if status == HTTPStatus.NOT_MODIFIED:
            self.unchanged += 1
            return
        report = json.loads(text)
        self.late += [now - row["transfers"] for one in report["samples"] for row in one["rows"]]
        self._after = max([self._after, *(one["index"] for one in report["samples"])])
        self._tag, self.complete = headers["etag"], report["complete"]


def shown(place: Place, tasks: int, reports: int, results: Results) -> None:
    """Measure the time from a program's line to the answer that has it."""
    client, watches = place.client(), []
    for _ in range(tasks):
        watches.append(Watch(client, reports))
        time.sleep(APART_SECONDS)
    while not all(watch.complete for watch in watches):
        for watch in watches:
            if not watch.complete:
                watch.look()
        time.sleep(LOOK_SECONDS)
    late = [one for watch in watches for one in watch.late]
    table = Table(
        "Rows as they come",
        f"{tasks} tasks, {APART_SECONDS * 1000:.0f} ms apart, of an iostat (a shell script) that "
        f"prints {reports} reports, one a second, each with the time in place of a number. Their "
        f"reports are polled every {LOOK_SECONDS * 1000:.0f} ms with `after` and `If-None-Match`.",
        ("sysmon",),
        "The worker writes what has come of a task once a second at most, and looks every 0.2 s.",
    )
    results.begin(table)
    table.add("printed until shown, p50", "s", median(late))
    table.add("printed until shown, p99", "s", percentile(late, 0.99))
    table.add("reports that were shown", "", len(late))
    table.add("answers that were 304", "", sum(watch.unchanged for watch in watches))
    results.promise("reports that were never shown", tasks * reports - len(late), 0)
    results.promise("a row is shown after seconds, p50", median(late), SHOWN_SECONDS)


def polls(place: Place, rounds: int, seconds: float, results: Results) -> None:
    """Load a report that does not change."""
    client = place.client()
    made = client.submit("iostat", count=2, wait=60)
    path = next(one["href"] for one in made["links"] if one["rel"] == "report")
    tag = _settled_tag(client, path)
    table = Table(
        "Polls of a running task's report that has not changed",
        f"`GET /v4/tasks/<id>/report` with `If-None-Match`, by wrk, {rounds} rounds of "
        f"{seconds:.0f} s; each answer has to be 304.",
        ("8 connections", f"{MANY} connections"),
        "CPU of the web server's one process, and a look at Redis for each.",
    )
    target = place.target("poll", path, more={"If-None-Match": tag}, status=304)
    few, many = (measure([target], rounds, seconds, lines)[0] for lines in (8, MANY))
    results.begin(table)
    table.add("answers", "1/s", few.rate, many.rate)
    table.add("p50", "ms", few.median("p50"), many.median("p50"))
    table.add("CPU of the server", "µs each", few.median("cpu"), many.median("cpu"))
    results.promise("polls that were not 304", few.failed + many.failed, 0)
    client.answer("DELETE", made["links"][0]["href"])


def _settled_tag(client: Client, path: str) -> str:
    """Return the ETag of a report once its first sample is in it."""
    while True:
        _, headers, text = client.answer("GET", path)
        if json.loads(text)["samples"]:
            return headers["etag"]
        time.sleep(LOOK_SECONDS)
