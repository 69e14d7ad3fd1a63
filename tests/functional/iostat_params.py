"""Params of iostat that are refused, and what a fake iostat prints for those that are not."""

from __future__ import annotations

import sys

# As they stand in a query string; the last four are 4 and 2 in the digits of other scripts.
NOT_WHOLE = ["1.5", "abc", "", "1e3", "0x10", "1_000", "%204", "4%20", "+5", "%2B5", "4,0"]


NOT_WHOLE += ["--1", "1-", "1.", "%C2%A04", "%D9%A4", "%E0%A5%AA", "%EF%BC%94", "%C2%B2"]


UNREADABLE = ["4%0a", "4%00", "%0a4", "4%ff"]


TOO_SMALL = ["0", "-1", "00", "-0"]


NAMED = [
    ("cuont=2", ["cuont"]),
    ("Count=2", ["Count"]),
    ("WAIT=1&COUNT=1", ["WAIT", "COUNT"]),
    ("count=2&x=1&y=1", ["x", "y"]),
    ("=1", [""]),
    ("count%5B%5D=2", ["count[]"]),
    ("count=2&count=2", ["count"]),
    ("count=1&count=2&wait=1&wait=1", ["count", "wait"]),
    ("count=a&wait=b", ["count", "wait"]),
    ("count", ["count"]),
]


def printed(count: int, wait: int) -> str:
    """What a fake iostat that prints its arguments is to print."""
    linux, macos = f"-d {wait} {count}\n", f"-d -c {count} -w {wait}\n"
    return macos if sys.platform == "darwin" else linux
