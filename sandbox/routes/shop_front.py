"""The shop: where a tagged link ends, and where a click is counted."""

from __future__ import annotations

import uuid
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.shopping.journal import ShoppingError
from sandbox.shopping.landing import Arrival, arrive
from sandbox.world import World

COOKIE = "sandbox-shopper"
HEADER = "X-Sandbox-Shopper"


def routes(world: World) -> list[Route]:
    """Comes last: whatever is no endpoint is a page of the shop."""

    async def visit(request: Request) -> Response:
        return _visit(world, request)

    return [Route("/{path:path}", visit, methods=["GET", "HEAD"])]


def _visit(world: World, request: Request) -> Response:
    shopper = request.headers.get(HEADER) or request.cookies.get(COOKIE) or uuid.uuid4().hex
    url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    arrival = arrive(url)
    untagged = arrival.tag is None and not arrival.problems
    if request.method == "HEAD" or untagged:
        return _page(world, arrival, ())
    try:
        click = world.journal.arrived(arrival, shopper)
    except ShoppingError as refused:
        return HTMLResponse(f"<p>{escape(str(refused))}</p>", 409)
    page = _page(world, arrival, click.problems)
    page.set_cookie(COOKIE, shopper)
    page.headers["X-Sandbox-Click"] = click.id
    page.headers["X-Sandbox-Measured"] = str(click.measured).lower()
    return page


def _page(world: World, arrival: Arrival, problems: tuple[str, ...]) -> HTMLResponse:
    landing = arrival.landing
    title, status = "Amazon in a box", 404
    product = world.cast.products.get(landing.asin or "")
    store_page = world.cast.pages.get(landing.page_id or "")
    if product is not None and landing.marketplace_id in product.prices_minor:
        title, status = product.title, 200
    elif store_page is not None:
        brand = world.cast.brands[store_page.brand_id]
        title, status = f"{brand.name}: {store_page.title}", 200
    items = "".join(f"<li>{escape(problem)}</li>" for problem in problems)
    verdict = f"<p>This tag does not measure fully:</p><ul>{items}</ul>" if items else ""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1>{verdict}",
        status,
    )
