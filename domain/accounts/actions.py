"""Open an account, give and take its keys, set what the operator decides.

Keys are also the account's own to make and revoke. All the rest but `may_connect_amazon` are the
installation's acts and take a transaction of the system.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from typing import Final
from uuid import UUID

from db.pool import Database, Tx
from domain.access import Room, Scope, Seat, Viewer
from domain.accounts import keys, queries, rules
from domain.accounts.rules import Account, KnownKey, Plan
from domain.errors import NotFound
from domain.ids import encode

EVERY_SCOPE: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key just made. Its text is shown to its owner now and never again."""

    id: UUID
    text: str = field(repr=False)


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


async def create_api_key(
    tx: Tx, account_id: UUID, name: str, scopes: frozenset[Scope] = EVERY_SCOPE,
    expires_at: datetime | None = None, *, created_by: str = "operator",
    of_maker: frozenset[Scope] = EVERY_SCOPE,
) -> IssuedKey:  # fmt: skip
    """A new key of the account. `name` says to people what it is for; `of_maker` are the scopes of
    whoever makes it. Raises InvalidInput or ScopesNotHeld; an account that is not there is not
    found.

    Keys follow the server's own time and not the trade's clock, which a rehearsal may move.
    """
    written = rules.key_name(name)
    rules.check_scopes(scopes, of_maker)
    rules.check_expiry(expires_at, await queries.server_time(tx))
    text = keys.key_text(token_bytes(keys.ENTROPY_BYTES))
    id = await queries.insert_key(
        tx, account_id, written, keys.key_hash(text), keys.beginning(text),
        [scope for scope in Scope if scope in scopes], created_by, expires_at,
    )  # fmt: skip
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
    """Whose key this is; None for what is no key, unknown, revoked or past its end.

    One round trip, and once a minute another that notes its use.
    """
    if not keys.is_key(text):
        return None
    row = await queries.key_holder(db, keys.key_hash(text))
    if row is None:
        return None
    account_id, id = row["account_id"], row["id"]
    if not row["noted"]:
        await queries.note_key_use(db, account_id, id)
    scopes = frozenset(Scope(scope) for scope in row["scopes"])
    seat = Seat(Room.ACCOUNT, account_id, scopes)
    return Viewer(encode("akey", id), None, seat, (seat,))
