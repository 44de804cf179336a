"""What is remembered under an idempotency key is told to nobody but who asked, where they asked."""

from __future__ import annotations

from uuid import uuid4

import asyncpg

from db.pool import Database
from domain.access import Role, Room, Scope, Seat
from tests.factories import an_account, an_affiliate
from tests.people import a_member, a_person
from tests.schema.conftest import Client

ADD = 'mutation { addSellerAccount(name: "Juniper") { ... on SellerAccount { id } } }'
SAVE = """mutation { saveProfile(input: {name: "Me", bio: "I cook.", channels: [], niches: [],
  countries: [], amazonCapable: true}) { __typename ... on ProfileDraft { id }
  ... on Refusal { message } } }"""
ALL = frozenset(Scope)


async def test_one_person_in_two_accounts_with_one_key_does_it_in_both(
    db: Database, owner: asyncpg.Connection
) -> None:
    clients = [
        Client(db, await an_account(owner, name=name), actor="pers_ann", idempotency_key="once")
        for name in ("Acme", "Birch")
    ]

    given = [(await client.act(ADD))["id"] for client in clients * 2]

    assert given[:2] == given[2:]
    rows = await owner.fetch("SELECT account_id FROM seller_account")
    assert {row["account_id"] for row in rows} == {client.account_id for client in clients}
    assert len(rows) == 2


async def test_two_callers_of_one_account_with_one_key_do_it_twice(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id = await an_account(owner)
    given = [
        (await Client(db, account_id, actor=actor, idempotency_key="once").act(ADD))["id"]
        for actor in ("pers_ann", "pers_bob", "akey_ann")
    ]

    assert len(set(given)) == 3


async def test_two_affiliates_of_one_name_with_one_key_are_answered_of_themselves(
    db: Database, owner: asyncpg.Connection
) -> None:
    given = []
    for _ in range(2):
        seat = Seat(Room.AFFILIATE, await an_affiliate(owner))
        client = Client(db, None, seat=seat, actor="pers_ann", idempotency_key="once")
        given.append((await client.act(SAVE))["id"])

    assert given[0] != given[1]


async def test_whoever_may_no_longer_do_it_is_not_told_what_came_of_it(
    db: Database, owner: asyncpg.Connection
) -> None:
    account_id = await an_account(owner)
    person_id = await a_person(owner)
    await a_member(owner, account_id, person_id)
    member = Client(
        db, None, seat=Seat(Room.ACCOUNT, account_id, ALL, Role.OWNER), actor="pers_ann",
        person_id=person_id, idempotency_key="once",
    )  # fmt: skip
    await member.act(ADD)

    for seat in (
        Seat(Room.ACCOUNT, account_id, frozenset({Scope.READ})),
        Seat(Room.AFFILIATE, uuid4()),
        Seat(Room.OPERATOR, None),
    ):
        member.seat = seat
        answer = await member.answer(ADD)
        assert answer["data"] is None
        assert answer["errors"][0]["extensions"]["code"] in ("FORBIDDEN", "WRONG_ROOM")
