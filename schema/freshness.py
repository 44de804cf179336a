"""As of when a figure is, and what is missing from it."""

from datetime import datetime

from schema.enums import Level
from schema.reading import column, table, to_many


@table("level_read", tenant="account_id", sort=("level",))
class LevelFreshness:
    """When one level of Amazon's reports was last read."""

    level: Level = column("Which level it is about.")
    as_of: datetime | None = column("When Amazon gave the newest figures; null when never.")


@table("freshness", tenant="account_id")
class Freshness:
    """As of when figures are. Of a store: its last 30 days. Of a conversion: its day."""

    as_of: datetime | None = column(
        "When Amazon gave the newest figures of the level CAMPAIGN, which is paid by; null when"
        " it never did."
    )
    missing_levels: list[Level] = column(
        "Levels never read, or read more than 24 hours before CAMPAIGN's newest: break-downs by"
        " them are behind or empty.",
        "missing",
    )
    levels: list[LevelFreshness] = to_many(
        "Each level by itself. At most 4.", on="{t}.id = {p}.id", at_most=4
    )
