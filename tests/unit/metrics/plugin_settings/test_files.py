"""A setting whose value is in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sysmon_core import Field, PluginSettings, SecretStr
from tests.unit.metrics.plugin_settings.conftest import SECRET, Pond, binding, refused


class Files(PluginSettings):
    token: SecretStr | None = Field(None, description="What opens the door")
    token_file: str = Field("", description="Where another finds that")


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("name", ["token_file", "TOKEN_FILE"])
def test_a_value_may_be_in_a_file(name: str, end: str, folder: Path) -> None:
    (folder / "secret").write_bytes(f" {SECRET}\n{end}".encode())
    found = binding(Pond, **{name: str(folder / "secret")})
    assert found.token.get_secret_value() == f" {SECRET}" + ("\n" if end else "")


def test_a_file_goes_before_a_value_of_a_weaker_source(folder: Path) -> None:
    (folder / "secret").write_text(SECRET)
    found = binding(Pond, token="x", TOKEN_FILE=str(folder / "secret"))
    assert found.token.get_secret_value() == SECRET
    found = binding(Pond, TOKEN="x", token_file="/nowhere")
    assert found.token.get_secret_value() == "x"


def test_a_setting_that_is_named_like_a_file_is_no_file() -> None:
    found = binding(Files, token_file="/nowhere", TOKEN="x")
    assert (found.token.get_secret_value(), found.token_file) == ("x", "/nowhere")


def test_a_value_and_a_file_in_one_source_are_refused() -> None:
    assert refused(TOKEN=SECRET, TOKEN_FILE=SECRET) == (
        "The setting token is given twice, as SYSMON_PLUGIN_SPACE_TOKEN in the environment and "
        "SYSMON_PLUGIN_SPACE_TOKEN_FILE in the environment: remove either"
    )
    assert "given twice" in refused(token_file=SECRET, token=SECRET)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"x" * 16385, "has more than 16384 bytes"),
    ],
)
def test_why_a_file_cannot_be_used(content: bytes | None, reason: str, folder: Path) -> None:
    file = folder / SECRET  # as if somebody wrote the secret in its place
    if content is not None:
        file.write_bytes(content)
    place = "token_file in [plugin:space] of the ini file"
    assert refused(token_file=str(file)) == f"The setting {place} is wrong: its file {reason}"
