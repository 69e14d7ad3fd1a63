"""Pages that explain problems to people; the type of a problem of version 4 is the path of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape

from pyramid.request import Request
from pyramid.response import Response

from sysmon_core.api import schemas
from sysmon_core.api.framework.accept import best_offer
from sysmon_core.api.framework.declarations import Answer, Endpoint, Resource
from sysmon_core.api.framework.explanations import Explanation, as_html, explanations
from sysmon_core.api.framework.inputs import JSON
from sysmon_core.api.framework.links import path_of
from sysmon_core.api.framework.pages import HTML
from sysmon_core.api.framework.permissions import PUBLIC
from sysmon_core.api.framework.problems import EXPLANATIONS_PATH
from sysmon_core.errors import ProblemNotFound

MEDIA_TYPES = (HTML, JSON)
LIST_ROUTE, ROUTE = "problems", "problem"
MAX_AGE_SECONDS = 3600  # a new release may say it better

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""

CONTENT = """\
<p><strong>{meaning}</strong></p>
<p>{remedy}</p>
<p>Status {status}; <code>code</code> is <code>{name}</code>. What is said of one request is in its
<code>detail</code>; <code>instance</code> is the id of that request, which the log has too.</p>
<p><a href="{all}">All problems</a></p>"""


def resources() -> Iterator[Resource]:
    """Declare the list of the pages, and the pages; they are outside of all versions."""
    known = explanations()
    yield Resource(
        name=LIST_ROUTE,
        path=EXPLANATIONS_PATH,
        endpoints={"GET": _list(known)},
        media_types=MEDIA_TYPES,
    )
    yield Resource(
        name=ROUTE,
        path=f"{EXPLANATIONS_PATH}{{name}}",
        endpoints={"GET": _one(known)},
        parts={"name": "The name of a problem: its `code`"},
        media_types=MEDIA_TYPES,
    )


def _list(known: Mapping[str, Explanation]) -> Endpoint:
    def view(request: Request) -> Response:
        if best_offer(request, MEDIA_TYPES) == JSON:
            told = [_told(request, one) for one in known.values()]
            return _response(json.dumps({"problems": told}), JSON)
        lines = (
            f'<li><a href="{_path(request, one)}">{escape(one.title)}</a>: {as_html(one.meaning)}'
            for one in known.values()
        )
        content = "<ul>\n{}\n</ul>".format("\n".join(lines))
        return _response(PAGE.format(title="Problems", content=content), HTML)

    return Endpoint(
        view=view,
        permission=PUBLIC,
        summary="The problems that an answer may have",
        answers={200: Answer(schemas.Explanations, formats={HTML: {"type": "string"}})},
    )


def _one(known: Mapping[str, Explanation]) -> Endpoint:
    def view(request: Request) -> Response:
        one = known.get(request.matchdict["name"])
        if one is None:
            raise ProblemNotFound("No problem has this name")
        if best_offer(request, MEDIA_TYPES) == JSON:
            return _response(json.dumps(_told(request, one)), JSON)
        content = CONTENT.format(
            meaning=as_html(one.meaning),
            remedy=as_html(one.remedy),
            status=escape(one.status_line),
            name=escape(one.name),
            all=escape(path_of(request, LIST_ROUTE)),
        )
        return _response(PAGE.format(title=escape(one.title), content=content), HTML)

    return Endpoint(
        view=view,
        permission=PUBLIC,
        summary="What a problem is, and what to do about it",
        answers={200: Answer(schemas.Explanation, formats={HTML: {"type": "string"}})},
        raises=(ProblemNotFound,),
    )


def _told(request: Request, one: Explanation) -> dict[str, object]:
    return {
        "type": _path(request, one),
        "code": one.name,
        "title": one.title,
        "status": one.status,
        "meaning": one.meaning,
        "remedy": one.remedy,
    }


def _path(request: Request, one: Explanation) -> str:
    return path_of(request, ROUTE, name=one.name)


def _response(text: str, media_type: str) -> Response:
    response = Response(text.encode(), content_type=media_type)
    response.headers["Vary"] = "Accept"
    response.cache_control = f"max-age={MAX_AGE_SECONDS}"
    if media_type == HTML:
        response.charset = "utf-8"
    return response
