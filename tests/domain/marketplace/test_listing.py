from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.catalog.actions import disconnect_store
from domain.duties.rules import Kind
from domain.errors import InvalidInput, NotFound
from domain.marketplace import actions, rules, showing
from domain.marketplace.rules import (
    Acceptance,
    Form,
    NoStoreToPromote,
    NotInForceYet,
    OfferListed,
    Question,
)
from domain.offers.actions import archive_offer, edit_offer
from domain.offers.lifecycle import OfferArchived
from domain.offers.rules import Terms
from tests.factories import (
    NOW,
    a_dtc_store,
    a_store,
    a_version,
    an_account,
    an_affiliate,
    an_offer,
)

TOMORROW = date(2026, 9, 2)
FORM = Form("Pans that last.")
SHOWN = """SELECT l.offer_id, l.store_id, l.brand_name, l.store_name, l.offer_name, l.channel,
                  l.marketplace_id, l.currency, l.rate_bp, l.cookie_days, l.agreement_id
             FROM listing l"""
TRUE = """SELECT o.id, s.id, b.name, s.name, o.name, s.channel, s.marketplace_id, s.currency,
                 v.rate_bp, v.cookie_days,
                 (SELECT id FROM agreement WHERE offer_id = o.id ORDER BY version DESC LIMIT 1)
            FROM listing l
            JOIN offer o ON o.id = l.offer_id
            JOIN store s ON s.id = o.store_id
            JOIN brand b ON b.id = s.brand_id
            JOIN offer_version v ON v.offer_id = o.id
           WHERE v.valid_from <= ($1::timestamptz AT TIME ZONE s.time_zone)::date
           ORDER BY v.valid_from DESC LIMIT 1"""

WAITS = """SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'"""


async def in_account(db, account_id, action, *args, **kwargs):
    async with db.transaction(account_id) as tx:
        return await action(tx, account_id, *args, **kwargs)


async def show(db, account_id, offer_id, form=FORM, now=NOW):
    return await in_account(db, account_id, actions.list_offer, offer_id, form, now)


async def a_brand(owner, offers=1, **fields):
    account_id = await an_account(owner, **fields)
    store_id = await a_store(owner, account_id)
    return (
        account_id,
        store_id,
        *[await an_offer(owner, account_id, store_id, 500 + number) for number in range(offers)],
    )


async def found(db, affiliate_id=None):
    """What an affiliate of the network sees."""
    async with db.affiliate(affiliate_id or uuid4()) as tx:
        return {row["id"] for row in await tx.fetch("SELECT id FROM listing")}


async def test_an_offer_is_listed_at_no_charge_on_any_plan(db, owner):
    """S31, S34."""
    account_id, _, offer_id = await a_brand(owner, plan="LAUNCH", amazon_entitled_at=None)

    listing_id = await show(db, account_id, offer_id)

    assert await found(db, await an_affiliate(owner)) == {listing_id}
    assert await owner.fetchrow(SHOWN) == await owner.fetchrow(TRUE, NOW)
    assert await owner.fetchval("SELECT plan FROM account") == "LAUNCH"


async def test_listing_a_second_offer_takes_the_place_of_the_first(db, owner):
    """S32, S33: in one step, also where the other one is of the brand's own shop."""
    account_id, _, first, second = await a_brand(owner, 2)
    shop_offer = await an_offer(owner, account_id, await a_dtc_store(owner, account_id), 700)
    ids = []
    for offer_id in (first, second, shop_offer):
        ids.append(await show(db, account_id, offer_id))

        assert await found(db) == {ids[-1]}
        assert await owner.fetchrow(SHOWN) == await owner.fetchrow(TRUE, NOW)
    assert len(set(ids)) == 3


async def test_listing_the_same_offer_again_keeps_its_listing(db, owner):
    account_id, _, offer_id = await a_brand(owner)
    first = await show(db, account_id, offer_id)

    again = await show(db, account_id, offer_id, Form("Other words."), NOW + timedelta(days=1))

    row = await owner.fetchrow("SELECT description, listed_at, changed_at FROM listing")
    assert again == first
    assert tuple(row) == ("Other words.", NOW, NOW + timedelta(days=1))


async def test_fifty_listings_at_once_leave_one_whole_listing(db, owner):
    """S32, S33: every column is of the same offer, its form included."""
    account_id = await an_account(owner)
    stores = [await a_store(owner, account_id, name=f"Store {n}") for n in range(5)]
    offers = [
        await an_offer(owner, account_id, stores[n % 5], 100 + n, name=f"Offer {n}")
        for n in range(50)
    ]

    ids = await asyncio.gather(
        *(
            show(db, account_id, offer, Form(f"Offer {n}", questions=(Question(f"{n}?"),)))
            for n, offer in enumerate(offers)
        )
    )

    row = await owner.fetchrow("SELECT id, offer_id, description, offer_name FROM listing")
    assert await owner.fetchval("SELECT count(*) FROM listing") == 1
    assert await owner.fetchrow(SHOWN) == await owner.fetchrow(TRUE, NOW)
    assert row["id"] == ids[offers.index(row["offer_id"])]
    assert row["description"] == row["offer_name"]
    assert await found(db) == {row["id"]}


async def test_what_cannot_be_promoted_is_not_listed(db, owner):
    account_id, store_id, _ = await a_brand(owner)
    archived = await an_offer(owner, account_id, store_id, archived_at=NOW)
    planned = await an_offer(owner, account_id, store_id, valid_from=TOMORROW)
    gone = await a_store(owner, account_id, disconnected_at=NOW)
    gone_offer = await an_offer(owner, account_id, gone)
    foreign = (await a_brand(owner))[2]

    with pytest.raises(OfferArchived):
        await show(db, account_id, archived)
    with pytest.raises(NotInForceYet, match="2026-09-02"):
        await show(db, account_id, planned)
    with pytest.raises(NoStoreToPromote, match="2026-09-01"):
        await show(db, account_id, gone_offer)
    for unknown in (foreign, uuid4()):
        with pytest.raises(NotFound, match="offer"):
            await show(db, account_id, unknown)

    assert await found(db) == set()
    await show(db, account_id, planned, now=NOW + timedelta(days=1))
    assert len(await found(db)) == 1


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("description", {"description": "x" * 5_001}),
        ("description", {"description": "\0"}),
        ("categories", {"categories": ["HOME", "GARDEN", "TOYS", "PETS", "BABY", "BOOKS"]}),
        ("categories", {"categories": ["CUTLERY"]}),
        ("coverUrl", {"cover_url": "http://acme.example/a.png"}),
        ("coverUrl", {"cover_url": "https://ann:pw@acme.example/a.png"}),
        ("coverUrl", {"cover_url": "https://acme/a.png"}),
        ("coverUrl", {"cover_url": "acme.example/a.png"}),
        ("coverUrl", {"cover_url": "javascript:alert(1)"}),
        ("questions", {"questions": [Question(f"{n}?") for n in range(11)]}),
        ("questions", {"questions": [Question("Who?"), Question(" Who? ")]}),
        ("questions", {"questions": [Question(" ")]}),
        ("minimumAudience", {"acceptance": Acceptance(minimum_audience=-1)}),
        ("dailyLimit", {"acceptance": Acceptance(daily_limit=0)}),
    ],
)
async def test_a_form_that_makes_no_sense_is_refused_by_field(db, owner, field, bad):
    account_id, _, offer_id = await a_brand(owner)
    listing_id = await show(db, account_id, offer_id)
    before = await owner.fetchrow("SELECT * FROM listing")

    with pytest.raises(InvalidInput) as refused:
        await in_account(db, account_id, actions.edit_listing, listing_id, NOW, **bad)

    assert refused.value.field == field
    assert await owner.fetchrow("SELECT * FROM listing") == before


async def test_an_edit_changes_what_is_given_and_nothing_else(db, owner):
    account_id, _, offer_id = await a_brand(owner)
    form = rules.form(
        "Pans", ["KITCHEN"], "https://acme.example/pan.png", [Question("Who?", True)],
        Acceptance(True, True, 1000, 5),
    )  # fmt: skip
    listing_id = await show(db, account_id, offer_id, form)
    edits = [
        {"description": ""}, {"categories": ["TOYS", "HOME"]}, {"cover_url": ""},
        {"questions": []}, {"acceptance": Acceptance()},
    ]  # fmt: skip
    kept = ["description", "categories", "cover_url", "questions", "auto_accept", "daily_limit"]
    seen = []
    for edit in edits:
        await in_account(db, account_id, actions.edit_listing, listing_id, NOW, **edit)
        row = await owner.fetchrow("SELECT * FROM listing")
        seen.append([row[name] for name in kept])

    assert seen[0][0] == ""
    assert seen[1][:3] == ["", ["HOME", "TOYS"], "https://acme.example/pan.png"]
    assert seen[2][2] is None
    assert seen[3][3:] == ["[]", True, 5]
    assert seen[4] == ["", ["HOME", "TOYS"], None, "[]", False, None]


async def test_what_is_unlisted_is_as_if_it_had_never_been(db, owner):
    """S34: another brand's listing, one that is no more and none at all are refused alike."""
    account_id, _, offer_id = await a_brand(owner)
    other_account, _, other_offer = await a_brand(owner)
    theirs = await show(db, other_account, other_offer)
    mine = await show(db, account_id, offer_id)

    await in_account(db, account_id, actions.unlist, mine, NOW)

    assert await found(db) == {theirs}
    words = set()
    for id in (mine, theirs, uuid4()):
        with pytest.raises(NotFound) as refused:
            await in_account(db, account_id, actions.unlist, id, NOW)
        words.add(refused.value.message.replace(id.hex, "…"))
        with pytest.raises(NotFound):
            await in_account(db, account_id, actions.edit_listing, id, NOW, description="")
        with pytest.raises(NotFound):
            await in_account(db, account_id, actions.note_visit, id, uuid4(), NOW)
    assert len(words) == 1


async def test_a_listed_offer_is_archived_once_another_took_its_place(db, owner):
    account_id, _, first, second = await a_brand(owner, 2)
    await show(db, account_id, first)

    with pytest.raises(OfferListed):
        await in_account(db, account_id, archive_offer, first, NOW)
    await show(db, account_id, second)
    await in_account(db, account_id, archive_offer, first, NOW)

    assert await owner.fetchval("SELECT archived_at FROM offer WHERE id = $1", first) == NOW


async def test_archiving_and_listing_an_offer_at_once_never_do_both(db, owner):
    account_id, store_id = (await a_brand(owner))[:2]
    for number in range(20):
        offer_id = await an_offer(owner, account_id, store_id, name=f"Race {number}")
        both = [
            show(db, account_id, offer_id),
            in_account(db, account_id, archive_offer, offer_id, NOW),
        ]
        outcomes = await asyncio.gather(*both, return_exceptions=True)

        refused = [one for one in outcomes if isinstance(one, OfferListed | OfferArchived)]
        assert len(refused) == 1
        assert not await owner.fetchval(
            "SELECT count(*) FROM listing l JOIN offer o ON o.id = l.offer_id"
            " WHERE o.archived_at IS NOT NULL"
        )


async def test_a_disconnected_store_is_in_no_listing(db, owner):
    account_id, store_id, offer_id = await a_brand(owner)
    other_store = await a_store(owner, account_id)
    await show(db, account_id, offer_id)

    await in_account(db, account_id, disconnect_store, other_store, NOW)
    assert len(await found(db)) == 1
    await in_account(db, account_id, disconnect_store, store_id, NOW)

    assert await found(db) == set()


async def test_a_listing_shows_a_planned_rate_from_its_day_on(db, owner):
    """The day is the store's: the rate changes at midnight in Los Angeles."""
    account_id, _, offer_id = await a_brand(owner)
    await show(db, account_id, offer_id)
    await a_version(owner, account_id, offer_id, 900, TOMORROW)
    before = datetime(2026, 9, 2, 6, 59, tzinfo=UTC)
    seen = []
    for moment in (before, before + timedelta(minutes=1)):
        async with db.system() as tx:
            await actions.plan_measuring(tx, moment)
            await actions.plan_measuring(tx, moment)
            await actions.measure_reputation(tx, account_id, moment)
        seen.append(await owner.fetchval("SELECT rate_bp FROM listing"))

    assert seen == [500, 900]
    duties = await owner.fetch("SELECT kind, subject, run_at FROM duty")
    assert [tuple(one) for one in duties] == [(Kind.MEASURE_REPUTATION, str(account_id), before)]


EDITS = st.one_of(
    st.builds(lambda n: {"name": f"Name {n}"}, st.integers(0, 3)),
    st.builds(
        lambda rate, ahead: {"terms": Terms(rate), "starts_on": ahead},
        st.integers(0, 10_000),
        st.none() | st.integers(0, 4),
    ),
    st.sampled_from(["swap", "agree", "rename", "day"]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(EDITS, st.integers(0, 1)), min_size=1, max_size=12))
async def test_a_listing_says_what_the_tables_say(db, owner, steps):
    """S31: after any edits of any of its offers, swaps and days that pass."""
    account_id, store_id, *offers = await a_brand(owner, 2)
    now = NOW
    await show(db, account_id, offers[0])
    for number, (step, which) in enumerate(steps):
        offer_id = offers[which]
        match step:
            case "swap":
                await show(db, account_id, offer_id, now=now)
            case "agree":
                await in_account(
                    db, account_id, actions.publish_agreement, offer_id, f"Text {number % 2}",
                    "prsn", now,
                )  # fmt: skip
            case "rename":
                await owner.execute(
                    "UPDATE store SET name = $2 WHERE id = $1", store_id, f"Store {number}"
                )
                await in_account(db, account_id, showing.refresh, now)
            case "day":
                now += timedelta(days=1)
                async with db.system() as tx:
                    await actions.measure_reputation(tx, account_id, now)
            case edit:
                ahead = edit.get("starts_on")
                day = None if ahead is None else now.date() + timedelta(days=ahead)
                changes = edit | {"starts_on": day}
                if "name" in edit:
                    changes["name"] += f" {which}"
                await in_account(db, account_id, edit_offer, offer_id, now, **changes)

        mine = f"{SHOWN} WHERE l.account_id = $1"
        truth = TRUE.replace("WHERE", "WHERE l.account_id = $2 AND")
        assert await owner.fetchrow(mine, account_id) == await owner.fetchrow(
            truth, now, account_id
        )


async def test_edits_and_swaps_at_once_leave_the_listing_true(db, owner):
    account_id, _, *offers = await a_brand(owner, 2)
    await show(db, account_id, offers[0])

    async def change(number):
        offer_id, name = offers[number % 2], f"Name {number}"
        if number % 10 < 2:
            await show(db, account_id, offer_id)
        elif number % 10 < 4:
            await in_account(db, account_id, actions.publish_agreement, offer_id, name, "prsn", NOW)
        else:
            await in_account(db, account_id, edit_offer, offer_id, NOW, name=name)

    for begin in range(0, 120, 20):
        await asyncio.gather(*(change(number) for number in range(begin, begin + 20)))

        assert await owner.fetchrow(SHOWN) == await owner.fetchrow(TRUE, NOW)


async def test_a_refresh_waits_for_a_swap_and_then_shows_the_new_offer(db, owner):
    account_id, _, first, second = await a_brand(owner, 2)
    await show(db, account_id, first)
    await owner.execute("UPDATE offer SET name = 'Renamed' WHERE id = $1", first)

    async with db.transaction(account_id) as tx:
        await actions.list_offer(tx, account_id, second, FORM, NOW)
        refreshed = asyncio.create_task(in_account(db, account_id, showing.refresh, NOW))
        while not await owner.fetchval(WAITS):
            await owner.execute("SELECT pg_sleep(0.01)")
    await refreshed

    assert await owner.fetchval("SELECT offer_id FROM listing") == second
    assert await owner.fetchrow(SHOWN) == await owner.fetchrow(TRUE, NOW)


async def test_searches_know_every_word_that_a_listing_shows(db, owner):
    account_id, _, offer_id = await a_brand(owner)
    unknown = """SELECT unnest(tsvector_to_array(search)) FROM listing
                 EXCEPT SELECT word FROM search_word"""
    listing_id = await show(db, account_id, offer_id, Form("Enamelled teapots"))
    assert await owner.fetch(unknown) == []

    await in_account(db, account_id, edit_offer, offer_id, NOW, name="Blizzard")
    assert await owner.fetch(unknown) == []
    await in_account(db, account_id, actions.edit_listing, listing_id, NOW, description="Velvet")

    assert await owner.fetch(unknown) == []
    assert await owner.fetchval("SELECT true FROM search_word WHERE word = 'blizzard'")


async def test_visits_and_beginnings_count_once(db, owner):
    account_id, _, offer_id = await a_brand(owner)
    listing_id = await show(db, account_id, offer_id)
    ann, bob = await an_affiliate(owner), await an_affiliate(owner)
    later = NOW + timedelta(hours=1)

    for who, started, moment in [
        (ann, False, NOW), (ann, True, later), (ann, True, later + timedelta(hours=1)),
        (ann, False, later), (bob, False, later),
    ]:  # fmt: skip
        await in_account(
            db, account_id, actions.note_visit, listing_id, who, moment, started=started
        )

    rows = await owner.fetch("SELECT affiliate_id, visited_at, started_at FROM listing_visit")
    assert {tuple(row) for row in rows} == {(ann, NOW, later), (bob, later, None)}
