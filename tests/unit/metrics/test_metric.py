from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sysmon_core import Column, Command, Integer, Metric, Params, Report, Run
from sysmon_core.errors import ConfigurationError
from tests.unit.conftest import MakeRun

INTEGER: TypeAdapter[int] = TypeAdapter(Integer)


class Depth(Params):
    depth: Integer = 3


def dive(params: Depth, _run: Run) -> Report:
    return Report(f"{params.depth} m")


def make(**more: object) -> Metric:
    fields: dict[str, object] = {"name": "dive", "title": "", "params": Depth, "function": dive}
    return Metric(**{**fields, **more})  # type: ignore[arg-type]  # each test gives what fits


@given(st.text("0123456789+-_.,eExX \n\t\0٣²①\N{FULLWIDTH DIGIT ONE}", max_size=20) | st.text())
@example("0")
@example("007")
@example("9" * 19)
@example("9" * 4300)
@example("9" * 4301)
@example("4\n")
@example("1_000")
@example("+5")
def test_a_text_is_an_integer_exactly_if_it_is_ascii_digits_that_python_reads(text: str) -> None:
    if re.fullmatch("[0-9]{1,4300}", text):
        assert INTEGER.validate_python(text) == int(text)
    else:
        with pytest.raises(ValidationError, match="must be a whole number"):
            INTEGER.validate_python(text)


@given(st.integers())
@example(-(10**5000))
def test_a_number_is_an_integer_as_it_is(number: int) -> None:
    assert INTEGER.validate_python(number) == number


@pytest.mark.parametrize(
    "value", [True, False, 1.0, 1.5, float("nan"), None, b"1", [], {}, Decimal(1), Fraction(1)]
)
def test_nothing_else_is_an_integer(value: object) -> None:
    with pytest.raises(ValidationError, match="must be a whole number"):
        INTEGER.validate_python(value)


def test_params_take_what_they_declare_and_nothing_else() -> None:
    assert Depth().depth == 3
    assert Depth.model_validate({"depth": "5"}).depth == 5
    with pytest.raises(ValidationError):
        Depth.model_validate({"width": 1})


def test_params_cannot_be_changed_after_they_were_checked() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Depth().depth = -1  # type: ignore[misc]  # that is the point


def test_a_fault_in_params_does_not_repeat_what_was_sent() -> None:
    with pytest.raises(ValidationError) as caught:
        Depth.model_validate({"depth": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_plain_function_is_a_metric(make_run: MakeRun) -> None:
    assert make().collect(Depth(depth=7), make_run()).text == "7 m"


def test_a_subclass_that_collects_needs_no_function(make_run: MakeRun) -> None:
    class Pond(Metric):
        def collect(self, params: Params, run: Run) -> Report:
            return Report(f"{params} {run.output_limit}")

    assert Pond(name="pond", title="").collect(Params(), make_run(output_limit=8)).text == " 8"


@pytest.mark.parametrize("name", ["d", "disk", "load-5", "cpu_0", "a" * 63])
def test_a_name_is_small_letters_digits_and_two_signs(name: str) -> None:
    assert make(name=name).name == name


@pytest.mark.parametrize("name", ["", "Disk", "5load", "_x", "a b", "a/b", "ä", "a\n", "a" * 64])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(repr(name))):
        make(name=name)


def test_a_metric_that_nothing_collects_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="dive"):
        make(function=None)


def test_a_declaration_cannot_be_changed_but_copied() -> None:
    metric = make()
    with pytest.raises(FrozenInstanceError):
        metric.name = "other"  # type: ignore[misc]  # that is the point
    assert replace(metric, position=1).position == 1
    assert metric.position == 100


def test_a_metric_is_long_if_it_says_how_long_it_takes() -> None:
    quick, long = make(), make(duration=lambda params: params.depth * 2)
    assert (quick.long, quick.seconds(Depth())) == (False, 0)
    assert (long.long, long.seconds(Depth(depth=4))) == (True, 8)


def test_a_metric_that_needs_no_program_is_ready_on_every_host() -> None:
    metric = make()
    assert metric.on_host("/nowhere") == metric
    metric.require()


def test_a_metric_that_says_nothing_of_its_text_reads_no_rows_from_it() -> None:
    assert list(make().parse("7 m", Depth())) == []


def command(**more: object) -> Command:
    fields: dict[str, object] = {"name": "dive", "title": "", "program": "dive", "package": "pond"}
    return Command(**{**fields, **more})  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        (make, {"duration": 5}, "as duration what is no function: give a function of params"),
        (make, {"function": "dive"}, "as function what is no function"),
        (make, {"available": True}, "as available what is no function"),
        (make, {"params": Depth()}, r"the params Depth\(depth=3\): give a class that inherits"),
        (make, {"params": TypeAdapter}, "the params <class .*: give a class that inherits"),
        (make, {"columns": ["depth"]}, "as columns what is no list of Column"),
        (make, {"columns": Column("depth", "how deep", "m")}, "as columns what is no list"),
        (make, {"lifetime": 0.5}, "the lifetime 0.5: give whole seconds"),
        (make, {"lifetime": True}, "the lifetime True"),
        (make, {"access": "all"}, "the access 'all': give open, users or admins"),
        (command, {"function": dive}, "a function, and is a Command: use a Metric"),
        (command, {"arguments": ["-x"]}, "as arguments what is no function"),
        (command, {"rows": [], "parser": "csv"}, "as rows what is no function"),
        (command, {"program": "echo hello"}, "the program 'echo hello': give its name alone"),
        (command, {"program": ""}, "the program ''"),
    ],
)
def test_what_is_declared_wrongly_is_refused_with_a_sentence(
    kind: Callable[..., Metric], fields: dict[str, object], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"^The metric dive declares {told}"):
        kind(**fields)


def test_a_program_may_be_a_path_with_spaces() -> None:
    assert command(program="/opt/deep sea/dive")
