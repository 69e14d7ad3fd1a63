"""The queues of tasks, and the messages in them that have a worker run a task."""

from __future__ import annotations

import uuid

from dramatiq import Message

from sysmon_core.services.task import Task

ACTOR = "run_task"
LONG = "tasks"  # tasks that no user owns
BRIEF = "brief"  # the same, of runs so short that they must not wait behind long ones
USERS_LONG = "users-tasks"  # tasks of users, which must not wait behind anonymous ones
USERS_BRIEF = "users-brief"
QUEUES = (LONG, BRIEF, USERS_LONG, USERS_BRIEF)


def queue_of(task: Task) -> str:
    """Return the queue of a task."""
    if task.owner:
        return USERS_BRIEF if task.brief else USERS_LONG
    return BRIEF if task.brief else LONG


def make_message(task_id: str, queue: str = LONG) -> Message[None]:
    """Make the message for a task: the task's id is its id, and its one argument."""
    return Message(queue, ACTOR, (task_id,), {}, {}, task_id)


def encode_message(task_id: str, queue: str) -> tuple[str, bytes]:
    """Make a message to send once: its id in Redis, which begins with the task's, and its body."""
    redis_id = f"{task_id}:{uuid.uuid4().hex[:8]}"
    body = make_message(task_id, queue).copy(options={"redis_message_id": redis_id}).encode()
    return redis_id, body
