"""The header of Basic authentication: which has a name and a password, and which has neither."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.api.wsgi.basic import basic_credentials


def basic(raw: bytes, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(raw).decode()}"


@given(st.text().filter(lambda name: ":" not in name), st.text())
def test_name_and_password_are_what_stands_before_and_after_the_first_colon(
    name: str, password: str
) -> None:
    try:
        raw = f"{name}:{password}".encode()
    except UnicodeEncodeError:  # half a surrogate pair, which no UTF-8 has
        return
    for scheme in ("Basic", "basic", "BASIC", "bAsIc "):
        assert basic_credentials(basic(raw, scheme)) == (name, password)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [(b"a:b:c", ("a", "b:c")), (b":", ("", "")), (b"a:", ("a", "")), (b":b", ("", "b"))],
)
def test_either_part_may_be_empty(raw: bytes, expected: tuple[str, str]) -> None:
    assert basic_credentials(basic(raw)) == expected


SOUND = basic(b"root:secret")


@pytest.mark.parametrize(
    "header",
    [
        *("", "Basic", "Basic ", "basic  ", "Bearer x", "Digest a", SOUND.removeprefix("Basic ")),
        *(SOUND.replace(" ", ""), SOUND.replace(" ", "\t"), SOUND[:-1], SOUND + "!", SOUND + "=="),
        *(SOUND.replace("c", "_"), SOUND.replace("c", " "), f"{SOUND}, {SOUND}", "Basic \xe9"),
        *(SOUND.replace("Basic", "Basicx"), SOUND.replace("Basic", "XBasic"), basic(b"no colon")),
        *(basic(b""), basic(b"\xff:p"), basic("r\xf6\xf6t:p".encode("latin-1")), basic(b"r:\xc3")),
    ],
)
def test_what_is_no_sound_basic_header_is_nobody(header: str) -> None:
    assert basic_credentials(header) is None
