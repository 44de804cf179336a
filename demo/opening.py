"""The first act: a seller connects two brands, makes offers, and gives affiliates their links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from demo import cast
from demo.box import brand_name, store_pages
from demo.cast import Joins, Page
from demo.errors import Trouble
from demo.expected import Rate
from demo.scene import OpenStore, Partner, Scene, Waiting

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
    ... on SellerAccount {
      grants { api status problem }
      profiles { nodes { id name kind country attribution } }
    }
  }
}"""
_CONNECT = """mutation($input: ConnectStoreInput!) {
  connectStore(input: $input) { __typename ... on Store { id name } ... on Refusal { message } }
}"""
_STORES = """{
  stores(first: 10) {
    nodes { id name status products { totalCount } catalogRuns(first: 10) { nodes { status } } }
  }
}"""
_PRODUCTS = """query($first: Int!, $after: String) {
  products(first: $first, after: $after) {
    nodes { sku asin fulfilment } pageInfo { hasNextPage endCursor }
  }
}"""
_OFFER = """mutation($input: CreateOfferInput!) {
  createOffer(input: $input) { __typename ... on Offer { id } ... on Refusal { message } }
}"""
_AFFILIATE = """mutation($input: CreateAffiliateInput!) {
  createAffiliate(input: $input) { __typename ... on Affiliate { id } ... on Refusal { message } }
}"""
_PARTNERSHIP = """mutation($affiliate: ID!, $offer: ID!) {
  addAffiliateToOffer(affiliateId: $affiliate, offerId: $offer) {
    __typename ... on Partnership { id } ... on Refusal { message }
  }
}"""
_LINK = """mutation($input: CreateLinkInput!) {
  createLink(input: $input) {
    __typename ... on Link { url leftOut } ... on Refusal { message }
  }
}"""

_OTHERS = {
    "vera": "Connect a Vendor Central account",
    "lucas": "Connect a store on Amazon Canada",
    "quinn": "Connect a brand that is not in Brand Registry",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What was there before the first shopper came."""

    skus: int = 0
    asins: int = 0


async def connect(scene: Scene, world: dict[str, Any]) -> None:
    """One seller with two brands; three others are refused, each for a reason of its own."""
    for person, tried in _OTHERS.items():
        profiles = await _seller(scene, person.title(), person, ["ADS"])
        chosen = next((one for one in profiles if one["country"] == "CA"), profiles[0])
        order = {"profileId": chosen["id"], "brandName": person.title()}
        await scene.refuse(tried, _CONNECT, input=order)
    (profile,) = await _seller(scene, "Juniper Row", "june", ["ADS", "SELLING_PARTNER"])
    for wanted in cast.STORES:
        name = brand_name(world, wanted.brand)
        made = await scene.api.act(_CONNECT, input={"profileId": profile["id"], "brandName": name})
        scene.stores[wanted.brand] = OpenStore(
            made["id"], made["name"], wanted.brand, f"{wanted.brand}:US"
        )
    order = {"profileId": profile["id"], "brandName": brand_name(world, cast.STORES[0].brand)}
    await scene.refuse("Connect the same brand twice", _CONNECT, input=order)
    await scene.until("catalogue of both stores", lambda: _stores_ready(scene), 60)


async def look(scene: Scene) -> Opened:
    """What the product knows of the seller's goods; the same ASIN may have several SKUs."""
    rows = [row async for row in scene.api.all(_PRODUCTS)]
    return Opened(len(rows), len({row["asin"] for row in rows}))


async def make_offers(scene: Scene) -> None:
    """An offer for each store; what Amazon's data cannot carry is refused with all its reasons."""
    first = scene.stores[cast.STORES[0].brand]
    terms: dict[str, Any] = {
        "ratePercent": "12.50",
        "cookieDays": 30,
        "skuRates": [{"sku": "FERN-1", "ratePercent": "20.00"}],
        "triggerCoupons": ["SPRING"],
    }
    order = {"storeId": first.id, "name": "SKU bonus", "terms": terms}
    tried = "An offer with a SKU's own rate, a coupon trigger and a 30-day cookie"
    await scene.refuse(tried, _OFFER, input=order)
    for wanted in cast.STORES:
        store = scene.stores[wanted.brand]
        order = {
            "storeId": store.id,
            "name": wanted.offer,
            "terms": {"ratePercent": str(wanted.percent)},
        }
        store.offer_id = (await scene.api.act(_OFFER, input=order))["id"]
        store.rates.append(Rate(scene.begun.date(), wanted.percent))


async def enter(scene: Scene, world: dict[str, Any]) -> None:
    """Affiliates whom the brand knows, their partnerships, and links made of what they pasted."""
    for affiliate in cast.AFFILIATES:
        if affiliate.joins is not Joins.ENTERED:
            continue
        person = {"name": affiliate.name, "email": affiliate.email}
        id = (await scene.api.act(_AFFILIATE, input=person))["id"]
        for promotion in affiliate.promotions:
            store = scene.stores[promotion.brand]
            made = await scene.api.act(_PARTNERSHIP, affiliate=id, offer=store.offer_id)
            partner = Partner(made["id"], affiliate.name, store)
            scene.partners[affiliate.name, promotion.brand] = partner
            for link in promotion.links:
                order = {
                    "partnershipId": partner.id,
                    "url": pasted(world, promotion.brand, link),
                    "subId": link.sub_id or None,
                }
                created = await scene.api.act(_LINK, input=order)
                partner.links.append(created["url"])
    await _refused_links(scene, world)


async def _refused_links(scene: Scene, world: dict[str, Any]) -> None:
    (affiliate, brand), partner = next(iter(scene.partners.items()))
    page = pasted(world, brand, cast.Link(Page.PLAIN, 0))
    for tried, url in {
        "A link with UTM parameters": f"{page}?utm_source=mail&utm_campaign=june",
        "A link to Amazon Canada": page.replace("amazon.com", "amazon.ca"),
        "A link with an Associates tag": f"{page}?tag={affiliate.split()[0].lower()}-20",
        "A link to search results": "https://www.amazon.com/s?k=fern",
        "A link to another shop": "https://shop.example/fern",
    }.items():
        order = {"partnershipId": partner.id, "url": url}
        await scene.refuse(tried, _LINK, input=order)


def pasted(world: dict[str, Any], brand: str, link: cast.Link) -> str:
    """What an affiliate pastes, with everything that clings to it where it was copied."""
    products = next(one for one in world["brands"] if one["id"] == brand)["products"]
    asin = products[link.product]["asin"]
    home, shelf = store_pages(world, brand)[:2]
    match link.page:
        case Page.ASIN:
            return str(asin)
        case Page.PLAIN:
            return f"https://www.amazon.com/dp/{asin}"
        case Page.SEARCHED:
            return (
                f"https://www.amazon.com/Some-Fine-Thing/dp/{asin}/ref=sr_1_3"
                "?crid=2M096C61O4MLT&keywords=fine+thing&qid=1780300000&sprefix=fine&th=1"
            )
        case Page.MOBILE:
            return f"https://m.amazon.com/gp/aw/d/{asin}?psc=1&pd_rd_w=aB3dE"
        case Page.CHARITY:
            return f"http://smile.amazon.com/gp/product/{asin}/"
        case Page.HOME:
            return f"https://www.amazon.com/stores/page/{home}?ingress=2&visitId=5a1c"
        case Page.SHELF:
            return f"https://www.amazon.com/stores/{brand.title()}/page/{shelf}"


async def _seller(scene: Scene, name: str, person: str, apis: list[str]) -> list[dict[str, Any]]:
    """A seller account with its consents; the profiles that Amazon lists for it."""
    id = (await scene.api.act(_SELLER, name=name))["id"]
    for api in apis:
        await _consent(scene, id, api, person)

    async def found() -> list[dict[str, Any]] | Waiting:
        seller = (await scene.api.ask(_FOUND, seller=id))["node"]
        states = [grant["status"] for grant in seller["grants"]]
        if states != ["CONNECTED"] * len(apis):
            return Waiting(f"its consents are {seller['grants']}")
        profiles: list[dict[str, Any]] = seller["profiles"]["nodes"]
        # Whether one may use Attribution is asked after it was found, in the US.
        kinds = [(one["country"], one["kind"], one["attribution"]) for one in profiles]
        if not profiles or ("US", "SELLER", "UNKNOWN") in kinds:
            return Waiting(f"of its profiles is known {kinds}")
        return profiles

    return await scene.until(f"seller account {name} with profiles", found, 30)


async def _consent(scene: Scene, seller: str, api: str, person: str) -> None:
    """As a person does it: follow the link, read Amazon's page, press Allow, come back."""
    url = (await scene.api.act(_CONSENT, seller=seller, api=api))["url"]
    page = await scene.browser.get(url, follow_redirects=True)
    if not page.is_success or "Allow" not in page.text:
        raise Trouble(f"Amazon's consent page for {person} is {page.status_code}: {page.text}")
    asked = dict(parse_qsl(urlsplit(str(page.url)).query))
    answer = await scene.browser.post(
        str(page.url.copy_with(query=None)),
        data={**asked, "person": person, "decision": "allow"},
        follow_redirects=True,
    )
    if not answer.is_success:
        raise Trouble(f"The consent of {person} did not come back: {answer.text}", "web")


async def _stores_ready(scene: Scene) -> bool | Waiting:
    stores = (await scene.api.ask(_STORES))["stores"]["nodes"]
    for store in stores:
        runs = store["catalogRuns"]["nodes"]
        if store["status"] != "CONNECTED" or not store["products"]["totalCount"]:
            return Waiting(f"{store['name']} is {store['status']}, its listings {runs}")
    return True
