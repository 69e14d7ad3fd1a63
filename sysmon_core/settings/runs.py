"""Settings of runs and tasks."""

from __future__ import annotations

from pydantic import BaseModel, Field

from sysmon_core.settings.types import Positive, PositiveInt, Share


class RunSettings(BaseModel):
    """Limits of synchronous runs, and how many tasks there may be."""

    sync_limit: Positive = Field(
        30,
        description=(
            "Seconds that a synchronous run may take by its params; a longer one is refused."
        ),
    )
    sync_runs: PositiveInt = Field(
        4, description="Synchronous runs of long metrics at once, in each server process."
    )
    sync_runs_per_client: PositiveInt = Field(
        2,
        description=(
            "Synchronous runs of long metrics at once for one client: an address, or a /64 "
            "network of IPv6."
        ),
    )
    quick_runs: PositiveInt = Field(
        4, description="Runs of one quick metric at once, in each server process."
    )
    worker_threads: PositiveInt = Field(
        264,
        description=(
            "Tasks that a worker runs at once, each in a thread; 8 threads, a quarter at most, are "
            "reserved for tasks of up to ten seconds. The plain `dramatiq` command has "
            "`--threads` instead."
        ),
    )
    task_limit: Positive = Field(
        86400, description="Seconds that a task may take by its params; a longer one is refused."
    )
    wait_limit: PositiveInt = Field(
        30,
        description=(
            "Seconds for which a request of version 4 may wait for a task to end, by the header "
            "`Prefer: wait=N`; a proxy in front has to wait for longer."
        ),
    )
    waiting_requests: PositiveInt = Field(
        500,
        description=(
            "Requests that may wait for tasks at once, in each server process; further ones are "
            "answered at once."
        ),
    )
    task_ttl: PositiveInt = Field(
        86400, description="Seconds for which a finished task and its result are kept."
    )
    task_ttl_anonymous: PositiveInt = Field(
        3600,
        description=(
            "Seconds for which a finished anonymous task, which no user owns, is kept; no "
            "longer than `task_ttl`."
        ),
    )
    tasks_kept: PositiveInt = Field(
        20000,
        description=(
            "Finished tasks that are kept, the newest; anonymous ones are half of that at most, "
            "and so are users'."
        ),
    )
    tasks_kept_bytes: PositiveInt = Field(
        1 << 26,
        description=(
            "Bytes of all finished tasks that are kept, with params and results; anonymous ones "
            "have half of that at most, and so have users'. What running tasks have given so far "
            "may be as much again."
        ),
    )
    samples_kept: PositiveInt = Field(
        3600, description="Samples that are kept of one task, the newest."
    )
    tasks_kept_per_client: PositiveInt = Field(
        2000, description="Finished tasks that are kept for one client, the newest."
    )
    tasks_open: PositiveInt = Field(
        2000,
        description=(
            "Tasks that may be queued or running at once; anonymous ones are half of that at most."
        ),
    )
    tasks_per_client: PositiveInt = Field(
        500,
        description=(
            "Tasks of one client that may be queued or running at once. A client is a user in "
            "versions 3 and 4, and in version 2 an address, or a /64 network of IPv6."
        ),
    )
    client_share: Share = Field(
        0.25,
        description=(
            "Share of all workers' threads for long tasks that one client's tasks may use at "
            "once; as many of its brief tasks may run besides."
        ),
    )
    overrun: Positive = Field(
        10,
        description="Seconds that a run may take beyond what its params say; then it is stopped.",
    )
    output_limit: PositiveInt = Field(
        1 << 20, description="Bytes that a program may print; a run that prints more fails."
    )
