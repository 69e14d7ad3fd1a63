"""Which tasks a user sees, and the pages of their list."""

from __future__ import annotations

import pytest

from sysmon_core.errors import TaskNotFound
from sysmon_core.services.grants import Grant
from sysmon_core.services.task import TaskQuery
from sysmon_core.services.tasks import Tasks
from sysmon_core.services.users import Account
from tests.unit.services.tasks_in_memory import Memory, submit


def grant(user: str, *, admin: bool = False, metrics: tuple[str, ...] = ("*",)) -> Grant:
    return Grant(Account(user, "", admin), metrics=metrics)


def test_a_page_is_filled_by_several_looks_but_not_by_any_number(
    tasks: Tasks, memory: Memory
) -> None:
    ids = [submit(tasks, owner="eve") for _ in range(6)]
    page = tasks.list(TaskQuery(owner="eve"), 3)
    assert [task.id for task in page.tasks] == ids[:3]
    page = tasks.list(TaskQuery(owner="eve"), 50)
    assert [task.id for task in page.tasks] == ids[:4]
    assert page.end
    rest = tasks.list(TaskQuery(owner="eve"), 50, page.end)
    assert [task.id for task in rest.tasks] == ids[4:]
    assert rest.end is None
    assert not tasks.list(TaskQuery(owner="ann"), 50).tasks
    assert len(memory.tasks) == 6


def test_a_user_sees_their_own_tasks_and_an_admin_all(tasks: Tasks) -> None:
    eves, nobodys = submit(tasks, owner="eve"), submit(tasks)
    assert tasks.of_grant(eves, grant("eve")).id == eves
    for task_id in (eves, nobodys):
        assert tasks.of_grant(task_id, grant("ann", admin=True)).id == task_id
        with pytest.raises(TaskNotFound):
            tasks.of_grant(task_id, grant("ann"))
    assert tasks.of_grant(eves, grant("eve", metrics=("dive",))).id == eves
    with pytest.raises(TaskNotFound):
        tasks.of_grant(eves, grant("eve", metrics=("swim",)))
