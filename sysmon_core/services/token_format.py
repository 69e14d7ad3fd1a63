"""The form of a token's secret: a prefix that scanners know, a random part and a checksum.

That is how GitHub forms its own: the checksum tells a typing error from a token that was revoked,
without a look into the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "sysmon_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_CHARACTERS = 40  # 238 bits: a fast hash is enough to store them
CHECKSUM_CHARACTERS = 6  # 62**6 is more than 2**32
HINT_CHARACTERS = 11  # of the whole, shown in lists
FORM = re.compile(
    rf"{PREFIX}([0-9A-Za-z]{{{RANDOM_CHARACTERS}}})([0-9A-Za-z]{{{CHECKSUM_CHARACTERS}}})"
)


def new_secret() -> str:
    """Make a secret of random characters."""
    random = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return f"{PREFIX}{random}{_checksum(random)}"


def is_well_formed(secret: str) -> bool:
    """Whether a text has the form of a secret, and its checksum is right."""
    found = FORM.fullmatch(secret)
    return found is not None and _checksum(found[1]) == found[2]


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(random: str) -> str:
    """Return the CRC-32 of the random part, to the base 62."""
    rest, characters = zlib.crc32(random.encode()), ""
    for _ in range(CHECKSUM_CHARACTERS):
        rest, digit = divmod(rest, len(ALPHABET))
        characters = ALPHABET[digit] + characters
    return characters
