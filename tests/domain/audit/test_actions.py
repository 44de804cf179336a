from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.access import Role, Scope
from domain.audit import actions
from domain.audit.rules import Broken, Whole
from domain.errors import Refusal
from domain.members import actions as members
from domain.members import queries
from domain.sealing import Keyring
from tests.factories import NOW, an_account
from tests.people import a_person

KEYRING = Keyring("k1", {"k1": b"\1" * 32})


async def record(db, account_id, *, actor="pers_1", input=None, changes=(), request_id="r1"):
    async with db.transaction(account_id) as tx:
        await actions.record(
            tx, account_id, actor, "pauseOffer", input or {}, changes, request_id, NOW
        )


async def verify(db, account_id):
    async with db.transaction(account_id) as tx:
        return await actions.verify(tx, account_id, at_once=2)


async def test_an_entry_says_who_did_what_to_what(db, owner):
    account_id = await an_account(owner)
    change = {"id": "offr_1", "before": {"name": "a", "rate": 0.5}, "after": {"name": "é\0"}}
    await record(db, account_id, input={"id": "offr_1", "token": "x", "b": 1}, changes=[change])

    [entry] = await owner.fetch("SELECT *, input #>> '{}' AS text FROM audit_entry")

    assert (entry["account_id"], entry["number"], entry["actor"]) == (account_id, 1, "pers_1")
    assert (entry["action"], entry["request_id"], entry["at"]) == ("pauseOffer", "r1", NOW)
    assert entry["text"] == '{"b": 1, "id": "offr_1", "token": "[redacted]"}'
    assert "é\N{REPLACEMENT CHARACTER}" in entry["changes"]
    assert await verify(db, account_id) == Whole(1)


async def test_an_account_that_did_nothing_is_whole(db, owner):
    assert await verify(db, await an_account(owner)) == Whole(0)


async def test_fifty_at_once_make_one_chain(database_of_test, owner):
    account_id = await an_account(owner)
    async with Database(database_of_test, app_size=50) as db:
        await asyncio.gather(*(record(db, account_id, input={"n": n}) for n in range(50)))

        assert await verify(db, account_id) == Whole(50)

    numbers = await owner.fetch("SELECT number FROM audit_entry ORDER BY number")
    assert [row["number"] for row in numbers] == list(range(1, 51))


async def test_accounts_have_chains_of_their_own(db, owner):
    one, other = await an_account(owner), await an_account(owner)
    await asyncio.gather(*(record(db, id) for id in (one, other) * 5))

    assert await verify(db, one) == await verify(db, other) == Whole(5)


async def test_what_was_rolled_back_leaves_no_gap(db, owner):
    account_id = await an_account(owner)
    await record(db, account_id)
    async with db.account(account_id) as tx:
        transaction = tx.transaction()
        await transaction.start()
        await actions.record(tx, account_id, "a", "b", {}, [], None, NOW)
        await transaction.rollback()
    await record(db, account_id)

    assert await verify(db, account_id) == Whole(2)


TAMPERING = {
    "altered": ("UPDATE audit_entry SET input = '{\"n\": 7}' WHERE number = 3", 3),
    "of another": ("UPDATE audit_entry SET actor = 'pers_2' WHERE number = 2", 2),
    "at another time": ("UPDATE audit_entry SET at = at + interval '1us' WHERE number = 1", 1),
    "without its hash": ("UPDATE audit_entry SET hash = NULL WHERE number = 4", 4),
    "removed": ("DELETE FROM audit_entry WHERE number = 3", 3),
    "first removed": ("DELETE FROM audit_entry WHERE number = 1", 1),
    "last removed": ("DELETE FROM audit_entry WHERE number = 5", 5),
    "all removed": ("DELETE FROM audit_entry", 1),
    "taken out of the chain": ("UPDATE audit_entry SET number = NULL WHERE number = 2", 2),
    "swapped": (
        """UPDATE audit_entry AS one SET input = other.input
             FROM audit_entry AS other
            WHERE (one.number, other.number) IN ((2, 4), (4, 2))""",
        2,
    ),
    "moved to the end": ("UPDATE audit_entry SET number = 6 WHERE number = 2", 2),
    "counted short": ("UPDATE audit_head SET number = 4", 5),
    "counted with another hash": ("UPDATE audit_head SET hash = ''", 5),
    "not counted at all": ("DELETE FROM audit_head", 1),
}


@pytest.mark.parametrize("case", TAMPERING)
async def test_what_was_tampered_with_is_found_and_named(db, owner, case):
    account_id = await an_account(owner)
    for number in range(1, 6):
        await record(db, account_id, input={"n": number})
    assert await verify(db, account_id) == Whole(5)
    sql, number = TAMPERING[case]

    await owner.execute(sql)

    found = await verify(db, account_id)
    assert isinstance(found, Broken)
    assert found.number == number


async def test_nobody_of_the_product_can_tamper(db, owner):
    account_id = await an_account(owner)
    await record(db, account_id)

    for room in (db.transaction(account_id), db.system()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with room as tx:
                await tx.execute("UPDATE audit_entry SET actor = 'x'")
    for room in (db.transaction(account_id), db.system()):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with room as tx:
                await tx.execute("DELETE FROM audit_entry")


async def test_what_was_written_before_there_was_a_chain_does_not_break_it(db, owner):
    account_id = await an_account(owner)
    await owner.execute(
        """INSERT INTO audit_entry (account_id, actor, action, input, at)
           VALUES ($1, 'akey_1', 'createOffer', '{}', $2)""",
        account_id, NOW - timedelta(days=1),
    )  # fmt: skip
    await record(db, account_id)

    assert await verify(db, account_id) == Whole(1)


async def test_what_happens_in_no_account_is_remembered_too(db, owner):
    async with db.system() as tx:
        await actions.record_outside(
            tx, "pers_1", "signIn", {"email": "a@b.c", "password": "x"}, [{"a": 1}], None, NOW
        )

    [entry] = await owner.fetch("TABLE network_audit_entry")
    assert (entry["actor"], entry["action"], entry["at"]) == ("pers_1", "signIn", NOW)
    assert entry["input"] == '{"email": "a@b.c", "password": "[redacted]"}'
    assert entry["changes"] == '[{"a": 1}]'


async def test_first_entries_do_not_wait_in_a_circle_with_whoever_holds_the_account(
    database_of_test, owner
):
    """Members are changed under a lock on the account, to which the first entry points."""

    async def one(db: Database, account_id, locks: bool) -> None:
        async with db.transaction(account_id) as tx:
            if locks:
                await tx.execute(
                    "SELECT FROM account WHERE account_id = $1 FOR NO KEY UPDATE", account_id
                )
            await asyncio.sleep(0)
            await actions.record(tx, account_id, "a", "b", {"n": str(uuid4())}, [], None, NOW)

    async with Database(database_of_test, app_size=20) as db:
        for _ in range(5):
            account_id = await an_account(owner)
            await asyncio.gather(*(one(db, account_id, n % 2 == 0) for n in range(20)))
            assert await verify(db, account_id) == Whole(20)


async def test_changes_at_once_that_are_remembered_last_do_not_wait_in_a_circle(
    database_of_test, owner
):
    """Members come, change, leave and are invited, all at once, each remembered as it is done."""
    account_id = await an_account(owner)
    people = [await a_person(owner) for _ in range(6)]
    drawn = random.Random(20260901)

    async def one(db: Database) -> None:
        by = members.Inviter("akey_1", None, frozenset(Scope), KEYRING, "https://x", NOW)
        person_id, role = drawn.choice(people), drawn.choice(list(Role))
        email = f"{drawn.randint(1, 3)}@example.com"
        async with db.transaction(account_id) as tx:
            found = await queries.member_of_person(tx, account_id, person_id)
            match drawn.randint(1, 4):
                case 1:
                    await members.invite(tx, account_id, email, role, by, NOW)
                case 2:
                    await queries.insert_member(tx, account_id, person_id, role, NOW)
                case 3 if found is not None:
                    await members.remove(tx, account_id, found.id, frozenset(Scope))
                case _ if found is not None:
                    await members.change_role(tx, account_id, found.id, role, by.scopes)
            await actions.record(tx, account_id, "akey_1", "x", {}, [], None, NOW)

    async with Database(database_of_test, app_size=30) as db:
        ends = await asyncio.gather(*(one(db) for _ in range(120)), return_exceptions=True)
        kept = [end for end in ends if end is None]

        assert [end for end in ends if not isinstance(end, Refusal | None)] == []
        assert await verify(db, account_id) == Whole(len(kept))
