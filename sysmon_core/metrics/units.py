"""The units of columns: a table of codes of UCUM, those of base units and those of others.

A code is atoms with dots and slashes between them, as in ``By/s`` or ``{packet}/s``. An atom may
have an exponent (``m2``), and an annotation in braces, which says of what.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SIGNS = {
    "1": "1",
    "%": "%",
    "A": "A",
    "Bd": "Bd",
    "By": "B",
    "C": "C",
    "Cel": "°C",
    "F": "F",
    "Hz": "Hz",
    "J": "J",
    "K": "K",
    "N": "N",
    "Ohm": "Ω",
    "Pa": "Pa",
    "V": "V",
    "W": "W",
    "bit": "bit",
    "cd": "cd",
    "dB": "dB",
    "deg": "°",
    "g": "g",
    "lm": "lm",
    "lx": "lx",
    "m": "m",
    "mol": "mol",
    "rad": "rad",
    "s": "s",
}
"""How each base unit is shown to people."""

MULTIPLES = {
    "min": (60.0, "s"),
    "h": (3600.0, "s"),
    "d": (86400.0, "s"),
    "wk": (604800.0, "s"),
    "bar": (100000.0, "Pa"),
    "[ppm]": (0.0001, "%"),
}
"""Other units: how many base units one is."""

BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
DECIMAL = dict(
    zip("PTGMkdcmunp", (1e15, 1e12, 1e9, 1e6, 1e3, 0.1, 0.01, 1e-3, 1e-6, 1e-9, 1e-12), strict=True)
)
# Programs that print kB mean 1024 bytes nearly always.
OF_BYTES = BINARY | {letter[0]: size for letter, size in BINARY.items()} | {"k": 1024}

SPELLINGS = {
    **dict.fromkeys(("B", "byte", "bytes", "Byte", "Bytes"), "By"),
    **dict.fromkeys(("b", "bits", "Bit"), "bit"),
    **dict.fromkeys(("sec", "secs", "second", "seconds", "S"), "s"),
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("count", "counts", "number", "#"), "1"),
    **dict.fromkeys(("°C", "degC", "celsius", "Celsius"), "Cel"),
    **dict.fromkeys(("ohm", "ohms", "Ω"), "Ohm"),
    **dict.fromkeys(("hz", "hertz"), "Hz"),
    **dict.fromkeys(("watt", "watts"), "W"),
    **dict.fromkeys(("volt", "volts"), "V"),
}
"""What is often written in place of a code."""

OPERATOR = re.compile(r"([./])")
COMPONENT = re.compile(
    r"(?P<atom>[^\s{}0-9+-]*|1)(?P<exponent>(?<!^)[+-]?[1-9])?(?P<of>\{[!-z|~]+\})?"
)
ADDITION = re.compile(r"(?<=[^./])\{[^}]*\}")


class InBase(NamedTuple):
    """A unit as its base unit: the code of that, and how many of it the unit is."""

    code: str
    scale: float


def in_base(unit: str) -> InBase | None:
    """Express a unit in base units; None if its code is not known here.

    The code of a base unit is its own, with the scale 1; ``kBy/min`` is 1024/60 of ``By/s``.
    """
    parts = OPERATOR.split(unit)
    if parts[0] == "" and len(parts) > 1:
        parts[0] = "1"  # as UCUM has it: /s is 1/s
    code, scale = "", 1.0
    for operator, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        component = _component(part)
        if component is None:
            return None
        code += operator + component.code
        scale = scale / component.scale if operator == "/" else scale * component.scale
    return InBase(unit if code == f"1{unit}" else code, scale)


def _component(text: str) -> InBase | None:
    found = COMPONENT.fullmatch(text)
    if found is None or not text:
        return None
    atom, exponent, of = found["atom"], found["exponent"] or "", found["of"] or ""
    base = _atom(atom) if atom else InBase("", 1.0)  # an annotation alone counts what it names
    return base and InBase(f"{base.code}{exponent}{of}", base.scale ** int(exponent or 1))


def _atom(atom: str) -> InBase | None:
    if (code := SPELLINGS.get(atom, atom)) in SIGNS:
        return InBase(code, 1.0)
    if atom in MULTIPLES:
        scale, code = MULTIPLES[atom]
        return InBase(code, scale)
    for length in (2, 1):
        code = SPELLINGS.get(atom[length:], atom[length:])
        prefixes = OF_BYTES if code == "By" else DECIMAL | BINARY
        if code in SIGNS and atom[:length] in prefixes:
            return InBase(code, float(prefixes[atom[:length]]))
    return None


def bare(unit: str) -> str:
    """Leave out what annotations add to atoms: ``By{used}`` is ``By``, ``{packet}/s`` stays."""
    return ADDITION.sub("", unit)


def shown(unit: str) -> str:
    """Write a unit for people: the signs of its atoms, and what the braces name without them."""
    parts = (SIGNS.get(part, part) for part in OPERATOR.split(bare(unit)))
    return "".join(parts).replace("{", "").replace("}", "")
