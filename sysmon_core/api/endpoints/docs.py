"""Swagger UI: the API document for people, with nothing loaded from other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib import import_module
from pathlib import Path

from pyramid.request import Request
from pyramid.response import FileResponse, Response

from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource, View
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.pages import HTML
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.work import DOCUMENT
from sysmon_core.errors import ExtraMissing

START_FILE = "start.js"
LOADED = {
    "icon": "favicon-32x32.png",
    "style": "swagger-ui.css",
    "script": "swagger-ui-bundle.js",
    "start": START_FILE,
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}
MAX_AGE_SECONDS = 3600  # a new release may bring another Swagger UI

# Scripts and styles are files from here alone; the icons in the styles are data.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sysmon</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{style}">
</head>
<body>
<div id="docs" data-document="{document}"></div>
<noscript>This page needs JavaScript, <a href="{document}">the document</a> does not.</noscript>
<script src="{script}"></script>
<script src="{start}"></script>
</body>
</html>
"""

# showCommonExtensions shows ranges; validatorUrl would have another host draw a badge.
START = """\
SwaggerUIBundle({
  dom_id: "#docs",
  url: document.getElementById("docs").dataset.document,
  deepLinking: true,
  showCommonExtensions: true,
  validatorUrl: null,
});
"""


def swagger_ui() -> Path | None:
    """Return the folder with the files of Swagger UI, if the extra is installed."""
    try:
        found: Path = import_module("swagger_ui_bundle").swagger_ui_path
    except ImportError:
        return None
    return found


def page(folder: Path | None) -> Resource:
    """Declare the page; it answers 501 without ``folder``, which has the files of Swagger UI."""

    def view(request: Request) -> Response:
        _require(folder)
        routes = {name: f"docs.{file}" for name, file in LOADED.items()} | {"document": "openapi"}
        urls = {name: escape(path_of(request, route)) for name, route in routes.items()}
        response = Response(PAGE.format_map(urls), content_type=HTML, charset="utf-8")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    endpoint = Endpoint(
        view=view,
        permission=PUBLIC,
        summary="This document for people",
        answers={200: Answer({"type": "string"})},
        raises=(ExtraMissing,),
    )
    return Resource(name="docs", path="/docs", endpoints={"GET": endpoint}, media_types=(HTML,))


def files(folder: Path | None) -> Iterator[Resource]:
    """Declare the files that the page loads.

    Swagger UI ships more, another page among it.
    """
    for name in LOADED.values():
        media_type = TYPES[Path(name).suffix]
        endpoint = Endpoint(
            view=_file(folder, name, media_type),
            permission=PUBLIC,
            work=DOCUMENT,
            summary="A file of the page",
            answers={200: Answer()},
            raises=(ExtraMissing,),
        )
        path = f"/docs/{name}"
        methods = {"GET": endpoint}
        yield Resource(name=f"docs.{name}", path=path, endpoints=methods, media_types=(media_type,))


def _file(folder: Path | None, name: str, media_type: str) -> View:
    def view(request: Request) -> Response:
        path = _require(folder) / name
        if name == START_FILE:
            response = Response(START, content_type=media_type, charset="utf-8")
        else:
            response = FileResponse(path, request, content_type=media_type)
        response.cache_control = f"max-age={MAX_AGE_SECONDS}"
        return response

    return view


def _require(folder: Path | None) -> Path:
    if folder is None:
        raise ExtraMissing("The API document for people is an extra: pip install 'sysmon[docs]'")
    return folder
