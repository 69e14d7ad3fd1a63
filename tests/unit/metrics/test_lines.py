"""The lines of a text that comes in parts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.errors import PluginFault
from sysmon_core.metrics.streaming import ComingRows, Lines, until_unreadable


@given(st.lists(st.text("ab\n\r\u2028é", max_size=5)))
def test_lines_are_the_same_however_a_text_is_cut(parts: list[str]) -> None:
    whole = "".join(parts)
    assert list(Lines(parts)) == list(Lines([whole]))
    assert "\n".join([*Lines(parts), ""] if whole.endswith("\n") else [*Lines(parts)]) == whole


def test_a_line_comes_once_it_is_whole() -> None:
    taken: list[str] = []

    def parts() -> Iterator[str]:
        for part in ("a", "b\nc", "\n", "d"):
            taken.append(part)
            yield part

    lines = Lines(parts())
    assert next(lines) == "ab"
    assert taken == ["a", "b\nc"]
    assert list(lines) == ["c", "d"]


def failing() -> Iterator[str]:
    yield "a\n"
    raise OSError("no water")


def test_an_error_of_the_lines_is_none_of_the_parser_s() -> None:
    lines = Lines(failing())
    with pytest.raises(OSError, match="no water"):
        list(until_unreadable(({"a": line} for line in lines), lines))
    assert (lines.failed, lines.unreadable) == (True, False)
    with pytest.raises(PluginFault, match="hides that the run failed"):
        lines.read_on()


def test_rows_that_come_are_a_list_to_those_who_want_one() -> None:
    rows = ComingRows({"n": n} for n in range(4))
    assert next(iter(rows)) == {"n": 0}
    assert rows[-1] == {"n": 3}
    assert rows[1:3] == [{"n": 1}, {"n": 2}]
    assert len(rows) == len(list(rows)) == 4
    assert next(reversed(rows)) == {"n": 3}
