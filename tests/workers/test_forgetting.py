"""What is kept for a while only, and no longer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.idempotency import actions as idempotency
from domain.idempotency.rules import Claimed
from domain.sealing import Keyring
from tests.factories import NOW, an_account
from tests.people import a_member_invitation, a_one_time_token, a_person, a_session
from workers.forgetting import forget, plan_forgetting

NIL = UUID(int=0)
KEYRING = Keyring("k1", {"k1": bytes(32)})
SECOND = timedelta(seconds=1)
KEPT = {
    "attempt": timedelta(minutes=16),
    "idempotent_answer": timedelta(hours=24),
    "one_time_token": timedelta(hours=48),
    "session": timedelta(days=7),
    "mail": timedelta(days=30),
    "member_invitation_token": timedelta(days=37),
}
"""How long after it was made each may be forgotten."""


async def one_of_each(db, owner) -> None:
    ann = await a_person(owner)
    await a_one_time_token(owner, ann, expires_at=NOW + timedelta(hours=48))
    await a_session(owner, ann, seen_at=NOW, expires_at=NOW + timedelta(days=30))
    await a_member_invitation(
        owner, await an_account(owner), "bob@example.com", expires_at=NOW + timedelta(days=7)
    )
    await owner.execute("INSERT INTO attempt VALUES ('x', $1, 1)", NOW)
    await owner.execute(
        "INSERT INTO mail (recipient, subject, created_at) VALUES ('a', 'b', $1)", NOW
    )
    async with db.system() as tx:
        claimed = await idempotency.claim(tx, NIL, "pers_1", "key", "signIn", b"", NOW)
        assert isinstance(claimed, Claimed)
        await idempotency.keep(tx, claimed, b"{}", KEYRING)


async def left(owner) -> set[str]:
    return {name for name in KEPT if await owner.fetchval(f"SELECT count(*) FROM {name}")}


async def test_everything_has_its_time_and_is_forgotten_after_it(db, owner):
    await one_of_each(db, owner)

    for name, kept in KEPT.items():
        later = {other for other, longer in KEPT.items() if longer > kept}
        await forget(db, NOW + kept - SECOND, NOW + kept - SECOND)
        assert await left(owner) == {name, *later}
        await forget(db, NOW + kept + SECOND, NOW + kept + SECOND)
        assert await left(owner) == later


async def test_a_rehearsal_ends_nobodys_session(db, owner):
    await one_of_each(db, owner)

    await forget(db, NOW, NOW + timedelta(days=365))

    assert await left(owner) == KEPT.keys() - {"mail"}


async def test_it_is_promised_once_a_day(db, owner):
    for hours in (0, 1, 11, 12, 13, 36):
        async with db.system() as tx:
            await owner.execute("DELETE FROM duty WHERE run_at < $1", NOW + timedelta(hours=12))
            await plan_forgetting(tx, NOW + timedelta(hours=hours))
        duties = await owner.fetchval("SELECT count(*) FROM duty WHERE kind = 'forget_old'")
        assert duties == (1 if hours in (0, 12, 13, 36) else 0), hours
