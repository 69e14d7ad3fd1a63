"""Column: the declaration of one column of the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from decimal import Context, Decimal
from typing import Any, Literal, TypeGuard, get_args

from sysmon_core.errors import ConfigurationError

ColumnKind = Literal["", "key", "gauge", "counter", "delta", "text"]
KINDS = get_args(ColumnKind)[1:]
MEASURES = frozenset({"gauge", "counter", "delta"})  # kinds whose values are numbers
PERCENT_MAXIMUM = 100.0
EXACT = Context(prec=1000, traps=[])  # more digits than a product has; infinity stays a value


@dataclass(frozen=True)
class Column:
    """One column of the rows, declared once for all readers of the numbers.

    Args:
        name: its name in each row.
        description: what the value means, as part of a sentence.
        unit: the base unit of a number by its UCUM code: ``s``, ``By``, ``1/s``, ``%``, or ``1``
            for a count; empty for what measures nothing: a text, or a number that is a name.
        source: what the parser of a Command calls it, if not the same.
        scale: what the parser's number is multiplied by to be in the unit.
        kind: ``key`` (with the other keys it says which row this is), ``gauge`` (a number as it
            stands), ``counter`` (a number that only grows), ``delta`` (an amount within the
            report) or ``text``; unless said, ``gauge`` with a unit and ``text`` without.
        maximum: the largest value that there can be; 100 for ``%`` unless said, ``math.inf`` for
            none.

    Raises:
        ConfigurationError: there is no such kind, or the maximum is no number or a text's.
    """

    name: str
    description: str
    unit: str = ""
    source: str = ""
    scale: float = 1
    _: KW_ONLY
    kind: ColumnKind = ""
    maximum: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", self.kind or ("gauge" if self.unit else "text"))
        if self.kind not in KINDS:
            raise ConfigurationError(
                f"The column {self.name} has the kind {self.kind!r}: use {', '.join(KINDS[:-1])} "
                f"or {KINDS[-1]}"
            )
        if self.maximum is None and self.unit == "%" and self.kind in MEASURES:
            object.__setattr__(self, "maximum", PERCENT_MAXIMUM)
        self._check_maximum()

    def _check_maximum(self) -> None:
        if self.maximum is None:
            return
        if self.kind == "text":
            raise ConfigurationError(
                f"The column {self.name} is a text and has a maximum: give it a unit, or no maximum"
            )
        if not is_number(self.maximum) or math.isnan(self.maximum):
            raise ConfigurationError(
                f"The column {self.name} has the maximum {self.maximum!r}: give a number, or "
                "math.inf for none"
            )

    def of(self, row: Mapping[str, Any]) -> Any:
        """Return the value of this column in a parser's row; None if there is none."""
        value = row.get(self.source or self.name)
        if self.scale == 1 or not isinstance(value, int | float):
            return value
        return product(value, self.scale)


def product(number: float, factor: float) -> float:
    """Multiply decimal numbers exactly: 1.1 by 1024 is 1126.4, where binary fractions give more."""
    if isinstance(number, int) and isinstance(factor, int):
        return number * factor
    return float(EXACT.multiply(_decimal(number), _decimal(factor)))


def _decimal(number: float) -> Decimal:
    """Return the decimal number as which a float is written, whatever its class calls itself."""
    return Decimal(number) if isinstance(number, int) else Decimal(float.__repr__(number))


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value of a row is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
