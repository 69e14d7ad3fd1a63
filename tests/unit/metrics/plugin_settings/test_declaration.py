"""How a plugin declares its settings, and what stops the start."""

from __future__ import annotations

import pytest

from tests.support.plugins import Site, hook

IMPORTS = """
import enum, pathlib, typing
from sysmon_core import Duration, Field, Integer, PluginSettings, SecretStr, Size
"""


TYPES = (
    "str, Integer, int, float, bool, Duration, Size, Path, SecretStr, a Literal or an Enum of "
    "words, or of one of these X: X | None, list[X], tuple[X, ...]"
)


def plugin(fields: str, metrics: str = "metric(settings=Own)", more: str = "") -> str:
    body = "\n".join(f"    {line}" for line in fields.splitlines())
    model = f"\nclass Own(PluginSettings):\n{body}\n{more}\n"
    return IMPORTS + model + hook(f"return [{metrics}]")


def described(annotation: str) -> str:
    return f"deep: {annotation} = Field(description='How deep')"


@pytest.mark.parametrize(
    "annotation",
    [
        *("str", "SecretStr", "int", "Integer", "float", "bool", "pathlib.Path"),
        *("typing.Literal['a', 'b']", "enum.Enum('Word', {'A': 'a'})", "Duration", "Size"),
        *("SecretStr | None", "typing.Optional[int]", "list[str]", "tuple[pathlib.Path, ...]"),
        *("list[SecretStr]", "list[Integer] | None"),
    ],
)
def test_a_setting_is_of_a_type_that_a_text_can_be(annotation: str, site: Site) -> None:
    site.add(plugin(described(annotation)))
    (metric,) = site.load()
    assert metric.settings
    assert list(metric.settings.model_fields) == ["deep"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("deep: int = 3", "without a description: give Field(description=...)"),
        (described("dict[str, str]"), f"of a type that no text can be: use {TYPES}"),
        (described("int | str"), f"of a type that no text can be: use {TYPES}"),
        (described("typing.Literal[1, 2]"), f"of a type that no text can be: use {TYPES}"),
        (described("list[list[int]]"), f"of a type that no text can be: use {TYPES}"),
        ("Deep: int = Field(description='x')", "use small letters, digits and _"),
        ("deep: int = Field(alias='x', description='x')", "with an alias: leave that out"),
        (
            "deep: SecretStr = Field(pattern='^a', description='x')",
            "that has pattern, which its type cannot keep: drop it",
        ),
        (
            "deep: list[str] = Field(pattern='^a', description='x')",
            (
                "that has pattern, which a list cannot keep: bound its values, as "
                "list[Annotated[str, Field(pattern=...)]] does"
            ),
        ),
    ],
)
def test_another_declaration_stops_the_start(fields: str, told: str, site: Site) -> None:
    site.add(plugin(fields))
    name = fields.partition(":")[0]
    sentence = site.error()
    assert sentence.startswith(f"the plugin aquarium of fishtank 1.2 has a setting {name}")
    assert sentence.endswith(told)


def test_what_is_no_model_of_settings_stops_the_start(site: Site) -> None:
    site.add(hook("return [metric(settings=dict)]"))
    assert "declares <class 'dict'> as settings, which is no PluginSettings: " in site.error()


def test_all_metrics_of_a_plugin_share_one_model(site: Site) -> None:
    metrics = "metric('a', settings=Own), metric('b'), metric('c', settings={})"
    site.add(plugin("pass", metrics.format("Own")), "other", "another")
    assert [metric.name for metric in site.load()] == ["a", "b", "c"]
    site.add(plugin("pass", metrics.format("Other"), "class Other(Own): pass"))
    assert "declares Own and Other as settings: all its metrics must share one" in site.error()


def test_a_plugin_at_fault_is_left_out_where_the_settings_have_it_so(site: Site) -> None:
    site.add(plugin("deep: int = 3"))
    registry = site.load(plugins_tolerant=True)
    assert not list(registry)
    assert set(registry.left_out) == {"aquarium"}
