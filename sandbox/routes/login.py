"""Login with Amazon and Seller Central's consent: the pages a person sees, and the token call."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.amazon.grants import LoginError
from sandbox.cast.nouns import Client, Person
from sandbox.routes.answers import Json, request_id
from sandbox.routes.gateway import guarded
from sandbox.world import World

SCOPE = "advertising::campaign_management"

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p>
<form method="post" action="{action}">{hidden}
<p><label>Continue as <select name="person">{people}</select></label></p>
<p><button name="decision" value="allow">Allow</button>
<button name="decision" value="cancel">Cancel</button></p></form></main></body></html>"""


def routes(world: World) -> list[Route]:
    return [
        *guarded(world, "/ap/oa", _login_page, ["GET"]),
        *guarded(world, "/ap/oa", _login_decision, ["POST"]),
        *guarded(world, "/auth/o2/token", _token, ["POST"]),
        *guarded(world, "/apps/authorize/consent", _seller_page, ["GET"]),
        *guarded(world, "/apps/authorize/consent", _seller_decision, ["POST"]),
    ]


async def _login_page(world: World, request: Request) -> Response:
    asked = dict(request.query_params)
    if refusal := _why_no_login(world, asked):
        return refusal
    text = "The application wants to manage your advertising and read its reports."
    people = [one for one in world.cast.people.values() if one.profiles]
    return _page("Login with Amazon", text, asked, people, request)


async def _login_decision(world: World, request: Request) -> Response:
    asked = {name: str(value) for name, value in (await request.form()).items()}
    asked = {**dict(request.query_params), **asked}
    if refusal := _why_no_login(world, asked):
        return refusal
    if asked.get("decision") != "allow":
        return _refused(asked)
    person = world.cast.people.get(asked.get("person", ""))
    if person is None:
        return _stop("Choose who you are: GET /sandbox/world lists the people.")
    code = world.grants.authorize(
        world.cast.clients[asked["client_id"]],
        person,
        redirect_uri=asked["redirect_uri"],
        challenge=asked.get("code_challenge"),
        method=asked.get("code_challenge_method", "plain"),
    )
    return _back(asked, {"code": code, "scope": SCOPE})


def _why_no_login(world: World, asked: dict[str, str]) -> Response | None:
    """A mistake in the URL is shown, never sent to a redirect_uri that was not checked."""
    client = world.cast.clients.get(asked.get("client_id", ""))
    if client is None:
        return _stop("We're sorry! An unknown client was requested: client_id.")
    if not _may_return(world, asked.get("redirect_uri", "")):
        return _stop("The redirect URI you provided has not been whitelisted.")
    if asked.get("response_type") != "code":
        return _back(asked, {"error": "unsupported_response_type"})
    if asked.get("scope") != SCOPE or client.api != "advertising":
        unknown = {
            "error": "invalid_scope",
            "error_description": "An unknown scope was requested",
        }
        return _back(asked, unknown)
    return None


async def _seller_page(world: World, request: Request) -> Response:
    asked = dict(request.query_params)
    client = _application(world, asked)
    if client is None:
        return _stop("MD1000: the application_id is unknown.")
    if not _may_return(world, asked.get("redirect_uri", "")):
        return _stop("MD5101: the redirect_uri is not one of the application's.")
    text = "The application wants to read your listings and catalogue."
    people = [one for one in world.cast.people.values() if one.seller_ids]
    return _page("Seller Central: authorize application", text, asked, people, request)


async def _seller_decision(world: World, request: Request) -> Response:
    asked = {name: str(value) for name, value in (await request.form()).items()}
    asked = {**dict(request.query_params), **asked}
    client = _application(world, asked)
    if client is None or not _may_return(world, asked.get("redirect_uri", "")):
        return _stop("MD1000: the application or its redirect_uri is unknown.")
    if asked.get("decision") != "allow":
        return _refused(asked)
    person = world.cast.people.get(asked.get("person", ""))
    if person is None or not person.seller_ids:
        return _stop("Choose a person with a seller account: GET /sandbox/world lists them.")
    seller_id = asked.get("seller") or person.seller_ids[0]
    if seller_id not in person.seller_ids:
        return _stop(f"{person.name} has no rights in the account {seller_id}.")
    code = world.grants.authorize(client, person, seller_id=seller_id)
    return _back(asked, {"spapi_oauth_code": code, "selling_partner_id": seller_id})


def _application(world: World, asked: dict[str, str]) -> Client | None:
    wanted = asked.get("application_id")
    for client in world.cast.clients.values():
        if client.application_id is not None and client.application_id == wanted:
            return client
    return None


async def _token(world: World, request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        return Json(_exchange(world, request, form), headers={"Cache-Control": "no-store"})
    except LoginError as refused:
        body: dict[str, object] = {
            "error": refused.error,
            "error_description": refused.description,
        }
        if world.switches.login_errors == "detailed":
            body |= {"error_index": "LWA-0001", "request_id": request_id()}
        return Json(body, refused.status)


def _exchange(world: World, request: Request, form: dict[str, str]) -> dict[str, object]:
    call = request.state.call
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if world.faults.strike(call, "unavailable"):
        raise LoginError("temporarily_unavailable", "The service is busy, try again later", 400)
    if world.faults.strike(call, "invalid_client"):
        secret = ""
    client = world.grants.check_client(client_id, secret)
    kind = form.get("grant_type")
    if kind == "authorization_code":
        grant, token = world.grants.redeem(
            client, _required(form, "code"), form.get("redirect_uri"), form.get("code_verifier")
        )
    elif kind == "refresh_token":
        refresh_token = _required(form, "refresh_token")
        if world.faults.strike(call, "invalid_grant"):
            world.grants.revoke(refresh_token=refresh_token)
        grant, token = world.grants.refresh(client, refresh_token)
    elif kind is None:
        raise LoginError("invalid_request", "The request is missing a parameter : grant_type")
    else:
        raise LoginError("unsupported_grant_type", f"The grant type {kind} is not supported")
    return {
        "access_token": token,
        "refresh_token": grant.refresh_token,
        "token_type": "bearer",
        "expires_in": 3600,
    }


def _required(form: dict[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise LoginError("invalid_request", f"The request is missing a required parameter : {name}")
    return value


def _may_return(world: World, uri: str) -> bool:
    if urlsplit(uri).scheme not in ("http", "https"):
        return False
    allowed = world.switches.return_urls
    return not allowed or any(uri.startswith(prefix) for prefix in allowed)


def _page(
    title: str, text: str, asked: dict[str, str], people: list[Person], request: Request
) -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in asked.items()
    )
    options = "".join(f'<option value="{one.id}">{escape(one.name)}</option>' for one in people)
    return HTMLResponse(
        _PAGE.format(
            title=escape(title),
            text=escape(text),
            action=escape(request.url.path),
            hidden=hidden,
            people=options,
        )
    )


def _back(asked: dict[str, str], answer: dict[str, str]) -> Response:
    """Send the person back, with the state they came with."""
    if "state" in asked:
        answer["state"] = asked["state"]
    parts = urlsplit(asked["redirect_uri"])
    query = "&".join(piece for piece in (parts.query, urlencode(answer)) if piece)
    return RedirectResponse(urlunsplit(parts._replace(query=query)), 302)


def _refused(asked: dict[str, str]) -> Response:
    return _back(
        asked,
        {"error": "access_denied", "error_description": "The resource owner denied the request"},
    )


def _stop(text: str) -> Response:
    return HTMLResponse(f"<!doctype html><title>Sorry</title><p>{escape(text)}</p>", 400)
