from __future__ import annotations

import pytest

from sysmon_core.api import versions
from sysmon_core.api.framework.permissions import PUBLIC, USER
from sysmon_core.settings.types import KNOWN_VERSIONS


def test_every_version_that_a_setting_may_name_is_declared_under_its_name() -> None:
    assert tuple(one.name for one in versions.load(KNOWN_VERSIONS)) == KNOWN_VERSIONS


@pytest.mark.parametrize(
    ("names", "found"),
    [(("v1",), None), (("v1", "v3"), "v3"), (("v1", "v2", "v3"), "v2"), ((), None)],
)
def test_the_first_version_with_tasks_is_found(names: tuple[str, ...], found: str | None) -> None:
    version = versions.with_tasks(names)
    assert (version.name if version else None) == found


def test_a_version_for_users_alone_needs_one_whatever_the_settings_say() -> None:
    needed = {
        (one.name, private): one.permission(private=private)
        for one in versions.load(KNOWN_VERSIONS)
        for private in (False, True)
    }
    public = {key for key, permission in needed.items() if permission == PUBLIC}
    assert public == {("v1", False), ("v2", False)}
    assert set(needed.values()) == {PUBLIC, USER}
