"""Cursors: where a list goes on, with its filters, as a text that clients send back as it is."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from sysmon_core.errors import Fault, InvalidInput

T = TypeVar("T")


def write_cursor(place: object) -> str:
    """Return the cursor of a place in a list, which is made of what JSON has."""
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, kind: Any) -> Any:
    """Return the place of a cursor, which is of this type.

    Raises:
        InvalidInput: the cursor is damaged: it has no place of this kind.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        return TypeAdapter(kind).validate_json(text, strict=True)
    except (binascii.Error, ValueError, ValidationError):
        fault = Fault("cursor", "is damaged: take it from `next` as it is", "query")
        raise InvalidInput([fault]) from None


def paged(
    found: Sequence[T], limit: int, place: Callable[[T], object]
) -> tuple[Sequence[T], str | None]:
    """Return at most ``limit`` of what was found, and the cursor of the rest; None if it is all.

    ``place`` gives the place of the last item that is returned.
    """
    items = found[:limit]
    return items, write_cursor(place(items[-1])) if len(found) > limit else None
