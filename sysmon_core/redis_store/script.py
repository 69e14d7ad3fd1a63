"""Lua scripts: their texts, from files and constants, and the call that a full Redis runs too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import redis

# Only for scripts that free as much memory as they take: else a full Redis would stay full.
ALLOW_OOM_HEADER = b"#!lua flags=allow-oom\n"
HEADER_REFUSAL = "compiling script"  # in the error of Redis before version 7, which has no headers

Constants = Mapping[str, str | int | Mapping[str, int]]


def script_text(folder: str, names: Sequence[str], constants: Constants) -> str:
    """Make one script of Lua files in a folder (a package or a part of one) and their constants.

    Values enter a script here and nowhere else, as local variables before the first file.
    """
    header = [f"local {name} = {_literal(value)}\n" for name, value in constants.items()]
    return "".join([*header, *(_file_text(folder, name) for name in names)])


@cache  # a part of the distribution, which never changes
def _file_text(folder: str, name: str) -> str:
    return resources.files(folder).joinpath(f"{name}.lua").read_text("utf-8")


def _literal(value: str | int | Mapping[str, int]) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {number}" for key, number in value.items()) + "}"
    return json.dumps(value)  # plain ASCII text and numbers are the same in Lua


class Script:
    """A script, called as one of redis-py; where Redis is older than 7 and full, it is refused."""

    def __init__(self, client: redis.Redis, text: str | bytes) -> None:
        self._client = client
        self._text = text.encode() if isinstance(text, str) else text
        self._script = client.register_script(ALLOW_OOM_HEADER + self._text)

    def __call__(self, keys: Sequence[str] = (), args: Sequence[Any] = ()) -> Any:
        """Run the script by its hash (EVALSHA), after a SCRIPT LOAD where Redis lacks it."""
        try:
            return self._script(keys, args)
        except redis.ResponseError as error:
            if HEADER_REFUSAL not in str(error):
                raise
            self._script = self._client.register_script(self._text)
            return self._script(keys, args)
