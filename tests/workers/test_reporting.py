"""Reports, from Amazon's wire to conversions, with everything that goes wrong on the way."""

from __future__ import annotations

import gzip
from datetime import timedelta
from itertools import pairwise

import pytest

from domain.reports.rows import Level
from domain.reports.runs import Purpose, earliest
from domain.reports.scheduling import plan_backfill
from tests.shop import Shop, asins_of
from tests.stage import AMAZON

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORT = "/na/attribution/report"


async def a_visible_day(shop: Shop, minor: int = 2500) -> None:
    """Twelve clicks and a sale, three days ago."""
    [shopper, *_] = await shop.click(12)
    await shop.buy(shopper, price_minor=minor)
    shop.pass_days(3)


async def test_four_levels_agree_with_the_worlds_own_books(shop: Shop):
    """S55, S57, S64."""
    first_day = shop.today()
    halo = asins_of(shop.stage, "Fernhollow")[-1]
    for number, affiliate in enumerate(shop.affiliates):
        shoppers = await shop.click(12, number)
        await shop.buy(shoppers[0], affiliate.asin, 1999 + number)
        await shop.buy(shoppers[1], halo, 3333)
        shop.pass_days(1)
    shop.pass_days(2)

    for level in Level:
        run = await shop.pull(level)
        assert (run["state"], run["degraded"], run["rows_quarantined"]) == ("APPLIED", [], 0)
        assert run["rows_changed"] >= 2
        books = await shop.stage.browser.get(
            f"{AMAZON}/books", params={"store": "fernhollow:US", "level": level}
        )
        seen = [row["seen"] for row in books.json()["rows"] if not row["made_in_console"]]
        kept = await shop.owner.fetchrow(
            """SELECT sum(total_sales_minor) AS sales, sum(total_units) AS units
                 FROM report_row WHERE level = $1""",
            level,
        )
        assert kept["sales"] == sum(row["total_sales_minor"] for row in seen) == 1999 + 2000 + 6666
        assert kept["units"] == sum(row["total_units"] for row in seen) == 4

    days = [(one["day"], one["sales_minor"], one["units"]) for one in await shop.conversions()]
    assert days == [(first_day, 5332, 2), (first_day + timedelta(days=1), 5333, 2)]


async def test_a_report_is_asked_for_as_the_last_thirty_days(shop: Shop):
    run = await shop.pull()

    assert (run["from_day"], run["to_day"]) == (shop.today() - timedelta(days=29), shop.today())
    assert run["purpose"] == "DAILY"


async def test_a_page_is_stored_before_it_is_read(shop: Shop):
    """A cut answer is kept as it came, told of, and asked for again."""
    await a_visible_day(shop)
    shop.fault("truncated", times=1)

    cut = await shop.pull()

    assert (cut["state"], cut["pages"]) == ("FAILED", 1)
    assert "no report page" in cut["problem"]
    page = await shop.owner.fetchval("SELECT body_gz FROM report_page")
    assert gzip.decompress(page).startswith(b'{"reports"')
    duty = await shop.duty()
    assert (duty["attempts"], duty["run_at"]) == (1, shop.now() + timedelta(minutes=1))
    assert "no report page" in duty["last_error"]
    assert await shop.conversions() == await shop.versions() == []

    shop.stage.pass_time(minutes=1)
    whole = await shop.pull()

    assert whole["state"] == "APPLIED"
    assert [one["sales_minor"] for one in await shop.conversions()] == [2500]
    assert await shop.duty() == {}


@pytest.mark.parametrize("retry_after", [7, None])
@pytest.mark.parametrize("body", ["json", "html"])
async def test_a_short_429_is_sat_out(shop: Shop, retry_after: int | None, body: str):
    await a_visible_day(shop)
    shop.fault("throttled", times=2, retry_after=retry_after, body=body)

    run = await shop.pull()

    assert (run["state"], shop.stage.count(REPORT)) == ("APPLIED", 3)
    assert len(await shop.conversions()) == 1


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        ({"kind": "throttled", "retry_after": 600}, timedelta(minutes=10)),
        ({"kind": "throttled", "retry_after": 20}, timedelta(minutes=1)),
        ({"kind": "throttled", "retry_after": None}, timedelta(minutes=1)),
        ({"kind": "status", "status": 500}, timedelta(minutes=1)),
        ({"kind": "status", "status": 503, "body": "html"}, timedelta(minutes=1)),
    ],
)
async def test_a_long_refusal_is_put_off_and_then_made_good(
    shop: Shop, fault: dict[str, object], wait: timedelta
):
    await a_visible_day(shop)
    shop.fault(**fault)  # type: ignore[arg-type]

    run = await shop.pull()

    assert (run["state"], run["pages"]) == ("FAILED", 0)
    assert str(fault.get("status", 429)) in run["problem"]
    assert (await shop.duty())["run_at"] == shop.now() + wait

    shop.stage.world.faults.clear()
    shop.stage.pass_time(seconds=wait.total_seconds())
    assert (await shop.pull())["state"] == "APPLIED"
    assert len(await shop.conversions()) == 1


async def test_a_token_called_expired_is_renewed_once(shop: Shop):
    await a_visible_day(shop)
    before = shop.stage.count("refresh_token")
    assert (await shop.pull())["state"] == "APPLIED"
    renewed = shop.stage.count("refresh_token") - before
    shop.fault("expired_token", times=1)

    assert (await shop.pull(purpose=Purpose.REQUESTED))["state"] == "APPLIED"

    assert renewed <= 1
    assert shop.stage.count("refresh_token") == before + renewed + 1


async def test_conversions_are_made_when_only_the_campaigns_arrive(shop: Shop):
    await a_visible_day(shop)
    for level in ("ADGROUP", "CREATIVE", "PRODUCTS"):
        shop.fault("status", level=level)
    await shop.work()

    states = {(one["level"], one["state"]) for one in await shop.runs(purpose="DAILY")}
    assert states == {
        ("CAMPAIGN", "APPLIED"), ("ADGROUP", "FAILED"), ("CREATIVE", "FAILED"),
        ("PRODUCTS", "FAILED"),
    }  # fmt: skip
    assert [one["sales_minor"] for one in await shop.conversions()] == [2500]
    missing = await shop.owner.fetchval(
        "SELECT missing::text[] FROM freshness WHERE id = $1", shop.store_id
    )
    assert missing == ["ADGROUP", "CREATIVE", "PRODUCTS"]


async def many_creatives(shop: Shop) -> None:
    """More rows than a page has: tags of the brand's own, on every one of 27 days."""
    shop.pass_days(28)
    url = shop.affiliates[0].destination.split("&aa_campaignid")[0]
    clicks = [
        {
            "type": "click", "url": f"{url}&aa_campaignid=own&aa_adgroupid=g&aa_creativeid=c{n}",
            "shopper": f"{day}-{n}", "at": (shop.now() - timedelta(days=28 - day)).isoformat(),
        }
        for day in range(27)
        for n in range(190)
    ]  # fmt: skip
    await shop.tell("shopping", {"deeds": clicks})


async def test_pages_follow_each_other_and_a_circle_is_held(shop: Shop):
    """What Amazon does not bring to an end may be incomplete."""
    await many_creatives(shop)
    assert (await shop.pull(Level.CREATIVE))["pages"] == 2
    own_tags = await shop.owner.fetchval("SELECT count(*) FROM own_tag_row")
    assert own_tags > 5000
    shop.fault("repeated_cursor")

    run = await shop.insist(Level.CREATIVE, Purpose.REQUESTED)

    assert run["state"] == "HELD"
    assert "may be missing" in run["problem"]
    assert await shop.duty() == {}
    assert await shop.owner.fetchval("SELECT count(*) FROM own_tag_row") == own_tags


@pytest.mark.parametrize(("days", "keep"), [(6, 0.2), (6, 0.0), (1, 0.0)])
async def test_a_shrunken_report_is_held_and_changes_nothing(shop: Shop, days: int, keep: float):
    await shop.click(12)
    for _ in range(days):
        await shop.sell(1000)
        shop.pass_days(1)
    shop.pass_days(2)
    shop.stage.world.change_switches({"console_campaigns": False})
    assert (await shop.pull())["state"] == "APPLIED"
    before = await shop.conversions(), await shop.versions()
    assert len(before[0]) == days
    shop.fault("shrunken", keep=keep)
    shop.pass_days(1)

    run = await shop.insist()

    assert run["state"] == "HELD"
    assert "accept it" in run["problem"]
    assert [one["state"] for one in await shop.runs()] == ["APPLIED", *["FAILED"] * 3, "HELD"]
    assert (await shop.conversions(), await shop.versions()) == before
    assert await shop.duty() == {}


async def test_refused_totals_are_told_and_the_promoted_part_is_taken(shop: Shop):
    shop.stage.world.change_switches({"total_metrics": False})
    await a_visible_day(shop)

    run = await shop.pull()

    assert run["state"] == "APPLIED"
    assert "totalAttributedSales14d" in run["degraded"]
    assert [one["sales_minor"] for one in await shop.conversions()] == [2500]


async def with_halo(shop: Shop) -> None:
    [shopper, other, *_] = await shop.click(12)
    await shop.buy(shopper)
    await shop.buy(other, asins_of(shop.stage, "Fernhollow")[-1], 4000)
    shop.pass_days(3)
    assert (await shop.pull())["state"] == "APPLIED"
    assert [one["sales_minor"] for one in await shop.conversions()] == [6500]
    shop.pass_days(1)


async def test_totals_that_were_given_before_are_not_lost_to_a_refusal(shop: Shop):
    await with_halo(shop)
    shop.fault("totals_refused")

    run = await shop.insist()

    assert run["state"] == "HELD"
    assert [one["sales_minor"] for one in await shop.conversions()] == [6500]


@pytest.mark.parametrize("fault", ["brb_refused", "brb_absent"])
async def test_a_bonus_that_is_not_given_is_no_failure(shop: Shop, fault: str):
    await with_halo(shop)
    enrolled = "SELECT brb_enrolled FROM profile WHERE id = $1"
    assert await shop.owner.fetchval(enrolled, shop.profile_id) is True
    shop.fault(fault)

    run = await shop.pull()

    assert run["state"] == "APPLIED"
    assert run["degraded"] == (["brb_bonus_amount"] if fault == "brb_refused" else [])
    # A refusal says nothing of the enrolment; a report without the figure does.
    assert await shop.owner.fetchval(enrolled, shop.profile_id) is (fault == "brb_refused")
    assert [one["sales_minor"] for one in await shop.conversions()] == [6500]


async def test_rows_without_an_id_are_set_apart(shop: Shop):
    await a_visible_day(shop)
    shop.fault("null_ids")
    shop.stage.world.change_switches({"console_campaigns": False})
    for number in range(8):
        await shop.click(1, 1)
        shop.pass_days(1 if number < 7 else 3)

    run = await shop.pull(Level.CREATIVE)

    assert run["state"] == "APPLIED"
    reasons = await shop.owner.fetch("SELECT reason FROM quarantined_row")
    assert len(reasons) == run["rows_quarantined"] > 0
    assert all("creativeId is missing" in row["reason"] for row in reasons)


async def test_a_consent_taken_back_stops_in_one_try(shop: Shop):
    """Nothing is asked for until the seller connects again; then it goes on."""
    await shop.work()
    await shop.tell("revocations", {"person": "june"})
    shop.pass_days(1)
    before = shop.stage.count("refresh_token")

    await shop.work()

    assert shop.stage.count("refresh_token") == before + 1
    grant = await shop.stage.row("SELECT * FROM amazon_grant WHERE api = 'ADS'")
    assert grant["state"] == "RECONNECT"
    assert "Connect again" in grant["problem"]
    failed = await shop.runs(state="FAILED")
    dead = await shop.owner.fetch("SELECT dead_at FROM duty WHERE kind = 'pull_report'")
    assert len(failed) == len(dead) == sum(row["dead_at"] is not None for row in dead) > 0

    asked = len(shop.stage.asked)
    for _ in range(3):
        shop.pass_days(1)
        await shop.work()
    # The other consent has its own one try, when the week of the catalogue comes.
    assert shop.stage.asked[asked:] == [("POST", "refresh_token")]
    assert len(await shop.runs(state="FAILED")) == len(failed)

    await shop.stage.consent(grant["seller_account_id"])
    await shop.work()

    new = [one for one in await shop.runs() if one["started_at"] == shop.now()]
    assert {one["state"] for one in new} == {"APPLIED"}
    assert {one["level"] for one in new if one["purpose"] == "DAILY"} == set(Level)
    past = [one["from_day"] for one in new if one["level"] == "CAMPAIGN"]
    assert min(past) == earliest(Level.CAMPAIGN, shop.today())
    assert await shop.owner.fetchval("SELECT count(*) FROM duty WHERE dead_at IS NULL") == 0


async def test_past_days_become_conversions_when_the_threshold_is_crossed(shop: Shop):
    """S50, S51, S52, S53, S54."""
    first_day = shop.today()
    [shopper, *_] = await shop.click(6)
    await shop.buy(shopper, price_minor=4000)
    await shop.click(9, affiliate=1)
    shop.pass_days(45)
    await shop.work()
    assert await shop.conversions() == []

    await shop.click(4)
    shop.pass_days(2)
    await shop.work()

    [released] = await shop.conversions()
    assert (released["day"], released["sales_minor"]) == (first_day, 4000)
    assert released["partnership_id"] == shop.affiliates[0].partnership_id
    releases = await shop.runs(purpose="RELEASE")
    assert {one["state"] for one in releases} == {"APPLIED"}
    assert min(one["from_day"] for one in releases) == first_day
    daily_from = shop.today() - timedelta(days=29)
    assert max(one["to_day"] for one in releases) == daily_from - timedelta(days=1)
    # A sale that was seen late cannot be decided at once.
    assert released["settles_on"] == shop.today() + timedelta(days=2)


async def test_nine_clicks_release_nothing(shop: Shop):
    """S50."""
    [shopper, *_] = await shop.click(9)
    await shop.buy(shopper)
    shop.pass_days(4)
    await shop.work()

    assert await shop.conversions() == []
    assert await shop.runs(purpose="RELEASE") == []


async def test_connecting_reads_the_past_as_far_as_amazon_answers(shop: Shop):
    """Thirteen months, ninety days of products; no request goes further."""
    async with shop.stage.db.transaction(shop.stage.account_id) as tx:
        await plan_backfill(tx, shop.stage.account_id, shop.profile_id, shop.now())
    await shop.work()

    runs = await shop.runs()
    assert {one["state"] for one in runs} == {"APPLIED"}
    for level in Level:
        spans = sorted(
            (one["from_day"], one["to_day"])
            for one in runs
            if one["level"] == level and one["purpose"] in ("BACKFILL", "DAILY")
        )
        assert spans[0][0] == earliest(level, shop.today())
        assert spans[-1][1] == shop.today()
        assert all(to + timedelta(days=1) == since for (_, to), (since, _) in pairwise(spans))
        assert all((to - since).days < 30 for since, to in spans)


@pytest.mark.parametrize("level", [Level.CAMPAIGN, Level.PRODUCTS])
async def test_a_report_that_had_to_wait_asks_for_what_is_still_answered(shop: Shop, level: Level):
    today = shop.today()
    start = earliest(level, today)
    await shop.promise_report(level, Purpose.BACKFILL, start, start + timedelta(days=29))
    shop.pass_days(10)

    run = await shop.pull(level, Purpose.BACKFILL, start, start + timedelta(days=29))

    assert run["state"] == "APPLIED"
    assert run["from_day"] == earliest(level, shop.today())
    assert run["to_day"] == start + timedelta(days=29)


async def test_a_report_that_had_to_wait_too_long_is_asked_for_no_more(shop: Shop):
    start = earliest(Level.PRODUCTS, shop.today())
    await shop.promise_report(Level.PRODUCTS, Purpose.LATE, start, start + timedelta(days=6))
    shop.pass_days(7)
    await shop.work()

    late = "SELECT count(*) FROM report_run WHERE purpose = 'LATE' AND from_day <= $1"
    assert await shop.owner.fetchval(late, start + timedelta(days=6)) == 0
    assert await shop.owner.fetchval("SELECT count(*) FROM duty WHERE dead_at IS NOT NULL") == 0
    assert await shop.owner.fetchval("SELECT count(*) FROM duty WHERE attempts > 0") == 0


async def test_what_is_open_settles_after_its_store_was_disconnected(shop: Shop):
    """S67, S80i: on the thirtieth day after, in the store's time zone, and nothing is asked for."""
    await a_visible_day(shop)
    await shop.work()
    [pending] = await shop.conversions()
    assert pending["status"] == "PENDING"
    await shop.owner.execute("UPDATE store SET disconnected_at = now()")
    asked = len(shop.stage.asked)

    while shop.today() < pending["day"] + timedelta(days=30):
        [found] = await shop.conversions()
        assert found["status"] == "PENDING"
        shop.pass_days(1)
        await shop.work()

    [settled] = await shop.conversions()
    assert (settled["status"], settled["settled_at"]) == ("SETTLED", shop.now())
    assert settled["settles_on"] == shop.today()
    assert len(shop.stage.asked) == asked
    settlements = await shop.owner.fetch("SELECT local_day FROM settlement WHERE settled > 0")
    assert [row["local_day"] for row in settlements] == [shop.today()]


async def test_nothing_is_asked_for_a_store_that_has_gone(shop: Shop):
    """S80i."""
    await shop.promise_report()
    await shop.owner.execute("UPDATE store SET disconnected_at = now()")
    asked = len(shop.stage.asked)

    await shop.work()

    assert len(shop.stage.asked) == asked
    assert await shop.runs() == []
    assert await shop.duty() == {}
