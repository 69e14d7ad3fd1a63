"""The fields of a user as clients send them: validated models of a new user and of a change."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, Strict, WithJsonSchema

from sysmon_core.metrics.metric import Params

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def _username(value: str) -> str:
    if not USERNAME.fullmatch(value):
        raise ValueError(
            "must be 1 to 64 of ASCII letters, digits and . _ @ -, a letter or digit first"
        )
    return value


def _text(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("must not contain NUL or half a surrogate pair")
    return value


def _no_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults from a JSON schema: a field that is left out stays unchanged."""
    for field in schema["properties"].values():
        del field["default"]


# Each JSON schema repeats what its validator requires, for readers of the API's document.
Username = Annotated[
    str,
    Strict(),
    AfterValidator(_username),
    WithJsonSchema({"type": "string", "pattern": f"^{USERNAME.pattern}$"}),
]
Text = Annotated[
    str,
    Strict(),
    AfterValidator(_text),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"^[^\u0000]*$"}),
]
Password = Annotated[Text, Field(json_schema_extra={"format": "password", "writeOnly": True})]
Flag = Annotated[bool, Strict(), Field(description="Whether the user may manage users")]


class NewUser(Params):
    """All fields of a user, sent to create or replace one."""

    username: Username
    password: Password
    fullname: Text
    admin: Flag = False


class UserChange(Params):
    """Some fields of a user, sent to change one; fields that are left out stay unchanged."""

    model_config = ConfigDict(json_schema_extra=_no_defaults)

    username: Username = ""
    password: Password = ""
    fullname: Text = ""
    admin: Flag = False
