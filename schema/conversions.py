"""Conversions: what one affiliate sold in one store on one day."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from domain.access import Room
from schema.affiliates import Affiliate
from schema.breakdown import Breakdown, CampaignVersion
from schema.enums import ConversionStatus, StoreChannel, Verdict
from schema.freshness import Freshness
from schema.offers import Offer, OfferVersion
from schema.partnerships import OWN, Partnership
from schema.reading import (
    WHOLE,
    Connection,
    Money,
    Node,
    aggregate,
    at_least,
    at_most,
    column,
    embedded,
    equals,
    money,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from schema.stores import Store

_NEWEST_BONUS = """(select r.brb_bonus_minor from report_row r
    where r.account_id = {t}.account_id and r.level = 'CAMPAIGN'
      and r.subject_id = {t}.partnership_id and r.day = {t}.day
    order by r.observed_at desc limit 1)"""
_ENROLLED = """(select f.brb_enrolled
    from store s join profile f on f.account_id = s.account_id and f.id = s.profile_id
    where s.account_id = {t}.account_id and s.id = {t}.store_id)"""


@strawberry.type(description="What Amazon says of the day now; it goes on moving after settlement.")
class Reported:
    orders: int = column("Orders, by its newest report.", "reported_orders")
    units: int = column("Units, returned ones left out.", "reported_units")
    sales: Money = money("Sales of the brand's own products.", "reported_sales_minor")
    commission: Money = money("What they would pay at the day's rate.", "reported_commission_minor")


@strawberry.type(
    description="What Amazon reported after settlement: reported minus what was settled. It is"
    " shown and never written into the conversion."
)
class Adjustment:
    orders: int = column(
        "How many orders more; negative for fewer.", "{t}.reported_orders - {t}.orders"
    )
    units: int = column(
        "How many units more; negative for fewer.", "{t}.reported_units - {t}.units"
    )
    sales: Money = money(
        "How much more was sold; negative after returns.",
        "{t}.reported_sales_minor - {t}.sales_minor",
    )
    commission: Money = money(
        "What that would pay at the day's rate; negative for less.",
        "{t}.reported_commission_minor - {t}.commission_minor",
    )


@table("decision", tenant="account_id", affiliate=OWN)
class Decision:
    """What the brand decided about a conversion. It stands."""

    verdict: Verdict = column("Approved or denied.")
    reason: str | None = column("As it was given; null when none was.")
    decided_at: datetime = column("When it was decided.")
    decided_by: str = column("By which key or person.", only=Room.ACCOUNT)


@strawberry.input(description="Narrows a list of conversions. Days are the store's.")
class ConversionFilter:
    status: list[ConversionStatus] | None = one_of("Any of these.", "status")
    store_id: strawberry.ID | None = equals("Of this store.", "store_id", prefix="stor")
    affiliate_id: strawberry.ID | None = equals("Of this affiliate.", "affiliate_id", prefix="affl")
    partnership_id: strawberry.ID | None = equals(
        "Of this partnership.", "partnership_id", prefix="part"
    )
    offer_id: strawberry.ID | None = where(
        "Paid by any version of this offer.",
        "{t}.offer_version_id in (select k.id from offer_version k"
        " where k.account_id = {t}.account_id and k.offer_id = {v})",
        prefix="offr",
    )
    channel: list[StoreChannel] | None = one_of("Any of these.", "source")
    from_day: date | None = at_least("From this day on.", "day")
    to_day: date | None = at_most("Up to and including this day.", "day")
    decidable_on: date | None = at_most("That can be decided on this day.", "settles_on")
    adjusted: bool | None = where(
        "Whether Amazon reports other sales than were settled.",
        "({t}.status <> 'PENDING' and {t}.reported_sales_minor <> {t}.sales_minor) = {v}",
    )


@table(
    "conversion",
    prefix="conv",
    tenant="account_id",
    affiliate="affiliate_id",
    filter=ConversionFilter,
    sort=("-day", "sales", "commission", "settles_on", "changed_at"),
)
class Conversion(Node):
    """What one affiliate sold in one store on one day, and what it pays.

    It moves with Amazon's reports until it settles; then its figures stand and it can be decided.
    It has no order id, no SKU list and no customer: Amazon gives totals only.
    """

    day: date = column("Amazon's reporting day, in the store's time zone.")
    channel: StoreChannel = column("Where its store sells.", "source")
    status: ConversionStatus = column("Where it stands.")
    store: Store = to_one("Where it was sold.", "store_id")
    affiliate: Affiliate = to_one("Whose link led there.", "affiliate_id")
    partnership: Partnership = to_one("The two of them.", "partnership_id")
    offer: Offer = to_one("The offer that pays for the day.", "offer_id", via="offer_version")
    offer_version: OfferVersion = to_one("The offer's terms of that day.", "offer_version_id")
    rate_percent: Decimal = column(
        "Percent of the sales that is paid, with two decimals.", "{t}.rate_bp * 0.01"
    )
    orders: int = column("Orders that commission is paid on.")
    units: int = column("Units that commission is paid on, returned ones left out.")
    sales: Money = money(
        "Sales of all own-brand products in the carts: what commission is paid on.", "sales_minor"
    )
    commission: Money = money("The rate on the sales, rounded half to even.", "commission_minor")
    reported: Reported = embedded("What Amazon says now.")
    adjustment: Adjustment | None = embedded(
        "What Amazon changed after settlement; null while pending.",
        when="{t}.status <> 'PENDING'",
    )
    first_seen_at: datetime = column("When Amazon first showed it, a day or two after the sales.")
    changed_at: datetime = column("When Amazon last said something else.")
    settles_on: date = column(
        "The first day at the store on which it can be decided; it waits longer while the reports"
        " that have Amazon's last word on it are missing."
    )
    settled_at: datetime | None = column("When it settled; null while pending.")
    decided_at: datetime | None = column("When it was decided; null before.")
    decision: Decision | None = to_one(
        "What was decided; null before.",
        on="{t}.partnership_id = {p}.partnership_id and {t}.day = {p}.day",
    )
    history: list[CampaignVersion] = to_many(
        "What Amazon has said of the day, one version after the other. At most 50.",
        on="{t}.partnership_id = {p}.partnership_id and {t}.day = {p}.day",
        at_most=50,
    )
    breakdown: Breakdown = to_one(
        "The same sales by subID, by page and by product, as far as Amazon shows them.",
        on="{t}.id = {p}.id",
    )
    brb_bonus: Money | None = money(
        "Amazon's Brand Referral Bonus on the day's sales, estimated by Amazon; null when Amazon"
        " gave none, see brbNote.",
        _NEWEST_BONUS,
        reads=1,
        only=Room.ACCOUNT,
    )
    brb_note: str | None = column(
        'Why there is no bonus: "not enrolled"; null when there is one or nothing is known.',
        f"case when {_NEWEST_BONUS} is null and not {_ENROLLED} then 'not enrolled' end",
        reads=3,
        only=Room.ACCOUNT,
    )
    freshness: Freshness | None = to_one(
        "As of when the figures of its day are; null for an own shop.",
        on="{t}.id = {p}.id",
        reads=WHOLE,
    )


def _id(prefix: str, place: str) -> str:
    return f"'{prefix}_' || encode(uuid_send({place}), 'hex')"


@strawberry.type(description="Sums over the whole filtered list, in one currency.")
class ConversionTotals:
    currency: str = column("ISO 4217.", "{t}.currency")
    count: int = column("How many conversions there are.", "count(*)")
    orders: int = column("Orders of all of them.", "sum({t}.orders)")
    units: int = column("Units of all of them.", "sum({t}.units)")
    sales: Money = money("Sales of all of them.", "sum({t}.sales_minor)", "{t}.currency")
    commission: Money = money(
        "Commission on all of them.", "sum({t}.commission_minor)", "{t}.currency"
    )


@strawberry.type(description="Sums over what stands at one place, in one currency.")
class ConversionsByStatus(ConversionTotals):
    status: ConversionStatus = column("Where they stand.", "{t}.status")


@strawberry.type(description="Sums over one day, in one currency.")
class ConversionsByDay(ConversionTotals):
    day: date = column("The stores' reporting day.", "{t}.day")


@strawberry.type(description="Sums over one store.")
class ConversionsByStore(ConversionTotals):
    store_id: strawberry.ID = column("The store's id.", _id("stor", "{t}.store_id"))
    store_name: str = column(
        "The store's name.",
        "(select k.name from store k where k.account_id = {t}.account_id and k.id = {t}.store_id)",
    )


@strawberry.type(description="Sums over one affiliate, in one currency.")
class ConversionsByAffiliate(ConversionTotals):
    affiliate_id: strawberry.ID = column("Their id.", _id("affl", "{t}.affiliate_id"))
    affiliate_name: str = column(
        "Their name.", "(select k.name from affiliate k where k.id = {t}.affiliate_id)"
    )


@strawberry.type(description="A page of conversions.")
class ConversionConnection(Connection[Conversion]):
    totals: list[ConversionTotals] = aggregate(
        "Sums over the whole filtered list, for each currency.", group_by=["currency"]
    )
    by_status: list[ConversionsByStatus] = aggregate(
        "The same for each status. At most 100.", group_by=["status", "currency"]
    )
    by_day: list[ConversionsByDay] = aggregate(
        "The same for each day, the newest first. At most 400.",
        group_by=["day", "currency"],
        most="day",
        at_most=400,
    )
    by_store: list[ConversionsByStore] = aggregate(
        "The same for each store, those with the most commission first. At most 100.",
        group_by=["account_id", "store_id", "currency"],
        most="sum({t}.commission_minor)",
    )
    by_affiliate: list[ConversionsByAffiliate] = aggregate(
        "The same for each affiliate, those with the most commission first. At most 100.",
        group_by=["affiliate_id", "currency"],
        most="sum({t}.commission_minor)",
    )


@strawberry.type(description="A search for one of Amazon's orders, which cannot find anything.")
class AmazonOrder:
    conversions: list[Conversion] = strawberry.field(
        default_factory=list, description="Always empty."
    )
    reason: str = strawberry.field(
        default="Amazon reports totals of an affiliate's day, without order ids, so no order can be"
        " matched to a conversion. Look for the conversions of the order's day instead.",
        description="Why, and what to look for instead.",
    )
