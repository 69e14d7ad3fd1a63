"""``sysmon plugin``: begin a plugin, and check one.

Exit status: 0 all is well, 1 refused or something falls short, 2 wrong usage or an unknown name.
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
    from sysmon_core.metrics.registry import Registry
    from sysmon_core.settings import Settings

# Imports are made by the commands that need them: `sysmon --help` should wait for none of them.
# ruff: noqa: PLC0415

Show = Callable[["Finding"], None]


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
    place = scaffold.write(name, folder, taken)
    click.echo(f"Wrote {place}. What to do next:")
    click.echo(f"    pip install --editable '{place}[test]'    in the environment of sysmon")
    click.echo(f"    sysmon plugin check {name}")
    click.echo(f"    sysmon run {name}")
    click.echo(f"Start the server and its worker again, and /v1/{name}/ answers.")


@plugin.command()
@click.argument("name", required=False)
def check(name: str | None) -> None:
    """Check a plugin or metric by its NAME, or all, and print what falls short."""
    from sysmon_core.checks import examine

    config = load_settings()
    found = _registry(config)
    chosen = [one for one in found if name in {None, one.name, found.sources[one.name].plugin}]
    left_out = [reason for reason in found.left_out if not name or f"plugin {name} of" in reason]
    if not (chosen or left_out):
        raise click.UsageError(_unknown(name, found))
    for reason in left_out:
        click.echo(f"left out: {reason}")
    show, short = _shower(), len(left_out)
    for metric in chosen:
        click.echo(f"{metric.name}, of {found.sources[metric.name]}")
        for finding in examine(metric, config, found.sources[metric.name]):
            show(finding)
            short += not finding.ok
    click.echo(_summary(short))
    if short:
        raise click.exceptions.Exit(1)


def _registry(config: Settings) -> Registry:
    """What is installed; a plugin at fault is told of, and keeps no other from being seen."""
    from sysmon_core.metrics import registry
    from sysmon_core.metrics.host import bind

    tolerant = config.model_copy(update={"plugins_tolerant": True})
    return bind(registry.load(tolerant), tolerant).registry


def _unknown(name: str | None, found: Registry) -> str:
    names = ", ".join(metric.name for metric in found) or "none"
    return f"There is no plugin or metric {name}; there are: {names}"


def _summary(short: int) -> str:
    if short:
        return "One thing falls short." if short == 1 else f"{short} things fall short."
    return "Nothing falls short."


def _shower() -> Show:
    """What prints a finding: in colour where there is a terminal."""
    if not sys.stdout.isatty():
        return _show_plain
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)

    def show(finding: Finding) -> None:
        line = Table.grid(padding=(0, 1))
        for width in (3, 11, None):
            line.add_column(width=width, overflow="fold")
        mark = "[green]  ✓[/]" if finding.ok else "[red]  ✗[/]"
        line.add_row(mark, finding.check, escape(finding.detail))
        console.print(line)

    return show


def _show_plain(finding: Finding) -> None:
    click.echo(f"  {'ok   ' if finding.ok else 'short'}  {finding.check:<11}  {finding.detail}")
