from __future__ import annotations

import pytest

from sysmon_core.api.framework.declarations import Endpoint, Resource
from sysmon_core.api.framework.route_table import RouteTable


def resource(path: str, *methods: str) -> Resource:
    endpoints = {
        method: Endpoint(view=str, permission="user", summary=method, answers={})
        for method in methods
    }
    return Resource(name=path, path=path, endpoints=endpoints)


ROUTES = RouteTable(
    [
        *(resource("/", "GET"), resource("/fish/", "GET", "POST"), resource("/fish/{id}", "PUT")),
        resource("/fish/{id}/fin", "GET"),
    ]
)


@pytest.mark.parametrize(
    ("path", "found", "known"),
    [
        ("/", "/", True),
        ("/fish/", "/fish/", True),
        ("/fish", None, True),
        ("/fish/a", "/fish/{id}", True),
        ("/fish/a.b-c", "/fish/{id}", True),
        ("/fish/a/", None, False),
        ("/fish/a/fin", "/fish/{id}/fin", True),
        ("/fish/a/b/fin", None, False),
        ("/fish/{id}", "/fish/{id}", True),
        ("", None, True),
        ("/bird", None, False),
    ],
)
def test_a_resource_is_found_by_its_path(path: str, found: str | None, known: bool) -> None:
    resource = ROUTES.resource(path)
    assert (resource.path if resource else None) == found
    assert ROUTES.is_known(path) is known


@pytest.mark.parametrize(
    ("path", "method", "found"),
    [
        *(("/fish/", "GET", "GET"), ("/fish/", "HEAD", "GET"), ("/fish/", "POST", "POST")),
        *(("/fish/", "PUT", None), ("/fish/a", "HEAD", None), ("/bird", "GET", None)),
    ],
)
def test_an_endpoint_is_found_by_its_method(path: str, method: str, found: str | None) -> None:
    endpoint = ROUTES.endpoint(path, method)
    assert (endpoint.summary if endpoint else None) == found
