"""Times of version 4."""

from __future__ import annotations

import pytest

from sysmon_core.api.framework.times import age, rfc3339


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000.25, "2023-11-14T22:13:20.250Z"),
        (1_700_000_000.9996, "2023-11-14T22:13:20.999Z"),
        (1_700_000_000.001, "2023-11-14T22:13:20.001Z"),
        (0.0004, "1970-01-01T00:00:00.000Z"),
        (None, None),
    ],
)
def test_a_time_is_in_utc_with_milliseconds(seconds: float | None, text: str | None) -> None:
    assert rfc3339(seconds) == text


@pytest.mark.parametrize(("since", "now", "seconds"), [(1.0, 3.5004, 2.5), (5.0, 3.0, 0.0)])
def test_an_age_is_never_below_0(since: float, now: float, seconds: float) -> None:
    assert age(since, now) == seconds
