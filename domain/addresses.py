"""Addresses that people paste, taken apart as every browser and parser would. Pure.

Whatever these are known to read differently is refused, not interpreted: backslashes, names and
passwords before the host, odd ports, blanks and control characters.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

LONGEST_PASTED: Final = 4096
"""Characters. Amazon's own longest addresses, sponsored results, stay under half of it."""

_SCHEME: Final = re.compile(r"([a-z][a-z0-9+-]*):", re.IGNORECASE)
# An address that was copied out of another one's parameter.
_ENCODED_WHOLE: Final = re.compile(r"https?%3A%2F%2F", re.IGNORECASE)


class Unreadable(ValueError):
    """What is wrong with the text, as the end of a sentence."""


def take_apart(text: str) -> SplitResult:
    """An address by http, by https or without any scheme, in its parts. Raises Unreadable."""
    written = text.strip()
    if not written or len(written) > LONGEST_PASTED:
        raise Unreadable(f"it must have 1 to {LONGEST_PASTED} characters")
    _refuse_odd_signs(written)
    whole = _with_scheme(written)
    _refuse_odd_signs(whole)
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        raise Unreadable("it cannot be read as an address") from None
    if "@" in parts.netloc or port not in (None, 80, 443):
        raise Unreadable("a shop's address has no user name and no port")
    if not parts.hostname:
        raise Unreadable("it names no host")
    return parts


def _refuse_odd_signs(text: str) -> None:
    if "\\" in text or " " in text or not text.isprintable():
        raise Unreadable("an address has no blanks, backslashes or control characters")


def _with_scheme(text: str) -> str:
    if _ENCODED_WHOLE.match(text):
        text = unquote(text)
    if text.startswith("//"):
        return f"https:{text}"
    scheme = _SCHEME.match(text)
    if scheme is None:
        return f"https://{text}"
    if scheme.group(1).lower() not in ("http", "https") or not text[scheme.end() :].startswith(
        "//"
    ):
        raise Unreadable("an address begins with https://")
    return text
