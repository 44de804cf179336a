"""The table of contents: everything that can be asked, and everything that can be done."""

from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.accounts import Account, AccountConnection, Viewer
from schema.acting import Info
from schema.affiliates import AffiliateConnection, AffiliateMutations
from schema.applications import Application, ApplicationConnection
from schema.applying import ApplicationMutations
from schema.asking import AskedSchema
from schema.audit import AuditEntryConnection
from schema.connecting import StoreMutations
from schema.conversions import AmazonOrder, Conversion, ConversionConnection
from schema.deciding import DecisionMutations
from schema.discovery import AffiliateProfile, AffiliateProfileConnection, DiscoveryMutations
from schema.duties import DutyConnection, DutyMutations
from schema.errors import handlers
from schema.invitations import Invitation, InvitationConnection
from schema.inviting import InvitationMutations
from schema.keys import ApiKeyConnection, ApiKeyMutations
from schema.links import LinkConnection, LinkMutations
from schema.listing import MarketplaceMutations
from schema.marketplace import Listing, ListingConnection
from schema.members import (
    MemberConnection,
    MemberInvitationConnection,
    MemberMutations,
)
from schema.offers import Offer, OfferConnection, OfferMutations
from schema.operating import LoginConnection, NetworkAuditEntryConnection, OperatorMutations
from schema.partnering import PartnershipMutations
from schema.partnering_many import PartnershipsMutations
from schema.partnerships import Partnership, PartnershipConnection
from schema.products import ProductConnection
from schema.profiles import ProfileDraft, ProfileMutations
from schema.reading import WHOLE, Node, by_id, by_ids, to_many, to_one
from schema.reports import CatalogRunConnection, ReportMutations, ReportRun, ReportRunConnection
from schema.scalars import SCALARS
from schema.sellers import AmazonProfileConnection, SellerAccountConnection, SellerMutations
from schema.shops import ShopMutations
from schema.signing_in import PersonMutations
from schema.stores import BrandConnection, Store, StoreConnection
from schema.transacting import MutationExecutor
from schema.webhook_log import WebhookDelivery, WebhookLogMutations
from schema.webhooks import WebhookEndpoint, WebhookEndpointConnection, WebhookMutations


@strawberry.type(description="Everything that can be asked.")
class Query:
    @strawberry.field(
        description="Who asks; null for somebody who is not signed in and sent no key."
    )
    def viewer(self, info: Info) -> Viewer | None:
        return None if info.context.viewer is None else Viewer()

    account: Account = to_one("The account that is acted for.", on="{t}.id = {account}")
    accounts: AccountConnection = to_many("All accounts; an account itself sees its own alone.")
    node: Node | None = by_id("Anything, by its id; null for what you do not have.")
    nodes: list[Node | None] = by_ids("Several things, in the order asked; null for what is not.")
    store: Store | None = by_id("One store, by its id; null for what you do not have.")
    offer: Offer | None = by_id("One offer, by its id; null for what you do not have.")
    partnership: Partnership | None = by_id(
        "One partnership, by its id; null for what you do not have."
    )
    conversion: Conversion | None = by_id(
        "One conversion, by its id; null for what you do not have."
    )
    report_run: ReportRun | None = by_id(
        "One report run, by its id; null for what you do not have."
    )
    seller_accounts: SellerAccountConnection = to_many("All seller accounts.")
    amazon_profiles: AmazonProfileConnection = to_many(
        "All profiles, those too that cannot be connected."
    )
    brands: BrandConnection = to_many("All brands.")
    stores: StoreConnection = to_many("All stores, the disconnected ones too.")
    products: ProductConnection = to_many(
        "All products, a row for each SKU; of an affiliate, those of the stores that it promotes."
    )
    offers: OfferConnection = to_many("All offers, the archived ones too.", reads=WHOLE)
    affiliates: AffiliateConnection = to_many("All affiliates whom the account knows.", reads=WHOLE)
    discovery: AffiliateProfileConnection = to_many("All affiliates who show themselves to brands.")
    affiliate_profile: AffiliateProfile | None = by_id(
        "One affiliate who shows themselves; null for who does not."
    )
    my_profile: ProfileDraft | None = to_one(
        "What you, an affiliate, have written of yourself; null for nothing yet.",
        on="{t}.id = {affiliate}",
    )
    invitation: Invitation | None = by_id(
        "One invitation, by its id; null for what you do not have."
    )
    invitations: InvitationConnection = to_many("All invitations, the answered ones too.")
    partnerships: PartnershipConnection = to_many("All partnerships.")
    links: LinkConnection = to_many("All links.", reads=WHOLE)
    listing: Listing | None = by_id("A listing; null when it is listed no more.")
    marketplace: ListingConnection = to_many(
        "To an affiliate, every listing of the network; to an account, its own."
    )
    application: Application | None = by_id(
        "One application, by its id; null for what you do not have."
    )
    applications: ApplicationConnection = to_many(
        "All applications: to an account those that it got, to an affiliate those that they sent."
    )
    conversions: ConversionConnection = to_many("All conversions.")
    report_runs: ReportRunConnection = to_many("All reports fetched.")
    catalog_runs: CatalogRunConnection = to_many("All listings fetched.")
    duties: DutyConnection = to_many(
        "What is promised and not yet done; to operators, of all accounts and the installation."
    )
    members: MemberConnection = to_many("All who work in the account.", reads=WHOLE)
    member_invitations: MemberInvitationConnection = to_many("All who were asked to.")
    api_keys: ApiKeyConnection = to_many("All keys of the account, the revoked ones too.")
    webhook_endpoint: WebhookEndpoint | None = by_id(
        "One webhook endpoint, by its id; null for what you do not have."
    )
    webhook_endpoints: WebhookEndpointConnection = to_many(
        "All webhook endpoints, the disabled ones too: an account's, or an affiliate's own.",
        on="{t}.deleted_at is null",
    )
    webhook_delivery: WebhookDelivery | None = by_id(
        "One delivery of a webhook, by its id; null for what you do not have."
    )
    audit_entries: AuditEntryConnection = to_many("What was done in the account, and by whom.")
    logins: LoginConnection = to_many("Operators only: everybody who can sign in.")
    network_audit_entries: NetworkAuditEntryConnection = to_many(
        "Operators only: what was done outside of accounts."
    )

    @strawberry.field(
        description="What was sold by one of Amazon's orders: nothing that could be known, and why."
    )
    def amazon_order(
        self,
        info: Info,
        order_id: Annotated[
            str, strawberry.argument(description="Amazon's number: 111-2222222-3333333.")
        ],
    ) -> AmazonOrder:
        assert info.context.seat
        return AmazonOrder()


@strawberry.type(
    description="Everything that can be done. Each answers with what it made or changed, or with a"
    " Refusal, which changes nothing."
)
class Mutation(
    PersonMutations,
    SellerMutations,
    StoreMutations,
    ShopMutations,
    ReportMutations,
    OfferMutations,
    AffiliateMutations,
    DiscoveryMutations,
    InvitationMutations,
    ProfileMutations,
    PartnershipMutations,
    PartnershipsMutations,
    LinkMutations,
    DecisionMutations,
    MarketplaceMutations,
    ApplicationMutations,
    MemberMutations,
    ApiKeyMutations,
    WebhookMutations,
    WebhookLogMutations,
    OperatorMutations,
    DutyMutations,
):
    pass


schema = AskedSchema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(scalar_map=SCALARS),
    execution_context_class=MutationExecutor,
    exception_handlers=handlers(),
)
