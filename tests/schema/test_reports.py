"""Report runs by the API, and a person who overrules a doubt."""

from __future__ import annotations

from uuid import UUID

import asyncpg
import pytest

from db.pool import Database
from domain.ids import encode
from domain.reports.runs import Held
from tests.reporting import Desk, a_desk, body, campaign_row, day, morning, sold
from tests.schema.conftest import Client

ACCEPT = """mutation($id: ID!) { acceptReport(runId: $id) {
  __typename
  ... on ReportRun { status rowsRead rowsChanged problem finishedAt }
  ... on NotHeld { status }
} }"""


@pytest.fixture
async def desk(db: Database, owner: asyncpg.Connection) -> Desk:
    return await a_desk(db, owner)


@pytest.fixture
def brand(db: Database, desk: Desk) -> Client:
    client = Client(db, desk.profile.account_id)
    client.clock.moment = morning(3)
    return client


async def held(desk: Desk) -> UUID:
    """A report without the rows that were there the day before."""
    await desk.says(morning(1), (0, sold(10000)))
    run = await desk.receive(body([]), at=morning(2))
    with pytest.raises(Held) as refused:
        await desk.take_in(run, morning(2))
    await desk.hold(run, refused.value, morning(2))
    return run.id


async def test_runs_are_listed_with_what_was_wrong(brand: Client, desk: Desk) -> None:
    row = campaign_row(desk.tokens[0], day(0), sold(1000))
    await desk.report([row, {"campaignId": "x"}], morning(1))
    await held(desk.asking(day(0), day(20)))
    document = """query($status: [RunStatus!]) { reportRuns(filter: {status: $status}) { nodes {
      level purpose status fromDay toDay pages rowsRead rowsQuarantined problem
      quarantinedRows { reason content page } } } }"""

    applied, refused = [
        (await brand.ask(document, status=[status]))["reportRuns"]["nodes"]
        for status in ("APPLIED", "HELD")
    ]

    (run,) = [one for one in applied if one["rowsQuarantined"]]
    (quarantined,) = run.pop("quarantinedRows")
    assert run == {
        "level": "CAMPAIGN", "purpose": "DAILY", "status": "APPLIED", "fromDay": "2026-07-01",
        "toDay": "2026-07-30", "pages": 1, "rowsRead": 1,
        "rowsQuarantined": 1, "problem": None,
    }  # fmt: skip
    assert quarantined["reason"]
    assert '"x"' in quarantined["content"]
    assert "empty" in refused[0]["problem"]


async def test_a_report_that_was_held_is_accepted(brand: Client, desk: Desk) -> None:
    run_id = await held(desk)

    accepted = await brand.act(ACCEPT, id=encode("rrun", run_id))
    again = await brand.act(ACCEPT, id=encode("rrun", run_id))

    assert accepted == {
        "__typename": "ReportRun", "status": "APPLIED", "rowsRead": 0,
        "rowsChanged": accepted["rowsChanged"], "problem": None,
        "finishedAt": "2026-07-04T15:00:00Z",
    }  # fmt: skip
    assert (await desk.conversion())["sales_minor"] == 0
    assert again == {"__typename": "NotHeld", "status": "APPLIED"}


async def test_a_run_of_another_account_is_not_there(stranger: Client, desk: Desk) -> None:
    run_id = await held(desk)

    refused = await stranger.act(ACCEPT, id=encode("rrun", run_id))

    assert refused == {"__typename": "NotFound"}
    assert (await desk.conversion())["sales_minor"] == 10000
