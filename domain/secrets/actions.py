"""Replace a key while everything runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from db.pool import Database
from domain.sealing import Keyring
from domain.secrets import queries
from domain.secrets.rules import Sealed, seal_anew

_AT_ONCE: Final = 500


async def reseal(
    db: Database, keyring: Keyring, told: Callable[[int], None] = lambda _: None
) -> list[tuple[Sealed, str]]:
    """Seal with the active key what another one has sealed; gives what no key opens, with why.

    Every batch is a transaction of its own, and what has changed meanwhile keeps its newer text:
    readers and writers go on. Broken off, it goes on where it was when it is called again. `told`
    hears how many were sealed by each batch.
    """
    closed: list[tuple[Sealed, str]] = []
    after: Sealed | None = None
    while True:
        async with db.system() as tx:
            found = await queries.under_other_keys(tx, keyring.active, after, _AT_ONCE)
            batch = seal_anew(found, keyring)
            for one, text in batch.anew:
                await queries.replace(tx, one, text)
        closed += batch.closed
        told(len(batch.anew))
        if len(found) < _AT_ONCE:
            return closed
        after = found[-1]
