"""Somebody is erased: no word of theirs is left in any table, and no sum has moved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from db.pool import Database
from domain.audit.actions import record_outside, verify
from domain.audit.rules import Whole
from domain.erasure.actions import erase
from domain.erasure.rules import NobodyKnown, OwnsAlone, renamed, told_without
from domain.events.rules import EventType
from domain.ids import WrongId, decode, encode
from domain.webhooks.relaying import relay
from tests.factories import NOW, a_conversion, an_affiliate, insert
from tests.journeys import words
from tests.journeys.actors import Affiliate, Brand, a_brand
from tests.schema.conftest import Clock, affiliate_client

CANARY = "xanthippe"
EMAIL = f"{CANARY}@example.com"
PROFILE = words.PROFILE | {
    "name": f"{CANARY.title()} Cooks",
    "bio": f"I am {CANARY.upper()}, and I film it.",
    "channels": [{"kind": "YOUTUBE", "url": f"https://youtube.example/@{CANARY}", "audience": 9}],
}
ANNOTATE = """mutation($input: AnnotatePartnershipInput!) { annotatePartnership(input: $input) {
  __typename ... on Refusal { message } } }"""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
async def brand(db: Database, owner: asyncpg.Connection, clock: Clock) -> Brand:
    return await a_brand(db, owner, clock)


async def left(owner: asyncpg.Connection) -> list[str]:
    """Tables with a row in which the canary still sings, in whatever spelling."""
    tables = await owner.fetch(
        """SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') ORDER BY 1"""
    )
    return [
        table
        for (table,) in tables
        if await owner.fetchval(
            f"SELECT EXISTS (SELECT FROM {table} t WHERE t::text ILIKE '%{CANARY}%')"
        )
    ]


async def sums(owner: asyncpg.Connection) -> list[asyncpg.Record]:
    """What was sold and earned, and by which id."""
    rows: list[asyncpg.Record] = await owner.fetch(
        """SELECT c.account_id, c.affiliate_id, c.day, c.status, c.sales_minor,
                  c.commission_minor, c.reported_sales_minor
             FROM conversion c ORDER BY c.account_id, c.affiliate_id, c.day"""
    )
    return rows


async def a_known_person(owner: asyncpg.Connection) -> tuple[UUID, UUID]:
    """Signed up, as an affiliate too; their session and a letter to them."""
    values = {"email": EMAIL, "name": f"{CANARY} Smith", "created_at": NOW}
    person_id = await insert(owner, "person", values | {"email_verified_at": NOW})
    affiliate_id = await an_affiliate(owner, name=f"{CANARY} S.", email=EMAIL, person_id=person_id)
    await owner.execute(
        """INSERT INTO session (token_hash, person_id, browser, begun_at, seen_at, expires_at)
           VALUES ('x', $1, $2, $3, $3, $4)""",
        person_id, f"{CANARY}'s phone", NOW, NOW + timedelta(days=1),
    )  # fmt: skip
    await owner.executemany(
        "INSERT INTO mail (recipient, subject, created_at) VALUES ($1, $2, $3)",
        [
            (EMAIL, "Welcome", NOW),
            ("brand@example.com", f"{CANARY} S. asks to join", NOW),
            ("brand@example.com", "Somebody else asks to join", NOW),
        ],
    )
    return person_id, affiliate_id


async def a_life(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> tuple[UUID, Affiliate]:
    """All that a person can leave behind, by the way that they leave it."""
    person_id, affiliate_id = await a_known_person(owner)
    client = affiliate_client(db, affiliate_id)
    client.clock = client.wall = clock
    client.actor, client.person_id = encode("pers", person_id), person_id
    her = Affiliate(client, encode("affl", affiliate_id))
    await her.profile(**PROFILE)
    listing = await brand.list_offer(questions=[{"question": "Where?", "required": True}])
    answer = [{"question": "Where?", "answer": f"At {CANARY}'s"}]
    first = await her.apply(listing["id"], message=f"It's {CANARY}.", answers=answer)
    await brand.reject(first["id"], f"Not you, {CANARY}.")
    second = await her.apply(listing["id"], message=f"{CANARY} again", answers=answer)
    joined = await brand.accept(second["id"])
    partnership = joined["partnership"]["id"]
    await brand.act(
        ANNOTATE,
        input={
            "partnershipId": partnership,
            "tags": [CANARY],
            "note": f"{CANARY}!",
            "customFields": [{"name": "Cat", "value": CANARY}],
        },
    )
    await brand.act(words.PAUSE, id=partnership, reason=f"{CANARY} is away")
    other = await brand.another_store()
    declined = await other.invite(her.id, f"Dear {CANARY}")
    await her.decline(declined["id"], f"{CANARY} is busy")
    part = decode("part", partnership)
    version = await owner.fetchval("SELECT id FROM offer_version LIMIT 1")
    for day in range(3):
        await a_conversion(owner, brand.account_id, part, version, date(2026, 5, 1 + day))
    await owner.execute(
        """INSERT INTO webhook_endpoint
                  (account_id, id, url, description, event_types, signature, created_at)
           VALUES ($1, uuidv7(), $2, $3, '{conversion.created}', 'STANDARD', $4),
                  ($5, uuidv7(), 'https://brand.example', '', '{}', 'STANDARD', $4)""",
        affiliate_id, f"https://{CANARY}.example", f"{CANARY}'s", NOW, brand.account_id,
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO webhook_delivery
                  (account_id, endpoint_id, event_id, event_type, entity, sequence, occurred_at,
                   body, status, created_at)
           SELECT account_id, id, uuidv7(), 'conversion.created', 'conv_1', 1, $1,
                  '{"affiliate": {"id": "' || $2 || '", "name": "' || $3 || '"}}', 'DELIVERED', $1
             FROM webhook_endpoint""",
        NOW, her.id, CANARY,
    )  # fmt: skip
    await insert(
        owner, "member_invitation",
        {
            "account_id": brand.account_id, "email": EMAIL, "role": "VIEWER", "invited_by": "me",
            "invited_at": NOW, "expires_at": NOW + timedelta(days=7),
        },
    )  # fmt: skip
    async with db.system() as tx:
        await record_outside(
            tx, encode("pers", person_id), "changeName", {"name": f"Old {CANARY}"},
            [{"subject": encode("pers", person_id), "after": {"email": EMAIL}}], None, NOW,
        )  # fmt: skip
    return person_id, her


@pytest.mark.parametrize("named_by", ["email", "person", "affiliate"])
async def test_no_word_is_left_and_no_sum_has_moved(
    named_by: str, brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    person_id, her = await a_life(brand, db, owner, clock)
    before, found = await sums(owner), await left(owner)
    text = {"email": EMAIL.upper(), "person": encode("pers", person_id), "affiliate": her.id}

    async with db.system() as tx:
        await erase(tx, text[named_by], clock.now())

    assert len(found) >= 15, "the canary was heard in most of the places where it may sing"
    assert await left(owner) == []
    assert await sums(owner) == before
    assert len(before) == 3
    async with db.account(brand.account_id) as tx:
        whole = await verify(tx, brand.account_id)
    assert isinstance(whole, Whole)
    assert 0 < whole.erased < whole.entries
    assert await owner.fetchval("SELECT count(*) FROM mail WHERE subject LIKE '%asks to join'") == 2
    [shown] = await brand.partnerships()
    assert shown["status"] == "ENDED"
    assert shown["affiliate"]["name"] == "Erased"


async def test_an_audit_that_was_altered_otherwise_is_still_found_out(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    await a_life(brand, db, owner, clock)
    async with db.system() as tx:
        await erase(tx, EMAIL, clock.now())

    await owner.execute("UPDATE audit_entry SET hash = 'x' WHERE erased_at IS NOT NULL")

    async with db.account(brand.account_id) as tx:
        assert not isinstance(await verify(tx, brand.account_id), Whole)


async def test_others_of_the_same_name_are_left_alone(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    await a_life(brand, db, owner, clock)
    other = await an_affiliate(owner, name=f"{CANARY} S.", email="other@example.com")

    async with db.system() as tx:
        await erase(tx, EMAIL, clock.now())

    kept = await owner.fetchrow("SELECT name, email FROM affiliate WHERE id = $1", other)
    assert tuple(kept) == (f"{CANARY} S.", "other@example.com")


async def test_the_address_can_be_used_again_and_begins_anew(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    _, her = await a_life(brand, db, owner, clock)
    async with db.system() as tx:
        await erase(tx, EMAIL, clock.now())

    anew = await an_affiliate(owner, name="Anew", email=EMAIL)

    async with db.system() as tx:
        assert (await erase(tx, EMAIL, clock.now())).affiliate_id == anew
    rows = await owner.fetch("SELECT name FROM affiliate WHERE id = $1", decode("affl", her.id))
    assert [row["name"] for row in rows] == ["Erased"]


async def test_the_only_owner_of_an_account_is_not_erased(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    person_id, _ = await a_known_person(owner)
    values = {"account_id": brand.account_id, "person_id": person_id, "role": "OWNER"}
    await insert(owner, "membership", values | {"joined_at": NOW})

    with pytest.raises(OwnsAlone, match="the only owner of Acme"):
        async with db.system() as tx:
            await erase(tx, EMAIL, clock.now())


@pytest.mark.parametrize("text", ["nobody@example.com", "a@b@c", f"pers_{'0' * 32}"])
async def test_nobody_is_known_by_it(text: str, db: Database) -> None:
    with pytest.raises(NobodyKnown):
        async with db.system() as tx:
            await erase(tx, text, NOW)


async def test_what_is_no_id_is_said_to_be_none(db: Database) -> None:
    with pytest.raises(WrongId):
        async with db.system() as tx:
            await erase(tx, "Ann", NOW)


# Columns of rows about somebody that say nothing of who they are: states, and ids of ours.
OF_NOBODY = {
    "affiliate.hears", "application.brand_name", "application.decided_by",
    "application.offer_name", "application.state", "agreement_acceptance.accepted_by",
    "conversion.currency", "conversion.source", "conversion.status", "discovery_mark.mark",
    "invitation.sent_by", "invitation.state", "member_invitation.invited_by",
    "member_invitation.role", "membership.role", "one_time_token.purpose",
    "partnership.campaign_token", "partnership.status", "partnership.status_changed_by",
    "person.password_hash", "published_profile.channel_kinds", "published_profile.countries",
    "published_profile.niches", "affiliate_profile.countries", "affiliate_profile.niches",
}  # fmt: skip


async def test_every_column_about_somebody_is_erased_or_says_nothing_of_them(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    """A new column has to be sung in by the life above, or stand among those of nobody."""
    await a_life(brand, db, owner, clock)
    columns = await owner.fetch(
        """SELECT c.table_name, c.column_name
             FROM information_schema.columns c JOIN information_schema.tables t
               ON t.table_name = c.table_name AND t.table_schema = c.table_schema
            WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
              AND (c.data_type IN ('text', 'jsonb') OR c.udt_name = '_text')
              AND (c.table_name IN ('person', 'affiliate', 'affiliate_profile',
                                    'published_profile')
                   OR EXISTS (SELECT FROM information_schema.columns o
                               WHERE o.table_schema = 'public' AND o.table_name = c.table_name
                                 AND o.column_name IN ('affiliate_id', 'person_id', 'email')))"""
    )
    silent = set()
    for table, column in columns:
        sung = await owner.fetchval(
            f"SELECT EXISTS (SELECT FROM {table} t WHERE t.{column}::text ILIKE '%{CANARY}%')"
        )
        if not sung:
            silent.add(f"{table}.{column}")

    assert silent == OF_NOBODY


async def listens(owner: asyncpg.Connection, brand: Brand) -> None:
    types = [kind for kind in EventType if kind is not EventType.WEBHOOK_TEST]
    await owner.execute(
        "UPDATE account SET hears = $2 WHERE account_id = $1", brand.account_id, types
    )
    await owner.execute(
        """INSERT INTO webhook_endpoint
                  (account_id, id, url, event_types, signature, created_at, status)
           VALUES ($1, uuidv7(), 'https://brand.example', $2, 'STANDARD', $3, 'ENABLED'),
                  ($1, uuidv7(), 'https://held.example', $2, 'STANDARD', $3, 'DISABLED')""",
        brand.account_id, types, NOW,
    )  # fmt: skip


async def told(owner: asyncpg.Connection, relayed: bool) -> dict[UUID, Any]:
    """What the brand is told, by the event's id."""
    rows = await owner.fetch(
        """SELECT event_id, body FROM webhook_delivery WHERE status = 'PENDING'
            ORDER BY event_id"""
        if relayed
        else "SELECT id, body FROM event ORDER BY id"
    )
    return {id: orjson.loads(body) for id, body in rows}


def nameless(body: dict[str, Any]) -> dict[str, Any]:
    """An event of the life above, as it has to be afterwards."""
    data = dict(body["data"])
    if data.get("affiliate") is not None:
        data["affiliate"] = data["affiliate"] | {"name": "Erased"}
    if body["type"].startswith("application."):
        data |= {"affiliate_name": "Erased", "message": "", "answers": []}
    for reason in ("rejection_reason", "status_reason"):
        if data.get(reason) is not None:
            data[reason] = "[erased]"
    return body | {"data": data}


@pytest.mark.parametrize("relayed", [False, True])
async def test_what_was_told_of_them_still_arrives_and_names_nobody(
    relayed: bool, brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    """Also an application, whose event names nobody by their id: the brand does not know it yet."""
    await listens(owner, brand)
    await a_life(brand, db, owner, clock)
    if relayed:
        async with db.system() as tx:
            assert await relay(tx, clock.now()) > 4
        await owner.execute(
            """INSERT INTO webhook_attempt (account_id, delivery_id, at, duration_ms, response)
               SELECT account_id, id, $1, 9, body FROM webhook_delivery WHERE account_id = $2""",
            NOW, brand.account_id,
        )  # fmt: skip
    assert ("webhook_delivery" if relayed else "event") in await left(owner)
    before = await told(owner, relayed)
    assert {body["type"] for body in before.values()} >= {
        "application.submitted", "application.rejected", "application.accepted",
        "partnership.created", "partnership.changed",
    }  # fmt: skip
    held = await owner.fetchval("SELECT count(*) FROM webhook_delivery WHERE status = 'HELD'")

    async with db.system() as tx:
        await erase(tx, EMAIL, clock.now())

    after = await told(owner, relayed)
    assert await left(owner) == []
    assert {id: after[id] for id in before} == {id: nameless(it) for id, it in before.items()}
    again = await owner.fetchval("SELECT count(*) FROM webhook_delivery WHERE status = 'HELD'")
    assert again == held


async def test_whoever_listens_is_told_that_the_partnership_has_ended(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    await a_life(brand, db, owner, clock)
    await listens(owner, brand)

    async with db.system() as tx:
        await erase(tx, EMAIL, clock.now())

    [body] = (await told(owner, relayed=False)).values()
    assert (body["type"], body["sequence"]) == ("partnership.changed", 1)
    data = body["data"]
    assert (data["status"], data["status_changed_by"]) == ("ENDED", "AFFILIATE")
    assert (data["affiliate"]["name"], data["status_reason"]) == ("Erased", "[erased]")
    [shown] = await brand.partnerships()
    assert shown["id"] == data["id"]


async def test_what_had_ended_before_ended_then(
    brand: Brand, db: Database, owner: asyncpg.Connection, clock: Clock
) -> None:
    await a_life(brand, db, owner, clock)
    await owner.execute("UPDATE partnership SET status = 'ENDED', status_changed_by = 'BRAND'")
    ended = "SELECT status_changed_at, status_changed_by FROM partnership"
    before = await owner.fetch(ended)

    async with db.system() as tx:
        await erase(tx, EMAIL, clock.now() + timedelta(days=9))

    assert await owner.fetch(ended) == before
    rest = await owner.fetchrow("SELECT status_reason, tags, note, custom_fields FROM partnership")
    assert tuple(rest) == ("[erased]", [], "", "{}")


async def test_by_an_address_their_own_affiliate_is_found_before_any_other(
    db: Database, owner: asyncpg.Connection
) -> None:
    """A brand has entered somebody under the address that a person has taken since."""
    entered = await an_affiliate(owner, name="Entered", email=EMAIL)
    person_id = await insert(
        owner, "person", {"email": EMAIL, "name": "P", "created_at": NOW, "email_verified_at": NOW}
    )
    own = await an_affiliate(owner, name="Own", email="own@example.com", person_id=person_id)

    async with db.system() as tx:
        who = await erase(tx, EMAIL, NOW)

    assert (who.person_id, who.affiliate_id) == (person_id, own)
    assert await owner.fetchval("SELECT name FROM affiliate WHERE id = $1", entered) == "Entered"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Jo asks to join", "[erased] asks to join"),
        ("Johanna and Mojo, not Jo.", "Johanna and Mojo, not [erased]."),
        ("Jo S. (Jo)", "[erased] ([erased])"),
        ("JoÉl", "JoÉl"),
    ],
)
def test_a_name_is_taken_out_where_it_is_a_word_of_its_own(subject: str, expected: str) -> None:
    assert renamed(subject, {"Jo", "Jo S.", ""}) == expected


def test_a_store_of_the_same_name_keeps_it() -> None:
    affl = f"affl_{'1' * 32}"
    body = {
        "type": "partnership.changed",
        "data": {
            "id": f"part_{'2' * 32}", "store": {"id": f"stor_{'3' * 32}", "name": "Jo"},
            "affiliate": {"id": affl, "name": "Jo"}, "status": "ACTIVE", "status_reason": None,
        },
    }  # fmt: skip

    found = orjson.loads(told_without(orjson.dumps(body).decode(), affl))

    assert found == body | {"data": body["data"] | {"affiliate": {"id": affl, "name": "Erased"}}}
