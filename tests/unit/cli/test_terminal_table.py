"""The table of `sysmon run --output table`: whole numbers at any width."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sysmon_core import Column, Row
from sysmon_core.cli.terminal_table import MAX_TEXT_LINES, terminal_table
from sysmon_core.metrics.column import is_number
from sysmon_core.metrics.quantities import quantity

GIB = 1 << 30
COLUMNS = [
    Column("mount", "where"),
    Column("device", "what"),
    Column("type", "its kind"),
    Column("size", "what it can hold", "By"),
    Column("used", "what is in use", "By"),
    Column("free", "what is free", "By"),
    Column("used_share", "share in use", "%"),
]
LONG_PATH = "/srv/media/archive/2026/a-folder-with-a-name-that-nobody-types-twice"


def row(*values: object) -> Row:
    return dict(zip((column.name for column in COLUMNS), values, strict=True))


ROOT = row("/", "/dev/mapper/vg0-root", "ext4", 252 * GIB, 24 * GIB, 77 * GIB, 24.14)
HUNG = row("/var/lib/docker", "/dev/sdb1", "xfs", None, None, None, None)
LONG = row(LONG_PATH, "server:/export", "nfs4", 4000 * GIB, 1234 * GIB, 2766 * GIB, 30.9)


def screen(rows: Sequence[Row], width: int, columns: Sequence[Column] = COLUMNS) -> str:
    return "\n".join(["", *map(click.unstyle, terminal_table(rows, columns, width)), ""])


def test_columns_stand_beside_each_other_where_they_have_room() -> None:
    assert (
        screen([ROOT, HUNG], 100)
        == """
mount            device                type       size      used      free  used_share
/                /dev/mapper/vg0-root  ext4  252.0 GiB  24.0 GiB  77.0 GiB       24.1%
/var/lib/docker  /dev/sdb1             xfs           -         -         -           -
"""
    )


def test_a_text_is_folded_to_give_numbers_room() -> None:
    assert (
        screen([ROOT, HUNG], 80)
        == """
mount           device           type       size      used      free  used_share
/               /dev/mapper/vg0  ext4  252.0 GiB  24.0 GiB  77.0 GiB       24.1%
                -root
/var/lib/docke  /dev/sdb1        xfs           -         -         -           -
r
"""
    )


def test_a_text_that_is_very_long_is_cut() -> None:
    assert (
        screen([LONG], 75)
        == """
mount           device          type     size     used     free  used_share
/srv/media/arc  server:/export  nfs4  3.9 TiB  1.2 TiB  2.7 TiB       30.9%
hive/2026/a-
folder-with-a…
"""
    )


def test_a_table_that_has_no_room_is_turned() -> None:
    assert (
        screen([ROOT, HUNG], 60)
        == """
mount       /                     /var/lib/docker
device      /dev/mapper/vg0-root  /dev/sdb1
type        ext4                  xfs
size        252.0 GiB             -
used        24.0 GiB              -
free        77.0 GiB              -
used_share  24.1%                 -
"""
    )


def test_rows_of_a_turned_table_go_on_below() -> None:
    assert (
        screen([ROOT, LONG], 40)
        == """
mount       /
device      /dev/mapper/vg0-root
type        ext4
size        252.0 GiB
used        24.0 GiB
free        77.0 GiB
used_share  24.1%

mount       /srv/media/archive/2026/a-
            folder-with-a-name-that-
            nobody-types-twice
device      server:/export
type        nfs4
size        3.9 TiB
used        1.2 TiB
free        2.7 TiB
used_share  30.9%
"""
    )


def test_words_are_kept_together_and_wide_characters_counted() -> None:
    rows = [
        {"pid": 7, "command": "run --with many words"},
        {"pid": 8, "command": "日本語のとても長い"},
    ]
    assert (
        screen(rows, 20, [])
        == """
pid  command
  7  run --with many
     words
  8  日本語のとても
     長い
"""
    )


def test_a_number_without_a_unit_is_no_text_either() -> None:
    assert (
        screen([{"pid": 12345678901234567890}], 5, [])
        == """
pid  12345678901234567890
"""
    )


def test_what_stands_in_brackets_is_a_value_and_a_line_cannot_be_broken() -> None:
    assert (
        screen([{"name": "[/x]\n:smile:"}], 40, [])
        == r"""
name
[/x]\n:smile:
"""
    )


names = st.sampled_from(["a", "count", "context_switches", "名"])
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=100)
)
rows = st.lists(st.dictionaries(names, values, min_size=1), min_size=1, max_size=6)
units = st.dictionaries(names, st.sampled_from(["", "1", "%", "By", "s", "By/s", "1/s", "Cel"]))


@given(rows=rows, units=units, width=st.integers(1, 200))
def test_no_number_is_split_and_none_is_missing(
    rows: list[Row], units: dict[str, str], width: int
) -> None:
    columns = [Column(name, "", unit) for name, unit in units.items()]
    lines = screen(rows, width, columns).split("\n")
    for row in rows:
        for name, value in row.items():
            if is_number(value):
                written = re.escape(quantity(value, units.get(name, "")))
                assert any(re.search(rf"(?<!\S){written}(?!\S)", line) for line in lines)


@given(
    rows=st.lists(st.dictionaries(names, st.text(), min_size=1), min_size=1),
    width=st.integers(40, 200),
)
def test_texts_alone_are_never_wider_than_the_terminal(rows: list[Row], width: int) -> None:
    assert all(cell_len(line) <= width for line in screen(rows, width, []).split("\n"))


@pytest.mark.parametrize("width", [1, 40, 80, 200])
def test_a_long_text_takes_three_lines_at_most(width: int) -> None:
    rows = [{"text": text} for text in ("x" * 10_000, " " * 10_000, "x " * 9_999)]
    assert len(screen(rows, width, []).strip("\n").split("\n")) <= 1 + (MAX_TEXT_LINES + 1) * len(
        rows
    )
