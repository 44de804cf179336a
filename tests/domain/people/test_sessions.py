from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from domain.access import Room
from domain.errors import NotFound
from domain.ids import encode
from domain.people import sessions
from domain.people.rules import ABSOLUTE, FRESH_FOR, FRESH_IN_USE, IDLE, NoSuchSeat
from domain.people.tokens import token_hash
from tests.factories import NOW, an_account, an_affiliate
from tests.people import a_member, a_person, a_session, an_operator

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def begun(db, person_id, now=NOW):
    async with db.system() as tx:
        return await sessions.begin(tx, person_id, "Firefox", now)


async def sessions_of(db, person_id, now=NOW):
    async with db.system() as tx:
        return await sessions.of(tx, person_id, now)


async def test_a_session_lets_its_person_in(db, owner):
    person_id = await a_person(owner)
    session = await begun(db, person_id)

    viewer = await sessions.viewer_of(db, session.token, None, NOW)

    assert viewer is not None
    assert viewer.person_id == person_id
    assert viewer.actor == f"pers_{person_id.hex}"
    assert viewer.session_id == session.session_id
    assert (viewer.seat, viewer.seats, viewer.fresh) == (None, (), True)
    assert session.expires_at == NOW + ABSOLUTE


async def test_a_token_is_256_random_bits_of_which_the_hash_is_kept(db, owner):
    person_id = await a_person(owner)
    tokens = {(await begun(db, person_id)).token for _ in range(20)}

    assert len(tokens) == 20
    assert all(len(token) == 43 for token in tokens)
    kept = str(await owner.fetch("SELECT * FROM session"))
    assert all(token not in kept for token in tokens)
    assert token_hash(tokens.pop()).hex() in await owner.fetchval(
        "SELECT string_agg(encode(token_hash, 'hex'), ' ') FROM session"
    )
    assert (await begun(db, person_id)).token not in repr(await begun(db, person_id))


@pytest.mark.parametrize("token", ["", "x" * 43, "\0", "\ud800", "x" * 100_000])
async def test_what_is_no_token_lets_nobody_in(db, owner, token):
    await a_session(owner, await a_person(owner))

    assert await sessions.viewer_of(db, token, None, NOW) is None


async def test_who_asks_is_found_in_one_round_trip(db, owner):
    person_id = await an_operator(owner)
    await a_member(owner, await an_account(owner), person_id)
    token = await a_session(owner, person_id)
    await sessions.viewer_of(db, token, None, NOW)  # its connection knows the statement from now on
    asked = []
    async with db._system.acquire() as connection:
        inner = connection._con
        inner.add_query_logger(lambda query: asked.append(query.query))
    try:
        assert await sessions.viewer_of(db, token, "operator", NOW + MINUTE)
    finally:
        inner._query_loggers.clear()

    assert len(asked) == 1


async def test_all_seats_of_a_person_are_found_and_one_is_taken(db, owner):
    person_id = await an_operator(owner)
    first, second = await an_account(owner), await an_account(owner)
    await a_member(owner, first, person_id, "OWNER")
    await a_member(owner, second, person_id, "VIEWER")
    await a_member(owner, await an_account(owner))
    affiliate_id = await an_affiliate(owner, person_id=person_id)
    token = await a_session(owner, person_id)

    async def seat(acting_as):
        viewer = await sessions.viewer_of(db, token, acting_as, NOW)
        assert len(viewer.seats) == 4
        return viewer.seat

    assert await seat(None) is None
    assert (await seat(encode("acct", second))).room_id == second
    assert (await seat(encode("affl", affiliate_id))).room is Room.AFFILIATE
    assert (await seat("operator")).room is Room.OPERATOR
    with pytest.raises(NoSuchSeat):
        await seat(encode("acct", await an_account(owner)))


async def test_who_has_one_seat_sits_there(db, owner):
    person_id, account_id = await a_person(owner), await an_account(owner)
    await a_member(owner, account_id, person_id, "MANAGER")

    viewer = await sessions.viewer_of(db, await a_session(owner, person_id), None, NOW)

    assert viewer is not None
    assert viewer.seat is not None
    assert viewer.seat.room_id == account_id


async def test_a_role_that_was_taken_away_is_gone_at_once(db, owner):
    person_id, account_id = await a_person(owner), await an_account(owner)
    await a_member(owner, account_id, person_id)
    token = await a_session(owner, person_id)
    await owner.execute("DELETE FROM membership")

    with pytest.raises(NoSuchSeat):
        await sessions.viewer_of(db, token, encode("acct", account_id), NOW)


@pytest.mark.parametrize(
    ("fields", "lets_in"),
    [
        ({"seen_at": NOW - IDLE + SECOND}, True),
        ({"seen_at": NOW - IDLE}, False),
        ({"expires_at": NOW + SECOND}, True),
        ({"expires_at": NOW}, False),
    ],
)
async def test_a_session_ends_unused_or_old(db, owner, fields, lets_in):
    person_id = await a_person(owner)
    token = await a_session(owner, person_id, **fields)

    assert (await sessions.viewer_of(db, token, None, NOW) is not None) is lets_in
    assert (await sessions_of(db, person_id, NOW) != []) is lets_in


async def test_a_session_that_is_used_lives_until_its_last_day(db, owner):
    session = await begun(db, await a_person(owner))
    now = NOW
    while now < NOW + ABSOLUTE:
        assert await sessions.viewer_of(db, session.token, None, now) is not None
        now += timedelta(days=6)

    assert await sessions.viewer_of(db, session.token, None, now) is None


async def test_use_is_written_down_once_a_minute(db, owner):
    token = await a_session(owner, await a_person(owner))

    async def seen(later):
        before = await owner.fetchval("SELECT xmin FROM session")
        await sessions.viewer_of(db, token, None, NOW + later)
        row = await owner.fetchrow("SELECT seen_at, xmin FROM session")
        return row["seen_at"] - NOW, row["xmin"] != before

    assert await seen(MINUTE - SECOND) == (timedelta(0), False)
    assert await seen(MINUTE) == (MINUTE, True)
    assert await seen(MINUTE + SECOND) == (MINUTE, False)


async def test_a_session_that_was_left_for_long_is_not_fresh_again_by_being_used(db, owner):
    person_id = await a_person(owner)
    token = await a_session(owner, person_id)
    later = NOW + FRESH_IN_USE + SECOND

    answers = [await sessions.viewer_of(db, token, None, moment) for moment in (NOW, later, later)]

    assert [one.fresh for one in answers] == [True, False, False]
    old = await a_session(owner, person_id, begun_at=NOW - FRESH_FOR - SECOND)
    assert not (await sessions.viewer_of(db, old, None, NOW)).fresh


async def test_a_session_that_was_ended_lets_nobody_in_any_more(db, owner):
    """Nothing is remembered between two requests, in whatever process they are."""
    person_id = await a_person(owner)
    tokens = [await a_session(owner, person_id) for _ in range(3)]
    stranger = await a_session(owner, await a_person(owner))
    first, *_ = await sessions_of(db, person_id, NOW)

    async with db.system() as tx:
        await sessions.end(tx, person_id, first.id)
    assert len(await sessions_of(db, person_id, NOW)) == 2
    async with db.system() as tx:
        await sessions.end_all(tx, person_id)

    assert [await sessions.viewer_of(db, token, None, NOW) for token in tokens] == [None] * 3
    assert await sessions.viewer_of(db, stranger, None, NOW) is not None


async def test_nobody_ends_the_session_of_somebody_else(db, owner):
    person_id, other_id = await a_person(owner), await a_person(owner)
    token = await a_session(owner, person_id)
    [session] = await sessions_of(db, person_id, NOW)

    async with db.system() as tx:
        with pytest.raises(NotFound):
            await sessions.end(tx, other_id, session.id)

    assert await sessions.viewer_of(db, token, None, NOW) is not None


async def test_many_requests_of_one_browser_do_not_wait_for_each_other_long(db, owner):
    token = await a_session(owner, await a_person(owner))

    found = await asyncio.gather(
        *(sessions.viewer_of(db, token, None, NOW + MINUTE) for _ in range(40))
    )

    assert all(found)


async def test_sessions_that_are_over_are_forgotten(db, owner):
    person_id = await a_person(owner)
    kept = await a_session(owner, person_id)
    await a_session(owner, person_id, expires_at=NOW)
    await a_session(owner, person_id, seen_at=NOW - IDLE)

    async with db.system() as tx:
        await sessions.forget_old(tx, NOW)

    assert await owner.fetchval("SELECT token_hash FROM session") == token_hash(kept)
