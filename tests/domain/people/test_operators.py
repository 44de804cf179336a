from __future__ import annotations

import asyncio

import pytest

from domain.access import Role, Room, Scope
from domain.accounts.actions import viewer_of_key
from domain.errors import InvalidInput
from domain.people import actions, operators, proving, sessions
from domain.people.operators import BegunAlready
from tests.factories import NOW
from tests.letterbox import SENDER
from tests.people import a_person

PASSWORD = "nine lives, one cat"


async def choose(db, token):
    new = await proving.forgotten_password(db, token, PASSWORD, "client", NOW)
    async with db.system() as tx:
        await actions.reset_password(tx, token, new, SENDER, NOW)


async def test_an_empty_installation_begins_with_an_operator_who_owns_an_account(db):
    async with db.system() as tx:
        begun = await operators.begin(tx, " Ann@example.com", "Ann", "Acme", NOW)
    await choose(db, begun.operator.token)
    proven = await proving.credentials(db, "ann@example.com", PASSWORD, "client", NOW)
    async with db.system() as tx:
        session = await actions.sign_in(tx, proven, "Firefox", NOW)

    viewer = await sessions.viewer_of(db, session.token, "operator", NOW)
    account, operator = viewer.seats
    assert (account.room_id, account.role, account.scopes) == (
        begun.account_id, Role.OWNER, frozenset(Scope),
    )  # fmt: skip
    assert operator.room is Room.OPERATOR
    assert (await viewer_of_key(db, begun.key.text)).seat.room_id == begun.account_id
    assert begun.key.text not in repr(begun)
    assert begun.operator.token not in repr(begun)


async def test_an_installation_begins_once_however_many_begin_it(db, owner):
    async def begin(n):
        async with db.system() as tx:
            return await operators.begin(tx, f"p{n}@example.com", "Ann", "Acme", NOW)

    found = await asyncio.gather(*(begin(n) for n in range(8)), return_exceptions=True)

    assert sum(isinstance(one, BegunAlready) for one in found) == 7, found
    for table in ("person", "account", "membership", "api_key"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 1


async def test_what_cannot_begin_leaves_nothing(db, owner):
    for words in (("ann", "Ann", "Acme"), ("ann@example.com", " ", "Acme"),
                  ("ann@example.com", "Ann", " ")):  # fmt: skip
        with pytest.raises(InvalidInput):
            async with db.system() as tx:
                await operators.begin(tx, *words, NOW)

    assert await owner.fetchval("SELECT count(*) FROM person") == 0


async def test_somebody_who_is_there_becomes_an_operator_and_stays_who_they_are(db, owner):
    person_id = await a_person(owner, email="ann@example.com", name="Ann", password_hash="kept")
    async with db.system() as tx:
        made = await operators.create_operator(tx, "ann@example.com", "Anna", NOW)

    row = await owner.fetchrow("SELECT * FROM person")
    assert (made.person_id, row["name"], row["password_hash"]) == (person_id, "Ann", "kept")
    assert row["operator_since"] == NOW


async def test_a_password_that_a_stranger_chose_makes_no_operator(db, owner):
    """Somebody signed up with the address and could not verify it."""
    await a_person(owner, email="ann@example.com", email_verified_at=None, password_hash="theirs")
    async with db.system() as tx:
        await operators.create_operator(tx, "ann@example.com", "Ann", NOW)

    assert await owner.fetchval("SELECT password_hash FROM person") is None
