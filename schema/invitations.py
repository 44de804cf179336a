"""Invitations: a brand asks an affiliate to join by an offer."""

from datetime import datetime

import strawberry

from domain.access import Room
from schema.affiliates import Affiliate
from schema.discovery import AffiliateProfile
from schema.enums import InvitationStatus
from schema.marketplace import Agreement
from schema.offers import Offer
from schema.partnerships import Partnership
from schema.reading import Connection, Node, column, equals, one_of, table, to_one
from schema.stores import Store


@strawberry.input(description="Narrows a list of invitations.")
class InvitationFilter:
    status: list[InvitationStatus] | None = one_of("Any of these.", "state")
    store_id: strawberry.ID | None = equals("To this store.", "store_id", prefix="stor")
    offer_id: strawberry.ID | None = equals("To this offer.", "offer_id", prefix="offr")
    profile_id: strawberry.ID | None = equals(
        "Of the affiliate with this profile.", "affiliate_id", prefix="affp"
    )


@table(
    "invitation",
    prefix="invt",
    tenant="account_id",
    affiliate="affiliate_id",
    filter=InvitationFilter,
    sort=("-sent_at",),
)
class Invitation(Node):
    """A brand asks an affiliate to become a partner of a store."""

    status: InvitationStatus = column("Where it stands.", "state")
    store: Store = to_one("The store to be promoted.", "store_id")
    offer: Offer = to_one("By which offer.", "offer_id")
    affiliate_name: str = column("Who is asked, under the name they had then.")
    message: str = column("What the brand writes; may be empty.")
    decline_reason: str | None = column(
        "Why the affiliate declined; null when they did not, or say nothing.", "reason"
    )
    agreement: Agreement | None = to_one(
        "To be read, and accepted by its SHA-256; null when the brand has none.", "agreement_id"
    )
    sent_at: datetime = column("When it was sent.")
    sent_by: str = column("Which person or key sent it.", only=Room.ACCOUNT)
    answered_at: datetime | None = column(
        "When it was accepted, declined or withdrawn; null while it waits."
    )
    profile: AffiliateProfile | None = to_one(
        "The affiliate as they show themselves; null while they do not.", "affiliate_id"
    )
    # Not by the column alone, which would show the person to whoever has invited them.
    affiliate: Affiliate | None = to_one(
        "The person, whose address you see: null until your account knows them.",
        on="{t}.id = {p}.affiliate_id",
    )
    partnership: Partnership | None = to_one(
        "The partnership of the two, from this invitation or otherwise; null when there is none.",
        on="{t}.store_id = {p}.store_id and {t}.affiliate_id = {p}.affiliate_id",
        told=True,
    )


@strawberry.type(description="A page of invitations.")
class InvitationConnection(Connection[Invitation]):
    pass
