"""The marketplace: what brands list, for every affiliate of the network to find."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.access import Room
from schema.affiliates import Affiliate
from schema.enums import Category, ProductStatus, StoreChannel
from schema.offers import Offer
from schema.partnerships import Partnership
from schema.reading import (
    EVERY,
    WHOLE,
    BigInt,
    Connection,
    Money,
    Node,
    column,
    embedded,
    money,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from schema.stores import Store

if TYPE_CHECKING:
    from schema.applications import Application, ApplicationConnection

_OF_OFFER = "{t}.offer_id = {p}.offer_id"

# What is listed now, what an affiliate was invited by or applied with, and what they accepted.
_READ_BY_AFFILIATE = """exists (select from listing k
      where k.account_id = {t}.account_id and k.agreement_id = {t}.id)
    or exists (select from invitation k where k.account_id = {t}.account_id
      and k.agreement_id = {t}.id and k.affiliate_id = {affiliate})
    or exists (select from application k where k.account_id = {t}.account_id
      and k.agreement_id = {t}.id and k.affiliate_id = {affiliate})
    or exists (select from agreement_acceptance k where k.account_id = {t}.account_id
      and k.agreement_id = {t}.id and k.affiliate_id = {affiliate})"""


@table(
    "agreement_acceptance", tenant="account_id", affiliate="affiliate_id", sort=("-accepted_at",)
)
class AgreementAcceptance:
    """An affiliate has accepted this version of an agreement. It stands whatever comes after."""

    affiliate: Affiliate | None = to_one(
        "Who accepted it; null to a brand that does not know them otherwise.",
        on="{t}.id = {p}.affiliate_id",
    )
    sha256: str = column("Of the text that was read, in hexadecimal.", "encode({t}.sha256, 'hex')")
    accepted_at: datetime = column("When they accepted it.")
    accepted_by: str = column("The person who accepted it, by their id.")


@strawberry.type(description="A page of acceptances.")
class AgreementAcceptanceConnection(Connection[AgreementAcceptance]):
    pass


@table(
    "agreement",
    prefix="agrm",
    tenant="account_id",
    affiliate=_READ_BY_AFFILIATE,
    sort=("-version",),
)
class Agreement(Node):
    """A version of a brand's own agreement with the affiliates of an offer. It never changes."""

    version: int = column("1 for the first; the newest is the one to be accepted.")
    body: str = column("The text, in Markdown or plain.", reads=5)
    sha256: str = column(
        "Of the text, in hexadecimal: who accepts it gives this back, as proof of what was read.",
        "encode({t}.sha256, 'hex')",
    )
    published_at: datetime = column("Since when it holds.")
    published_by: str = column(
        "Who published it: the id of a person or key. For its account.", only=Room.ACCOUNT
    )
    offer: Offer | None = to_one(
        "The offer that it belongs to; null for an affiliate who has nothing to do with it yet.",
        "offer_id",
    )
    acceptances: AgreementAcceptanceConnection = to_many(
        "Who accepted it, and when; to an affiliate their own.", "agreement_id"
    )


@table("listing_question", tenant="account_id", affiliate=EVERY, sort=("place",))
class ListingQuestion:
    """What a brand asks of everybody who applies."""

    place: int = column("1 for the first.")
    question: str = column("The question, in one line. Answers name it by this text.")
    required: bool = column("Whether an application without an answer is refused.")


@table("promotion", tenant="account_id", affiliate=EVERY, sort=("place",))
class PromotedProduct:
    """A product that a listing shows. Choosing some limits nothing: all of the brand's earn."""

    product_id: strawberry.ID = column(
        "The product's.", "'prod_' || replace({t}.id::text, '-', '')"
    )
    place: int = column("1 for the first.")
    title: str = column("What Amazon calls it.")
    brand_name: str | None = column("The brand that Amazon shows; null when it shows none.")
    image_url: str | None = column("The main image; null when there is none.")
    asin: str | None = column("Amazon's number of the article; null in a shop of the brand's own.")
    url: str | None = column("Its page in a shop of the brand's own; null on Amazon.")
    price: Money | None = money("The listed price; null when not known.", "price_minor")
    status: ProductStatus = column("Whether it is for sale.")


_DECIDED = "({t}.approved + {t}.denied)"
_ENOUGH = f"{_DECIDED} >= 10"


def _share(of: str) -> str:
    return f"case when {_ENOUGH} then round({of} * 100.0 / {_DECIDED}, 2) end"


@table("standing", tenant="account_id", affiliate=EVERY)
class Standing:
    """How a brand has treated its affiliates in the last 90 days.

    It is measured daily from conversions that settled. Fewer than 10 decisions say nothing about
    anybody: all shares are null then, and `enough` is false.
    """

    enough: bool = column("Whether 10 conversions or more were decided.", _ENOUGH)
    approved_percent: Decimal | None = column(
        "Approved ones in 100 that were decided; null when these are too few.",
        _share("{t}.approved"),
    )
    adjusted_percent: Decimal | None = column(
        "Of 100 that were decided, those that Amazon reported less for afterwards; null when these"
        " are too few.",
        _share("{t}.adjusted"),
    )
    days_to_decide: int | None = column(
        "Days from settled to decided, of the one in the middle; null when they are too few.",
        f"case when {_ENOUGH} then {{t}}.days_to_decide end",
    )
    settled: int = column("Conversions that settled. For its account.", only=Room.ACCOUNT)
    approved: int = column("Of these, approved. For its account.", only=Room.ACCOUNT)
    denied: int = column("Of these, denied. For its account.", only=Room.ACCOUNT)
    measured_at: datetime = column("When it was measured.")


@strawberry.type(description="Whom a listing lets in without a person looking.")
class AcceptanceRules:
    auto_accept: bool = column(
        "Whether anybody is let in at once. Who falls short of the rules below waits for a person,"
        " as everybody does without it; nobody is turned away by a rule. A person looks, too, at"
        " whoever was rejected or whose partnership has ended."
    )
    verified_only: bool = column("Only those whose address is verified.")
    minimum_audience: BigInt = column("Only those who reach so many people, over all channels.")
    daily_limit: int | None = column(
        "At most so many on a day of the store; null for any number. For its account.",
        only=Room.ACCOUNT,
    )


_VISITS = """(select count(*) from listing_visit k where k.account_id = {t}.account_id
    and k.offer_id = {t}.offer_id%s)"""
_APPLICANTS = """(select count(distinct k.affiliate_id) from application k
    where k.account_id = {t}.account_id and k.offer_id = {t}.offer_id%s)"""


@strawberry.type(description="How many affiliates got how far, each counted once.")
class Funnel:
    visited: int = column("Looked at the listing.", _VISITS % "", reads=WHOLE)
    started: int = column("Began to apply.", _VISITS % " and k.started_at is not null", reads=WHOLE)
    submitted: int = column("Sent an application.", _APPLICANTS % "", reads=WHOLE)
    accepted: int = column("Were let in.", _APPLICANTS % " and k.state = 'ACCEPTED'", reads=WHOLE)


@strawberry.input(description="Narrows a list of listings.")
class ListingFilter:
    search: str | None = where(
        "In the brand, the store, the offer, the categories and the description: all words, in any"
        ' form. "A phrase", -not, or. A word that stands nowhere is taken for those most like it.',
        "{t}.search @@ search_query({v})",
    )
    categories: list[Category] | None = where(
        "In any of these.", "{t}.categories && asked({v}::text[])"
    )
    channel: list[StoreChannel] | None = one_of("Sells in any of these.", "channel")
    marketplace_id: list[str] | None = one_of("Of Amazon's ids of marketplaces.", "marketplace_id")
    minimum_rate_percent: Decimal | None = where(
        "Pays so many percent of the sale or more.",
        "{t}.rate_bp >= asked(({v}::numeric * 100)::int)",
    )
    auto_accept: bool | None = where(
        "Lets whoever meets its rules in at once, or not.", "{t}.auto_accept = {v}"
    )
    similar_to: strawberry.ID | None = where(
        "Other brands with a category of this listing: those like it. For affiliates.",
        "{t}.id <> {v} and {t}.categories && asked(array(select unnest(k.categories)"
        " from listing k where k.id = {v}))",
        prefix="lstg",
        only=Room.AFFILIATE,
    )


@table(
    "listing",
    prefix="lstg",
    tenant="account_id",
    affiliate=EVERY,
    filter=ListingFilter,
    sort=("-listed_at", "rate_bp", "brand_name"),
)
class Listing(Node):
    """An offer in the marketplace: every affiliate finds it and may apply.

    An account lists one offer at a time, at no charge. Names and rate are those in force.
    """

    brand_name: str = column("The brand.")
    store_name: str = column("Its store that is to be promoted.")
    offer_name: str = column("The offer.")
    channel: StoreChannel = column("Where the store sells.")
    marketplace_id: str | None = column("Amazon's id of the marketplace; null for an own shop.")
    currency: str = column("ISO 4217; what is earned is in it.")
    rate_percent: Decimal = column(
        "What is paid today, percent of the sale: 12.50.", "{t}.rate_bp * 0.01"
    )
    rate_bp: int = column("The same in basis points, to sort by: 1250.")
    cookie_days: int = column("Days between click and sale; always 14 on Amazon.")
    description: str = column("What the brand says for itself; may be empty.")
    categories: list[Category] = column("At most 5.")
    cover_url: str | None = column("An image of the brand's, by https; null when there is none.")
    listed_at: datetime = column("Since when it can be found.")
    changed_at: datetime = column("When anything that it shows last changed.")
    questions: list[ListingQuestion] = to_many(
        "To be answered by whoever applies. At most 10.",
        "listing_id",
        at_most=10,
        told=True,
    )
    agreement: Agreement | None = to_one(
        "To be accepted by whoever applies; null when the brand has none.", "agreement_id"
    )
    rules: AcceptanceRules = embedded("Whom it lets in without a person looking.")
    products: list[PromotedProduct] = to_many(
        "What the brand shows, in its order. All of its products earn, these or others."
        " At most 20.",
        on=_OF_OFFER,
        at_most=20,
    )
    standing: Standing | None = to_one(
        "How the brand treats its affiliates; null before it was measured, within a day.",
        on="{t}.account_id = {p}.account_id",
    )
    offer: Offer = to_one("The offer itself. For its account.", "offer_id", only=Room.ACCOUNT)
    store: Store = to_one("The store itself. For its account.", "store_id", only=Room.ACCOUNT)
    funnel: Funnel = embedded("How far affiliates got. For its account.", only=Room.ACCOUNT)
    applications: Annotated["ApplicationConnection", strawberry.lazy("schema.applications")] = (
        to_many("Who has applied. For its account.", on=_OF_OFFER, only=Room.ACCOUNT)
    )
    my_application: Annotated["Application", strawberry.lazy("schema.applications")] | None = (
        to_one(
            "Your newest application to the store; null when you have not applied. For affiliates.",
            on="{t}.store_id = {p}.store_id and {t}.affiliate_id = {affiliate}",
            pick="{t}.submitted_at desc",
            only=Room.AFFILIATE,
        )
    )
    my_partnership: Partnership | None = to_one(
        "Your partnership with the store, also one that has ended; null when there was none. For"
        " affiliates.",
        on="{t}.store_id = {p}.store_id and {t}.affiliate_id = {affiliate}",
        only=Room.AFFILIATE,
    )


@strawberry.type(description="A page of listings.")
class ListingConnection(Connection[Listing]):
    pass
