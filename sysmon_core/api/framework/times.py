"""Times as version 4 shows them: RFC 3339 in UTC, with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(seconds: float | None) -> str | None:
    """Write a time, in seconds since 1970, as ``2026-01-31T09:30:00.250Z``; None stays None.

    It is never later than the time itself: whoever asks for all since then gets that one, too.
    """
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(since: float, now: float) -> float:
    """Return the seconds between two times of one clock, with milliseconds; never below 0."""
    return max(0.0, round(now - since, 3))
