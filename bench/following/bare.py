"""The limit: Starlette's own answer to a visit, the same to everybody."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "strict-origin-when-cross-origin",
    "location": "https://www.amazon.com/dp/B000000001?maas=maas_adg_api_1_static_12_1&ref_=aa_maas"
    "&tag=maas&aa_campaignid=aaaaaaaaaaaaaaaa&aa_adgroupid=aaaaaaaaaaaaaaaa"
    "&aa_creativeid=aaaaaaaaaaaaaaaa",
}


async def follow(request: Request) -> Response:
    return Response(status_code=302, headers=_HEADERS)


def app() -> Starlette:
    return Starlette(routes=[Route("/l/{code}", follow, methods=["GET"])])
