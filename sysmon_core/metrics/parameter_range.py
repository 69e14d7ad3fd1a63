"""Range of a number: its bounds, as a JSON schema has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

# Pydantic's own names, which it leaves in the schema of a type that has a validator too.
PYDANTIC_NAMES = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}
NARROWEST: Mapping[str, Callable[..., Any]] = {
    "minimum": max,
    "maximum": min,
    "exclusiveMinimum": max,
    "exclusiveMaximum": min,
    "multipleOf": max,
}


def with_standard_names(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema whose bounds have the names of JSON Schema; of two, the narrower."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        name = PYDANTIC_NAMES.get(key, key)
        found[name] = NARROWEST[name](found[name], value) if name in found else value
    return found


@dataclass(frozen=True)
class Range:
    """The numbers that a parameter takes; None where it has no such bound.

    Args:
        multiple: each number is a multiple of this one.
    """

    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple: float | None = None

    @classmethod
    def of(cls, schemas: Iterable[Mapping[str, Any]]) -> Self:
        """Take the narrowest bounds in the schema of a parameter and in the schemas within it."""
        found: dict[str, list[float]] = {}
        for schema in schemas:
            for key, value in with_standard_names(schema).items():
                found.setdefault(key, []).append(value)
        narrowest = {
            name: choose(found[name]) for name, choose in NARROWEST.items() if name in found
        }
        minimum, above = _one(narrowest, "minimum", "exclusiveMinimum")
        maximum, below = _one(narrowest, "maximum", "exclusiveMaximum")
        return cls(minimum, maximum, above, below, narrowest.get("multipleOf"))

    def __contains__(self, number: float) -> bool:
        """Whether a number is within the bounds, be it a multiple or not."""
        lower, upper = self.minimum, self.maximum
        above, below = self.exclusive_minimum, self.exclusive_maximum
        return (
            (lower is None or number >= lower)
            and (upper is None or number <= upper)
            and (above is None or number > above)
            and (below is None or number < below)
        )

    @property
    def bounds(self) -> tuple[float, ...]:
        """All bounds that there are, the lower ones first."""
        lower, upper = (
            (self.minimum, self.exclusive_minimum),
            (self.maximum, self.exclusive_maximum),
        )
        return tuple(bound for bound in (*lower, *upper) if bound is not None)

    def outside(self) -> Iterator[float]:
        """Yield the nearest number beyond each bound, a step of 1 away where it is in the range."""
        if self.minimum is not None:
            yield self.minimum - 1
        if self.maximum is not None:
            yield self.maximum + 1
        for bound in (self.exclusive_minimum, self.exclusive_maximum):
            if bound is not None:
                yield bound


def _one(
    narrowest: Mapping[str, float], bound: str, exclusive: str
) -> tuple[float | None, float | None]:
    """Return a bound and the exclusive one on the same side; None for one that adds nothing."""
    included, excluded = narrowest.get(bound), narrowest.get(exclusive)
    if included is None or excluded is None:
        return included, excluded
    narrower = NARROWEST[bound](included, excluded)
    return (None, excluded) if narrower == excluded else (included, None)
