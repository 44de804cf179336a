from __future__ import annotations

from datetime import timedelta

from domain.applications import actions
from domain.applications.rules import Draft
from domain.applications.telling import Post
from domain.sealing import Keyring
from tests.factories import NOW, a_store, an_account, an_affiliate, an_offer
from tests.marketplace import a_listing
from tests.people import a_member, a_person

POST = Post(Keyring("k1", {"k1": bytes(32)}), "https://click.example")


async def letters(owner):
    rows = await owner.fetch("SELECT recipient, subject FROM mail ORDER BY id")
    return [tuple(row) for row in rows]


async def a_listed_brand(owner, **listing):
    account_id = await an_account(owner)
    offer_id = await an_offer(owner, account_id, await a_store(owner, account_id))
    names = {"brand_name": "Juniper", "offer_name": "Summer"}
    return account_id, await a_listing(owner, account_id, offer_id, **names, **listing)


async def test_those_who_may_answer_are_told_of_what_waits_and_the_affiliate_of_the_answer(
    db, owner
):
    account_id, listing_id = await a_listed_brand(owner)
    for number, role in enumerate(("OWNER", "VIEWER", "MANAGER", "FINANCE")):
        person = await a_person(owner, email=f"{role.lower()}@acme.example")
        joined = NOW + timedelta(days=number)
        await a_member(owner, account_id, person, role, joined_at=joined)
    ann = await an_affiliate(owner, name="Ann", email="ann@example.com")
    bob = await an_affiliate(owner, name="Bob", email="bob@example.com")

    async with db.transaction(account_id) as tx:
        made = [
            await actions.apply(tx, account_id, listing_id, who, Draft(""), "prsn", NOW, POST)
            for who in (ann, bob)
        ]
        for _ in range(2):
            ids = [made[0].id]
            await actions.accept_applications(tx, account_id, ids, "prsn", NOW, POST)
            await actions.reject_application(tx, account_id, made[1].id, "No", "prsn", NOW, POST)

    assert sorted(await letters(owner)) == [
        ("ann@example.com", "Juniper has accepted you"),
        ("bob@example.com", "Juniper has answered your application"),
        ("manager@acme.example", "Ann would like to promote you"),
        ("manager@acme.example", "Bob would like to promote you"),
        ("owner@acme.example", "Ann would like to promote you"),
        ("owner@acme.example", "Bob would like to promote you"),
    ]


async def test_whoever_the_rules_let_in_is_told_and_nobody_else(db, owner):
    account_id, listing_id = await a_listed_brand(owner, auto_accept=True)
    await a_member(owner, account_id)
    ann = await an_affiliate(owner, email="ann@example.com")

    async with db.transaction(account_id) as tx:
        await actions.apply(tx, account_id, listing_id, ann, Draft(""), "prsn", NOW, POST)

    assert await letters(owner) == [("ann@example.com", "Juniper has accepted you")]
