from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from db.pool import Database
from domain.people import attempts, sessions
from domain.people.rules import PER_CLIENT, PER_EMAIL, WINDOW, TooManyAttempts
from tests.factories import NOW

CLIENT = "203.0.113.7"


async def tries(db: Database, times: int, client: str = CLIENT, email: str | None = None) -> int:
    """How many of so many tries at once were let through."""
    found = await asyncio.gather(
        *(attempts.count(db, "sign in", client, email, NOW) for _ in range(times)),
        return_exceptions=True,
    )
    assert all(isinstance(one, TooManyAttempts | attempts.Counted) for one in found), found
    return sum(isinstance(one, attempts.Counted) for one in found)


async def test_an_address_is_tried_ten_times_however_many_try_at_once(db):
    assert await tries(db, 40, email="ann@example.com") == PER_EMAIL == 10
    assert await tries(db, 5, client="198.51.100.1", email=" Ann@Example.com ") == 0
    assert await tries(db, 3, client="198.51.100.1", email="bob@example.com") == 3


async def test_a_client_tries_a_hundred_times_whomever_it_tries(db):
    found = [await tries(db, 10, email=f"p{n}@example.com") for n in range(12)]

    assert sum(found) == PER_CLIENT == 100
    assert await tries(db, 1) == 0
    assert await tries(db, 1, client="203.0.113.8") == 1


async def test_what_is_refused_says_until_when_and_does_not_count(db):
    await tries(db, PER_EMAIL, email="ann@example.com")
    with pytest.raises(TooManyAttempts) as refused:
        await attempts.count(db, "sign in", CLIENT, "ann@example.com", NOW)

    wait = timedelta(seconds=refused.value.retry_after_s)
    assert timedelta(0) < wait <= WINDOW + timedelta(minutes=1)
    assert f"{refused.value.retry_after_s} seconds" in refused.value.message
    with pytest.raises(TooManyAttempts):
        await attempts.count(
            db, "sign in", CLIENT, "ann@example.com", NOW + wait - timedelta(seconds=1)
        )
    assert await attempts.count(db, "sign in", CLIENT, "ann@example.com", NOW + wait)


async def test_one_thing_that_is_tried_does_not_use_up_another(db):
    """Who is kept from guessing at a password can still ask for a letter."""
    await tries(db, PER_EMAIL, email="ann@example.com")

    assert await attempts.count(db, "letter", CLIENT, "ann@example.com", NOW)


async def test_what_was_no_guess_is_taken_back(db):
    for _ in range(3 * PER_EMAIL):
        counted = await attempts.count(db, "sign in", CLIENT, "ann@example.com", NOW)
        async with db.system() as tx:
            await attempts.take_back(tx, counted)

    assert await tries(db, 20, email="ann@example.com") == PER_EMAIL


async def test_neither_addresses_nor_clients_are_kept(db, owner):
    await tries(db, 1, email="ann@example.com")

    [*rows] = await owner.fetch("SELECT * FROM attempt")
    assert len(rows) == 2
    assert all(len(row["subject"]) == 32 for row in rows)


async def test_attempts_are_forgotten_when_they_no_longer_count(db, owner):
    await tries(db, 3, email="ann@example.com")
    async with db.system() as tx:
        await sessions.forget_old(tx, NOW + WINDOW)
    assert await owner.fetchval("SELECT count(*) FROM attempt") == 2
    async with db.system() as tx:
        await sessions.forget_old(tx, NOW + WINDOW + timedelta(minutes=1))
    assert await owner.fetchval("SELECT count(*) FROM attempt") == 0


async def test_many_who_count_and_take_back_at_once_do_not_stand_in_each_others_way(db, owner):
    async def one(n: int) -> None:
        email = f"p{n % 5}@example.com"
        counted = await attempts.count(db, "sign in", f"203.0.113.{n % 3}", email, NOW)
        async with db.system() as tx:
            await attempts.take_back(tx, counted)

    for _ in range(4):
        await asyncio.gather(*(one(n) for n in range(45)))

    assert await owner.fetchval("SELECT sum(attempts) FROM attempt") == 0
