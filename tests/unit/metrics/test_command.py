from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from sysmon_core import Column, Command, Integer, MetricFailed, Params
from sysmon_core.errors import MetricUnavailable
from sysmon_core.metrics.report import Row
from tests.conftest import MakePrograms
from tests.unit.conftest import MakeRun


class Words(Params):
    number: Integer = 1


def make(program: str = "fish", **more: Any) -> Command:
    return Command(name="fish", title="Fish", program=program, package="fish-utils", **more)


def put(place: Path, script: str) -> Path:
    """A program named fish in a folder."""
    place.mkdir(exist_ok=True)
    (place / "fish").write_text(f"#!/bin/sh\n{script}\n")
    (place / "fish").chmod(0o755)
    return place


def test_what_the_program_prints_is_the_report(programs: MakePrograms, make_run: MakeRun) -> None:
    metric = make().on_host(programs(fish="echo ' one'; echo two"))
    assert metric.collect(Params(), make_run()).text == " one\ntwo\n"


def test_strip_drops_the_white_space_around_it(programs: MakePrograms, make_run: MakeRun) -> None:
    metric = make(strip=True).on_host(programs(fish="echo; echo ' a  b '; echo"))
    assert metric.collect(Params(), make_run()).text == "a  b"


def test_output_that_is_not_utf8_can_still_be_read(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make().on_host(programs(fish=r"printf 'a\377\303\274'"))
    assert metric.collect(Params(), make_run()).text == "a\N{REPLACEMENT CHARACTER}ü"


def test_a_program_is_looked_for_at_start_and_not_later(folder: Path, make_run: MakeRun) -> None:
    search_path = f"{folder}/first:{folder}/second"
    before = make().on_host(search_path)
    put(folder / "second", "echo second")
    between = make().on_host(search_path)
    put(folder / "first", "echo first")
    after = make().on_host(search_path)
    with pytest.raises(MetricUnavailable):
        before.require()
    assert between.collect(Params(), make_run()).text == "second\n"
    assert after.collect(Params(), make_run()).text == "first\n"


def test_the_path_of_the_process_does_not_matter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(put(folder, "echo here")))
    with pytest.raises(MetricUnavailable):
        make().on_host("/usr/bin:/bin").require()
    with pytest.raises(MetricUnavailable):
        make().on_host("").require()


def test_a_program_that_was_found_in_a_relative_folder_can_be_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, make_run: MakeRun
) -> None:
    put(folder / "bin", "echo here")
    monkeypatch.chdir(folder)
    assert make().on_host("bin:/bin").collect(Params(), make_run()).text == "here\n"


def test_a_missing_program_is_told_with_the_package_that_has_it(make_run: MakeRun) -> None:
    metric = make().on_host("/nowhere")
    for use in (metric.require, lambda: metric.collect(Params(), make_run())):
        with pytest.raises(MetricUnavailable, match=r"program fish .* package fish-utils"):
            use()


def test_a_file_that_cannot_be_run_is_no_program(folder: Path) -> None:
    (put(folder, "echo here") / "fish").chmod(0o644)
    with pytest.raises(MetricUnavailable):
        make().on_host(str(folder)).require()


def test_a_program_that_has_gone_since_the_start_is_a_failure(
    folder: Path, make_run: MakeRun
) -> None:
    metric = make().on_host(f"{put(folder, 'echo here')}:/usr/bin:/bin")
    (folder / "fish").unlink()
    with pytest.raises(MetricFailed, match="fish"):
        metric.collect(Params(), make_run())


def test_arguments_are_made_of_the_params_and_the_platform(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    def arguments(params: Words, platform: str) -> list[str]:
        return ["-n", str(params.number), platform]

    metric = make(params=Words, arguments=arguments).on_host(programs(fish="echo fish $@"))
    text = metric.collect(Words(number=7), make_run()).text
    assert text == f"fish -n 7 {sys.platform}\n"
    assert metric.arguments(Words(number=7), "darwin") == ["-n", "7", "darwin"]


def test_no_shell_reads_the_arguments(programs: MakePrograms, make_run: MakeRun) -> None:
    words = ["", "a b", "$HOME", "*", "; echo no", "--help", "--", "ü"]
    path = programs(fish='printf "<%s>" "$@"')
    metric = make(arguments=lambda _params, _platform: words)
    assert metric.on_host(path).collect(Params(), make_run()).text == "".join(
        f"<{word}>" for word in words
    )


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo output; echo ' no water ' >&2; exit 3", "fish ended with status 3: no water$"),
        ("echo output; exit 1", "fish ended with status 1: it did not say why"),
        ("kill -9 $$", "fish ended with status -9"),
    ],
)
def test_a_program_that_fails_is_a_failed_metric_with_its_own_reason(
    script: str, reason: str, programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make().on_host(programs(fish=script))
    with pytest.raises(MetricFailed, match=reason):
        metric.collect(Params(), make_run())


def test_what_is_said_on_stderr_is_no_part_of_the_report(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make().on_host(programs(fish="echo output; echo warning >&2"))
    assert metric.collect(Params(), make_run()).text == "output\n"


def test_a_program_sees_nothing_of_the_environment_of_whoever_started_us(
    monkeypatch: pytest.MonkeyPatch, make_run: MakeRun
) -> None:
    for name in ("POSIXLY_CORRECT", "S_COLORS", "S_TIME_FORMAT", "LC_ALL", "LANG", "LD_X", "TZ"):
        monkeypatch.setenv(name, "hostile")
    text = make("env").on_host("/usr/bin:/bin").collect(Params(), make_run()).text
    own = {"PWD=/", *(line for line in text.splitlines() if line.startswith(("SHLVL=", "_=")))}
    given = {"LC_ALL=C", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
    assert set(text.splitlines()) - own == given, "a shell sets PWD, and some the other two"


def test_a_program_gets_no_input_and_stands_in_the_root_folder(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make().on_host(programs(fish="pwd; cat; echo end"))
    assert metric.collect(Params(), make_run()).text == "/\nend\n"


@pytest.mark.parametrize(
    ("parser", "rows"),
    [
        pytest.param(None, [], id="no parser"),
        pytest.param("csv", [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}], id="many rows"),
        pytest.param("kv", [{"a,b": "", "1,2": "", "3,4": ""}], id="one row"),
    ],
)
def test_rows_are_read_by_the_parser_that_is_named(
    parser: str | None, rows: Sequence[Row], programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make(parser=parser).on_host(programs(fish="echo a,b; echo 1,2; echo 3,4"))
    report = metric.collect(Params(), make_run())
    assert list(report.rows) == rows
    assert report.text == "a,b\n1,2\n3,4\n"


def test_output_that_its_parser_cannot_read_is_a_failure(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make(parser="xml").on_host(programs(fish="echo no xml at all"))
    report = metric.collect(Params(), make_run())
    with pytest.raises(MetricFailed, match="fish"):
        _ = report.rows


def test_a_parser_that_does_not_know_the_output_is_named_with_the_program(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    line = "up 26 minutes"  # as `uptime --pretty` prints it
    metric = make(parser="uptime").on_host(programs(fish=f"echo '{line}'"))
    report = metric.collect(Params(), make_run())
    assert report.text == line + "\n"
    said = rf"^What fish printed cannot be read: the parser uptime of jc {version('jc')} does not "
    with pytest.raises(MetricFailed, match=said + r"know this output \(ValueError: .*\): see "):
        _ = report.rows


def test_a_text_can_be_rewritten_for_its_parser_and_is_shown_as_it_was_printed(
    programs: MakePrograms, make_run: MakeRun
) -> None:
    metric = make(parser="csv", prepare=lambda text: text.replace(";", ","))
    report = metric.on_host(programs(fish="echo 'a;b'; echo '1;2'")).collect(Params(), make_run())
    assert report.rows == metric.parse(report.text, Params()) == [{"a": "1", "b": "2"}]
    assert report.text == "a;b\n1;2\n"


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_that_json_does_not_know_cannot_be_read(
    digits: int, programs: MakePrograms, make_run: MakeRun
) -> None:
    load = "9" * digits
    line = f"20:16:57 up 14 days,  7:33, 25 users,  load average: 0.58, 0.25, {load}"
    report = (
        make(parser="uptime").on_host(programs(fish=f"echo '{line}'")).collect(Params(), make_run())
    )
    assert report.text == line + "\n"
    with pytest.raises(MetricFailed, match="fish printed cannot be read"):
        _ = report.rows


def test_declared_columns_are_what_the_rows_have(programs: MakePrograms, make_run: MakeRun) -> None:
    columns = [
        Column("size", "its size", "By", source="1k_blocks", scale=1024),
        Column("filesystem", "its name"),
        Column("depth", "what the parser has not", "m"),
    ]
    text = "Filesystem 1K-blocks  Used Available Use% Mounted on\n"
    text += "/dev/a             9     2         7  22% /"
    metric = make(parser="df", columns=columns).on_host(programs(fish=f"echo '{text}'"))
    (row,) = metric.collect(Params(), make_run()).rows
    assert row == {"size": 9216, "filesystem": "/dev/a", "depth": None}


def test_rows_are_read_from_a_stored_text_again(programs: MakePrograms, make_run: MakeRun) -> None:
    metric = make(parser="csv", strip=True).on_host(programs(fish="echo; echo a,b; echo 1,2"))
    report = metric.collect(Params(), make_run())
    assert report.stored_rows is None
    assert metric.parse(report.text, Params()) == report.rows == [{"a": "1", "b": "2"}]
    with pytest.raises(MetricFailed, match="fish printed cannot be read"):
        make(parser="xml").parse("no xml at all", Params())
