from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import asyncpg
import pytest

from domain.access import Room, Scope, Seat
from domain.accounts import actions
from domain.accounts.keys import key_hash, key_text
from domain.accounts.rules import AmazonNotOffered, Plan, PlanTooLow, ScopesNotHeld
from domain.errors import InvalidInput, NotFound
from tests.factories import NOW, an_account


async def test_a_new_account_has_the_default_plan_and_amazon(db):
    """S1, S3: an installation is open and on Enterprise unless its operator says otherwise."""
    async with db.system() as tx:
        account = await actions.create_account(tx, "  Acme  ", None, NOW)

    assert account.name == "Acme"
    assert account.plan is Plan.ENTERPRISE
    assert account.amazon_entitled_at == NOW
    async with db.transaction(account.id) as tx:
        assert await actions.may_connect_amazon(tx, account.id) is None


async def test_closing_amazon_refuses_new_accounts_and_takes_nothing_from_old_ones(db):
    """S1, S2."""
    async with db.system() as tx:
        old = await actions.create_account(tx, "Old", None, NOW)
        await actions.set_amazon_open(tx, False, NOW)
        new = await actions.create_account(tx, "New", None, NOW)

    async with db.transaction(old.id) as tx:
        assert await actions.may_connect_amazon(tx, old.id) is None
    async with db.transaction(new.id) as tx:
        with pytest.raises(AmazonNotOffered):
            await actions.may_connect_amazon(tx, new.id)


async def test_who_was_there_while_amazon_was_open_keeps_it(db):
    """S2."""
    later = NOW + timedelta(days=1)
    async with db.system() as tx:
        await actions.set_amazon_open(tx, False, NOW)
        account = await actions.create_account(tx, "Between", None, NOW)
        await actions.set_amazon_open(tx, True, later)
        await actions.set_amazon_open(tx, False, later)
        assert await actions.may_connect_amazon(tx, account.id) is None


async def test_a_plan_set_by_the_operator_decides(db):
    """S3."""
    async with db.system() as tx:
        account = await actions.create_account(tx, "Acme", Plan.GROWTH, NOW)
        with pytest.raises(PlanTooLow):
            await actions.may_connect_amazon(tx, account.id)

        changed = await actions.set_plan(tx, account.id, Plan.ENTERPRISE)

        assert changed.plan is Plan.ENTERPRISE
        assert await actions.may_connect_amazon(tx, account.id) is None


async def test_an_account_cannot_raise_its_own_plan(db, owner):
    account_id = await an_account(owner, plan="LAUNCH")

    async with db.transaction(account_id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await actions.set_plan(tx, account_id, Plan.ENTERPRISE)


async def test_a_key_lets_its_account_in_and_only_its_hash_is_kept(db, owner):
    account_id = await an_account(owner)
    async with db.system() as tx:
        key = await actions.create_api_key(tx, account_id, "front end")

    viewer = await actions.viewer_of_key(db, key.text)

    assert viewer is not None
    assert viewer.seat == Seat(Room.ACCOUNT, account_id, frozenset(Scope))
    assert viewer.seats == (viewer.seat,)
    assert (viewer.actor, viewer.person_id) == (f"akey_{key.id.hex}", None)
    assert key.text not in repr(key)
    assert await owner.fetchval("SELECT key_hash FROM api_key") == key_hash(key.text)
    assert key.text not in str(await owner.fetch("SELECT * FROM api_key"))


async def test_a_revoked_key_lets_nobody_in(db, owner):
    account_id = await an_account(owner)
    async with db.system() as tx:
        key = await actions.create_api_key(tx, account_id, "old laptop")
        kept = await actions.create_api_key(tx, account_id, "new laptop")
        await actions.revoke_api_key(tx, account_id, key.id)
    revoked_at = await owner.fetchval("SELECT revoked_at FROM api_key WHERE id = $1", key.id)

    async with db.system() as tx:
        await actions.revoke_api_key(tx, account_id, key.id)

    assert await actions.viewer_of_key(db, key.text) is None
    assert await actions.viewer_of_key(db, kept.text) is not None
    again = await owner.fetchval("SELECT revoked_at FROM api_key WHERE id = $1", key.id)
    assert again == revoked_at


async def test_an_unknown_key_lets_nobody_in(db):
    for text in ("", "clk_nonsense", key_text(b"\7" * 32)):
        assert await actions.viewer_of_key(db, text) is None


async def test_another_accounts_key_cannot_be_revoked(db, owner):
    account_id, other_id = await an_account(owner), await an_account(owner)
    async with db.system() as tx:
        key = await actions.create_api_key(tx, account_id, "mine")

    async with db.system() as tx:
        with pytest.raises(NotFound):
            await actions.revoke_api_key(tx, other_id, key.id)

    assert await actions.viewer_of_key(db, key.text) is not None


async def test_what_is_not_there_is_not_found(db):
    async with db.system() as tx:
        with pytest.raises(NotFound):
            await actions.create_api_key(tx, uuid4(), "key")
        with pytest.raises(NotFound):
            await actions.set_plan(tx, uuid4(), Plan.LAUNCH)
        with pytest.raises(NotFound):
            await actions.may_connect_amazon(tx, uuid4())
        with pytest.raises(InvalidInput):
            await actions.create_account(tx, " ", None, NOW)


async def test_an_account_makes_and_revokes_its_own_keys_and_never_sees_a_hash(db, owner):
    account_id, other_id = await an_account(owner), await an_account(owner)
    async with db.transaction(account_id) as tx:
        key = await actions.create_api_key(tx, account_id, "key", created_by="pers_1")
        assert [(it.id, it.created_by) for it in await actions.api_keys(tx, account_id)] == [
            (key.id, "pers_1")
        ]

    async with db.transaction(account_id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetch("SELECT key_hash FROM api_key")
    async with db.transaction(other_id) as tx:
        with pytest.raises(NotFound):
            await actions.revoke_api_key(tx, other_id, key.id)
        assert await tx.fetchval("SELECT count(*) FROM api_key") == 0
    assert await actions.viewer_of_key(db, key.text) is not None

    async with db.transaction(account_id) as tx:
        await actions.revoke_api_key(tx, account_id, key.id)
    assert await actions.viewer_of_key(db, key.text) is None


@pytest.mark.parametrize("scopes", [{Scope.READ}, {Scope.DECIDE, Scope.READ}, set(Scope)])
async def test_a_key_has_the_scopes_that_it_was_given(db, owner, scopes):
    account_id = await an_account(owner)
    async with db.system() as tx:
        key = await actions.create_api_key(tx, account_id, "key", frozenset(scopes))
        [known] = await actions.api_keys(tx, account_id)

    viewer = await actions.viewer_of_key(db, key.text)

    assert viewer.seat.scopes == known.scopes == scopes
    assert known.prefix == key.text[:10]


async def test_nobody_makes_a_key_that_may_more_than_they(db, owner):
    account_id = await an_account(owner)
    make = partial(actions.create_api_key, account_id=account_id, name="key")
    mine = frozenset({Scope.READ, Scope.ADMINISTER})
    async with db.transaction(account_id) as tx:
        with pytest.raises(ScopesNotHeld, match="MANAGE, DECIDE") as refused:
            await make(tx, scopes=frozenset(Scope), of_maker=mine)
        with pytest.raises(InvalidInput, match="one scope"):
            await make(tx, scopes=frozenset(), of_maker=mine)
        await make(tx, scopes=mine, of_maker=mine)

    assert refused.value.scopes == (Scope.MANAGE, Scope.DECIDE)
    assert await owner.fetchval("SELECT count(*) FROM api_key") == 1


async def test_a_key_past_its_end_lets_nobody_in(db, owner):
    account_id = await an_account(owner)
    soon = datetime.now(UTC) + timedelta(days=1)
    async with db.system() as tx:
        with pytest.raises(InvalidInput, match="future"):
            await actions.create_api_key(tx, account_id, "key", expires_at=soon - timedelta(days=2))
        key = await actions.create_api_key(tx, account_id, "key", expires_at=soon)
    assert await actions.viewer_of_key(db, key.text) is not None

    await owner.execute("UPDATE api_key SET expires_at = now()")

    assert await actions.viewer_of_key(db, key.text) is None


async def test_the_use_of_a_key_is_noted_once_a_minute(db, owner):
    account_id = await an_account(owner)
    async with db.system() as tx:
        key = await actions.create_api_key(tx, account_id, "key")
    row = "SELECT last_used_at, xmin::text FROM api_key"
    assert (await owner.fetchrow(row))["last_used_at"] is None

    await asyncio.gather(*(actions.viewer_of_key(db, key.text) for _ in range(50)))
    noted = await owner.fetchrow(row)
    await asyncio.gather(*(actions.viewer_of_key(db, key.text) for _ in range(50)))

    assert noted["last_used_at"] is not None
    assert await owner.fetchrow(row) == noted
    await owner.execute("UPDATE api_key SET last_used_at = now() - interval '1 minute'")
    before = await owner.fetchrow(row)
    await actions.viewer_of_key(db, key.text)
    assert (await owner.fetchrow(row))["last_used_at"] > before["last_used_at"]


async def test_whoever_is_let_in_while_another_notes_it_does_not_wait(db, owner):
    account_id = await an_account(owner)
    async with db.system() as tx:
        key = await actions.create_api_key(tx, account_id, "key")
    async with asyncio.timeout(30), owner.transaction():
        await owner.execute("SELECT FROM api_key FOR UPDATE")

        assert await actions.viewer_of_key(db, key.text) is not None


async def test_the_keys_of_an_account_are_listed_without_their_texts(db, owner):
    account_id = await an_account(owner)
    async with db.system() as tx:
        first = await actions.create_api_key(tx, account_id, "front end")
        second = await actions.create_api_key(tx, account_id, "reports")
        await actions.revoke_api_key(tx, account_id, first.id)
        found = await actions.api_keys(tx, account_id)
        with pytest.raises(NotFound):
            await actions.api_keys(tx, uuid4())

    assert [(key.id, key.name) for key in found] == [
        (first.id, "front end"),
        (second.id, "reports"),
    ]
    assert [key.revoked_at is None for key in found] == [False, True]
