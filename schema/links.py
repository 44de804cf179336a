"""Tagged links."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain.ids import decode
from domain.links import actions
from domain.links.landing import left_out
from schema.acting import Info, acting
from schema.affiliates import Affiliate
from schema.context import Context
from schema.enums import LandingKind
from schema.partnerships import Partnership
from schema.reading import (
    Connection,
    Node,
    column,
    computed,
    contains,
    equals,
    read_one,
    table,
    to_one,
)
from schema.refusals import (
    AlreadyTagged,
    AssociatesTag,
    BadTemplate,
    NoNewLinks,
    NotALandingPage,
    NotAnAmazonPage,
    NotAnAmazonStore,
    NotFound,
    NotMeasuringYet,
    PageOfOtherMarketplace,
    ShortLink,
    StoreDisconnected,
    SubIdRefused,
    UtmNotSupported,
    WrongId,
)
from schema.stores import Store


@strawberry.input(description="Narrows a list of links.")
class LinkFilter:
    partnership_id: strawberry.ID | None = equals(
        "Of this partnership.", "partnership_id", prefix="part"
    )
    store_id: strawberry.ID | None = equals("To pages of this store.", "store_id", prefix="stor")
    affiliate_id: strawberry.ID | None = equals("Of this affiliate.", "affiliate_id", prefix="affl")
    sub_id: str | None = equals("With exactly this subID.", "sub_id")
    destination: str | None = contains("Part of the address at Amazon.", "destination")


@table("tagged_link", prefix="link", tenant="account_id", filter=LinkFilter, sort=("-created_at",))
class Link(Node):
    """One page at Amazon, tagged for one affiliate and subID."""

    @computed("The short address to share: it counts the click and leads on.", needs=("code",))
    def url(context: Context, code: str) -> str:
        return f"{context.public_url}/l/{code}"

    destination: str = column("The tagged address at Amazon that it leads to.")
    sub_id: str | None = column("The subID that its sales are told apart by; null for none.")
    kind: LandingKind = column("What sort of page it leads to.")
    landing: str = column("The page: an ASIN, or the path of a Store page.")
    code: str = column("The end of `url`.")
    clicks: int = column(
        "Clicks counted on it.",
        "(select count(*) from click k where k.account_id = {t}.account_id and k.link_id = {t}.id)",
    )
    created_at: datetime = column("When it was made.")
    visible_at: datetime | None = column(
        "When Amazon first showed figures for it; null while it masks them."
    )
    partnership: Partnership = to_one("Whose link it is.", "partnership_id")
    store: Store = to_one("The store that it leads to.", "store_id")
    affiliate: Affiliate = to_one("The affiliate who shares it.", "affiliate_id")

    @computed(
        "Names of the parameters of the pasted address that the link does not carry; only in the"
        " answer of createLink, null everywhere else.",
        needs=("id",),
    )
    def left_out(context: Context, id: str) -> list[str] | None:
        return context.left_out.get(UUID(id))


@strawberry.type(description="A page of links.")
class LinkConnection(Connection[Link]):
    pass


@strawberry.input(description="A page and who links to it.")
class CreateLinkInput:
    partnership_id: strawberry.ID = strawberry.field(description="Whose link, to which store.")
    url: str = strawberry.field(
        description="A product page or a page of the brand's Amazon Store, as copied from a"
        " browser, or a bare ASIN."
    )
    sub_id: str | None = strawberry.field(
        default=None,
        description="A name for where the link stands, to tell its sales apart; 100 characters at"
        " most, never a person or a click.",
    )


CreateLinkResult = Annotated[
    Link
    | NotAnAmazonPage
    | ShortLink
    | PageOfOtherMarketplace
    | NotALandingPage
    | AssociatesTag
    | AlreadyTagged
    | UtmNotSupported
    | SubIdRefused
    | NoNewLinks
    | NotAnAmazonStore
    | StoreDisconnected
    | NotMeasuringYet
    | BadTemplate
    | NotFound
    | WrongId,
    strawberry.union("CreateLinkResult", description="The link, or why not."),
]


@strawberry.type
class LinkMutations:
    @strawberry.mutation(
        description="Make a tagged link. The same page and subID give the same link again."
    )
    async def create_link(self, info: Info, input: CreateLinkInput) -> CreateLinkResult:
        partnership_id = decode("part", input.partnership_id)
        async with acting(info, partnership=input.partnership_id, sub_id=input.sub_id) as act:
            link = await actions.create_link(
                act.tx, act.account_id, partnership_id, input.url, input.sub_id or "", act.now
            )
        info.context.left_out[link.id] = list(left_out(input.url))
        return cast(Link, await read_one(info, Link, link.id))
