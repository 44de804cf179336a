"""The catalogue, from Amazon's wire to the products of a store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.amazon.rules import Api
from domain.catalog import actions as catalog
from domain.duties.rules import Kind
from sandbox.cast.draw import Size
from sandbox.switches import FILE_HEADERS
from tests.stage import Stage, a_stage
from workers.amazon.errors import AmazonError, TryLater
from workers.amazon.shapes import CatalogItem
from workers.clients import Amazon
from workers.errors import TryAgain

LARGE = Size(products_per_brand=6, large_seller_products=560)


@pytest.fixture
async def large(db: Database, owner: asyncpg.Connection) -> AsyncIterator[Stage]:
    async with a_stage(db, owner, LARGE) as stage:
        yield stage


async def bulkhead(stage: Stage) -> UUID:
    """The store of a seller who has more than a thousand SKUs."""
    await stage.consent(await stage.seller_account("Bulkhead"), "boris")
    return await stage.connect(await stage.profile(kind="SELLER"), "Bulkhead")


def skus_of(stage: Stage, brand: str) -> dict[str, str]:
    """Of the world: SKU to ASIN."""
    return {
        sku.sku: product.asin
        for product in stage.world.cast.products.values()
        if product.brand_name == brand
        for sku in product.skus
    }


async def products(stage: Stage, store_id: UUID) -> dict[str, dict[str, Any]]:
    rows = await stage.owner.fetch("SELECT * FROM product WHERE store_id = $1", store_id)
    return {row["sku"]: dict(row) for row in rows}


async def last_run(stage: Stage) -> dict[str, Any]:
    return await stage.row("SELECT * FROM catalog_run ORDER BY started_at DESC, id DESC LIMIT 1")


async def sync(stage: Stage, store_id: UUID) -> None:
    """Once more, until the report is there if one is needed."""
    stage.pass_time(hours=24)
    await stage.owner.execute(
        """INSERT INTO duty (kind, subject, account_id, run_at)
           VALUES ('sync_catalog', $1, $2, $3) ON CONFLICT DO NOTHING""",
        str(store_id), stage.account_id, stage.now(),
    )  # fmt: skip
    await finish(stage)


async def finish(stage: Stage) -> None:
    while await stage.do(Kind.SYNC_CATALOG):
        stage.pass_time(minutes=1)


async def test_every_sku_is_a_product_of_its_own(stage: Stage):
    """S40."""
    [store_id] = await stage.juniper("Fernhollow")

    await stage.do(Kind.SYNC_CATALOG)

    found = await products(stage, store_id)
    assert {sku: row["asin"] for sku, row in found.items()} == skus_of(stage, "Fernhollow")
    assert {row["brand_name"] for row in found.values()} == {"Fernhollow"}
    assert all(row["price_minor"] > 0 and row["currency"] == "USD" for row in found.values())
    assert all(row["image_url"].startswith("https://") for row in found.values())
    run = await last_run(stage)
    assert (run["state"], run["method"], run["added"]) == ("APPLIED", "SEARCH", len(found))
    assert run["other_brands"] == len(skus_of(stage, "Stonepath"))
    assert run["listed"] == run["added"] + run["other_brands"]


async def test_a_run_says_how_far_it_is_while_it_is_not_over(stage: Stage):
    await stage.juniper("Fernhollow")
    stage.world.faults.order({"kind": "status", "status": 503, "path": "/catalog/"})

    with pytest.raises(TryLater):
        await stage.do(Kind.SYNC_CATALOG)

    run, listed = await last_run(stage), len(skus_of(stage, "Fernhollow"))
    assert run["state"] == "RUNNING"
    assert run["read"] == run["expected"] == listed + len(skus_of(stage, "Stonepath"))


async def test_an_asin_stands_there_with_each_of_its_skus_and_their_fulfilment(stage: Stage):
    """S41."""
    [store_id] = await stage.juniper("Fernhollow")

    await stage.do(Kind.SYNC_CATALOG)

    twice = await stage.owner.fetch(
        """SELECT asin, array_agg(fulfilment ORDER BY fulfilment) AS ways FROM product
            WHERE store_id = $1 AND status = 'ACTIVE' GROUP BY asin HAVING count(*) = 2""",
        store_id,
    )
    assert twice
    assert all(row["ways"] == ["AMAZON", "MERCHANT"] for row in twice)
    found = await products(stage, store_id)
    assert all(row["quantity"] is None for row in found.values() if row["fulfilment"] == "AMAZON")


async def test_two_brands_of_a_seller_have_their_own_products(stage: Stage):
    """S7."""
    fernhollow, stonepath = await stage.juniper("FERNHOLLOW", "Stonepath")

    await stage.do(Kind.SYNC_CATALOG)

    assert set(await products(stage, fernhollow)) == set(skus_of(stage, "Fernhollow"))
    assert set(await products(stage, stonepath)) == set(skus_of(stage, "Stonepath"))


async def test_the_same_listing_again_changes_nothing(stage: Stage):
    [store_id] = await stage.juniper("Fernhollow")
    await stage.do(Kind.SYNC_CATALOG)
    before = await products(stage, store_id)
    looked_up = stage.count("/na/catalog/2022-04-01/items")

    await sync(stage, store_id)

    run = await last_run(stage)
    assert (run["added"], run["changed"], run["deactivated"]) == (0, 0, 0)
    after = await products(stage, store_id)
    assert all(row.pop("last_seen_at") == stage.now() - timedelta(minutes=1)
               for row in after.values())  # fmt: skip
    for row in before.values():
        del row["last_seen_at"]
    assert after == before
    # Only the other brand's ASINs are looked up again: what a product's brand is, is known.
    assert 0 < stage.count("/na/catalog/2022-04-01/items") - looked_up <= looked_up


async def test_a_large_seller_comes_by_report(large: Stage):
    """S40. No worker waits for the report, and no transaction."""
    store_id = await bulkhead(large)

    await large.do(Kind.SYNC_CATALOG)
    run = await last_run(large)
    assert (run["state"], run["method"]) == ("RUNNING", "REPORT")
    duty = await large.row("SELECT * FROM duty WHERE kind = 'sync_catalog'")
    assert duty["run_at"] == large.now() + timedelta(seconds=30)

    await finish(large)

    found = await products(large, store_id)
    assert len(found) > 1_000
    assert {sku: row["asin"] for sku, row in found.items()} == skus_of(large, "Bulkhead")
    assert all(row["title"] for row in found.values())
    run = await last_run(large)
    assert (run["state"], run["added"], run["quarantined"]) == ("APPLIED", len(found), "[]")
    assert large.asked.count(("POST", "/na/reports/2021-06-30/reports")) == 1


@pytest.mark.parametrize("gzip", [True, False])
@pytest.mark.parametrize("charset", ["UTF-8", "cp1252", "none"])
async def test_a_report_is_read_in_every_packing(large: Stage, charset: str, gzip: bool):
    large.world.change_switches({"file_charset": charset, "file_gzip": gzip})
    store_id = await bulkhead(large)

    await finish(large)

    assert len(await products(large, store_id)) == len(skus_of(large, "Bulkhead"))


@pytest.mark.parametrize("variants", [*([one] for one in FILE_HEADERS), list(FILE_HEADERS)])
async def test_a_report_is_read_with_every_header(large: Stage, variants: list[str]):
    """S40, S41."""
    large.world.change_switches({"file_headers": variants})
    store_id = await bulkhead(large)

    await finish(large)

    found = await products(large, store_id)
    assert {sku: row["asin"] for sku, row in found.items()} == skus_of(large, "Bulkhead")
    by_amazon = {sku for sku, row in found.items() if row["fulfilment"] == "AMAZON"}
    assert by_amazon == {sku for sku in found if "-FBA" in sku}
    inactive = {sku for sku, row in found.items() if row["status"] == "INACTIVE"}
    assert bool(inactive) == ("no_status" not in variants)


async def test_a_shrunken_report_is_held_and_a_person_can_accept_it(large: Stage):
    store_id = await bulkhead(large)
    await finish(large)
    before = await products(large, store_id)
    large.world.change_switches({"file_keep": 0.1})

    await sync(large, store_id)

    run = await last_run(large)
    assert run["state"] == "HELD"
    assert "accept it" in run["problem"]
    assert await products(large, store_id) == before

    for _ in range(3):
        async with large.db.transaction(large.account_id) as tx:
            await catalog.accept_listing(tx, large.account_id, store_id, large.now())
        await finish(large)
    run = await last_run(large)
    after = await products(large, store_id)
    assert run["state"] == "APPLIED"
    assert after.keys() == before.keys()
    active = sum(row["status"] == "ACTIVE" for row in after.values())
    assert active <= len(before) * 0.1


async def test_a_product_is_never_deleted_and_turns_inactive_after_three_listings(large: Stage):
    store_id = await bulkhead(large)
    await finish(large)
    before = await products(large, store_id)
    large.world.change_switches({"file_keep": 0.9})

    states = []
    for _ in range(3):
        await sync(large, store_id)
        found = await products(large, store_id)
        gone = [row for row in found.values() if row["missed_runs"]]
        states.append({row["status"] for row in gone if before[row["sku"]]["status"] == "ACTIVE"})
        assert found.keys() == before.keys()

    assert states == [{"ACTIVE"}, {"ACTIVE"}, {"INACTIVE"}]
    assert (await last_run(large))["deactivated"] > 0
    large.world.change_switches({"file_keep": 1.0})
    await sync(large, store_id)
    back = await products(large, store_id)
    assert {sku: row["status"] for sku, row in back.items()} == {
        sku: row["status"] for sku, row in before.items()
    }


@pytest.mark.parametrize("outcome", ["FATAL", "CANCELLED"])
async def test_a_report_that_amazon_does_not_make_is_told_and_tried_again(
    large: Stage, outcome: str
):
    large.world.change_switches({"report_outcome": outcome})
    await bulkhead(large)

    with pytest.raises(TryAgain, match="report"):
        await finish(large)

    run = await last_run(large)
    assert run["state"] == "FAILED"
    assert run["problem"]


async def test_a_report_that_never_ends_is_given_up(large: Stage):
    store_id = await bulkhead(large)
    await large.do(Kind.SYNC_CATALOG)
    await large.owner.execute("UPDATE catalog_run SET started_at = started_at - interval '25 h'")

    await sync(large, store_id)

    states = await large.owner.fetch("SELECT state FROM catalog_run ORDER BY started_at")
    assert [row[0] for row in states] == ["FAILED", "APPLIED"]


async def test_an_amazon_that_is_down_keeps_the_report_that_was_ordered(large: Stage):
    store_id = await bulkhead(large)
    await large.do(Kind.SYNC_CATALOG)
    large.world.faults.order({"kind": "status", "status": 503, "path": "/reports/"})
    with pytest.raises(TryLater):
        await large.do(Kind.SYNC_CATALOG)
    large.world.faults.clear()

    await finish(large)

    assert await products(large, store_id)
    assert await large.owner.fetchval("SELECT count(*) FROM catalog_run") == 1


@pytest.mark.parametrize("kind", ["throttled", "expired_token"])
async def test_a_passing_fault_is_overcome(stage: Stage, kind: str):
    [store_id] = await stage.juniper("Fernhollow")
    stage.world.faults.order({"kind": kind, "path": "/listings/", "times": 1})

    await stage.do(Kind.SYNC_CATALOG)

    assert await products(stage, store_id)


async def test_an_answer_that_is_cut_fails_the_run_and_can_be_tried_again(stage: Stage):
    [store_id] = await stage.juniper("Fernhollow")
    stage.world.faults.order({"kind": "truncated", "path": "/listings/", "times": 1})
    with pytest.raises(AmazonError):
        await stage.do(Kind.SYNC_CATALOG)
    assert (await last_run(stage))["state"] == "FAILED"

    await stage.do(Kind.SYNC_CATALOG)

    assert await products(stage, store_id)


async def test_without_the_sellers_consent_the_run_says_what_to_do(stage: Stage):
    seller = await stage.seller_account()
    await stage.consent(seller, "june", [Api.ADS])
    store_id = await stage.connect(await stage.profile(kind="SELLER"), "Fernhollow")
    await stage.do(Kind.SYNC_CATALOG)
    run = await last_run(stage)
    assert (run["state"], "Connect the seller account" in run["problem"]) == ("FAILED", True)

    await stage.consent(seller, "june", [Api.SELLING_PARTNER])
    await stage.do(Kind.SYNC_CATALOG)

    assert await products(stage, store_id)


async def test_a_revoked_consent_stops_the_catalogue_until_it_is_given_again(stage: Stage):
    [store_id] = await stage.juniper("Fernhollow")
    stage.pass_time(hours=2)
    stage.world.grants.revoke(person_id="june")

    await stage.do(Kind.SYNC_CATALOG)
    await sync(stage, store_id)

    assert await products(stage, store_id) == {}
    assert stage.count("refresh_token") == 1
    assert (await last_run(stage))["state"] == "FAILED"


async def test_a_disconnected_store_is_not_fetched(stage: Stage):
    """S80."""
    [store_id] = await stage.juniper("Fernhollow")
    async with stage.db.transaction(stage.account_id) as tx:
        await catalog.disconnect_store(tx, stage.account_id, store_id, stage.now())

    await stage.do(Kind.SYNC_CATALOG)

    assert not any(path.startswith("/na/listings/") for _, path in stage.asked)
    assert await last_run(stage) == {}


class OtherSource:
    """A catalogue that does not come from Amazon's API at all."""

    async def search_listings(self, marketplace_id: str) -> AsyncIterator[bytes]:
        yield b"""{"numberOfResults": 1, "items": [{"sku": "H-1", "summaries": [
            {"marketplaceId": "ATVPDKIKX0DER", "asin": "B000000001", "itemName": "A mug",
             "status": ["BUYABLE"]}]}]}"""

    async def catalog_items(self, asins: list[str], marketplace_id: str) -> list[CatalogItem]:
        return [CatalogItem(asin, None, "Fernhollow", None, None, "Kitchen") for asin in asins]


class OtherAmazon(Amazon):
    def selling_partner(self, *_: object) -> Any:
        return OtherSource()


async def test_the_source_of_the_data_can_be_swapped(stage: Stage):
    """S10."""
    [store_id] = await stage.juniper("Fernhollow")
    real = stage.deps.amazon
    other = OtherAmazon(
        real.http, real.endpoints, real.ads_application, real.selling_application, real.clock
    )
    stage.deps = replace(stage.deps, amazon=other)

    await stage.do(Kind.SYNC_CATALOG)

    assert (await products(stage, store_id))["H-1"]["title"] == "A mug"
