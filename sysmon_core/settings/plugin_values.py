"""Values of plugins' settings: texts, until the installed plugins are known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from sysmon_core.suggestion import suggestion

PLUGIN_PREFIX = "SYSMON_PLUGIN_"
PLUGIN_SECTION = "plugin:"  # in the ini file, before the name of a plugin


@dataclass(frozen=True)
class Given:
    """A value as its source has it.

    Args:
        text: the value; never shown, since it may be a secret.
        source: its name and the source, as errors name them.
        ambiguous: whether a platform names variables so, for a service of its own.
    """

    text: str = field(repr=False)
    source: str
    ambiguous: bool = False


@dataclass(frozen=True)
class PluginValues:
    """The values for plugins.

    Args:
        sections: those of the ini file's sections, by plugin and setting.
        credentials: those of systemd's credentials, by the name of the variable.
        variables: those of the environment, likewise.
    """

    sections: Mapping[str, Mapping[str, Given]] = field(default_factory=dict, repr=False)
    credentials: Mapping[str, Given] = field(default_factory=dict, repr=False)
    variables: Mapping[str, Given] = field(default_factory=dict, repr=False)

    def layers(self, plugin: str, installed: Collection[str]) -> list[Mapping[str, Given]]:
        """Give a plugin's values by setting, from each source; the later goes before the earlier.

        ``installed`` has the names of all plugins that are.
        """
        prefix = variable(plugin)
        return [
            self.sections.get(plugin, {}),
            *(
                {name.removeprefix(prefix).lower(): given for name, given in mine.items()}
                for mine in self._named(plugin, installed)
            ),
        ]

    def of(self, plugin: str, installed: Collection[str]) -> Self:
        """Give the values for one plugin alone."""
        section = {name: self.sections[name] for name in {plugin} & set(self.sections)}
        return type(self)(section, *self._named(plugin, installed))

    def _named(self, plugin: str, installed: Collection[str]) -> Iterator[dict[str, Given]]:
        for found in (self.credentials, self.variables):
            yield {
                name: given for name, given in found.items() if _owners(name, installed) == [plugin]
            }

    def misplaced(self, installed: Collection[str]) -> Iterator[str]:
        """Yield a sentence for each value that belongs to no installed plugin, or to several."""
        for plugin in sorted(set(self.sections) - set(installed)):
            hint = suggestion(plugin, installed, section_of) or _installed(installed)
            yield f"{section_of(plugin)} of the ini file is of no plugin: {hint}"
        for name, given in [*self.credentials.items(), *self.variables.items()]:
            match _owners(name, installed):
                case []:
                    if not given.ambiguous:
                        yield f"{given.source} is of no plugin: {_hint(name, installed)}"
                case [_]:
                    pass
                case several:
                    sections = " or ".join(map(section_of, several))
                    yield (
                        f"{given.source} may be of each of the plugins {', '.join(several)}: "
                        f"write it into {sections} of the ini file"
                    )


def variable(plugin: str, setting: str = "") -> str:
    """Return the name of the variable for a plugin's setting; how it begins, without one."""
    return f"{PLUGIN_PREFIX}{_capitals(plugin)}_{setting.upper()}"


def section_of(plugin: str) -> str:
    """Return the heading of a plugin's section in the ini file."""
    return f"[{PLUGIN_SECTION}{plugin}]"


def _capitals(plugin: str) -> str:
    return re.sub(r"\W", "_", plugin, flags=re.ASCII).upper()


def _owners(name: str, installed: Collection[str]) -> list[str]:
    """Name the plugins that a variable may be of: those with the longest name that fits."""
    fitting = [
        plugin
        for plugin in sorted(installed)
        if name.startswith(variable(plugin)) and name != variable(plugin)
    ]
    longest = max((len(plugin) for plugin in fitting), default=0)
    return [plugin for plugin in fitting if len(plugin) == longest]


def _hint(name: str, installed: Collection[str]) -> str:
    """Ask whether another plugin was meant, whose name may have several words."""
    words = name.removeprefix(PLUGIN_PREFIX).split("_")
    capitals = [_capitals(plugin) for plugin in installed]
    for count in range(len(words) - 1, 0, -1):
        begun = "_".join(words[:count])
        setting = "_".join(words[count:])
        if meant := suggestion(begun, capitals, f"{PLUGIN_PREFIX}{{}}_{setting}".format):
            return meant
    return _installed(installed)


def _installed(installed: Collection[str]) -> str:
    return f"installed are {', '.join(sorted(installed)) or 'none'}"
