from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from typing import cast

import pytest

from sysmon_core import Metric, Report
from sysmon_core.errors import PluginError
from sysmon_core.metrics.loading import GROUP, load
from sysmon_core.metrics.registry import RESERVED, Registry, Source
from tests.support.plugins import CONFIG, Site, hook

SOURCE = Source("aquarium", "fishtank", "1.2")


def make(name: str, position: int = 100) -> tuple[Metric, Source]:
    metric = Metric(
        name=name, title=name, position=position, function=lambda _params, _run: Report("")
    )
    return metric, SOURCE


FAULTY = {
    "a missing dependency": ("import nonesuch_zz", "No module named 'nonesuch_zz'"),
    "an import error of many lines": ("raise ImportError('one\\ntwo')", "one"),
    "a syntax error": ("def f(:", "SyntaxError"),
    "an exit at import": ("import sys; sys.exit('bye')", "SystemExit: bye"),
    "no hook at all": ("a = 1", "sysmon_metrics"),
    "a hook that is not marked": (hook("return []").replace("@hookimpl", ""), "@hookimpl"),
    "a hook that sysmon has not": (
        hook("return []").replace("_metrics", "_metric"),
        "'sysmon_metric'",
    ),
    "a hook with a wrong argument": (hook("return []", "config"), "config"),
    "a hook that raises": (hook("return 1 / 0"), "ZeroDivisionError: division by zero"),
    "a hook that says much": (hook("raise ValueError('one\\ntwo')"), "one"),
    "a hook that exits": (hook("raise SystemExit('bye')"), "SystemExit: bye"),
    "a generator that raises": (hook("yield metric(); 1 / 0"), "ZeroDivisionError"),
    "nothing returned": (hook("return None"), "gives no metrics"),
    "a metric outside a list": (hook("return metric()"), "Metric"),
    "what is no metric": (hook("return [metric(), 'fish']"), "'fish'"),
    "a class and no metric": (hook("return [Metric]"), "Metric"),
    "what is no metric and says much": (
        hook("return [Odd()]") + "class Odd:\n    def __repr__(self):\n        return 'one\\ntwo'",
        "one",
    ),
    "a parser that jc has not": (
        "from sysmon_core import Command\n"
        + hook("return [Command(name='fish', title='', program='a', package='', parser='upitme')]"),
        "did you mean uptime?",
    ),
    "a kind that no column has": (
        "from sysmon_core import Column\n"
        + hook("return [metric(columns=[Column('a', 'b', kind='c')])]"),
        "The column a has the kind 'c'",
    ),
    "a scale that nothing applies": (
        "from sysmon_core import Column\n"
        + hook("return [metric(columns=[Column('a', 'b', 'By', scale=1024)])]"),
        "a source or a scale for the column a, which a Command alone applies: have the function",
    ),
    "a source that nothing applies": (
        "from sysmon_core import Column\n"
        + hook("return [metric(columns=[Column('a', 'b', source='c')])]"),
        "a source or a scale for the column a, which a Command alone applies",
    ),
    "no function": (hook("return [Metric(name='fish', title='')]"), "fish"),
    "a name unfit at import": (hook("return []") + "metric('Fish')", "'Fish'"),
    "a metric that this host upsets": (
        hook("return [Bad(name='fish', title='', function=print)]")
        + "class Bad(Metric):\n    def on_host(self, search_path):\n        1 / 0",
        "ZeroDivisionError",
    ),
    **{
        f"the reserved name {name}": (hook(f"return [metric({name!r})]"), name)
        for name in sorted(RESERVED)
    },
    **{
        f"the name {name!r}": (hook(f"return [metric({name!r})]"), repr(name))
        for name in ["", "Fish", "1fish", "-fish", "a b", "a/b", "a.b", "fäsh", "fish\n", "f" * 64]
    },
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_plugin_stops_the_start_with_one_line_that_says_whose_fault_it_is(
    fault: str, site: Site
) -> None:
    code, words = FAULTY[fault]
    site.add(code)
    sentence = site.error()
    assert "aquarium of fishtank 1.2" in sentence
    assert words in sentence
    assert len(sentence.splitlines()) == 1


IMPORTS = "install what it misses, mend it, or uninstall fishtank"
MEND = "mend it, or uninstall fishtank"
HOOK = "return a list from sysmon_metrics, and mark that with @hookimpl"
METRIC = "return Metric or Command"
CHANGE = "the plugin aquarium of fishtank 1.2 must change it"
OWN = "mend it"  # an error of sysmon says how
REMEDIES = {
    "a missing dependency": IMPORTS,
    "an import error of many lines": IMPORTS,
    "a syntax error": IMPORTS,
    "an exit at import": IMPORTS,
    "no hook at all": HOOK,
    "a hook that is not marked": HOOK,
    "nothing returned": HOOK,
    "what is no metric": METRIC,
    "a class and no metric": METRIC,
    "what is no metric and says much": METRIC,
    "a parser that jc has not": OWN,
    "a kind that no column has": OWN,
    "a scale that nothing applies": OWN,
    "a source that nothing applies": OWN,
    "no function": OWN,
    "a name unfit at import": OWN,
    **{name: OWN for name in FAULTY if name.startswith("the name ")},
    **{
        name: "the plugin aquarium of fishtank 1.2 must change it"
        for name in FAULTY
        if "reserved" in name
    },
}


@pytest.mark.parametrize("fault", FAULTY)
def test_what_is_said_of_a_faulty_plugin_has_one_remedy(fault: str, site: Site) -> None:
    site.add(FAULTY[fault][0])
    sentence = site.error()
    remedy = REMEDIES.get(fault, MEND)
    assert sentence.endswith(f": {remedy}")
    assert sentence.count("uninstall") == remedy.count("uninstall")
    assert sentence.count("mend it") == remedy.count("mend it")


def test_an_entry_point_that_leads_nowhere_is_a_fault_of_its_distribution(site: Site) -> None:
    site.describe("fishtank", "aquarium = sysmon_core:nothing_of_this_name")
    assert re.search("aquarium of fishtank 1.2.*nothing_of_this_name.*uninstall", site.error())


def test_an_entry_point_without_a_distribution_is_named_by_its_module() -> None:
    with pytest.raises(PluginError, match=r"aquarium of nonesuch_zz .*install"):
        load(CONFIG, [EntryPoint("aquarium", "nonesuch_zz", GROUP)])


def test_an_interruption_is_not_taken_for_a_fault_of_the_plugin(site: Site) -> None:
    site.add("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        site.load()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(("aquarium", "fish"), ("aquarium", "frog"), id="plugins of one name"),
        pytest.param(("aquarium", "fish"), ("pond", "fish"), id="metrics of one name"),
    ],
)
def test_two_of_one_name_are_both_named_for_either_could_go(
    first: tuple[str, str], second: tuple[str, str], site: Site
) -> None:
    site.add(hook(f"return [metric({first[1]!r})]"), first[0], "fishtank")
    site.add(hook(f"return [metric({second[1]!r})]"), second[0], "waterworks")
    sentence = site.error()
    assert "fishtank 1.2" in sentence
    assert "waterworks 1.2" in sentence
    assert sentence.endswith("uninstall either")


def test_one_module_under_two_names_is_refused(site: Site) -> None:
    site.add(hook("return [metric()]"))
    site.describe("waterworks", f"pond = {site.modules[0]}")
    assert "waterworks 1.2" in site.error()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("return [metric('a'), metric('b')]", id="a list"),
        pytest.param("return (metric('a'), metric('b'))", id="a tuple"),
        pytest.param("yield metric('a'); yield metric('b')", id="a generator"),
    ],
)
def test_the_metrics_of_a_plugin_are_found(body: str, site: Site) -> None:
    site.add(hook(body))
    found = site.load()
    assert [metric.name for metric in found] == ["a", "b"]
    assert dict(found.sources) == {"a": SOURCE, "b": SOURCE}
    assert str(SOURCE) == "the plugin aquarium of fishtank 1.2"


def test_a_plugin_may_have_no_metric_for_this_host(site: Site) -> None:
    site.add(hook("return []"))
    assert list(site.load()) == []


def test_what_is_installed_is_found_without_being_named(site: Site) -> None:
    assert "fish" not in load(CONFIG).sources
    site.add(hook("return [metric()]"))
    assert load(CONFIG).sources["fish"] == SOURCE


def test_the_order_is_by_position_and_then_by_name() -> None:
    given = [make("b", 20), make("d", 10), make("a", 20), make("c", -1)]
    for turn in range(len(given)):
        found = Registry([*given[turn:], *given[:turn]])
        assert [metric.name for metric in found] == ["c", "d", "a", "b"]
        assert list(found.sources) == ["c", "d", "a", "b"]


def test_a_metric_is_found_by_its_name_alone() -> None:
    pair = make("fish")
    found = Registry([pair])
    assert found.get("fish") is pair[0]
    assert found.get("Fish") is None
    assert found.get("") is None


def test_the_sources_cannot_be_changed_from_outside() -> None:
    sources = cast("dict[str, Source]", Registry([]).sources)
    with pytest.raises(TypeError):
        sources["fish"] = SOURCE
