"""What no log line may hold: secrets, by the name that they stand under or by how they look. Pure.

It errs on the side of hiding. It is the second wall: who writes a line leaves secrets out of it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import asyncpg

HIDDEN: Final = "[hidden]"

_SECRET_NAME: Final = re.compile(
    r"authorization|cookie|token|secret|passw|credential|api[-_]?key|(^|[-_])code$|^x-amz-",
    re.IGNORECASE,
)
_SECRET_LOOKS: Final = re.compile(
    r"""
      (?:clk|whsec)_[A-Za-z0-9_+/=-]{6,}             # keys of ours, secrets of webhooks
    | Atz[ar](?:\||%7C)[^\s"'<>,;&\\]+                # Amazon's access and refresh tokens
    | amzn1\.oa2-cs\.[A-Za-z0-9._-]+                 # the secret of a client of Amazon's
    | (?:bearer|basic)[ ]+[^\s"',;]{6,}              # what follows Authorization
    | (?<=://)[^\s/@"']*:[^\s/"']*(?=@)              # name and password within an address
    | (?:x-amz-[a-z-]+|authorization|cookie|token|secret|password|api[-_]?key|code)
      [\\"']*\s*[:=]\s*[\\"']*[^\s"'&,;)}\]\\]+      # name=value, "name": "value"
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SIGNS: Final = (
    "clk_", "whsec_", "atz", "amzn1", "bearer", "basic", "://", "x-amz-", "authorization", "cookie",
    "token", "secret", "password", "api", "code", "detail",
)  # fmt: skip
"""One of them is in whatever looks like a secret, which is found a good deal sooner."""
_DETAIL: Final = re.compile(r"\nDETAIL: .*", re.DOTALL)
_ARGUMENT: Final = re.compile(r"(invalid input for query argument \$\d+: ).*", re.DOTALL)
_QUOTED: Final = re.compile(r'(: )".*"', re.DOTALL)


def scrub(text: str) -> str:
    """The text without what looks like a secret, and without PostgreSQL's DETAIL of a row."""
    lower = text.lower()
    if not any(sign in lower for sign in _SIGNS):
        return text
    return _SECRET_LOOKS.sub(HIDDEN, _DETAIL.sub("", text))


@lru_cache(maxsize=1_000)
def _names_a_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def scrubbed(value: Any, name: str = "") -> Any:
    """A value of a log line, and all in it, without secrets. `name` is what it stands under.

    What is neither text, number nor a collection of these is told as its `repr`.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if _names_a_secret(name):
        return HIDDEN
    match value:
        case str():
            return scrub(value)
        case Mapping():
            return {scrub(str(key)): scrubbed(one, str(key)) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [scrubbed(one) for one in value]
        case BaseException():
            return scrub(f"{type(value).__name__}: {said(value)}")
        case _:
            return scrub(repr(value))


def said(error: BaseException) -> str:
    """An error's own words; of the database's, those that quote no row.

    PostgreSQL's DETAIL shows what stood, or was to stand, in a row, and the words about a value
    that cannot be read show the value.
    """
    if not isinstance(error, asyncpg.PostgresError):
        return str(error)
    words = str(error.args[0]) if error.args else ""
    words = _ARGUMENT.sub(rf"\1{HIDDEN}", _QUOTED.sub(rf"\1{HIDDEN}", words))
    return f"{words} (SQLSTATE {error.sqlstate})"


def told(error: BaseException) -> str:
    """An error with its traceback and those that led to it, without secrets."""
    return scrub("".join(_lines(error, set())).rstrip("\n"))


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if isinstance(error, asyncpg.DataError):
        cause = None  # it quotes the value too
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen)
        led = "was the direct cause of" if error.__cause__ else "was being handled at the time of"
        yield f"\nwhich {led} this:\n\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}: {said(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for number, one in enumerate(error.exceptions, 1):
            if id(one) not in seen:
                yield f"\nof the group, number {number}:\n"
                yield from _lines(one, seen)
