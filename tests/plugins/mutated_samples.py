"""Samples of what programs print, and mutants of them that hypothesis draws."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

# What programs of several versions and platforms print, ours with options that we do not give, too.
SAMPLES = {path.name: path.read_bytes() for path in Path(__file__).parent.glob("samples/*.txt")}

NUMBER = re.compile(rb"[0-9][0-9.]*")
NUMBERS = [
    b"",
    b"-1",
    b"0",
    b"9" * 20,
    b"9" * 400,
    b"9" * 5000,
    b"1e999",
    b"nan",
    b"inf",
    b"-",
    b".",
]
NUMBERS += [
    b"1.2.3",
    b"0x10",
    b"1,5",
    b"1_0",
    b"x",
    b"*****",
    "٣".encode(),
    b"1.7976931348623157e308",
]
BYTES = [b"\0", b"\x1b[2J", b"\r", b"\x0b", b"\x0c", b"\x1c", b"\xc2\x85", b"\xe2\x80\xa8", b"\xff"]
BYTES += [
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\t",
    b" ",
    b"user",
    b"day",
    b"min",
    b":",
    b"Device",
    b"%",
]


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, bytes]:
    """The name of a sample, and what became of it."""
    name = draw(st.sampled_from(sorted(SAMPLES)))
    text = SAMPLES[name]
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4)):
        text = change(draw, text)
    return name, text


def change_lines(draw: st.DrawFn, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    place = draw(st.integers(0, len(lines) - 1))
    other = draw(st.integers(0, len(lines) - 1))
    lines[place : place + 1] = draw(
        st.sampled_from([[], [lines[place]] * 2, [lines[other]], [lines[place].strip()], [b"\n"]])
    )
    return b"".join(lines)


def cut(draw: st.DrawFn, text: bytes) -> bytes:
    return text[: draw(st.integers(0, len(text)))]


def change_number(draw: st.DrawFn, text: bytes) -> bytes:
    found = [*NUMBER.finditer(text)]
    if not found:
        return text
    one = found[draw(st.integers(0, len(found) - 1))]
    return text[: one.start()] + draw(st.sampled_from(NUMBERS)) + text[one.end() :]


def put_in(draw: st.DrawFn, text: bytes) -> bytes:
    place = draw(st.integers(0, len(text)))
    return text[:place] + draw(st.sampled_from(BYTES) | st.binary(max_size=9)) + text[place:]


def lose_words(draw: st.DrawFn, text: bytes) -> bytes:
    words = re.split(rb"(\s+)", text)
    place = draw(st.integers(0, len(words) - 1))
    return b"".join(words[:place] + words[place + draw(st.integers(1, 9)) :])


def another(draw: st.DrawFn, text: bytes) -> bytes:
    return text + SAMPLES[draw(st.sampled_from(sorted(SAMPLES)))]


CHANGES: list[Callable[[st.DrawFn, bytes], bytes]]
CHANGES = [change_lines, cut, change_number, change_number, put_in, put_in, lose_words, another]
