"""``sysmon run METRIC``: a metric here and now, without a server or Redis.

Its options are the metric's params. Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import codecs
import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

import click

from sysmon_core.errors import InvalidInput, MetricFailed, SysmonError

if TYPE_CHECKING:
    from sysmon_core.metrics.host import HostMetrics
    from sysmon_core.metrics.metric import Metric, Params
    from sysmon_core.metrics.report import Report
    from sysmon_core.running.context import Listener
    from sysmon_core.services.executor import Executor
    from sysmon_core.settings import Settings

# Imports are made where they are needed: `sysmon --help` should wait for none of them.
# ruff: noqa: PLC0415

REFRESH_SECONDS = 0.1  # between two updates of the progress bar
INTERRUPTED_STATUS = 130  # of a process that Ctrl-C ended, as shells report it


class RunGroup(click.Group):
    """One command for each metric, made when it is asked for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(help="Run a metric on this host and print what it gives.", **options)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the metrics; none where the settings are wrong, so that --help still works."""
        try:
            return [metric.name for metric in _metrics(load_settings()).registry]
        except SysmonError:
            return []

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Make the command of a metric."""
        from sysmon_core.services.executor import Executor

        config = load_settings()
        host = _metrics(config)
        metric = host.registry.get(name)
        if metric is not None:
            return _command(metric, Executor(config, host), config.task_limit)
        for reason in host.registry.left_out.values():
            click.echo(f"left out: {reason}", err=True)
        return None


def load_settings() -> Settings:
    """Load the settings of this host from the environment and the ini file."""
    from sysmon_core import settings

    return settings.load_file(settings.config_file())


def _metrics(config: Settings) -> HostMetrics:
    from sysmon_core.metrics import registry
    from sysmon_core.metrics.host import bind

    return bind(registry.load(config), config)


def _command(metric: Metric, executor: Executor, limit: float) -> click.Command:
    schema = metric.params.model_json_schema()
    required = schema.get("required", ())
    options = [
        _option(name, field, name in required) for name, field in schema["properties"].items()
    ]
    output = click.Option(
        ["--output", "form"],
        type=click.Choice(["text", "table", "json"]),
        default="text",
        show_default=True,
        help="Text as it is printed, rows as a table for people, or both as JSON, numbers exact.",
    )

    def run(form: str, **given: str | None) -> None:
        pairs = [(name, value) for name, value in given.items() if value is not None]
        printer = _Printer() if form == "text" and metric.long else None
        params = _params(metric, pairs)
        executor.check(metric, params, limit)
        report = _report(metric, params, executor, printer)
        _print(metric, report, form, printer)

    summary = f"{metric.title}. {metric.description}"
    return click.Command(
        metric.name, params=[*options, output], callback=run, help=summary, short_help=metric.title
    )


def _option(name: str, field: Mapping[str, Any], required: bool) -> click.Option:
    """Make an option that takes any text; the params check it."""
    bounds = [
        f"{word} {field[key]}"
        for word, key in (("from", "minimum"), ("to", "maximum"))
        if key in field
    ]
    facts = [
        str(field.get("unit", "")),
        *bounds,
        f"default {field['default']}" if field.get("default", "") != "" else "",
    ]
    listed = ", ".join(fact for fact in facts if fact)
    return click.Option(
        [f"--{name.replace('_', '-')}", name],
        required=required,
        metavar="|".join(map(str, field.get("enum", ()))) or str(field.get("type", "text")).upper(),
        help=f"{field.get('description', '')} ({listed})" if listed else field.get("description"),
    )


def _params(metric: Metric, pairs: list[tuple[str, str]]) -> Params:
    from sysmon_core.services.params import parse

    try:
        return parse(metric.params, pairs)
    except InvalidInput as error:
        faults = "; ".join(
            f"--{fault.name.replace('_', '-')}: {fault.detail}" for fault in error.faults
        )
        raise click.UsageError(faults) from error


def _report(
    metric: Metric, params: Params, executor: Executor, listener: Listener | None
) -> Report:
    from sysmon_core.running.context import Stop

    with Stop() as stop, ThreadPoolExecutor(1) as pool:
        future = pool.submit(executor.run, metric, params, stop, listener)
        try:
            _watch(future, metric, metric.seconds(params))
        except KeyboardInterrupt:
            stop.set("Interrupted")
            wait([future])
            raise click.exceptions.Exit(INTERRUPTED_STATUS) from None
        return future.result()


def _watch(future: Future[Report], metric: Metric, seconds: float) -> None:
    """Wait, with a bar on a terminal if it takes a while."""
    if not (seconds and sys.stderr.isatty()):
        wait([future])
        return
    from rich.console import Console
    from rich.progress import Progress

    begin = time.monotonic()
    console, both = Console(stderr=True), sys.stdout.isatty()
    with Progress(console=console, transient=True, redirect_stdout=both) as progress:
        bar = progress.add_task(metric.name, total=seconds)
        while not wait([future], REFRESH_SECONDS).done:
            progress.update(bar, completed=time.monotonic() - begin)


class _Printer:
    """Prints the text of a long run as it comes; ``any`` is whether there was some."""

    def __init__(self) -> None:
        self.any = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def __call__(self, part: bytes) -> None:
        self.any = True
        sys.stdout.write(self._decoder.decode(part))  # above the bar, if there is one
        sys.stdout.flush()


def _print(metric: Metric, report: Report, form: str, printer: _Printer | None) -> None:
    if printer is not None and printer.any:
        return
    if form == "text":
        click.echo(report.text, nl=not report.text.endswith("\n"))
    elif form == "json":
        fields = {"metric": metric.name, "text": report.text, "rows": list(report.rows)}
        click.echo(json.dumps(fields))
    else:
        _print_table(metric, list(report.rows))


def _print_table(metric: Metric, rows: list[dict[str, Any]]) -> None:
    if not rows:
        raise MetricFailed(f"The metric {metric.name} gives no rows: ask for --output text")
    from rich.console import Console

    from sysmon_core.cli.terminal_table import terminal_table

    for line in terminal_table(rows, metric.columns, Console().width):
        click.echo(line)
