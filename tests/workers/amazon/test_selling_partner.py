from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from domain.catalog.listings import from_report, from_search
from domain.catalog.marketplaces import Region
from domain.clock import SystemClock
from tests.workers.amazon.rehearsal import ENDPOINTS, AnyTokens, Script
from workers.amazon.errors import (
    AccessLost,
    EgressRefused,
    InvalidGrant,
    Rejected,
    TooManyListings,
    TryLater,
)
from workers.amazon.selling_partner import SellingPartner
from workers.amazon.shapes import Document, ReportState
from workers.amazon.throttle import Throttle

US = "ATVPDKIKX0DER"


async def searched(client: SellingPartner) -> list[Any]:
    pages = [from_search(body, US) async for body in client.search_listings(US)]
    assert [kept for page in pages for kept in page.quarantined] == []
    return [row for page in pages for row in page.rows]


async def reported(client: SellingPartner) -> str:
    """The text of a fresh listings report, asked after until it is done."""
    report_id = await client.create_report(US)
    while (progress := await client.report(report_id)).state is not ReportState.DONE:
        assert progress.state in {ReportState.IN_QUEUE, ReportState.IN_PROGRESS}
    assert progress.document_id is not None
    return await client.download(await client.document(progress.document_id))


async def test_search_finds_every_sku_over_all_pages(rehearsal: Any) -> None:
    """S40, S41."""
    client, _ = await rehearsal.selling("june")
    rows = await searched(client)

    products = [p for b in rehearsal.world["brands"] for p in b["products"]]
    (seller,) = [s for s in rehearsal.world["sellers"] if s["name"] == "Juniper Row Trading"]
    assert len(rows) == seller["skus"] > 20
    fulfilment = {
        sku["sku"]: "AMAZON" if sku["by_amazon"] else "MERCHANT"
        for product in products
        for sku in product["skus"]
    }
    assert all(row.fulfilment == fulfilment[row.seller_sku] for row in rows)
    assert len({row.asin for row in rows}) < len(rows)


async def test_a_seller_with_more_than_a_thousand_skus_comes_by_report(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("boris")
    with pytest.raises(TooManyListings):
        await searched(client)
    assert len(from_report(await reported(client)).rows) > 1_000


async def test_the_report_and_the_search_agree(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("june")
    by_search = {(r.seller_sku, r.asin, r.fulfilment, r.status) for r in await searched(client)}
    by_report = {
        (r.seller_sku, r.asin, r.fulfilment, r.status)
        for r in from_report(await reported(client)).rows
    }
    assert by_report == by_search


@pytest.mark.parametrize(
    "switches",
    [
        {"file_gzip": False},
        {"file_charset": "cp1252"},
        {"file_charset": "none"},
        {"file_headers": ["deprecated"]},
        {"file_headers": ["fulfilment"]},
        {"file_headers": ["no_status"]},
        {"file_headers": ["trailing"]},
        {"file_headers": ["trailing", "trailing_without_cells"]},
        {"file_headers": ["custom"]},
        {"file_headers": ["unknown_columns"]},
        {"file_headers": ["deprecated", "fulfilment", "no_status", "trailing"]},
    ],
)
async def test_every_form_of_the_report_is_read(rehearsal: Any, switches: dict[str, Any]) -> None:
    client, _ = await rehearsal.selling("june")
    plain = from_report(await reported(client)).rows
    await rehearsal.switch(**switches)
    found = from_report(await reported(client))

    assert found.quarantined == []
    assert [(r.seller_sku, r.asin, r.title) for r in found.rows] == [
        (r.seller_sku, r.asin, r.title) for r in plain
    ]


async def test_a_report_is_ordered_in_english(rehearsal: Any) -> None:
    await rehearsal.switch(file_headers=["localized"])
    client, _ = await rehearsal.selling("june")
    assert from_report(await reported(client)).rows


@pytest.mark.parametrize("outcome", ["CANCELLED", "FATAL"])
async def test_a_report_that_fails_says_so(rehearsal: Any, outcome: str) -> None:
    await rehearsal.switch(report_outcome=outcome)
    client, _ = await rehearsal.selling("june")
    report_id = await client.create_report(US)
    states = [(await client.report(report_id)).state for _ in range(4)]
    assert states[-1] is ReportState(outcome)


async def test_an_address_that_has_died_is_refused_and_another_is_had(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("june")
    report_id = await client.create_report(US)
    while (progress := await client.report(report_id)).state is not ReportState.DONE:
        pass
    document = await client.document(progress.document_id)
    await rehearsal.control("POST", "clock", {"advance_hours": 0.1})

    with pytest.raises(Rejected, match="expired"):
        await client.download(document)
    assert await client.download(await client.document(progress.document_id))


async def test_a_document_elsewhere_is_not_fetched(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("june")
    with pytest.raises(EgressRefused):
        await client.download(Document("https://evil.example/presigned/1", None))


async def test_the_catalogue_names_brand_image_and_category(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("june")
    brands = [b for b in rehearsal.world["brands"] if b["name"] == "Fernhollow"]
    asins = [product["asin"] for product in brands[0]["products"]][:20]
    items = await client.catalog_items([*asins, "B0NOTTHERE"][:20], US)

    assert {item.asin for item in items} == set(asins)
    assert {item.brand for item in items} == {"Fernhollow"}
    assert all(item.title and item.image_url and item.product_type for item in items)


async def test_more_than_twenty_asins_are_a_mistake_of_the_caller(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("june")
    with pytest.raises(ValueError, match="20 ASINs"):
        await client.catalog_items(["B000000001"] * 21, US)


async def test_a_403_renews_the_token_once(rehearsal: Any) -> None:
    client, tokens = await rehearsal.selling("june")
    await rehearsal.fault("expired_token", path="/reports/2021-06-30/reports")
    assert await client.create_report(US)
    assert tokens.refreshes == 1


async def test_a_403_that_stays_means_access_is_lost(rehearsal: Any) -> None:
    client, tokens = await rehearsal.selling("june")
    await rehearsal.fault("expired_token", path="/reports/2021-06-30/reports", times=None)
    with pytest.raises(AccessLost, match="denied"):
        await client.create_report(US)
    assert tokens.refreshes == 1


async def test_a_revoked_consent_stops_in_one_try(rehearsal: Any) -> None:
    client, tokens = await rehearsal.selling("june")
    await rehearsal.control("POST", "revocations", {"person": "june"})
    with pytest.raises(InvalidGrant):
        await client.create_report(US)
    assert (tokens.refreshes, rehearsal.time.sleeps) == (1, [])


async def test_a_429_empties_our_bucket_too_and_nobody_sits_it_out_for_long(
    rehearsal: Any,
) -> None:
    client, _ = await rehearsal.selling("june")
    await rehearsal.fault("throttled", path="/reports/2021-06-30/reports")
    assert await client.create_report(US)
    assert 59 < sum(rehearsal.time.sleeps) <= 120

    await rehearsal.fault("throttled", path="/reports/2021-06-30/reports", times=None)
    rehearsal.time.sleeps.clear()
    with pytest.raises(TryLater):
        await client.create_report(US)
    assert sum(rehearsal.time.sleeps) <= 120


async def test_thousands_of_listings_are_searched_within_the_quota(rehearsal: Any) -> None:
    client, _ = await rehearsal.selling("june")
    pages = len([body async for body in client.search_listings(US)])
    assert sum(rehearsal.time.sleeps) >= (pages - 5) / 5


def prepared(script: Script) -> SellingPartner:
    throttle = Throttle(script.time.pace())
    return SellingPartner(
        script.http(), ENDPOINTS, Region.EUROPE, "app", "A1", AnyTokens(), throttle, SystemClock()
    )


async def test_every_call_carries_what_the_selling_api_wants() -> None:
    script = Script([JSONResponse({"reportId": "1"})])
    await prepared(script).create_report(US)

    ((request, _),) = script.asked
    assert request.url.path == "/eu/reports/2021-06-30/reports"
    assert request.headers["x-amz-access-token"] == "Atza|1"
    assert request.headers["user-agent"].startswith("Clickledger/")
    assert len(request.headers["x-amz-date"]) == len("20190430T123600Z")


async def test_no_token_goes_to_the_document_storage() -> None:
    script = Script([Response("seller-sku\tasin1\n")])
    document = Document(f"{ENDPOINTS.document_origin}/presigned/1?signature", None)
    assert await prepared(script).download(document) == "seller-sku\tasin1\n"

    ((request, _),) = script.asked
    assert not {"authorization", "x-amz-access-token"} & set(request.headers)
