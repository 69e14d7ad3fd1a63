"""``sysmon plugin``: write a new plugin, and check those installed.

Exit status: 0 nothing falls short, 1 refused or something falls short, 2 wrong usage or name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sysmon_core.cli.run import load_settings

if TYPE_CHECKING:
    from sysmon_core.checks import Finding
    from sysmon_core.metrics.metric import Metric
    from sysmon_core.metrics.registry import Registry
    from sysmon_core.settings import Settings

# Commands import what they need: `sysmon --help` should wait for none of it.
# ruff: noqa: PLC0415

PrintFinding = Callable[["Finding"], None]


@click.group()
def plugin() -> None:
    """Begin a plugin of your own, and check what is installed."""


@plugin.command()
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where its folder is made; without it, here.",
)
def new(name: str, folder: Path) -> None:
    """Write the plugin of the metric NAME: a distribution that works at once."""
    from sysmon_core import scaffold

    found = _registry(load_settings())
    taken = {*found.sources, *(source.plugin for source in found.sources.values())}
    written = scaffold.write(name, folder, taken)
    click.echo(f"Wrote {written}. What to do next:")
    click.echo(f"    pip install --editable '{written}[test]'    in the environment of sysmon")
    click.echo(f"    sysmon plugin check {name}")
    click.echo(f"    sysmon run {name}")
    click.echo(f"Start the server and its worker again, and /v1/{name}/ answers.")


@plugin.command()
@click.argument("name", required=False)
def check(name: str | None) -> None:
    """Check a plugin or metric by its NAME, or all, and print what falls short."""
    config = load_settings()
    found = _registry(config)
    chosen, left_out = _selected(found, name)
    for reason in left_out:
        click.echo(f"left out: {reason}")
    shortcomings = len(left_out) + sum(_check(metric, config, found) for metric in chosen)
    click.echo(_summary(shortcomings))
    if shortcomings:
        raise click.exceptions.Exit(1)


def _selected(found: Registry, name: str | None) -> tuple[list[Metric], list[str]]:
    """Return the metrics that a name means, and why a plugin of this name was left out.

    Raises:
        UsageError: there are neither.
    """
    plugins = {metric.name: found.sources[metric.name].plugin for metric in found}
    chosen = [metric for metric in found if name in {None, metric.name, plugins[metric.name]}]
    left_out = [reason for plugin, reason in found.left_out.items() if name in {None, plugin}]
    if not (chosen or left_out):
        names = ", ".join(plugins) or "none"
        raise click.UsageError(f"There is no plugin or metric {name}; there are: {names}")
    return chosen, left_out


def _check(metric: Metric, config: Settings, found: Registry) -> int:
    """Print all findings about a metric, each once it is made; return how many fall short."""
    from sysmon_core.checks import examine

    source, print_finding, shortcomings = found.sources[metric.name], _finding_printer(), 0
    click.echo(f"{metric.name}, of {source}")
    for finding in examine(metric, config, source):
        print_finding(finding)
        shortcomings += not finding.ok
    return shortcomings


def _registry(config: Settings) -> Registry:
    """Load the plugins; one at fault is reported, and hides no other."""
    from sysmon_core.metrics import registry
    from sysmon_core.metrics.host import bind

    tolerant = config.model_copy(update={"plugins_tolerant": True})
    return bind(registry.load(tolerant), tolerant).registry


def _summary(shortcomings: int) -> str:
    if shortcomings == 1:
        return "One thing falls short."
    return f"{shortcomings} things fall short." if shortcomings else "Nothing falls short."


def _finding_printer() -> PrintFinding:
    """Return what prints a finding: in colour on a terminal, plain elsewhere."""
    if not sys.stdout.isatty():
        return _print_plain
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)

    def print_coloured(finding: Finding) -> None:
        line = Table.grid(padding=(0, 1))
        for width in (3, 11, None):
            line.add_column(width=width, overflow="fold")
        mark = "[green]  ✓[/]" if finding.ok else "[red]  ✗[/]"
        line.add_row(mark, finding.check, escape(finding.detail))
        console.print(line)

    return print_coloured


def _print_plain(finding: Finding) -> None:
    click.echo(f"  {'ok   ' if finding.ok else 'short'}  {finding.check:<11}  {finding.detail}")
