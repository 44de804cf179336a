from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.access import SCOPES, Role, Room, Scope, Seat
from domain.errors import InvalidInput, NotFound
from domain.mail.rules import place_of
from domain.members import actions
from domain.members.actions import Inviter
from domain.members.rules import (
    AddressInvited,
    AlreadyMember,
    InvitationForAnother,
    LastOwner,
    MemberInvitationClosed,
    MemberInvitationUnknown,
    RoleNotHeld,
)
from domain.people import sessions
from domain.people.rules import EmailNotVerified, NoSuchSeat
from domain.people.tokens import token_hash
from domain.sealing import Keyring
from tests.factories import NOW, an_account
from tests.people import a_member, a_member_invitation, a_person, a_session

KEYRING = Keyring("k1", {"k1": b"\1" * 32})
OWNER = Inviter("akey_1", None, frozenset(Scope), KEYRING, "https://app.example", NOW)
EVERYTHING = frozenset(Scope)
WEEK = timedelta(days=7)


async def invite(db, account_id, email="ann@example.com", role=Role.VIEWER, by=OWNER, now=NOW):
    async with db.transaction(account_id) as tx:
        return await actions.invite(tx, account_id, email, role, by, now)


async def accept(db, token, person_id, now=NOW):
    async with db.system() as tx:
        return await actions.accept(tx, token, person_id, now)


async def change(db, account_id, action, *args):
    async with db.transaction(account_id) as tx:
        await action(tx, account_id, *args)


async def letters(owner) -> list[tuple[str, str, str]]:
    """To whom, about what, and what, the oldest first."""
    rows = await owner.fetch(
        "SELECT m.*, d.account_id FROM mail m JOIN duty d ON d.subject = m.id::text ORDER BY m.id"
    )
    return [
        (
            row["recipient"],
            row["subject"],
            KEYRING.open(row["sealed_text"], place_of(row["account_id"], row["id"])),
        )
        for row in rows
    ]


async def tokens(owner) -> list[str]:
    return [re.search("#token=(.+)", text).group(1) for _, _, text in await letters(owner)]


async def roles(owner, account_id) -> list[str]:
    rows = await owner.fetch(
        "SELECT role FROM membership WHERE account_id = $1 ORDER BY role", account_id
    )
    return [row["role"] for row in rows]


async def test_whoever_is_invited_joins_by_the_mail(db, owner):
    account_id = await an_account(owner, name="Acme")
    ada = await a_person(owner, name="Ada Lovelace")
    await a_member(owner, account_id, ada)
    ann = await a_person(owner, email="ann@example.com")
    by = Inviter("pers_1", ada, EVERYTHING, KEYRING, "https://app.example", NOW)

    id = await invite(db, account_id, " Ann@Example.com ", Role.FINANCE, by)

    [(to, subject, text)] = await letters(owner)
    assert (to, subject) == ("ann@example.com", "Acme invites you")
    assert "Ada Lovelace" in text
    [token] = await tokens(owner)
    joined = await accept(db, token, ann)
    assert (joined.account_id, joined.account_name, joined.role) == (account_id, "Acme", "FINANCE")
    member = await owner.fetchrow("SELECT * FROM membership WHERE id = $1", joined.member_id)
    assert (member["person_id"], member["role"], member["joined_at"]) == (ann, "FINANCE", NOW)
    kept = await owner.fetchrow("SELECT * FROM member_invitation WHERE id = $1", id)
    assert (kept["accepted_at"], kept["invited_by"]) == (NOW, "pers_1")


async def test_only_the_hash_of_a_token_is_kept(db, owner):
    account_id = await an_account(owner)
    await invite(db, account_id)
    [token] = await tokens(owner)

    everything = str(await owner.fetch("TABLE member_invitation_token"))
    everything += str(await owner.fetch("TABLE mail")) + str(await owner.fetch("TABLE duty"))

    assert token not in everything
    assert await owner.fetchval("SELECT token_hash FROM member_invitation_token") == token_hash(
        token
    )
    assert len(token) == 43


async def test_an_address_is_invited_once_while_it_has_not_answered(db, owner):
    account_id, other_id = await an_account(owner), await an_account(owner)
    await invite(db, account_id)

    with pytest.raises(AddressInvited, match="Send that invitation again"):
        await invite(db, account_id, "ANN@example.com")

    await invite(db, other_id)
    await invite(db, account_id, now=NOW + WEEK)
    states = await owner.fetch(
        "SELECT revoked_at FROM member_invitation WHERE account_id = $1 ORDER BY id", account_id
    )
    assert [row["revoked_at"] for row in states] == [NOW + WEEK, None]


async def test_of_many_at_once_one_invites(database_of_test, owner):
    account_id = await an_account(owner)
    async with Database(database_of_test, app_size=20) as db:
        ends = await asyncio.gather(
            *(invite(db, account_id) for _ in range(20)), return_exceptions=True
        )

    assert sorted(type(end).__name__ for end in ends) == ["AddressInvited"] * 19 + ["UUID"]
    assert len(await letters(owner)) == 1


async def test_a_member_is_not_invited(db, owner):
    account_id = await an_account(owner)
    await a_member(owner, account_id, await a_person(owner, email="ann@example.com"))

    with pytest.raises(AlreadyMember):
        await invite(db, account_id)
    with pytest.raises(InvalidInput):
        await invite(db, account_id, "ann at example")
    assert await letters(owner) == []


async def test_nobody_invites_to_more_than_they_may(db, owner):
    account_id = await an_account(owner)
    narrow = Inviter("akey_1", None, frozenset({Scope.READ, Scope.ADMINISTER}), KEYRING, "x", NOW)

    with pytest.raises(RoleNotHeld):
        await invite(db, account_id, role=Role.OWNER, by=narrow)
    id = await invite(db, account_id, role=Role.VIEWER, by=narrow)
    await owner.execute("UPDATE member_invitation SET role = 'OWNER'")
    with pytest.raises(RoleNotHeld):
        await change(db, account_id, actions.resend, id, narrow, NOW)


async def test_a_resent_invitation_has_a_new_token_and_a_new_week(db, owner):
    account_id = await an_account(owner)
    ann = await a_person(owner, email="ann@example.com")
    id = await invite(db, account_id)
    later = NOW + WEEK
    with pytest.raises(MemberInvitationClosed, match="expired"):
        await accept(db, (await tokens(owner))[0], ann, later)

    await change(db, account_id, actions.resend, id, OWNER, later)

    first, second = await tokens(owner)
    assert first != second
    assert (await accept(db, second, ann, later + WEEK - timedelta(seconds=1))).again is False
    with pytest.raises(MemberInvitationClosed, match="accepted"):
        await change(db, account_id, actions.resend, id, OWNER, later)


async def test_a_revoked_invitation_lets_nobody_in_by_any_of_its_mails(db, owner):
    account_id = await an_account(owner)
    ann = await a_person(owner, email="ann@example.com")
    id = await invite(db, account_id)
    await change(db, account_id, actions.resend, id, OWNER, NOW)

    await change(db, account_id, actions.revoke, id, NOW)
    await change(db, account_id, actions.revoke, id, NOW + WEEK)

    for token in await tokens(owner):
        with pytest.raises(MemberInvitationClosed, match="revoked"):
            await accept(db, token, ann)
    assert await owner.fetchval("SELECT revoked_at FROM member_invitation") == NOW
    assert await roles(owner, account_id) == []
    await invite(db, account_id)


async def test_an_accepted_invitation_cannot_be_revoked(db, owner):
    account_id = await an_account(owner)
    token = await a_member_invitation(owner, account_id, "ann@example.com")
    await accept(db, token, await a_person(owner, email="ann@example.com"))
    id = await owner.fetchval("SELECT id FROM member_invitation")

    with pytest.raises(MemberInvitationClosed, match="accepted"):
        await change(db, account_id, actions.revoke, id, NOW)


async def test_only_the_owner_of_the_address_joins(db, owner):
    account_id = await an_account(owner)
    token = await a_member_invitation(owner, account_id, "ann@example.com", "OWNER")
    unverified = await a_person(owner, email="ann@example.com", email_verified_at=None)

    with pytest.raises(InvitationForAnother):
        await accept(db, token, await a_person(owner))
    with pytest.raises(EmailNotVerified):
        await accept(db, token, unverified)
    for nonsense in ("", "x", token + "x", "\ud800"):
        with pytest.raises(MemberInvitationUnknown):
            await accept(db, nonsense, unverified)
    assert await roles(owner, account_id) == []


async def test_accepting_twice_or_at_once_is_once(database_of_test, owner):
    account_id = await an_account(owner)
    ann = await a_person(owner, email="ann@example.com")
    token = await a_member_invitation(owner, account_id, "ann@example.com")

    async with Database(database_of_test, system_size=20) as db:
        joined = await asyncio.gather(*(accept(db, token, ann) for _ in range(20)))

    assert len({one.member_id for one in joined}) == 1
    assert [one.again for one in joined].count(False) == 1
    assert await roles(owner, account_id) == ["VIEWER"]


async def test_whoever_left_does_not_come_back_by_the_old_mail(db, owner):
    account_id = await an_account(owner)
    ann = await a_person(owner, email="ann@example.com")
    token = await a_member_invitation(owner, account_id, "ann@example.com")
    await accept(db, token, ann)
    async with db.system() as tx:
        await actions.leave(tx, account_id, ann)

    with pytest.raises(MemberInvitationClosed, match="accepted"):
        await accept(db, token, ann)


async def test_who_became_a_member_otherwise_is_told(db, owner):
    account_id = await an_account(owner)
    ann = await a_person(owner, email="ann@example.com")
    await a_member(owner, account_id, ann)
    token = await a_member_invitation(owner, account_id, "ann@example.com", "VIEWER")

    with pytest.raises(AlreadyMember):
        await accept(db, token, ann)
    assert await roles(owner, account_id) == ["OWNER"]


@pytest.mark.parametrize("role", Role)
async def test_a_role_holds_from_now_on(db, owner, role):
    account_id = await an_account(owner)
    await a_member(owner, account_id)
    member_id = await a_member(owner, account_id, role="VIEWER")

    await change(db, account_id, actions.change_role, member_id, role, EVERYTHING)

    assert await roles(owner, account_id) == sorted(["OWNER", role])


async def test_nobody_gives_a_role_above_their_own(db, owner):
    account_id = await an_account(owner)
    member_id = await a_member(owner, account_id, role="VIEWER")
    scopes = SCOPES[Role.FINANCE] | {Scope.ADMINISTER}

    with pytest.raises(RoleNotHeld, match="MANAGE"):
        await change(db, account_id, actions.change_role, member_id, Role.MANAGER, scopes)
    await change(db, account_id, actions.change_role, member_id, Role.FINANCE, scopes)


async def test_the_last_owner_stays(db, owner):
    account_id = await an_account(owner)
    person_id = await a_person(owner)
    member_id = await a_member(owner, account_id, person_id)
    await a_member(owner, account_id, role="MANAGER")
    await a_member(owner, await an_account(owner))

    with pytest.raises(LastOwner, match="another member an owner"):
        await change(db, account_id, actions.remove, member_id, EVERYTHING)
    with pytest.raises(LastOwner):
        await change(db, account_id, actions.leave, person_id)
    for role in (Role.MANAGER, Role.FINANCE, Role.VIEWER):
        with pytest.raises(LastOwner):
            await change(db, account_id, actions.change_role, member_id, role, EVERYTHING)
    await change(db, account_id, actions.change_role, member_id, Role.OWNER, EVERYTHING)
    assert await roles(owner, account_id) == ["MANAGER", "OWNER"]


async def test_fifty_removals_of_two_owners_leave_one(database_of_test, owner):
    account_id = await an_account(owner)
    people = [await a_person(owner), await a_person(owner)]
    members = [await a_member(owner, account_id, person_id) for person_id in people]

    async def one(db: Database, number: int) -> None:
        member_id, person_id = members[number % 2], people[number % 2]
        match number % 3:
            case 0:
                await change(db, account_id, actions.remove, member_id, EVERYTHING)
            case 1:
                await change(db, account_id, actions.leave, person_id)
            case _:
                await change(
                    db, account_id, actions.change_role, member_id, Role.VIEWER, EVERYTHING
                )

    async with Database(database_of_test, app_size=50) as db:
        ends = await asyncio.gather(*(one(db, n) for n in range(50)), return_exceptions=True)

    unexpected = [end for end in ends if not isinstance(end, LastOwner | NotFound | None)]
    assert unexpected == []
    assert (await roles(owner, account_id)).count("OWNER") == 1


async def test_a_member_who_leaves_or_is_removed_is_none(db, owner):
    account_id = await an_account(owner)
    await a_member(owner, account_id)
    ann = await a_person(owner)
    member_id = await a_member(owner, account_id, ann, "MANAGER")
    await change(db, account_id, actions.remove, member_id, EVERYTHING)
    with pytest.raises(NotFound):
        await change(db, account_id, actions.remove, member_id, EVERYTHING)

    await a_member(owner, account_id, ann, "MANAGER")
    async with db.system() as tx:
        await actions.leave(tx, account_id, ann)
        with pytest.raises(NotFound):
            await actions.leave(tx, account_id, ann)
        with pytest.raises(NotFound):
            await actions.leave(tx, uuid4(), ann)

    assert await roles(owner, account_id) == ["OWNER"]


async def test_whoever_is_removed_has_lost_access_with_the_commit(db, owner):
    """A session that goes on being used has the seats of the present."""
    account_id = await an_account(owner)
    await a_member(owner, account_id)
    ann = await a_person(owner)
    member_id = await a_member(owner, account_id, ann, "MANAGER")
    cookie = await a_session(owner, ann)
    seat = f"acct_{account_id.hex}"
    viewer = await sessions.viewer_of(db, cookie, seat, NOW)
    assert viewer is not None
    assert viewer.seat == Seat(Room.ACCOUNT, account_id, SCOPES[Role.MANAGER], Role.MANAGER)
    await change(db, account_id, actions.change_role, member_id, Role.VIEWER, EVERYTHING)
    viewer = await sessions.viewer_of(db, cookie, seat, NOW)
    assert viewer is not None
    assert viewer.seat == Seat(Room.ACCOUNT, account_id, SCOPES[Role.VIEWER], Role.VIEWER)

    await change(db, account_id, actions.remove, member_id, EVERYTHING)

    with pytest.raises(NoSuchSeat):
        await sessions.viewer_of(db, cookie, seat, NOW)


async def test_what_is_of_another_account_is_not_there(db, owner):
    account_id, other_id = await an_account(owner), await an_account(owner)
    await a_member(owner, account_id)
    member_id = await a_member(owner, account_id)
    invitation_id = await invite(db, account_id)

    for action, *args in (
        (actions.remove, member_id, EVERYTHING),
        (actions.change_role, member_id, Role.VIEWER, EVERYTHING),
        (actions.revoke, invitation_id, NOW),
        (actions.resend, invitation_id, OWNER, NOW),
    ):
        with pytest.raises(NotFound):
            await change(db, other_id, action, *args)
    assert await roles(owner, account_id) == ["OWNER", "OWNER"]


async def test_an_account_reads_no_tokens(db, owner):
    account_id = await an_account(owner)
    await invite(db, account_id)

    async with db.transaction(account_id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetch("SELECT token_hash FROM member_invitation_token")


async def test_tokens_of_long_ago_are_forgotten(db, owner):
    account_id = await an_account(owner)
    for days in (31, 29, 0):
        await a_member_invitation(
            owner, account_id, f"a{days}@example.com", expires_at=NOW - timedelta(days)
        )

    async with db.system() as tx:
        await actions.forget_old(tx, NOW)

    assert await owner.fetchval("SELECT count(*) FROM member_invitation_token") == 2
    assert await owner.fetchval("SELECT count(*) FROM member_invitation") == 3


async def test_nobody_takes_a_role_that_may_more_than_they(db, owner):
    account_id = await an_account(owner)
    members = [await a_member(owner, account_id) for _ in range(2)]
    narrow = frozenset({Scope.READ, Scope.ADMINISTER})

    for deed in ((actions.remove, members[0], narrow),
                 (actions.change_role, members[0], Role.VIEWER, narrow)):  # fmt: skip
        with pytest.raises(RoleNotHeld):
            await change(db, account_id, *deed)

    assert await owner.fetchval("SELECT count(*) FROM membership WHERE role = 'OWNER'") == 2
