"""What reads a program's output, what makes rows of that, and whose fault it is if they fail."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest

from sysmon_core import Column, Command, MetricFailed, Params, Row, count_by
from sysmon_core.errors import ConfigurationError, PluginFault

CSV = "a,b\n1,2\n3,4\n"
PING = """\
PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.
64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.032 ms
64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.040 ms

--- 127.0.0.1 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time 1001ms
rtt min/avg/max/mdev = 0.032/0.036/0.040/0.004 ms
"""


class Least(Params):
    least: int = 2


def make(**more: Any) -> Command:
    return Command(name="fish", title="Fish", program="fish", package="fish-utils", **more)


def rows(text: str, params: Params | None = None, **more: Any) -> list[Row]:
    return list(make(**more).parse(text, params or Params()))


def numbers(parsed: list[Row], params: Least) -> Iterator[Row]:
    for row in parsed:
        if int(row["a"]) >= params.least:
            yield {"sum": int(row["a"]) + int(row["b"])}


def test_rows_are_made_of_the_parser_s_for_the_given_params() -> None:
    assert rows(CSV, Least(), parser="csv", rows=numbers) == [{"sum": 7}]
    assert rows(CSV, Least(least=0), parser="csv", rows=numbers) == [{"sum": 3}, {"sum": 7}]


def test_the_columns_are_taken_from_the_rows_that_were_made() -> None:
    columns = [Column("size", "its size", "By", source="sum", scale=1024), Column("b", "none")]
    made = rows(CSV, Least(), parser="csv", rows=numbers, columns=columns)
    assert made == [{"size": 7168, "b": None}]


def test_a_report_makes_its_rows_by_the_params_of_its_run(programs: Any, make_run: Any) -> None:
    metric = make(params=Least, parser="csv", rows=numbers)
    report = metric.on_host(programs(fish="echo a,b; echo 1,2")).collect(Least(), make_run())
    assert (report.text, list(report.rows)) == ("a,b\n1,2\n", [])


def test_the_text_may_be_a_table_of_the_rows(programs: Any, make_run: Any) -> None:
    told: list[bytes] = []
    metric = make(params=Least, parser="csv", rows=numbers, table=True)
    ready = metric.on_host(programs(fish="printf 'a,b\\n1,2\\n3,4\\n'"))
    report = ready.collect(Least(), make_run(listener=told.append))
    assert report.text == "sum\n  7\n"
    assert list(report.rows) == [{"sum": 7}]
    assert told == []


@pytest.mark.parametrize("fields", [{"rows": lambda parsed, _params: parsed}, {"table": True}])
def test_without_a_parser_there_is_nothing_to_make_rows_of(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="declares rows and no parser: name one"):
        rows(CSV, **fields)


NESTED = '{"fish": [{"name": "carp", "size": {"cm": 80}}, {"name": "pike", "size": null}]}'


def test_a_function_may_be_the_parser_and_what_it_nests_be_flattened() -> None:
    def flat(parsed: list[Any], _params: Params) -> list[Row]:
        return [{"name": fish["name"], **(fish["size"] or {})} for fish in parsed[0]["fish"]]

    columns = [Column("name", "its name", kind="key"), Column("cm", "its size", "m", scale=0.01)]
    assert rows(NESTED, parser=json.loads, rows=flat, columns=columns) == [
        {"name": "carp", "cm": pytest.approx(0.8)},
        {"name": "pike", "cm": None},
    ]


@pytest.mark.parametrize("text", ['[{"a": 1}]', '{"a": 1}', '({"a": 1},)'])
def test_a_function_gives_rows_or_one_row(text: str) -> None:
    assert rows(text, parser=ast.literal_eval) == [{"a": 1}]


def test_what_is_rewritten_for_the_parser_is_what_a_function_reads() -> None:
    assert rows("{'a': 1}", parser=json.loads, prepare=lambda text: text.replace("'", '"')) == [
        {"a": 1}
    ]


def test_the_name_of_a_streaming_parser_is_enough() -> None:
    first, second, last = rows(PING, parser="ping_s")
    assert (first["time_ms"], second["icmp_seq"]) == (0.032, 2)
    assert (last["type"], last["packets_received"]) == ("summary", 2)
    said = rf"^What fish printed cannot be read: the parser ping_s of jc {version('jc')} does not "
    with pytest.raises(
        MetricFailed, match=said + r"know this output \(.*OS\): see whether .* \(prepare\)"
    ):
        rows("no ping\n", parser="ping_s")


@pytest.mark.parametrize("parser", ["uptime", "ping-s", "--ls", json.loads, None])
def test_a_parser_may_be_any_of_jc_s_in_each_form_of_its_name(parser: Any) -> None:
    assert make(parser=parser).parser == parser


@pytest.mark.parametrize(
    ("parser", "said"),
    [
        ("upitme", f"'upitme', which jc {version('jc')} does not have: did you mean uptime?"),
        ("no-such-parser", "does not have: see those of jc --help"),
        ("", "does not have"),
        (7, "the parser 7: give the name of a parser of jc, or a function of the text"),
    ],
)
def test_a_parser_that_there_is_not_is_refused_when_it_is_declared(parser: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(parser=parser)
    assert str(caught.value).startswith("The metric fish has the parser ")
    assert said in str(caught.value)


def key_error(_rows: Any, _params: Any) -> list[Row]:
    raise KeyError("a")


def bug(_text: str) -> str:
    return dict[str, str]()["fish"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rows": key_error}, "KeyError: 'a'"),
        ({"rows": lambda _rows, _params: None}, "TypeError"),
        ({"rows": lambda _rows, _params: [7]}, "it gives rows that are no dicts of columns"),
        ({"rows": lambda _rows, _params: [{"a": {1}}]}, "it gives rows that are no JSON: "),
        ({"rows": lambda _rows, _params: [{"a": 1e999}]}, "it gives rows that are no JSON: "),
        ({"parser": bug}, "KeyError: 'fish'"),
        ({"prepare": bug}, "KeyError: 'fish'"),
        ({"parser": len}, "its parser gives int, which is no list of rows"),
        ({"parser": str}, "its parser gives str, which is no list of rows"),
        ({"parser": list}, "it gives rows that are no dicts of columns"),
    ],
)
def test_what_the_plugin_s_own_code_does_wrong_is_its_fault(
    fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(PluginFault) as caught:
        rows(CSV, **({"parser": "csv"} | fields))
    assert str(caught.value).startswith(said)


def test_a_number_too_large_for_its_unit_is_nobody_s_fault() -> None:
    line = f"1:02:03 up 1 day, 1:00, 2 users, load average: 0.5, 0.2, {'9' * 400}"
    columns = [Column("load_15m", "the load", "1", scale=0.5)]
    with pytest.raises(MetricFailed, match=r"^What fish printed cannot be read: ") as caught:
        rows(line, parser="uptime", columns=columns)
    assert not isinstance(caught.value, PluginFault)


@pytest.mark.parametrize("text", ["no JSON", "[" * 100_000])
def test_a_text_that_a_function_does_not_know_is_nobody_s_fault(text: str) -> None:
    with pytest.raises(MetricFailed, match=r"^What fish printed cannot be read: ") as caught:
        rows(text, parser=json.loads)
    assert not isinstance(caught.value, PluginFault)


def test_rows_may_say_that_the_host_is_the_cause() -> None:
    def refuse(_rows: Any, _params: Any) -> list[Row]:
        raise MetricFailed("There is no water")

    with pytest.raises(MetricFailed, match=r"^There is no water$"):
        rows(CSV, parser="csv", rows=refuse)


FISH: list[Row] = [
    {"name": "pike", "place": "pond", "friends": ["carp", "tench"]},
    {"name": "carp", "place": "pond", "friends": None},
    {"name": "carp", "place": "sea", "friends": []},
    {"name": "carp", "place": "pond"},
    {"name": "pike", "place": "pond", "friends": ["carp", "tench"]},
]


@pytest.mark.parametrize(
    ("columns", "counted"),
    [
        (["name"], [("carp", 3), ("pike", 2)]),
        (["name", "place"], [("pike", "pond", 2), ("carp", "pond", 2), ("carp", "sea", 1)]),
        (["friends"], [(["carp", "tench"], 2), (None, 2), ([], 1)]),
        (["depth"], [(None, 5)]),
        ([], [(5,)]),
    ],
)
def test_rows_are_counted_by_their_values_the_most_frequent_first(
    columns: list[str], counted: list[tuple[Any, ...]]
) -> None:
    names = [*columns, "count"]
    assert count_by(FISH, *columns) == [dict(zip(names, one, strict=True)) for one in counted]


def test_a_number_a_text_and_a_truth_are_counted_apart() -> None:
    values: list[Any] = [1, "1", True, None, "None", {"a": 1, "b": 2}, {"b": 2, "a": 1}]
    found = count_by(({"value": value} for value in values), "value")
    assert [row["count"] for row in found] == [2, 1, 1, 1, 1, 1]


def test_no_rows_are_no_combination_and_the_number_has_a_name_of_its_own() -> None:
    assert count_by([], "name") == []
    with pytest.raises(ValueError, match="'count' is the name of the number"):
        count_by([], "count")
