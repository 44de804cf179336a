"""Amazon's consents: a person is sent to Amazon here and comes back here.

Nothing is exchanged on the way: the code is sealed and a worker is promised to use it.
"""

from __future__ import annotations

import re
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.auth import cookie_of, person_of_browser
from domain.amazon import actions, consent
from domain.amazon.rules import Answer, Api

_STATE = re.compile(r"[A-Za-z0-9_-]{20,100}")
_COOKIE = "amazon_consent"
_COOKIE_S = 15 * 60

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"""

# The address of these pages holds a code or a state: it is for nobody else's eyes.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


async def start_ads(request: Request) -> Response:
    config, state = request.app.state.config, request.query_params.get("state", "")
    url = consent.ads_page(_pages(request), config.ads_client_id, config.public_url, state)
    return _sent_to(url, state)


async def start_seller(request: Request) -> Response:
    """Remember the state in the browser: Amazon may ask for the log-in page without it."""
    config, state = request.app.state.config, request.query_params.get("state", "")
    url = consent.seller_page(
        _pages(request), config.seller_application_id, config.public_url, state
    )
    answer = _sent_to(url, state)
    if answer.status_code == 302:
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=_COOKIE_S,
            path="/oauth/amazon/seller",
            secure=config.public_url.startswith("https://"),
            httponly=True,
            samesite="lax",
        )
    return answer


async def ads(request: Request) -> Response:
    query = request.query_params
    answer = Answer(code=query.get("code"), error=query.get("error"))
    return await _complete(request, Api.ADS, answer)


async def seller(request: Request) -> Response:
    query = request.query_params
    answer = Answer(
        code=query.get("spapi_oauth_code"),
        merchant_id=query.get("selling_partner_id"),
        error=query.get("error"),
    )
    return await _complete(request, Api.SELLING_PARTNER, answer)


async def seller_login(request: Request) -> Response:
    """Amazon asks who is at the door; the state of the consent that was begun here tells it."""
    query = request.query_params
    callback_uri, amazon_state = query.get("amazon_callback_uri", ""), query.get("amazon_state", "")
    state = query.get("state") or cookie_of(request, _COOKIE) or ""
    if not _pages(request).is_amazon(callback_uri) or not amazon_state:
        return _refused("This page is opened by Amazon only. Nothing was connected.")
    if _STATE.fullmatch(state) is None:
        return _refused(
            "Begin in Clickledger: open the seller account there and choose to connect it."
        )
    public_url = request.app.state.config.public_url
    url = consent.login_answer(callback_uri, amazon_state, public_url, state)
    return RedirectResponse(url, 302, headers=_HEADERS)


routes = [
    Route("/oauth/amazon/ads", ads, methods=["GET"]),
    Route("/oauth/amazon/ads/start", start_ads, methods=["GET"]),
    Route("/oauth/amazon/seller", seller, methods=["GET"]),
    Route("/oauth/amazon/seller/start", start_seller, methods=["GET"]),
    Route("/oauth/amazon/seller/login", seller_login, methods=["GET"]),
]


async def _complete(request: Request, api: Api, answer: Answer) -> Response:
    app, now = request.app.state, request.app.state.clock.now()
    viewer = await person_of_browser(request)
    async with app.db.system() as tx:
        asked = await actions.take_state(
            tx,
            request.query_params.get("state", ""),
            now,
            viewer.person_id if viewer else None,
        )
    if asked is None:
        return _refused(
            "This consent is unknown, was used before, has taken longer than 15 minutes, or was "
            "begun by somebody who is not signed in here. Connect again in Clickledger, in this "
            "browser."
        )
    async with app.db.transaction(asked.account_id) as tx:
        declined = await actions.complete_consent(tx, asked, api, answer, app.keyring, now)
    if declined is not None:
        return _refused(declined.reason)
    await app.ring()
    return _page(200, "Connected", "You can close this window.")


def _sent_to(url: str, state: str) -> Response:
    if _STATE.fullmatch(state) is None:
        return _refused("The link is not complete. Connect again in Clickledger.")
    return RedirectResponse(url, 302, headers=_HEADERS)


def _pages(request: Request) -> consent.Pages:
    return consent.Pages.at(request.app.state.config.amazon_origin)


def _refused(reason: str) -> Response:
    return _page(400, "Not connected", reason)


def _page(status: int, title: str, text: str) -> Response:
    content = _PAGE.format(title=escape(title), text=escape(text))
    return HTMLResponse(content, status, headers=_HEADERS)
