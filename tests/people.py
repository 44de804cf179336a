"""People who sign in, what they sign in with, and what affiliates say of themselves.

As in `tests/factories.py`: a function per thing, written as the owner of the tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from secrets import token_bytes
from typing import Any
from uuid import UUID

import asyncpg

from domain.access import Scope
from domain.accounts import keys
from domain.people.tokens import new_token, token_hash
from tests.factories import NOW, an_affiliate, insert

_numbers = count(1)


async def a_person(owner: asyncpg.Connection, **fields: Any) -> UUID:
    """Somebody whose address is verified and who has chosen no password."""
    number = next(_numbers)
    values = {
        "email": f"p{number}@example.com",
        "name": f"Person {number}",
        "email_verified_at": NOW,
        "created_at": NOW,
    }
    return await insert(owner, "person", values | fields)


async def an_operator(owner: asyncpg.Connection, **fields: Any) -> UUID:
    """A person who runs this installation; the person's id is returned."""
    return await a_person(owner, **({"operator_since": NOW} | fields))


async def a_member(
    owner: asyncpg.Connection, account_id: UUID, person_id: UUID | None = None,
    role: str = "OWNER", **fields: Any,
) -> UUID:  # fmt: skip
    """A person's membership in an account; the membership's id is returned."""
    values = {
        "account_id": account_id,
        "person_id": person_id or await a_person(owner),
        "role": role,
        "joined_at": NOW,
    }
    return await insert(owner, "membership", values | fields)


async def a_member_invitation(
    owner: asyncpg.Connection, account_id: UUID, email: str, role: str = "VIEWER", **fields: Any
) -> str:
    """An open invitation to an account; the token in its mail is returned."""
    values = {
        "account_id": account_id,
        "email": email,
        "role": role,
        "invited_by": "akey_test",
        "invited_at": NOW,
        "expires_at": NOW + timedelta(days=7),
    }
    token = new_token()
    found = {
        "token_hash": token_hash(token),
        "account_id": account_id,
        "invitation_id": await insert(owner, "member_invitation", values | fields),
    }
    await insert(owner, "member_invitation_token", found, id="account_id")
    return token


async def a_one_time_token(
    owner: asyncpg.Connection, person_id: UUID, purpose: str = "VERIFY_EMAIL", **fields: Any
) -> str:
    """What a person was sent to prove that an address is theirs; its text is returned."""
    token = new_token()
    values = {
        "token_hash": token_hash(token),
        "purpose": purpose,
        "person_id": person_id,
        "expires_at": NOW + timedelta(days=1),
    }
    await insert(owner, "one_time_token", values | fields, id="person_id")
    return token


async def a_session(owner: asyncpg.Connection, person_id: UUID, **fields: Any) -> str:
    """A browser that the person signed in with just now; the cookie's token is returned."""
    token = new_token()
    values = {
        "token_hash": token_hash(token),
        "person_id": person_id,
        "browser": "Firefox on Linux",
        "begun_at": NOW,
        "seen_at": NOW,
        "expires_at": NOW + timedelta(days=30),
    }
    await insert(owner, "session", values | fields)
    return token


async def an_api_key(
    owner: asyncpg.Connection, account_id: UUID, scopes: Iterable[str] = Scope, **fields: Any
) -> str:
    """A key of the account with these scopes, all unless said; its text is returned."""
    text = keys.key_text(token_bytes(keys.ENTROPY_BYTES))
    values = {
        "key_hash": keys.key_hash(text),
        "account_id": account_id,
        "name": f"Key {next(_numbers)}",
        "prefix": keys.beginning(text),
        "scopes": list(scopes),
        "created_by": "operator",
        "created_at": NOW,
    }
    await insert(owner, "api_key", values | fields)
    return text


async def a_profile_draft(
    owner: asyncpg.Connection, affiliate_id: UUID | None = None, **fields: Any
) -> UUID:
    """What an affiliate has written of themselves so far; the affiliate's id is returned."""
    values = await _profile(owner, affiliate_id) | {"changed_at": NOW}
    return await insert(owner, "affiliate_profile", values | fields)


async def a_published_profile(
    owner: asyncpg.Connection, affiliate_id: UUID | None = None, **fields: Any
) -> UUID:
    """What brands find of an affiliate; the affiliate's id is returned.

    `channel_kinds` and `audience` follow from `channels` unless they are given.
    """
    values = await _profile(owner, affiliate_id) | {"verified": True, "published_at": NOW} | fields
    channels = values["channels"]
    derived = {
        "channel_kinds": sorted({channel["kind"] for channel in channels}),
        "audience": sum(channel["audience"] for channel in channels),
    }
    return await insert(owner, "published_profile", derived | values)


async def a_track_record(owner: asyncpg.Connection, affiliate_id: UUID, **fields: Any) -> UUID:
    """How an affiliate has done over all accounts; the affiliate's id is returned."""
    values = {
        "id": affiliate_id,
        "clicks": 100,
        "orders": 10,
        "returned_units": 1,
        "units": 12,
        "partnerships": 2,
        "visible_partnerships": 1,
        "measured_at": NOW,
    }
    return await insert(owner, "track_record", values | fields)


async def a_mark(
    owner: asyncpg.Connection, account_id: UUID, affiliate_id: UUID, mark: str = "STARRED"
) -> UUID:
    """What a brand thinks of an affiliate; the affiliate's id is returned."""
    values = {
        "account_id": account_id,
        "affiliate_id": affiliate_id,
        "mark": mark,
        "marked_at": NOW,
    }
    return await insert(owner, "discovery_mark", values, id="affiliate_id")


async def _profile(owner: asyncpg.Connection, affiliate_id: UUID | None) -> dict[str, Any]:
    affiliate_id = affiliate_id or await an_affiliate(owner)
    return {
        "id": affiliate_id,
        "name": await owner.fetchval("SELECT name FROM affiliate WHERE id = $1", affiliate_id),
        "bio": "I cook, film it, and say what I used.",
        "channels": [{"kind": "YOUTUBE", "url": "https://youtube.example/@me", "audience": 1000}],
        "niches": ["KITCHEN"],
        "countries": ["US"],
        "amazon_capable": True,
    }
