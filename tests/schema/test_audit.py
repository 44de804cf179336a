"""Who did what, over GraphQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.access import SCOPES, Role, Room, Seat
from domain.audit.actions import verify
from domain.audit.rules import Whole
from tests.factories import NOW, a_store, an_offer
from tests.people import a_member, a_person

LISTED = """query($filter: AuditEntryFilter) {
  auditEntries(filter: $filter) {
    nodes { number actor actorName action input changes requestId at }
  }
}"""
EDIT = """mutation($input: EditOfferInput!) {
  editOffer(input: $input) { __typename ... on Refusal { message } }
}"""

ARCHIVE = "mutation($id: ID!) { archiveOffer(id: $id) { __typename } }"


async def listed(client, **filter: object) -> list[dict[str, Any]]:
    return (await client.ask(LISTED, filter=filter or None))["auditEntries"]["nodes"]


@pytest.fixture
async def offer(owner, account_id) -> str:
    id = await an_offer(owner, account_id, await a_store(owner, account_id), name="Ten")
    return f"offr_{id.hex}"


async def test_an_entry_says_who_changed_what_and_how_it_was(client, owner, account_id, offer):
    ada = await a_person(owner, name="Ada")
    await a_member(owner, account_id, ada)
    seat = Seat(Room.ACCOUNT, account_id, SCOPES[Role.OWNER], Role.OWNER)
    person = replace(client, actor=f"pers_{ada.hex}", person_id=ada, seat=seat)

    await person.act(EDIT, input={"offerId": offer, "name": "Twelve"})

    [entry] = await listed(client)
    [change] = entry.pop("changes")
    assert entry == {
        "number": "1",
        "actor": f"pers_{ada.hex}",
        "actorName": "Ada",
        "action": "editOffer",
        "input": entry["input"],
        "requestId": "r3qu3st",
        "at": "2026-09-01T12:00:00Z",
    }
    assert offer in str(entry["input"])
    assert (change["id"], change["before"]["name"], change["after"]["name"]) == (
        offer, "Ten", "Twelve",
    )  # fmt: skip


async def test_what_is_refused_leaves_no_entry_and_no_gap(client, db, account_id, offer):
    await client.act(EDIT, input={"offerId": offer, "name": "One"})
    await client.act(EDIT, input={"offerId": offer, "name": " "})
    await client.act(EDIT, input={"offerId": offer, "name": "Two"})

    assert [entry["number"] for entry in await listed(client)] == ["2", "1"]
    async with db.transaction(account_id) as tx:
        assert await verify(tx, account_id) == Whole(2)


async def test_entries_are_found_by_who_what_about_what_and_when(client, owner, account_id, offer):
    other = replace(client, actor="akey_other")
    await client.act(EDIT, input={"offerId": offer, "name": "One"})
    other.clock.moment = NOW + timedelta(days=1)
    await other.act(ARCHIVE, id=offer)

    for filter, found in (
        ({"actor": "akey_other"}, ["2"]),
        ({"action": ["editOffer"]}, ["1"]),
        ({"action": ["editOffer", "archiveOffer"]}, ["2", "1"]),
        ({"subject": offer}, ["2", "1"]),
        ({"subject": offer[:-1]}, []),
        ({"since": "2026-09-02T00:00:00Z"}, ["2"]),
        ({"until": "2026-09-02T00:00:00Z"}, ["1"]),
        ({"requestId": "r3qu3st", "actor": "akey_test"}, ["1"]),
    ):
        assert [entry["number"] for entry in await listed(client, **filter)] == found, filter


@pytest.mark.parametrize("role", [Role.MANAGER, Role.FINANCE, Role.VIEWER])
async def test_only_who_administers_reads_the_audit(client, role):
    answer = await replace(client, scopes=SCOPES[role]).answer(LISTED)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_others_read_nothing_of_it(client, stranger, offer):
    await client.act(EDIT, input={"offerId": offer, "name": "One"})

    assert await listed(stranger) == []


async def test_entries_of_before_there_were_numbers_are_listed_too(
    client, owner, account_id, offer
):
    for _ in range(2):
        await owner.execute(
            """INSERT INTO audit_entry (account_id, actor, action, input, at)
               VALUES ($1, 'akey_1', 'old', '{}', $2)""",
            account_id, NOW - timedelta(days=1),
        )  # fmt: skip
    for name in ("One", "Two", "Three"):
        await client.act(EDIT, input={"offerId": offer, "name": name})

    found, after = [], None
    while True:
        page = (
            await client.ask(
                """query($after: String) {
                  auditEntries(first: 2, after: $after) {
                    nodes { id number } pageInfo { hasNextPage endCursor }
                  }
                }""",
                after=after,
            )
        )["auditEntries"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len({one["id"] for one in found}) == len(found) == 5
    assert [one["number"] for one in found if one["number"]] == ["3", "2", "1"]
