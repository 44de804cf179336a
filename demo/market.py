"""Two sides meet: an offer in the marketplace, applications, discovery and an invitation."""

from __future__ import annotations

from typing import Any

from demo import cast
from demo.errors import Trouble
from demo.letters import letter_to
from demo.office import Office
from demo.people import Person, become_affiliate, sign_up
from demo.scene import OpenStore, Partner, Scene

_AGREEMENT = """mutation($offer: ID!, $body: String!) {
  publishAgreement(offerId: $offer, body: $body) {
    __typename ... on Agreement { version } ... on Refusal { message }
  }
}"""
_PRODUCTS = """query($store: ID!) {
  products(first: 5, filter: { storeId: $store, inStock: true }) { nodes { id title } }
}"""
_PROMOTE = """mutation($offer: ID!, $products: [ID!]!) {
  promoteProducts(offerId: $offer, productIds: $products) {
    __typename ... on Offer { id } ... on Refusal { message }
  }
}"""
_LIST = """mutation($input: ListOfferInput!) {
  listOffer(input: $input) { __typename ... on Listing { id } ... on Refusal { message } }
}"""
_PROFILE = """mutation($input: SaveProfileInput!) {
  saveProfile(input: $input) { __typename ... on ProfileDraft { id } ... on Refusal { message } }
}"""
_PUBLISH = """mutation {
  publishProfile { __typename ... on ProfileDraft { id } ... on Refusal { message } }
}"""
_FIND = """query($search: String!) {
  marketplace(first: 10, filter: { search: $search }) {
    nodes {
      id brandName offerName ratePercent cookieDays description
      questions { question required }
      agreement { version body sha256 }
      rules { autoAccept verifiedOnly minimumAudience }
      products { title }
      standing { enough approvedPercent daysToDecide }
    }
  }
}"""
_APPLY = """mutation($input: ApplyToListingInput!) {
  applyToListing(input: $input) {
    __typename
    ... on Application { id status history { status reason } }
    ... on Refusal { message }
  }
}"""
_WAITING = """{
  applications(filter: { status: [SUBMITTED] }) {
    nodes { id affiliateName audience message answers { question answer } }
  }
}"""
_ACCEPT = """mutation($id: ID!) {
  acceptApplication(id: $id) {
    __typename ... on Application { partnership { id } } ... on Refusal { message }
  }
}"""
_REJECT = """mutation($id: ID!, $reason: String!) {
  rejectApplication(id: $id, reason: $reason) {
    __typename ... on Application { id } ... on Refusal { message }
  }
}"""
_MINE = "{ applications { nodes { status reason: rejectionReason } } }"
_DISCOVER = """query($niche: Category!) {
  discovery(filter: { niches: [$niche], partner: false, ignored: false }) {
    nodes { id name audience fit affiliate { id } }
  }
}"""
_STAR = """mutation($id: ID!) {
  starAffiliate(id: $id) {
    __typename ... on AffiliateProfile { mark } ... on Refusal { message }
  }
}"""
_INVITE = """mutation($input: InviteAffiliateInput!) {
  inviteAffiliate(input: $input) {
    __typename ... on Invitation { id } ... on Refusal { message }
  }
}"""
_INVITED = """{
  invitations(filter: { status: [SENT] }) {
    nodes { id message offer { name } agreement { sha256 } }
  }
}"""
_JOIN = """mutation($id: ID!, $sha256: String) {
  acceptInvitation(id: $id, agreementSha256: $sha256) {
    __typename ... on Invitation { partnership { id } } ... on Refusal { message }
  }
}"""

_TERMS = "Say that you earn from what people buy. Name no coupon that we have not agreed to."
_QUESTION = "Where will our products be seen?"
_WHY_NOT = "We look for people who show how a thing is used; a list of links does not."
_MISTYPED = "fernholow"


async def list_offer(scene: Scene, office: Office) -> None:
    """Terms to be accepted, five products to be seen, a question, and rules of acceptance."""
    manager, store = office.manager.api, scene.stores[cast.STORES[0].brand]
    await manager.act(_AGREEMENT, offer=store.offer_id, body=_TERMS)
    shown = (await manager.ask(_PRODUCTS, store=store.id))["products"]["nodes"]
    await manager.act(_PROMOTE, offer=store.offer_id, products=[one["id"] for one in shown])
    order = {
        "offerId": store.offer_id,
        "description": "For kitchens with plants in them. We answer within a day.",
        "categories": ["HOME", "GARDEN"],
        "questions": [{"question": _QUESTION, "required": True}],
        "rules": {"autoAccept": True, "verifiedOnly": True, "minimumAudience": "50000"},
    }
    await manager.act(_LIST, input=order)
    scene.note(
        office.manager.name,
        f'lists "{cast.STORES[0].offer}" in the marketplace, at no charge, with {len(shown)}'
        " products, an agreement, a question, and a rule: whoever reaches 50,000 people is let in"
        " without a look",
    )


async def apply(scene: Scene, office: Office) -> Person:
    """One affiliate finds the listing and is let in; another is turned down."""
    nora = await _affiliate(scene, cast.APPLICANT, 24_000, ["HOME", "KITCHEN"])
    found = (await nora.api.ask(_FIND, search=_MISTYPED))["marketplace"]["nodes"]
    if len(found) != 1:
        raise Trouble(f"A search for {_MISTYPED} finds {found}.", "web")
    [listing] = found
    standing = standing_of(listing)
    scene.note(
        nora.name,
        f'searches for "{_MISTYPED}" and finds {listing["brandName"]}: {listing["ratePercent"]}%,'
        f" {listing['cookieDays']} days, {len(listing['products'])} products; {standing}",
    )
    order = _application(listing, "I cook on film, and my window is full of ferns.", "In my videos")
    tried = "Apply without having read the agreement"
    await scene.refuse(tried, _APPLY, by=nora.api, input=order | {"agreementSha256": "0" * 64})
    sent = await nora.api.act(_APPLY, input=order)
    scene.note(nora.name, f"applies and accepts the agreement; {_why(sent)}")
    piet = await _affiliate(scene, cast.TURNED_DOWN, 120, ["HOME"])
    await piet.api.act(_APPLY, input=_application(listing, "", "Here and there"))
    await _answer(scene, office, nora, piet)
    return nora


async def _answer(scene: Scene, office: Office, nora: Person, piet: Person) -> None:
    manager = office.manager
    waiting = (await manager.api.ask(_WAITING))["applications"]["nodes"]
    of = {one["affiliateName"]: one for one in waiting}
    read = of[nora.name]["answers"][0]
    accepted = await manager.api.act(_ACCEPT, id=of[nora.name]["id"])
    _partner(scene, nora.name, scene.stores[cast.STORES[0].brand], accepted["partnership"]["id"])
    scene.note(manager.name, f'reads "{read["question"]} {read["answer"]}." and accepts her')
    letter = await letter_to(scene, nora.email)
    scene.note(nora.name, f'gets the letter "{letter["Subject"]}"')
    await manager.api.act(_REJECT, id=of[piet.name]["id"], reason=_WHY_NOT)
    [mine] = (await piet.api.ask(_MINE))["applications"]["nodes"]
    scene.note(piet.name, f'applies too, is {mine["status"].lower()}, and reads why: "{_WHY_NOT}"')


async def invite(scene: Scene, office: Office) -> Person:
    """The manager finds somebody by what they speak of, and asks them; they accept."""
    store = scene.stores[cast.STORES[1].brand]
    omar = await _affiliate(scene, cast.FOUND, 8_300, ["OUTDOORS", "SPORTS"])
    manager = office.manager
    found = (await manager.api.ask(_DISCOVER, niche="OUTDOORS"))["discovery"]["nodes"]
    [profile] = [one for one in found if one["name"] == omar.name]
    if profile["affiliate"] is not None:
        raise Trouble(f"{omar.name} shows the account more than a profile.", "web")
    await manager.api.act(_STAR, id=profile["id"])
    order = {
        "affiliateId": profile["id"],
        "offerId": store.offer_id,
        "message": "Your trail videos are where our boots belong. Join us?",
    }
    await manager.api.act(_INVITE, input=order)
    await scene.refuse("Invite somebody twice", _INVITE, by=manager.api, input=order)
    scene.note(
        manager.name,
        f"finds {omar.name} in discovery by OUTDOORS ({profile['audience']} people, fit"
        f" {profile['fit'].lower()}), stars and invites him",
    )
    await accept_invitation(scene, omar, store)
    return omar


async def accept_invitation(scene: Scene, person: Person, store: OpenStore) -> str:
    """The newest invitation, by whoever got it; the partnership's id."""
    letter = await letter_to(scene, person.email)
    [sent] = (await person.api.ask(_INVITED))["invitations"]["nodes"]
    agreement = sent["agreement"] and sent["agreement"]["sha256"]
    joined = await person.api.act(_JOIN, id=sent["id"], sha256=agreement)
    partnership: str = joined["partnership"]["id"]
    scene.note(person.name, f'gets the letter "{letter["Subject"]}" and accepts')
    if store.books:
        _partner(scene, person.name, store, partnership)
    return partnership


async def _affiliate(scene: Scene, who: cast.Person, audience: int, niches: list[str]) -> Person:
    """Signed up, verified, an affiliate, with a profile that brands see."""
    person = await sign_up(scene, who)
    await become_affiliate(person)
    channel = {"kind": "YOUTUBE", "url": f"https://videos.example/{who.email.split('@')[0]}"}
    profile = {
        "name": who.name,
        "bio": "Things I use, and how.",
        "channels": [channel | {"audience": audience}],
        "niches": niches,
        "countries": ["US"],
    }
    await person.api.act(_PROFILE, input=profile)
    await person.api.act(_PUBLISH)
    scene.note(who.name, "signs up, verifies by the letter's token, and publishes a profile")
    return person


def _application(listing: dict[str, Any], message: str, answer: str) -> dict[str, Any]:
    return {
        "listingId": listing["id"],
        "message": message,
        "answers": [
            {"question": one["question"], "answer": answer} for one in listing["questions"]
        ],
        "agreementSha256": listing["agreement"]["sha256"],
    }


def standing_of(listing: dict[str, Any]) -> str:
    standing = listing["standing"]
    if standing is None or not standing["enough"]:
        return "too few decisions yet to say how it treats affiliates"
    return (
        f"it approved {standing['approvedPercent']}% of what was decided, after"
        f" {standing['daysToDecide']} days"
    )


def _why(sent: dict[str, Any]) -> str:
    reason = sent["history"][-1]["reason"]
    return f"{sent['status'].lower()}: {reason}" if reason else sent["status"].lower()


def _partner(scene: Scene, name: str, store: OpenStore, id: str) -> None:
    scene.partners[name, store.brand] = Partner(id, name, store)
