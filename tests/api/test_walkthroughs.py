"""The three walk-throughs, played: what they tell people to paste, in order, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.ids import encode
from domain.people import operators
from tests.api.walking import ASIN, Block, Walk, fernhollow
from tests.factories import NOW, a_conversion, a_product, a_store, an_affiliate
from tests.letterbox import KEYRING, token_for
from tests.marketplace import an_application, an_invitation
from tests.people import a_published_profile

DAYS_AGO = NOW.date() - timedelta(days=60)


async def begun(walk: Walk) -> UUID:
    """What the command `begin` does; the account."""
    async with walk.db.system() as tx:
        beginning = await operators.begin(
            tx, "olive@people.example", "Olive Hart", "Juniper Row Trading", _wall(walk)
        )
    walk.known["token"] = beginning.operator.token
    return beginning.account_id


def _wall(walk: Walk) -> Any:
    return walk.app.state.wall.now()


async def test_the_operators_page(walk: Walk) -> None:
    await begun(walk)

    async def as_operator() -> None:
        seats = walk.known["SignIn"]["signIn"]["seats"]
        assert [seat["room"] for seat in seats] == ["ACCOUNT", "OPERATOR"]
        walk.seat = "operator"

    async def opened() -> None:
        walk.known["account"] = walk.known["OpenAccount"]["openAccount"]["id"]
        [found] = walk.known["Accounts"]["accounts"]["nodes"]
        assert found["id"] == walk.known["account"]
        assert await token_for(walk.owner, "bea@people.example", KEYRING)

    await walk.play(
        "walkthrough-operator.md",
        {"OpenAccount": as_operator, "SetPlan": opened},
    )

    assert walk.known["SetPlan"]["setPlan"]["plan"] == "ENTERPRISE"
    assert len(walk.known["OutsideOfAccounts"]["networkAuditEntries"]["nodes"]) == 2
    assert not walk.browser.cookies


async def test_the_affiliates_page(walk: Walk) -> None:
    """S34, S35, S42, S43, S44, S46, S47."""
    owner, brand = walk.owner, await fernhollow(walk)
    known = walk.known

    async def letter() -> None:
        await walk.letter("quinn@people.example")

    async def found() -> None:
        [listing] = known["FindListings"]["marketplace"]["nodes"]
        assert listing["brandName"] == "Fernhollow"
        known["listing"] = known["listingId"] = listing["id"]

    async def read() -> None:
        known["agreementSha256"] = known["ReadListing"]["listing"]["agreement"]["sha256"]

    async def let_in() -> None:
        application = known["Apply"]["applyToListing"]
        assert application["status"] == "SUBMITTED"
        accept = "mutation($id: ID!) { acceptApplication(id: $id) { __typename } }"
        answer = await walk.as_program(brand.key, accept, id=application["id"])
        assert answer == {"acceptApplication": {"__typename": "Application"}}

    async def invited() -> None:
        affiliate_id = await owner.fetchval("SELECT id FROM affiliate")
        await an_invitation(owner, brand.account_id, brand.shop_offer_id, affiliate_id)

    async def which_invitation() -> None:
        [sent] = known["MyInvitations"]["invitations"]["nodes"]
        known["invitation"] = sent["id"]

    async def which_product() -> None:
        mine = known["MyProducts"]["products"]["nodes"]
        assert {one["channel"] for one in mine} == {"AMAZON", "DTC"}
        [known["product"]] = [one["id"] for one in mine if one["channel"] == "AMAZON"]

    async def which_partnership() -> None:
        own = known["MyPartnerships"]["partnerships"]["nodes"]
        assert {one["store"]["channel"] for one in own} == {"AMAZON", "DTC"}
        [amazon] = [one["id"] for one in own if one["store"]["channel"] == "AMAZON"]
        known["partnership"] = known["partnershipId"] = amazon

    async def sold() -> None:
        of_offer = "SELECT id FROM partnership WHERE offer_id = $1"
        partnership_id = await owner.fetchval(of_offer, brand.offer_id)
        version = "SELECT id FROM offer_version WHERE offer_id = $1"
        version_id = await owner.fetchval(version, brand.offer_id)
        await a_conversion(owner, brand.account_id, partnership_id, version_id, DAYS_AGO)

    await walk.play(
        "walkthrough-affiliate.md",
        {
            "VerifyEmail": letter,
            "ReadListing": found,
            "Apply": read,
            "MyApplications": let_in,
            "MyInvitations": invited,
            "AcceptInvitation": which_invitation,
            "LinkOfProduct": which_product,
            "LinkOfStorefront": which_partnership,
            "MyConversions": sold,
        },
    )

    links = {one["landing"] for one in known["MyLinks"]["links"]["nodes"]}
    assert ASIN in links
    assert len(links) == 2
    [made, refused] = known["ManyLinks"]["createLinks"]["outcomes"]
    assert (made["refusal"], refused["link"]) == (None, None)
    assert "crid" in known["LinkOfPastedPage"]["createLink"]["leftOut"]
    assert known["Leave"]["leavePartnership"]["statusChangedBy"] == "AFFILIATE"


async def test_the_brands_page(walk: Walk) -> None:
    """S19, S31, S36, S38, S39."""
    owner, known = walk.owner, walk.known
    account_id = await begun(walk)
    reset = Block(
        "Reset",
        'mutation Reset($token: String!) { resetPassword(token: $token, newPassword: "ferns grow in'
        ' the rain") { __typename } }',
        {"token": "…"},
        "",
    )
    assert "errors" not in await walk.ask(reset)
    own = walk.browser

    async def as_owner() -> None:
        walk.seat = encode("acct", account_id)

    async def as_the_invited() -> None:
        await walk.letter("fay@people.example")
        walk.browser, walk.seat = await walk.new_browser(), None
        await _join(walk, "fay@people.example")

    async def as_owner_again() -> None:
        await walk.browser.aclose()
        walk.browser, walk.seat = own, encode("acct", account_id)
        # So that somebody is still asked, as the page says.
        await walk.ask(Block("Again", AGAIN, {}, ""))

    async def which_member() -> None:
        [known["member"]] = [
            one["id"] for one in known["Members"]["members"]["nodes"] if one["role"] == "VIEWER"
        ]

    async def which_key() -> None:
        known["key"] = known["CreateKey"]["createApiKey"]["apiKey"]["id"]

    async def connected() -> None:
        store_id = await a_store(owner, account_id, name="Fernhollow on Amazon US")
        known["storeId"] = known["store"] = encode("stor", store_id)
        await a_product(owner, account_id, store_id, title="Fern pot")

    async def which_shop() -> None:
        known["shop"] = known["OpenShop"]["connectShop"]["id"]

    async def which_offer() -> None:
        known["offer"] = known["offerId"] = known["CreateOffer"]["createOffer"]["id"]

    async def which_products() -> None:
        shown = known["ProductsToShow"]["products"]["nodes"]
        known["products"] = [one["id"] for one in shown]

    async def applied() -> None:
        offer_id = await owner.fetchval("SELECT offer_id FROM listing")
        for _ in range(3):
            await an_application(owner, account_id, offer_id)

    async def which_application() -> None:
        rows = known["WaitingApplications"]["applications"]["nodes"]
        known["application"], *known["ids"] = [one["id"] for one in rows]

    async def shown() -> None:
        for name in ("Omar", "Vera"):
            affiliate_id = await an_affiliate(owner, name=name)
            await a_published_profile(owner, affiliate_id, niches=["OUTDOORS"])

    async def which_profile() -> None:
        known["profile"] = known["affiliateId"] = known["FindAffiliates"]["discovery"]["nodes"][0][
            "id"
        ]

    async def which_affiliate() -> None:
        known["affiliate"] = known["EnterAffiliate"]["createAffiliate"]["id"]

    async def which_partnership() -> None:
        known["partnership"] = known["AddPartner"]["addAffiliateToOffer"]["id"]

    async def which_partners() -> None:
        assert known["Partners"]["partnerships"]["totalCount"] == 1
        known["ids"] = [known["partnership"]]

    async def settled() -> None:
        version_id = await owner.fetchval("SELECT id FROM offer_version ORDER BY id LIMIT 1")
        partnership_id = UUID(known["partnership"].removeprefix("part_"))
        for day in (DAYS_AGO, DAYS_AGO + timedelta(days=1)):
            await a_conversion(owner, account_id, partnership_id, version_id, day)
        await owner.execute("UPDATE conversion SET status = 'SETTLED', settled_at = $1", NOW)

    async def which_conversions() -> None:
        [one, other] = known["Due"]["conversions"]["nodes"]
        known["ids"], known["conversion"] = [one["id"]], other["id"]

    await walk.play(
        "walkthrough-brand.md",
        {
            "WhoAmI": as_owner,
            "AcceptMemberInvitation": as_the_invited,
            "Members": as_owner_again,
            "ChangeRole": which_member,
            "RevokeKey": which_key,
            "Stores": connected,
            "FillShop": which_shop,
            "PublishAgreement": which_offer,
            "PromoteProducts": which_products,
            "WaitingApplications": applied,
            "AcceptApplication": which_application,
            "FindAffiliates": shown,
            "MoreLikeThem": which_profile,
            "AddPartner": which_affiliate,
            "Annotate": which_partnership,
            "PauseMany": which_partners,
            "Due": settled,
            "Approve": which_conversions,
        },
    )

    [jug, pot] = known["FillShop"]["putShopProducts"]["outcomes"]
    assert (jug["refusal"], pot["product"]) == (None, None)
    rejected = known["RejectApplications"]["rejectApplications"]["outcomes"]
    assert [one["application"]["status"] for one in rejected] == ["REJECTED", "REJECTED"]
    assert known["TagMany"]["tagPartnerships"]["outcomes"][0]["partnership"]["tags"] == [
        "video", "2026",
    ]  # fmt: skip
    [approved] = known["Approve"]["approveConversions"]["outcomes"]
    assert approved["conversion"]["status"] == "APPROVED"
    assert known["Deny"]["denyConversion"]["status"] == "DENIED"


AGAIN = """mutation Again {
  inviteMember(input: { email: "gil@people.example", role: VIEWER }) { __typename }
}"""
_SIGN_UP = """mutation SignUp($input: SignUpInput!) { signUp(input: $input) { __typename } }"""
_VERIFY = """mutation Verify($token: String!) {
  verifyEmail(token: $token, password: "moss on the north side") { __typename }
}"""


async def _join(walk: Walk, address: str) -> None:
    """Sign up and verify, and have the token of the letter before at hand again."""
    token = walk.known["token"]
    new = {"name": "Fay Ito", "email": address, "password": "moss on the north side"}
    assert "errors" not in await walk.ask(Block("SignUp", _SIGN_UP, {"input": new}, ""))
    await walk.letter(address)
    assert "errors" not in await walk.ask(Block("Verify", _VERIFY, {"token": "…"}, ""))
    walk.known["token"] = token
