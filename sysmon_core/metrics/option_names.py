"""Names of parameters as options of the command line."""

from __future__ import annotations


def option_of(name: str) -> str:
    """Return the option of a parameter."""
    return f"--{name.replace('_', '-')}"


def negation_of(name: str) -> str:
    """Return the option that sets a truth value to false."""
    return f"--no-{name.replace('_', '-')}"
