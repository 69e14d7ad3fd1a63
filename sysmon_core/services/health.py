"""Readiness checks of the parts that the service needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sysmon_core.errors import NotReady, SysmonError

Check = Callable[[], None]


class Health:
    """Runs a check of each part at every request; nothing is cached.

    Args:
        checks: a function for each part, by the part's name. It returns if the part is available.
            It raises NotReady if the part is available but unusable, with a text that says why,
            and any other SysmonError if the part is missing.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks

    def require(self) -> None:
        """Run all checks.

        Raises:
            NotReady: a check failed; the text names the parts that are not available, and has the
                texts of those that are unusable.
        """
        missing: list[str] = []
        unusable: dict[str, None] = {}  # in order: two parts may be unusable for one reason
        for name, check in self._checks.items():
            try:
                check()
            except NotReady as error:
                unusable[str(error)] = None
            except SysmonError:
                missing.append(name)
        texts = [f"Not there: {', '.join(missing)}"] if missing else []
        if texts := [*texts, *unusable]:
            raise NotReady("; ".join(texts))
