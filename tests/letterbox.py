"""What is secret, as tests may see it: letters opened as the worker would, and hashing watched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import Literal

import asyncpg
from argon2 import PasswordHasher, extract_parameters

from domain.mail.rules import Sender, place_of
from domain.people import passwords
from domain.sealing import Keyring
from tests.factories import NOW

KEYRING = Keyring("k1", {"k1": bytes(range(32))})
FRONT_END = "https://app.example"
SENDER = Sender(KEYRING, FRONT_END, NOW)


@dataclass(frozen=True)
class Found:
    subject: str
    text: str

    @property
    def token(self) -> str:
        """The one that stands by itself, which is the one in the link."""
        [in_link] = re.findall(r"#token=(\S+)", self.text)
        assert re.search(rf"^{re.escape(in_link)}$", self.text, re.MULTILINE)
        return in_link


async def letters_to(
    owner: asyncpg.Connection, address: str, keyring: Keyring = KEYRING
) -> list[Found]:
    """All that are on their way to an address, the oldest first."""
    rows = await owner.fetch(
        """SELECT m.id, m.subject, m.sealed_text, d.account_id
             FROM mail m JOIN duty d ON d.kind = 'send_mail' AND d.subject = m.id::text
            WHERE m.recipient = $1 ORDER BY m.id""",
        address,
    )
    return [
        Found(
            row["subject"], keyring.open(row["sealed_text"], place_of(row["account_id"], row["id"]))
        )
        for row in rows
    ]


async def token_for(owner: asyncpg.Connection, address: str, keyring: Keyring = KEYRING) -> str:
    """Of the newest letter to an address."""
    return (await letters_to(owner, address, keyring))[-1].token


async def everything_kept(owner: asyncpg.Connection) -> str:
    """Every row of every table, as text: what a thief of the database has."""
    tables = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p')"
    )
    rows = [
        row[0]
        for table in tables
        for row in await owner.fetch(f"SELECT t::text FROM {table['relname']} t")
    ]
    assert rows
    return "\n".join(rows)


class RememberingHasher(PasswordHasher):
    """Hashes as the product does, and remembers how much."""

    def __init__(self) -> None:
        super().__init__(passwords.PASSES, passwords.MEMORY_KIB, passwords.LANES)
        self.compared: list[object] = []
        """The parameters of each comparison."""
        self.hashed = 0
        self.most_at_once = 0
        self._at_once = 0
        self._lock = Lock()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        self.compared.append(extract_parameters(str(hash)))
        return super().verify(hash, password)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self._lock:
            self.hashed += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return super().hash(password, salt=salt)
        finally:
            with self._lock:
                self._at_once -= 1
