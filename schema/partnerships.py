"""Partnerships: one affiliate with one store."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.affiliates import Affiliate
from schema.enums import PartnershipStatus
from schema.offers import Offer
from schema.reading import (
    Connection,
    Node,
    column,
    equals,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from schema.stores import Store

if TYPE_CHECKING:
    from schema.conversions import ConversionConnection
    from schema.links import LinkConnection


@table("click_progress", tenant="account_id")
class Progress:
    """An affiliate's way to the clicks from which on Amazon shows sales, over all their links."""

    clicks: int = column("Clicks counted, no further than `of`.")
    of: int = column("Clicks that Amazon asks for, at the moment 10.", "threshold")
    remaining: int = column("Clicks still to go; 0 when there.", "{t}.threshold - {t}.clicks")
    reached: bool = column(
        "Whether the clicks are there; Amazon follows within days.", "{t}.clicks >= {t}.threshold"
    )
    visible_at: datetime | None = column(
        "When Amazon first showed figures; null while it masks them."
    )


@table("assignment", tenant="account_id", sort=("-valid_from",))
class Assignment:
    """Which offer pays for a partnership's days, from a day on."""

    valid_from: date = column("Its first day, in the store's time zone; it may be to come.")
    offer: Offer = to_one("The offer that pays.", "offer_id")


@table("ad_group", prefix="subi", tenant="account_id", sort=("sub_id", "created_at"))
class SubId(Node):
    """A name that an affiliate gives to some of their links, to tell their sales apart."""

    sub_id: str | None = column(
        "As it was written; null for the links without one.", "nullif({t}.subid, '')"
    )
    clicks: int = column(
        "Clicks counted on its links.",
        "(select count(*) from link l join click k on k.account_id = l.account_id"
        " and k.link_id = l.id where l.account_id = {t}.account_id and l.ad_group_id = {t}.id)",
    )
    visible_at: datetime | None = column(
        "When Amazon first showed figures for it; null while it masks them."
    )
    created_at: datetime = column("When its first link was made.")


@strawberry.input(description="Narrows a list of partnerships.")
class PartnershipFilter:
    store_id: strawberry.ID | None = equals("With this store.", "store_id", prefix="stor")
    affiliate_id: strawberry.ID | None = equals("Of this affiliate.", "affiliate_id", prefix="affl")
    offer_id: strawberry.ID | None = equals("That go by this offer.", "offer_id", prefix="offr")
    status: list[PartnershipStatus] | None = one_of("Any of these.", "status")
    visible: bool | None = where(
        "Whether Amazon shows figures, or masks them.", "({t}.visible_at is not null) = {v}"
    )


@table(
    "partnership",
    prefix="part",
    tenant="account_id",
    filter=PartnershipFilter,
    sort=("-created_at",),
)
class Partnership(Node):
    """One affiliate with one store: a campaign at Amazon."""

    store: Store = to_one("The store that is promoted.", "store_id")
    affiliate: Affiliate = to_one("Who promotes it.", "affiliate_id")
    offer: Offer = to_one("The offer in force; `assignments` has the days.", "offer_id")
    status: PartnershipStatus = column("Whether new links can be made.")
    campaign_token: str = column("The campaign's name in Amazon's reports; aa_campaignid in tags.")
    created_at: datetime = column("When it began.")
    progress: Progress = to_one("The way to Amazon's threshold.", on="{t}.id = {p}.id")
    assignments: list[Assignment] = to_many(
        "Which offer pays for which days, the newest first. At most 100.", "partnership_id"
    )
    sub_ids: list[SubId] = to_many(
        "The subIDs of its links, by name. At most 100.", "partnership_id"
    )
    links: Annotated["LinkConnection", strawberry.lazy("schema.links")] = to_many(
        "Its links.", "partnership_id"
    )
    conversions: Annotated["ConversionConnection", strawberry.lazy("schema.conversions")] = to_many(
        "Its sales, one row a day.", "partnership_id"
    )


@strawberry.type(description="A page of partnerships.")
class PartnershipConnection(Connection[Partnership]):
    pass
