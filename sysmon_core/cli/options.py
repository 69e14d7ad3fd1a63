"""The options of ``sysmon run METRIC``, made of the metric's parameters.

None of them is checked here: the params refuse a value in the same words as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from sysmon_core.cli.completion import completing
from sysmon_core.metrics.option_names import negation_of, option_of
from sysmon_core.printable import one_line, printable

if TYPE_CHECKING:
    from sysmon_core.metrics.metric import Params
    from sysmon_core.metrics.parameters import Parameter

CHOICES_WIDTH = 24  # characters; longer lists stand in the description
NAMES = {bool: "yes|no", int: "INTEGER", float: "NUMBER", str: "TEXT"}


def options(model: type[Params]) -> list[click.Option]:
    """Make an option for each parameter, which takes any text; the params check it."""
    from sysmon_core.metrics.parameters import parameters  # noqa: PLC0415 - --help needs none

    return [_option(parameter) for parameter in parameters(model).values()]


def usage(model: type[Params]) -> str:
    """Name the options that a caller must give, then that there are others."""
    from sysmon_core.metrics.parameters import parameters  # noqa: PLC0415 - as above

    required = [one for one in parameters(model).values() if one.required and not one.flag]
    return " ".join([*(f"{option_of(one.name)} {_metavar(one)}" for one in required), "[OPTIONS]"])


def pairs(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the names and values that were given, each value of a list for itself."""
    for name, value in given.items():
        if isinstance(value, tuple):
            yield from ((name, one) for one in value)
        elif value is not None:
            yield name, value


def _option(parameter: Parameter) -> click.Option:
    option, told = option_of(parameter.name), _help(parameter)
    if parameter.flag:
        flags = f"{option}/{negation_of(parameter.name)}"
        return click.Option([flags, parameter.name], default=None, help=told)
    words = _words(parameter)
    return click.Option(
        [option, parameter.name],
        type=click.UNPROCESSED,
        multiple=True,  # the params refuse a second value, where they take one
        metavar=_metavar(parameter),
        help=told,
        shell_complete=completing(lambda: words),
    )


def _words(parameter: Parameter) -> Iterable[str]:
    return ("yes", "no") if parameter.kind is bool else parameter.choices


def _metavar(parameter: Parameter) -> str:
    if parameter.choices:
        listed = printable("|".join(parameter.choices))
        return listed if len(listed) <= CHOICES_WIDTH else "WORD"
    return parameter.quantity.name if parameter.quantity else NAMES[parameter.kind]


def _help(parameter: Parameter) -> str:
    facts = ", ".join(_facts(parameter))
    return one_line(f"{parameter.description} ({facts})" if facts else parameter.description)


def _facts(parameter: Parameter) -> Iterator[str]:
    if parameter.required:
        yield "required"
    if parameter.many:
        yield "may be given several times"
    if _metavar(parameter) == "WORD":
        yield f"one of {', '.join(parameter.choices)}"
    if parameter.quantity:
        yield f"such as {parameter.quantity.examples}"
    elif parameter.unit and parameter.unit != "1":  # 1 is a count's
        yield parameter.unit
    yield from parameter.bounds_in_words()
    yield from _value(parameter)


def _value(parameter: Parameter) -> Iterator[str]:
    """Tell the default; an example where that is nothing."""
    default = parameter.written(parameter.default)
    if parameter.flag and default:
        flag = option_of if parameter.default else negation_of
        default = flag(parameter.name).removeprefix("--")
    if default:
        yield f"default {default}"
    elif parameter.examples:
        yield f"for example {parameter.written(parameter.examples[0])}"
