"""Health: whether everything that this service needs is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sysmon_core.errors import NotReady, SysmonError

Check = Callable[[], None]


class Health:
    """Checks each part of the service when asked.

    Args:
        checks: by the part's name, a function that returns if the part is there. It raises
            NotReady if the part is there but cannot be used, as the text says, and any other
            SysmonError if the part is missing.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    def require(self) -> None:
        """Run every check.

        Raises:
            NotReady: with the names of the missing parts, and what is wrong with others.
        """
        missing, wrong = [], []
        for name, check in self._checks.items():
            try:
                check()
            except NotReady as error:
                wrong.append(str(error))
            except SysmonError:
                missing.append(name)
        if missing:
            wrong.insert(0, f"Not there: {', '.join(missing)}")
        if wrong:
            raise NotReady("; ".join(wrong))
