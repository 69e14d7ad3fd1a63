"""Whether everything that this service needs is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sysmon_core.errors import NotReady, SysmonError

Check = Callable[[], object]


class Health:
    """Looks at each part when asked.

    Args:
        checks: by the part's name, a function that gives something false, or raises an error of
            ours, if the part is not there.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    def require(self) -> None:
        """Look at all of them.

        Raises:
            NotReady: with the names of the parts that are not there.
        """
        missing = [name for name, check in self._checks.items() if not _is_well(check)]
        if missing:
            raise NotReady(f"Not there: {', '.join(missing)}")


def _is_well(check: Check) -> bool:
    try:
        return bool(check())
    except SysmonError:
        return False
