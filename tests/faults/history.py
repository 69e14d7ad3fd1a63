"""Clients that ask at random and record each question and answer."""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.client import Answer, Client

PAUSE = 0.2  # seconds at most between two questions of a client


@dataclass(frozen=True)
class Event:
    """A question and its answer; no status means that none came."""

    kind: str
    status: int | None
    state: str = ""
    result: object = None


@dataclass
class Story:
    """One task as its client saw it, from the submission on; no other client knows its id."""

    key: int
    metric: str
    failing: bool
    path: str = ""
    asked: tuple[float, float] = (0, 0)  # when the submission began, and was answered
    events: list[Event] = field(default_factory=list)

    @property
    def repeatable(self) -> bool:
        return self.metric == "again"

    def __str__(self) -> str:
        told = ", ".join(f"{one.kind} {one.status} {one.state}".strip() for one in self.events)
        return f"{self.metric} {self.key} ({self.path or 'no task'}): {told}"


class Player:
    """One client; it submits tasks, reads them and cancels them until an event is set."""

    def __init__(self, number: int, client: Client, dice: random.Random) -> None:
        self.stories: list[Story] = []
        self._number = number
        self._client = client
        self._dice = dice

    def play(self, over: threading.Event) -> None:
        while not over.wait(self._dice.uniform(0, PAUSE)):
            known = [story for story in self.stories[-20:] if story.path]
            act = self._dice.choices((self._submit, self._show, self._cancel), (4, 4, 2))[0]
            act(self._dice.choice(known) if known else None)

    def _submit(self, _story: Story | None) -> None:
        key = self._number * 1_000_000 + len(self.stories) + 1
        kind = self._dice.choices((0, 1, 2), (7, 2, 1))[0]
        story = Story(key, self._dice.choice(("once", "again")), failing=kind == 1)
        self.stories.append(story)
        numbers = {"key": key, "kind": kind, "tenths": self._dice.randrange(8)}
        said = self._dice.choice((1, 60))
        begin = time.monotonic()
        answer = self._ask(lambda: self._client.ask_for(story.metric, said=said, **numbers))
        story.asked = (begin, time.monotonic())
        if answer is not None and answer.status == 201:
            story.path = str(answer.headers["Location"])
        story.events.append(Event("submit", answer.status if answer else None))

    def _show(self, story: Story | None) -> None:
        if story is not None:
            self.show(story)

    def show(self, story: Story) -> Event:
        """Look at a task once."""
        answer = self._ask(lambda: self._client.get(story.path))
        event = Event("show", answer.status if answer else None)
        if answer is not None and answer.status == 200:
            fields = answer.json
            event = Event("show", 200, fields["state"], fields.get("result"))
        story.events.append(event)
        return event

    def _cancel(self, story: Story | None) -> None:
        if story is not None:
            answer = self._ask(lambda: self._client.delete(story.path))
            story.events.append(Event("cancel", answer.status if answer else None))

    def _ask(self, question: Callable[[], Answer]) -> Answer | None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return question()
        return None
