"""Events become deliveries, and deliveries arrive: over HTTP, at receivers on this machine."""

from __future__ import annotations

import asyncio
import base64
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from db.pool import Database
from domain.duties import queries as duties
from domain.duties.rules import Duty, Kind
from domain.errors import InvalidInput, NotFound
from domain.webhooks import actions, relaying
from domain.webhooks.endpoint import EndpointDisabled, TooManyReplays
from domain.webhooks.signing import Secret
from tests.factories import an_account, an_affiliate
from tests.hooks import (
    KEYRING,
    START,
    Postroom,
    a_postroom,
    an_endpoint,
    an_event,
    webhook_ids,
)
from tests.people import a_member, a_person
from tests.receivers import Received, a_receiver
from tests.shop import empty
from tests.workers.published import NoLibrary, library
from workers.delivering import deliver_webhooks, relay
from workers.errors import NotYet
from workers.forgetting import forget
from workers.jobs import perform
from workers.lanes import Lanes
from workers.sending.sender import Patience

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shared_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_url)
    yield connection
    await empty(connection)
    await connection.close()


@pytest_asyncio.fixture(loop_scope="module")
async def room(shared_db: Database, owner, tmp_path) -> AsyncIterator[Postroom]:
    async with a_postroom(shared_db, owner, tmp_path) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def account_id(owner: asyncpg.Connection) -> UUID:
    return await an_account(owner)


async def until(happened: Callable[[], bool]) -> None:
    while not happened():  # noqa: ASYNC110 - a receiver tells nobody
        await asyncio.sleep(0.01)


async def held_by(db: Database) -> Duty:
    """The one duty, claimed."""
    async with db.system() as tx:
        [duty] = await duties.claim_due(tx, START + timedelta(days=99), 1, [Kind.DELIVER_WEBHOOKS])
    return duty


async def test_an_event_goes_once_to_each_endpoint_that_listens(
    room: Postroom, account_id: UUID
) -> None:
    owner = room.owner
    stranger, affiliate, other = (
        await an_account(owner),
        *[await an_affiliate(owner) for _ in range(2)],
    )
    url = "https://hooks.example.com/"
    listening, _ = await an_endpoint(owner, account_id, url)
    twice, _ = await an_endpoint(owner, account_id, url)
    await an_endpoint(owner, account_id, url, event_types=["offer.changed"])
    await an_endpoint(owner, account_id, url, deleted_at=START)
    disabled, _ = await an_endpoint(owner, account_id, url, status="DISABLED")
    theirs, _ = await an_endpoint(owner, affiliate, url)
    await an_endpoint(owner, other, url)
    await an_endpoint(owner, stranger, url)
    both = await an_event(owner, account_id, affiliate_ids=[affiliate], sequence=7)
    only_theirs = await an_event(owner, account_id, affiliate_ids=[affiliate], to_account=False)
    await an_event(owner, account_id, type="report.failed")

    assert await relay(room.deps) == 3
    assert await relay(room.deps) == 0

    made = {
        (one["account_id"], one["endpoint_id"], one["event_id"], one["status"])
        for one in await room.deliveries()
    }
    assert made == {
        (account_id, listening, both, "PENDING"),
        (account_id, twice, both, "PENDING"),
        (account_id, disabled, both, "HELD"),
        (affiliate, theirs, both, "PENDING"),
        (affiliate, theirs, only_theirs, "PENDING"),
    }
    promised = await owner.fetch("SELECT kind, account_id, subject, run_at FROM duty")
    assert {tuple(row) for row in promised} == {
        ("deliver_webhooks", account_id, str(listening), START),
        ("deliver_webhooks", account_id, str(twice), START),
        ("deliver_webhooks", affiliate, str(theirs), START),
    }
    assert await owner.fetchval("SELECT count(*) FROM event") == 0


async def test_no_event_is_lost_however_late_it_is_committed(
    room: Postroom, shared_url: str, account_id: UUID
) -> None:
    """Fifty who write, some of whom take it back, while two relay."""
    endpoint_id, _ = await an_endpoint(room.owner, account_id, "https://hooks.example.com/")
    draw, committed, working = random.Random(7), [], True

    async def write(number: int) -> None:
        connection = await asyncpg.connect(shared_url)
        for _ in range(6):
            transaction = connection.transaction()
            await transaction.start()
            ids = []
            for _ in range(draw.randint(1, 4)):
                ids.append(await an_event(connection, account_id))
                await asyncio.sleep(draw.random() * 0.03)
            if number % 10 == 0:
                await transaction.rollback()
            else:
                await transaction.commit()
                committed.extend(ids)
        await connection.close()

    async def keep_relaying() -> int:
        done = 0
        while working:
            done += await relay(room.deps)
            await asyncio.sleep(0.002)
        return done + await relay(room.deps)

    relays = [asyncio.create_task(keep_relaying()) for _ in range(2)]
    await asyncio.gather(*(write(number) for number in range(50)))
    working = False
    assert sum(await asyncio.gather(*relays)) == len(committed)

    made = [(one["endpoint_id"], one["event_id"]) for one in await room.deliveries()]
    assert len(made) == len(committed) > 400
    assert set(made) == {(endpoint_id, id) for id in committed}


async def test_a_delivery_arrives_signed_and_is_recorded(room: Postroom, account_id: UUID) -> None:
    async with a_receiver(status=202, body="danke \0 schön".encode()) as receiver:
        room.allow(receiver.origin)
        endpoint_id, secret = await an_endpoint(room.owner, account_id, f"{receiver.origin}/in?a=1")
        body = '{"type": "conversion.created", "data": "ü 😀"}'
        event_id = await an_event(room.owner, account_id, body=body)
        await room.work()
    [got] = receiver.seen
    assert (got.path, got.body) == ("/in?a=1", body.encode())
    assert got.id == f"evnt_{event_id.hex}"
    assert Webhook(secret.text).verify(got.body, got.headers) == orjson.loads(body)
    delivery = await room.delivery()
    told = ("status", "attempts", "next_attempt_at", "delivered_at", "last_status", "last_error")
    assert [delivery[name] for name in told] == ["DELIVERED", 1, None, START, 202, None]
    [attempt] = await room.attempts()
    assert (attempt["delivery_id"], attempt["at"]) == (delivery["id"], START)
    assert (attempt["status"], attempt["error"]) == (202, None)
    assert attempt["response"] == "danke \N{REPLACEMENT CHARACTER} schön"
    assert (await room.endpoint(endpoint_id))["last_success_at"] == START
    assert await room.duty() is None


async def test_what_was_received_verifies_with_the_library_in_javascript(
    room: Postroom, account_id: UUID, data_dir: Path
) -> None:
    try:
        published = library(data_dir / "standardwebhooks")
    except NoLibrary as reason:
        pytest.skip(f"Only the library in Python is asked: {reason}.")
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        _, secret = await an_endpoint(room.owner, account_id, receiver.origin)
        for body in ("{}", '"ü 😀 \u2028"', '{"a": [1, 2.5, null]}', '"\\u0000"', "[]"):
            await an_event(room.owner, account_id, body=body)
        await room.work()

    def case(got: Received, **otherwise: Any) -> dict[str, Any]:
        body = base64.b64encode(got.body).decode()
        return {"secret": secret.text, "headers": got.headers, "body": body} | otherwise

    good = [case(got) for got in receiver.seen]
    bad = [
        altered
        for got in receiver.seen
        for altered in (
            case(got, secret=Secret.new().text),
            case(got, body=base64.b64encode(got.body + b" ").decode()),
            case(got, headers=got.headers | {"webhook-id": "evnt_1"}),
            case(got, headers=got.headers | {"webhook-timestamp": "1788264000"}),
        )
    ]
    assert published.verified(good + bad) == [True] * 5 + [False] * 20


async def test_ten_attempts_in_three_days_and_then_it_has_failed(
    room: Postroom, account_id: UUID
) -> None:
    """The clock is moved to each attempt, and just before it nothing is sent."""
    async with a_receiver(status=500) as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(room.owner, account_id, receiver.origin)
        await a_member(room.owner, account_id)
        await a_member(room.owner, account_id, role="MANAGER")
        event_id = await an_event(room.owner, account_id)
        await room.work()
        for number in range(1, 10):
            assert len(receiver.seen) == number
            at = (await room.delivery())["next_attempt_at"]
            assert (await room.duty())["run_at"] == at
            room.clock.at = at - timedelta(milliseconds=1)
            await room.work()
            assert len(receiver.seen) == number
            assert len(await room.letters()) == (number >= 4)
            room.clock.at = at
            await room.work()
    assert set(receiver.ids) == {f"evnt_{event_id.hex}"}
    assert len(receiver.ids) == len(await room.attempts()) == 10
    passed = room.clock.at - START
    assert timedelta(hours=75, minutes=35) < passed < timedelta(hours=76) * 1.1
    delivery = await room.delivery()
    assert (delivery["status"], delivery["attempts"]) == ("FAILED", 10)
    assert delivery["next_attempt_at"] is None
    assert delivery["last_error"] == "The receiver answered 500; only 200 to 299 is success."
    endpoint = await room.endpoint(endpoint_id)
    assert (endpoint["status"], endpoint["failures"]) == ("ENABLED", 10)
    assert endpoint["failing_since"] == START
    assert await room.duty() is None


async def test_what_fails_for_five_days_is_disabled_and_its_owner_can_send_all_of_it_again(
    room: Postroom, shared_db: Database
) -> None:
    """An affiliate's endpoint: nothing is sent to it while it is disabled."""
    owner = room.owner
    person_id = await a_person(owner, email="ada@example.com")
    affiliate_id = await an_affiliate(owner, person_id=person_id)
    account_id = await an_account(owner)

    async def happens() -> UUID:
        return await an_event(owner, account_id, affiliate_ids=[affiliate_id], to_account=False)

    async with a_receiver(status=503) as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(owner, affiliate_id, receiver.origin)
        events = [await happens()]
        while (await room.endpoint(endpoint_id))["status"] == "ENABLED":
            await room.work()
            room.pass_time(hours=6)
            if room.clock.at - START == timedelta(days=2):
                events.append(await happens())
        endpoint = await room.endpoint(endpoint_id)
        assert endpoint["disabled_because"] == "FAILING"
        assert endpoint["disabled_at"] - START > timedelta(days=5)
        events.append(await happens())
        sent = len(receiver.seen)
        receiver.status = 200
        for _ in range(5):
            await room.work()
            room.pass_time(hours=30)
        assert len(receiver.seen) == sent
        statuses = [one["status"] for one in await room.deliveries(order="event_id")]
        assert statuses == ["FAILED", "FAILED", "HELD"]
        assert [to for to, _ in await room.letters()] == ["ada@example.com"] * 2

        with pytest.raises(EndpointDisabled):
            async with shared_db.transaction(affiliate_id) as tx:
                await actions.redeliver_failed(tx, affiliate_id, endpoint_id, room.clock.at)
        async with shared_db.transaction(affiliate_id) as tx:
            await actions.enable(tx, affiliate_id, endpoint_id)
            count = await actions.redeliver_failed(tx, affiliate_id, endpoint_id, room.clock.at)
        assert count == 3
        await room.work()
    assert sorted(receiver.ids[sent:]) == webhook_ids(events)
    endpoint = await room.endpoint(endpoint_id)
    assert (endpoint["status"], endpoint["failures"]) == ("ENABLED", 0)
    assert {one["status"] for one in await room.deliveries()} == {"DELIVERED"}


async def test_410_disables_at_once_and_holds_what_waits(room: Postroom, account_id: UUID) -> None:
    await a_member(room.owner, account_id)
    async with a_receiver(status=410) as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(room.owner, account_id, receiver.origin)
        for _ in range(30):
            await an_event(room.owner, account_id)
        await room.work()
    assert len(receiver.seen) == 1
    endpoint = await room.endpoint(endpoint_id)
    assert (endpoint["status"], endpoint["disabled_because"]) == ("DISABLED", "GONE")
    assert Counter(one["status"] for one in await room.deliveries()) == {"HELD": 30}
    assert [about for _, about in await room.letters()] == ["Your webhook endpoint is disabled"]


async def test_of_many_that_wait_for_a_dead_receiver_few_are_tried(
    room: Postroom, account_id: UUID
) -> None:
    """The others keep their attempts and go with the first that is tried again."""
    async with a_receiver(status=500) as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        events = [await an_event(room.owner, account_id) for _ in range(60)]
        await room.work()
        assert len(receiver.seen) == 5
        deliveries = await room.deliveries()
        assert sum(one["attempts"] for one in deliveries) == len(receiver.seen)
        assert {one["status"] for one in deliveries} == {"PENDING"}
        first = min(one["next_attempt_at"] for one in deliveries if one["attempts"])
        assert (await room.duty())["run_at"] == first
        receiver.status = 200
        room.pass_time(seconds=6)
        await room.work()
    assert Counter(receiver.ids[-60:]).keys() == set(webhook_ids(events))


@pytest.mark.parametrize("status", [429, 502, 504])
async def test_who_cannot_keep_up_is_left_alone_for_a_minute(
    room: Postroom, account_id: UUID, status: int
) -> None:
    async with a_receiver(status=status, headers={"Retry-After": "nonsense"}) as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        for _ in range(20):
            await an_event(room.owner, account_id)
        await room.work()
        assert len(receiver.seen) == 1
        assert (await room.duty())["run_at"] >= START + timedelta(minutes=1)


async def test_a_pause_lasts_whatever_happens_meanwhile(room: Postroom, account_id: UUID) -> None:
    """Events promise the endpoint's duty again, and so they do while it is being done."""

    async def happens_too(*_: object) -> None:
        await an_event(room.owner, account_id)
        await relay(room.deps)
        raise ConnectionError

    async with a_receiver(status=504) as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(room.owner, account_id, receiver.origin)
        await an_event(room.owner, account_id)
        await room.work()
        paused_until = (await room.endpoint(endpoint_id))["paused_until"]
        assert paused_until >= START + timedelta(minutes=1)
        for _ in range(5):
            room.pass_time(seconds=10)
            await an_event(room.owner, account_id)
            await room.work()
            assert (await room.duty())["run_at"] == paused_until
        assert len(receiver.seen) == 1

        room.clock.at = paused_until
        receiver.react = happens_too
        await room.work()
        assert len(receiver.seen) == 1 + 5, "a connection that breaks is no overload"
        receiver.react, receiver.status = None, 200
        room.pass_time(minutes=6)
        await room.work()
    assert (await room.endpoint(endpoint_id))["paused_until"] is None
    assert {one["status"] for one in await room.deliveries()} == {"DELIVERED"}


@pytest.mark.parametrize("asked", ["test", "replay", "enable"])
async def test_what_its_owner_asks_for_ends_a_pause(
    room: Postroom, shared_db: Database, account_id: UUID, asked: str
) -> None:
    async with a_receiver(status=504) as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(room.owner, account_id, receiver.origin)
        await an_event(room.owner, account_id)
        await room.work()
        receiver.status = 200
        now = room.clock.at
        async with shared_db.transaction(account_id) as tx:
            if asked == "test":
                await actions.enqueue_test(tx, account_id, endpoint_id, now)
            elif asked == "replay":
                [one] = await room.deliveries()
                await actions.redeliver_one(tx, account_id, endpoint_id, one["id"], now)
            else:
                await actions.disable(tx, account_id, endpoint_id, now)
                await actions.enable(tx, account_id, endpoint_id)
                await an_event(room.owner, account_id)
        await room.work()
    assert len(receiver.seen) == 2


async def test_receivers_that_hang_hold_up_nobody_but_their_owner(
    room: Postroom, account_id: UUID
) -> None:
    """Twenty of them, all older; whoever is well does not wait for the first of them."""
    let_go = asyncio.Event()

    async def hang(*_: object) -> None:
        await let_go.wait()

    async with a_receiver(react=hang) as hanging, a_receiver() as healthy:
        room.allow(hanging.origin, healthy.origin)
        patient = replace(room.deps.sender, patience=Patience(whole_s=60))
        deps = replace(room.deps, sender=patient)
        for _ in range(20):
            await an_endpoint(room.owner, account_id, hanging.origin)
        other = await an_account(room.owner)
        await an_endpoint(room.owner, other, healthy.origin)
        lanes = Lanes(deps, perform)
        working = asyncio.create_task(lanes.work())
        async with asyncio.timeout(20):
            for number in range(1, 4):
                await an_event(room.owner, account_id)
                await relay(deps)
                lanes.wake()
                await until(lambda: bool(hanging.seen))
                await an_event(room.owner, other)
                await relay(deps)
                lanes.wake()
                await until(lambda number=number: len(healthy.seen) >= number)
        assert len(hanging.seen) == 2
        await lanes.stop(grace_s=0)
        await working
        let_go.set()


async def test_whoever_has_lost_the_duty_changes_nothing(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    """Another worker has claimed it while the first was sending."""
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        await an_event(room.owner, account_id)
        await relay(room.deps)
        duty = await held_by(shared_db)

        async def lose(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
            await room.owner.execute("UPDATE duty SET lease_token = $1", uuid4())
            writer.write(receiver.answer())
            await writer.drain()

        receiver.react = lose
        before = await room.delivery()
        await deliver_webhooks(room.deps, duty)
        assert len(receiver.seen) == 1
        assert await room.delivery() == before
        assert await room.attempts() == []

        await deliver_webhooks(room.deps, duty)
        assert len(receiver.seen) == 1, "without the lease nothing is sent"


async def test_who_was_stopped_for_longer_than_the_lease_sends_nothing(
    room: Postroom, shared_db: Database, account_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the batch that it has read before, even if nobody else has come since."""
    stopped_s = 0.0
    monkeypatch.setattr("workers.delivering._TURN_S", 60)
    monkeypatch.setattr(
        "workers.delivering._monotonic", lambda: asyncio.get_running_loop().time() + stopped_s
    )
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        for _ in range(30):
            await an_event(room.owner, account_id)
        await relay(room.deps)
        duty = await held_by(shared_db)

        async def stop(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
            nonlocal stopped_s
            if not stopped_s:
                stopped_s = 21.0
                await room.owner.execute("UPDATE duty SET lease_until = now() - interval '1 s'")
            writer.write(receiver.answer())
            await writer.drain()

        receiver.react = stop
        await deliver_webhooks(room.deps, duty)
    assert 1 <= len(receiver.seen) <= 8, "those that were under way"


async def test_what_has_arrived_is_recorded_also_by_a_worker_that_is_told_to_stop(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    hangs = asyncio.Event()
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        for _ in range(3):
            await an_event(room.owner, account_id)
        await relay(room.deps)
        duty = await held_by(shared_db)

        async def hang(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
            if len(receiver.seen) > 1:
                hangs.set()
                await asyncio.sleep(60)
            writer.write(receiver.answer())
            await writer.drain()

        receiver.react = hang
        task = asyncio.create_task(deliver_webhooks(room.deps, duty))
        await hangs.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    found = Counter((one["status"], one["attempts"]) for one in await room.deliveries())
    assert found == {("DELIVERED", 1): 1, ("PENDING", 0): 2}


async def test_one_that_is_asked_for_again_while_it_is_sent_is_sent_again(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    async with a_receiver(status=500) as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(room.owner, account_id, receiver.origin)
        await an_event(room.owner, account_id)

        async def ask(got: Received, reader: object, writer: asyncio.StreamWriter) -> None:
            if len(receiver.seen) == 1:
                delivery = await room.delivery()
                async with shared_db.transaction(account_id) as tx:
                    await actions.redeliver_one(
                        tx, account_id, endpoint_id, delivery["id"], START - timedelta(seconds=1)
                    )
            else:
                receiver.status = 200
            writer.write(receiver.answer())
            await writer.drain()

        receiver.react = ask
        await room.work()
    assert len(receiver.seen) == 2
    assert (await room.delivery())["status"] == "DELIVERED"


async def test_what_is_asked_for_while_a_disabled_endpoint_is_looked_at_is_sent(
    room: Postroom, account_id: UUID
) -> None:
    """Its owner enables it, and replays what was held, between the look and the holding."""
    db = room.deps.db
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(
            room.owner, account_id, receiver.origin, status="DISABLED"
        )
        await an_event(room.owner, account_id)
        await relay(room.deps)
        async with db.transaction(account_id) as tx:
            await actions.wake(tx, account_id, endpoint_id, START)
        duty = await held_by(db)
        async with db.transaction(account_id) as tx:
            await actions.enable(tx, account_id, endpoint_id)
            assert await actions.redeliver_failed(tx, account_id, endpoint_id, START) == 1
            sending = asyncio.create_task(deliver_webhooks(room.deps, duty))
            await asyncio.sleep(0.3)  # it has seen the endpoint disabled by then
        await sending
        assert len(receiver.seen) == 1
    [delivery] = await room.deliveries()
    assert delivery["status"] == "DELIVERED"


async def test_a_dead_endpoint_holds_up_none_of_the_others(
    room: Postroom, account_id: UUID
) -> None:
    """It has not answered yet when all of the others have everything."""
    seen_then: list[int] = []
    async with a_receiver() as receiver, a_receiver() as dead:

        async def hang(got: Received, reader: object, writer: object) -> None:
            await asyncio.sleep(0.45)
            seen_then.append(len(receiver.seen))
            await asyncio.sleep(60)

        dead.react = hang
        room.allow(receiver.origin, dead.origin)
        await an_endpoint(room.owner, account_id, dead.origin)
        for number in range(19):
            await an_endpoint(room.owner, account_id, f"{receiver.origin}/{number}")
        for _ in range(5):
            await an_event(room.owner, account_id)
        await room.work()
    assert seen_then
    assert min(seen_then) == 19 * 5


async def test_replays_carry_the_same_id_and_the_same_bytes(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        endpoint_id, _ = await an_endpoint(room.owner, account_id, receiver.origin)
        another, _ = await an_endpoint(room.owner, account_id, "https://hooks.example.com/")
        events = [
            await an_event(room.owner, account_id, occurred_at=START - timedelta(hours=number))
            for number in (3, 2, 1)
        ]
        await room.work()
        bodies = {one.id: one.body for one in receiver.seen}
        room.pass_time(days=365)

        async def replay(first: int, last: int) -> int:
            async with shared_db.transaction(account_id) as tx:
                return await actions.redeliver_range(
                    tx, account_id, endpoint_id, START - timedelta(hours=first),
                    START - timedelta(hours=last), room.clock.at,
                )  # fmt: skip

        assert await replay(3, 1) == 2
        await room.work()
        assert sorted(receiver.ids[3:]) == webhook_ids(events[:2])
        assert all(one.body == bodies[one.id] for one in receiver.seen)
        assert await replay(9, 8) == 0
        with pytest.raises(InvalidInput):
            await replay(1, 1)
        of_another = await room.owner.fetchval(
            "SELECT id FROM webhook_delivery WHERE endpoint_id = $1 LIMIT 1", another
        )
        async with shared_db.transaction(account_id) as tx:
            with pytest.raises(NotFound):
                await actions.redeliver_one(tx, account_id, endpoint_id, of_another, room.clock.at)


async def test_more_than_ten_thousand_are_not_replayed_at_once_nor_in_an_hour(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    endpoint_id, _ = await an_endpoint(room.owner, account_id, "https://hooks.example.com/")
    await room.owner.execute(
        """INSERT INTO webhook_delivery (account_id, endpoint_id, event_id, event_type, entity,
                  sequence, occurred_at, body, status, created_at)
           SELECT $1, $2, uuidv7(), 'offer.changed', 'offr', 1, $3, '{}', 'HELD', $3
             FROM generate_series(1, 10001)""",
        account_id, endpoint_id, START,
    )  # fmt: skip
    end = START + timedelta(days=1)
    async with shared_db.transaction(account_id) as tx:
        with pytest.raises(InvalidInput, match="10000"):
            await actions.redeliver_range(tx, account_id, endpoint_id, START, end, START)
        assert await actions.redeliver_failed(tx, account_id, endpoint_id, START) == 10_000
        with pytest.raises(TooManyReplays, match="again at 2026-09-01T13:00:00Z"):
            await actions.redeliver_failed(tx, account_id, endpoint_id, START)
        later = START + timedelta(hours=1)
        assert await actions.redeliver_failed(tx, account_id, endpoint_id, later) == 1
        assert await actions.redeliver_failed(tx, account_id, endpoint_id, later) == 0


async def test_a_test_goes_to_the_endpoint_alone_whatever_it_listens_to(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    affiliate_id = await an_affiliate(room.owner, name="Ada")
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        for owner_id in (account_id, affiliate_id):
            endpoint_id, _ = await an_endpoint(
                room.owner, owner_id, receiver.origin, event_types=["offer.changed"]
            )
            async with shared_db.transaction(owner_id) as tx:
                for _ in range(2):
                    await actions.enqueue_test(tx, owner_id, endpoint_id, START)
        await room.work()
    bodies = sorted(
        (orjson.loads(one.body) for one in receiver.seen),
        key=lambda body: (body["account"]["id"], body["sequence"]),
    )
    assert [body["sequence"] for body in bodies] == [1, 2, 1, 2]
    assert {body["type"] for body in bodies} == {"webhook.test"}
    assert [bodies[0]["account"], bodies[3]["account"]] == [
        {"id": f"acct_{account_id.hex}"},
        {"id": f"affl_{affiliate_id.hex}"},
    ]


async def test_for_a_day_after_a_rotation_either_secret_verifies(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        endpoint_id, first = await an_endpoint(room.owner, account_id, receiver.origin)
        secrets = [first]
        for _ in range(12):
            async with shared_db.transaction(account_id) as tx:
                secrets.append(
                    await actions.rotate(tx, KEYRING, account_id, endpoint_id, room.clock.at)
                )
            room.pass_time(minutes=1)
        await an_event(room.owner, account_id)
        await room.work()
        room.pass_time(hours=24)
        await an_event(room.owner, account_id)
        await room.work()

    def verified(got: Received) -> list[int]:
        good = []
        for number, secret in enumerate(secrets):
            try:
                Webhook(secret.text).verify(got.body, got.headers)
            except Exception:
                continue
            good.append(number)
        return good

    assert [verified(one) for one in receiver.seen] == [[*range(2, 13)], [12]]
    kept = await room.owner.fetch("SELECT sealed_secret FROM webhook_secret")
    assert all(row["sealed_secret"].startswith("v1.k1.") for row in kept)
    assert not any(one.text[6:] in row["sealed_secret"] for one in secrets for row in kept)


async def test_a_deleted_endpoint_gets_nothing_more(room: Postroom, account_id: UUID) -> None:
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        await an_event(room.owner, account_id)
        await relay(room.deps)
        await room.owner.execute("UPDATE webhook_endpoint SET deleted_at = now()")
        await room.work()
    assert receiver.seen == []
    assert await room.duty() is None


async def test_after_four_hundred_days_a_delivery_is_forgotten(
    room: Postroom, shared_db: Database, account_id: UUID
) -> None:
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        for _ in range(2):
            await an_event(room.owner, account_id)
            await room.work()
            room.pass_time(days=1)
    room.pass_time(days=398.5)
    await forget(shared_db, START, room.clock.at)
    assert len(await room.deliveries()) == len(await room.attempts()) == 1


async def test_a_turn_ends_so_that_others_have_one(
    room: Postroom, shared_db: Database, account_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.delivering._TURN_S", -1)
    async with a_receiver() as receiver:
        room.allow(receiver.origin)
        await an_endpoint(room.owner, account_id, receiver.origin)
        for _ in range(20):
            await an_event(room.owner, account_id)
        await relay(room.deps)
        with pytest.raises(NotYet) as later:
            await deliver_webhooks(room.deps, await held_by(shared_db))
        assert later.value.at == START
        assert len(receiver.seen) == 1


async def test_more_events_than_go_in_one_transaction_are_relayed_in_several(
    room: Postroom, account_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "MOST", 4)
    await an_endpoint(room.owner, account_id, "https://hooks.example.com/")
    for _ in range(9):
        await an_event(room.owner, account_id)
    assert await relay(room.deps) == 9
    assert len(await room.deliveries()) == 9
