"""From a seller's consent to a profile that measures: exchange, discover, enable."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from db.pool import Tx
from domain.amazon import actions, queries
from domain.amazon.consent import redirect_uri
from domain.amazon.rules import FoundProfile, Grant, Measurement, choose_publisher
from domain.catalog import marketplaces
from domain.catalog.rules import known_time_zone
from domain.duties.rules import Duty
from domain.errors import InvalidInput
from workers.amazon.ads import Ads, Profile
from workers.amazon.errors import InvalidGrant, NotEligible
from workers.deps import Deps
from workers.errors import GiveUp, NotYet
from workers.tokens import named

_LOOK_AGAIN = timedelta(minutes=10)
_KINDS = {"seller": "SELLER", "vendor": "VENDOR", "agency": "AGENCY"}

log = structlog.get_logger()


async def exchange_code(deps: Deps, duty: Duty) -> None:
    """The code of a consent becomes tokens. Its subject is the grant."""
    grant = await _grant(deps, duty)
    if grant is None or grant.sealed_code is None:
        return  # exchanged already
    code = deps.keyring.open(grant.sealed_code, grant.place("sealed_code"))
    try:
        tokens = await deps.amazon.login(grant.api).exchange(
            code, redirect_uri(deps.public_url, grant.api)
        )
    except InvalidGrant as error:
        # Only a new consent helps; it will promise a new exchange.
        async with deps.db.transaction(duty.account_id) as tx:
            await actions.refuse_code(tx, grant, str(error), deps.clock.now())
        log.warning("consent_not_completed", grant=str(grant.id), said=str(error))
        return
    now = deps.clock.now()
    async with deps.db.transaction(duty.account_id) as tx:
        done = await actions.connect(tx, grant, named(tokens), deps.keyring, now)
    if not done:
        raise NotYet(now)


async def discover_profiles(deps: Deps, duty: Duty) -> None:
    """Which profiles a consent opens, and which of them may use Attribution.

    The subject is the grant. A new consent's profiles may be hours away; `until` in the payload
    says how long they are waited for.
    """
    grant = await _grant(deps, duty)
    if grant is None:
        return
    ads = deps.amazon.ads(deps.tokens(duty.account_id, grant.id))
    listed = [one for one in await ads.profiles() if one.kind in _KINDS]
    now = deps.clock.now()
    async with deps.db.transaction(duty.account_id) as tx:
        found = [_found(one) for one in listed]
        seller = grant.seller_account_id
        await actions.record_profiles(tx, duty.account_id, seller, found, now)
        open_ids = await queries.open_marketplaces(tx)
    eligible = {
        one.id: await _may_use_attribution(ads, one)
        for one in listed
        if one.kind == "seller" and one.marketplace_id in open_ids
    }
    async with deps.db.transaction(duty.account_id) as tx:
        await actions.record_eligibility(tx, duty.account_id, seller, eligible)
        await _say_whether_found(tx, grant, duty, now, found=bool(listed))


async def enable_measurement(deps: Deps, duty: Duty) -> None:
    """Make the tag call, without which Amazon measures nothing. The subject is the profile."""
    profile_id = UUID(duty.subject)
    async with deps.db.account(duty.account_id) as tx:
        known = await queries.profile(tx, duty.account_id, profile_id)
    if known is None or known.measuring_since is not None:
        return
    ads = await deps.ads(duty.account_id, profile_id)
    try:
        publishers = await ads.client.publishers(ads.profile)
        publisher_id = choose_publisher([(p.id, p.name, p.macro_enabled) for p in publishers])
        tags = await ads.client.tag_templates(ads.profile, publisher_id)
    except NotEligible as error:
        async with deps.db.transaction(duty.account_id) as tx:
            lost = {ads.profile.id: False}
            await actions.record_eligibility(tx, duty.account_id, known.seller_account_id, lost)
        raise GiveUp(str(error)) from error
    if len(tags) != 1:
        raise GiveUp(
            f"Amazon has {len(tags)} advertisers for the profile {ads.profile.id} of a seller, "
            "who should have one. Ask Amazon's support which of them is in use."
        )
    [(advertiser_id, template)] = tags.items()
    measurement = Measurement(advertiser_id, publisher_id, template)
    async with deps.db.transaction(duty.account_id) as tx:
        await actions.record_measurement(
            tx, duty.account_id, profile_id, measurement, deps.clock.now()
        )


async def _grant(deps: Deps, duty: Duty) -> Grant | None:
    async with deps.db.account(duty.account_id) as tx:
        return await queries.grant(tx, duty.account_id, UUID(duty.subject))


async def _may_use_attribution(ads: Ads, profile: Profile) -> bool:
    """Asked by a call that changes nothing at Amazon."""
    try:
        await ads.publishers(profile)
    except NotEligible:
        return False
    return True


async def _say_whether_found(
    tx: Tx, grant: Grant, duty: Duty, now: datetime, *, found: bool
) -> None:
    if found:
        await queries.set_problem(tx, grant.account_id, grant.id, None)
        return
    until = duty.payload.get("until")
    if until is not None and now < datetime.fromisoformat(until):
        raise NotYet(now + _LOOK_AGAIN)
    await queries.set_problem(
        tx,
        grant.account_id,
        grant.id,
        "Amazon lists no advertising profile for this consent. Open the advertising console once "
        "as the seller, so that a profile is made, and connect again.",
    )


def _found(profile: Profile) -> FoundProfile:
    """Where Amazon leaves the currency out, it is the marketplace's. So is the time zone, also
    where it names one that nobody knows: one profile without days would stop the calendar of all.
    """
    known = marketplaces.by_id(profile.marketplace_id)
    try:
        time_zone = known_time_zone(profile.time_zone)
    except InvalidInput:
        time_zone = known.time_zone if known else "UTC"
    return FoundProfile(
        region=profile.region.value,
        amazon_profile_id=profile.id,
        kind=_KINDS[profile.kind],
        merchant_id=profile.merchant_id,
        name=profile.name,
        marketplace_id=profile.marketplace_id,
        country=profile.country,
        currency=profile.currency or (known.currency if known else ""),
        time_zone=time_zone,
    )
