"""The promises about tasks, as a model that a client's history is held against."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.history import Event, Story
from tests.support.client import FINAL

REASONS = ("told to fail", "worker was lost", "shut down")


class Model:
    """What one task may still read, going by what its client was told so far."""

    def __init__(self, story: Story, starts: int, *, begun: bool, cut_short: bool) -> None:
        """Take a story, and how often its program was started.

        ``begun`` if a worker had begun with it, even if that worker was killed before the
        program came; ``cut_short`` if Redis was killed during its submission: a 503 then says
        no more than that the answer got lost.
        """
        self._story = story
        self._starts = starts
        self._begun = begun or starts > 0
        self._cut_short = cut_short
        self._final = ""
        self._cancels = 0  # that had, or may have had, an effect
        self._revoked = self._removed = False

    def breaches(self) -> Iterator[str]:
        """Every breach of a promise, in a sentence."""
        most = 3 if self._story.repeatable else 1
        if self._starts > most:
            yield f"it was started {self._starts} times"
        if not self._story.path:
            if self._starts and self._story.events[0].status is not None and not self._cut_short:
                yield "it was refused, and ran"
            return
        for event in self._story.events:
            if event.kind == "show":
                yield from self._shown(event)
            elif event.kind == "cancel":
                yield from self._cancelled(event)
        if not (self._final or self._removed):
            yield "it has not ended"

    def _cancelled(self, event: Event) -> Iterator[str]:
        if event.status == 404:
            yield from self._missing()
        else:
            self._cancels += 1
            self._revoked |= event.status == 204
        if event.status not in {204, 404, 503, None}:
            yield f"DELETE answered {event.status}"

    def _shown(self, event: Event) -> Iterator[str]:
        if event.status == 404:
            yield from self._missing()
        elif event.status == 200:
            yield from self._read(event)
        elif event.status not in {503, None}:
            yield f"GET answered {event.status}"

    def _missing(self) -> Iterator[str]:
        """Only what had ended can have been removed, by a DELETE."""
        self._removed = True
        could_have_ended = self._begun or self._cancels > 1
        if not (self._cancels and could_have_ended):
            yield "its record is lost"

    def _read(self, event: Event) -> Iterator[str]:
        if self._removed:
            yield "it was gone, and is there again"
        if self._final and event.state != self._final:
            yield f"it was {self._final}, and reads {event.state}"
        if self._revoked and event.state != "REVOKED":
            yield f"it was deleted, and reads {event.state}"
        if event.state == "REVOKED" and not self._cancels:
            yield "it is REVOKED, and nobody cancelled it"
        if event.state in FINAL:
            self._final = event.state
            yield from self._ended(event)

    def _ended(self, event: Event) -> Iterator[str]:
        said = str(event.result)
        if event.state == "SUCCESS" and (self._story.failing or not self._starts):
            yield "it succeeded, and cannot have"
        if event.state == "SUCCESS" and f"done {self._story.key}" not in said:
            yield f"its result is {said}"
        if event.state == "FAILURE" and not any(reason in said for reason in REASONS):
            yield f"it failed for no good reason: {said}"
        if event.state == "FAILURE" and "told to fail" in said and not self._story.failing:
            yield "its failure is another's"
