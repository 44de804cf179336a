"""Hand a letter in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.duties.actions import promise
from domain.duties.rules import INSTALLATION, Kind
from domain.ids import new_id
from domain.mail import queries, rules
from domain.sealing import Keyring


async def send(
    tx: Tx, keyring: Keyring, account_id: UUID | None, to: str, subject: str, text: str,
    now: datetime,
) -> UUID:  # fmt: skip
    """Promise a letter to an address, on behalf of an account or of nobody's; its id.

    With a letter of `letters`: ``send(tx, keyring, account_id, to, *letter, now)``. It goes when
    the transaction is committed, maybe twice. Its text may hold a token: it is kept sealed, and
    only until it has gone.
    """
    owner, id = account_id or INSTALLATION, new_id()
    sealed = keyring.seal(text, rules.place_of(owner, id))
    await queries.insert(tx, id, to, " ".join(subject.split()), sealed, now)
    await promise(tx, Kind.SEND_MAIL, str(id), owner, {}, now)
    return id


async def forget_old(tx: Tx, now: datetime) -> None:
    """Delete letters of long ago. Takes a transaction of the system; once a day is enough."""
    await queries.delete_old(tx, now - rules.KEPT)
