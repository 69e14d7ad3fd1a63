"""The command helps on: suggestions, completions, JSON, and names of what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sysmon_core.cli import main
from tests.functional.cli.conftest import INHERITED, SECRET, Run


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["run", "dsik"], "disk"),
        (["usre"], "user"),
        (["user", "lst"], "list"),
        (["plugin", "check", "uptme"], "uptime"),
    ],
)
def test_a_misspelt_word_is_answered_with_the_one_that_was_meant(
    run: Run, words: list[str], meant: str
) -> None:
    assert run(*words, code=2).stderr.endswith(f" Did you mean {meant}?\n")
    assert "Did you mean" not in run(*words[:-1], "qqqq", code=2).stderr


def test_without_its_folder_a_refusal_names_it_and_the_setting(run: Run, folder: Path) -> None:
    told = f"There is no folder {folder}/var for the users' database (setting var)"
    assert told in run("user", "list", code=1).stderr
    url = f"sqlite:///{folder}/gone/x.sqlite"
    told = f"There is no folder {folder}/gone for the users' database (setting database_url)"
    assert told in run("user", "list", code=1, SYSMON_DATABASE_URL=url).stderr


def test_metrics_are_listed_as_json(run: Run) -> None:
    listed = json.loads(run("metrics", "--output", "json").stdout)
    assert listed["left_out"] == {}
    first = listed["metrics"][0]
    assert (first["name"], first["kind"], first["distribution"]) == ("uptime", "quick", "sysmon")


def completed(folder: Path, line: str, **env: str) -> list[str]:
    """What bash is offered for the last word of a line."""
    asked = {"_SYSMON_COMPLETE": "bash_complete", "COMP_WORDS": line}
    variables = INHERITED | asked | {"COMP_CWORD": str(line.count(" "))} | env
    variables.setdefault("SYSMON_VAR", str(folder / "var"))
    result = CliRunner().invoke(main, prog_name="sysmon", env=variables)
    assert result.stderr == ""
    return [word.partition(",")[2] for word in result.stdout.split()]


def test_a_shell_is_offered_metrics_choices_and_users(run: Run, folder: Path) -> None:
    run("database", "upgrade")
    run("user", "add", "anna", "--password-file", "-", stdin=SECRET)
    assert completed(folder, "sysmon run di") == ["disk"]
    assert completed(folder, "sysmon run processes --by ") == ["cpu", "memory"]
    assert completed(folder, "sysmon run disk --output j") == ["json"]
    assert completed(folder, "sysmon plugin check upt") == ["uptime"]
    assert completed(folder, "sysmon user delete an") == ["anna"]
    assert completed(folder, "sysmon user password an") == ["anna"]


def test_nothing_that_fails_disturbs_a_line_that_is_completed(folder: Path) -> None:
    assert completed(folder, "sysmon user delete a") == []
    for line in ("sysmon run di", "sysmon run disk --output ", "sysmon plugin check u"):
        assert completed(folder, line, SYSMON_UNKNOWN="x") == []
