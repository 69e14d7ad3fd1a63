"""The bodies of responses, as models: views return them, and the API document shows them.

A task's state and the index are plain dicts in their views, since models would take about a tenth
of the request's time; so is the list of users, which may be long.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from sysmon_core.services.task import State

Href = Annotated[
    str,
    Field(
        description="A path, below the URL prefix if there is one",
        json_schema_extra={"format": "uri-reference"},
    ),
]
Sole = Field(min_length=1, max_length=1)
TaskId = Annotated[str, Field(description="The id of the task, as its path has it")]


class Exactly(BaseModel):
    """Base of all bodies: one has the members that are named, and no others."""

    # Each is built when it is first used: most are not, in a process that serves few requests.
    model_config = ConfigDict(extra="forbid", defer_build=True)

    def __json__(self, _request: object) -> dict[str, Any]:
        """Return the body as Pyramid's JSON renderer asks for it."""
        return self.model_dump(mode="json", by_alias=True)


class Fault(Exactly):
    """One thing wrong with a request."""

    where: Literal["query", "body", "path", "header"] = Field(alias="in")
    name: str = Field(description="The parameter or field")
    detail: str = Field(description="What is wrong with it, for people")


class Problem(Exactly):
    """An error, as RFC 9457 has it."""

    type: str = Field(description="Nothing is said beyond the status: about:blank")
    title: str = Field(description="The status in words")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong, for people")
    instance: str = Field(description="The id of the request, which the log has too")
    errors: list[Fault] = Field(default_factory=list, description="All that is wrong with input")


class CodedProblem(Problem):
    """An error of version 4: its type leads to a page that explains it, `code` is its name."""

    # A client passes over members that it does not know.
    model_config = ConfigDict(extra="ignore", defer_build=True)

    type: str = Field(
        description="The path of a page that explains it",
        json_schema_extra={"format": "uri-reference"},
    )
    code: str = Field(description="The name of the problem; it stays the same")


class Explanation(Exactly):
    """What a problem is, and what to do about it."""

    type: Href
    code: str = Field(description="Its name, as problems have it")
    title: str
    status: int = Field(ge=400, le=599)
    meaning: str = Field(description="What happened")
    remedy: str = Field(description="What to do about it")


class Explanations(Exactly):
    """All problems, by name."""

    problems: list[Explanation]


class Link(Exactly):
    """Where to go next."""

    rel: str = Field(description="What is there")
    href: Href


class SelfLink(Link):
    """Where this itself is."""

    rel: Literal["self"]


class TaskLink(Link):
    """Where the task is."""

    rel: Literal["task"]


class CancelLink(Link):
    """How to stop the task."""

    rel: Literal["cancel"]
    method: Literal["DELETE"]


class Links(Exactly):
    """What there is, in order."""

    links: list[Link]


class TaskCreated(Exactly):
    """A run that became a task."""

    task_id: TaskId
    links: list[TaskLink] = Sole


class OpenTask(Exactly):
    """A task that has not ended."""

    task_id: TaskId
    state: Literal[State.QUEUED, State.STARTED, State.RETRY]
    links: list[SelfLink | CancelLink] = Field(min_length=2, max_length=2)


class SucceededTask(Exactly):
    """A task whose run gave a report."""

    task_id: TaskId
    state: Literal[State.SUCCESS]
    result: dict[str, str] = Field(
        min_length=1, max_length=1, description="What version 1 would have answered"
    )
    links: list[SelfLink] = Sole


class FailedTask(Exactly):
    """A task whose run failed."""

    task_id: TaskId
    state: Literal[State.FAILURE]
    result: str = Field(description="What went wrong, for people")
    links: list[SelfLink] = Sole


class RevokedTask(Exactly):
    """A task that was cancelled."""

    task_id: TaskId
    state: Literal[State.REVOKED]
    links: list[SelfLink] = Sole


class Task(RootModel[OpenTask | SucceededTask | FailedTask | RevokedTask], defer_build=True):
    """A task as it stands now."""

    root: OpenTask | SucceededTask | FailedTask | RevokedTask = Field(discriminator="state")


class User(Exactly):
    """A user as shown: never the password."""

    username: str
    fullname: str
    admin: bool
    links: list[SelfLink] = Sole


class Users(Exactly):
    """The users by name: their names alone, or with ``detail=1`` all that is shown of them."""

    users: list[str] | list[User]


def report(name: str) -> dict[str, Any]:
    """Describe the body that one run of the metric gives."""
    return {
        "type": "object",
        "title": f"A report of {name}",
        "properties": {name: {"type": "string", "description": "The report's text"}},
        "required": [name],
        "additionalProperties": False,
    }
