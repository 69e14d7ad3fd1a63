"""The bodies of version 4, as models; in the API document their names begin with ``v4.``."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from sysmon_core.api.schemas import Href
from sysmon_core.services.task import State

Time = Annotated[
    str,
    Field(
        description="A time in UTC, with milliseconds",
        json_schema_extra={"format": "date-time"},
    ),
]


class AtLeast(BaseModel):
    """Base of all bodies of version 4: each member that is named is there, others may be added."""

    name_prefix: ClassVar[str] = "v4."

    model_config = ConfigDict(defer_build=True)

    def __json__(self, _request: object) -> dict[str, Any]:
        """Return the body as Pyramid's JSON renderer asks for it."""
        return self.model_dump(mode="json", by_alias=True)


class Link(AtLeast):
    """Where to go next."""

    rel: str = Field(description="What is there")
    href: Href


class Links(AtLeast):
    """What there is, in order."""

    links: list[Link]


class Page(AtLeast):
    """Base of all lists: the members beside the items."""

    next: Href | None = Field(description="The path of the next page; null if this is the last")


class Column(AtLeast):
    """What the rows have under one name."""

    name: str
    description: str = Field(description="What the value means")
    unit: str | None = Field(description="The base unit of a number by its UCUM code")
    kind: Literal["key", "gauge", "counter", "delta", "text"] = Field(
        description="`key`: with the other keys it says which row this is; `gauge`: a number as it "
        "stands; `counter`: a number that only grows; `delta`: an amount within the report"
    )


class Metric(AtLeast):
    """What can be asked, as its plugin declares it."""

    name: str
    title: str
    description: str
    long: bool = Field(description="Whether its runs take long, and so are best made as tasks")
    lifetime: int = Field(ge=0, description="Seconds for which a report is shown to all who ask")
    params: dict[str, Any] = Field(description="What a caller may choose, as JSON Schema")
    columns: list[Column]
    hosts: list[str] = Field(description="The hosts that can be asked")
    unavailable: str | None = Field(description="Why this host cannot have it; null if it can")
    links: list[Link]


class MetricList(Page):
    """A page of the metrics that the caller may ask, in their order."""

    items: list[Metric]


class Sample(AtLeast):
    """The rows of one moment."""

    at: Time
    index: int = Field(ge=0, description="Its place among all samples of the run")
    since_boot: bool = Field(description="Whether it covers the time since boot, no interval")
    rows: list[dict[str, Any]] = Field(description="Values by the names of the columns")


class Report(AtLeast):
    """What a run of a metric gave, of whichever metric."""

    metric: str
    host: str
    params: dict[str, Any]
    started: Time | None
    finished: Time | None
    age: float = Field(ge=0, description="Seconds since the last of it came")
    columns: list[Column]
    samples: list[Sample]
    text: str | None = Field(description="What version 1 shows; null where none was asked for")
    complete: bool = Field(description="Whether no more will come")
    truncated: bool = Field(description="Whether older samples were dropped")
    next: int | None = Field(description="The index to ask with for later samples")


class Progress(AtLeast):
    """How far a task is."""

    fraction: float | None = Field(
        ge=0,
        le=1,
        description="Elapsed time by the declared duration, below 1 until the task has succeeded; "
        "null where no duration was declared",
    )
    samples: int = Field(ge=0, description="Samples that came while it ran")


class TaskError(AtLeast):
    """Why a task has failed."""

    detail: str = Field(description="What went wrong, for people")
    code: str | None = Field(description="The name of the problem: /problems/ explains it")


class ActionLink(Link):
    """Where to go next, or what can be done."""

    method: str | None = Field(None, description="The method to use there; GET unless it is said")


class Task(AtLeast):
    """A run in a worker, as it stands now."""

    id: str
    metric: str
    params: dict[str, Any]
    host: str | None
    owner: str | None = Field(description="The user whose it is; null for those of version 2")
    state: State
    created: Time | None
    started: Time | None
    finished: Time | None
    expires: Time | None = Field(description="When its record is removed")
    age: float | None = Field(ge=0, description="Seconds since it was submitted")
    progress: Progress
    error: TaskError | None
    links: list[ActionLink]


class TaskList(Page):
    """A page of tasks, the newest first."""

    items: list[Task]
