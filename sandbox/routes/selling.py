"""The selling API: participations, listings, catalogue, reports and their download."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.amazon.grants import Grant
from sandbox.amazon.listing_reports import ReportRefused
from sandbox.amazon.quotas import PLANS
from sandbox.cast.nouns import Seller
from sandbox.marketplaces import BY_ID, Marketplace
from sandbox.routes.answers import Json, request_id, selling_error
from sandbox.routes.catalogue import BadQuery, catalog_items, listings_items
from sandbox.routes.gateway import QUOTA, Handler, denied, guarded
from sandbox.world import World

SellerHandler = Callable[[World, Request, Seller], Awaitable[Response]]

_REPORTS = "/reports/2021-06-30"


def routes(world: World) -> list[Route]:
    def operation(name: str, method: str, path: str, handler: SellerHandler) -> list[Route]:
        return guarded(world, path, _authorized(name, handler), [method])

    return [
        *operation(
            "getMarketplaceParticipations",
            "GET",
            "/sellers/v1/marketplaceParticipations",
            _participations,
        ),
        *operation(
            "searchListingsItems", "GET", "/listings/2021-08-01/items/{seller_id}", _listings
        ),
        *operation("searchCatalogItems", "GET", "/catalog/2022-04-01/items", _catalog),
        *operation("createReport", "POST", f"{_REPORTS}/reports", _create_report),
        *operation("getReports", "GET", f"{_REPORTS}/reports", _list_reports),
        *operation("getReport", "GET", f"{_REPORTS}/reports/{{report_id}}", _read_report),
        *operation("cancelReport", "DELETE", f"{_REPORTS}/reports/{{report_id}}", _cancel_report),
        *operation("getReportDocument", "GET", f"{_REPORTS}/documents/{{document_id}}", _document),
        *guarded(world, "/presigned/{document_id}", _download, ["GET"]),
    ]


def _authorized(operation: str, handler: SellerHandler) -> Handler:
    async def authorized(world: World, request: Request) -> Response:
        grant = world.grants.holder(request.headers.get("x-amz-access-token", ""))
        seller = None if grant is None else _seller(world, grant, request.state.region)
        if grant is None or seller is None:
            return denied()
        if not request.headers.get("user-agent"):
            return _invalid("The user-agent header is required.")
        if not world.quotas.take(grant.client.id, seller.id, operation):
            return selling_error(429, "QuotaExceeded", QUOTA)
        try:
            response = await handler(world, request, seller)
        except (BadQuery, ReportRefused) as refused:
            response = _invalid(str(refused))
        response.headers.setdefault("x-amzn-RequestId", request_id())
        if world.switches.quota_header:
            rate = PLANS[operation][0] * (world.switches.quota_scale or 1)
            response.headers["x-amzn-RateLimit-Limit"] = str(rate)
        return response

    return authorized


def _seller(world: World, grant: Grant, region: str) -> Seller | None:
    """The selling partner of a grant, when it sells in the region that was called."""
    if grant.client.api != "selling" or grant.seller_id is None:
        return None
    seller = world.cast.sellers[grant.seller_id]
    return seller if any(one.region == region for one in _shops(seller)) else None


def _shops(seller: Seller) -> list[Marketplace]:
    return [BY_ID[id] for id in seller.marketplaces]


def _invalid(message: str) -> Response:
    return selling_error(400, "InvalidInput", message)


def _not_found() -> Response:
    return selling_error(404, "NotFound", "The resource specified does not exist.")


async def _participations(world: World, request: Request, seller: Seller) -> Response:
    return Json(
        {
            "payload": [
                {
                    "marketplace": {
                        "id": one.id,
                        "countryCode": one.country,
                        "name": one.name,
                        "defaultCurrencyCode": one.currency,
                        "defaultLanguageCode": one.language,
                        "domainName": one.domain,
                    },
                    "storeName": seller.name,
                    "participation": {"isParticipating": True, "hasSuspendedListings": False},
                }
                for one in _shops(seller)
                if one.region == request.state.region
            ]
        }
    )


async def _listings(world: World, request: Request, seller: Seller) -> Response:
    if request.path_params["seller_id"] != seller.id:
        return denied(details=False)
    return Json(listings_items(world.cast, seller, request.query_params))


async def _catalog(world: World, request: Request, seller: Seller) -> Response:
    return Json(catalog_items(world.cast, request.query_params))


async def _create_report(world: World, request: Request, seller: Seller) -> Response:
    try:
        body = orjson.loads(await request.body())
        options = body.get("reportOptions") or {}
        report = world.listing_reports.create(
            seller.id, str(body["reportType"]), list(body["marketplaceIds"]), dict(options)
        )
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as wrong:
        if isinstance(wrong, ReportRefused):
            raise
        return _invalid("reportType and marketplaceIds are required.")
    return Json({"reportId": report.id}, 202)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk over reports: what was asked for, and how far it has come."""

    types: list[str]
    since: datetime
    offset: int
    size: int

    def token(self) -> str:
        return orjson.dumps(asdict(self)).hex()


def _walk(world: World, query: QueryParams) -> _Walk:
    token = query.get("nextToken")
    if token is not None:
        read = orjson.loads(bytes.fromhex(token))
        since = datetime.fromisoformat(read["since"])
        return _Walk(list(read["types"]), since, int(read["offset"]), int(read["size"]))
    asked = query.get("createdSince")
    oldest = world.clock.now() - timedelta(days=90)
    return _Walk(
        types=[one for one in (query.get("reportTypes") or "").split(",") if one],
        since=datetime.fromisoformat(asked) if asked else oldest,
        offset=0,
        size=int(query.get("pageSize") or 10),
    )


async def _list_reports(world: World, request: Request, seller: Seller) -> Response:
    """`nextToken` stands alone."""
    query = request.query_params
    if "nextToken" in query and len(query) > 1:
        return _invalid("nextToken must be the only parameter.")
    try:
        walk = _walk(world, query)
        found = world.listing_reports.listed(seller.id, walk.types, walk.since)
    except (ValueError, KeyError, TypeError):
        return _invalid("nextToken, pageSize or createdSince is not valid.")
    if not 1 <= len(walk.types) <= 10 or not 1 <= walk.size <= 100:
        return _invalid("reportTypes takes 1 to 10 types, pageSize 1 to 100.")
    end = walk.offset + walk.size
    body: dict[str, object] = {"reports": [one.as_json() for one in found[walk.offset : end]]}
    if end < len(found):
        body["nextToken"] = replace(walk, offset=end).token()
    return Json(body)


async def _read_report(world: World, request: Request, seller: Seller) -> Response:
    report = world.listing_reports.poll(seller.id, request.path_params["report_id"])
    if report is None:
        return _not_found()
    body = report.as_json()
    if world.faults.strike(request.state.call, "unfinished"):
        body["processingStatus"] = "IN_PROGRESS"
        body.pop("reportDocumentId", None)
    return Json(body)


async def _cancel_report(world: World, request: Request, seller: Seller) -> Response:
    done = world.listing_reports.cancel(seller.id, request.path_params["report_id"])
    return Json({}) if done else _invalid("Only a report that is IN_QUEUE can be cancelled.")


async def _document(world: World, request: Request, seller: Seller) -> Response:
    link = world.listing_reports.sign(seller.id, request.path_params["document_id"])
    if link is None:
        return _not_found()
    base = str(request.base_url).rstrip("/")
    body = {
        "reportDocumentId": link.document.id,
        "url": f"{base}/presigned/{link.document.id}"
        f"?X-Amz-Expires=300&X-Amz-Signature={link.signature}",
    }
    if link.document.gzipped:
        body["compressionAlgorithm"] = "GZIP"
    return Json(body)


async def _download(world: World, request: Request) -> Response:
    """The storage behind the URL: it takes the signature and no other sign of who is asking."""
    link = world.listing_reports.link(request.query_params.get("X-Amz-Signature", ""))
    if link is None or link.document.id != request.path_params["document_id"]:
        return _storage_error(403, "SignatureDoesNotMatch", "The signature does not match.")
    if world.clock.now() >= link.expires_at:
        return _storage_error(403, "AccessDenied", "Request has expired")
    if "Authorization" in request.headers:
        return _storage_error(
            400, "InvalidArgument", "Only one auth mechanism allowed; send no Authorization header"
        )
    if "x-amz-access-token" in request.headers:
        return _storage_error(
            403, "AccessDenied", "There were headers present in the request which were not signed"
        )
    content = link.document.content
    if fault := world.faults.strike(request.state.call, "shrunken"):
        content = world.listing_reports.shrink(link.document, fault.keep)
    if world.faults.strike(request.state.call, "damaged"):
        middle = len(content) // 2
        content = content[:middle] + bytes(byte ^ 255 for byte in content[middle:])
    return Response(content, media_type=None, headers={"Content-Type": link.document.content_type})


def _storage_error(status: int, code: str, message: str) -> Response:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>",
        status,
        media_type="application/xml",
    )
