"""Reports taken in through row-level security, from bytes to versions and conversions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from domain.links.tags import campaign_token
from domain.reports.rows import Level
from tests.factories import (
    a_link,
    a_partnership,
    a_store,
    an_affiliate,
    an_offer,
)
from tests.reporting import (
    MASKED,
    Desk,
    Sold,
    body,
    campaign_row,
    day,
    morning,
    product_row,
    sold,
    token_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_day_of_an_affiliate_becomes_a_conversion(desks) -> None:
    """S55, S57, S59."""
    desk = await desks()
    figures = Sold(2, 3, 19196, 4, 5, 25001, 14)
    await desk.report([campaign_row(desk.tokens[0], day(0), figures)], morning(1.5))
    found = await desk.conversion()
    assert (found["day"], found["source"], found["status"]) == (day(0), "AMAZON", "PENDING")
    assert (found["orders"], found["units"], found["sales_minor"]) == (4, 5, 25001)
    assert found["commission_minor"] == 2500
    assert found["first_seen_at"] == found["changed_at"] == morning(1.5)
    assert (found["partnership_id"], found["store_id"]) == (desk.partnership_ids[0], desk.store_id)


async def test_the_rest_of_the_cart_earns_too_and_other_brands_do_not(desks) -> None:
    """S64, S65: paid is the own-brand total that Amazon states; other brands' goods are in no
    figure of it, and the promoted part is never added a second time."""
    desk = await desks(rate_bp=2000)
    figures = Sold(orders=1, units=1, sales_minor=1000, total_orders=1, total_units=3)
    row = campaign_row(desk.tokens[0], day(0), figures._replace(total_sales_minor=4500, clicks=10))
    await desk.report([row | {"otherBrandSales14d": "900.00"}], morning(1))
    found = await desk.conversion()
    assert (found["units"], found["sales_minor"], found["commission_minor"]) == (3, 4500, 900)


async def test_a_conversion_has_no_column_for_an_order_a_sku_or_a_customer(desks) -> None:
    """S56, S61: what Amazon does not tell has no place to be kept in."""
    names = await (await desks()).owner.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'conversion'"
    )
    assert names
    for name in (row["column_name"] for row in names):
        assert not {"order", "sku", "asin", "customer", "coupon", "email"} & set(name.split("_"))


async def test_every_stored_conversion_names_its_source(desks) -> None:
    """S60."""
    nullable = await (await desks()).owner.fetchval(
        """SELECT is_nullable FROM information_schema.columns
            WHERE table_name = 'conversion' AND column_name = 'source'"""
    )
    assert nullable == "NO"


async def test_a_conversion_is_there_for_its_account_alone_as_soon_as_it_is_made(desks) -> None:
    """S58."""
    desk, other = await desks(), await desks()
    await desk.says(morning(1), (0, sold(500)))
    assert len(await desk.conversions()) == 1
    async with other.db.transaction(other.profile.account_id) as tx:
        assert await tx.fetch("SELECT * FROM conversion") == []


async def test_below_the_threshold_nothing_is_a_sale_and_all_is_a_state(desks) -> None:
    """S50, S76i: a row of zeros is recorded as masked and makes no conversion."""
    desk = await desks()
    await desk.says(morning(1), (0, MASKED))
    assert await desk.conversions() == []
    assert (await desk.row_counts())["report_row"] == 1
    assert await visible_at(desk, "partnership", desk.partnership_ids[0]) is None


async def test_crossing_the_threshold_fills_the_past_days(desks) -> None:
    """S53, S75i: days masked until now become conversions, first seen now."""
    desk = await desks()
    await desk.says(morning(6), (0, MASKED), (3, MASKED), (5, MASKED))
    reader = await desk.report(
        [
            campaign_row(desk.tokens[0], day(0), sold(700)),
            campaign_row(desk.tokens[0], day(3), MASKED),
            campaign_row(desk.tokens[0], day(5), sold(900)),
        ],
        morning(7),
    )
    assert reader is not None
    assert reader.shown == {desk.partnership_ids[0]}
    assert await visible_at(desk, "partnership", desk.partnership_ids[0]) == morning(7)
    found = await desk.conversions()
    assert {row["day"]: row["sales_minor"] for row in found} == {day(0): 700, day(5): 900}
    assert {row["first_seen_at"] for row in found} == {morning(7)}


async def test_one_affiliates_threshold_is_not_anothers(desks) -> None:
    """S52, S54: what counts is the campaign, which is the affiliate at the store."""
    desk = await desks(2)
    rows = [
        campaign_row(desk.tokens[0], day(0), sold(700)),
        campaign_row(desk.tokens[1], day(0), MASKED),
    ]
    await desk.report(rows, morning(1))
    assert await visible_at(desk, "partnership", desk.partnership_ids[0]) == morning(1)
    assert await visible_at(desk, "partnership", desk.partnership_ids[1]) is None


async def visible_at(desk: Desk, table: str, id: UUID) -> Any:
    return await desk.owner.fetchval(f"SELECT visible_at FROM {table} WHERE id = $1", id)


async def test_returns_take_away_sales_units_and_commission(desks) -> None:
    """S70, S71, S72."""
    desk = await desks()
    await desk.says(morning(1), (0, sold(10_000, units=4, orders=2)))
    await desk.says(morning(9), (0, sold(2_500, units=1)))
    found = await desk.conversion()
    assert (found["sales_minor"], found["units"], found["orders"]) == (2_500, 1, 1)
    assert found["commission_minor"] == 250
    await desk.says(morning(20), (0, sold(0, units=0, orders=0)))
    found = await desk.conversion()
    assert (found["sales_minor"], found["units"], found["commission_minor"]) == (0, 0, 0)
    assert (found["first_seen_at"], found["changed_at"]) == (morning(1), morning(20))


async def test_a_higher_figure_raises_a_pending_conversion(desks) -> None:
    """S78i."""
    desk = await desks()
    await desk.says(morning(1), (0, sold(1_000)))
    await desk.says(morning(2), (0, sold(3_000, units=2)))
    found = await desk.conversion()
    assert (found["sales_minor"], found["units"], found["commission_minor"]) == (3_000, 2, 300)


@pytest.mark.parametrize("later", [1, 5])
async def test_the_same_report_again_writes_nothing(desks, later) -> None:
    """S77i."""
    desk = await desks(3)
    rows = [campaign_row(token, day(n), sold(100 + n)) for token in desk.tokens for n in range(5)]
    rows += [campaign_row("Google Adwords 3", day(0), sold(4)), campaign_row("", day(0))]
    await desk.report(rows, morning(6))
    before = await desk.written()
    assert await desk.report(rows, morning(6 + later)) is None
    assert await desk.written() == before


async def test_the_same_rows_in_another_order_write_no_version_and_no_conversion(desks) -> None:
    """S77i: another text of the same figures is read, and changes nothing."""
    desk = await desks(3)
    rows = [campaign_row(token, day(n), sold(100 + n)) for token in desk.tokens for n in range(5)]
    await desk.report(rows, morning(6))
    before = await desk.written()
    reader = await desk.report([row | {"size": "big"} for row in reversed(rows)], morning(7))
    assert reader is not None
    assert reader.changed == 0
    assert await desk.written() == before


async def test_an_older_report_with_the_same_words_moves_first_sight_back(desks) -> None:
    """Since when a figure has been so is part of what is known."""
    desk = await desks()
    await desk.says(morning(3), (0, sold(500)))
    await desk.says(morning(1), (0, sold(500)))
    found = await desk.conversion()
    assert (found["first_seen_at"], found["changed_at"]) == (morning(1), morning(1))


async def test_sales_are_those_of_the_campaign_rows_to_the_cent(desks) -> None:
    """Conversions of a day add up to the rows that are ours, over several pages."""
    desk = await desks(7)
    rows = [
        campaign_row(token, day(n), sold(191_961 * k + n, units=k + n, orders=k + 1))
        for k, token in enumerate(desk.tokens)
        for n in range(4)
    ]
    strangers = [campaign_row(f"google {n}", day(n), sold(5_000)) for n in range(4)]
    pages = [body(rows[:9], "c1"), body([*rows[9:20], *strangers], "c2"), body(rows[20:])]
    run = await desk.receive(*pages, at=morning(5))
    await desk.take_in(run, morning(5))
    for n in range(4):
        ours = [(191_961 * k + n, k + n, k + 1) for k in range(7)]
        found = [c for c in await desk.conversions() if c["day"] == day(n)]
        assert sum(c["reported_sales_minor"] for c in found) == sum(s for s, _, _ in ours)
        assert sum(c["reported_units"] for c in found) == sum(u for _, u, _ in ours)
        assert sum(c["reported_orders"] for c in found) == sum(o for _, _, o in ours)


async def the_link(desk: Desk) -> tuple[UUID, UUID, dict[str, str]]:
    """The only link's id, its ad group's, and what Amazon's rows about it carry."""
    row = await desk.owner.fetchrow(
        """SELECT l.id, g.id AS ad_group_id, g.token AS ad_group, c.token AS creative
             FROM link l
             JOIN ad_group g ON g.account_id = l.account_id AND g.id = l.ad_group_id
             JOIN creative c ON c.account_id = l.account_id AND c.id = l.creative_id
            WHERE l.account_id = $1""",
        desk.profile.account_id,
    )
    assert row is not None
    ids = {"adGroupId": row["ad_group"], "creativeId": row["creative"]}
    return row["id"], row["ad_group_id"], ids


async def test_levels_below_the_campaign_touch_no_conversion(desks) -> None:
    """S55: only what is paid makes conversions; break-downs are kept beside it."""
    desk = await desks()
    account_id, partnership_id = desk.profile.account_id, desk.partnership_ids[0]
    await a_link(desk.owner, account_id, partnership_id)
    link_id, ad_group_id, ids = await the_link(desk)
    low = campaign_row(desk.tokens[0], day(0), sold(900), **ids)
    products = [product_row(desk.tokens[0], ids["adGroupId"], "B000000001", day(0), 900)]
    for at, level in enumerate((Level.ADGROUP, Level.CREATIVE), start=1):
        await desk.report([low], morning(at), level)
    await desk.report(products, morning(3), Level.PRODUCTS)
    assert await desk.conversions() == []
    assert (await desk.row_counts())["report_row"] == 3
    await desk.says(morning(4), (0, sold(1_000)))
    before, _ = await desk.written()
    for at, level in enumerate((Level.ADGROUP, Level.CREATIVE), start=5):
        await desk.report(
            [campaign_row(desk.tokens[0], day(0), sold(50), **ids)], morning(at), level
        )
    await desk.report(
        [product_row(desk.tokens[0], ids["adGroupId"], "B000000001", day(0), 40)],
        morning(7),
        Level.PRODUCTS,
    )
    assert (await desk.row_counts())["report_row"] == 7
    after, _ = await desk.written()
    assert after == before
    assert await desk.rebuild() == 1
    assert (await desk.conversion())["sales_minor"] == 1_000
    assert await visible_at(desk, "ad_group", ad_group_id) == morning(1)
    assert await visible_at(desk, "link", link_id) == morning(2)


async def own_tags(desk: Desk) -> list[asyncpg.Record]:
    return await desk.owner.fetch(
        """SELECT day, clicks, total_units, total_sales_minor FROM own_tag_row
            WHERE account_id = $1 ORDER BY clicks DESC""",
        desk.profile.account_id,
    )


async def test_own_tags_are_kept_apart_and_pay_nobody(desks) -> None:
    """S66: a row without a token of ours is the brand's own tag."""
    desk = await desks()
    rows = [
        campaign_row("Google Adwords 3", day(0), sold(9_000, units=6, clicks=40)),
        campaign_row(desk.tokens[0].upper(), day(0), sold(70)),
        campaign_row(desk.tokens[0], day(0), sold(100)),
    ]
    await desk.report(rows, morning(1))
    assert [row["sales_minor"] for row in await desk.conversions()] == [100]
    assert [tuple(row) for row in await own_tags(desk)] == [
        (day(0), 40, 6, 9_000),
        (day(0), 12, 1, 70),
    ]


async def test_own_tags_of_one_name_do_not_stop_the_report(desks) -> None:
    """People give two campaigns of the console one name; the rest goes on."""
    desk = await desks()
    twins = [campaign_row("google ", day(0), sold(9_000)) for _ in range(2)]
    pages = [body([*twins, campaign_row(desk.tokens[0], day(0), sold(100))], "next"), body(twins)]
    await desk.take_in(await desk.receive(*pages, at=morning(1)), morning(1))
    assert (await desk.conversion())["sales_minor"] == 100
    assert (await desk.row_counts())["own_tag_row"] == 1


async def test_own_tags_keep_the_newest_figures_whatever_comes_first(desks) -> None:
    desk = await desks()
    for at in (2, 3, 1):
        await desk.report([campaign_row("google", day(0), sold(100 * at))], morning(at))
    (kept,) = await own_tags(desk)
    assert kept["total_sales_minor"] == 300


async def test_a_token_of_our_form_that_nobody_has_is_quarantined(desks) -> None:
    """S66."""
    desk = await desks()
    stranger = campaign_token(desk.store_id, await an_affiliate(desk.owner))
    await desk.report(
        [campaign_row(stranger, day(0), sold(9_000)), campaign_row(desk.tokens[0], day(0))],
        morning(1),
    )
    assert await desk.conversions() == []
    (reason,) = await desk.quarantined()
    assert stranger in reason
    assert (await desk.row_counts())["own_tag_row"] == 0


async def test_another_accounts_token_pays_nobody_here(desks) -> None:
    """S66: the token of one account in a report of another is unknown there."""
    desk, other = await desks(), await desks()
    await desk.report([campaign_row(other.tokens[0], day(0), sold(9_000))], morning(1))
    assert await desk.conversions() == await other.conversions() == []
    assert len(await desk.quarantined()) == 1


async def two_brands(desks) -> tuple[Desk, UUID, str]:
    """A profile with two stores; the second one's id and its only affiliate's token."""
    desk = await desks()
    account_id = desk.profile.account_id
    store_id = await a_store(desk.owner, account_id, desk.profile.id)
    offer_id = await an_offer(desk.owner, account_id, store_id)
    partnership_id = await a_partnership(desk.owner, account_id, store_id, offer_id)
    return desk, store_id, await token_of(desk.owner, account_id, partnership_id)


async def test_a_disconnected_store_is_not_reported_on_and_still_settles(desks) -> None:
    """S80i: its rows are neither taken in nor taken for missing, beside another store's."""
    desk, store_id, token = await two_brands(desks)
    rows = [campaign_row(desk.tokens[0], day(0), sold(700)), campaign_row(token, day(0), sold(500))]
    await desk.report(rows, morning(1))
    await desk.owner.execute(
        "UPDATE store SET disconnected_at = $2 WHERE id = $1", store_id, morning(2)
    )
    rows = [campaign_row(desk.tokens[0], day(0), sold(800)), campaign_row(token, day(0), sold(9))]
    await desk.report([*rows, campaign_row(token, day(1), sold(9))], morning(3))
    await desk.report(rows[:1], morning(4))
    found = {row["store_id"]: row for row in await desk.conversions()}
    assert len(await desk.conversions()) == 2
    assert found[desk.store_id]["sales_minor"] == 800
    assert found[store_id]["sales_minor"] == found[store_id]["reported_sales_minor"] == 500
    assert await desk.settle(morning(30), store_id) == 1
    settled = {row["store_id"]: row["status"] for row in await desk.conversions()}
    assert settled == {desk.store_id: "PENDING", store_id: "SETTLED"}


@pytest.mark.parametrize("level", [Level.ADGROUP, Level.CREATIVE, Level.PRODUCTS])
async def test_break_downs_of_a_disconnected_store_stand_too(desks, level) -> None:
    """S80i."""
    desk = await desks()
    account_id, partnership_id = desk.profile.account_id, desk.partnership_ids[0]
    await a_link(desk.owner, account_id, partnership_id)
    _, _, ids = await the_link(desk)
    if level is Level.PRODUCTS:
        row = product_row(desk.tokens[0], ids["adGroupId"], "B000000001", day(0), 900)
    else:
        row = campaign_row(desk.tokens[0], day(0), sold(900), **ids)
    await desk.report([row], morning(1), level)
    await desk.owner.execute(
        "UPDATE store SET disconnected_at = $2 WHERE id = $1", desk.store_id, morning(2)
    )
    await desk.report([], morning(3), level)
    assert (await desk.row_counts())["report_row"] == 1


async def test_a_run_tells_what_became_of_it(desks) -> None:
    desk = await desks()
    rows = [
        campaign_row(desk.tokens[0], day(0), sold(500)),
        campaign_row("google", day(0), sold(1)),
        campaign_row(desk.tokens[0], day(1), unitsSold14d="-2"),
    ]
    run = await desk.receive(body(rows), at=morning(1))
    await desk.take_in(run, morning(1) + timedelta(minutes=1))
    found = await desk.owner.fetchrow("SELECT * FROM report_run WHERE id = $1", run.id)
    assert (found["state"], found["observed_at"], found["pages"]) == ("APPLIED", morning(1), 1)
    assert found["finished_at"] == morning(1) + timedelta(minutes=1)
    counts = ("rows_read", "rows_changed", "rows_own_tags", "rows_quarantined")
    assert [found[name] for name in counts] == [2, 1, 1, 1]


async def test_money_follows_the_profiles_currency(desks) -> None:
    """S55: a currency without cents has none here either."""
    desk = await desks(currency="JPY", time_zone="Asia/Tokyo", rate_bp=1_050)
    row = campaign_row(desk.tokens[0], day(0), sold(0)) | {
        "attributedSales14d": "1980.0000000000002",
        "totalAttributedSales14d": "1980.0000000000002",
    }
    await desk.report([row], morning(1))
    found = await desk.conversion()
    assert (found["currency"], found["sales_minor"], found["commission_minor"]) == (
        "JPY",
        1_980,
        208,
    )


async def test_the_same_answer_is_read_again_once_its_store_is_back(desks) -> None:
    desk = await desks()
    report = [campaign_row(desk.tokens[0], day(0), sold(1_000))]
    await desk.owner.execute(
        "UPDATE store SET disconnected_at = $2 WHERE id = $1", desk.store_id, morning(1)
    )
    await desk.report(report, morning(1))
    assert await desk.conversions() == []
    await desk.owner.execute("UPDATE store SET disconnected_at = NULL WHERE id = $1", desk.store_id)

    await desk.report(report, morning(2))

    assert (await desk.conversion())["sales_minor"] == 1_000
