"""Open an account, give and take its keys, set what the operator decides.

All but `may_connect_amazon` are the installation's own acts and take a transaction of the system.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from uuid import UUID

from db.pool import Database, Tx
from domain.accounts import keys, queries, rules
from domain.accounts.rules import Account, KnownKey, Plan
from domain.errors import InvalidInput, NotFound
from domain.ids import encode


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key just made. Its text is shown to its owner now and never again."""

    id: UUID
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: an account, by one of its keys. `actor` is what an audit entry calls them."""

    account_id: UUID
    actor: str


async def create_account(tx: Tx, name: str, plan: Plan | None, now: datetime) -> Account:
    """Open a workspace, on the installation's default plan unless one is named.

    While the installation offers Amazon, the account is entitled to it from now on.
    """
    installation = await queries.installation(tx)
    return await queries.insert(
        tx,
        rules.account_name(name),
        plan or installation.default_plan,
        now if installation.amazon_open else None,
        now,
    )


async def may_connect_amazon(tx: Tx, account_id: UUID) -> None:
    """Raises AmazonNotOffered, PlanTooLow or NotFound; see the rule of this name."""
    account = await queries.account(tx, account_id)
    if account is None:
        raise NotFound("account", encode("acct", account_id))
    rules.may_connect_amazon(account, await queries.installation(tx))


async def set_plan(tx: Tx, account_id: UUID, plan: Plan) -> Account:
    """What an operator does when the account's contract changes. Raises NotFound."""
    account = await queries.set_plan(tx, account_id, plan)
    if account is None:
        raise NotFound("account", encode("acct", account_id))
    return account


async def set_amazon_open(tx: Tx, open_: bool, now: datetime) -> None:
    """Offer Amazon to every account from now on, or to no new one.

    Opening entitles the accounts that are there, so that closing takes nothing from anybody (S2).
    """
    await queries.set_amazon_open(tx, open_)
    if open_:
        await queries.entitle_all(tx, now)


async def create_api_key(tx: Tx, account_id: UUID, name: str) -> IssuedKey:
    """A new key of the account. `name` says to people what it is for. Raises NotFound.

    Keys follow the server's own time and not the trade's clock, which a rehearsal may move.
    """
    written = name.strip()
    if not written.isprintable() or not 1 <= len(written) <= rules.LONGEST_NAME:
        raise InvalidInput("name", f"Give the key a name of 1 to {rules.LONGEST_NAME} characters.")
    text = keys.key_text(token_bytes(keys.ENTROPY_BYTES))
    id = await queries.insert_key(tx, account_id, written, keys.key_hash(text))
    if id is None:
        raise NotFound("account", encode("acct", account_id))
    return IssuedKey(id, text)


async def api_keys(tx: Tx, account_id: UUID) -> list[KnownKey]:
    """The account's keys, revoked ones too, the oldest first. Raises NotFound."""
    if await queries.account(tx, account_id) is None:
        raise NotFound("account", encode("acct", account_id))
    return await queries.keys(tx, account_id)


async def revoke_api_key(tx: Tx, account_id: UUID, key_id: UUID) -> None:
    """From now on nobody is let in with it. Revoking again changes nothing. Raises NotFound."""
    if not await queries.revoke_key(tx, account_id, key_id):
        raise NotFound("API key", encode("akey", key_id))


async def viewer_of_key(db: Database, text: str) -> Viewer | None:
    """Whose key this is; None for what is no key, unknown or revoked. One round trip at most."""
    if not keys.is_key(text):
        return None
    row = await queries.key_holder(db, keys.key_hash(text))
    return None if row is None else Viewer(row["account_id"], encode("akey", row["id"]))
