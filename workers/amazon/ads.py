"""The Ads API: the profiles behind a consent, the publishers, and the tag of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import msgspec

from domain.catalog.marketplaces import Region
from workers.amazon.endpoints import Endpoints
from workers.amazon.errors import NotEligible, NotUnderstood, Rejected
from workers.amazon.throttle import Pace
from workers.amazon.transport import AccessTokens, Request, Transport, decoded

_LEGACY = "AMAZON_ATTRIBUTION"


@dataclass(frozen=True, slots=True)
class Profile:
    """One advertiser in one marketplace.

    `id` is Amazon's 64-bit number, kept as text. `kind` is seller, vendor or agency; only of
    sellers is `merchant_id` the seller's id, the same one that the Selling Partner API knows.
    `country` is spelled UK for the United Kingdom, unlike in the Selling Partner API.
    """

    region: Region
    id: str
    kind: str
    merchant_id: str
    name: str
    marketplace_id: str
    country: str
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """A channel of traffic as Amazon names it. Macro publishers have tags of another form."""

    id: str
    name: str
    macro_enabled: bool


class Ads:
    """A client of the Ads API with the tokens of one seller's consent."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        endpoints: Endpoints,
        client_id: str,
        tokens: AccessTokens,
        pace: Pace | None = None,
    ) -> None:
        self._endpoints = endpoints
        self._client_id = client_id
        self._transport = Transport(
            http, endpoints, tokens, pace or Pace(), sign=self._sign, expired=401
        )

    async def profiles(self) -> list[Profile]:
        """Every profile of the consent in all three regions, legacy Attribution ones left out.

        A new consent's profiles may take Amazon up to two hours. View access is asked for, since
        by default Amazon lists only profiles that the person may edit campaigns of.
        """
        return [profile for region in Region for profile in await self._profiles(region)]

    async def publishers(self, profile: Profile) -> list[Publisher]:
        """The channels that a tag can be made for; the same for every profile."""
        response = await self.send_attribution(profile, "GET", "publishers")
        body = decoded(response, _Publishers)
        return [Publisher(p.id, p.name, p.macro_enabled) for p in body.publishers or body.publisher]

    async def tag_templates(self, profile: Profile, publisher_id: str) -> dict[str, str]:
        """The tag of a publisher that is not macro-enabled, by advertiser id.

        A tag is the query of a link, beginning with `?`, whose ids are placeholders. Amazon
        measures nothing for a profile before this has been called for it once.
        """
        response = await self.send_attribution(
            profile, "GET", "tags/nonMacroTemplateTag", params={"publisherIds": publisher_id}
        )
        body = decoded(response, dict[str, msgspec.Raw])
        wrapped = body.get("advertiserAttributionTagMap")
        try:
            tags = msgspec.json.decode(wrapped or response.content, type=dict[str, dict[str, str]])
        except msgspec.DecodeError as error:
            raise NotUnderstood(f"Amazon's tags cannot be read: {error}") from error
        found = {a: by[publisher_id] for a, by in tags.items() if publisher_id in by}
        if not found or not all(tag.startswith("?") for tag in found.values()):
            raise NotUnderstood(f"Amazon gave no tag for publisher {publisher_id}.")
        return found

    async def send_attribution(
        self,
        profile: Profile,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
    ) -> httpx.Response:
        """Send one call of the Attribution API. Raises NotEligible where Amazon says so."""
        url = f"{self._endpoints.ads[profile.region]}/attribution/{path}"
        scope = {"Amazon-Advertising-API-Scope": profile.id}
        try:
            return await self._transport.send(Request(method, url, params or {}, scope, json))
        except Rejected as error:
            if _says_not_eligible(error):
                raise NotEligible(error.answer) from error
            raise

    async def _profiles(self, region: Region) -> list[Profile]:
        url = f"{self._endpoints.ads[region]}/v2/profiles"
        query = {"apiProgram": "campaign", "accessLevel": "view"}
        response = await self._transport.send(Request("GET", url, query))
        profiles = decoded(response, list[_Profile])
        return [p.named(region) for p in profiles if p.account_info.sub_type != _LEGACY]

    def _sign(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "Amazon-Advertising-API-ClientId": self._client_id,
        }


class _Account(msgspec.Struct, rename="camel"):
    id: str = ""
    type: str = ""
    sub_type: str | None = None
    name: str = ""
    marketplace_string_id: str = ""


class _Profile(msgspec.Struct, rename="camel"):
    profile_id: int | str
    account_info: _Account
    country_code: str = ""
    currency_code: str = ""
    timezone: str = ""

    def named(self, region: Region) -> Profile:
        account = self.account_info
        return Profile(
            region=region,
            id=str(self.profile_id),
            kind=account.type,
            merchant_id=account.id,
            name=account.name,
            marketplace_id=account.marketplace_string_id,
            country=self.country_code,
            currency=self.currency_code,
            time_zone=self.timezone,
        )


class _Publisher(msgspec.Struct, rename="camel"):
    id: str
    name: str
    macro_enabled: bool = False


class _Publishers(msgspec.Struct):
    publisher: list[_Publisher] = []
    publishers: list[_Publisher] = []


def _says_not_eligible(error: Rejected) -> bool:
    if error.answer.status == 403:
        return True
    words = error.answer.detail.lower()
    return error.answer.status == 400 and "not authorized to use amazon attribution" in words
