"""Types of parameters: numbers as people write them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, LiteralString

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

DIGITS = re.compile(r"[0-9]{1,4300}")  # int() refuses more
QUANTITY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)", re.ASCII)
SECONDS_PER_UNIT = {"": Decimal(1), "ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60)}
SECONDS_PER_UNIT |= {"min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400)}
PREFIX_POWERS = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4}
# As the tools of GNU have it (coreutils, 2.2): K and KiB are 1024, KB is 1000.
BYTES_PER_UNIT = {"": Decimal(1), "B": Decimal(1)}
BYTES_PER_UNIT |= {
    prefix + end: Decimal(1024**n) for prefix, n in PREFIX_POWERS.items() for end in ("", "iB")
}
BYTES_PER_UNIT |= {f"{prefix}B": Decimal(1000**n) for prefix, n in PREFIX_POWERS.items()}


def _whole_number(value: object) -> int:
    """Refuse what ``int()`` accepts beyond digits: ``+5``, `` 4``, ``1_000``, other scripts."""
    if isinstance(value, str) and DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("whole_number", "must be a whole number, in the digits 0 to 9")


@dataclass(frozen=True, eq=False)  # a type with it is hashed: Duration | None
class Quantity:
    """How people write a number of a base unit.

    Args:
        name: what help calls such a value.
        units: how much one of each unit is, in the base unit.
        shown: the units in which help writes a number, the largest first.
        examples: of what a caller may write, for help.
    """

    name: str
    units: Mapping[str, Decimal]
    shown: Sequence[str]
    examples: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the type with the least number that it takes, unless its field has another.

        It is no ``Field(ge=0)``: pydantic would let that go before the field's own.
        """
        return {"minimum": 0} | handler(schema)

    def written(self, number: float) -> str:
        """Write a number in the largest unit that makes it whole."""
        exact = Decimal(str(number))
        for unit in self.shown if exact.is_finite() and exact else ():
            amount = exact / self.units[unit]
            if amount == int(amount):
                return f"{int(amount)}{unit}"
        return f"{number:.15g}"

    def validator(self, number: type[int | float], told: LiteralString) -> BeforeValidator:
        """Make a validator that reads a number with a unit; who writes another is ``told``.

        A number of JSON is refused where no text could write it: it is negative, or infinite.
        """

        def read(value: object) -> object:
            if isinstance(value, int | float) and type(value) is not bool and 0 <= value < math.inf:
                return value
            match = QUANTITY.fullmatch(value) if isinstance(value, str) else None
            if match is None or match[2] not in self.units:
                raise PydanticCustomError("quantity", told)
            return number(Decimal(match[1]) * self.units[match[2]])

        return BeforeValidator(read)


PERIOD = Quantity("DURATION", SECONDS_PER_UNIT, ("d", "h", "m", "s", "ms"), "90s or 5m")
AMOUNT = Quantity("SIZE", BYTES_PER_UNIT, ("T", "G", "M", "K", ""), "64K or 1.5G")

Integer = Annotated[int, BeforeValidator(_whole_number)]
"""A whole number, written in ASCII digits alone."""

Duration = Annotated[
    float,
    PERIOD.validator(float, "must be seconds, or a number with one of ms, s, m, h, d: 90, 90s, 5m"),
    PERIOD,
    Field(json_schema_extra={"unit": "s"}),
]
"""Seconds; a caller may write ``90``, ``90s``, ``5m``, ``1.5h`` or ``2d``."""

Size = Annotated[
    int,
    AMOUNT.validator(int, "must be bytes, or a number with one of K, M, G, T: 4096, 64K, 1.5G"),
    AMOUNT,
    Field(json_schema_extra={"unit": "By"}),
]
"""Bytes; a caller may write ``4096``, ``64K`` or ``1.5G`` (K is 1024, KB is 1000)."""
