"""Rewrites the reference at the end of docs/api.md from the declarations of version 4."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sysmon_core import settings, testing
from sysmon_core.metrics import loading

PAGE = Path(__file__).parent / "api.md"
HEADING = "## Reference\n"
INTRODUCTION = """\
Made from the declarations of version 4, as `/openapi.json` is, which also has the params and the
rows of each metric. A user may do all that is for users; a token what its scope permits. Members of
a request may be left out unless they are required; those of an answer are there. Beside the errors
named here every path may answer 405, 406, 421 and 500.
"""
WORD = re.compile(r"\[\[([\w.]+)\]\]")  # the name of a schema
EVERYWHERE = {"405", "406", "421", "500"}
LONG, QUICK = "iostat", "uptime"  # they stand for all metrics
ANSWERS = {"CodedProblem", "Fault"}  # of those whose names do not begin with v4.
METRIC_SUMMARIES = {
    "/v4/metrics/<metric>": "A metric as it is declared",
    "/v4/metrics/<metric>/report": "Its report, collected now; the query has its params, too",
}


def document() -> dict[str, Any]:
    """Return the API document of version 4."""
    with tempfile.TemporaryDirectory(prefix="sysmon-") as folder:
        ini = {"sysmon.var": folder, "sysmon.versions": "v4"}
        config = settings.load(ini, environ={})
        app = testing.make_testapp(config, loading.load(config))
        found: dict[str, Any] = app.get("/openapi.json").json
        found["problems"] = app.get("/problems/", headers={"Accept": "application/json"}).json
        return found


def reference(found: dict[str, Any]) -> str:
    """Return the reference in Markdown: paths, then bodies, then problems."""
    schemas = found["components"]["schemas"]
    paths = "\n".join(_paths(found))
    bodies = [_body(name, schemas[name]) for name in _used(paths, schemas)]
    parts = [HEADING, INTRODUCTION, paths, "### Bodies\n", *bodies, _problems(found)]
    return WORD.sub(lambda word: _words(word[1], schemas), "\n".join(parts))


def _paths(found: dict[str, Any]) -> Iterator[str]:
    """Yield each endpoint of version 4; the paths of one metric stand for those of all."""
    for path, item in found["paths"].items():
        metric = path.removeprefix("/v4/metrics/").split("/")[0] if "/metrics/" in path else ""
        if not path.startswith(("/v4", "/session")) or metric not in {"", LONG}:
            continue
        shown = path.replace(f"/{LONG}", "/<metric>").replace("{", "<").replace("}", ">")
        for method, operation in item.items():
            quick = found["paths"][path.replace(LONG, QUICK)][method]
            yield _endpoint(method.upper(), shown, operation, quick)


def _used(text: str, schemas: dict[str, Any]) -> list[str]:
    """Return the names of the bodies that a text names, and of those that they name."""
    found = {*WORD.findall(text), "CodedProblem"}
    while (
        more := {name for one in found for name in WORD.findall(_body(one, schemas[one]))} - found
    ):
        found |= more
    return sorted(name for name in found if "properties" in schemas[name])


def _words(name: str, schemas: dict[str, Any]) -> str:
    """Return a link to a body, or the words of an enumeration."""
    if "properties" in schemas[name]:
        return f"[{name}](#{name.lower().replace('.', '')})"
    return _type(schemas[name])


def _endpoint(method: str, path: str, one: dict[str, Any], quick: dict[str, Any]) -> str:
    lines = [f"### `{method} {path}`\n", f"{METRIC_SUMMARIES.get(path) or one['summary']}.", ""]
    if one.get("description") and path not in METRIC_SUMMARIES:
        lines[1] += " " + one["description"].strip().replace("\n", " ")
    lines += [f"- For: {_callers(one, quick)}", *_given(one, quick), *_answers(one)]
    return "\n".join(lines) + "\n"


def _callers(one: dict[str, Any], quick: dict[str, Any]) -> str:
    schemes = {name: given for each in one["security"] for name, given in each.items()}
    if not schemes:
        return "everybody"
    who, scope = schemes["bearerAuth"]
    least = next(each["bearerAuth"] for each in quick["security"] if "bearerAuth" in each)[1]
    also = "" if least == scope else f"`{least}`, for a metric that takes long "
    return f"{'admins' if who == 'admin' else 'users'}; tokens with the scope {also}`{scope}`"


def _given(one: dict[str, Any], quick: dict[str, Any]) -> Iterator[str]:
    common = {given["name"] for given in quick.get("parameters", [])}
    for given in one.get("parameters", []):
        if given["name"] in common and given["in"] != "path":
            text = given.get("description", "").rstrip(".")
            place = "header" if given["in"] == "header" else "query"
            yield f"- `{given['name']}` ({place}, {_type(given['schema'])}): {text}"
    if "requestBody" in one:
        kinds = one["requestBody"]["content"]
        yield f"- Body: {_type(next(iter(kinds.values()))['schema'])}, as {_kinds(kinds)}"


def _kinds(kinds: dict[str, Any]) -> str:
    return " or ".join(f"`{kind}`" for kind in kinds)


def _answers(one: dict[str, Any]) -> Iterator[str]:
    errors = [status for status in one["responses"] if status >= "400"]
    for status, answer in one["responses"].items():
        content = answer.get("content", {})
        if status < "400":
            schema = next((one["schema"] for one in content.values()), None)
            shown = _type(schema) if schema else "no body"
            others = f", as {_kinds(content)}" if len(content) > 1 else ""
            yield f"- {status}: {shown}{others}"
    yield f"- Errors: {', '.join(one for one in errors if one not in EVERYWHERE)}"


def _body(name: str, schema: dict[str, Any]) -> str:
    text = schema.get("description", "").strip().replace("\n", " ")
    given = not name.startswith("v4.") and name not in ANSWERS
    rows = [
        f"| `{member}` | {_type(one)} | {_mark(member, schema, given=given)}{_meaning(one)} |"
        for member, one in schema.get("properties", {}).items()
    ]
    head = ["| member | type | meaning |", "| --- | --- | --- |"]
    return "\n".join([f"#### `{name}`\n", f"{text}\n", *head, *rows]) + "\n"


def _mark(member: str, schema: dict[str, Any], *, given: bool) -> str:
    """Say what is not the rule: members of requests may be left out, those of answers are there."""
    if given == (member not in schema.get("required", [])):
        return ""
    return "Required. " if given else "May be missing. "


def _meaning(schema: dict[str, Any]) -> str:
    default = f" (if not given: `{schema['default']}`)" if schema.get("default") else ""
    text: str = schema.get("description", "") + default
    return text.replace("|", "\\|").replace("\n", " ")


def _type(schema: dict[str, Any]) -> str:
    """Return the type of a value in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "[[v4.Report]]" if name.startswith("report.") else f"[[{name}]]"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(map(_type, schema[several])))
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = (
        schema.get("format") if schema.get("format") == "date-time" else schema.get("type", "any")
    )
    return " or ".join(kind) if isinstance(kind, list) else str(kind).replace("date-time", "time")


def _problems(found: dict[str, Any]) -> str:
    rows = [
        f"| `{one['code']}` | {one['status']} | {one['meaning']} |"
        for one in sorted(found["problems"]["problems"], key=lambda one: one["code"])
    ]
    return "\n".join(
        ["### Problems\n", "| code | status | meaning |", "| --- | --- | --- |", *rows, ""]
    )


def renewed(page: str) -> str:
    """Return the page with a new reference."""
    return page.partition(HEADING)[0] + reference(document())


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
