"""What is done to partnerships by the API: one or many, by the brand or by the affiliate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.pool import Database
from domain.access import Scope
from domain.ids import encode
from tests.factories import (
    NOW,
    a_conversion,
    a_dtc_store,
    a_partnership,
    a_store,
    a_version,
    an_account,
    an_acquaintance,
    an_affiliate,
    an_offer,
)
from tests.schema.conftest import Client, affiliate_client

STATUS = "status statusReason statusChangedAt statusChangedBy"
MANY = """{ __typename
  ... on PartnershipOutcomes { outcomes {
    id partnership { id status statusReason tags offer { id } }
    refusal { __typename message }
  } }
  ... on Refusal { message }
}"""
ANNOTATE = """mutation($input: AnnotatePartnershipInput!) { annotatePartnership(input: $input) {
  __typename ... on Partnership { tags note customFields } ... on InvalidInput { field reason }
} }"""
LEAVE = f"""mutation($id: ID!, $reason: String!) {{ leavePartnership(id: $id, reason: $reason) {{
  __typename ... on Partnership {{ {STATUS} }} }} }}"""


def document(verb: str) -> str:
    kind = "String" if verb == "resume" else "String!"
    return f"""mutation($id: ID!, $reason: {kind}) {{
        {verb}Partnership(id: $id, reason: $reason) {{
          __typename ... on Partnership {{ {STATUS} }} ... on InvalidInput {{ field }} }} }}"""


MOVE_MANY = f"mutation($input: MovePartnershipsInput!) {{ movePartnerships(input: $input) {MANY} }}"


def many(name: str, arguments: str) -> str:
    return f"mutation($ids: [ID!]!) {{ {name}(ids: $ids, {arguments}) {MANY} }}"


async def partners(
    owner: asyncpg.Connection, account_id: UUID, count: int = 1, **fields: Any
) -> tuple[UUID, UUID, list[UUID]]:
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    found = [
        await a_partnership(owner, account_id, store_id, offer_id, **fields) for _ in range(count)
    ]
    return store_id, offer_id, found


async def code_of(client: Client, document: str, **given: object) -> str:
    """Of the one error that the document gives."""
    [error] = (await client.answer(document, **given))["errors"]
    return str(error["extensions"]["code"])


def shown(ids: list[UUID]) -> list[str]:
    return [encode("part", id) for id in ids]


async def test_a_brand_pauses_resumes_and_ends_with_reasons(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S11."""
    _, _, [partnership_id] = await partners(owner, account_id)
    id = encode("part", partnership_id)
    found = []
    for verb, reason in (
        ("pause", " Out of stock. "), ("pause", "Twice is once."), ("resume", None),
        ("end", "The shop closes."), ("end", "Twice is once."), ("resume", None),
    ):  # fmt: skip
        answer = await client.act(document(verb), id=id, reason=reason)
        found.append((answer.get("status", answer["__typename"]), answer.get("statusReason")))

    assert found == [
        ("PAUSED", "Out of stock."), ("PAUSED", "Out of stock."), ("ACTIVE", None),
        ("ENDED", "The shop closes."), ("ENDED", "The shop closes."), ("PartnershipEnded", None),
    ]  # fmt: skip


@pytest.mark.parametrize("verb", ["pause", "end"])
async def test_a_reason_is_asked_for(
    client: Client, owner: asyncpg.Connection, account_id: UUID, verb: str
) -> None:
    _, _, [partnership_id] = await partners(owner, account_id)

    refused = await client.act(document(verb), id=encode("part", partnership_id), reason=" ")

    assert refused == {"__typename": "InvalidInput", "field": "reason"}
    assert await owner.fetchval("SELECT status FROM partnership") == "ACTIVE"


@pytest.mark.parametrize("verb", ["pause", "resume", "end"])
async def test_a_partnership_of_another_account_is_not_there(
    client: Client, stranger: Client, owner: asyncpg.Connection, account_id: UUID, verb: str
) -> None:
    _, _, [partnership_id] = await partners(owner, account_id)

    refused = await stranger.act(
        document(verb), id=encode("part", partnership_id), reason="Not mine."
    )

    assert refused == {"__typename": "NotFound"}
    assert await owner.fetchval("SELECT status FROM partnership") == "ACTIVE"


async def test_an_affiliate_reads_why_and_not_what_the_brand_notes(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    affiliate_id = await an_affiliate(owner)
    _, _, [partnership_id] = await partners(owner, account_id, affiliate_id=affiliate_id)
    id = encode("part", partnership_id)
    await client.act(document("pause"), id=id, reason="Out of stock.")
    ann = affiliate_client(db, affiliate_id)
    ask = "query($id: ID!) { partnership(id: $id) { %s } }"

    seen = await ann.ask(ask % STATUS, id=id)

    assert seen["partnership"] == {
        "status": "PAUSED", "statusReason": "Out of stock.", "statusChangedBy": "BRAND",
        "statusChangedAt": "2026-09-01T12:00:00Z",
    }  # fmt: skip
    listed = await ann.ask("{ partnerships { nodes { id statusReason } } }")
    assert listed["partnerships"]["nodes"] == [{"id": id, "statusReason": "Out of stock."}]
    for field in ("tags", "note", "customFields"):
        assert await code_of(ann, ask % field, id=id) == "WRONG_ROOM", field
    asked = '{ partnerships(filter: {tag: "VIP"}) { totalCount } }'
    assert await code_of(ann, asked) == "WRONG_ROOM"


async def test_an_affiliate_leaves_a_partnership_of_their_own(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    ann_id, bea_id = await an_affiliate(owner), await an_affiliate(owner)
    store_id, offer_id, [anns] = await partners(owner, account_id, affiliate_id=ann_id)
    beas = await a_partnership(owner, account_id, store_id, offer_id, bea_id)
    ann = affiliate_client(db, ann_id)
    ann.clock.moment = NOW + timedelta(hours=1)

    left = await ann.act(LEAVE, id=encode("part", anns), reason="I write about books now.")
    others = await ann.act(LEAVE, id=encode("part", beas), reason="Not mine.")

    expected = {
        "status": "ENDED", "statusReason": "I write about books now.",
        "statusChangedAt": "2026-09-01T13:00:00Z", "statusChangedBy": "AFFILIATE",
    }  # fmt: skip
    assert left == {"__typename": "Partnership"} | expected
    assert others == {"__typename": "NotFound"}
    assert await owner.fetchval("SELECT status FROM partnership WHERE id = $1", beas) == "ACTIVE"
    seen = await client.ask(
        f"query($id: ID!) {{ partnership(id: $id) {{ {STATUS} }} }}", id=encode("part", anns)
    )
    assert seen["partnership"] == expected
    entry = await owner.fetchrow("SELECT account_id, actor, action, changes FROM audit_entry")
    assert (entry["account_id"], entry["actor"]) == (account_id, "pers_test")
    assert entry["action"] == "leavePartnership"
    assert '"ENDED"' in entry["changes"]


async def test_who_may_not_manage_changes_no_partnership(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    affiliate_id = await an_affiliate(owner)
    _, _, [partnership_id] = await partners(owner, account_id, affiliate_id=affiliate_id)
    id = encode("part", partnership_id)
    client.scopes = frozenset({Scope.READ, Scope.DECIDE})

    given = {"id": id, "reason": "No."}
    ann = affiliate_client(db, affiliate_id)
    assert await code_of(client, document("end"), **given) == "FORBIDDEN"
    assert await code_of(ann, document("end"), **given) == "WRONG_ROOM"
    assert await code_of(client, LEAVE, **given) == "WRONG_ROOM"

    assert await owner.fetchval("SELECT status FROM partnership") == "ACTIVE"


async def test_a_brand_notes_about_a_partnership_for_itself(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S11."""
    _, _, [partnership_id] = await partners(owner, account_id)

    async def annotate(**given: object) -> dict[str, Any]:
        return await client.act(
            ANNOTATE, input={"partnershipId": encode("part", partnership_id)} | given
        )

    noted = await annotate(tags=[" VIP", "vip", "mail"], note="Likes mail.")
    fields = [{"name": "Contract", "value": "2026-17"}, {"name": "Empty", "value": ""}]
    kept = {
        "__typename": "Partnership", "tags": ["VIP", "mail"], "note": "Likes mail.",
        "customFields": {"Contract": "2026-17"},
    }  # fmt: skip
    assert noted == kept | {"customFields": {}}
    assert await annotate(customFields=fields) == kept
    refused = await annotate(tags=["a" * 51], note="Lost with the rest.")
    assert (refused["__typename"], refused["field"]) == ("InvalidInput", "tags")
    assert await annotate() == kept


async def test_partnerships_are_found_by_tag_offer_and_status(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    store_id, summer, [one] = await partners(owner, account_id, tags=["VIP", "Größe"])
    winter = await an_offer(owner, account_id, store_id)
    two = await a_partnership(owner, account_id, store_id, winter, tags=["vips"], status="PAUSED")

    async def found(**filter: object) -> list[str]:
        asked = await client.ask(
            "query($f: PartnershipFilter) { partnerships(filter: $f) { nodes { id } } }", f=filter
        )
        return [node["id"] for node in asked["partnerships"]["nodes"]]

    assert await found(tag="vip") == await found(tag="GRÖSSE") == shown([one])
    assert await found(tag="vi") == []
    assert await found(offerId=encode("offr", winter)) == shown([two])
    assert await found(status=["PAUSED", "ENDED"], tag="VIPS") == shown([two])
    assert await found(status=["ACTIVE"], offerId=encode("offr", winter)) == []
    assert await found(offerId=encode("offr", summer)) == shown([one])


async def test_many_are_changed_at_once_with_an_outcome_for_each(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S11."""
    store_id, offer_id, [open_] = await partners(owner, account_id)
    ended = await a_partnership(owner, account_id, store_id, offer_id, status="ENDED")
    elsewhere = await an_account(owner)
    _, _, [others] = await partners(owner, elsewhere)
    ids = [*shown([ended, others]), "nothing", encode("offr", uuid4()), *shown([open_, open_])]

    found = await client.act(many("pausePartnerships", 'reason: "Out of stock."'), ids=ids)

    outcomes = found["outcomes"]
    assert [outcome["id"] for outcome in outcomes] == ids
    assert [outcome["refusal"] and outcome["refusal"]["__typename"] for outcome in outcomes] == [
        "PartnershipEnded", "NotFound", "WrongId", "WrongId", None, None,
    ]  # fmt: skip
    assert [one["partnership"] and one["partnership"]["status"] for one in outcomes] == [
        "ENDED", None, None, None, "PAUSED", "PAUSED",
    ]  # fmt: skip
    assert outcomes[4]["partnership"]["statusReason"] == "Out of stock."
    changes = await owner.fetchval("SELECT changes FROM audit_entry")
    assert encode("part", open_) in changes
    assert encode("part", ended) not in changes

    for name, arguments, status in (
        ("resumePartnerships", "reason: null", "ACTIVE"),
        ("endPartnerships", 'reason: "The shop closes."', "ENDED"),
    ):
        found = await client.act(many(name, arguments), ids=shown([open_]))
        assert [one["partnership"]["status"] for one in found["outcomes"]] == [status]


async def test_many_are_moved_at_once(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S19: an offer serves one store."""
    store_id, old, ids = await partners(owner, account_id, 2)
    new = await an_offer(owner, account_id, store_id)
    archived = await an_offer(owner, account_id, store_id, archived_at=NOW)
    shop_id = await a_dtc_store(owner, account_id)
    at_shop = await a_partnership(
        owner, account_id, shop_id, await an_offer(owner, account_id, shop_id)
    )

    async def move(offer_id: str, **more: str) -> dict[str, Any]:
        return await client.act(
            MOVE_MANY, input={"partnershipIds": shown([*ids, at_shop]), "offerId": offer_id, **more}
        )

    for offer_id, more, refusal in (
        (encode("offr", archived), {}, "OfferArchived"),
        (encode("offr", uuid4()), {}, "NotFound"),
        (encode("stor", store_id), {}, "WrongId"),
        (encode("offr", new), {"startsOn": "2026-08-31"}, "MoveInThePast"),
    ):
        assert (await move(offer_id, **more))["__typename"] == refusal
    outcomes = (await move(encode("offr", new)))["outcomes"]

    assert [one["partnership"]["offer"]["id"] for one in outcomes[:2]] == [encode("offr", new)] * 2
    assert outcomes[2]["refusal"]["__typename"] == "OneStorePerOffer"
    assert old != new


async def test_many_are_tagged_at_once(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S11."""
    store_id, offer_id, [some] = await partners(owner, account_id, tags=["Old", "vip"])
    full = await a_partnership(
        owner, account_id, store_id, offer_id, tags=[str(number) for number in range(20)]
    )

    found = await client.act(
        many("tagPartnerships", 'add: ["VIP", "new"], remove: ["OLD"]'), ids=shown([full, some])
    )
    refused = await client.act(
        many("tagPartnerships", 'add: ["a"], remove: ["A"]'), ids=shown([some])
    )

    assert [one["partnership"]["tags"][-2:] for one in found["outcomes"]] == [
        ["18", "19"], ["vip", "new"],
    ]  # fmt: skip
    assert found["outcomes"][0]["refusal"]["__typename"] == "InvalidInput"
    assert refused["__typename"] == "InvalidInput"


async def test_a_hundred_are_changed_at_once_and_not_one_more(
    client: Client, owner: asyncpg.Connection, account_id: UUID
) -> None:
    _, _, ids = await partners(owner, account_id, 100)
    document = many("endPartnerships", 'reason: "The shop closes."')

    refused = await client.act(document, ids=[*shown(ids), encode("part", uuid4())])
    found = await client.act(document, ids=shown(ids))

    assert refused["__typename"] == "InvalidInput"
    assert {one["partnership"]["status"] for one in found["outcomes"]} == {"ENDED"}
    assert len(found["outcomes"]) == 100


async def test_one_account_does_all_of_a_direct_partnership(
    client: Client, db: Database, owner: asyncpg.Connection, account_id: UUID
) -> None:
    """S11: form it, see its sales, manage its promotion."""
    store_id = await a_store(owner, account_id)
    offer_id = await an_offer(owner, account_id, store_id)
    better = await an_offer(owner, account_id, store_id, rate_bp=1500)
    version_id = await a_version(owner, account_id, offer_id, 1000, NOW.date() - timedelta(days=9))
    affiliate_id = await an_affiliate(owner)
    await an_acquaintance(owner, account_id, affiliate_id)
    made = await client.act(
        """mutation($affiliate: ID!, $offer: ID!) {
             addAffiliateToOffer(affiliateId: $affiliate, offerId: $offer) {
               ... on Partnership { id } } }""",
        affiliate=encode("affl", affiliate_id), offer=encode("offr", offer_id),
    )  # fmt: skip
    partnership_id = await owner.fetchval("SELECT id FROM partnership")
    await a_conversion(
        owner, account_id, partnership_id, version_id, NOW.date() - timedelta(days=1)
    )
    await client.act(
        MOVE_MANY, input={"partnershipIds": [made["id"]], "offerId": encode("offr", better)}
    )

    seen = await client.ask(
        """query($id: ID!) { partnership(id: $id) {
             offer { id } conversions { nodes { commission { amount } offer { id } } } } }""",
        id=made["id"],
    )  # fmt: skip

    assert seen["partnership"] == {
        "offer": {"id": encode("offr", better)},
        "conversions": {
            "nodes": [{"commission": {"amount": "1.00"}, "offer": {"id": encode("offr", offer_id)}}]
        },
    }
