"""The Selling Partner API: a seller's listings, listings report and catalogue items.

Pages are handed out as received; `domain.catalog.listings` reads them.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import quote

import httpx

from domain.catalog.marketplaces import Region
from domain.clock import Clock
from workers.amazon import documents, shapes
from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import Rejected, TooManyListings, answer
from workers.amazon.shapes import (
    CatalogItem,
    Document,
    ReportProgress,
)
from workers.amazon.throttle import Throttle
from workers.amazon.transport import (
    AccessTokens,
    Request,
    Transport,
    decoded,
    dial,
)

LISTINGS_REPORT = "GET_MERCHANT_LISTINGS_ALL_DATA"
MOST_SEARCHABLE = 1_000
"""Amazon lets a search page through so many SKUs; a larger seller's come by report."""

MOST_ASINS = 20
_PAGE_SIZE = 20
_USER_AGENT = "Clickledger/0.1 (Language=Python)"


class SellingPartner:
    """A client of the Selling Partner API with the tokens of one seller's consent.

    `application_id` and `seller_id` name the quotas; `seller_id` is the one that came with the
    consent. The clock tells the moment that every request has to carry.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        endpoints: Endpoints,
        region: Region,
        application_id: str,
        seller_id: str,
        tokens: AccessTokens,
        throttle: Throttle,
        clock: Clock,
    ) -> None:
        self._http = http
        self._endpoints = endpoints
        self._host = endpoints.selling_partner[region]
        self._application_id = application_id
        self._seller_id = seller_id
        self._throttle = throttle
        self._clock = clock
        self._transport = Transport(
            http,
            endpoints,
            tokens,
            throttle.pace,
            sign=self._sign,
            expired=403,
            api="selling_partner",
        )

    async def search_listings(self, marketplace_id: str) -> AsyncIterator[bytes]:
        """Page through all listings, each page as received.

        Raises TooManyListings, before anything is handed out, when there are more than a search
        can show.
        """
        path = f"/listings/2021-08-01/items/{quote(self._seller_id, safe='')}"
        query = {
            "marketplaceIds": marketplace_id,
            "includedData": "summaries,offers,fulfillmentAvailability",
            "pageSize": str(_PAGE_SIZE),
        }
        async for response in self._pages("searchListingsItems", path, query):
            yield response.content

    async def create_report(self, marketplace_id: str, report_type: str = LISTINGS_REPORT) -> str:
        """Order a report of one marketplace, with English headers; returns the report's id."""
        order = {
            "reportType": report_type,
            "marketplaceIds": [marketplace_id],
            "reportOptions": {"preferredReportDocumentLocale": "en_US"},
        }
        response = await self._call("createReport", "POST", "/reports/2021-06-30/reports", order)
        return decoded(response, shapes.ReportOrdered).report_id

    async def report(self, report_id: str) -> ReportProgress:
        """How far a report is."""
        path = f"/reports/2021-06-30/reports/{quote(report_id, safe='')}"
        status = decoded(await self._call("getReport", "GET", path), shapes.ReportStatus)
        return ReportProgress(status.processing_status, status.report_document_id)

    async def document(self, document_id: str) -> Document:
        """Where the document of a report that is done lies."""
        path = f"/reports/2021-06-30/documents/{quote(document_id, safe='')}"
        found = decoded(await self._call("getReportDocument", "GET", path), shapes.DocumentLocated)
        return Document(found.url, found.compression_algorithm)

    async def download(self, document: Document) -> str:
        """Fetch a document's text, without our token: its address alone lets one in.

        The address dies after five minutes; then Rejected is raised, and `document` gives another.
        """
        self._endpoints.check_document(document.url)
        response = await self._throttle.pace.insist(
            lambda: dial(self._http, "document", "GET", document.url)
        )
        if not response.is_success:
            raise Rejected(answer(response))
        data = documents.unpacked(response.content, document.compression)
        return documents.text(data, response.headers.get("content-type"))

    async def catalog_items(self, asins: Sequence[str], marketplace_id: str) -> list[CatalogItem]:
        """Look up at most 20 ASINs; those that Amazon does not know are left out."""
        if len(asins) > MOST_ASINS:
            raise ValueError(f"Amazon looks up {MOST_ASINS} ASINs at once, not {len(asins)}.")
        query = {
            "identifiers": ",".join(asins),
            "identifiersType": "ASIN",
            "marketplaceIds": marketplace_id,
            "includedData": "summaries,images,productTypes",
            "pageSize": str(_PAGE_SIZE),
        }
        pages = self._pages("searchCatalogItems", "/catalog/2022-04-01/items", query)
        return [
            item.named(marketplace_id)
            async for response in pages
            for item in decoded(response, shapes.CatalogPage).items
        ]

    async def _pages(
        self, operation: str, path: str, query: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """Follow `nextToken` until it is missing, repeated, or beyond what Amazon lets one see."""
        token: str | None = None
        for _ in range(MOST_SEARCHABLE // _PAGE_SIZE):
            params = {**query, "pageToken": token} if token else query
            response = await self._call(operation, "GET", path, params=params)
            page = decoded(response, shapes.SearchPage)
            if page.number_of_results > MOST_SEARCHABLE:
                raise TooManyListings(
                    f"The search finds {page.number_of_results} items and shows "
                    f"{MOST_SEARCHABLE} of them at most; order the report instead."
                )
            yield response
            following = page.pagination.next_token if page.pagination else None
            if not following or following == token:
                return
            token = following

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        json: object = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        request = Request(method, f"{self._host}{path}", params or {}, json=json)
        admit = functools.partial(
            self._throttle.admit, self._application_id, self._seller_id, operation
        )
        return await self._transport.send(request, admit)

    def _sign(self, token: str) -> dict[str, str]:
        return {
            "x-amz-access-token": token,
            "x-amz-date": self._clock.now().strftime("%Y%m%dT%H%M%SZ"),
            "user-agent": _USER_AGENT,
        }
