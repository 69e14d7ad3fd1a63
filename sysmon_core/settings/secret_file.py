"""Reads a value that is in a file: a credential of systemd's, or one that a setting names."""

from __future__ import annotations

from pathlib import Path

from sysmon_core.errors import ConfigurationError

MAX_FILE_BYTES = 16384  # a process is given all settings of a plugin in a variable of 128 KiB


def read_secret(file: Path) -> str:
    """Read the text of a file without its last line end.

    Raises:
        ConfigurationError: it cannot be read; the text goes on after a name of the file, and has
            nothing of its path or content.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror}") from None
    except ValueError:  # from None: its error has the bytes
        raise ConfigurationError("is no text in UTF-8") from None
    if len(content) > MAX_FILE_BYTES:
        raise ConfigurationError(f"has more than {MAX_FILE_BYTES} bytes")
    return text.removesuffix("\n").removesuffix("\r")
