from __future__ import annotations

import pytest

from sysmon_core.errors import ConfigurationError
from sysmon_core.server.options import Options


def test_without_any_the_defaults_hold() -> None:
    assert Options.of({}).processes == 1


def test_options_are_read_as_ini_files_write_them() -> None:
    options = Options.of({"processes": "3", "body_timeout": "2.5"})
    assert (options.processes, options.body_timeout) == (3, 2.5)


@pytest.mark.parametrize(
    ("ini", "sentence"),
    [
        (
            {"proceses": "2"},
            "The option proceses .* there is no such option; did you mean processes?",
        ),
        ({"xyzzy": "2"}, "The option xyzzy .* there is no such option; there are processes, "),
        ({"processes": "0"}, "The option processes .* is wrong: .*greater than or equal to 1"),
        ({"processes": "many"}, "The option processes .* is wrong: .*valid integer"),
        ({"body_timeout": "-1"}, "The option body_timeout .* is wrong: .*greater than 0"),
        ({"max_header_size": "100"}, "The option max_header_size .* is wrong"),
    ],
)
def test_a_wrong_one_is_told_in_one_sentence(ini: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as raised:
        Options.of(ini)
    assert "\n" not in str(raised.value)
