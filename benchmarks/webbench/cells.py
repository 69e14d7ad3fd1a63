"""What was measured of one endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.webbench.endpoints import Endpoint
from benchmarks.webbench.load import Measured

OURS = "sysmon"
EACH = 2  # answers that each connection must have got for latencies to be of all of them


@dataclass
class Cells:
    """The rounds of each system with each number of connections; medians over the rounds."""

    endpoint: Endpoint
    connections: tuple[int, ...]
    found: dict[str, dict[int, Measured]] = field(default_factory=dict)

    @property
    def systems(self) -> list[str]:
        """Ours first."""
        return list(self.found)

    def rate(self, system: str, connections: int) -> float:
        """Answers a second."""
        return self.found[system][connections].rate

    def p50(self, system: str, connections: int) -> float | None:
        """Milliseconds, as measured."""
        return self._latency("p50", system, connections)

    def p99(self, system: str, connections: int) -> float | None:
        """Return the same."""
        return self._latency("p99", system, connections)

    def cpu(self, system: str, connections: int) -> float:
        """Microseconds of the server and its programs for a request."""
        return self.found[system][connections].median("cpu")

    def failures(self, system: str, connections: int) -> float:
        """Count the requests of all rounds that got no answer or another than what is right."""
        return self.found[system][connections].failed

    def failed(self, system: str) -> int:
        """Return the same with all numbers of connections."""
        return sum(one.failed for one in self.found[system].values())

    def _latency(self, name: str, system: str, connections: int) -> float | None:
        measured = self.found[system][connections]
        enough = measured.median("answers") >= EACH * connections
        return measured.median(name) if enough else None
