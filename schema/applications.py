"""Applications: affiliates who ask to join the programme of a listed offer."""

from datetime import datetime
from decimal import Decimal

import strawberry

from domain.access import Room
from schema.affiliates import Affiliate
from schema.discovery import AffiliateProfile
from schema.enums import ApplicationStatus
from schema.marketplace import Agreement
from schema.offers import Offer
from schema.partnerships import Partnership
from schema.reading import (
    BigInt,
    Connection,
    Node,
    at_least,
    column,
    contains,
    equals,
    one_of,
    table,
    to_many,
    to_one,
)
from schema.stores import Store

_OWN = """exists (select from application k where k.account_id = {t}.account_id
    and k.id = {t}.application_id and k.affiliate_id = {affiliate})"""


@table("application_answer", tenant="account_id", affiliate=_OWN, sort=("place",))
class ApplicationAnswer:
    """What an applicant answered, with the question as it was then."""

    place: int = column("1 for the first.")
    question: str = column("What was asked, word for word.")
    answer: str = column("What they answered.")


@table("application_event", tenant="account_id", affiliate=_OWN, sort=("at",))
class ApplicationEvent:
    """A turn in the life of an application."""

    status: ApplicationStatus = column("What it became.", "state")
    reason: str | None = column(
        "Of a rejection, the brand's; of a submission, why the rules left it to a person; null when"
        " there is none."
    )
    at: datetime = column("When it became that.")
    actor: str = column(
        "Who did it: the id of a person or key, or rules when nobody had to look. For the account.",
        only=Room.ACCOUNT,
    )


@strawberry.input(description="Narrows a list of applications.")
class ApplicationFilter:
    status: list[ApplicationStatus] | None = one_of("Any of these.", "state")
    offer_id: strawberry.ID | None = equals("For this offer.", "offer_id", prefix="offr")
    store_id: strawberry.ID | None = equals("To this store.", "store_id", prefix="stor")
    affiliate_name: str | None = contains("Part of the applicant's name.", "affiliate_name")
    brand_name: str | None = contains("Part of the brand's name.", "brand_name")
    minimum_audience: BigInt | None = at_least("Who reaches so many people.", "audience")
    verified: bool | None = equals("Whose address was verified, or not.", "verified")


@table(
    "application",
    prefix="appl",
    tenant="account_id",
    affiliate="affiliate_id",
    filter=ApplicationFilter,
    sort=("-submitted_at", "audience", "affiliate_name"),
)
class Application(Node):
    """An affiliate asks to promote a store by an offer that was listed.

    Names, audience and rate are those of the moment when it was sent.
    """

    status: ApplicationStatus = column("Where it stands.", "state")
    affiliate: Affiliate | None = to_one(
        "Who applies; null to a brand that does not know them otherwise.",
        on="{t}.id = {p}.affiliate_id",
    )
    profile: AffiliateProfile | None = to_one(
        "The affiliate as they show themselves; null while they do not.", "affiliate_id"
    )
    affiliate_name: str = column("The name that they gave.")
    audience: BigInt = column("People they reach, over all channels of their profile; 0 unknown.")
    verified: bool = column("Whether their address was shown to be theirs.")
    brand_name: str = column("The brand.")
    offer_name: str = column("The offer.")
    rate_percent: Decimal = column(
        "What it paid when they applied, percent of the sale.", "{t}.rate_bp * 0.01"
    )
    message: str = column("What they write; may be empty.")
    answers: list[ApplicationAnswer] = to_many(
        "What they answered, in the order of the questions. At most 10.",
        "application_id",
        at_most=10,
    )
    agreement: Agreement | None = to_one(
        "The version of the brand's agreement that they accepted with it; null when there was"
        " none.",
        "agreement_id",
    )
    rejection_reason: str | None = column("Why it was rejected; null when it was not.", "reason")
    submitted_at: datetime = column("When it was sent.")
    decided_at: datetime | None = column("When it was answered or withdrawn; null while it waits.")
    decided_by: str | None = column(
        "Who answered: the id of a person or key, or rules when nobody had to look. Null"
        " while it waits, and when it was withdrawn. For the account.",
        only=Room.ACCOUNT,
    )
    history: list[ApplicationEvent] = to_many(
        "Its turns, the first one first. At most 2.", "application_id", at_most=2
    )
    store: Store = to_one("The store to be promoted.", "store_id")
    offer: Offer = to_one("By which offer.", "offer_id")
    partnership: Partnership | None = to_one(
        "What the two have now: the partnership of the affiliate and the store, however it began;"
        " null when they have none.",
        on="{t}.store_id = {p}.store_id and {t}.affiliate_id = {p}.affiliate_id",
        told=True,
    )


@strawberry.type(description="A page of applications.")
class ApplicationConnection(Connection[Application]):
    pass
