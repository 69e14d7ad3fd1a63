"""The names that the author of a plugin imports: those of ``sysmon_core.facade``, and no others.

They are loaded when one of them is first asked for (PEP 562). To import any module of this package
is to import the package too, and ``sysmon --help``, say, should not wait for pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sysmon_core.facade import *  # noqa: F403 - the names are listed in one place, which is there
else:

    def __getattr__(name: str) -> object:
        """Return a name of the facade, or its list of names."""
        facade = import_module("sysmon_core.facade")
        if name in {"__all__", *facade.__all__}:
            return getattr(facade, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return the names of the facade, for editors and interpreters that complete them."""
        return import_module("sysmon_core.facade").__all__
