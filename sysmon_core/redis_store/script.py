"""A Lua script that a full Redis runs too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import redis

# Only what takes no more than it gives back: else a full Redis would never have room again.
WHEN_FULL = b"#!lua flags=allow-oom\n"
UNKNOWN = "compiling script"  # what Redis before version 7 says of such a first line


class Script:
    """Is called as the library's own; where Redis is older than 7, and full, it is refused."""

    def __init__(self, client: redis.Redis, text: str | bytes) -> None:
        self._client = client
        self._text = text.encode() if isinstance(text, str) else text
        self._script = client.register_script(WHEN_FULL + self._text)

    def __call__(self, keys: Sequence[str] = (), args: Sequence[Any] = ()) -> Any:
        """Run it."""
        try:
            return self._script(keys, args)
        except redis.ResponseError as error:
            if UNKNOWN not in str(error):
                raise
            self._script = self._client.register_script(self._text)
            return self._script(keys, args)
