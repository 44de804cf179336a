"""How far work has come that takes hours: the reading of a store's past, and of its catalogue."""

from datetime import datetime

from schema.enums import WorkStatus
from schema.reading import column, table


@table("work_progress", tenant="account_id")
class WorkProgress:
    """How far something has come that is done in many parts."""

    status: WorkStatus = column("Where it stands.")
    done: int = column("Parts that are done: reports of the past, or SKUs read.")
    of: int | None = column("All parts; null while Amazon has not said how many.", "expected")
    since: datetime = column("When it was begun.")
    last_error: str | None = column(
        "Why the last try of a part failed that is not done; null when none has."
    )
