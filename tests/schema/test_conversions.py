"""Conversions by the API, made by real reports."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import asyncpg
import pytest

from db.pool import Database
from domain.ids import encode
from domain.reports.rows import Level
from tests.factories import an_ad_group
from tests.reporting import (
    MASKED,
    Desk,
    a_desk,
    campaign_row,
    day,
    morning,
    product_row,
    sold,
)
from tests.schema.conftest import Client

FIGURES = "orders units sales { amount currency } commission { amount }"
ONE = f"""query($id: ID!) {{ conversion(id: $id) {{
  id day channel status ratePercent {FIGURES}
  reported {{ {FIGURES} }} adjustment {{ {FIGURES} }}
  firstSeenAt changedAt settlesOn settledAt decidedAt decision {{ verdict reason decidedBy }}
  store {{ id }} affiliate {{ id }} partnership {{ id }} offer {{ id }}
  offerVersion {{ ratePercent startsOn }}
  history {{ observedAt recordedAt masked clicks orders units sales {{ amount }} run {{ level }} }}
}} }}"""
BREAKDOWN = """query($id: ID!) { conversion(id: $id) {
  breakdown {
    subIds { subId masked clicks orders units sales { amount } }
    pages { landing masked sales { amount } link { id } }
    products { asin halo orders units sales { amount } newToBrandSales { amount } }
    maskedRemainder { orders units sales { amount } }
  }
  brbBonus { amount } brbNote freshness { asOf missingLevels levels { level asOf } }
} }"""


@pytest.fixture
async def desk(db: Database, owner: asyncpg.Connection) -> Desk:
    return await a_desk(db, owner, affiliates=2, rate_bp=1250)


@pytest.fixture
def brand(db: Database, desk: Desk) -> Client:
    client = Client(db, desk.profile.account_id)
    client.clock.moment = morning(40)
    return client


async def read(client: Client, desk: Desk, document: str, number: int = 0) -> dict[str, Any]:
    """The only conversion, or the one of a day."""
    (row,) = [row for row in await desk.conversions() if row["day"] == day(number)]
    found: dict[str, Any] = (await client.ask(document, id=encode("conv", row["id"])))["conversion"]
    return found


async def test_a_conversion_is_shown_as_soon_as_amazon_reports_it(
    brand: Client, desk: Desk
) -> None:
    """S55, S56, S58, S59, S64, S67."""
    await desk.says(morning(1), (0, sold(19196, units=3, orders=2)))

    found = await read(brand, desk, ONE)

    history = found.pop("history")
    assert found == {
        "id": found["id"],
        "day": "2026-07-01",
        "channel": "AMAZON",
        "status": "PENDING",
        "ratePercent": "12.50",
        "orders": 2,
        "units": 3,
        "sales": {"amount": "191.96", "currency": "USD"},
        "commission": {"amount": "24.00"},
        "reported": {
            "orders": 2, "units": 3, "sales": {"amount": "191.96", "currency": "USD"},
            "commission": {"amount": "24.00"},
        },
        "adjustment": None,
        "firstSeenAt": "2026-07-02T15:00:00Z",
        "changedAt": "2026-07-02T15:00:00Z",
        "settlesOn": "2026-07-31",
        "settledAt": None,
        "decidedAt": None,
        "decision": None,
        "store": {"id": encode("stor", desk.store_id)},
        "affiliate": {"id": found["affiliate"]["id"]},
        "partnership": {"id": encode("part", desk.partnership_ids[0])},
        "offer": {"id": found["offer"]["id"]},
        "offerVersion": {"ratePercent": "12.50", "startsOn": "2026-01-01"},
    }  # fmt: skip
    assert history == [
        {
            "observedAt": "2026-07-02T15:00:00Z", "recordedAt": "2026-07-02T15:00:00Z",
            "masked": False, "clicks": 12, "orders": 2, "units": 3, "sales": {"amount": "191.96"},
            "run": {"level": "CAMPAIGN"},
        }
    ]  # fmt: skip


async def test_a_late_restatement_is_shown_beside_what_was_settled(
    brand: Client, desk: Desk
) -> None:
    """S70, S72: returns reduce a pending conversion; after it settled they are an adjustment."""
    await desk.says(morning(1), (0, sold(20000, units=2)))
    await desk.says(morning(5), (0, sold(12000, units=1)))
    await desk.settle(morning(31))
    await desk.asking(day(0), day(35)).says(morning(35), (0, sold(4000, units=1)))

    found = await read(brand, desk, ONE)

    assert (found["status"], found["sales"]["amount"]) == ("SETTLED", "120.00")
    assert found["commission"]["amount"] == "15.00"
    assert found["reported"]["sales"]["amount"] == "40.00"
    assert found["adjustment"] == {
        "orders": 0, "units": 0, "sales": {"amount": "-80.00", "currency": "USD"},
        "commission": {"amount": "-10.00"},
    }  # fmt: skip
    assert [version["sales"]["amount"] for version in found["history"]] == [
        "200.00", "120.00", "40.00",
    ]  # fmt: skip
    adjusted = await brand.ask("{ conversions(filter: {adjusted: true}) { totalCount } }")
    assert adjusted["conversions"]["totalCount"] == 1


async def test_a_masked_day_has_no_figures_in_its_history(brand: Client, desk: Desk) -> None:
    """S53, S76."""
    await desk.says(morning(1), (0, MASKED))
    assert (await brand.ask("{ conversions { totalCount } }"))["conversions"]["totalCount"] == 0
    await desk.says(morning(3), (0, sold(5000)))

    found = await read(brand, desk, ONE)

    shown = [(v["masked"], v["clicks"], v["sales"]) for v in found["history"]]
    assert shown[-1] == (False, 12, {"amount": "50.00"})
    assert all(version == (True, None, None) for version in shown[:-1])


async def test_the_breakdown_shows_subids_and_keeps_what_is_masked_apart(
    brand: Client, desk: Desk, owner: asyncpg.Connection
) -> None:
    """S47, S76: children and remainder are the campaign, to the cent."""
    account_id, campaign = desk.profile.account_id, desk.tokens[0]
    for subid in ("blog", "mail"):
        await an_ad_group(owner, account_id, desk.partnership_ids[0], subid)
    token = dict(await owner.fetch("SELECT subid, token FROM ad_group"))
    await desk.says(morning(1), (0, sold(20000, units=4, orders=3)))
    unread = await read(brand, desk, BREAKDOWN)

    await desk.report(
        [
            campaign_row(campaign, day(0), sold(15000, 3, 2), adGroupId=token["blog"]),
            campaign_row(campaign, day(0), MASKED, adGroupId=token["mail"]),
        ],
        morning(1.1),
        Level.ADGROUP,
    )
    await desk.report(
        [product_row(campaign, token["blog"], "B0FERN0001", day(0), 500)],
        morning(1.2),
        Level.PRODUCTS,
    )
    found = await read(brand, desk, BREAKDOWN)

    assert unread["breakdown"] == {
        "subIds": [], "pages": [], "products": [], "maskedRemainder": None,
    }  # fmt: skip
    assert found["breakdown"] == {
        "subIds": [
            {
                "subId": "blog", "masked": False, "clicks": 12, "orders": 2, "units": 3,
                "sales": {"amount": "150.00"},
            },
            {
                "subId": "mail", "masked": True, "clicks": None, "orders": None, "units": None,
                "sales": None,
            },
        ],
        "pages": [],
        "products": [
            {
                "asin": "B0FERN0001", "halo": False, "orders": 1, "units": 1,
                "sales": {"amount": "5.00"}, "newToBrandSales": None,
            }
        ],
        "maskedRemainder": {"orders": 1, "units": 1, "sales": {"amount": "50.00"}},
    }  # fmt: skip


async def test_a_figure_says_as_of_when_it_is_and_which_levels_are_missing(
    brand: Client, desk: Desk
) -> None:
    """A level is missing that was never read, or more than a day before what is paid by."""
    store = """{ stores { nodes { freshness { asOf missingLevels levels { level asOf } } } } }"""
    assert (await brand.ask(store))["stores"]["nodes"] == [
        {
            "freshness": {
                "asOf": None,
                "missingLevels": ["CAMPAIGN", "ADGROUP", "CREATIVE", "PRODUCTS"],
                "levels": [
                    {"level": level, "asOf": None}
                    for level in ("CAMPAIGN", "ADGROUP", "CREATIVE", "PRODUCTS")
                ],
            }
        }
    ]
    await desk.report([], morning(1), Level.ADGROUP)
    await desk.report([], morning(2.5), Level.PRODUCTS)
    await desk.says(morning(3), (0, sold(5000)))
    later = desk.asking(day(1), day(30))
    await later.says(morning(30), (5, sold(100)))

    found = (await brand.ask(store))["stores"]["nodes"][0]["freshness"]
    of_day = (await read(brand, desk, BREAKDOWN))["freshness"]

    assert found["asOf"] == "2026-07-31T15:00:00Z"
    assert found["missingLevels"] == ["ADGROUP", "CREATIVE", "PRODUCTS"]
    assert of_day == {
        "asOf": "2026-07-04T15:00:00Z",
        "missingLevels": ["ADGROUP", "CREATIVE"],
        "levels": [
            {"level": "CAMPAIGN", "asOf": "2026-07-04T15:00:00Z"},
            {"level": "ADGROUP", "asOf": "2026-07-02T15:00:00Z"},
            {"level": "CREATIVE", "asOf": None},
            {"level": "PRODUCTS", "asOf": "2026-07-04T03:00:00Z"},
        ],
    }


async def test_the_referral_bonus_is_shown_or_said_not_to_be_enrolled(
    brand: Client, desk: Desk
) -> None:
    rows = [campaign_row(desk.tokens[0], day(0), sold(5000))]
    await desk.report(rows, morning(1))
    without = await read(brand, desk, BREAKDOWN)
    rows[0]["brb_bonus_amount"] = "5.25"
    await desk.report(rows, morning(2))
    given = await read(brand, desk, BREAKDOWN)
    await desk.owner.execute("UPDATE profile SET brb_enrolled = NULL")
    await desk.owner.execute("UPDATE report_row SET brb_bonus_minor = NULL")
    unknown = await read(brand, desk, BREAKDOWN)

    assert (without["brbBonus"], without["brbNote"]) == (None, "not enrolled")
    assert (given["brbBonus"], given["brbNote"]) == ({"amount": "5.25"}, None)
    assert (unknown["brbBonus"], unknown["brbNote"]) == (None, None)


async def test_a_list_is_narrowed_ordered_and_summed_by_currency(
    brand: Client, desk: Desk, db: Database, owner: asyncpg.Connection
) -> None:
    """S60."""
    abroad = await a_desk(db, owner, currency="JPY", account_id=desk.profile.account_id)
    await desk.report(
        [
            campaign_row(token, day(number), sold(sales))
            for token, number, sales in (
                (desk.tokens[0], 0, 1000), (desk.tokens[0], 1, 3000), (desk.tokens[1], 1, 2000),
            )
        ],
        morning(2),
    )  # fmt: skip
    await abroad.report(
        [
            campaign_row(
                abroad.tokens[0], day(1), sold(0),
                attributedSales14d="500", totalAttributedSales14d="500",
            )
        ],
        morning(2),
    )  # fmt: skip
    document = """query($filter: ConversionFilter, $order: ConversionOrder) {
      conversions(first: 2, filter: $filter, orderBy: $order) {
        nodes { day sales { amount currency } channel }
        totalCount pageInfo { hasNextPage }
        totals { currency count orders units sales { amount } commission { amount } }
    } }"""

    everything = (await brand.ask(document, order="SALES_DESC"))["conversions"]
    affiliate_id = await owner.fetchval(
        "SELECT affiliate_id FROM partnership WHERE id = $1", desk.partnership_ids[0]
    )
    one = await brand.ask(
        document,
        filter={
            "affiliateId": encode("affl", affiliate_id),
            "storeId": encode("stor", desk.store_id),
            "status": ["PENDING"], "fromDay": "2026-07-02", "toDay": "2026-07-02",
            "channel": ["AMAZON"], "decidableOn": "2026-08-01",
        },
    )  # fmt: skip

    assert [node["sales"]["amount"] for node in everything["nodes"]] == ["30.00", "20.00"]
    assert (everything["totalCount"], everything["pageInfo"]) == (4, {"hasNextPage": True})
    assert everything["totals"] == [
        {
            "currency": "JPY", "count": 1, "orders": 1, "units": 1, "sales": {"amount": "500"},
            "commission": {"amount": "50"},
        },
        {
            "currency": "USD", "count": 3, "orders": 3, "units": 3, "sales": {"amount": "60.00"},
            "commission": {"amount": "7.50"},
        },
    ]  # fmt: skip
    assert one["conversions"]["totalCount"] == 1


async def test_an_amazon_order_finds_nothing_and_is_told_why(brand: Client) -> None:
    """S61."""
    data = await brand.ask(
        '{ amazonOrder(orderId: "111-2223334-5556667") { conversions { id } reason } }'
    )

    assert data["amazonOrder"]["conversions"] == []
    assert "without order ids" in data["amazonOrder"]["reason"]


async def test_a_page_of_conversions_is_one_statement(brand: Client, desk: Desk) -> None:
    await desk.says(morning(1), *((number, sold(1000 + number)) for number in range(20)))
    context = brand.context()
    statements = []
    seen: Any = type(context)

    class Counting(seen):  # type: ignore[misc]
        async def read(self, sql: str, params: Any, /) -> Any:
            statements.append(sql)
            return await super().read(sql, params)

    counting = Counting(**{each.name: getattr(context, each.name) for each in fields(context)})
    from schema.root import schema

    result = await schema.execute(
        f"""{{ conversions {{ nodes {{ {FIGURES} affiliate {{ name }} store {{ brand {{ name }} }}
            offer {{ name }} freshness {{ asOf }} breakdown {{ subIds {{ subId }} }} }} }} }}""",
        context_value=counting,
    )

    assert result.errors is None
    assert len(statements) == 1
