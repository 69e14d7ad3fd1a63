"""Writes the distribution of a new plugin, which works at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from string import Template

from sysmon_core.errors import ConfigurationError
from sysmon_core.metrics.metric import NAME
from sysmon_core.metrics.registry import RESERVED

SUFFIX = ".template"
LAST_CHARACTER = re.compile(r"[a-z0-9]$")  # of the name of a distribution


def write(name: str, folder: Path, taken: Iterable[str]) -> Path:
    """Write the plugin of a metric into a new folder below ``folder``, and return its path.

    Raises:
        ConfigurationError: the name is unfit or taken, the new folder exists or cannot be written.
    """
    module = f"sysmon_{name.replace('-', '_')}"
    _check_name(name, module, taken)
    target = folder / f"sysmon-{name}"
    try:
        target.mkdir(parents=True)
        for file, text in _files(name, module):
            (target / file).write_text(text, encoding="utf-8")
    except FileExistsError:
        raise ConfigurationError(f"{target} is there already: choose another --folder") from None
    except OSError as error:
        raise ConfigurationError(f"{target} cannot be written: {error.strerror}") from error
    return target


def _check_name(name: str, module: str, taken: Iterable[str]) -> None:
    if not NAME.fullmatch(name) or not LAST_CHARACTER.search(name):
        raise ConfigurationError(
            f"{name!r} is no name for a plugin: use small letters, digits, _ and -, "
            "a letter first and no mark last"
        )
    if name in RESERVED:
        raise ConfigurationError(f"The name {name} is reserved for the API itself: choose another")
    if name in taken or find_spec(module):
        raise ConfigurationError(f"A plugin {name} is installed already: choose another name")


def _files(name: str, module: str) -> Iterable[tuple[str, str]]:
    """Yield the name and text of each file, made from the templates beside this module."""
    for template in resources.files(__name__).iterdir():
        if template.name.endswith(SUFFIX):
            file = template.name.removesuffix(SUFFIX).replace("MODULE", module)
            text = Template(template.read_text(encoding="utf-8"))
            yield file, text.substitute(name=name, module=module, title=_title(name))


def _title(name: str) -> str:
    """Make a title of a name: ``Open files`` of ``open-files``."""
    return name.replace("-", " ").replace("_", " ").capitalize()
