"""The header Accept (RFC 9110, 12.5.1): which of our media types a client would rather have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPNotAcceptable
from pyramid.request import Request
from webob.acceptparse import create_accept_header  # type: ignore[import-untyped]  # as it is


@dataclass(frozen=True)
class Accepts:
    """A validator that answers 406 to a client that could not read the response."""

    media_types: Sequence[str]

    def __call__(self, request: Request, **_options: Any) -> None:
        """Check the header Accept."""
        if best_offer(request, self.media_types) is None:
            raise HTTPNotAcceptable(
                f"Every answer here is {' or '.join(self.media_types)}; ask for that"
            )


def best_offer(request: Request, offers: Sequence[str]) -> str | None:
    """Return the media type that the client would rather have, the first of equals; None if none.

    Parameters of a media range other than q are passed over: clients add ``charset=utf-8`` where
    the type has no such parameter, and RFC 9110 leaves it to the server to disregard them.
    """
    if not request.headers.get("Accept"):
        return offers[0]
    header = request.accept
    ranges = header.parsed or ()
    if any(parameters for _, _, parameters, _ in ranges):
        plain = (f"{kind.partition(';')[0]};q={quality}" for kind, quality, _, _ in ranges)
        header = create_accept_header(", ".join(plain))
    acceptable = header.acceptable_offers(offers)
    return acceptable[0][0] if acceptable else None
