"""Masks the secrets of a plugin's settings in texts that people read, such as errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

MASK = "**********"  # as pydantic shows a secret

Mask = Callable[[str], str]


def mask_of(secrets: Iterable[str]) -> Mask:
    """Return a function that masks these secrets in a text, in each form that errors have."""
    forms = {form for secret in secrets for form in _forms(secret) if form.strip()}
    longest_first = sorted(forms, key=len, reverse=True)  # one may be the beginning of another

    def mask(text: str) -> str:
        for form in longest_first:
            text = text.replace(form, MASK)
        return text

    return mask


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, its words, and how Python, JSON and URLs write it."""
    yield from (secret, *secret.split())  # it may be a list of secrets
    yield repr(secret)[1:-1]
    yield json.dumps(secret)[1:-1]
    yield quote(secret)
    yield quote(secret, safe="")
