"""``sysmon metrics``: the metrics of this host, for people and for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from sysmon_core.cli.run import load_metrics, load_settings
from sysmon_core.printable import one_line, printable

if TYPE_CHECKING:
    from sysmon_core.metrics.metric import Metric
    from sysmon_core.metrics.registry import Registry, Source
    from sysmon_core.services.availability import Refusal

# Imports are made where they are needed: `sysmon --help` should wait for none of them.
# ruff: noqa: PLC0415

LINE_CHARACTERS = 80
INDENT = 4 * " "  # of what is said of the metric above
MAX_CELLS = (24, 6, 24)  # of the columns before the title; a longer word pushes the rest aside


@click.command()
@click.option(
    "--output",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or JSON for programs.",
)
def metrics(form: str) -> None:
    """List the metrics that are registered, and the distribution each is from."""
    from sysmon_core.running.standard_output import diverted
    from sysmon_core.services.executor import Executor

    config = load_settings()
    host = load_metrics(config)
    with diverted():
        refusals = Executor(config, host).refusals()
    found = host.registry
    lines = [json.dumps(_fields(found, refusals))] if form == "json" else _lines(found, refusals)
    for line in lines:
        click.echo(line)


def _lines(found: Registry, refusals: Mapping[str, Refusal]) -> Iterator[str]:
    rows = [_row(metric, found.sources[metric.name]) for metric in found]
    widths = [
        min(max((len(row[place]) for row in rows), default=0), most)
        for place, most in enumerate(MAX_CELLS)
    ]
    for metric, row in zip(found, rows, strict=True):
        aligned = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join([*aligned, _title(metric)])
        yield from _wrapped(refusals.get(metric.name))
    for reason in found.left_out.values():
        yield f"left out: {one_line(reason)}"


def _row(metric: Metric, source: Source) -> tuple[str, ...]:
    return metric.name, _kind(metric), printable(f"{source.distribution} {source.version}")


def _kind(metric: Metric) -> str:
    return "task" if metric.long else "quick"


def _title(metric: Metric) -> str:
    """Write the title, and who may ask for the metric over HTTP unless everybody may."""
    who = "" if metric.access == "open" else f" (for {metric.access})"
    return f"{printable(metric.title)}{who}"


def _wrapped(refusal: Refusal | None) -> list[str]:
    """Write a refusal in indented lines; words that are longer than a line stay whole."""
    if refusal is None:
        return []
    return textwrap.wrap(
        f"{'fails' if refusal.fault else 'not available'}: {one_line(refusal.sentence)}",
        LINE_CHARACTERS,
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fields(found: Registry, refusals: Mapping[str, Refusal]) -> dict[str, object]:
    sentences = {name: one_line(refusal.sentence) for name, refusal in refusals.items()}
    listed = [
        {
            "name": metric.name,
            "title": metric.title,
            "kind": _kind(metric),
            "plugin": found.sources[metric.name].plugin,
            "distribution": found.sources[metric.name].distribution,
            "version": found.sources[metric.name].version,
            "access": metric.access,
            "available": sentences.get(metric.name),
        }
        for metric in found
    ]
    return {"metrics": listed, "left_out": dict(found.left_out)}
