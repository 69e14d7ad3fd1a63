"""What the tests of all versions share: applications, and how an answer is checked."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.conftest import MakeApp, MakePrograms, MakeSettings
from tests.functional.answers import OTHER_PROXY, PROXY, Serve


@pytest.fixture
def serve(
    make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms, redis_url: str
) -> Serve:
    """Make the application on programs that answer at once, or as these scripts say."""

    def make(iostat: str = 'echo "$*"', uptime: str = "echo up", **values: object) -> TestApp:
        path = programs(iostat=iostat, uptime=uptime)
        return make_testapp(
            make_settings(**{"redis_url": redis_url, "command_path": path} | values)
        )

    return make


@pytest.fixture
def app(serve: Serve) -> TestApp:
    """The application below two proxies that it trusts."""
    return serve(trusted_proxies=f"{PROXY} {OTHER_PROXY}")
