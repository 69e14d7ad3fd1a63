"""How tasks, and what their runs have given, are written in Redis and read again."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sysmon_core.metrics.report import Report
from sysmon_core.metrics.samples import SampleList
from sysmon_core.printable import describe
from sysmon_core.running.sample import Sample
from sysmon_core.services.task import Part, State, Task
from sysmon_core.tasks.queues import BRIEF, USERS_BRIEF

Words = list[str | bytes | float]

logger = logging.getLogger(__name__)


def fields_of(task: Task) -> Words:
    """Return names and values of what a record has from the start."""
    return [
        *("metric", task.metric),
        *("params", json.dumps(dict(task.params))),
        *("owner", task.owner),
        *("repeatable", int(task.repeatable)),
        *("host", task.host),
        *("seconds", task.seconds),
    ]


def task_of(
    task_id: str, flat: Sequence[bytes] | None, now: bytes = b"0", report: Report | None = None
) -> Task | None:
    """Make a task of its record, names and values in turn; None if there is no record.

    Nor is there a task where somebody has damaged its record: one must not hide all others of a
    list. The log has it.
    """
    if not flat:
        return None
    try:
        return _task(task_id, dict(_pairs(flat)), now, report)
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("The record of the task %s is damaged: %s", task_id, describe(error))
        return None


def _task(task_id: str, fields: Mapping[str, str], now: bytes, report: Report | None) -> Task:
    """Make a task of the fields of its record; those of earlier versions have no times."""
    get = fields.get
    return Task(
        id=task_id,
        metric=fields["metric"],
        params=dict(json.loads(fields["params"])),
        owner=fields["owner"],
        repeatable=fields["repeatable"] == "1",
        brief=fields["queue"] in {BRIEF, USERS_BRIEF},
        state=State(fields["state"]),
        error=get("error", ""),
        host=get("host", ""),
        seconds=float(get("seconds", 0)),
        code=get("code", ""),
        created=float(get("created", 0)),
        started=_time(get("begun")),
        ended=_time(get("ended")),
        expires=_time(get("expires")),
        now=float(now),
        samples=int(get("samples", 0)),
        truncated="truncated" in fields,
        revision=f"{fields['state']}-{get('changes', 0)}",
        report=report,
    )


def _pairs(flat: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    words = [word.decode() for word in flat]
    return zip(words[::2], words[1::2], strict=True)


def _time(text: str | None) -> float | None:
    return None if text is None else float(text)


def words_of(part: Part) -> Words:
    """Return what the scripts take of a part: number, text, count of samples, element."""
    if not part.samples:
        return [part.number, part.text, 0, ""]
    first, last = part.samples[0].index, part.samples[-1].index
    samples = [[one.at, one.index, one.since_boot, one.rows] for one in part.samples]
    return [part.number, part.text, last + 1, f"{first} {last} {json.dumps(samples)}"]


def samples_of(elements: Iterable[bytes]) -> list[Sample]:
    """Put the samples of elements together."""
    found = SampleList()
    for element in elements:
        for at, index, since_boot, rows in json.loads(element.split(b" ", 2)[2]):
            found(Sample(at, rows, index, since_boot))
    return found.samples
