"""Passwords: what may be one, and Argon2id beside the event loop.

A hash takes 19 MiB and some twenty milliseconds of a core. Two threads make them, so that no more
than two are under way and the loop goes on; whoever comes then waits in line.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from enum import Enum, auto
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import InvalidInput

SHORTEST: Final = 12
LONGEST: Final = 200
AT_ONCE: Final = 2

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1

# Of the lists of passwords that leaked, the most frequent that are long enough to get this far.
_LEAKED: Final = """
123456789012 1234567890123 12345678901234 123456789123 123123123123 111111111111 000000000000
112233445566 987654321098 1234567891011 aaaaaaaaaaaa abcabcabcabc abcd12345678 abcdefghijkl
abcdefghijklm abcdefg12345 a1b2c3d4e5f6 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc qazwsxedcrfv
qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopas qwerty123456 qwerty1234567 qwertyqwerty
asdfghjkl123 asdfasdfasdf zxcvbnm12345 zxcvbnmasdfg password1234 password12345 password123456
passwordpassword passw0rd1234 p@ssw0rd1234 mypassword123 changeme1234 changemeplease
letmein12345 letmeinplease welcome12345 welcome123456 administrator administrator1 admin1234567
adminadmin12 iloveyou1234 iloveyouforever iloveyousomuch trustno1trustno1 football1234
baseball1234 princess1234 sunshine1234 superman1234 dragon123456 monkey123456 master123456
testtesttest test12345678 secretsecret correcthorsebatterystaple thisismypassword
mynameisjohn startrek1234 starwars1234 liverpool1234
"""
_COMMON: Final = frozenset(_LEAKED.split())

_hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, hash_len=32, salt_len=16, type=Type.ID)
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")

# Nobody's: what an unknown address is compared with, so that it takes as long as a known one.
_NOBODYS: Final = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"  # zeros
)


class Verdict(Enum):
    RIGHT = auto()
    OUTDATED = auto()
    """Right, but hashed with smaller parameters than today's."""
    WRONG = auto()


def check(password: str, email: str, name: str) -> None:
    """Whether this may become the password of that person. Raises InvalidInput."""
    plain = password.casefold().strip()
    if not SHORTEST <= len(password) <= LONGEST:
        reason = f"Choose a password of {SHORTEST} to {LONGEST} characters; a sentence will do."
    elif plain in (email.casefold().strip(), name.casefold().strip()):
        reason = "Choose a password that is neither your address nor your name."
    elif plain in _COMMON:
        reason = "Very many people have this password. Choose one that nobody would try first."
    elif not _encodable(password):
        reason = "The password holds half a character, which cannot be typed again."
    else:
        return
    raise InvalidInput("password", reason)


async def hashed(password: str) -> str:
    """What is kept of a password that was checked."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hash, password)


async def verdict(kept: str | None, password: str) -> Verdict:
    """Whether it is the password that was kept. None takes as long and is WRONG."""
    return await asyncio.get_running_loop().run_in_executor(
        _threads, _verdict, kept, password[: LONGEST + 1]
    )


def _hash(password: str) -> str:
    return _hasher.hash(_bytes(password))


def _verdict(kept: str | None, password: str) -> Verdict:
    try:
        _hasher.verify(kept or _NOBODYS, _bytes(password))
    except (VerificationError, InvalidHashError):
        return Verdict.WRONG
    if kept is None:
        return Verdict.WRONG
    return Verdict.OUTDATED if _hasher.check_needs_rehash(kept) else Verdict.RIGHT


def _bytes(password: str) -> bytes:
    """The same of the same word, however a keyboard composes its signs."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


def _encodable(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
