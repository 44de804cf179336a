"""What was fetched from Amazon: reports and listings, with what was wrong in them."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from domain.access import Scope
from domain.reports.accepting import accept
from schema.acting import Info, change
from schema.enums import CatalogMethod, Level, ReportPurpose, RunStatus
from schema.reading import (
    Connection,
    Node,
    at_least,
    at_most,
    column,
    equals,
    one_of,
    table,
    to_many,
    to_one,
    where,
)
from schema.refusals import NotFound, NotHeld, WrongId
from schema.sellers import AmazonProfile
from schema.stores import Store


@table("quarantined_row", tenant="account_id", sort=("page",))
class QuarantinedRow:
    """A row of a report that could not be used. The rest of the report was."""

    reason: str = column("What is wrong with it.")
    content: str = column("The row as Amazon sent it.")
    page: int = column("The page that it stood on, from 0.")


@strawberry.input(description="Narrows a list of report runs.")
class ReportRunFilter:
    profile_id: strawberry.ID | None = equals("Of this profile.", "profile_id", prefix="prof")
    store_id: strawberry.ID | None = where(
        "Of this store's profile.",
        "{t}.profile_id = (select k.profile_id from store k"
        " where k.account_id = {t}.account_id and k.id = {v})",
        prefix="stor",
    )
    level: list[Level] | None = one_of("Any of these.", "level")
    purpose: list[ReportPurpose] | None = one_of("Any of these.", "purpose")
    status: list[RunStatus] | None = one_of("Any of these.", "state")
    since: datetime | None = at_least("Started at this moment or later.", "started_at")
    until: datetime | None = at_most("Started at this moment or earlier.", "started_at")


@table(
    "report_run",
    prefix="rrun",
    tenant="account_id",
    filter=ReportRunFilter,
    sort=("-started_at", "observed_at"),
)
class ReportRun(Node):
    """One question to Amazon: a profile, a level and a range of days."""

    profile: AmazonProfile = to_one("The profile that it is about.", "profile_id")
    level: Level = column("Which level's rows it has.")
    purpose: ReportPurpose = column("Why Amazon was asked.")
    from_day: date = column("The first day asked for, in the profile's time zone.")
    to_day: date = column("The last day asked for, in the profile's time zone.")
    status: RunStatus = column("How far it has got.", "state")
    started_at: datetime = column("When it was begun.")
    observed_at: datetime | None = column(
        "When Amazon's last page came, as of when the figures are; null before."
    )
    finished_at: datetime | None = column("When it ended; null before.")
    pages: int = column("Pages received.")
    rows_read: int = column("Rows of our tags; 0 when the answer was the last one again.")
    rows_changed: int = column("Of them, rows that said something new.")
    rows_own_tags: int = column("Rows of the brand's own tags, kept apart and paid to nobody.")
    rows_quarantined: int = column("Rows that could not be used.")
    degraded: list[str] = column("Metrics that Amazon refused to give.")
    problem: str | None = column("Why it was held or failed; null when it was not.")
    quarantined_rows: list[QuarantinedRow] = to_many(
        "Rows that could not be used. At most 100.", "run_id"
    )


@strawberry.type(description="A page of report runs.")
class ReportRunConnection(Connection[ReportRun]):
    pass


@table("quarantined_listing", tenant="account_id", sort=("place",))
class QuarantinedItem:
    """Something of a listing that could not be used. The rest of the listing was."""

    place: int = column("Its place among them, from 1.", "number")
    reason: str = column("What is wrong with it.")
    sku: str | None = column("The SKU; null when not even that could be read.")
    content: str | None = column("How it began as Amazon sent it; null when the SKU says enough.")


@strawberry.input(description="Narrows a list of catalog runs.")
class CatalogRunFilter:
    store_id: strawberry.ID | None = equals("Of this store.", "store_id", prefix="stor")
    status: list[RunStatus] | None = one_of("Any of these.", "state")


@table(
    "catalog_run",
    prefix="crun",
    tenant="account_id",
    filter=CatalogRunFilter,
    sort=("-started_at",),
)
class CatalogRun(Node):
    """One fetch of a store's products."""

    store: Store = to_one("Of which store.", "store_id")
    method: CatalogMethod | None = column("How; null until that is known.")
    status: RunStatus = column("How far it has got.", "state")
    started_at: datetime = column("When it was begun.")
    finished_at: datetime | None = column("When it ended; null before.")
    listed: int = column("SKUs in Amazon's answer.")
    other_brands: int = column("Of them, SKUs of the seller's other brands.")
    added: int = column("Products that are new.")
    changed: int = column("Products that changed.")
    deactivated: int = column("Products that turned inactive, missing several times in a row.")
    quarantined_items: list[QuarantinedItem] = to_many(
        "What could not be used. At most 100.", "run_id"
    )
    problem: str | None = column("Why it was held or failed; null when it was not.")


@strawberry.type(description="A page of catalog runs.")
class CatalogRunConnection(Connection[CatalogRun]):
    pass


AcceptReportResult = Annotated[
    ReportRun | NotHeld | NotFound | WrongId,
    strawberry.union("AcceptReportResult", description="The run, taken in, or why not."),
]


@strawberry.type
class ReportMutations:
    @change(
        "Take in a report that was held back because it looked wrong. Compare it with"
        " Amazon's console first: earlier figures are replaced by it.",
        needs=Scope.MANAGE,
    )
    async def accept_report(
        self,
        info: Info,
        run_id: Annotated[strawberry.ID, strawberry.argument(description="A run that is HELD.")],
    ) -> AcceptReportResult:
        act = info.context.act
        id = await act.changes(ReportRun, run_id)
        await accept(act.tx, act.account_id, id, act.now)
        return await act.answer(ReportRun, id)
