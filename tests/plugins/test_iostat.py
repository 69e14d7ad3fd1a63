from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sysmon_core import Command, Metric, interval_duration
from sysmon_iostat import IostatParams, arguments
from tests.conftest import MakePrograms
from tests.plugins.conftest import Collect

# Two reports of two disks, as iostat of sysstat 12 prints them.
SAMPLE = """\
Linux 6.1.0-18-amd64 (web1) \t03/01/24 \t_x86_64_\t(4 CPU)

Device             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd
sda              48.69       742.47       630.56       201.67    1975861    1678052     536676
nvme0n1           0.01         0.25         0.00         0.00        664          0          0


Device             tps    kB_read/s    kB_wrtn/s    kB_dscd/s    kB_read    kB_wrtn    kB_dscd
sda               3.00         0.00         8.00         0.00          0          8          0
nvme0n1           0.00         0.00         0.00         0.00          0          0          0


"""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "-d 1 1"),
        ({"count": "2"}, "-d 1 2"),
        ({"count": "4", "wait": "2"}, "-d 2 4"),
        ({"count": "1", "wait": "1"}, "-d 1 1"),
        ({"count": "007", "wait": "1"}, "-d 1 7"),
    ],
)
def test_on_linux_the_wait_comes_before_the_count(given: Mapping[str, str], words: str) -> None:
    assert list(arguments(IostatParams.model_validate(given), "linux")) == words.split()


def test_on_macos_both_have_options() -> None:
    words = list(arguments(IostatParams(count=4, wait=2), "darwin"))
    assert words == ["-d", "-c", "4", "-w", "2"]


@given(st.integers(2, 10**18 - 1), st.integers(1, 10**18 - 1))
def test_arguments_are_plain_numbers_however_large(count: int, wait: int) -> None:
    for platform in ("linux", "darwin"):
        for word in arguments(IostatParams(count=count, wait=wait), platform):
            assert word in {"-d", "-c", "-w"} or word.isdecimal()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"count": "0"}, ["count"]),
        ({"count": "-1"}, ["count"]),
        ({"count": "1.5"}, ["count"]),
        ({"wait": "0", "count": "2"}, ["wait"]),
        ({"wait": "2"}, ["wait"]),
        ({"wait": "2", "count": "1"}, ["wait"]),
        ({"wait": "0"}, ["wait"]),
        ({"wait": "x", "count": "x"}, ["count", "wait"]),
        ({"wait": "2", "count": "x"}, ["count"]),
        ({"count": "2", "device": "sda"}, ["device"]),
    ],
)
def test_params_that_make_no_sense_are_refused_by_name(
    given: Mapping[str, str], names: list[str]
) -> None:
    with pytest.raises(ValidationError) as caught:
        IostatParams.model_validate(given)
    assert sorted(str(error["loc"][0]) for error in caught.value.errors()) == names


def test_a_wait_without_a_second_report_is_told_with_the_way_out() -> None:
    with pytest.raises(ValidationError, match=r"a single report has nothing to wait for: .*more"):
        IostatParams(wait=2)


@pytest.mark.parametrize(
    ("count", "wait", "seconds"), [(1, 1, 0), (2, 1, 1), (4, 2, 6), (10**9, 10**9, 10**18 - 10**9)]
)
def test_a_run_takes_a_wait_between_each_two_reports(count: int, wait: int, seconds: int) -> None:
    assert interval_duration(IostatParams(count=count, wait=wait)) == seconds


def test_it_is_one_long_metric_that_needs_sysstat(metric: Command) -> None:
    assert (metric.name, metric.long, metric.package) == ("iostat", True, "sysstat")


def test_the_text_is_unchanged_and_its_rows_are_all_disks_of_all_reports(
    metric: Metric, folder: Path, programs: MakePrograms, collect: Collect
) -> None:
    (folder / "sample").write_text(SAMPLE)
    report = collect(metric.on_host(programs(iostat=f"cat {folder}/sample")))
    assert report.text == SAMPLE
    names = ("device", "transfers", "read_rate", "write_rate", "discard_rate")
    rates = [
        ("sda", 48.69, 742.47 * 1024, 630.56 * 1024, 201.67 * 1024),
        ("nvme0n1", 0.01, 256.0, 0.0, 0.0),
        ("sda", 3.0, 0.0, 8192.0, 0.0),
        ("nvme0n1", 0.0, 0.0, 0.0, 0.0),
    ]
    assert [tuple(row[name] for name in names) for row in report.rows] == rates
    totals = [(row["read"], row["written"], row["discarded"]) for row in report.rows]
    first = (1975861 * 1024, 1678052 * 1024, 536676 * 1024)
    assert totals == [first, (664 * 1024, 0, 0), (0, 8192, 0), (0, 0, 0)]


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("sda        48,69  742,47  630,56  201,67  1975861  1678052  536676", "sda"),
        ("my disk 2  48.69  742.47  630.56  201.67  1975861  1678052  536676", r"my\x20disk\x202"),
    ],
    ids=["decimal commas", "a name with spaces"],
)
def test_numbers_stay_in_their_columns_and_keep_their_size(
    printed: str, name: str, metric: Metric, folder: Path, programs: MakePrograms, collect: Collect
) -> None:
    text = "\n".join([*SAMPLE.splitlines()[:3], printed, "sdb  0.00 0.00 0.00 0.00 0 0 0", ""])
    (folder / "sample").write_text(text)
    report = collect(metric.on_host(programs(iostat=f"cat {folder}/sample")))
    assert report.text == text
    first, second = report.rows
    assert first == {
        "device": name,
        "transfers": 48.69,
        "read_rate": 742.47 * 1024,
        "write_rate": 630.56 * 1024,
        "discard_rate": 201.67 * 1024,
        "read": 1975861 * 1024,
        "written": 1678052 * 1024,
        "discarded": 536676 * 1024,
    }
    assert second["device"] == "sdb"


# As sysstat 11 prints it, which knows nothing of discards.
OLDER = """\
Linux 4.19.0-5-amd64 (web1) \t03/01/19 \t_x86_64_\t(4 CPU)

Device             tps    kB_read/s    kB_wrtn/s    kB_read    kB_wrtn
sda               2.00         1.00         2.00          8         16

"""

MACOS = """\
              disk0
    KB/t  tps  MB/s
   19.85   12  0.23
"""


def test_what_an_older_program_does_not_print_is_null(
    metric: Metric, folder: Path, programs: MakePrograms, collect: Collect
) -> None:
    (folder / "sample").write_text(OLDER)
    (row,) = collect(metric.on_host(programs(iostat=f"cat {folder}/sample"))).rows
    assert row.keys() == {column.name for column in metric.columns}
    assert (row["write_rate"], row["written"]) == (2048.0, 16384)
    assert (row["discard_rate"], row["discarded"]) == (None, None)


def test_the_table_of_macos_gives_no_rows_and_its_text_all_the_same(
    metric: Metric, folder: Path, programs: MakePrograms, collect: Collect
) -> None:
    (folder / "sample").write_text(MACOS)
    report = collect(metric.on_host(programs(iostat=f"cat {folder}/sample")))
    assert (report.text, list(report.rows)) == (MACOS, [])
