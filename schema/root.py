"""The table of contents: everything that can be asked, and everything that can be done."""

from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.accounts import Account, Viewer
from schema.acting import Info
from schema.affiliates import AffiliateConnection, AffiliateMutations
from schema.connecting import StoreMutations
from schema.conversions import AmazonOrder, Conversion, ConversionConnection
from schema.deciding import DecisionMutations
from schema.duties import DutyConnection
from schema.errors import handlers
from schema.links import LinkConnection, LinkMutations
from schema.masking import MaskedSchema
from schema.offers import Offer, OfferConnection, OfferMutations
from schema.partnering import PartnershipMutations
from schema.partnerships import Partnership, PartnershipConnection
from schema.products import ProductConnection
from schema.reading import Node, by_id, by_ids, to_many, to_one
from schema.reports import CatalogRunConnection, ReportMutations, ReportRun, ReportRunConnection
from schema.scalars import SCALARS
from schema.sellers import ProfileConnection, SellerAccountConnection, SellerMutations
from schema.stores import BrandConnection, Store, StoreConnection


@strawberry.type(description="Everything that can be asked.")
class Query:
    @strawberry.field(description="Who asks; null for somebody who sent no key.")
    def viewer(self, info: Info) -> Viewer | None:
        return None if info.context.viewer is None else Viewer()

    account: Account = to_one("The account of the key that was sent.", on="{t}.id = {account}")
    node: Node | None = by_id("Anything, by its id; null when the account has none such.")
    nodes: list[Node | None] = by_ids("Several things, in the order asked; null for what is not.")
    store: Store | None = by_id("A store.")
    offer: Offer | None = by_id("An offer.")
    partnership: Partnership | None = by_id("A partnership.")
    conversion: Conversion | None = by_id("A conversion.")
    report_run: ReportRun | None = by_id("A report run.")
    seller_accounts: SellerAccountConnection = to_many("All seller accounts.")
    profiles: ProfileConnection = to_many("All profiles, those too that cannot be connected.")
    brands: BrandConnection = to_many("All brands.")
    stores: StoreConnection = to_many("All stores, the disconnected ones too.")
    products: ProductConnection = to_many("All products, a row for each SKU.")
    offers: OfferConnection = to_many("All offers, the archived ones too.")
    affiliates: AffiliateConnection = to_many("All affiliates whom the account knows.")
    partnerships: PartnershipConnection = to_many("All partnerships.")
    links: LinkConnection = to_many("All links.")
    conversions: ConversionConnection = to_many("All conversions.")
    report_runs: ReportRunConnection = to_many("All reports fetched.")
    catalog_runs: CatalogRunConnection = to_many("All listings fetched.")
    duties: DutyConnection = to_many("What is promised and not yet done.")

    @strawberry.field(
        description="What was sold by one of Amazon's orders: nothing that could be known, and why."
    )
    def amazon_order(
        self,
        info: Info,
        id: Annotated[str, strawberry.argument(description="Amazon's number, 111-….")],
    ) -> AmazonOrder:
        assert info.context.signed_in
        return AmazonOrder()


@strawberry.type(
    description="Everything that can be done. Each answers with what it made or changed, or with a"
    " Refusal, which changes nothing."
)
class Mutation(
    SellerMutations,
    StoreMutations,
    ReportMutations,
    OfferMutations,
    AffiliateMutations,
    PartnershipMutations,
    LinkMutations,
    DecisionMutations,
):
    pass


schema = MaskedSchema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    exception_handlers=handlers(),
)
