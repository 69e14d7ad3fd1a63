"""Types of settings: each validator's error says how to write the value."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from sysmon_core.addresses import UNIX


def _absolute(path: Path) -> Path:
    if path == Path():
        raise ValueError("it is empty or the current folder: name a folder of sysmon's own")
    return path.absolute()


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
PositiveInt = Annotated[int, Field(gt=0)]
MAX_RATE = (1 << 16) - 1  # which the counters of 16 bits can hold (services.rate_counters)
KNOWN_VERSIONS = ("v1", "v2", "v3", "v4")  # each is declared by the module of its name in the API

Words = tuple[str, ...]


def _words(value: object) -> object:
    """Split a value from a file or the environment, where lists are separated by spaces."""
    return tuple(value.split()) if isinstance(value, str) else value


def _versions(names: Words) -> Words:
    if not names or not set(names) <= set(KNOWN_VERSIONS):
        raise ValueError(f"name one or more of {', '.join(KNOWN_VERSIONS)}, separated by spaces")
    return tuple(name for name in KNOWN_VERSIONS if name in names)


def _addresses(words: Words) -> Words:
    for word in words:
        try:
            _ = word == UNIX or ip_address(word)
        except ValueError:
            raise ValueError(f"{word} is no address; name each, as 127.0.0.1 ::1 unix") from None
    return words


def _rate(value: str) -> str:
    from limits import parse_many  # noqa: PLC0415 - the command line starts faster without it

    try:
        rates = parse_many(value)
    except ValueError:
        raise ValueError("write it as 5/minute, or more by semicolons: 5/minute; 20/hour") from None
    if any(rate.amount > MAX_RATE for rate in rates):
        raise ValueError(f"{MAX_RATE} is the most that can be counted")
    return value


List = Annotated[Words, BeforeValidator(_words)]
Versions = Annotated[List, AfterValidator(_versions)]
Addresses = Annotated[List, AfterValidator(_addresses)]
Rate = Annotated[str, AfterValidator(_rate)]
