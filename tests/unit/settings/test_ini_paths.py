"""An ini file is read at any path, its own variables included."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_core.settings import load_file
from sysmon_core.settings.ini import open_ini

NAMES = ["a b", "a#b", "a%b", "a%(here)sb", "a%41b", "a?b=c", "a'b\"c", "a(b)", "ü", "a;b"]
INI = """
[app:main]
sysmon.syslog = %(here)s/log
[app:other]
sysmon.syslog = /other
"""


@pytest.fixture
def ini(folder: Path, request: pytest.FixtureRequest) -> Path:
    place = folder / str(request.param)
    place.mkdir()
    (place / "some.ini").write_text(INI)
    return place / "some.ini"


@pytest.mark.parametrize("ini", NAMES, indirect=True)
def test_the_settings_are_read_at_any_path(ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_file(str(ini)).syslog == f"{ini.parent}/log"
    assert load_file(f"{ini}#other").syslog == "/other"
    monkeypatch.chdir(ini.parent)
    assert load_file("some.ini").syslog == f"{ini.parent}/log"


def test_a_number_sign_in_the_name_of_the_file_is_no_section(folder: Path) -> None:
    file = folder / "some#other"
    file.write_text("[app:main]\nsysmon.syslog = /main\n")
    assert load_file(str(file)).syslog == "/main"


@pytest.mark.parametrize("ini", NAMES, indirect=True)
def test_the_application_is_told_the_true_path(ini: Path) -> None:
    ini.write_text("[app:main]\npaste.app_factory = collections:ChainMap\n")
    (told,) = open_ini(str(ini)).get_wsgi_app().maps[:1]
    assert (told["here"], told["__file__"]) == (str(ini.parent), str(ini))
