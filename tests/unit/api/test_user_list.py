"""Long lists of users: one at a time, and short ones beside it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from pyramid.testing import DummyRequest

from sysmon_core.api import versions
from sysmon_core.api.endpoints.users import SHORT_LIST_USERS, UserList, collection
from sysmon_core.errors import TooManyLists
from sysmon_core.services.users import Account, Users
from tests.conftest import PATIENCE

(VERSION,) = versions.load(["v3"])


class ManyUsers:
    """A long list, and one that is read for as long as a test wants."""

    def __init__(self, count: int) -> None:
        self.accounts = [Account(f"user{number}", "User", False) for number in range(count)]
        self.begun, self.goes_on = threading.Event(), threading.Event()

    def list(self, limit: int | None = None) -> list[Account]:
        if not self.begun.is_set():
            self.begun.set()
            assert self.goes_on.wait(PATIENCE)
        return self.accounts[:limit]


def asked(limit: int | None = None) -> Any:
    request = DummyRequest()
    request.validated = {"params": UserList(limit=limit)}
    return request


@pytest.mark.parametrize(
    ("count", "limit", "refused"),
    [
        (SHORT_LIST_USERS + 1, None, True),
        (SHORT_LIST_USERS + 1, SHORT_LIST_USERS + 1, True),
        (SHORT_LIST_USERS + 1, SHORT_LIST_USERS, False),
        (SHORT_LIST_USERS, None, False),
    ],
)
def test_beside_a_list_that_is_being_made_only_short_ones_are(
    count: int, limit: int | None, refused: bool
) -> None:
    users = ManyUsers(count)
    view = collection(VERSION, cast("Users", users), 1)["GET"].view
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(view, asked())
        assert users.begun.wait(PATIENCE)
        try:
            if refused:
                with pytest.raises(TooManyLists, match="set limit"):
                    view(asked(limit))
            else:
                assert len(view(asked(limit))["users"]) == SHORT_LIST_USERS
        finally:
            users.goes_on.set()
        assert len(first.result(PATIENCE)["users"]) == count
    assert len(view(asked())["users"]) == count
