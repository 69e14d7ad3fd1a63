"""Metrics that are checked, and what falls short of them, by its check."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sysmon_core import Column, Command, Field, Integer, Metric, Params, Run
from sysmon_core.checks import Finding, Mark, Surfaces, examine
from sysmon_core.cli.surfaces import SURFACES
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


def findings(
    metric: Metric, source: Source | None = None, surfaces: Surfaces = SURFACES
) -> list[Finding]:
    return list(examine(metric, CONFIG, source, surfaces))


def short(metric: Metric, source: Source | None = None) -> Mapping[str, str]:
    """What falls short, by the name of the check."""
    found = findings(metric, source)
    assert [finding.detail for finding in found if not finding.detail.strip()] == []
    told: dict[str, str] = {}
    for finding in found:
        if finding.mark is Mark.SHORT:
            told[finding.check] = f"{told.get(finding.check, '')}{finding.detail}\n"
    return told


class Seconds(Params):
    seconds: Integer = Field(
        0, ge=0, le=60, description="How long", json_schema_extra={"unit": "s"}
    )


def told(params: Seconds) -> float:
    return params.seconds


def patient(params: Seconds, run: Run) -> str:
    run.sleep(params.seconds)
    return "slept"


def space(**fields: Any) -> Command:
    kept: dict[str, Any] = {
        "name": "space",
        "title": "Space",
        "description": "The space that there is.",
        "program": "df",
        "package": "coreutils",
        "arguments": lambda _params, _platform: ["-P", "-k"],
        "parser": "df",
        "columns": [
            Column("mounted_on", "where it is mounted", kind="key"),
            Column("used", "what is in use", "By", scale=1024),
        ],
    }
    return Command(**(kept | fields))
