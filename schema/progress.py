"""The way to Amazon's click threshold, and what reaching it released."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

import strawberry

from schema.reading import WHOLE, column, table, to_many

if TYPE_CHECKING:
    from schema.conversions import ConversionConnection

_RECENT: Final = """(select count(*) from click k
    where k.account_id = {t}.account_id and k.partnership_id = {t}.id
      and k.clicked_at > current_setting('app.now')::timestamptz - interval '7 days'
      and k.clicked_at <= current_setting('app.now')::timestamptz)"""
# A partnership that began less than a week ago has had less time, but at least a day.
_SECONDS: Final = """least(7 * 86400, greatest(86400,
    extract(epoch from current_setting('app.now')::timestamptz - {t}.since)))"""


@table(
    "click_progress",
    tenant="account_id",
    affiliate="exists (select from partnership k where k.account_id = {t}.account_id"
    " and k.id = {t}.id and k.affiliate_id = {affiliate})",
)
class Progress:
    """An affiliate's way to the clicks from which on Amazon shows sales, over all their links.

    Our count leaves bots out, and so does Amazon's, each in its own way: they differ a little.
    """

    clicks: int = column("Clicks counted, no further than `of`.", reads=3)
    of: int = column("Clicks that Amazon asks for, at the moment 10.", "threshold")
    remaining: int = column(
        "Clicks still to go; 0 when there.", "{t}.threshold - {t}.clicks", reads=3
    )
    reached: bool = column(
        "Whether the clicks are there; Amazon follows within days.",
        "{t}.clicks >= {t}.threshold",
        reads=3,
    )
    our_clicks: int = column("All clicks that we have counted.", reads=25)
    amazon_clicks: int | None = column(
        "All clicks that Amazon has counted; null while it masks them. Amazon is days behind us.",
        reads=WHOLE,
    )
    pace: Decimal = column(
        "Clicks a day over the last seven days, or since it began if that is less; two decimals.",
        f"round({_RECENT} * 86400 / {_SECONDS}, 2)",
        reads=10,
    )
    days_to_go: int | None = column(
        "About how many days still at this pace; 0 when there, null when there is no pace.",
        "case when {t}.clicks >= {t}.threshold then 0 else ceil("
        f"({{t}}.threshold - {{t}}.clicks) * {_SECONDS} / nullif({_RECENT} * 86400, 0))::int end",
        reads=13,
    )
    crossed_at: datetime | None = column(
        "When the clicks were there: by our count, or by Amazon's first figures if those came"
        " sooner. Null before.",
        reads=3,
    )
    visible_at: datetime | None = column(
        "When Amazon first showed figures; null while it masks them."
    )
    released: Annotated["ConversionConnection", strawberry.lazy("schema.conversions")] = to_many(
        "Sales of the days that were over when Amazon first showed figures: masked until then, they"
        " are paid like any other. Empty before.",
        on="{t}.partnership_id = {p}.id and {t}.day < {p}.shown_from",
    )
