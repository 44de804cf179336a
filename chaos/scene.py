"""What there is before anything breaks: a connected seller, offers, affiliates, links, shoppers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from chaos.client import Client, Outcome
from chaos.hands import Hands
from chaos.history import History

_PATIENCE_S = 60
_FIRST_DAYS = 27
"""Of sales when the faults begin: the first of them settle soon after."""
_PARTNERS = 4
_BOOKS = timedelta(days=29)
"""Amazon is asked every day for this many days and the day itself: so far its figures are known."""
_BRANDS = "fernhollow", "stonepath"

_SELLER = """mutation($name: String!) {
  addSellerAccount(name: $name) {
    __typename ... on SellerAccount { id } ... on Refusal { message }
  }
}"""
_CONSENT = """mutation($seller: ID!, $api: Api!) {
  startConsent(sellerAccountId: $seller, api: $api) {
    __typename ... on ConsentStarted { url } ... on Refusal { message }
  }
}"""
_FOUND = """query($seller: ID!) {
  node(id: $seller) {
    ... on SellerAccount { grants { status } profiles { nodes { id country kind attribution } } }
  }
}"""
_CONNECT = """mutation($input: ConnectStoreInput!) {
  connectStore(input: $input) { __typename ... on Store { id } ... on Refusal { message } }
}"""
_STORES = "{ stores(first: 10) { nodes { id status products { totalCount } } } }"
_PRODUCTS = """query($store: ID!) {
  products(first: 50, filter: { storeId: $store }) { nodes { id asin } }
}"""
_OFFER = """mutation($input: CreateOfferInput!) {
  createOffer(input: $input) { __typename ... on Offer { id } ... on Refusal { message } }
}"""
AFFILIATE = """mutation($input: CreateAffiliateInput!) {
  createAffiliate(input: $input) { __typename ... on Affiliate { id } ... on Refusal { message } }
}"""
PARTNERSHIP = """mutation($affiliate: ID!, $offer: ID!) {
  addAffiliateToOffer(affiliateId: $affiliate, offerId: $offer) {
    __typename ... on Partnership { id } ... on Refusal { message }
  }
}"""
LINK = """mutation($input: CreateLinkInput!) {
  createLink(input: $input) {
    __typename ... on Link { id code url destination } ... on Refusal { message }
  }
}"""
_TYPES = '{ __type(name: "WebhookEventType") { enumValues { name } } }'
_ENDPOINT = """mutation($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    __typename ... on WebhookSecretShown { secret endpoint { id } } ... on Refusal { message }
  }
}"""


class NotSetUp(Exception):
    """The house could not be furnished; nothing had been broken yet."""


@dataclass(slots=True)
class Store:
    id: str
    brand: str
    offer: str
    asins: list[str]


@dataclass(slots=True)
class Scene:
    client: Client
    hands: Hands
    sandbox: str
    stores: list[Store] = field(default_factory=list)
    partnerships: list[str] = field(default_factory=list)
    """Those that exist from the beginning and are paused and resumed."""
    known: list[str] = field(default_factory=list)
    """Addresses of their affiliates."""
    links: list[str] = field(default_factory=list)
    """Codes; grows while the run lasts."""
    _made: int = 0

    async def furnish(self) -> None:
        """Everything up to the first sales of a month. Raises NotSetUp."""
        world = await self._get("/sandbox/world")
        profile = await self._connect_seller()
        for brand in _BRANDS:
            name = next(one["name"] for one in world["brands"] if one["id"] == brand)
            await self._open_store(profile, brand, name)
        crowds = []
        for number in range(_PARTNERS):
            store = self.stores[number % len(self.stores)]
            person = {"name": f"First {number}", "email": f"first-{number}@chaos.example"}
            self.known.append(person["email"])
            id = (await self._act(AFFILIATE, input=person))["id"]
            made = await self._act(PARTNERSHIP, affiliate=id, offer=store.offer)
            self.partnerships.append(made["id"])
            for asin in store.asins[number : number + 2]:
                order = {"partnershipId": made["id"], "url": asin, "subId": f"first-{asin}"}
                link = await self._act(LINK, input=order)
                self.links.append(link["code"])
                crowds.append(
                    {"url": link["destination"], "clicks_per_day": 8, "buy_rate": 0.3,
                     "halo_rate": 0.2, "return_rate": 0.1, "late_rate": 0.05, "cancel_rate": 0.02}
                )  # fmt: skip
        await self._post("/sandbox/shoppers", {"crowds": crowds})
        for _ in range(_FIRST_DAYS):
            await self.hands.advance(24)

    async def listen(self, client: Client, urls: Sequence[str], history: History) -> None:
        """Endpoints at these addresses for whoever the client is, of all events that there are."""
        names = (await client.ask(_TYPES))["__type"]["enumValues"]
        for url in urls:
            order = {"url": url, "eventTypes": [one["name"] for one in names]}
            made = await self._act(_ENDPOINT, client, input=order)
            history.write("endpoint", path=urlsplit(url).path, secret=made["secret"])

    async def tell_books(self, history: History) -> None:
        """What Amazon's own books say of every store, as things stand now."""
        for store in self.stores:
            last = self.hands.now.date()
            asked = {
                "store": f"{store.brand}:US",
                "level": "CAMPAIGN",
                "from": (last - _BOOKS).isoformat(),
                "to": last.isoformat(),
            }
            answer = await self.client.http.get(f"{self.sandbox}/books", params=asked)
            rows = answer.raise_for_status().json()["rows"]
            history.write(
                "books",
                as_of=self.hands.now.isoformat(),
                rows=[
                    {"campaign": row["campaign"], "day": row["date"], "seen": row["seen"]}
                    for row in rows
                    if not row["made_in_console"]
                ],
            )

    async def _connect_seller(self) -> str:
        """The profile of a seller who has consented, once it may measure."""
        seller = (await self._act(_SELLER, name="Juniper Row"))["id"]
        for api in ("ADS", "SELLING_PARTNER"):
            url = (await self._act(_CONSENT, seller=seller, api=api))["url"]
            await self._allow(url)

        async def found() -> str | None:
            node = (await self.client.ask(_FOUND, seller=seller))["node"]
            if [one["status"] for one in node["grants"]] != ["CONNECTED"] * 2:
                return None
            for one in node["profiles"]["nodes"]:
                if (one["country"], one["kind"]) == ("US", "SELLER"):
                    return str(one["id"]) if one["attribution"] != "UNKNOWN" else None
            return None

        return str(await self._until("a profile that measures", found))

    async def _open_store(self, profile: str, brand: str, name: str) -> None:
        made = await self._act(_CONNECT, input={"profileId": profile, "brandName": name})
        store: str = made["id"]

        async def listed() -> bool | None:
            found = (await self.client.ask(_STORES))["stores"]["nodes"]
            mine = next(one for one in found if one["id"] == store)
            return bool(mine["status"] == "CONNECTED" and mine["products"]["totalCount"]) or None

        await self._until(f"the goods of {name}", listed)
        terms = {"ratePercent": "12.50"}
        offer = await self._act(_OFFER, input={"storeId": store, "name": name, "terms": terms})
        products = (await self.client.ask(_PRODUCTS, store=store))["products"]["nodes"]
        asins = list(dict.fromkeys(one["asin"] for one in products))
        self.stores.append(Store(store, brand, offer["id"], asins))

    async def _allow(self, url: str) -> None:
        """As a person does it: follow the link, press Allow, come back."""
        async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
            page = await browser.get(url, follow_redirects=True)
            asked = dict(parse_qsl(urlsplit(str(page.url)).query))
            answer = await browser.post(
                str(page.url.copy_with(query=None)),
                data={**asked, "person": "june", "decision": "allow"},
                follow_redirects=True,
            )
        if not answer.is_success:
            raise NotSetUp(f"The consent did not come back: {answer.text[:500]}")

    async def _act(
        self, document: str, client: Client | None = None, **variables: Any
    ) -> dict[str, Any]:
        self._made += 1
        asking = client or self.client
        act = await asking.act(document, f"setup-{self._made}", effect={}, **variables)
        if act.outcome is not Outcome.OK:
            raise NotSetUp(f"{document} with {variables} is answered: {act}")
        return dict(act.result)

    async def _until(self, what: str, look: Callable[[], Awaitable[str | bool | None]]) -> Any:
        deadline = time.monotonic() + _PATIENCE_S
        while (found := await look()) is None:
            if time.monotonic() > deadline:
                raise NotSetUp(f"After {_PATIENCE_S} s there is no {what}.")
            await asyncio.sleep(0.1)
        return found

    async def _get(self, path: str) -> dict[str, Any]:
        answer = await self.client.http.get(f"{self.sandbox}{path}")
        read: dict[str, Any] = answer.raise_for_status().json()
        return read

    async def _post(self, path: str, body: object) -> None:
        (await self.client.http.post(f"{self.sandbox}{path}", json=body)).raise_for_status()
