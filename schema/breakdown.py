"""What Amazon says of a conversion's day: its versions, and the same sales at finer levels.

Levels are never added to one another. A subject whose figures Amazon masks has none here, which
is not the same as no sales.
"""

from datetime import datetime

from domain.access import Room
from schema.links import Link
from schema.partnerships import OWN
from schema.reading import WHOLE, Money, column, money, table, to_many, to_one
from schema.reports import ReportRun

_DAY = "{t}.partnership_id = {p}.partnership_id and {t}.day = {p}.day"
_MASKED = "null while masked."


@table("campaign_version", tenant="account_id", affiliate=OWN, sort=("observed_at",))
class CampaignVersion:
    """What Amazon said of a day, from one moment until the next version."""

    observed_at: datetime = column("When Amazon said it.")
    recorded_at: datetime = column("When it was taken in here: what a settlement could know.")
    masked: bool = column("Whether Amazon masked the day then, for want of clicks.")
    clicks: int | None = column(f"Clicks by Amazon's count; {_MASKED}")
    orders: int | None = column(f"Orders; {_MASKED}")
    units: int | None = column(f"Units; {_MASKED}")
    sales: Money | None = money(f"Own-brand sales; {_MASKED}", "sales_minor")
    brb_bonus: Money | None = money(
        "Referral bonus; null when Amazon gave none.", "brb_bonus_minor", only=Room.ACCOUNT
    )
    run: ReportRun = to_one("The report that said it.", on="{t}.id = {p}.id")


@table("subid_day", tenant="account_id", affiliate=OWN, sort=("masked",))
class SubIdFigures:
    """A subID's part of the day."""

    sub_id: str | None = column("The subID; null for links without one.", "subid")
    masked: bool = column("Whether Amazon masks it, for want of clicks.")
    clicks: int | None = column(f"Clicks by Amazon's count; {_MASKED}")
    orders: int | None = column(f"Orders; {_MASKED}")
    units: int | None = column(f"Units; {_MASKED}")
    sales: Money | None = money(f"Own-brand sales; {_MASKED}", "sales_minor")
    brb_bonus: Money | None = money(
        "Referral bonus; null when Amazon gave none.", "brb_bonus_minor", only=Room.ACCOUNT
    )


@table("page_day", tenant="account_id", affiliate=OWN, sort=("masked",))
class PageFigures:
    """A link's part of the day. The sales may be of other products than the page's."""

    link: Link = to_one("The link that it is about.", on="{t}.id = {p}.id", reads=10)
    landing: str = column("Its page: an ASIN, or the path of a Store page.")
    masked: bool = column("Whether Amazon masks it, for want of clicks.")
    clicks: int | None = column(f"Clicks by Amazon's count; {_MASKED}")
    orders: int | None = column(f"Orders; {_MASKED}")
    units: int | None = column(f"Units; {_MASKED}")
    sales: Money | None = money(f"Own-brand sales; {_MASKED}", "sales_minor")


@table("product_day", tenant="account_id", affiliate=OWN, sort=("-sales",))
class ProductFigures:
    """A product's part of the day. Amazon lists the first 100 and masked ones not at all."""

    asin: str = column("What was bought.")
    halo: bool = column("Whether it is another of the brand's products than the promoted ones.")
    orders: int = column("Orders with it.")
    units: int = column("Units of it.")
    sales: Money = money("What was sold of it.", "sales_minor")
    new_to_brand_sales: Money | None = money(
        "Of them, to customers who had bought nothing of the brand in a year; null when Amazon"
        " gave none.",
        "new_to_brand_sales_minor",
    )


@table("masked_remainder", tenant="account_id")
class MaskedRemainder:
    """The conversion as reported, less what its visible subIDs show: below Amazon's threshold."""

    orders: int = column("Orders that no visible subID shows.")
    units: int = column("Units that no visible subID shows.")
    sales: Money = money(
        "Sales; negative for a while when subIDs were read after the campaign.", "sales_minor"
    )


@table("conversion", tenant="account_id", affiliate="affiliate_id")
class Breakdown:
    """One day's sales at Amazon's finer levels. All show the same sales: never add them."""

    sub_ids: list[SubIdFigures] = to_many(
        "By subID, visible ones first. At most 50.", on=_DAY, at_most=50
    )
    pages: list[PageFigures] = to_many(
        "By link, visible ones first. At most 50.", on=_DAY, at_most=50
    )
    products: list[ProductFigures] = to_many("By product, most sales first. At most 100.", on=_DAY)
    masked_remainder: MaskedRemainder | None = to_one(
        "What no visible subID shows; null while Amazon's subIDs of the day are unread.",
        on="{t}.id = {p}.id",
        reads=WHOLE,
    )
