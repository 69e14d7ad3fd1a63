"""The fields of a user as clients send them: validated models of a new user and of a change."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from sysmon_core.metrics.metric import Params

# A client sends name and password in one header, and all headers of a request together may have
# 8 KiB at least (the server's max_header_size): what is stored can always be sent.
MAX_PASSWORD_BYTES = 1024
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
# Not isprintable(): names have joiners in Persian and Hindi, and wide spaces in Japanese.
FULLNAME = re.compile(r"[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*")


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


def _password(value: str) -> str:
    """Refuse a password that HTTP Basic authentication cannot send (RFC 7617, 2)."""
    size = len(value.encode())
    if size > MAX_PASSWORD_BYTES:
        raise ValueError(f"must have at most {MAX_PASSWORD_BYTES} bytes in UTF-8, and has {size}")
    if CONTROLS.search(value):
        raise ValueError("must not contain control characters")
    return value


def _fullname(value: str) -> str:
    if not FULLNAME.fullmatch(value):
        raise ValueError("must not contain control characters, line breaks or direction overrides")
    return value


def _object(value: object) -> object:
    """Make a dict of a JSON object, of which the reader of a body gives the pairs."""
    if not isinstance(value, list) or not all(isinstance(pair, tuple) for pair in value):
        return value
    names = [name for name, _ in value]
    if len(set(names)) < len(names):
        raise ValueError("must not have a name twice")
    return dict(value)


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
Password = Annotated[
    Text,
    AfterValidator(_password),
    Field(
        json_schema_extra={
            "maxLength": MAX_PASSWORD_BYTES,
            "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
            "description": f"At most {MAX_PASSWORD_BYTES} bytes in UTF-8",
            "format": "password",
            "writeOnly": True,
        }
    ),
]
Fullname = Annotated[
    Text,
    AfterValidator(_fullname),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": f"^{FULLNAME.pattern}$"}),
]
Flag = Annotated[bool, Strict(), Field(description="Whether the user may manage users")]


class NewUser(Params):
    """All fields of a user, sent to create or replace one."""

    username: Username
    password: Password
    fullname: Fullname
    admin: Flag = False


class UserChange(Params):
    """Some fields of a user, sent to change one; fields that are left out stay unchanged."""

    model_config = ConfigDict(json_schema_extra=_no_defaults)

    username: Username = ""
    password: Password = ""
    fullname: Fullname = ""
    admin: Flag = False


class Login(Params):
    """A name and a password, sent to begin a session."""

    username: Text
    password: Password


class PasswordChange(Params):
    """The password of a user, and the one that takes its place."""

    old: Password = Field(description="The password of now")
    new: Password


class OwnChange(Params):
    """What users change of themselves; fields that are left out stay unchanged."""

    model_config = ConfigDict(json_schema_extra=_no_defaults)

    fullname: Fullname = ""
    password: Annotated[PasswordChange, BeforeValidator(_object)] | None = Field(
        None, description="A new password, which ends all sessions of the user"
    )
    tokens: Literal["revoke"] | None = Field(
        None, description="`revoke`: all tokens of the user end, too"
    )

    def as_change(self) -> UserChange:
        """Return the same as an admin would send it."""
        fields: dict[str, Any] = self.model_dump(exclude_unset=True, include={"fullname"})
        return UserChange(**fields, **({"password": self.password.new} if self.password else {}))
