"""The advertising API: profiles, and the five calls of Attribution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.amazon import publishers
from sandbox.amazon.grants import Grant
from sandbox.cast.nouns import Profile
from sandbox.reporting.request import BadRequest
from sandbox.routes.answers import Json, advertising_error
from sandbox.routes.gateway import Handler, guarded
from sandbox.world import World

ProfileHandler = Callable[[World, Request, Profile], Awaitable[Response]]

UNSUPPORTED = "Invalid request, publisher not supported, or invalid advertiser identifier."
NOT_ELIGIBLE = "This profileID is not authorized to use Amazon Attribution"


def routes(world: World) -> list[Route]:
    return [
        *guarded(world, "/v2/profiles", _profiles, ["GET"]),
        *guarded(world, "/attribution/advertisers", _scoped(_advertisers), ["GET"]),
        *guarded(world, "/attribution/publishers", _scoped(_publishers), ["GET"]),
        *guarded(world, "/attribution/tags/macroTag", _scoped(_macro_tags), ["GET"]),
        *guarded(world, "/attribution/tags/nonMacroTemplateTag", _scoped(_template_tags), ["GET"]),
        *guarded(world, "/attribution/report", _scoped(_report), ["POST"]),
    ]


def _error(world: World, status: int, details: str, *, gateway: bool = True) -> Response:
    words = world.switches.error_codes == "words"
    return advertising_error(status, details, words=words, traced=gateway)


def _grant(world: World, request: Request) -> Grant | None:
    """The grant behind a bearer token, when the client named is the one it was made for."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    grant = world.grants.holder(token) if scheme.lower() == "bearer" else None
    client_id = request.headers.get("Amazon-Advertising-API-ClientId")
    if grant is None or grant.client.api != "advertising" or grant.client.id != client_id:
        return None
    return grant


async def _profiles(world: World, request: Request) -> Response:
    grant = _grant(world, request)
    if grant is None:
        return _error(world, 401, "Authentication failed")
    wanted = request.query_params.get("profileTypeFilter")
    types = None if wanted is None else wanted.split(",")
    view = request.query_params.get("accessLevel") == "view"
    listed = [
        _profile_json(profile)
        for profile in _reachable(world, grant, request.state.region, view=view)
        if types is None or profile.account_type in types
    ]
    return Json(listed)


def _reachable(world: World, grant: Grant, region: str, *, view: bool) -> list[Profile]:
    """The profiles of a region that a grant opens; without `view`, those it may edit."""
    delay = timedelta(hours=world.switches.profile_delay_hours)
    if world.clock.now() < grant.granted_at + delay:
        return []
    return [
        world.cast.profiles[id]
        for id, right in grant.person.profiles.items()
        if world.cast.profiles[id].region == region and (view or right == "edit")
    ]


def _profile_json(profile: Profile) -> dict[str, object]:
    account: dict[str, object] = {
        "marketplaceStringId": profile.marketplace.id,
        "id": profile.account_id,
        "type": profile.account_type,
        "name": profile.account_name,
        "validPaymentMethod": True,
    }
    if profile.subtype is not None:
        account["subType"] = profile.subtype
    body: dict[str, object] = {
        "profileId": int(profile.id),
        "countryCode": profile.marketplace.advertising_country,
        "currencyCode": profile.marketplace.currency,
        "timezone": profile.marketplace.timezone,
        "accountInfo": account,
    }
    if profile.account_type == "seller":
        body["dailyBudget"] = 9.99999999e8
    return body


def _scoped(handler: ProfileHandler) -> Handler:
    """Attribution calls all carry a profile, which must be eligible for Attribution."""

    async def scoped(world: World, request: Request) -> Response:
        grant = _grant(world, request)
        if grant is None:
            return _error(world, 401, "Authentication failed")
        scope = request.headers.get("Amazon-Advertising-API-Scope")
        if not scope:
            return _error(world, world.switches.missing_scope_status, "Scope header is missing")
        reachable = _reachable(world, grant, request.state.region, view=True)
        profile = next((one for one in reachable if one.id == scope), None)
        if profile is None:
            return _error(world, 401, f"Not authorized to access scope {scope}")
        barred = world.faults.strike(request.state.call, "not_eligible")
        if profile.advertiser_id is None or barred:
            if world.switches.not_eligible == "400_message":
                return Json({"message": NOT_ELIGIBLE}, 400)
            return _error(world, 403, NOT_ELIGIBLE, gateway=False)
        return await handler(world, request, profile)

    return scoped


async def _advertisers(world: World, request: Request, profile: Profile) -> Response:
    one = {"advertiserId": profile.advertiser_id, "advertiserName": profile.account_name}
    return Json({"advertisers": [one]})


async def _publishers(world: World, request: Request, profile: Profile) -> Response:
    return Json({world.switches.publishers_key: [one.as_json() for one in publishers.ALL]})


async def _macro_tags(world: World, request: Request, profile: Profile) -> Response:
    return _tags(world, request, profile, macro=True)


async def _template_tags(world: World, request: Request, profile: Profile) -> Response:
    return _tags(world, request, profile, macro=False)


def _tags(world: World, request: Request, profile: Profile, *, macro: bool) -> Response:
    """The tag map. Calling it is what makes the profile measure at all."""
    ids = _listed(request, "publisherIds")
    advertisers = _listed(request, "advertiserIds")
    known = [publishers.BY_ID.get(id) for id in ids]
    wrong = not ids or any(one is None or one.macro_enabled != macro for one in known)
    if wrong or (advertisers and profile.advertiser_id not in advertisers):
        return _error(world, 400, UNSUPPORTED, gateway=False)
    world.journal.measuring.add(profile.id)
    advertiser_id = profile.advertiser_id or ""
    spelling = world.switches.tag_placeholders
    tags = {
        id: publishers.macro_tag(advertiser_id, id)
        if macro
        else publishers.template_tag(advertiser_id, id, spelling)
        for id in ids
    }
    body: dict[str, object] = {advertiser_id: tags}
    if world.switches.tag_map == "wrapped":
        body = {"advertiserAttributionTagMap": body}
    return Json(body)


def _listed(request: Request, name: str) -> list[str]:
    """Both ways of writing a list are taken: repeated parameters and commas."""
    values = request.query_params.getlist(name)
    return [piece.strip() for value in values for piece in value.split(",") if piece.strip()]


async def _report(world: World, request: Request, profile: Profile) -> Response:
    try:
        body = orjson.loads(await request.body())
        if not isinstance(body, dict):
            raise BadRequest("The body must be a JSON object")
        return Json(world.reports.answer(profile, body, request.state.call))
    except orjson.JSONDecodeError:
        return _error(world, 400, "The body is not JSON", gateway=False)
    except BadRequest as refused:
        return _error(world, 400, str(refused), gateway=False)
