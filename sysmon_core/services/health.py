"""Whether everything that this service needs is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sysmon_core.errors import NotReady, SysmonError

Check = Callable[[], object]


class Health:
    """Looks at each part when asked.

    Args:
        checks: by the part's name, a function that gives something false, or raises an error of
            ours, if the part is not there; NotReady if it is there, and wrong as the text says.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    def require(self) -> None:
        """Look at all of them.

        Raises:
            NotReady: with the names of the parts that are not there, and what is wrong with others.
        """
        missing, wrong = [], []
        for name, check in self._checks.items():
            try:
                if not _is_there(check):
                    missing.append(name)
            except NotReady as error:
                wrong.append(str(error))
        if missing:
            wrong.insert(0, f"Not there: {', '.join(missing)}")
        if wrong:
            raise NotReady("; ".join(wrong))


def _is_there(check: Check) -> bool:
    try:
        return bool(check())
    except NotReady:
        raise
    except SysmonError:
        return False
