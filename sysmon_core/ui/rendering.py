"""Renders pages by Jinja2, with the headers that all pages have."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from jinja2 import Environment, StrictUndefined
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api.framework.environ_keys import GRANT
from sysmon_core.api.framework.pages import HTML
from sysmon_core.api.framework.problems import PAGES_PREFIX, prefix_of
from sysmon_core.metrics.quantities import quantity
from sysmon_core.services.grants import Grant
from sysmon_core.ui.static_files import GZIP, StaticFiles, accepts_gzip

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    # The browser may show it again by its button Back, and asks here before any other use.
    "Cache-Control": "private, no-cache",
    # With no-referrer a form would be sent with "Origin: null" (Fetch, "append a request Origin
    # header"), which is refused as another site's.
    "Referrer-Policy": "same-origin",
    "Vary": "Cookie, Accept-Encoding",
}


class Renderer:
    """Makes responses of templates.

    Every template has the values ``prefix`` (of all paths of pages), ``api`` (of the paths of
    version 4), ``static`` (of files), ``release``, and ``user``, an Account or None.
    """

    def __init__(self, static: StaticFiles) -> None:
        self._static = static
        self._release = version("sysmon")
        self._templates = _environment()

    def response(self, request: Request, template: str, **values: Any) -> Response:
        """Return a page."""
        return self.response_to(request.environ, template, **values)

    def response_to(
        self, environ: Mapping[str, Any], template: str, status: int | str = 200, **values: Any
    ) -> Response:
        """Return a page to the request of a WSGI environ."""
        text = self._templates.get_template(template).render(self._common(environ) | values)
        response = Response(text.encode(), status, content_type=HTML, charset="utf-8")
        response.headers.update(HEADERS)
        if accepts_gzip(Request(dict(environ))):
            response.body = gzip.compress(response.body, compresslevel=6)
            response.content_encoding = GZIP
        return response

    def _common(self, environ: Mapping[str, Any]) -> dict[str, Any]:
        prefix = prefix_of(environ)
        grant: Grant | None = environ.get(GRANT)
        return {
            "prefix": f"{prefix}{PAGES_PREFIX}",
            "root": f"{prefix}/",
            "static": f"{prefix}{PAGES_PREFIX}static/{self._static.digest}",
            "release": self._release,
            "user": grant.account if grant else None,
        }


def _environment() -> Environment:
    """Make the environment of the templates, by pyramid_jinja2: they escape whatever they show."""
    with Configurator(
        settings={"jinja2.undefined": "strict", "jinja2.trim_blocks": "true"}
    ) as config:
        config.include("pyramid_jinja2")
        config.add_jinja2_search_path("sysmon_core.ui:templates")
    environment: Environment = config.get_jinja2_environment()
    assert environment.undefined is StrictUndefined  # noqa: S101 - a misspelt name is no empty text
    environment.filters["quantity"] = quantity_of_json
    return environment


def quantity_of_json(value: object, unit: str) -> str:
    """Write a value as the scripts do, for which JSON has no whole numbers apart from others."""
    whole = isinstance(value, float) and value.is_integer()
    return quantity(int(value) if whole else value, unit)  # type: ignore[call-overload]  # a float
