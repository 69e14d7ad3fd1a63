"""What the tests of the API document share: the document."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.conftest import MakeApp, MakeSettings

PROXY = "192.0.2.1"


@pytest.fixture
def app(make_testapp: MakeApp, make_settings: MakeSettings) -> TestApp:
    return make_testapp(make_settings(trusted_proxies=PROXY))


@pytest.fixture
def document(app: TestApp) -> dict[str, Any]:
    found: dict[str, Any] = app.get("/openapi.json").json
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
