from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.errors import NotFound
from domain.idempotency import actions, queries
from domain.idempotency.rules import Claimed, IdempotencyKeyReused, Known, request_hash
from domain.sealing import Keyring, UnknownKey
from tests.factories import NOW, an_account

KEYRING = Keyring("k1", {"k1": b"\1" * 32})
BODY = request_hash({"query": "mutation { pause }"})
NIL = UUID(int=0)
DAY = timedelta(hours=24)


async def claim(tx, room_id, *, caller="pers_1", key="one", place="pause", body=BODY, now=NOW):
    return await actions.claim(tx, room_id, caller, key, place, body, now)


async def once(db, room_id, answer=b'{"a": 1}', **asked) -> bytes:
    """What the executor does of a mutation: claim, act, keep; or the answer of before."""
    async with db.transaction(room_id) as tx:
        match await claim(tx, room_id, **asked):
            case Claimed() as claimed:
                await actions.keep(tx, claimed, answer, KEYRING)
                return answer
            case Known() as known:
                return actions.open(known, KEYRING)


async def test_the_same_request_again_has_the_same_answer(db, owner):
    account_id = await an_account(owner)

    first = await once(db, account_id, b'{"id":"\xc3\xa9"}')

    assert await once(db, account_id, b"another") == first == b'{"id":"\xc3\xa9"}'
    assert await once(db, account_id, b"x", now=NOW + DAY - timedelta(seconds=1)) == first


async def test_another_request_under_the_same_key_is_refused(db, owner):
    account_id = await an_account(owner)
    await once(db, account_id)

    with pytest.raises(IdempotencyKeyReused, match="choose a new key"):
        await once(db, account_id, body=request_hash("another"))


@pytest.mark.parametrize("other", [{"caller": "pers_2"}, {"key": "two"}, {"place": "resume"}])
async def test_keys_of_others_and_of_other_places_are_others(db, owner, other):
    account_id = await an_account(owner)
    await once(db, account_id, b"one")

    assert await once(db, account_id, b"other", **other) == b"other"


async def test_rooms_know_nothing_of_each_others_keys(db, owner):
    one, other = await an_account(owner), await an_account(owner)
    await once(db, one, b"one")

    assert await once(db, other, b"other") == b"other"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.transaction(one) as tx:
            await claim(tx, other, key="planted")


async def test_what_was_rolled_back_was_never_asked(db, owner):
    account_id = await an_account(owner)

    async def refused() -> None:
        async with db.transaction(account_id) as tx:
            await claim(tx, account_id)
            raise NotFound("offer", "offr_1")

    with pytest.raises(NotFound):
        await refused()

    assert await once(db, account_id, b"now") == b"now"


async def test_an_answer_of_yesterday_counts_as_absent(db, owner):
    account_id = await an_account(owner)
    await once(db, account_id, b"old")

    again = await once(db, account_id, b"new", body=request_hash("another"), now=NOW + DAY)

    assert again == b"new"
    assert await once(db, account_id, body=request_hash("another"), now=NOW + DAY) == b"new"


async def test_fifty_at_once_are_done_once_and_answered_fifty_times(database_of_test, owner):
    account_id = await an_account(owner)

    async def one(db: Database) -> bytes:
        async with db.transaction(account_id) as tx:
            match await claim(tx, account_id):
                case Claimed() as claimed:
                    await tx.execute(
                        """INSERT INTO audit_entry (account_id, actor, action, input, at)
                           VALUES ($1, 'test', 'effect', '{}', $2)""",
                        account_id, NOW,
                    )  # fmt: skip
                    await asyncio.sleep(0.01)
                    answer = uuid4().hex.encode()
                    await actions.keep(tx, claimed, answer, KEYRING)
                    return answer
                case Known() as known:
                    return actions.open(known, KEYRING)

    async with Database(database_of_test, app_size=50) as db:
        answers = await asyncio.gather(*(one(db) for _ in range(50)))

    assert len(set(answers)) == 1
    assert await owner.fetchval("SELECT count(*) FROM audit_entry") == 1


async def test_when_the_first_of_many_is_refused_another_does_it(database_of_test, owner):
    account_id = await an_account(owner)
    refused: list[int] = []

    async def one(db: Database, number: int) -> bytes:
        async with db.transaction(account_id) as tx:
            match await claim(tx, account_id):
                case Claimed() as claimed:
                    await asyncio.sleep(0)
                    if len(refused) < 5:
                        refused.append(number)
                        raise NotFound("offer", "offr_1")
                    await actions.keep(tx, claimed, b"done", KEYRING)
                    return b"done"
                case Known() as known:
                    return actions.open(known, KEYRING)

    async with Database(database_of_test, app_size=20) as db:
        ends = await asyncio.gather(*(one(db, n) for n in range(20)), return_exceptions=True)

    assert [type(end) for end in ends].count(NotFound) == 5
    assert ends.count(b"done") == 15


async def test_an_answer_is_kept_sealed_and_opens_only_in_its_place(db, owner):
    account_id = await an_account(owner)
    await once(db, account_id, b"clk_secret")

    [sealed] = [row["sealed_answer"] for row in await owner.fetch("TABLE idempotent_answer")]

    assert "clk_secret" not in sealed
    with pytest.raises(Exception, match="does not open"):
        actions.open(Known(Claimed(account_id, "pers_2", "one", "pause"), sealed), KEYRING)
    with pytest.raises(UnknownKey):
        actions.open(
            Known(Claimed(account_id, "pers_1", "one", "pause"), sealed),
            Keyring("k2", {"k2": b"\2" * 32}),
        )


async def test_old_answers_are_forgotten_in_batches_and_young_ones_stay(db, owner):
    account_id = await an_account(owner)
    for number in range(5):
        await once(db, account_id, key=f"old {number}")
    await once(db, account_id, key="young", now=NOW + timedelta(seconds=1))

    async with db.system() as tx:
        assert await queries.delete_old(tx, NOW, 3) == 3
        assert await actions.forget_old(tx, NOW + DAY) == 2
        assert await actions.forget_old(tx, NOW + DAY) == 0

    assert await owner.fetchval("SELECT key FROM idempotent_answer") == "young"


async def test_rooms_of_nobody_are_the_systems(db):
    async with db.system() as tx:
        claimed = await claim(tx, NIL)
        assert isinstance(claimed, Claimed)
        await actions.keep(tx, claimed, b"signed in", KEYRING)
    async with db.system() as tx:
        known = await claim(tx, NIL)
        assert isinstance(known, Known)
        assert actions.open(known, KEYRING) == b"signed in"
