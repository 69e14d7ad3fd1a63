from __future__ import annotations

import gc
import weakref

from sysmon_core.app import make_app
from sysmon_core.metrics import loading
from sysmon_core.services.passwords import Passwords
from tests.conftest import MakeSettings


def test_an_application_that_nobody_has_any_more_is_gone(make_settings: MakeSettings) -> None:
    config = make_settings()
    app = make_app(config, loading.load(config), Passwords(time_cost=1, memory_cost=8))
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None
