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
    ("path", "found", "redirected"),
    [
        ("/", "/", False),
        ("/fish/", "/fish/", False),
        ("/fish", None, True),
        ("/fish/a", "/fish/{id}", False),
        ("/fish/a.b-c", "/fish/{id}", False),
        ("/fish/a/", None, False),
        ("/fish/a/fin", "/fish/{id}/fin", False),
        ("/fish/a/b/fin", None, False),
        ("/fish/{id}", "/fish/{id}", False),
        ("", None, True),
        ("/bird", None, False),
    ],
)
def test_a_resource_is_found_by_its_path(path: str, found: str | None, redirected: bool) -> None:
    resource = ROUTES.resource(path)
    assert (resource.path if resource else None) == found
    assert ROUTES.is_redirected(path) is redirected


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
