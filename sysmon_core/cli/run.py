"""``sysmon run METRIC``: a metric here and now, without a server or Redis.

Its options are the metric's params.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from sysmon_core.cli.group import INTERRUPTED_STATUS, Group
from sysmon_core.cli.options import options, pairs, usage
from sysmon_core.errors import Fault, InvalidInput, MetricFailed, SysmonError
from sysmon_core.metrics.option_names import option_of
from sysmon_core.printable import one_line, printable, printable_lines

if TYPE_CHECKING:
    from sysmon_core.metrics.host import HostMetrics
    from sysmon_core.metrics.metric import Metric, Params
    from sysmon_core.metrics.report import Report
    from sysmon_core.services.executor import Executor
    from sysmon_core.settings import Settings

# Imports are made where they are needed: `sysmon --help` should wait for none of them.
# ruff: noqa: PLC0415


class RunGroup(Group):
    """A group with a command for each metric, made when it is first used."""

    def __init__(self, **options: Any) -> None:
        super().__init__(help="Run a metric on this host and print what it gives.", **options)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the metrics; none where the settings are wrong, so that --help still works."""
        try:
            return metric_names()
        except SysmonError:
            return []

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Make the command of a metric."""
        from sysmon_core.services.executor import Executor

        try:
            config = load_settings()
            host = load_metrics(config)
        except SysmonError:
            if ctx.resilient_parsing:  # a shell completes a line
                return None
            raise
        metric = host.registry.get(name)
        if metric is not None:
            return _command(metric, Executor(config, host), config.task_limit)
        for reason in host.registry.left_out.values():
            click.echo(f"left out: {one_line(reason)}", err=True)
        return None


def load_settings() -> Settings:
    """Load the settings of this host from the environment and the ini file."""
    from sysmon_core import settings

    return settings.load_file(settings.config_file())


def load_metrics(config: Settings) -> HostMetrics:
    """Load the metrics of this host; plugins that print do so on standard error."""
    from sysmon_core import settings
    from sysmon_core.metrics import loading
    from sysmon_core.metrics.host import bind
    from sysmon_core.running.standard_output import diverted

    with diverted(), settings.scrubbed():
        return bind(loading.load(config), config)


def metric_names() -> list[str]:
    """List the names of the metrics of this host."""
    return [metric.name for metric in load_metrics(load_settings()).registry]


def _command(metric: Metric, executor: Executor, limit: float) -> click.Command:
    output = click.Option(
        ["--output", "form"],
        type=click.Choice(["text", "table", "json"]),
        default="text",
        metavar="text|table|json",
        help="Text as it is printed, rows as a table for people, or both as JSON, numbers exact "
        "(default text)",
    )

    def run(form: str, **given: Any) -> None:
        from sysmon_core.running.standard_output import diverted

        with diverted() as out:
            params = _params(metric, pairs(given))
            executor.check(metric, params, limit)
            _run(metric, params, executor, form, out)

    summary = f"{metric.title}. {metric.description}"
    return click.Command(
        metric.name,
        params=[*options(metric.params), output],
        callback=run,
        options_metavar=usage(metric.params),
        help=printable_lines(summary),
        short_help=printable(metric.title),
    )


def _params(metric: Metric, given: Iterable[tuple[str, Any]]) -> Params:
    from sysmon_core.services.params import parse

    try:
        return parse(metric.params, given)
    except InvalidInput as error:
        faults = "; ".join(f"{_option(fault)}: {fault.detail}" for fault in error.faults)
        raise click.UsageError(faults) from error


def _option(fault: Fault) -> str:
    """Name the option of a fault, which may be of one value of a list."""
    return option_of(fault.name.partition(".")[0])


def _run(metric: Metric, params: Params, executor: Executor, form: str, out: TextIO) -> None:
    from sysmon_core.cli.watched_run import Interrupted, WatchedRun

    run = WatchedRun(metric, params, samples=form != "text")
    streamed = form == "text" and metric.long
    try:
        report = run.report(executor, out if streamed else None)
    except Interrupted as interrupted:
        if form == "json" or (form == "table" and interrupted.report.rows):
            _print(metric, interrupted.report, form, out)
        raise click.exceptions.Exit(INTERRUPTED_STATUS) from None
    if not run.shown:
        _print(metric, report, form, out)


def _print(metric: Metric, report: Report, form: str, out: TextIO) -> None:
    from sysmon_core.cli.watched_run import show

    if form == "text":
        show(report.text if report.text.endswith("\n") else f"{report.text}\n", out)
    elif form == "json":
        show(json.dumps(_fields(metric, report)) + "\n", out)
    else:
        _print_table(metric, list(report.rows), out)


def _fields(metric: Metric, report: Report) -> dict[str, Any]:
    """Write a report as JSON; a long metric's has the samples, too, with their times."""
    fields = {"metric": metric.name, "text": report.text, "rows": list(report.rows)}
    samples = [vars(one) | {"at": _time(one.at)} for one in report.samples]
    return fields | {"samples": samples} if metric.long else fields


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _print_table(metric: Metric, rows: list[dict[str, Any]], out: TextIO) -> None:
    if not (rows or metric.columns):
        raise MetricFailed(f"The metric {metric.name} gives no rows: ask for --output text")
    if not rows:
        click.echo("There are no rows.", file=out)
        return
    from rich.console import Console

    from sysmon_core.cli.terminal_table import terminal_table

    for line in terminal_table(rows, metric.columns, Console(file=out).width):
        click.echo(line, file=out)
