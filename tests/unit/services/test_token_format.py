"""The form of tokens' secrets: a typing error is told apart from a secret that nobody has."""

from __future__ import annotations

import re
import zlib

from hypothesis import given
from hypothesis import strategies as st

from sysmon_core.services.token_format import ALPHABET, digest_of, is_well_formed, new_secret


def test_a_secret_has_a_prefix_random_characters_and_their_checksum() -> None:
    secret = new_secret()
    assert re.fullmatch(r"sysmon_[0-9A-Za-z]{46}", secret)
    value = 0
    for letter in secret[-6:]:
        value = value * 62 + ALPHABET.index(letter)
    assert value == zlib.crc32(secret[7:47].encode())
    assert is_well_formed(secret)


def test_no_two_are_alike() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert digest_of("sysmon_") == digest_of("sysmon_") != digest_of("sysmon")


@given(st.integers(7, 52), st.sampled_from(ALPHABET))
def test_a_mistyped_letter_is_noticed(place: int, letter: str) -> None:
    secret = new_secret()
    other = f"{secret[:place]}{letter}{secret[place + 1 :]}"
    assert is_well_formed(other) is (other == secret)


@given(st.text(max_size=60))
def test_any_other_text_is_no_secret(text: str) -> None:
    assert not is_well_formed(text)
    assert not is_well_formed(f"{new_secret()}{text[:5] or 'x'}")
