"""``sysmon plugin``: write a new plugin, and check those installed.

Exit status: 0 nothing falls short, 1 refused or something falls short, 2 wrong usage or name.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sysmon_core.cli.completion import completing
from sysmon_core.cli.group import Group, sentence
from sysmon_core.cli.run import load_metrics, load_settings
from sysmon_core.printable import one_line, printable
from sysmon_core.suggestion import suggestion

if TYPE_CHECKING:
    from sysmon_core.checks import Finding, Mark
    from sysmon_core.metrics.metric import Metric
    from sysmon_core.metrics.registry import Registry
    from sysmon_core.settings import Settings

# Commands import what they need: `sysmon --help` should wait for none of it.
# ruff: noqa: PLC0415

PrintFinding = Callable[["Finding"], None]

COLOURED_MARKS = {"ok": "[green]  ✓[/]", "short": "[red]  ✗[/]", "-": "[yellow]  -[/]"}


@click.group(cls=Group)
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


def _checkable() -> list[str]:
    found = _registry(load_settings())
    plugins = {source.plugin for source in found.sources.values()} | set(found.left_out)
    return sorted(plugins | {metric.name for metric in found})


@plugin.command()
@click.argument("name", required=False, shell_complete=completing(_checkable))
def check(name: str | None) -> None:
    """Check a plugin or metric by its NAME, or all, and print what falls short."""
    from sysmon_core.checks import Mark

    config = load_settings()
    found = _registry(config)
    chosen, left_out = _selected(found, name)
    for reason in left_out:
        click.echo(f"left out: {one_line(reason)}")
    marks = Counter(mark for metric in chosen for mark in _check(metric, config, found))
    shortcomings = len(left_out) + marks[Mark.SHORT]
    click.echo(_summary(shortcomings, marks[Mark.PASSED_OVER]))
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
        meant = suggestion(str(name), [*plugins, *plugins.values()]) or f"There are: {names}"
        what = f"There is no plugin or metric {name}. {sentence(meant)}"
        raise click.UsageError(what)
    return chosen, left_out


def _check(metric: Metric, config: Settings, found: Registry) -> list[Mark]:
    """Print all findings about a metric, each once it is made; return their marks."""
    from sysmon_core.checks import examine
    from sysmon_core.cli.surfaces import SURFACES
    from sysmon_core.settings import scrubbed

    source, print_finding, marks = found.sources[metric.name], _finding_printer(), []
    click.echo(f"{metric.name}, of {printable(str(source))}")
    own = config.with_plugins(config.plugins.of(source.plugin, found.installed))
    with scrubbed():
        for finding in examine(metric, own, source, SURFACES):
            print_finding(finding)
            marks.append(finding.mark)
    return marks


def _registry(config: Settings) -> Registry:
    """Load the plugins; one at fault is reported, and hides no other."""
    return load_metrics(config.model_copy(update={"plugins_tolerant": True})).registry


def _summary(shortcomings: int, passed_over: int) -> str:
    """Say how many things fall short, and how many metrics this host cannot have."""
    short = "One thing falls short." if shortcomings == 1 else "Nothing falls short."
    if shortcomings > 1:
        short = f"{shortcomings} things fall short."
    if not passed_over:
        return short
    runs = "The runs of one metric" if passed_over == 1 else f"The runs of {passed_over} metrics"
    return f"{short} {runs} were passed over."


def _finding_printer() -> PrintFinding:
    """Return a function that prints a finding: in colour on a terminal, plain elsewhere."""
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
        mark = COLOURED_MARKS[finding.mark.value]
        line.add_row(mark, finding.check, escape(one_line(finding.detail)))
        console.print(line)

    return print_coloured


def _print_plain(finding: Finding) -> None:
    click.echo(f"  {finding.mark.value:<5}  {finding.check:<11}  {one_line(finding.detail)}")
