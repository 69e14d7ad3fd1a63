"""A response that a thread of a pool makes, while the server's thread goes on to other requests.

Python runs one thread at a time: one that answers what needs no waiting answers more, and with less
delay, than eight that take turns. It must not wait. So a layer that comes to what may wait returns
a ``Deferred`` in place of a body, and the server has it made by the pool that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor

Body = Iterable[bytes]
Call = Callable[[], Body]


class Deferred:
    """The body of a response that is still to be made, its status and headers too (PEP 3333).

    Args:
        pool: whose threads make it.
        call: makes it: calls the rest of the application, which may defer it once more.
    """

    def __init__(self, pool: Executor, call: Call) -> None:
        self.pool = pool
        self.call = call

    def __iter__(self) -> Iterator[bytes]:
        """Make the response in the thread that iterates, as any other server has it done."""
        body = self.call()
        try:
            yield from body
        finally:
            getattr(body, "close", lambda: None)()

    def within(self, layer: Callable[[Call], Body]) -> Deferred:
        """The same response, made inside a layer that has something to do before or after."""
        return Deferred(self.pool, lambda: layer(self.call))
