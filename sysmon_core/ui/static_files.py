"""The scripts, styles and images of the pages: read once, compressed once, cached for good.

The path of each has the digest of them all, so that a browser keeps no file of an earlier release,
and modules import each other by relative paths.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.problems import PAGES_PREFIX

ROUTE = "ui.static"
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
DIGEST_BYTES = 6
FOREVER = "public, max-age=31536000, immutable"
GZIP = "gzip"


@dataclass(frozen=True)
class StaticFile:
    """One file: its media type, and its content as it is and compressed."""

    media_type: str
    content: bytes
    compressed: bytes


class StaticFiles:
    """All files, by their names."""

    def __init__(self) -> None:
        self._files = dict(_read())
        digest = blake2b(digest_size=DIGEST_BYTES)
        for name, file in sorted(self._files.items()):
            digest.update(f"{name}\n".encode() + file.content)
        self.digest = digest.hexdigest()

    def resource(self) -> Resource:
        """Declare their path."""
        endpoint = Endpoint(
            view=self._view,
            permission=PUBLIC,
            summary="A file of the pages",
            answers={200: Answer()},
        )
        return Resource(
            name=ROUTE,
            path=f"{PAGES_PREFIX}static/{{digest}}/{{name}}",
            endpoints={"GET": endpoint},
            media_types=tuple(MEDIA_TYPES.values()),
        )

    def _view(self, request: Request) -> Response:
        """Answer with a file; one of another release is answered with that of this one, for now."""
        file = self._files.get(request.matchdict["name"])
        if file is None:
            raise HTTPNotFound
        response = Response(file.content, content_type=file.media_type, charset="utf-8")
        response.vary = ("Accept-Encoding",)
        is_own = request.matchdict["digest"] == self.digest
        response.headers["Cache-Control"] = FOREVER if is_own else "no-store"
        if accepts_gzip(request):
            response.body, response.content_encoding = file.compressed, GZIP
        return response


def accepts_gzip(request: Request) -> bool:
    """Whether the client can decompress."""
    return GZIP in request.headers.get("Accept-Encoding", "") and bool(
        request.accept_encoding.acceptable_offers([GZIP])
    )


def _read() -> Iterator[tuple[str, StaticFile]]:
    for one in files(__package__).joinpath("static").iterdir():
        media_type = MEDIA_TYPES.get(one.name[one.name.rfind(".") :])
        if media_type:
            content = one.read_bytes()
            yield one.name, StaticFile(media_type, content, gzip.compress(content, mtime=0))
