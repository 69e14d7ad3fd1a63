from __future__ import annotations

import io
import json
import logging
import threading
from configparser import RawConfigParser
from logging.config import fileConfig
from typing import Any

import pytest

from sysmon_core import logs
from tests.conftest import ROOT


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def logger(stream: io.StringIO, request: pytest.FixtureRequest) -> logging.Logger:
    """A handler with the JSON formatter, or with the one of a test's parameter."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(getattr(request, "param", logs.Json)())
    made = logging.Logger("some.name")  # noqa: LOG001 - it must not be found by others
    made.addHandler(handler)
    return made


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_when_who_how_bad_and_what(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.warning("%s of %d", "one", 2, extra={"user": "ünn", "count": 3})
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "some.name",
        "message": "one of 2",
        "user": "ünn",
        "count": 3,
    }


def test_a_line_has_what_is_bound_to_its_thread_and_no_other(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    with logs.bound(request_id="one"):
        logger.warning("inside")
        thread = threading.Thread(target=logger.warning, args=("beside",))
        thread.start()
        thread.join()
        with logs.bound(task="two"):
            logger.warning("deeper")
    logger.warning("outside")
    told = [(line["message"], line.get("request_id"), line.get("task")) for line in lines(stream)]
    assert told == [
        ("inside", "one", None),
        ("beside", None, None),
        ("deeper", "one", "two"),
        ("outside", None, None),
    ]


@pytest.mark.parametrize("logger", [logs.Json, logs.Readable], indirect=True)
def test_a_line_is_one_line_whatever_is_in_it(logger: logging.Logger, stream: io.StringIO) -> None:
    logger.warning("a\nb\r\x1b[31m\x00", extra={"user": "c\nd"})
    text = stream.getvalue()
    assert text.endswith("\n")
    if isinstance(logger.handlers[0].formatter, logs.Json):
        assert len(text.splitlines()) == 1
        assert lines(stream)[0]["message"] == "a\nb\r\x1b[31m\x00"


@pytest.mark.parametrize("logger", [logs.Json, logs.Readable], indirect=True)
def test_fields_named_like_secrets_are_left_out(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    names = ("password", "Authorization", "set_cookie", "database_url", "api_token", "DSN")
    logger.warning("kept", extra=dict.fromkeys(names, "canary"))
    assert "kept" in stream.getvalue()
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize("logger", [logs.Json, logs.Readable], indirect=True)
def test_a_traceback_tells_where_and_no_values(logger: logging.Logger, stream: io.StringIO) -> None:
    def fail(password: str) -> None:
        raise ValueError("trouble", len(password))

    try:
        fail(f"can{'ary'}")
    except ValueError:
        logger.exception("failed")
    text = stream.getvalue()
    assert "test_a_traceback_tells_where" in text
    assert "trouble" in text
    assert "canary" not in text


def test_values_that_json_lacks_are_logged_as_text(
    logger: logging.Logger, stream: io.StringIO
) -> None:
    logger.warning("%s", {1}, extra={"path": ROOT, "raw": b"\xff"})
    (line,) = lines(stream)
    assert line["path"] == repr(ROOT)


@pytest.mark.parametrize(
    ("name", "kind"), [("development.ini", logs.Readable), ("production.ini", logs.Json)]
)
def test_the_ini_files_name_them(name: str, kind: type[logging.Formatter]) -> None:
    parser = RawConfigParser()
    parser.read(ROOT / name)
    root = logging.getLogger()
    before = list(root.handlers)
    levels = {one: logging.getLogger(one).level for one in ("", "sysmon_core")}
    try:
        fileConfig(parser, disable_existing_loggers=False)
        (handler,) = (one for one in root.handlers if one not in before)
        assert isinstance(handler.formatter, kind)
        assert logging.getLogger("sysmon_core.services.audit").isEnabledFor(logging.INFO)
    finally:
        root.handlers[:] = before
        for one, level in levels.items():
            logging.getLogger(one).setLevel(level)
