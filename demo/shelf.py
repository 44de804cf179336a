"""What affiliates share: links to products, to the brand's Store and to its own shop."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from demo import cast
from demo.box import store_pages
from demo.cast import Page
from demo.errors import Trouble
from demo.market import accept_invitation
from demo.office import Office
from demo.opening import pasted
from demo.people import Person
from demo.scene import OpenStore, Scene

_SHOP = """mutation($input: ConnectShopInput!) {
  connectShop(input: $input) {
    __typename ... on Store { id name } ... on Refusal { message }
  }
}"""
_FILL = """mutation($input: PutShopProductsInput!) {
  putShopProducts(input: $input) {
    __typename
    ... on ShopProductOutcomes { outcomes { refusal { message } } }
    ... on Refusal { message }
  }
}"""
_OFFER = """mutation($input: CreateOfferInput!) {
  createOffer(input: $input) { __typename ... on Offer { id } ... on Refusal { message } }
}"""
_STOREFRONT = """mutation($input: SetStorefrontInput!) {
  setStorefront(input: $input) { __typename ... on Store { id } ... on Refusal { message } }
}"""
_KNOWN = """query($email: String!) { affiliates(filter: { email: $email }) { nodes { id } } }"""
_INVITE = """mutation($input: InviteAffiliateInput!) {
  inviteAffiliate(input: $input) {
    __typename ... on Invitation { id } ... on Refusal { message }
  }
}"""
_MY_PRODUCTS = """query($asin: String, $sku: String) {
  products(first: 1, filter: { asin: $asin, sku: $sku }) {
    nodes { id title channel link { url } }
  }
}"""
_LINK = """mutation($input: CreateLinkInput!) {
  createLink(input: $input) {
    __typename ... on Link { url destination } ... on Refusal { message }
  }
}"""

_SHOP_URL = "https://fernhollow.example"
_SHOP_SKU = "JUG-1"


async def open_shop(scene: Scene, office: Office, world: dict[str, Any], nora: Person) -> None:
    """The brand's own shop beside its store on Amazon, and the same affiliate for both."""
    manager, amazon = office.manager.api, scene.stores[cast.STORES[0].brand]
    made = await manager.act(
        _SHOP,
        input={
            "brandName": cast.STORES[0].brand.title(),
            "url": _SHOP_URL,
            "currency": "USD",
            "timeZone": "America/Los_Angeles",
        },
    )
    shop = OpenStore(made["id"], made["name"], cast.STORES[0].brand, "")
    jug = {"sku": _SHOP_SKU, "title": "Watering jug", "url": f"{_SHOP_URL}/jug"}
    await manager.act(_FILL, input={"storeId": shop.id, "products": [jug]})
    terms = {"ratePercent": "10.00", "triggerCoupons": ["FERNS"]}
    order = {"storeId": shop.id, "name": "Own shop", "terms": terms}
    shop.offer_id = (await manager.act(_OFFER, input=order))["id"]
    home = store_pages(world, cast.STORES[0].brand)[0]
    front = {"storeId": amazon.id, "url": f"https://www.amazon.com/stores/page/{home}"}
    await manager.act(_STOREFRONT, input=front)
    [known] = (await manager.ask(_KNOWN, email=nora.email))["affiliates"]["nodes"]
    order = {"affiliateId": known["id"], "offerId": shop.offer_id, "message": "And our own shop?"}
    await manager.act(_INVITE, input=order)
    scene.note(office.manager.name, f"opens {_SHOP_URL}, with coupons, and invites Nora there too")
    await accept_invitation(scene, nora, shop)


async def share(scene: Scene, world: dict[str, Any], nora: Person) -> None:
    """One mutation for each link: a product on Amazon, the brand's Store, the brand's own shop."""
    brand = cast.STORES[0].brand
    partner = scene.partners[nora.name, brand]
    [promotion] = _of(nora).promotions
    products = next(one for one in world["brands"] if one["id"] == brand)["products"]
    for link in promotion.links:
        if link.page is Page.HOME:
            order: dict[str, Any] = {"partnershipId": partner.id, "storefront": True}
        else:
            found = await _my_product(nora, asin=products[link.product]["asin"])
            order = {"productId": found["id"]}
        made = await nora.api.act(_LINK, input=order)
        partner.links.append(made["url"])
    scene.note(nora.name, f"makes links of a product and the Store: {' and '.join(partner.links)}")
    jug = await _my_product(nora, sku=_SHOP_SKU)
    shop = await nora.api.act(_LINK, input={"productId": jug["id"]})
    where = await _follow(scene, shop["url"])
    scene.note(nora.name, f"makes one to the own shop, which leads to {where}")


async def share_pasted(scene: Scene, world: dict[str, Any], omar: Person) -> None:
    """What he copied from his browser, under subIDs of his own."""
    [promotion] = _of(omar).promotions
    partner = scene.partners[omar.name, promotion.brand]
    for link in promotion.links:
        order = {
            "partnershipId": partner.id,
            "url": pasted(world, promotion.brand, link),
            "subId": link.sub_id or None,
        }
        partner.links.append((await omar.api.act(_LINK, input=order))["url"])


async def _my_product(person: Person, **which: str) -> dict[str, Any]:
    """By ASIN or SKU, among what the affiliate may promote."""
    found: dict[str, Any] = (await person.api.ask(_MY_PRODUCTS, **which))["products"]["nodes"][0]
    return found


async def _follow(scene: Scene, url: str) -> str:
    """As a shopper does; the link's own code goes along, for the shop to report sales by."""
    answer = await scene.browser.get(url)
    where: str = answer.headers.get("Location", "")
    if parse_qs(urlsplit(where).query).get("clk") != [url.rsplit("/", 1)[1]]:
        raise Trouble(f"{url} answers {answer.status_code}, {where}", "web")
    return where


def _of(person: Person) -> cast.Affiliate:
    [found] = [one for one in cast.AFFILIATES if one.name == person.name]
    return found
