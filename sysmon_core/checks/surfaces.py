"""Check that each parameter can be set on every surface, and that quick runs with it succeed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sysmon_core.checks.finding import Verdict
from sysmon_core.checks.trial import Trial
from sysmon_core.checks.values import Fields, other_values, query_of, required_values
from sysmon_core.errors import InvalidInput, MetricTimeout, PluginFault
from sysmon_core.metrics.command import Command
from sysmon_core.metrics.metric import Params, stored
from sysmon_core.metrics.parameters import Parameter
from sysmon_core.services.params import parse

# Reads values as a surface does; raises InvalidInput where it refuses them.
Surface = Callable[[type[Params], Fields], Params]
Surfaces = Mapping[str, Surface]  # by their names in a sentence: "a query"

MAX_RUNS = 8


@dataclass(frozen=True)
class Assignment:
    """A parameter set to a value, with others where it needs them, and the params of that."""

    parameter: Parameter
    fields: Fields
    params: Params

    def __str__(self) -> str:
        """Write the names and values as in a query."""
        return query_of(self.fields.items())


def settable(trial: Trial, surfaces: Surfaces) -> Verdict | None:
    """Whether each parameter can be set on each surface, and a quick run with it succeeds."""
    if trial.refusal:
        return None  # another check tells it
    found = [(one, _assignment(trial, one)) for one in trial.parameters.values()]
    given = [assignment for _, assignment in found if assignment]
    faults = [_unset(trial, one) for one, assignment in found if not assignment]
    faults += [fault for assignment in given for fault in _differences(trial, assignment, surfaces)]
    faults += [fault for assignment in given for fault in _idle(trial, assignment)]
    runs = given[:MAX_RUNS] if trial.default.report and not trial.metric.long else []
    faults += [fault for assignment in runs for fault in _run_faults(trial, assignment)]
    ran = f"; runs: {len(runs)}" if runs else ""
    return Verdict(f"{', '.join(trial.parameters) or 'none'}{ran}", faults)


def _assignment(trial: Trial, parameter: Parameter) -> Assignment | None:
    """Set a parameter to another value than its default: alone, else beside others."""
    for beside in _beside(trial, parameter):
        for assignment in _taken(trial, parameter, beside):
            if parameter.required or _changed(trial, assignment):
                return assignment
    return None


def _beside(trial: Trial, parameter: Parameter) -> Iterator[Fields]:
    """Yield what else to set: nothing, all others, then each other alone."""
    yield {}
    rest = [one for one in trial.parameters.values() if one is not parameter]
    values = {one.name: _likely(trial, one) for one in rest}
    known = {name: value for name, value in values.items() if value is not None}
    yield known
    yield from ({name: value} for name, value in known.items())


def _likely(trial: Trial, parameter: Parameter) -> object:
    """Return the first other value that is taken alone, else the first; None if there is none."""
    alone = [assignment.fields[parameter.name] for assignment in _taken(trial, parameter, {})]
    return next(iter([*alone, *other_values(parameter)]), None)


def _taken(trial: Trial, parameter: Parameter, beside: Fields) -> Iterator[Assignment]:
    """Yield the parameter with each other value that the params take."""
    for value in other_values(parameter):
        fields = required_values(trial.parameters) | beside | {parameter.name: value}
        with contextlib.suppress(InvalidInput, PluginFault):
            yield Assignment(parameter, fields, parse(trial.metric.params, fields.items()))


def _changed(trial: Trial, assignment: Assignment) -> bool:
    """Whether metric and cache can tell the params from those without the parameter."""
    name = assignment.parameter.name
    same = getattr(assignment.params, name) == getattr(trial.defaults, name)
    return not same and assignment.params.model_dump_json() != trial.defaults.model_dump_json()


def _unset(trial: Trial, parameter: Parameter) -> str:
    for assignment in _taken(trial, parameter, {}):
        return (
            f"{assignment} is taken and gives the same params as without it: have no validator or "
            "serializer drop it"
        )
    return (
        f"no value of {parameter.name} was found that is taken and is not its default: "
        "give Field examples=[...]"
    )


def _differences(trial: Trial, assignment: Assignment, surfaces: Surfaces) -> Iterator[str]:
    """Find each surface that refuses what params take, or makes other params of it."""
    model = trial.metric.params
    stores: Surfaces = {"a task's record": lambda *_: _restored(assignment.params)}
    for name, surface in {**surfaces, **stores}.items():
        try:
            params = surface(model, assignment.fields)
        except (InvalidInput, PluginFault) as error:
            yield f"{assignment} is refused in {name}, and taken otherwise: {error}"
            continue
        if params != assignment.params:
            yield (
                f"{assignment} gives {params} in {name}, and otherwise {assignment.params}: have "
                "validators make the same of a text, of its value and of their own result"
            )


def _idle(trial: Trial, assignment: Assignment) -> Iterator[str]:
    """Find a parameter of a program that changes nothing which HTTP shows."""
    metric, name = trial.metric, assignment.parameter.name
    if not isinstance(metric, Command) or metric.table or assignment.parameter.required:
        return
    others = {key: value for key, value in assignment.fields.items() if key != name}
    with contextlib.suppress(InvalidInput, PluginFault):
        without = parse(metric.params, others.items())
        if list(metric.words(without)) == list(metric.words(assignment.params)):
            yield (
                f"{assignment} changes no word of {metric.program}, and HTTP shows what that "
                "prints: use it in arguments, or declare table=True if it acts in rows"
            )


def _restored(params: Params) -> Params:
    return parse(type(params), stored(params).items())


def _run_faults(trial: Trial, assignment: Assignment) -> Iterator[str]:
    """Run a metric; what the host refuses is no fault of the metric."""
    outcome = trial.run(assignment.params)
    if outcome.hangs or isinstance(outcome.error, PluginFault | MetricTimeout):
        told = "it hangs" if outcome.hangs else outcome.told
        yield f"a run with {assignment} failed: {told}"
