"""Samples: where one ends and the next begins, and how their parts are put together."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core import Column, Metric, Row
from sysmon_core.metrics.report import Sample
from sysmon_core.metrics.samples import SampleCutter, SampleList

FISH = Column("fish", "which one", kind="key")
POND = Column("pond", "where", kind="key")
DEPTH = Column("depth", "how deep", "m")


def names(cutter: SampleCutter, rows: list[Row]) -> list[list[Row]]:
    return [list(one.rows) for one in SampleList(map(cutter.part, rows)).samples]


def fish(letters: str) -> list[Row]:
    return [{"fish": letter, "depth": 1} for letter in letters]


@pytest.mark.parametrize(
    ("letters", "samples"),
    [
        ("", []),
        ("a", ["a"]),
        ("ab", ["ab"]),
        ("abab", ["ab", "ab"]),
        ("aaa", ["a", "a", "a"]),
        ("abca", ["abc", "a"]),
        ("abb", ["ab", "b"]),
        ("abcb", ["abc", "b"]),
    ],
)
def test_a_sample_begins_where_a_key_comes_again(letters: str, samples: list[str]) -> None:
    assert names(SampleCutter([DEPTH, FISH]), fish(letters)) == [fish(one) for one in samples]


def test_the_keys_of_several_columns_are_one() -> None:
    rows = [{"fish": fish, "pond": pond} for pond in (1, 2) for fish in "ab"]
    assert names(SampleCutter([FISH, POND]), rows * 2) == [rows, rows]


def test_without_a_key_each_row_is_a_sample() -> None:
    rows: list[Row] = [{"depth": 1}, {"depth": 2}]
    assert names(SampleCutter([DEPTH]), rows) == [[row] for row in rows]


@pytest.mark.parametrize("key", [None, [1], {"a": 1}])
def test_whatever_json_knows_may_be_a_key(key: object) -> None:
    rows: list[Row] = [{"fish": key}, {"fish": str(key)}]
    assert names(SampleCutter([FISH]), rows * 2) == [rows, rows]


def test_a_row_may_lack_its_key() -> None:
    assert names(SampleCutter([FISH]), [{}, {}, {"fish": "a"}]) == [[{}], [{}, {"fish": "a"}]]


def test_all_rows_of_a_quick_metric_are_one_sample() -> None:
    cutter = SampleCutter([FISH], since_boot=True, single=True)
    parts = [cutter.part({"fish": "a"}), cutter.whole(fish("ab")), cutter.part({"fish": "a"})]
    assert {(one.index, one.at, one.since_boot) for one in parts} == {(0, parts[0].at, True)}


def test_the_first_sample_alone_may_be_since_boot() -> None:
    cutter = SampleCutter([FISH], since_boot=True)
    parts = [cutter.part(row) for row in fish("abab")]
    assert [one.since_boot for one in parts] == [True, True, False, False]
    assert [one.index for one in parts] == [0, 0, 1, 1]
    assert not SampleCutter([FISH]).part({"fish": "a"}).since_boot


def test_a_part_has_the_time_of_its_sample_s_first_row() -> None:
    cutter = SampleCutter([FISH])
    before = time.time()
    first, second, third = (cutter.part(row) for row in fish("aba"))
    assert before <= first.at == second.at <= third.at <= time.time()
    assert cutter.part({"fish": "a"}, at=7.0).at == 7.0


def test_a_sample_that_comes_whole_is_no_other_s() -> None:
    cutter = SampleCutter([FISH])
    parts = [cutter.part({"fish": "a"}), cutter.whole(fish("b")), cutter.whole([])]
    parts += [cutter.part({"fish": "c"}), cutter.part({"fish": "d"})]
    assert [one.index for one in parts] == [0, 1, 2, 3, 3]


def test_whether_a_whole_sample_is_since_boot_is_said_or_declared() -> None:
    said = SampleCutter([FISH])
    assert [said.whole([], since_boot=boot).since_boot for boot in (True, False)] == [True, False]
    declared = SampleCutter([FISH], since_boot=True)
    assert [declared.whole([]).since_boot for _ in range(2)] == [True, False]


@given(st.lists(st.sampled_from("abc")))
def test_no_row_is_lost_and_no_key_is_twice_in_a_sample(letters: list[str]) -> None:
    samples = SampleList(map(SampleCutter([FISH]).part, fish("".join(letters)))).samples
    assert [row["fish"] for one in samples for row in one.rows] == letters
    assert [one.index for one in samples] == list(range(len(samples)))
    for sample in samples:
        assert len({row["fish"] for row in sample.rows}) == len(sample.rows)


def test_what_a_listener_was_told_stays_as_it_was() -> None:
    found, part = SampleList(), Sample(1.0, fish("a"))
    found(part)
    found(Sample(1.0, fish("b")))
    assert part.rows == fish("a")
    assert found.samples == [Sample(1.0, fish("ab"))]


def test_rows_that_came_at_once_have_the_time_that_is_given() -> None:
    long = Metric(
        name="dive", title="", function=lambda *_: None, columns=[FISH],
        since_boot=True, duration=lambda _params: 1,
    )  # fmt: skip
    assert long.cut(fish("aba"), 7.0) == [
        Sample(7.0, fish("ab"), 0, since_boot=True),
        Sample(7.0, fish("a"), 1),
    ]
    quick = Metric(name="dive", title="", function=lambda *_: None, columns=[FISH])
    assert quick.cut(fish("aba"), 7.0) == [Sample(7.0, fish("aba"))]
    assert quick.cut([], 7.0) == long.cut([], 7.0) == []
