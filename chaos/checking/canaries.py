"""No secret stands anywhere in clear: not in the database's files and its log of changes, not in
Valkey's, not in what the processes logged."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote_plus
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chaos.checking.findings import Finding, Wrong
from chaos.checking.story import Story

_KEY = bytes(32)
"""With which a house of chaos seals."""
_NOT_SEARCHED = ("history-*", "*.eml", "sandbox.log")
"""What was told to the runner, letters with their tokens, and what Amazon knows anyway."""
_LONG_ENOUGH = 24


def of_story(story: Story) -> dict[str, str]:
    """By what they are: keys, passwords, and secrets that were shown once."""
    told = {line["what"]: line["text"] for line in story.told("secret")}
    return told | {
        f"the secret of {line['path']}": line["secret"] for line in story.told("endpoint")
    }


async def of_database(url: str) -> dict[str, str]:
    """Amazon's tokens, opened as they are sealed. What has been changed so far is then on the disk.

    Raises what asyncpg raises, and InvalidTag for what does not open.
    """
    db = await asyncpg.connect(url)
    try:
        rows = await db.fetch(
            """SELECT api || '''s refresh token', 'sealed_refresh_token', account_id, id,
                      sealed_refresh_token FROM amazon_grant
               UNION ALL SELECT api || '''s access token', 'sealed_access_token', account_id, id,
                      sealed_access_token FROM amazon_grant"""
        )
        await db.execute("CHECKPOINT")
    finally:
        await db.close()
    return {row[0]: _opened(row[1], row[2], row[3], row[4]) for row in rows if row[4]}


def check(folder: Path, canaries: Mapping[str, str]) -> Iterator[Finding]:
    """Look for each, in whatever form, through every file of a house."""
    needles = {form: what for what, text in canaries.items() for form in forms(text)}
    for file in sorted(folder.rglob("*")):
        if any(file.match(name) for name in _NOT_SEARCHED) or not file.is_file():
            continue
        told = file.read_bytes()
        for needle, what in needles.items():
            if needle in told:
                yield Finding(Wrong.LEAKED, f"{what} stands in {file.relative_to(folder)}")


def forms(text: str) -> set[bytes]:
    """As it is, quoted for an address, and in base64 wherever in a longer text it begins."""
    plain = text.encode()
    found = {plain, quote_plus(text).encode()}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        # The first and the last characters depend on what stands beside it.
        found.add(encoded[4 if before else 0 : len(encoded) - 4])
    return {form[: 2 * _LONG_ENOUGH] for form in found}


def _opened(column: str, account: UUID, row: UUID, sealed: str) -> str:
    version, _, nonce, text = sealed.split(".")
    bound = json.dumps([version, "amazon_grant", column, str(account), str(row)]).encode()
    return AESGCM(_KEY).decrypt(_bytes(nonce), _bytes(text), bound).decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
