"""Version 3: version 2 for users, and the users."""

from __future__ import annotations

from pyramid.config import Configurator

from sysmon_core.api.bundle import Services
from sysmon_core.api.inputs import body, query
from sysmon_core.api.metrics import index
from sysmon_core.api.security import ADMIN, PUBLIC, USER
from sysmon_core.api.service import Endpoint, add_service
from sysmon_core.api.users import UserList, UserViews
from sysmon_core.api.v2 import add_metrics_and_tasks
from sysmon_core.services.users import NewUser, UserChange


def include(config: Configurator, services: Services) -> None:
    """Add the index, every metric, the tasks and the users."""
    start = index("v3", services.registry, "users")
    add_service(config, "v3", "/v3/", {"GET": Endpoint(start, PUBLIC)})
    add_metrics_and_tasks(config, services, "v3", USER, owned=True)
    views = UserViews(services.users)
    whole, part = body(NewUser, services.body_limit), body(UserChange, services.body_limit)
    collection = {
        "GET": Endpoint(views.list, USER, (query(UserList),)),
        "POST": Endpoint(views.create, ADMIN, (whole,)),
    }
    user = {
        "GET": Endpoint(views.get, USER),
        "PUT": Endpoint(views.put, ADMIN, (whole,)),
        "PATCH": Endpoint(views.patch, ADMIN, (part,)),
        "DELETE": Endpoint(views.delete, ADMIN),
    }
    add_service(config, "v3.users", "/v3/users/", collection)
    add_service(config, "v3.user", "/v3/users/{username}", user)
