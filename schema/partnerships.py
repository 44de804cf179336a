"""Partnerships: one affiliate with one store."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final

import strawberry
from strawberry.scalars import JSON

from domain.access import Room
from schema.affiliates import Affiliate
from schema.enums import PartnershipSide, PartnershipStatus
from schema.offers import Offer
from schema.progress import Progress
from schema.reading import (
    WHOLE,
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


OWN: Final = """exists (select from partnership k where k.account_id = {t}.account_id
    and k.id = {t}.partnership_id and k.affiliate_id = {affiliate})"""
"""Of a partnership of the affiliate's own."""


@table("assignment", tenant="account_id", affiliate=OWN, sort=("-starts_on",))
class Assignment:
    """Which offer pays for a partnership's days, from a day on."""

    starts_on: date = column(
        "Its first day, in the store's time zone; it may be to come.", "valid_from"
    )
    offer: Offer = to_one("The offer that pays.", "offer_id")


@table(
    "ad_group",
    prefix="subi",
    tenant="account_id",
    affiliate=OWN,
    sort=("sub_id", "created_at"),
)
class SubId(Node):
    """A name that an affiliate gives to some of their links, to tell their sales apart."""

    sub_id: str | None = column(
        "As it was written; null for the links without one.", "nullif({t}.subid, '')"
    )
    clicks: int = column(
        "Clicks counted on its links.",
        "(select count(*) from link l join click k on k.account_id = l.account_id"
        " and k.link_id = l.id where l.account_id = {t}.account_id and l.ad_group_id = {t}.id)",
        reads=10,
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
    affiliate_name: str | None = where(
        "Part of the affiliate's name.",
        "exists (select from affiliate k where k.id = {t}.affiliate_id and k.name ilike {v})",
        like=True,
        only=Room.ACCOUNT,
    )
    status: list[PartnershipStatus] | None = one_of("Any of these.", "status")
    visible: bool | None = where(
        "Whether Amazon shows figures, or masks them.", "({t}.visible_at is not null) = {v}"
    )
    tag: str | None = where(
        "With this tag, in any case of letters.",
        "exists (select from unnest({t}.tags) k where casefold(k collate pg_unicode_fast)"
        " = casefold({v} collate pg_unicode_fast))",
        only=Room.ACCOUNT,
    )


@table(
    "partnership",
    prefix="part",
    tenant="account_id",
    affiliate="affiliate_id",
    filter=PartnershipFilter,
    sort=("-created_at",),
)
class Partnership(Node):
    """One affiliate with one store: a campaign at Amazon."""

    store: Store = to_one("The store that is promoted.", "store_id")
    affiliate: Affiliate = to_one("Who promotes it.", "affiliate_id")
    offer: Offer = to_one("The offer in force; `assignments` has the days.", "offer_id")
    status: PartnershipStatus = column("Whether new links can be made.")
    status_reason: str | None = column(
        "Why it is so, as whoever changed it wrote; null when nothing was said."
    )
    status_changed_at: datetime | None = column("Since when; null when it has always been so.")
    status_changed_by: PartnershipSide | None = column(
        "Which side changed it last; null when neither has."
    )
    tags: list[str] = column("What the brand calls it by, at most 20.", only=Room.ACCOUNT)
    note: str = column("What the brand notes about it; may be empty.", only=Room.ACCOUNT)
    custom_fields: JSON = column(
        "Fields of the brand's own: texts by their names.", only=Room.ACCOUNT
    )
    campaign_token: str = column("The campaign's name in Amazon's reports; aa_campaignid in tags.")
    created_at: datetime = column("When it began.")
    progress: Progress | None = to_one(
        "The way to Amazon's threshold; null in an own shop, which has none.",
        on="{t}.id = {p}.id and exists (select from store k where k.account_id = {p}.account_id"
        " and k.id = {p}.store_id and k.channel = 'AMAZON')",
    )
    assignments: list[Assignment] = to_many(
        "Which offer pays for which days, the newest first. At most 50.",
        "partnership_id",
        at_most=50,
    )
    sub_ids: list[SubId] = to_many(
        "The subIDs of its links, by name. At most 50.", "partnership_id", at_most=50
    )
    links: Annotated["LinkConnection", strawberry.lazy("schema.links")] = to_many(
        "The links made in it.", "partnership_id", reads=WHOLE
    )
    conversions: Annotated["ConversionConnection", strawberry.lazy("schema.conversions")] = to_many(
        "Its sales, one row a day.", "partnership_id"
    )


@strawberry.type(description="A page of partnerships.")
class PartnershipConnection(Connection[Partnership]):
    pass
