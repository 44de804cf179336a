"""The selling API: participations, listings, catalogue, reports, quotas."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from starlette.datastructures import QueryParams

from sandbox.cast.draw import Size, draw_cast
from sandbox.routes.catalogue import listings_items

US = "ATVPDKIKX0DER"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"


@pytest.fixture
async def seller(rehearsal):
    headers = await rehearsal.log_in_seller()

    class Seller:
        id = rehearsal.brand("fernhollow")["seller_id"]

        async def get(self, path: str, **query: object):
            return await rehearsal.http.get(path, params=query, headers=headers)

        async def create(self, **body: object):
            wanted = {"reportType": LISTINGS, "marketplaceIds": [US], **body}
            return await rehearsal.http.post(
                "/reports/2021-06-30/reports", json=wanted, headers=headers
            )

        async def delete(self, path: str):
            return await rehearsal.http.delete(path, headers=headers)

        async def report(self, **body: object) -> dict:
            """A report asked after until it has ended."""
            id = (await self.create(**body)).json()["reportId"]
            while True:
                read = (await self.get(f"/reports/2021-06-30/reports/{id}")).json()
                if read["processingStatus"] not in ("IN_QUEUE", "IN_PROGRESS"):
                    return read

        async def document(self, report: dict) -> dict:
            path = f"/reports/2021-06-30/documents/{report['reportDocumentId']}"
            return (await self.get(path)).json()

        async def file(self, **body: object) -> tuple[list[str], list[list[str]], str]:
            """Header, lines and content type of a downloaded file."""
            document = await self.document(await self.report(**body))
            download = await rehearsal.http.get(document["url"])
            assert download.status_code == 200, download.text
            raw = download.content
            if document.get("compressionAlgorithm") == "GZIP":
                raw = gzip.decompress(raw)
            kind = download.headers["Content-Type"]
            text = raw.decode("cp1252" if "cp1252" in kind else "utf-8")
            lines = list(csv.reader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
            return lines[0], lines[1:], kind

    return Seller()


async def test_participations_have_no_seller_id(rehearsal, seller):
    body = (await seller.get("/sellers/v1/marketplaceParticipations")).json()

    assert body == {
        "payload": [
            {
                "marketplace": {
                    "id": US,
                    "countryCode": "US",
                    "name": "Amazon.com",
                    "defaultCurrencyCode": "USD",
                    "defaultLanguageCode": "en_US",
                    "domainName": "www.amazon.com",
                },
                "storeName": "Juniper Row Trading",
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
            }
        ]
    }


async def test_a_region_lists_its_own_marketplaces_with_gb_for_the_united_kingdom(rehearsal):
    headers = await rehearsal.log_in_seller("lucas")
    answer = await rehearsal.http.get("/eu/sellers/v1/marketplaceParticipations", headers=headers)
    far = await rehearsal.http.get("/fe/sellers/v1/marketplaceParticipations", headers=headers)

    codes = [one["marketplace"]["countryCode"] for one in answer.json()["payload"]]
    assert codes == ["GB", "DE"]
    assert far.status_code == 403


@pytest.mark.parametrize("token", ["", "Atza|nobody"])
async def test_a_token_that_is_not_good_is_403(rehearsal, token):
    answer = await rehearsal.http.get(
        "/sellers/v1/marketplaceParticipations", headers={"x-amz-access-token": token}
    )

    assert answer.status_code == 403
    assert answer.headers["x-amzn-ErrorType"] == "Unauthorized"
    assert answer.json()["errors"][0] == {
        "code": "Unauthorized",
        "message": "Access to requested resource is denied.",
        "details": "The access token you provided is revoked, malformed or invalid.",
    }


async def test_an_advertising_token_does_not_open_the_selling_api(rehearsal):
    token = await rehearsal.log_in()

    answer = await rehearsal.http.get(
        "/sellers/v1/marketplaceParticipations", headers={"x-amz-access-token": token}
    )

    assert answer.status_code == 403


async def _all_listings(seller, **query: object) -> list[dict]:
    found, token = [], None
    while True:
        more = {} if token is None else {"pageToken": token}
        answer = await seller.get(
            f"/listings/2021-08-01/items/{seller.id}",
            marketplaceIds=US,
            includedData="summaries,offers,fulfillmentAvailability",
            pageSize=20,
            **query,
            **more,
        )
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        token = answer.json().get("pagination", {}).get("nextToken")
        if token is None:
            return found


async def test_listings_have_a_line_for_each_sku(rehearsal, seller):
    """S40, S41: an ASIN with two SKUs comes twice, once for each fulfilment."""
    await rehearsal.switch(quota_scale=0)
    items = await _all_listings(seller)

    asins = [one["summaries"][0]["asin"] for one in items]
    skus = [one["sku"] for one in items]
    twice = next(asin for asin in asins if asins.count(asin) == 2)
    both = [one for one in items if one["summaries"][0]["asin"] == twice]
    assert len(set(skus)) == len(skus) == 30
    assert {one["fulfillmentAvailability"][0]["fulfillmentChannelCode"] for one in both} == {
        "DEFAULT",
        "AMAZON_NA",
    }
    assert both[0]["offers"][0]["price"]["currencyCode"] == "USD"
    assert isinstance(both[0]["offers"][0]["price"]["amount"], str)
    assert set(both[0]["summaries"][0]) == {
        "marketplaceId",
        "asin",
        "productType",
        "conditionType",
        "status",
        "itemName",
        "createdDate",
        "lastUpdatedDate",
        "mainImage",
    }


async def test_listings_can_be_asked_for_by_status(rehearsal, seller):
    await rehearsal.switch(quota_scale=0)
    every = await _all_listings(seller)

    buyable = await _all_listings(seller, withStatus="BUYABLE")

    inactive = [one for one in every if one["summaries"][0]["status"] == []]
    assert inactive
    assert len(buyable) == len(every) - len(inactive)


async def test_listings_can_be_windowed_by_their_date(rehearsal, seller):
    await rehearsal.switch(quota_scale=0)
    every = await _all_listings(seller)
    middle = sorted(one["summaries"][0]["createdDate"] for one in every)[len(every) // 2]

    before = await _all_listings(seller, createdBefore=middle)
    after = await _all_listings(seller, createdAfter=middle)

    assert 0 < len(before) < len(every)
    assert len(before) + len(after) == len(
        [one for one in every if one["summaries"][0]["createdDate"] != middle]
    )


async def test_another_sellers_listings_are_denied(rehearsal, seller):
    other = rehearsal.brand("lumentide")["seller_id"]

    answer = await seller.get(f"/listings/2021-08-01/items/{other}", marketplaceIds=US)

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == ""


async def test_the_catalogue_answers_the_asins_it_has(rehearsal, seller):
    asin = rehearsal.asins("fernhollow")[0]

    body = (
        await seller.get(
            "/catalog/2022-04-01/items",
            identifiers=f"{asin},B000000000",
            identifiersType="ASIN",
            marketplaceIds=US,
            includedData="summaries,images,classifications,productTypes,relationships",
        )
    ).json()

    assert body["numberOfResults"] == 1
    (item,) = body["items"]
    assert item["asin"] == asin
    assert item["summaries"][0]["brand"] == "Fernhollow"
    assert item["images"][0]["images"][0]["variant"] == "MAIN"
    assert item["productTypes"] == [{"marketplaceId": US, "productType": "KITCHEN"}]


async def test_the_catalogue_takes_twenty_identifiers(rehearsal, seller):
    answer = await seller.get(
        "/catalog/2022-04-01/items",
        identifiers=",".join(f"B{place:09d}" for place in range(21)),
        identifiersType="ASIN",
        marketplaceIds=US,
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


async def test_a_report_goes_its_way_from_queue_to_done(seller):
    created = await seller.create()
    path = f"/reports/2021-06-30/reports/{created.json()['reportId']}"

    walk = [(await seller.get(path)).json() for _ in range(3)]

    assert created.status_code == 202
    assert [one["processingStatus"] for one in walk] == ["IN_QUEUE", "IN_PROGRESS", "DONE"]
    assert "reportDocumentId" not in walk[1]
    assert walk[2]["reportDocumentId"]
    assert walk[2]["reportType"] == LISTINGS


async def test_a_report_is_done_when_the_clock_has_moved(rehearsal, seller):
    created = await seller.create()
    await rehearsal.advance(2 / 60)

    read = await seller.get(f"/reports/2021-06-30/reports/{created.json()['reportId']}")

    assert read.json()["processingStatus"] == "DONE"


@pytest.mark.parametrize(("outcome", "document"), [("CANCELLED", False), ("FATAL", True)])
async def test_a_report_can_end_badly(rehearsal, seller, outcome, document):
    await rehearsal.switch(report_outcome=outcome)

    report = await seller.report()

    assert report["processingStatus"] == outcome
    assert ("reportDocumentId" in report) == document


async def test_a_queued_report_can_be_cancelled(seller):
    id = (await seller.create()).json()["reportId"]

    assert (await seller.delete(f"/reports/2021-06-30/reports/{id}")).status_code == 200
    read = (await seller.get(f"/reports/2021-06-30/reports/{id}")).json()
    assert read["processingStatus"] == "CANCELLED"


async def test_reports_are_listed_in_pages_by_a_token_that_stands_alone(seller):
    made = {(await seller.create()).json()["reportId"] for _ in range(3)}
    path = "/reports/2021-06-30/reports"

    first = (await seller.get(path, reportTypes=LISTINGS, pageSize=2)).json()
    second = (await seller.get(path, nextToken=first["nextToken"])).json()
    both = await seller.get(path, nextToken=first["nextToken"], pageSize=2)

    assert {one["reportId"] for one in first["reports"] + second["reports"]} == made
    assert "nextToken" not in second
    assert both.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"reportType": "GET_SOMETHING_ELSE"},
        {"marketplaceIds": []},
        {"marketplaceIds": ["A1PA6795UKMFR9"]},
        {"marketplaceIds": None},
    ],
)
async def test_a_report_that_cannot_be_is_invalid_input(seller, body):
    answer = await seller.create(**body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "InvalidInput"


async def test_the_file_has_a_line_for_each_sku_and_no_quantity_for_amazons(rehearsal, seller):
    """S40, S41."""
    header, lines, kind = await seller.file()

    at = {name: place for place, name in enumerate(header)}
    assert len(header) == 29
    assert kind == "text/plain;charset=UTF-8"
    assert len(lines) == 30
    by_amazon = [line for line in lines if line[at["fulfillment-channel"]] == "AMAZON_NA"]
    by_merchant = [line for line in lines if line[at["fulfillment-channel"]] == "DEFAULT"]
    assert {line[at["quantity"]] for line in by_amazon} == {""}
    assert all(line[at["quantity"]].isdigit() for line in by_merchant)
    assert {line[at["status"]] for line in lines} == {"Active", "Inactive"}
    assert any(line[at["item-name"]] == "" for line in lines)
    assert all(line[at["asin1"]].startswith("B0") for line in lines)


async def test_the_presigned_url_lives_five_minutes_and_takes_no_other_credentials(
    rehearsal, seller
):
    report = await seller.report()
    url = (await seller.document(report))["url"]

    with_token = await rehearsal.http.get(url, headers={"x-amz-access-token": "Atza|x"})
    with_bearer = await rehearsal.http.get(url, headers={"Authorization": "Bearer x"})
    forged = await rehearsal.http.get(url[:-1] + ("0" if url[-1] != "0" else "1"))
    good = await rehearsal.http.get(url)
    await rehearsal.advance(5 / 60)
    late = await rehearsal.http.get(url)
    renewed = await rehearsal.http.get((await seller.document(report))["url"])

    answers = (with_token, with_bearer, forged, good, late, renewed)
    assert [one.status_code for one in answers] == [403, 400, 403, 200, 403, 200]
    assert "Request has expired" in late.text
    assert renewed.content == good.content


@pytest.mark.parametrize(
    ("variants", "there", "gone"),
    [
        (["deprecated"], "Deprecated column", "image-url"),
        (["fulfilment"], "fulfilment-channel", "fulfillment-channel"),
        (["no_status"], "seller-sku", "status"),
        (["custom"], "seller-sku", "listing-id"),
        (["unknown_columns"], "ai-shopping-guide-status", None),
        (["localized"], "Händler-SKU", "seller-sku"),
        (["trailing"], "Minimum order quantity", None),
    ],
)
async def test_each_variant_of_the_header(rehearsal, seller, variants, there, gone):
    await rehearsal.switch(file_headers=variants)

    header, lines, _ = await seller.file()

    assert there in header
    assert gone not in header
    assert {len(line) for line in lines} == {len(header)}


async def test_trailing_columns_can_have_no_cells(rehearsal, seller):
    await rehearsal.switch(file_headers=["trailing_without_cells"])

    header, lines, _ = await seller.file()

    assert {len(line) for line in lines} == {len(header) - 2}


async def test_a_pinned_locale_keeps_the_header_english(rehearsal, seller):
    await rehearsal.switch(file_headers=["localized"])

    header, _, _ = await seller.file(reportOptions={"preferredReportDocumentLocale": "en_US"})

    assert "seller-sku" in header


@pytest.mark.parametrize(
    ("charset", "kind"),
    [
        ("UTF-8", "text/plain;charset=UTF-8"),
        ("cp1252", "text/plain;charset=cp1252"),
        ("none", "text/plain"),
    ],
)
async def test_each_charset_is_named_or_not(rehearsal, seller, charset, kind):
    await rehearsal.switch(file_charset=charset, file_gzip=False)

    _, lines, named = await seller.file()

    assert named == kind
    assert any("Café Press" in line[0] for line in lines)


async def test_a_shrunken_file(rehearsal, seller):
    await rehearsal.switch(file_keep=0.1)

    _, lines, _ = await seller.file()

    assert len(lines) == 3


async def test_the_burst_is_spent_and_refills_with_the_clock(rehearsal, seller):
    answers = [await seller.get("/sellers/v1/marketplaceParticipations") for _ in range(16)]
    await rehearsal.advance(0.1)
    later = await seller.get("/sellers/v1/marketplaceParticipations")

    assert [one.status_code for one in answers] == [200] * 15 + [429]
    assert answers[0].headers["x-amzn-RateLimit-Limit"] == "0.016"
    assert "x-amzn-RateLimit-Limit" not in answers[-1].headers
    assert "Retry-After" not in answers[-1].headers
    assert answers[-1].json()["errors"][0]["code"] == "QuotaExceeded"
    assert later.status_code == 200


async def test_no_more_than_a_thousand_skus_can_be_paged(rehearsal, seller):
    cast = draw_cast(7, rehearsal.world.clock.start, Size())
    large = next(one for one in cast.sellers.values() if one.name == "Bulkhead Supply Co")
    seen, token = 0, None
    while True:
        query = {"marketplaceIds": US, "pageSize": "20"}
        asked = {**query, "pageToken": token} if token else query
        body = listings_items(cast, large, QueryParams(asked))
        seen += len(body["items"])
        token = body.get("pagination", {}).get("nextToken")
        if token is None:
            break

    assert body["numberOfResults"] > 1_000
    assert seen == 1_000
