"""Readiness checks of the parts that the service needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sysmon_core.errors import NotReady, SysmonError

Check = Callable[[], object]


class Health:
    """Runs a check of each part at every request; nothing is cached.

    Args:
        checks: a function for each part, by the part's name. It returns a false value or raises a
            SysmonError if the part is not available, and raises NotReady with a text of its own
            if the part is available but unusable.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    def require(self) -> None:
        """Run all checks.

        Raises:
            NotReady: a check failed; the text names the parts that are not available, and has the
                texts of those that are unusable.
        """
        missing, unusable = [], []
        for name, check in self._checks.items():
            try:
                if not _is_available(check):
                    missing.append(name)
            except NotReady as error:
                unusable.append(str(error))
        if missing:
            unusable.insert(0, f"Not there: {', '.join(missing)}")
        if unusable:
            raise NotReady("; ".join(unusable))


def _is_available(check: Check) -> bool:
    try:
        return bool(check())
    except NotReady:
        raise
    except SysmonError:
        return False
