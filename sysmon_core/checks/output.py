"""The check of what a run gives: text, and rows with the columns that are declared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.outcome import told
from sysmon_core.checks.trial import Trial
from sysmon_core.errors import SysmonError
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.metric import Metric
from sysmon_core.metrics.report import Row


def output(trial: Trial) -> Verdict:
    """Whether a run gives text, and rows with the columns that are declared."""
    outcome = trial.default
    if outcome.hangs:
        return Verdict("", [f"no report came in {outcome.seconds:.0f} s: it hangs"])
    if outcome.report is None:
        return Verdict("", [f"a run with default params failed: {outcome.told}"])
    try:
        rows = outcome.report.rows
    except SysmonError as error:
        return Verdict("", [told(error)])
    json.dumps(list(rows), allow_nan=False)
    good = f"characters: {len(outcome.report.text)}, rows: {len(rows)}"
    empty = not (outcome.report.text.strip() or rows or trial.metric.columns)
    faults = ["it gave neither text nor rows: return a text, a list of rows or a Report"]
    return Verdict(good, faults if empty else list(_column_faults(trial.metric, rows)))


def _column_faults(metric: Metric, rows: Sequence[Row]) -> Iterator[str]:
    if rows and not metric.columns:
        yield (
            f"its rows have {_names(rows[0])}, and no columns are declared: "
            "declare each with its unit, for charts and whoever reads the numbers"
        )
        return
    names = {column.name for column in metric.columns}
    unlike = next((row for row in rows if row.keys() != names), None)
    if unlike is not None:
        yield f"a row has {_names(unlike)}, and declared is {_names(names)}: they must be the same"
    for column in metric.columns:
        empty = all(row.get(column.name) is None for row in rows)
        if rows and empty and isinstance(metric, Command):
            name = column.source or column.name
            maker = "its function rows" if metric.rows else "the parser"
            yield f"the column {column.name} is empty in every row: does {maker} give no {name}?"


def _names(names: object) -> str:
    return ", ".join(sorted(map(str, names))) if isinstance(names, dict | set) else ""
