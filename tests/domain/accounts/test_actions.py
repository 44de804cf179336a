from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from domain.accounts import actions
from domain.accounts.keys import key_hash, key_text
from domain.accounts.rules import AmazonNotOffered, Plan, PlanTooLow
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
    assert viewer.account_id == account_id
    assert viewer.actor == f"akey_{key.id.hex}"
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


async def test_the_app_sees_no_keys(db, owner):
    account_id = await an_account(owner)

    async with db.transaction(account_id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await actions.create_api_key(tx, account_id, "key")


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
