from __future__ import annotations

import time

from webtest import TestApp


def test_a_task_from_its_submission_to_its_result(testapp: TestApp, worker: None) -> None:
    made = testapp.post("/v2/iostat/?count=2", status=201)
    while (task := testapp.get(made.location).json)["state"] in {"QUEUED", "STARTED"}:
        time.sleep(0.02)
    assert task["state"] == "SUCCESS"
    assert task["result"]["iostat"].count("Device") == 2
