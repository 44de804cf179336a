"""Forget somebody."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Final
from uuid import UUID

from db.pool import Tx
from domain.affiliates.rules import email as email_address
from domain.erasure import queries
from domain.erasure.rules import (
    NobodyKnown,
    OwnsAlone,
    Somebody,
    Words,
    renamed,
    told_without,
    without,
)
from domain.errors import InvalidInput
from domain.events import news
from domain.ids import encode, split

_AT_ONCE: Final = 500
"""Bodies in memory."""


async def erase(tx: Tx, text: str, now: datetime) -> Somebody:
    """Erase whoever has an e-mail address or an id, for good; says who it was.

    Takes a transaction of the system. What they earned and sold stays, to the cent; so do audit
    entries, without what named them. Raises NobodyKnown, or OwnsAlone.
    """
    who = await _find(tx, text)
    if who.person_id is not None and (left := await queries.owned_alone(tx, who.person_id)):
        raise OwnsAlone(left)
    emails = frozenset(await queries.emails(tx, who))
    names = await queries.names(tx, who)
    documents = await queries.documents(tx, who)
    ids = frozenset({*who.ids, *documents})
    words = Words(ids, emails, frozenset({*names, *await queries.texts(tx, who)}))
    await _rewrite_audit(tx, who, words, now)
    await queries.delete_letters(tx, emails)
    about = await queries.letters_about(tx, names)
    await queries.set_subjects(tx, [(id, renamed(subject, names)) for id, subject in about])
    await queries.erase_invitations_of_members(tx, emails, now)
    if who.affiliate_id is not None:
        await queries.erase_webhooks(tx, who.affiliate_id, now)
        await _rewrite_told(tx, encode("affl", who.affiliate_id), documents)
        await _end_partnerships(tx, who.affiliate_id, now)
    if who.person_id is not None:
        await queries.erase_person(tx, who.person_id, now)
    return who


async def _find(tx: Tx, text: str) -> Somebody:
    if "@" in text:
        try:
            who = await queries.by_email(tx, email_address(text))
        except InvalidInput:
            raise NobodyKnown(text) from None
    else:
        prefix, id = split(text)
        who = await queries.by_id(tx, id) if prefix in ("pers", "affl") else Somebody(None, None)
    if not who.ids:
        raise NobodyKnown(text)
    return who


async def _end_partnerships(tx: Tx, affiliate_id: UUID, now: datetime) -> None:
    """Whoever listens is told that they have ended, and that whose they were has no name."""
    partnerships = await queries.lock_partnerships(tx, affiliate_id)
    async with AsyncExitStack() as stack:
        for account_id, ids in partnerships.items():
            await stack.enter_async_context(news.partnerships_changing(tx, account_id, ids, now))
        await queries.erase_correspondence(tx, affiliate_id)
        await queries.erase_affiliate(tx, affiliate_id, now)
        await queries.end_partnerships(tx, affiliate_id, now)


async def _rewrite_told(tx: Tx, affl: str, documents: Collection[str]) -> None:
    """What is on its way arrives, and without them; nothing that waits is lost for it."""
    for found, write in (
        (queries.events_about(tx, affl, documents), queries.set_events),
        (queries.deliveries_about(tx, affl, documents), queries.set_deliveries),
    ):
        some: list[tuple[UUID, UUID, str]] = []
        async for account_id, id, body in found:
            some.append((account_id, id, told_without(body, affl)))
            if len(some) == _AT_ONCE:
                await write(tx, some)
                some = []
        await write(tx, some)


async def _rewrite_audit(tx: Tx, who: Somebody, words: Words, now: datetime) -> None:
    for row in await queries.audit_entries(tx, who, words):
        theirs = row["actor"] in who.ids
        input = without(row["input"], words, theirs=theirs)
        changes = without(row["changes"], words)
        if (input, changes) != (row["input"], row["changes"]):
            await queries.rewrite_entry(tx, row["account_id"], row["id"], input, changes, now)
    for row in await queries.network_entries(tx, who, words):
        theirs = row["actor"] in who.ids
        input = without(row["input"], words, theirs=theirs)
        changes = without(row["changes"], words, theirs=theirs)
        await queries.rewrite_network_entry(tx, row["id"], input, changes)
