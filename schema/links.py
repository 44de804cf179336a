"""Tagged links."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Room, Scope
from domain.catalog.marketplaces import by_id
from domain.ids import decode
from domain.links import actions, linting, qr
from domain.links.aim import OfProduct, Storefront, Target, Wanted
from domain.links.rules import Link as Made
from schema.acting import Info, change
from schema.affiliates import Affiliate
from schema.context import Context
from schema.enums import LandingKind, LinkHealth
from schema.errors import Refusal, shown
from schema.link_health import HEALTH, NOTES
from schema.partnerships import Partnership
from schema.products import Product
from schema.reading import (
    Connection,
    Node,
    column,
    computed,
    contains,
    equals,
    read_many,
    table,
    to_one,
    where,
)
from schema.refusals import (
    AlreadyTagged,
    AssociatesTag,
    BadTemplate,
    InvalidInput,
    NoNewLinks,
    NoStorefront,
    NotALandingPage,
    NotAnAmazonPage,
    NotAShopPage,
    NotFound,
    NotMeasuringYet,
    PageOfOtherMarketplace,
    ProductOfOtherStore,
    ShortLink,
    StoreDisconnected,
    SubIdRefused,
    UtmNotSupported,
    WrongId,
)
from schema.stores import Store

# An ASIN has as many rows as it has SKUs; one that is for sale comes first.
_PRODUCT = """{t}.account_id = {p}.account_id and {t}.id = case {p}.kind
    when 'DETAIL_PAGE' then (select k.id from product k where k.account_id = {p}.account_id
        and k.store_id = {p}.store_id and k.asin = {p}.landing order by k.status, k.id limit 1)
    when 'SHOP_PAGE' then (select k.id from product k where k.account_id = {p}.account_id
        and k.store_id = {p}.store_id and k.url = {p}.landing order by k.status, k.id limit 1)
    end"""

# What a link's address says: the store's marketplace or its own shop's address, and the three
# tokens of Amazon's tag.
_MADE_FOR = (
    """(select s.marketplace_id from store s
        where s.account_id = {t}.account_id and s.id = {t}.store_id)""",
    """(select s.url from store s
        where s.account_id = {t}.account_id and s.id = {t}.store_id)""",
    """(select p.campaign_token from partnership p
        where p.account_id = {t}.account_id and p.id = {t}.partnership_id)""",
    """(select g.token from ad_group g
        where g.account_id = {t}.account_id and g.id = {t}.ad_group_id)""",
    """(select c.token from creative c where c.account_id = {t}.account_id
        and c.store_id = {t}.store_id and c.landing = {t}.landing)""",
)


@strawberry.input(description="Narrows a list of links.")
class LinkFilter:
    partnership_id: strawberry.ID | None = equals(
        "Of this partnership.", "partnership_id", prefix="part"
    )
    store_id: strawberry.ID | None = equals("To pages of this store.", "store_id", prefix="stor")
    affiliate_id: strawberry.ID | None = equals("Of this affiliate.", "affiliate_id", prefix="affl")
    sub_id: str | None = equals("With exactly this subID.", "sub_id")
    destination: str | None = contains("Part of the address that it leads to.", "destination")
    health: list[LinkHealth] | None = where("Any of these.", HEALTH + " = any({v})")


@table(
    "tagged_link",
    prefix="link",
    tenant="account_id",
    affiliate="affiliate_id",
    filter=LinkFilter,
    sort=("-created_at",),
)
class Link(Node):
    """One page of a store, on Amazon or in a shop of the brand's own, tagged for one affiliate and
    subID."""

    @computed("The short address to share: it counts the click and leads on.", needs=("code",))
    def url(context: Context, code: str) -> str:
        return f"{context.public_url}/l/{code}"

    destination: str = column(
        "The tagged address that it leads to. On Amazon the tag is Amazon's own; an own shop gets"
        " the link's code as the parameter clk, to report its sales by."
    )
    sub_id: str | None = column("The subID that its sales are told apart by; null for none.")

    @computed("A QR code of `url`: an SVG picture, black on white, of any size.", needs=("code",))
    def qr(context: Context, code: str) -> str:
        return qr.svg(f"{context.public_url}/l/{code}")

    kind: LandingKind = column("What sort of page it leads to.")
    landing: str = column(
        "The page: an ASIN, the path of a Store page, or the address of a page in an own shop."
    )
    product: Product | None = to_one(
        "The product of its page; null for another page, and for one that the store's listings do"
        " not have: such a link works, and pays for what is bought of the brand's own.",
        on=_PRODUCT,
        reads=1,
    )
    code: str = column("The end of `url`.")
    clicks: int = column(
        "Clicks counted on it.",
        "(select count(*) from click k where k.account_id = {t}.account_id and k.link_id = {t}.id)",
        reads=10,
    )
    created_at: datetime = column("When it was made.")
    visible_at: datetime | None = column(
        "When Amazon first showed figures for it; null while it masks them."
    )
    health: LinkHealth = column("Whether it still does what it was made for.", HEALTH, reads=3)

    @computed(
        "What to do about its health, for people; null when it is all right.",
        needs=(HEALTH,),
        reads=3,
    )
    def health_note(context: Context, health: str) -> str | None:
        return NOTES.get(health)

    @computed(
        "What is wrong with its address, by the rules that new links are made by: a second tag,"
        " another marketplace, an address that is another page's. Sentences for people; empty when"
        " all is right.",
        needs=("destination", "landing", "code", *_MADE_FOR),
        reads=5,
    )
    def problems(
        context: Context, destination: str, landing: str, code: str, marketplace_id: str | None,
        shop_url: str | None, campaign: str, ad_group: str, creative: str,
    ) -> list[str]:  # fmt: skip
        if shop_url is not None:
            return linting.problems_at_shop(destination, landing, shop_url, code)
        marketplace = by_id(marketplace_id or "")
        assert marketplace is not None, "a store on Amazon is in a marketplace that is known"
        return linting.problems(
            linting.TaggedLink(destination, landing, marketplace, campaign, ad_group, creative)
        )

    partnership: Partnership = to_one("Whose link it is.", "partnership_id")
    store: Store = to_one("The store that it leads to.", "store_id")
    affiliate: Affiliate = to_one("The affiliate who shares it.", "affiliate_id")

    @computed(
        "Names of the parameters of the pasted address that the link does not carry; only in the"
        " answer of createLink and createLinks, null everywhere else.",
        needs=("id",),
    )
    def left_out(context: Context, id: str) -> list[str] | None:
        return context.left_out.get(UUID(id))


@strawberry.type(description="A page of links.")
class LinkConnection(Connection[Link]):
    pass


@strawberry.input(
    description="A page and who links to it. The page is said in one of three ways: `url`,"
    " `productId` or `storefront`. All of them give the same link for the same page and subID."
)
class CreateLinkInput:
    partnership_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Whose link, to which store: `part_…`. Left out by an affiliate, with a"
        " `productId`: it is their partnership with the product's store.",
    )
    url: str | None = strawberry.field(
        default=None,
        description="As copied from a browser; left out with one of the others. On Amazon a product"
        " page, a page of the brand's Store, or a bare ASIN; in an own shop any page on its host.",
    )
    product_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The page of a product of the store; left out with one of the others.",
    )
    storefront: bool = strawberry.field(
        default=False,
        description="The brand's Store page on Amazon, or the home of its own shop: the store's"
        " `storefrontUrl`.",
    )
    sub_id: str | None = strawberry.field(
        default=None,
        description="A name for where the link stands, to tell its sales apart: `blog`. 100"
        " characters at most, never a person or a click; none when left out.",
    )


@strawberry.type(description="What became of one link that was asked for.")
class LinkOutcome:
    place: int = strawberry.field(description="Its place among those asked for, from 1.")
    link: Link | None = strawberry.field(description="The link; null when it was refused.")
    refusal: Refusal | None = strawberry.field(
        description="Why there is none, as createLink would say; null when there is one."
    )


@strawberry.type(description="What became of each link. Those that can be made are made.")
class LinkOutcomes:
    found: strawberry.Private[Sequence[Made | errors.Refusal]]

    @strawberry.field(description="One for each, in the order asked.")
    async def outcomes(self, info: Info) -> list[LinkOutcome]:
        ids = [one.id for one in self.found if isinstance(one, Made)]
        rows = await read_many(info, Link, list(dict.fromkeys(ids)), at="link")
        return [
            LinkOutcome(
                place=place,
                link=rows.get(one.id) if isinstance(one, Made) else None,
                refusal=shown(one) if isinstance(one, errors.Refusal) else None,
            )
            for place, one in enumerate(self.found, 1)
        ]


CreateLinkResult = Annotated[
    Link
    | NotAnAmazonPage
    | ShortLink
    | PageOfOtherMarketplace
    | NotALandingPage
    | AssociatesTag
    | AlreadyTagged
    | UtmNotSupported
    | NotAShopPage
    | ProductOfOtherStore
    | NoStorefront
    | SubIdRefused
    | NoNewLinks
    | StoreDisconnected
    | NotMeasuringYet
    | BadTemplate
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("CreateLinkResult", description="The link, or why not."),
]
CreateLinksResult = Annotated[
    LinkOutcomes | InvalidInput,
    strawberry.union("CreateLinksResult", description="An outcome for each, or why for none."),
]
_EITHER: Final = frozenset({Room.ACCOUNT, Room.AFFILIATE})


@strawberry.type
class LinkMutations:
    @change(
        "Make a tagged link to a store on Amazon or to a brand's own shop. The same page and subID"
        " give the same link again. An affiliate makes links of its own partnerships."
        ' `createLink(input: {productId: "prod_1f…", subId: "blog"})` is one of theirs.',
        needs=Scope.MANAGE,
        room=_EITHER,
    )
    async def create_link(self, info: Info, input: CreateLinkInput) -> CreateLinkResult:
        [made] = await _made(info, [input])
        if isinstance(made, errors.Refusal):
            raise made
        return await info.context.act.answer(Link, made.id)

    @change(
        "Make 1 to 100 links at once. Each has its own outcome: those that can be made are,"
        " whatever becomes of the others. Asking again gives the same links. An affiliate's may be"
        ' of several brands: `createLinks(links: [{productId: "prod_1f…"}, {productId:'
        ' "prod_20…"}])`.',
        needs=Scope.MANAGE,
        room=_EITHER,
    )
    async def create_links(
        self,
        info: Info,
        links: Annotated[
            list[CreateLinkInput],
            strawberry.argument(description="What is wanted; 1, at most 100."),
        ],
    ) -> CreateLinksResult:
        return LinkOutcomes(found=await _made(info, links))


async def _made(info: Info, asked: Sequence[CreateLinkInput]) -> list[Made | errors.Refusal]:
    """The links, or what is wrong with each. An affiliate enters the accounts that they are of."""
    act = info.context.act
    wanted: list[Wanted | errors.Refusal] = [_wanted(one) for one in asked]
    if info.context.seat.room is Room.ACCOUNT:
        return await _made_here(info, wanted)
    found = await actions.find_places(act.tx, act.affiliate_id, wanted)
    made: list[Made | errors.Refusal] = [_refused(one) for _, one in found]
    for account_id in sorted({place for place, _ in found if place is not None}):
        rows = [row for row, (place, _) in enumerate(found) if place == account_id]
        await act.enter(account_id, {"links": [asdict(asked[row]) for row in rows]})
        for row, one in zip(rows, await _made_here(info, [found[r][1] for r in rows]), strict=True):
            made[row] = one
    return made


async def _made_here(
    info: Info, wanted: Sequence[Wanted | errors.Refusal]
) -> list[Made | errors.Refusal]:
    """Those of the account that is acted in."""
    act = info.context.act
    made = await actions.create_links(act.tx, act.account_id, wanted, act.now)
    for one in made:
        if isinstance(one, Made):
            info.context.left_out.setdefault(one.id, []).extend(one.left_out)
            if one.is_new:
                act.made(Link, one.id)
    # A link that was there has not changed, and the audit is not to say that it was made.
    found = [one.id for one in made if isinstance(one, Made) and not one.is_new]
    await act.remember(Link, found)
    return list(made)


def _wanted(asked: CreateLinkInput) -> Wanted | errors.Refusal:
    try:
        partnership_id = decode("part", asked.partnership_id) if asked.partnership_id else None
        return Wanted(partnership_id, _target(asked), asked.sub_id or "")
    except errors.Refusal as why:
        return why


def _target(asked: CreateLinkInput) -> Target:
    ways = (asked.url is not None, asked.product_id is not None, asked.storefront)
    if sum(ways) != 1:
        raise errors.InvalidInput("url", "Give exactly one of url, productId and storefront.")
    if asked.product_id is not None:
        return OfProduct(decode("prod", asked.product_id))
    return Storefront() if asked.storefront else asked.url or ""


def _refused(one: Wanted | errors.Refusal) -> errors.Refusal:
    """What is wanted of no partnership and no product has no place to be made in."""
    if isinstance(one, errors.Refusal):
        return one
    return errors.InvalidInput("partnershipId", "Say whose link it is: the partnership's id.")
