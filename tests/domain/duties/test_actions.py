"""Duties as rows: promised, claimed, kept, failed."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.duties import actions, queries
from domain.duties.rules import Again, BeingDone, Dead, Duty, Kind
from domain.errors import NotFound

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("owner"),  # empties the table
]

NOW = datetime(2026, 8, 1, 8, tzinfo=UTC)
ACCOUNT = UUID(int=1)
MINUTE = timedelta(minutes=1)


async def promise(
    db: Database, subject: str = "s", kind: Kind = Kind.SETTLE, account_id: UUID = ACCOUNT,
    at: datetime = NOW, **payload: Any,
) -> None:  # fmt: skip
    async with db.transaction(account_id) as tx:
        await actions.promise(tx, kind, subject, account_id, payload, at)


async def claim(db: Database, now: datetime = NOW, most: int = 10) -> list[Duty]:
    async with db.system() as tx:
        return await queries.claim_due(tx, now, most)


async def finish(db: Database, duty: Duty) -> None:
    async with db.system() as tx:
        await queries.finish(tx, duty)


async def fail(db: Database, duty: Duty, error: str = "no", at: datetime = NOW) -> Again | Dead:
    async with db.system() as tx:
        return await actions.fail(tx, duty, error, at)


async def lapse(owner: asyncpg.Connection) -> None:
    """Every lease is over."""
    await owner.execute("UPDATE duty SET lease_until = now() - interval '1 second'")


async def rows(owner: asyncpg.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in await owner.fetch("SELECT * FROM duty ORDER BY id")]


async def test_one_duty_is_open_per_kind_and_subject(db: Database, owner: asyncpg.Connection):
    await promise(db)
    await promise(db, at=NOW + MINUTE)
    await promise(db, kind=Kind.PULL_REPORT)
    await promise(db, "other")

    assert len(await rows(owner)) == 3
    assert [duty.subject for duty in await claim(db, most=1)] == ["s"]


async def test_what_waits_long_after_a_failure_is_done_when_it_is_promised_anew(
    db: Database, owner: asyncpg.Connection
):
    """A second consent's code lives for five minutes, and a failure may wait for hours;
    a person who accepted a listing is not forgotten because somebody else asked for one."""
    await promise(db, accepted=True, until="noon")
    [duty] = await claim(db)
    await fail(db, duty)
    async with db.system() as tx:
        await queries.release(tx, (await claim(db, NOW + MINUTE))[0], NOW + 300 * MINUTE, None, "")

    await promise(db, at=NOW + MINUTE, until="night")
    await promise(db, at=NOW + 2 * MINUTE)

    [again] = await claim(db, NOW + MINUTE)
    assert (again.attempts, again.payload) == (1, {"accepted": True, "until": "night"})


async def test_a_promise_comes_and_goes_with_its_transaction(
    db: Database, owner: asyncpg.Connection
):
    async def change_that_fails() -> None:
        async with db.transaction(ACCOUNT) as tx:
            await actions.promise(tx, Kind.SETTLE, "s", ACCOUNT, {}, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_that_fails()
    assert await rows(owner) == []


async def test_nothing_is_claimed_before_its_time(db: Database):
    await promise(db, at=NOW + MINUTE)

    assert await claim(db) == []
    assert len(await claim(db, NOW + MINUTE)) == 1


async def test_the_longest_due_are_claimed_first(db: Database):
    for minutes in (3, 1, 4, 2):
        await promise(db, str(minutes), at=NOW + minutes * MINUTE)

    first = await claim(db, NOW + timedelta(hours=1), most=2)

    assert {duty.subject for duty in first} == {"1", "2"}


async def test_a_consents_code_waits_behind_nothing(db: Database):
    """It lives for five minutes, and at a store's midnight every report of the day is due."""
    for number in range(9):
        await promise(db, str(number), Kind.PULL_REPORT, at=NOW - number * MINUTE)
    await promise(db, "code", Kind.EXCHANGE_CODE)
    await promise(db, "not yet", Kind.EXCHANGE_CODE, at=NOW + MINUTE)

    [first] = await claim(db, most=1)
    [second] = await claim(db, most=1)

    assert (first.subject, second.subject) == ("code", "8")


async def test_each_duty_is_one_claimers_alone(db: Database, url: str):
    """Twenty claim at once until there is nothing left."""
    for number in range(100):
        await promise(db, str(number))

    connected = asyncio.Barrier(20)

    async def work(many: Database) -> list[Duty]:
        async with many.system():
            await connected.wait()
        got: list[Duty] = []
        while found := await claim(many, most=3):
            assert len(found) <= 3
            got += found
        return got

    async with Database(url, system_size=20) as many:
        claimed = await asyncio.gather(*(work(many) for _ in range(20)))

    taken = Counter(duty.subject for one in claimed for duty in one)
    assert taken == Counter(map(str, range(100)))
    assert sum(bool(one) for one in claimed) > 1


async def test_promises_made_at_once_are_one(db: Database, url: str):
    async with Database(url, app_size=20) as many:
        await asyncio.gather(*(promise(many) for _ in range(20)))
    assert len(await claim(db)) == 1


async def test_what_is_leased_is_taken_over_when_the_lease_ends(
    db: Database, owner: asyncpg.Connection
):
    await promise(db)
    [first] = await claim(db)
    assert await claim(db) == []

    await lapse(owner)
    [second] = await claim(db)

    assert (first.id, first.attempts, second.attempts) == (second.id, 1, 2)
    assert first.lease_token != second.lease_token


async def test_a_heartbeat_keeps_the_lease(db: Database, owner: asyncpg.Connection):
    await promise(db)
    [duty] = await claim(db)
    await lapse(owner)
    async with db.system() as tx:
        await queries.extend(tx, duty)

    assert await claim(db) == []


async def test_who_lost_the_lease_neither_finishes_nor_puts_back(
    db: Database, owner: asyncpg.Connection
):
    await promise(db)
    [stale] = await claim(db)
    await lapse(owner)
    [holder] = await claim(db)
    before = await rows(owner)

    await finish(db, stale)
    await fail(db, stale)
    async with db.system() as tx:
        await actions.give_up(tx, stale, "no", NOW)
        await queries.postpone(tx, stale, NOW + MINUTE)
        await queries.extend(tx, stale)

    assert await rows(owner) == before
    await finish(db, holder)
    assert await rows(owner) == []


async def test_a_failure_puts_back_with_its_error(db: Database, owner: asyncpg.Connection):
    await promise(db)
    [duty] = await claim(db)

    assert await fail(db, duty, "Amazon is down") == Again(NOW + MINUTE)

    [row] = await rows(owner)
    assert (row["last_error"], row["run_at"], row["dead_at"]) == (
        "Amazon is down", NOW + MINUTE, None,
    )  # fmt: skip
    assert await claim(db, NOW + MINUTE - timedelta(seconds=1)) == []
    [again] = await claim(db, NOW + MINUTE)
    assert again.attempts == 2


async def test_twelve_failures_are_the_end_and_the_error_is_kept(
    db: Database, owner: asyncpg.Connection
):
    await promise(db)
    now = NOW
    for attempt in range(1, 13):
        [duty] = await claim(db, now)
        verdict = await fail(db, duty, f"failed {attempt} times", now)
        now = verdict.at if isinstance(verdict, Again) else now
    assert verdict == Dead()

    assert await claim(db, NOW + timedelta(days=365)) == []
    [row] = await rows(owner)
    assert (row["dead_at"], row["last_error"]) == (now, "failed 12 times")
    assert now - NOW == timedelta(minutes=1231)


async def test_a_dead_duty_is_revived_by_a_new_promise(db: Database, owner: asyncpg.Connection):
    await promise(db, day=1)
    [duty] = await claim(db)
    async with db.system() as tx:
        await actions.give_up(tx, duty, "a person has to look", NOW)
    assert await claim(db) == []

    await promise(db, at=NOW + MINUTE, day=2)

    [again] = await claim(db, NOW + MINUTE)
    assert (again.id, again.attempts, again.payload) == (duty.id, 1, {"day": 2})


async def test_waiting_counts_no_attempt(db: Database):
    await promise(db)
    for number in range(20):
        [duty] = await claim(db, NOW + number * MINUTE)
        assert duty.attempts == 1
        async with db.system() as tx:
            await queries.postpone(tx, duty, NOW + (number + 1) * MINUTE)


async def keep(tx: Any, duty: Duty) -> None:
    await queries.finish(tx, duty)


async def give_up(tx: Any, duty: Duty) -> None:
    await actions.give_up(tx, duty, "no", NOW)


async def put_back(tx: Any, duty: Duty) -> None:
    await actions.fail(tx, duty, "no", NOW)


async def put_off(tx: Any, duty: Duty) -> None:
    await queries.postpone(tx, duty, NOW + timedelta(days=1))


@pytest.mark.parametrize("end", [keep, give_up, put_back, put_off])
async def test_what_is_promised_while_it_is_done_is_done_once_more(
    db: Database, owner: asyncpg.Connection, end: Any
):
    """Who is at it may have looked before the change that the new promise is about."""
    await promise(db, day=1)
    [duty] = await claim(db)
    await promise(db, at=NOW + MINUTE, day=2)
    assert await claim(db, NOW + MINUTE) == []

    async with db.system() as tx:
        await end(tx, duty)

    assert await claim(db) == []
    [again] = await claim(db, NOW + MINUTE)
    assert (again.attempts, again.payload) == (1, {"day": 2})
    await finish(db, again)
    assert await rows(owner) == []


async def test_an_account_sees_its_own_duties_only(db: Database):
    other = UUID(int=2)
    await promise(db, "mine")
    await promise(db, "theirs", account_id=other)

    async with db.account(ACCOUNT) as tx:
        assert [row["subject"] for row in await tx.fetch("SELECT subject FROM duty")] == ["mine"]
        assert await tx.execute("UPDATE duty SET run_at = now()") == "UPDATE 1"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.execute("DELETE FROM duty")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with db.transaction(ACCOUNT) as tx:
            await actions.promise(tx, Kind.SETTLE, "forged", other, {}, NOW)
    async with db.account(uuid4()) as tx:
        assert await tx.fetch("SELECT subject FROM duty") == []


async def test_a_kind_of_a_newer_release_is_left_to_it(db: Database, owner: asyncpg.Connection):
    """It neither stops this worker nor uses an attempt up."""
    await promise(db, "known")
    await owner.execute(
        "INSERT INTO duty (kind, subject, account_id, run_at) VALUES ('teleport', 's', $1, $2)",
        ACCOUNT, NOW - MINUTE,
    )  # fmt: skip

    assert [duty.subject for duty in await claim(db)] == ["known"]
    assert [row["attempts"] for row in await rows(owner) if row["kind"] == "teleport"] == [0]


async def test_an_error_of_any_text_can_be_kept(db: Database, owner: asyncpg.Connection):
    await promise(db)
    [duty] = await claim(db)

    await fail(db, duty, "a NUL \0 and more" + "!" * 5000)

    [row] = await rows(owner)
    assert row["last_error"].startswith("a NUL \N{REPLACEMENT CHARACTER} and more!")
    assert len(row["last_error"]) == 2000


async def test_a_dead_and_a_waiting_duty_are_tried_again_at_once(
    db: Database, owner: asyncpg.Connection
):
    await promise(db, "dead")
    await promise(db, "waits", at=NOW + 300 * MINUTE)
    [duty] = await claim(db)
    async with db.system() as tx:
        await actions.give_up(tx, duty, "a person has to look", NOW)
    ids = [row["id"] for row in await rows(owner)]

    async with db.transaction(ACCOUNT) as tx:
        assert await actions.retry(tx, ACCOUNT, ids, NOW + MINUTE) == dict.fromkeys(ids)

    assert {one["last_error"] for one in await rows(owner)} == {"a person has to look", None}
    again = await claim(db, NOW + MINUTE)
    assert {(one.subject, one.attempts) for one in again} == {("dead", 1), ("waits", 1)}


async def test_what_is_being_done_or_gone_or_anothers_is_not_tried_again(
    db: Database, owner: asyncpg.Connection
):
    other = UUID(int=2)
    await promise(db, "being done")
    [busy] = await claim(db)
    await promise(db, "theirs", account_id=other)
    [theirs] = [row["id"] for row in await rows(owner) if row["subject"] == "theirs"]
    gone = uuid4()
    before = await rows(owner)

    async with db.transaction(ACCOUNT) as tx:
        verdicts = await actions.retry(tx, ACCOUNT, [busy.id, theirs, gone], NOW)

    assert isinstance(verdicts[busy.id], BeingDone)
    assert "Look again" in str(verdicts[busy.id])
    assert {type(verdicts[id]) for id in (theirs, gone)} == {NotFound}
    assert await rows(owner) == before
    async with db.system() as tx:
        anybodys = await actions.retry_any(tx, [busy.id, theirs, gone], NOW)
    assert [type(anybodys[id]) for id in (busy.id, theirs, gone)] == [
        BeingDone, type(None), NotFound,
    ]  # fmt: skip
    await lapse(owner)
    async with db.transaction(ACCOUNT) as tx:
        assert await actions.retry(tx, ACCOUNT, [busy.id], NOW) == {busy.id: None}


async def test_what_is_tried_again_is_not_kept_by_whoever_came_back(
    db: Database, owner: asyncpg.Connection
):
    """Its lease was over, somebody asked for it anew, and the first one finishes after all."""
    await promise(db)
    [stale] = await claim(db)
    await lapse(owner)
    async with db.transaction(ACCOUNT) as tx:
        await actions.retry(tx, ACCOUNT, [stale.id], NOW)

    await finish(db, stale)

    [again] = await claim(db)
    assert (again.id, again.attempts) == (stale.id, 1)
