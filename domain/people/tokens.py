"""Secrets that we hand out: for a cookie, or in a letter. Kept as their hash. Pure but for chance.

256 random bits need no slow hash.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

_BYTES: Final = 32


def new_token() -> str:
    """A token, fit for a cookie and for an address; the only moment at which its text exists."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(text: str) -> bytes:
    """What is kept of a token."""
    return sha256(text.encode(errors="replace")).digest()
