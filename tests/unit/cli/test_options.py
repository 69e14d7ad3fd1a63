"""The options of a metric: what its help says, what shells complete, and what is given."""

from __future__ import annotations

from enum import Enum
from typing import Any, Literal

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from sysmon_core import Duration, Field, Integer, Params, Size
from sysmon_core.cli.options import options, pairs, usage
from sysmon_core.services.params import parse


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Pattern(Enum):
    SEQUENTIAL = "sequential"
    RANDOM = "random"
    BACKWARDS = "backwards"


class Every(Params):
    device: str = Field(examples=["sda"], description="The device that is read")
    count: Integer = Field(1, ge=1, le=9, description="How many")
    rate: float = Field(1.5, gt=0, lt=10, description="Reads", json_schema_extra={"unit": "1/s"})
    step: int = Field(6, ge=0, multiple_of=3, description="Blocks between two reads")
    wide: bool = Field(False, description="Whether all columns are shown")
    io_wait: bool = Field(False, description="Whether waiting counts")
    fast: bool | None = Field(None, description="Whether caches are used")
    colour: Colour | None = Field(Colour.RED, description="Which colour")
    order: Literal["up", "down"] = Field("up", description="Which order")
    pattern: Pattern = Field(Pattern.RANDOM, description="Which blocks are read first")
    names: list[str] = Field(["a", "b"], description="Names")
    turns: list[bool] = Field([], description="Turns")
    time: Duration = Field(300, ge=1, le=3600, description="How long")
    memory: Size | None = Field(None, ge=0, description="How much memory")
    path: str = Field("", examples=["/srv"], description="Where")


HELP = """\
Usage: x --device TEXT [OPTIONS]

Options:
  --device TEXT             The device that is read (required, for example sda)
  --count INTEGER           How many (from 1, to 9, default 1)
  --rate NUMBER             Reads (1/s, above 0, below 10, default 1.5)
  --step INTEGER            Blocks between two reads (from 0, a multiple of 3,
                            default 6)
  --wide / --no-wide        Whether all columns are shown (default no-wide)
  --io-wait / --no-io-wait  Whether waiting counts (default no-io-wait)
  --fast / --no-fast        Whether caches are used
  --colour red|blue         Which colour (default red)
  --order up|down           Which order (default up)
  --pattern WORD            Which blocks are read first (one of sequential,
                            random, backwards, default random)
  --names TEXT              Names (may be given several times, default a, b)
  --turns yes|no            Turns (may be given several times)
  --time DURATION           How long (such as 90s or 5m, from 1s, to 1h, default
                            5m)
  --memory SIZE             How much memory (such as 64K or 1.5G, from 0)
  --path TEXT               Where (for example /srv)
  --help                    Show this message and exit.
"""


@pytest.fixture
def command() -> click.Command:
    def show(**given: Any) -> None:
        click.echo(parse(Every, pairs(given)).model_dump_json(exclude_unset=True))

    made: list[click.Parameter] = [*options(Every)]
    return click.Command("x", params=made, callback=show, options_metavar=usage(Every))


def test_help_tells_all_that_there_is_to_know_in_80_columns(command: click.Command) -> None:
    result = CliRunner().invoke(command, ["--help"], prog_name="x", terminal_width=80)
    assert result.output == HELP


GIVEN: list[tuple[list[str], dict[str, Any]]] = [
    ([], {}),
    (["--wide"], {"wide": True}),
    (["--no-wide"], {"wide": False}),
    (["--io-wait"], {"io_wait": True}),
    (["--no-io-wait"], {"io_wait": False}),
    (["--names", "a"], {"names": ["a"]}),
    (["--names", "a", "--names", "-b"], {"names": ["a", "-b"]}),
    (["--turns", "yes", "--turns=no"], {"turns": [True, False]}),
    (["--time", "5m"], {"time": 300.0}),
    (["--memory", "64K"], {"memory": 65536}),
    (["--colour", "blue"], {"colour": "blue"}),
    (["--pattern", "backwards"], {"pattern": "backwards"}),
]


@pytest.mark.parametrize(("words", "fields"), GIVEN)
def test_what_is_given_reaches_the_params_and_nothing_else(
    command: click.Command, words: list[str], fields: dict[str, Any]
) -> None:
    context = command.make_context("x", ["--device", "sda", *words])
    params = parse(Every, pairs(context.params))
    assert params.model_dump(mode="json", exclude_unset=True) == {"device": "sda", **fields}


@pytest.mark.parametrize(
    ("option", "begun", "words"),
    [
        ("--colour", "", ["red", "blue"]),
        ("--colour", "b", ["blue"]),
        ("--order", "", ["up", "down"]),
        ("--pattern", "", ["sequential", "random", "backwards"]),
        ("--turns", "", ["yes", "no"]),
        ("--count", "", []),
    ],
)
def test_a_shell_completes_the_choices(
    command: click.Command, option: str, begun: str, words: list[str]
) -> None:
    complete = ShellComplete(command, {}, "x", "_X_COMPLETE")
    found = complete.get_completions([option], begun)
    assert [item.value for item in found] == words


def test_a_shell_completes_both_flags_of_a_truth_value(command: click.Command) -> None:
    complete = ShellComplete(command, {}, "x", "_X_COMPLETE")
    found = complete.get_completions([], "--")
    assert {"--wide", "--no-wide", "--io-wait"} <= {item.value for item in found}
