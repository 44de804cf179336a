from __future__ import annotations

import asyncio
import itertools
import json
import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.affiliates import actions as affiliates
from domain.affiliates import bulk
from domain.amazon import actions as amazon
from domain.amazon.queries import grant as the_grant
from domain.catalog import actions as catalog
from domain.discovery import inviting
from domain.events import news
from domain.events.actions import record
from domain.events.rules import Event, EventType
from domain.ids import encode
from domain.marketplace import actions as marketplace
from domain.marketplace.rules import Form
from domain.offers import actions as offers
from domain.offers.rules import Terms
from domain.reports import actions as reports
from domain.reports.rows import Level
from domain.reports.staleness import note_staleness, plan_staleness
from tests.domain.events import happening
from tests.domain.events.happening import ALL, CASES, a_world
from tests.factories import NOW, a_link, a_product, an_account, an_offer
from tests.marketplace import an_invitation
from tests.reporting import body, campaign_row, consents, day, morning, sold

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_nobody_listens_and_nothing_is_written_or_numbered(db, owner):
    world = await a_world(db, owner)
    await world.hear()
    for case, _ in CASES.values():
        await case(world)
        assert await world.events() == []
    numbers = "SELECT count(*) FROM event_sequence WHERE account_id = $1"
    assert await owner.fetchval(numbers, world.account_id) == 0


async def test_a_report_that_nobody_listens_to_asks_once_who_does(db, owner):
    world = await a_world(db, owner)
    await world.hear()
    desk = world.desk
    rows = [campaign_row(desk.tokens[0], day(n), sold(100 + n)) for n in range(5)]
    run = await desk.receive(body(rows[:3]), body(rows[3:]), at=morning(3))
    asked = []
    async with db.transaction(world.account_id) as tx:
        with tx.query_logger(lambda one: asked.append(one.query)):
            await reports.take_in(tx, run, morning(3), degraded=[])
    assert any("INSERT INTO conversion" in sql for sql in asked)
    assert len([sql for sql in asked if "hears" in sql or "event" in sql]) == 1


async def test_what_was_rolled_back_has_not_happened(db, owner):
    world = await a_world(db, owner)

    async def pause_and_fail(tx, account_id):
        await affiliates.pause(tx, account_id, world.desk.partnership_ids[0], "Sold out.", NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await world.do(pause_and_fail)
    assert await world.events() == []
    await happening.paused(world)
    [event] = await world.events()
    assert event["sequence"] == 1


async def test_whoever_listens_to_it_and_is_concerned_is_told(db, owner):
    world = await a_world(db, owner)
    paused = EventType.PARTNERSHIP_CHANGED
    mine, _ = world.affiliate_ids
    for account, affiliate, to in [
        (True, True, (True, [mine])),
        (True, False, (True, [])),
        (False, True, (False, [mine])),
    ]:
        await world.hear(paused, account=account, affiliates=affiliate)
        action = affiliates.resume if to == (True, []) else affiliates.pause
        await world.do(action, world.desk.partnership_ids[0], "Because.", NOW)
        [event] = await world.events()
        assert (event["to_account"], event["affiliate_ids"]) == to
        await world.forget()
    await world.hear("offer.changed")
    await world.do(affiliates.resume, world.desk.partnership_ids[0], None, NOW)
    assert await world.events() == []
    # Another account's matter is nobody's here.
    elsewhere = await a_world(db, owner)
    await world.hear(paused)
    await happening.paused(elsewhere)
    assert await world.events() == []
    [event] = await elsewhere.events()
    assert event["affiliate_ids"] == [elsewhere.affiliate_ids[0]]


async def test_what_changes_nothing_tells_nothing(db, owner):
    world = await a_world(db, owner)
    part, offer_id = world.desk.partnership_ids[0], world.offer_id
    listing_id = await world.listing()
    for _ in range(2):
        await world.do(affiliates.pause, part, "Sold out.", NOW)
        await world.do(affiliates.move_to_offer, world.desk.partnership_ids[1], offer_id, None, NOW)
        await world.do(offers.edit_offer, offer_id, NOW, name="Fall", terms=Terms(1100, 14))
        await world.do(marketplace.edit_listing, listing_id, NOW, description="More.")
        id = await world.do(marketplace.list_offer, offer_id, Form(description="More."), NOW)
        assert id == listing_id
    told = await world.told()
    assert told.count("partnership.changed") == 2, "a pause, and the day from which it pays"
    assert told.count("offer.changed") == 1
    await world.do(offers.edit_offer, offer_id, NOW, name="Fall")
    assert await world.told() == []


async def test_the_same_report_again_tells_nothing_and_a_rebuild_neither(db, owner):
    world = await a_world(db, owner)
    await happening.threshold(world)
    await world.forget()
    await happening.threshold(world)
    later = [
        campaign_row(world.desk.tokens[0], day(n), sold(s)) for n, s in ((0, 12_345), (1, 2_000))
    ]
    await world.desk.report(later[::-1], morning(4))
    await world.desk.rebuilt_the_same()
    assert await world.told() == []
    numbers = await owner.fetch(
        "SELECT last FROM event_sequence WHERE account_id = $1", world.account_id
    )
    assert {row["last"] for row in numbers} == {1}


async def test_a_report_that_comes_late_tells_what_it_changes(db, owner):
    """What the newer report said still holds, so only what it had not said is news."""
    world = await a_world(db, owner)
    desk = world.desk
    early = [campaign_row(desk.tokens[0], day(n), sold(500)) for n in (0, 2)]
    run = await desk.receive(body(early), at=morning(3))
    await desk.says(morning(4), (0, sold(700)), (1, sold(500)))
    before = {row["day"]: row for row in await desk.conversions()}
    await world.forget()
    await desk.take_in(run, morning(5), accepted=True)
    told = {event["body"]["data"]["day"]: event["type"] for event in await world.events()}
    conversions = {row["day"]: row for row in await desk.conversions()}
    # The first day's sales stand, and are known to have been there earlier; the day between was
    # made anew with them and came out as it was.
    assert told == {str(day(0)): "conversion.restated", str(day(2)): "conversion.created"}
    assert conversions[day(1)] == before[day(1)]
    assert conversions[day(0)]["sales_minor"] == 700


async def test_a_settled_conversion_keeps_what_stands_and_tells_the_difference(db, owner):
    world = await a_world(db, owner)
    for case in (happening.threshold, happening.settled, happening.approved):
        await case(world)
    await world.forget()
    await happening.adjusted(world)
    [event] = [e for e in await world.events() if e["body"]["data"]["day"] == str(day(0))]
    data = event["body"]["data"]
    assert (data["status"], data["sales"]["amount"]) == ("APPROVED", "123.45")
    assert data["reported"]["sales"] == {"amount": "100.00", "currency": "USD"}
    assert data["adjustment"]["sales"]["amount"] == "-23.45"
    assert data["adjustment"]["commission"]["amount"] == "-2.34"
    assert data["decision"]["verdict"] == "APPROVED"


async def test_a_planned_move_is_told_when_it_is_made_and_when_it_begins(db, owner):
    world = await a_world(db, owner)
    desk = world.desk
    better = await an_offer(owner, world.account_id, desk.store_id, name="Better")
    in_a_week = NOW + timedelta(days=7)
    await world.do(affiliates.move_to_offer, desk.partnership_ids[0], better, in_a_week.date(), NOW)
    await world.do(affiliates.start_planned_moves, desk.store_id, NOW)
    await world.do(affiliates.start_planned_moves, desk.store_id, in_a_week)
    await world.do(affiliates.start_planned_moves, desk.store_id, in_a_week)
    events = await world.events()
    assert [event["sequence"] for event in events] == [1, 2]
    planned, begun = (event["body"]["data"] for event in events)
    assert planned["offer"]["name"] != begun["offer"]["name"] == "Better"
    assert planned["assignments"] == begun["assignments"]


async def test_what_waited_is_accepted_when_the_two_become_partners_otherwise(db, owner):
    world = await a_world(db, owner)
    ann = await world.stranger()
    application_id = await world.apply(ann)
    invitation_id = await an_invitation(owner, world.account_id, world.offer_id, ann)
    await world.forget()
    await world.do(inviting.accept, invitation_id, ann, None, "prsn_ann", NOW)
    events = {event["type"]: event for event in await world.events()}
    assert events.keys() == {"partnership.created", "application.accepted"}
    data = events["application.accepted"]["body"]["data"]
    assert data["id"] == encode("appl", application_id)
    assert data["affiliate"]["id"] == encode("affl", ann)
    assert data["partnership"]["id"] == events["partnership.created"]["entity"]


async def test_an_applicant_has_no_id_for_a_brand_that_does_not_know_them(db, owner):
    world = await a_world(db, owner)
    ann = await world.stranger()
    await world.apply(ann)
    [event] = await world.events()
    assert event["affiliate_ids"] == [ann]
    assert event["body"]["data"]["affiliate"] is None
    assert ann.hex not in json.dumps(event["body"])


async def test_a_listing_that_takes_anothers_place_ends_that_one(db, owner):
    world = await a_world(db, owner)
    old = await world.listing()
    other = await an_offer(owner, world.account_id, world.desk.store_id, name="Other")
    new = await world.do(marketplace.list_offer, other, Form(), NOW)
    await world.do(marketplace.unlist, new, NOW)
    shown = [(e["entity"], e["body"]["data"]["listed"]) for e in await world.events()]
    assert shown == [
        (encode("lstg", old), False),
        (encode("lstg", new), True),
        (encode("lstg", new), False),
    ]
    await world.listing()
    await world.forget()
    await world.do(catalog.disconnect_store, world.desk.store_id, NOW)
    assert await world.told() == ["listing.changed"]


async def test_a_consent_that_is_lost_is_told_of_every_store_of_the_seller(db, owner):
    world = await a_world(db, owner)
    await happening.reconnect_needed(world)
    [event] = await world.events()
    data = event["body"]["data"]
    assert (data["status"], event["affiliate_ids"]) == ("RECONNECT", [])
    assert "invalid_grant" in data["problem"]
    # A lease that is another's by now loses nothing.
    id = await owner.fetchval(
        "UPDATE amazon_grant SET state = 'CONNECTED' WHERE account_id = $1 RETURNING id",
        world.account_id,
    )
    await world.forget()
    async with db.transaction(world.account_id) as tx:
        grant = await the_grant(tx, world.account_id, id)
        await amazon.lose_consent(tx, grant, uuid4(), "invalid_grant", NOW)
    assert await world.told() == []


async def test_a_store_is_behind_once_until_it_is_fresh_again(db, owner):
    world = await a_world(db, owner)
    desk = world.desk

    async def note(at, plan=note_staleness):
        async with db.system() as tx:
            await plan(tx, at)
        since = await owner.fetchval("SELECT stale_since FROM store WHERE id = $1", desk.store_id)
        return since, await world.told()

    due = NOW + timedelta(hours=36)
    assert await note(due) == (None, [])
    assert await note(due + timedelta(seconds=1)) == (due, ["store.stale"])
    assert await note(due + timedelta(days=1)) == (due, [])
    now = due + timedelta(days=1)
    for level, still in ((Level.ADGROUP, due), (Level.CAMPAIGN, None)):
        await desk.report([], now, level)
        await world.forget()
        assert await note(now) == (still, [])
    later = now + timedelta(hours=37)
    assert (await note(later, plan_staleness))[1] == ["store.stale"]
    await owner.execute("UPDATE store SET stale_since = NULL")
    assert await note(later, plan_staleness) == (None, []), "its turn comes in ten minutes"
    await world.do(catalog.disconnect_store, desk.store_id, later)
    assert await note(later + timedelta(days=2)) == (None, [])
    back = later + timedelta(days=3)
    await consents(desk)
    await world.do(catalog.reconnect_store, desk.store_id, back)
    await world.forget()
    assert await note(back + timedelta(hours=36)) == (None, []), "there was nothing to read before"
    behind = back + timedelta(hours=36, seconds=1)
    assert await note(behind) == (back + timedelta(hours=36), ["store.stale"])


async def test_a_former_partner_whose_link_leads_to_a_product_is_told_that_it_is_gone(db, owner):
    world = await a_world(db, owner, affiliates=3)
    account_id, store_id = world.account_id, world.desk.store_id
    await a_link(owner, account_id, world.desk.partnership_ids[1])
    asin = await owner.fetchval("SELECT landing FROM creative WHERE store_id = $1", store_id)
    await a_product(owner, account_id, store_id, sku="A", asin=asin)
    for former in world.desk.partnership_ids[1:]:
        await world.do(affiliates.end, former, "Bye.", NOW)
    await world.forget()
    async with (
        db.transaction(account_id) as tx,
        news.products_leaving(tx, account_id, store_id, ["A"], NOW),
    ):
        await tx.execute("UPDATE product SET status = 'INACTIVE' WHERE account_id = $1", account_id)
    [event] = await world.events()
    assert event["affiliate_ids"] == sorted(world.affiliate_ids[:2])


async def test_numbers_have_no_gaps_whoever_writes_at_once_and_nobody_deadlocks(db, owner):
    account_id = await an_account(owner, hears=ALL)
    entities = [encode("conv", uuid4()) for _ in range(6)]
    draw = random.Random(3)

    async def write(order: list[str], fails: bool) -> None:
        try:
            async with db.transaction(account_id) as tx:
                events = [
                    Event(EventType.CONVERSION_CREATED, entity, {"id": entity}, NOW)
                    for entity in order
                ]
                await record(tx, account_id, events)
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    orders = [draw.choices(entities, k=draw.randint(1, 9)) for _ in range(60)]
    fails = [draw.random() < 0.3 for _ in orders]
    await asyncio.gather(*(write(*one) for one in zip(orders, fails, strict=True)))

    rows = await owner.fetch(
        "SELECT entity, sequence, body FROM event WHERE account_id = $1 ORDER BY sequence",
        account_id,
    )
    for entity in entities:
        mine = [row for row in rows if row["entity"] == entity]
        wanted = sum(o.count(entity) for o, f in zip(orders, fails, strict=True) if not f)
        assert [row["sequence"] for row in mine] == list(range(1, wanted + 1))
        assert [json.loads(row["body"])["sequence"] for row in mine] == list(range(1, wanted + 1))


async def test_the_app_writes_events_and_reads_none(db, owner):
    account_id: UUID = await an_account(owner)
    async with db.account(account_id) as tx:
        for sql in ("SELECT FROM event", "UPDATE event SET type = ''", "DELETE FROM event"):
            with pytest.raises(Exception, match="permission denied"):
                await tx.execute(sql)


async def test_whoever_changes_the_same_ones_at_once_is_told_of_in_the_order_of_the_changes(
    db, owner
):
    world = await a_world(db, owner, affiliates=6)
    ids = list(world.desk.partnership_ids)
    both = [bulk.pause_many, bulk.resume_many] * 8
    ways = [
        world.do(action, ids[:: 1 if number % 3 else -1], f"Turn {number}.", NOW)
        for number, action in enumerate(both)
    ]
    await asyncio.gather(*ways)
    events = await world.events()
    for id in ids:
        mine = sorted(
            (e for e in events if e["entity"] == encode("part", id)), key=lambda e: e["sequence"]
        )
        assert [event["sequence"] for event in mine] == list(range(1, len(mine) + 1))
        turns = [event["body"]["data"]["status"] for event in mine]
        assert all(one != next for one, next in itertools.pairwise(["ACTIVE", *turns]))
        status = await owner.fetchval("SELECT status FROM partnership WHERE id = $1", id)
        assert ["ACTIVE", *turns][-1] == status
