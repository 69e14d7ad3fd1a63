"""A plugin as it was written for sysmon 0.1: all ways to give rows that there were then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sysmon_core.metrics.metric import Params
from sysmon_core.metrics.report import Report
from sysmon_core.services.executor import Executor
from sysmon_core.settings import Settings
from tests.conftest import MakePrograms
from tests.support.plugins import site_with

PLUGIN = '''
"""Written before there were samples: it knows of none."""

from sysmon_core import Column, Command, Metric, Params, Report, hookimpl

FISH = Column("fish", "which one", kind="key")
DEPTH = Column("depth", "how deep", "m")


def a_report(params, run):
    return Report("deep\\n", [{"fish": "cod", "depth": 1}, {"fish": "eel", "depth": 2}])


def a_late_report(params, run):
    return Report("deep\\n", lambda: [{"fish": "cod", "depth": 1}, {"fish": "eel", "depth": 2}])


def a_list(params, run):
    return [{"fish": "cod", "depth": 1}, {"fish": "eel", "depth": 2}]


def rows_one_by_one(params, run):
    for number, name in enumerate(["cod", "eel"]):
        yield {"fish": name, "depth": number + 1}
        run.check()


def metrics(function):
    name, fields = function.__name__.replace("_", "-"), {"columns": [FISH, DEPTH]}
    yield Metric(name=name, title=name, function=function, **fields)
    yield Metric(
        name=f"long-{name}", title=name, function=function, duration=lambda params: 1, **fields
    )


def program(name, **fields):
    return Command(name=name, title=name, program="fish", package="fish", **fields)


@hookimpl
def sysmon_metrics():
    functions = (a_report, a_late_report, a_list, rows_one_by_one)
    columns = [Column("fish", "which one", source="a", kind="key"), DEPTH]
    depth = Column("depth", "how deep", "m", source="free_mem")
    more = {"parser": "csv", "columns": columns, "rows": lambda parsed, params: parsed[:2]}
    slow = {"duration": lambda params: 1}
    streaming = {"columns": [depth], "arguments": lambda params, platform: ["vmstat"], **slow}
    return [
        *(metric for function in functions for metric in metrics(function)),
        program("csv", prepare=lambda text: text.replace(";", ","), **more),
        program("long-csv", prepare=lambda text: text.replace(";", ","), **more, **slow),
        program("own-parser", parser=lambda text: [{"fish": line} for line in text.split()]),
        program("streaming", parser="vmstat_s", **streaming),
        program(
            "streaming-whole",
            parser="vmstat_s",
            prepare=lambda text: text.replace("!", ""),
            rows=lambda parsed, params: parsed[:-1],
            **streaming,
        ),
        program("text"),
    ]
'''
VMSTAT = "printf 'procs memory\\n r b swpd free buff cache\\n'; seq -s ' ' 17; seq -s ' ' 2 18"
FISH = f"[ \"$1\" ] && {{ {VMSTAT}; exit; }}; printf 'a,depth\\ncod,1\\neel,2\\n'"
COD, EEL = {"fish": "cod", "depth": 1}, {"fish": "eel", "depth": 2}
WORDS = [{"fish": word} for word in ("a,depth", "cod,1", "eel,2")]
TEXTS = [{"fish": "cod", "depth": "1"}, {"fish": "eel", "depth": "2"}]
DEPTHS = [{"depth": 4}, {"depth": 5}]

Ask = Callable[..., Report]


@pytest.fixture
def report(folder: Path, programs: MakePrograms, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    path = programs(fish=FISH)
    with site_with(PLUGIN, folder, monkeypatch) as site:
        metrics = site.bind(command_path=path)
        executor = Executor(Settings(command_path=path), metrics)

        def run(name: str, *, samples: bool) -> Report:
            metric = metrics.registry.get(name)
            assert metric
            return executor.run_now(metric, Params(), samples=samples).report

        yield run


@pytest.mark.parametrize("samples", [True, False])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *((f"{long}{name}", [[COD, EEL]]) for long in ("", "long-")
          for name in ("a-report", "a-late-report", "a-list", "rows-one-by-one")),
        ("csv", [TEXTS]),
        ("long-csv", [TEXTS]),
        ("own-parser", [WORDS]),
        ("streaming", [[row] for row in DEPTHS]),
        ("streaming-whole", [[row] for row in DEPTHS[:1]]),
        ("text", []),
    ],
)  # fmt: skip
def test_all_of_its_metrics_still_work(
    name: str, expected: list[object], samples: bool, report: Ask
) -> None:
    found = report(name, samples=samples)
    assert found.text
    assert [list(one.rows) for one in found.samples] == expected
    assert list(found.rows) == [row for one in found.samples for row in one.rows]
    assert [one.index for one in found.samples] == list(range(len(found.samples)))
    assert all(found.started <= one.at <= found.finished for one in found.samples)
