"""What falls short of a metric, by its check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sysmon_core import Column, Metric
from sysmon_core.checks import Finding, examine
from sysmon_core.metrics.registry import Source
from sysmon_core.settings import Settings

CONFIG = Settings(command_path="/usr/bin:/bin", var=Path("/nonexistent"))
DEPTH = Column("depth", "how deep the water is", "m")


def good(**fields: Any) -> Metric:
    """A metric that keeps everything, but for these fields."""
    kept: dict[str, Any] = {
        "name": "pond",
        "title": "Pond",
        "description": "How deep the pond is.",
        "function": lambda _params, _run: [{"depth": 3}],
        "columns": [DEPTH],
    }
    return Metric(**(kept | fields))


def findings(metric: Metric, source: Source | None = None) -> list[Finding]:
    return list(examine(metric, CONFIG, source))


def short(metric: Metric, source: Source | None = None) -> Mapping[str, str]:
    """What falls short, by the name of the check."""
    found = findings(metric, source)
    assert [finding.detail for finding in found if not finding.detail.strip()] == []
    told: dict[str, str] = {}
    for finding in found:
        if not finding.ok:
            told[finding.check] = f"{told.get(finding.check, '')}{finding.detail}\n"
    return told
