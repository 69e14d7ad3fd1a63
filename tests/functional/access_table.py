"""Who gets what: the status of an empty request, by method, path and caller.

The callers are nobody and one with a wrong password, who get the same; tokens of ann with the
scopes ``read`` and ``run``, ann herself and a session of hers, and root, an admin.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.conftest import METRICS

LONG = ("iostat", "vmstat")
Key = tuple[str, str]


class Row(NamedTuple):
    nobody: int
    read: int
    run: int
    user: int
    session: int
    admin: int


Table = dict[Key, Row]


def same(status: int) -> Row:
    return Row(*[status] * 6)


def users(status: int, read: int = 0, *, session: int = 0) -> Row:
    """For users; of tokens and sessions, where they get something else."""
    return Row(401, read or status, status, status, session or status, status)


def admins(user: int, admin: int, read: int = 0, *, session: int = 0) -> Row:
    """Where an admin gets something else; no token with a scope below ``all`` gets there."""
    return Row(401, read or 403, read or 403, user, session or user, admin)


EVERYWHERE: Table = {
    ("GET", "/"): same(200),
    ("GET", "/livez"): same(200),
    ("GET", "/readyz"): same(503),  # there is no worker
    ("GET", "/metrics"): same(200),
    ("GET", "/openapi.json"): same(200),
    ("GET", "/docs"): same(200),
    ("GET", "/problems/"): same(200),
    ("GET", "/problems/{name}"): same(200),
}


def of_users(version: str, session: int) -> Table:
    return {
        ("GET", f"/{version}/users/"): users(200, session=session),
        ("POST", f"/{version}/users/"): admins(403, 400, session=session),
        ("GET", f"/{version}/users/{{username}}"): users(200, session=session),
        ("PUT", f"/{version}/users/{{username}}"): admins(403, 400, session=session),
        ("PATCH", f"/{version}/users/{{username}}"): admins(403, 200, session=session),
        ("DELETE", f"/{version}/users/{{username}}"): admins(403, 204, session=session),
    }


def of_metrics(version: str, *, guarded: bool) -> Table:
    """The index, the metrics and the tasks of versions 1 to 3, which know no sessions."""

    def row(status: int, read: int) -> Row:
        return users(status, read, session=401) if guarded else same(status)

    found = {("GET", f"/{version}/"): same(200)}
    for metric in METRICS:
        long = metric in LONG
        task = long and version != "v1"
        for method in ("GET", "POST") if task else ("GET",):
            found[method, f"/{version}/{metric}/"] = row(201 if task else 200, 403 if long else 200)
    if version != "v1":
        found["GET", f"/{version}/task/{{task_id}}"] = row(404, 404)
        found["DELETE", f"/{version}/task/{{task_id}}"] = row(404, 403)
    return found


VERSION_4: Table = {
    ("GET", "/v4/"): same(200),
    ("GET", "/v4/metrics/"): users(200),
    **{("GET", f"/v4/metrics/{metric}"): users(200) for metric in METRICS},
    **{
        ("GET", f"/v4/metrics/{metric}/report"): users(200, 403 if metric in LONG else 200)
        for metric in METRICS
    },
    ("GET", "/v4/tasks/"): users(200),
    ("POST", "/v4/tasks/"): users(400, 403),
    ("GET", "/v4/tasks/{id}"): users(404),
    ("DELETE", "/v4/tasks/{id}"): users(404, 403),
    ("GET", "/v4/tasks/{id}/report"): users(404),
    ("GET", "/v4/me"): users(200),
    ("PATCH", "/v4/me"): admins(200, 200),
    ("GET", "/v4/tokens/"): users(200),
    ("POST", "/v4/tokens/"): admins(400, 400),
    ("GET", "/v4/tokens/{id}"): users(404),
    ("DELETE", "/v4/tokens/{id}"): admins(404, 404),
    **of_users("v4", session=0),
    ("POST", "/session"): same(400),
    ("DELETE", "/session"): same(204),  # the last: it ends the session that asks
}

OPEN = (
    EVERYWHERE
    | of_metrics("v1", guarded=False)
    | of_metrics("v2", guarded=False)
    | of_metrics("v3", guarded=True)
    | of_users("v3", session=401)
    | VERSION_4
)
PRIVATE = (
    OPEN
    | {("GET", "/metrics"): users(200, session=401)}
    | of_metrics("v1", guarded=True)
    | of_metrics("v2", guarded=True)
)
TABLES = {"open": OPEN, "private": PRIVATE}
