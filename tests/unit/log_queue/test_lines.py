"""The handler of the ini files, with a pipe whose reader keeps up, stalls, and comes back."""

from __future__ import annotations

import json
import logging
import select
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from sysmon_core import logs
from sysmon_core.errors import AuditStalled
from sysmon_core.log_queue import DROPPED, QueuedStreamHandler, check_audit_queue
from sysmon_core.services import audit
from tests.conftest import until
from tests.unit.log_queue.conftest import LINES, Reader

MANY = 5000  # as much as a pipe takes, a batch and that room, five times
WIDE = "x" * 200


@pytest.fixture
def logger(handler: QueuedStreamHandler) -> logging.Logger:
    made = logging.Logger("some.name")  # noqa: LOG001 - it must not be found by others
    made.addHandler(handler)
    return made


@pytest.fixture
def audited(handler: QueuedStreamHandler) -> Iterator[None]:
    """The audit logger, with the handler."""
    before = audit.logger.level
    audit.logger.addHandler(handler)
    audit.logger.setLevel(logging.INFO)
    yield
    audit.logger.removeHandler(handler)
    audit.logger.setLevel(before)


def stall(logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader) -> int:
    """Log until the pipe and the queue are full; return the number of lines."""
    count, dropped = 0, -1
    while select.select([], [reader.writer], [], 0)[1] or handler.dropped < dropped + LINES:
        dropped = handler.dropped
        threading.Event().wait(0.05)  # for the other thread to write what it has, or to wait
        for _ in range(LINES):
            count += 1
            logger.info("%d %s", count, WIDE)
    return count


def test_lines_are_written_in_the_order_in_which_they_were_logged(
    logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader
) -> None:
    reader.start()
    for number in range(MANY):
        logger.info("%d", number)
        if number % LINES == LINES - 1:
            handler.flush()
    assert reader_has(reader, MANY) == [str(number) for number in range(MANY)]
    assert handler.dropped == 0


def reader_has(reader: Reader, count: int) -> list[str]:
    until(lambda: len(reader.lines) >= count)
    return reader.messages()


def test_a_line_has_the_values_at_the_time_of_logging(
    logger: logging.Logger, reader: Reader
) -> None:
    changing = ["before"]
    with logs.bound(request_id="one"):
        logger.info("%s", changing)
        changing[0] = "after"
        try:
            raise ValueError("trouble")
        except ValueError:
            logger.exception("failed")
    reader.start()
    assert reader_has(reader, 2) == ["['before']", "failed"]
    assert [line["request_id"] for line in reader.lines] == ["one", "one"]
    assert "ValueError: trouble" in reader.lines[1]["exception"]


def test_a_record_that_cannot_be_formatted_loses_no_other_line(
    logger: logging.Logger, reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.info("%d", "no number")
    logger.info("next")
    reader.start()
    assert reader_has(reader, 1) == ["next"]
    assert "no number" in capsys.readouterr().err


def test_a_stalled_reader_blocks_no_logging_and_gets_the_number_of_dropped_lines(
    logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader
) -> None:
    count = stall(logger, handler, reader)
    before = handler.dropped
    for _ in range(MANY):
        logger.info("one more")
    dropped = handler.dropped
    assert dropped == before + MANY
    reader.start()
    until(lambda: DROPPED in reader.messages())
    (told,) = [line for line in reader.lines if line["message"] == DROPPED]
    assert (told["count"], told["level"]) == (dropped, "warning")
    assert len(reader.lines) == count + MANY - dropped + 1
    logger.info("and on")
    until(lambda: reader.messages()[-1] == "and on")
    assert handler.dropped == dropped


@pytest.mark.usefixtures("audited")
def test_no_line_of_the_audit_is_dropped_and_changes_are_refused_without_room(
    logger: logging.Logger, handler: QueuedStreamHandler, reader: Reader
) -> None:
    stall(logger, handler, reader)
    for number in range(LINES):
        check_audit_queue()
        audit.record("user.created", None, number=number)
    with pytest.raises(AuditStalled, match="standard error of sysmon"):
        check_audit_queue()
    reader.start()
    until(lambda: len(kept(reader)) == LINES)
    assert [line["number"] for line in kept(reader)] == list(range(LINES))
    handler.flush()
    check_audit_queue()


def kept(reader: Reader) -> list[dict[str, Any]]:
    return [line for line in list(reader.lines) if line["logger"] == logs.AUDIT]


@pytest.mark.usefixtures("audited")
def test_a_line_of_the_audit_is_written_when_the_call_returns(reader: Reader) -> None:
    for number in range(20):
        audit.record("user.created", None, number=number)
        (line,) = reader.waiting()
        assert json.loads(line)["number"] == number


def test_the_name_of_the_audit_is_that_of_its_module() -> None:
    assert audit.__name__ == logs.AUDIT
