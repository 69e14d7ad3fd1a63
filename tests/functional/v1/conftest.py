"""What the tests of version 1 share: applications."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.conftest import MakeApp, MakePrograms, MakeSettings
from tests.functional.answers import Serve


@pytest.fixture
def serve(make_settings: MakeSettings, make_testapp: MakeApp, programs: MakePrograms) -> Serve:
    """Make the application on programs that answer as told; it has no Redis and needs none."""

    def make(iostat: str = 'echo "$*"', uptime: str = "echo up", **values: object) -> TestApp:
        path = programs(iostat=iostat, uptime=uptime)
        return make_testapp(make_settings(command_path=path, **values))

    return make


@pytest.fixture
def app(serve: Serve) -> TestApp:
    return serve()
