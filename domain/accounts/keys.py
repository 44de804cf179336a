"""The form of an API key: `clk_`, 40 letters and digits, and 6 that check them. Pure.

The prefix lets a secret scanner know a leaked key when it sees one, and the checksum lets both the
scanner and us tell a mistyped key from a wrong one without asking the database. Only the key's hash
is kept; 238 bits of chance need no slow hash.
"""

from __future__ import annotations

import re
import string
from hashlib import sha256
from typing import Final
from zlib import crc32

PREFIX: Final = "clk_"
SECRET_LENGTH: Final = 40
FORM: Final = re.compile(r"clk_[0-9A-Za-z]{46}")
"""What a scanner looks for; `is_key` then tells a key from what only looks like one."""

_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECK_LENGTH: Final = 6
_SECRET_RANGE: Final = len(_DIGITS) ** SECRET_LENGTH
ENTROPY_BYTES: Final = 32


def key_text(entropy: bytes) -> str:
    """A key made of 32 random bytes; the only moment at which its text exists."""
    assert len(entropy) == ENTROPY_BYTES
    secret = _base62(int.from_bytes(entropy) % _SECRET_RANGE, SECRET_LENGTH)
    return f"{PREFIX}{secret}{_check(secret)}"


def is_key(text: str) -> bool:
    """Whether the text has the form of a key, its checksum included."""
    secret = text[len(PREFIX) : -_CHECK_LENGTH]
    return FORM.fullmatch(text) is not None and text.endswith(_check(secret))


def beginning(text: str) -> str:
    """As much of a key as may be shown, for its owner to recognise it: 36 of 238 bits."""
    return text[: len(PREFIX) + 6]


def key_hash(text: str) -> bytes:
    """What is kept of a key: the SHA-256 of its text."""
    return sha256(text.encode()).digest()


def _check(secret: str) -> str:
    return _base62(crc32(secret.encode()), _CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
