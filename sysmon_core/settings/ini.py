"""The ini file, at whatever path: PasteDeploy gives ``%``, ``#`` and ``?`` in a path a meaning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paste.deploy.loadwsgi import ConfigLoader
from plaster import PlasterURL
from plaster_pastedeploy import Loader


class IniFile(Loader):  # type: ignore[misc]  # plaster_pastedeploy ships no types
    """Loads settings, logging, application and server from an ini file."""

    def _get_defaults(self, defaults: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables of the file, its own path among them, safe from interpolation."""
        found = super()._get_defaults(defaults)
        return {key: value.replace("%", "%%") for key, value in found.items()}

    def get_wsgi_app(self, name: str | None = None, defaults: Any = None) -> Any:
        """Make the application of a section, ``[app:main]`` by default."""
        return self._config(defaults).get_app(self._maybe_get_default_name(name) or "main")

    def get_wsgi_server(self, name: str | None = None, defaults: Any = None) -> Any:
        """Make the runner of a section, ``[server:main]`` by default."""
        return self._config(defaults).get_server(self._maybe_get_default_name(name) or "main")

    def sections(
        self, prefix: str, defaults: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, str]]:
        """Read the sections whose names begin so, by the rest of the name."""
        return {
            name.removeprefix(prefix).strip(): dict(self.get_settings(name, defaults))
            for name in self.get_sections()
            if name.startswith(prefix)
        }

    def _config(self, defaults: Any) -> Any:
        config = ConfigLoader(self.uri.path)
        config.update_defaults(self._get_defaults(defaults))
        return config


def open_ini(name: str) -> IniFile:
    """Return the loader of an ini file: ``path``, or ``path#section`` if no file has that name.

    Raises:
        OSError: the file cannot be read.
    """
    whole = "#" not in name or Path(name).is_file()
    path, _, section = (name, "", "") if whole else name.rpartition("#")
    with Path(path).open():
        return IniFile(PlasterURL("file+ini", path, fragment=section))
