"""The walls between accounts, walked along: everything is asked for, by the schema's own list."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.conversions.rules import Verdict
from domain.ids import encode
from domain.reports.rows import Level
from schema.root import schema
from tests.factories import (
    NOW,
    a_grant,
    a_link,
    a_partnership,
    a_product,
    a_store,
    an_account,
    an_ad_group,
    an_offer,
)
from tests.marketplace import (
    a_listing,
    a_promoted_product,
    an_agreement,
    an_application,
    an_invitation,
)
from tests.people import a_member, a_member_invitation, an_api_key
from tests.reporting import a_desk, campaign_row, day, morning, product_row, sold
from tests.schema.conftest import Client
from tests.schema.everything import lists, rows
from tests.telling import a_delivery, an_endpoint

PREFIXES = {type_.rows.prefix: name for name, type_ in schema.reading.model.types.items()
            if type_.table and type_.table.prefix}  # fmt: skip


@pytest.fixture
async def full(db: Database, owner: asyncpg.Connection) -> UUID:
    """An account with something of everything."""
    desk = await a_desk(db, owner)
    account_id, partnership_id = desk.profile.account_id, desk.partnership_ids[0]
    seller = await owner.fetchval("SELECT seller_account_id FROM profile")
    await a_grant(owner, account_id, seller)
    await a_product(owner, account_id, desk.store_id)
    await a_link(owner, account_id, partnership_id)
    await an_ad_group(owner, account_id, partnership_id)
    ad_group, creative = await owner.fetchrow(
        "SELECT g.token, c.token FROM link l JOIN ad_group g ON g.id = l.ad_group_id"
        " JOIN creative c ON c.id = l.creative_id"
    )
    token, row = desk.tokens[0], sold(1000)
    await desk.says(morning(1), (0, row))
    await desk.report(
        [campaign_row(token, day(0), row, adGroupId=ad_group), {"date": "what?"}],
        morning(1),
        Level.ADGROUP,
    )
    await desk.report(
        [campaign_row(token, day(0), row, adGroupId=ad_group, creativeId=creative)],
        morning(1),
        Level.CREATIVE,
    )
    await desk.report(
        [product_row(token, ad_group, "B0FERN0001", day(0), 500)], morning(1), Level.PRODUCTS
    )
    await desk.settle(morning(31))
    (conversion,) = await desk.conversions()
    await desk.decide([conversion["id"]], Verdict.APPROVED, morning(31))
    await owner.execute(
        """INSERT INTO catalog_run (account_id, store_id, state, started_at, quarantined)
           VALUES ($1, $2, 'APPLIED', $3, '[{"reason": "no SKU", "raw": "{}"}]')""",
        account_id, desk.store_id, NOW,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO duty (kind, subject, account_id, run_at) VALUES ('settle', 'x', $1, $2)",
        account_id, NOW + timedelta(days=1),
    )  # fmt: skip
    await a_marketplace(owner, account_id)
    await a_delivery(owner, account_id, await an_endpoint(owner, account_id))
    await a_member(owner, account_id)
    await a_member_invitation(owner, account_id, "eve@example.com")
    await an_api_key(owner, account_id)
    await Client(db, account_id).act(
        """mutation { addSellerAccount(name: "For the audit") { __typename } }"""
    )
    return account_id


async def a_marketplace(owner: asyncpg.Connection, account_id: UUID) -> None:
    """The account's offer is listed, and people have applied and were invited."""
    offer_id, store_id = await owner.fetchrow(
        "SELECT id, store_id FROM offer WHERE account_id = $1", account_id
    )
    agreement_id = await an_agreement(owner, account_id, offer_id)
    await a_listing(owner, account_id, offer_id, agreement_id=agreement_id)
    product_id = await owner.fetchval("SELECT id FROM product WHERE store_id = $1", store_id)
    await a_promoted_product(owner, account_id, offer_id, product_id)
    await an_application(owner, account_id, offer_id)
    await an_invitation(owner, account_id, offer_id)


async def ids_of(owner: asyncpg.Connection, account_id: UUID) -> dict[str, set[UUID]]:
    """The ids of all rows that an account has, by prefix."""
    found = {}
    for prefix, name in PREFIXES.items():
        table = schema.reading.model.types[name].rows
        if table.tenant:
            ids = await owner.fetch(
                f"SELECT id FROM {table.name} WHERE account_id = $1", account_id
            )
            found[prefix] = {row["id"] for row in ids}
    return found


def of_accounts() -> set[str]:
    """The types with ids whose rows are an account's."""
    types = schema.reading.model.types
    return {name for name in rows() if types[name].rows.tenant}


async def test_no_list_shows_anything_of_another_account(
    db: Database, owner: asyncpg.Connection, full: UUID
) -> None:
    """Both work with the same affiliate, who is the one way from one account to the other."""
    affiliate_id = await owner.fetchval("SELECT affiliate_id FROM partnership")
    theirs = await an_account(owner, name="Birch")
    store_id = await a_store(owner, theirs)
    offer_id = await an_offer(owner, theirs, store_id)
    await a_partnership(owner, theirs, store_id, offer_id, affiliate_id)
    mine = {id.hex for ids in (await ids_of(owner, full)).values() for id in ids}
    brand, stranger = Client(db, full), Client(db, theirs)

    documents = dict(lists())
    seen_by_brand = json.dumps([await brand.ask(document) for document in documents.values()])
    seen_by_stranger = json.dumps([await stranger.ask(document) for document in documents.values()])

    assert len(documents) > 12
    assert [id for id in mine if id not in seen_by_brand] == [], "the documents ask for too little"
    assert [id for id in mine if id in seen_by_stranger] == []
    assert affiliate_id.hex in seen_by_stranger
    assert store_id.hex in seen_by_stranger


async def test_no_id_of_another_account_leads_anywhere(
    db: Database, owner: asyncpg.Connection, full: UUID, stranger: Client
) -> None:
    found = await ids_of(owner, full)
    ids = [encode(prefix, uuid) for prefix, uuids in found.items() for uuid in uuids]
    ids.append(encode("affl", await owner.fetchval("SELECT affiliate_id FROM partnership")))
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"

    mine = (await Client(db, full).ask(document, ids=ids))["nodes"]
    theirs = (await stranger.ask(document, ids=ids))["nodes"]

    assert [node["id"] for node in mine] == ids
    assert {node["__typename"] for node in mine} == {*of_accounts(), "Affiliate"}
    assert theirs == [None] * len(ids)
    for id in ids:
        one = await stranger.ask("query($id: ID!) { node(id: $id) { id } }", id=id)
        assert one == {"node": None}


async def test_a_filter_by_another_accounts_id_finds_nothing(
    db: Database, owner: asyncpg.Connection, full: UUID, stranger: Client
) -> None:
    store_id = encode("stor", await owner.fetchval("SELECT id FROM store"))
    document = """query($id: ID!) {
      products(filter: {storeId: $id}) { totalCount }
      conversions(filter: {storeId: $id}) { totalCount totals { count } }
      reportRuns(filter: {storeId: $id}) { totalCount }
      affiliates(filter: {storeId: $id}) { totalCount }
      links(filter: {storeId: $id}) { totalCount }
    }"""

    mine = await Client(db, full).ask(document, id=store_id)
    theirs = await stranger.ask(document, id=store_id)

    assert all(page["totalCount"] > 0 for page in mine.values())
    assert all(page["totalCount"] == 0 for page in theirs.values())
    assert theirs["conversions"]["totals"] == []


async def test_every_list_asks_for_a_key(anonymous: Client) -> None:
    for name, document in lists():
        if name == "viewer":
            continue
        answer = await anonymous.answer(document)
        assert answer["errors"][0]["extensions"] == {"code": "NOT_SIGNED_IN"}, name
