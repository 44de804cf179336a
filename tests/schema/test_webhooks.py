"""Webhooks of accounts and of affiliates, over GraphQL."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from domain.access import SCOPES, Role
from domain.audit.actions import verify
from domain.audit.rules import Whole
from domain.events.rules import EventType
from domain.ids import decode
from domain.webhooks.endpoint import HEARD, MOST_ENDPOINTS
from domain.webhooks.signing import place_of
from schema.webhook_words import WebhookEventType
from tests.factories import NOW, an_affiliate
from tests.hooks import a_postroom
from tests.receivers import a_receiver
from tests.schema.conftest import KEYRING, affiliate_client
from tests.telling import a_delivery, an_attempt, an_endpoint
from workers.jobs import do_due

_ENDPOINT = "id url description eventTypes signature status disabledReason secrets { expiresAt }"
_REFUSED = """... on Refusal { __typename message ... on InvalidInput { field reason }
  ... on TooManyWebhookEndpoints { most }
  ... on TooManyWebhookReplays { limit: most left againAt }
  ... on WebhookEndpointDisabled { endpointId } }"""
CREATE = f"""mutation($input: CreateWebhookEndpointInput!) {{
  createWebhookEndpoint(input: $input) {{
    ... on WebhookSecretShown {{ secret endpoint {{ {_ENDPOINT} }} }} {_REFUSED} }} }}"""
UPDATE = f"""mutation($input: UpdateWebhookEndpointInput!) {{
  updateWebhookEndpoint(input: $input) {{
    ... on WebhookEndpoint {{ {_ENDPOINT} }} {_REFUSED} }} }}"""
ROTATE = f"""mutation($id: ID!) {{ rotateWebhookSecret(id: $id) {{
  ... on WebhookSecretShown {{ secret endpoint {{ {_ENDPOINT} }} }} {_REFUSED} }} }}"""
LISTED = f"{{ webhookEndpoints {{ totalCount nodes {{ {_ENDPOINT} }} }} }}"
_DELIVERY = """id eventId eventType entity sequence payload status attempts nextAttemptAt
  lastHttpStatus attemptLog { durationMs httpStatus error response }"""
DELIVERIES = f"""query($id: ID!, $filter: WebhookDeliveryFilter) {{ webhookEndpoint(id: $id) {{
  deliveries(filter: $filter) {{ nodes {{ {_DELIVERY} }} }} }} }}"""
RANGE = f"""mutation($input: ReplayWebhookDeliveriesInput!) {{
  replayWebhookDeliveries(input: $input) {{ ... on WebhookReplay {{ count }} {_REFUSED} }} }}"""
HOOK = {"url": "https://hooks.example.com/a", "eventTypes": ["CONVERSION_CREATED"]}


def on(mutation: str, shown: str) -> str:
    """A mutation that acts on one thing, by its id."""
    return f"mutation($id: ID!) {{ {mutation}(id: $id) {{ {shown} {_REFUSED} }} }}"


DELETE, ENABLE, DISABLE = (
    on(f"{word}WebhookEndpoint", f"... on WebhookEndpoint {{ {_ENDPOINT} }}")
    for word in ("delete", "enable", "disable")
)
TEST, REPLAY = (
    on(mutation, f"... on WebhookDelivery {{ {_DELIVERY} }}")
    for mutation in ("testWebhookEndpoint", "replayWebhookDelivery")
)
FAILED = on("replayFailedWebhookDeliveries", "... on WebhookReplay { count }")


@pytest.fixture(params=["account", "affiliate"])
async def owning(request, client, db, owner):
    """Who has endpoints, and how the database calls them."""
    if request.param == "account":
        return client, client.account_id
    affiliate_id = await an_affiliate(owner)
    return affiliate_client(db, affiliate_id), affiliate_id


async def hears(owner, owner_id):
    return await owner.fetchval(
        "SELECT hears FROM account WHERE account_id = $1"
        " UNION ALL SELECT hears FROM affiliate WHERE id = $1",
        owner_id,
    )


def test_every_type_of_event_can_be_listened_to_but_a_test():
    assert {kind.name: kind.value for kind in WebhookEventType} == {
        kind.name: kind.value for kind in EventType if kind is not EventType.WEBHOOK_TEST
    }
    assert {*HEARD} == {*EventType} - {EventType.WEBHOOK_TEST}


async def test_an_endpoint_is_made_changed_and_deleted(owning, owner):
    client, owner_id = owning

    made = (await client.act(CREATE, input=HOOK | {"description": " Sales "}))["endpoint"]
    id = made["id"]
    changed = await client.act(
        UPDATE,
        input={"endpointId": id, "url": "https://b.example.com/", "signature": "REFERSION"},
    )
    narrowed = await client.act(UPDATE, input={"endpointId": id, "eventTypes": ["OFFER_CHANGED"]})

    assert made == {
        "id": id, "url": HOOK["url"], "description": "Sales", "signature": "STANDARD",
        "eventTypes": ["CONVERSION_CREATED"], "status": "ENABLED", "disabledReason": None,
        "secrets": [{"expiresAt": None}],
    }  # fmt: skip
    assert changed == made | {"url": "https://b.example.com/", "signature": "REFERSION"}
    assert narrowed == changed | {"eventTypes": ["OFFER_CHANGED"]}
    assert (await client.ask(LISTED))["webhookEndpoints"]["nodes"] == [narrowed]
    assert await owner.fetchval("SELECT account_id FROM webhook_endpoint") == owner_id

    await a_delivery(owner, owner_id, decode("whep", id), status="PENDING", next_attempt_at=NOW)
    deleted = await client.act(DELETE, id=id)

    assert deleted == narrowed | {"status": "DELETED", "secrets": []}
    assert (await client.ask(LISTED))["webhookEndpoints"] == {"totalCount": 0, "nodes": []}
    [left] = (await client.ask(DELIVERIES, id=id))["webhookEndpoint"]["deliveries"]["nodes"]
    assert (left["status"], left["nextAttemptAt"]) == ("HELD", None)
    for again in (DELETE, ENABLE, ROTATE, TEST):
        assert (await client.act(again, id=id))["__typename"] == "NotFound"


async def test_a_secret_is_shown_once_and_kept_sealed(owning, owner):
    client, owner_id = owning
    client.idempotency_key = "once"
    made, again = [await client.act(CREATE, input=HOOK) for _ in range(2)]
    client.idempotency_key = None

    rotated = await client.act(ROTATE, id=made["endpoint"]["id"])

    assert made == again
    rows = await owner.fetch("SELECT id, sealed_secret FROM webhook_secret ORDER BY created_at, id")
    opened = [KEYRING.open(row["sealed_secret"], place_of(owner_id, row["id"])) for row in rows]
    assert opened == [made["secret"], rotated["secret"]]
    assert all(text.startswith("whsec_") for text in opened)
    tables = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p')"
    )
    for [table] in tables:
        everything = str(await owner.fetch(f"SELECT t::text FROM {table} t"))
        assert not any(text.removeprefix("whsec_") in everything for text in opened), table


async def test_an_old_secret_signs_for_another_day(owning):
    client, _ = owning
    id = (await client.act(CREATE, input=HOOK))["endpoint"]["id"]

    client.clock.moment += timedelta(hours=1)
    [new, old] = (await client.act(ROTATE, id=id))["endpoint"]["secrets"]
    client.clock.moment += timedelta(hours=24)
    [listed] = (await client.ask(LISTED))["webhookEndpoints"]["nodes"]

    assert (new["expiresAt"], old["expiresAt"]) == (None, "2026-09-02T13:00:00Z")
    assert listed["secrets"] == [new]


async def test_their_owner_hears_what_any_endpoint_listens_to(owning, owner):
    """Whatever is done with them, in whatever order; a disabled one is still listened for."""
    client, owner_id = owning
    chance, listening = random.Random(7), {}
    for _ in range(30):
        types = chance.sample([kind.name for kind in HEARD], chance.randint(1, 4))
        what = chance.choice(["create", "update", "delete", "disable", "enable"])
        id = chance.choice([*listening, None])
        if what == "create" or id is None:
            made = await client.act(CREATE, input=HOOK | {"eventTypes": types})
            listening[made["endpoint"]["id"]] = types
        elif what == "update":
            await client.act(UPDATE, input={"endpointId": id, "eventTypes": types})
            listening[id] = types
        elif what == "delete":
            await client.act(DELETE, id=id)
            del listening[id]
        else:
            await client.act(ENABLE if what == "enable" else DISABLE, id=id)
        heard = {EventType[kind].value for of in listening.values() for kind in of}
        assert await hears(owner, owner_id) == sorted(heard)
    assert len(listening) > 1
    # Nobody else does.
    others = "SELECT hears FROM account UNION ALL SELECT hears FROM affiliate"
    assert sum(bool(row["hears"]) for row in await owner.fetch(others)) == 1


async def test_asked_for_too_many_at_once_there_are_as_many_as_may_be(owning, owner):
    client, owner_id = owning
    kinds = [kind.name for kind in HEARD]
    clients = [replace(client) for _ in range(MOST_ENDPOINTS + 4)]

    answers = await asyncio.gather(
        *(
            one.act(CREATE, input=HOOK | {"eventTypes": [kinds[number % len(kinds)]]})
            for number, one in enumerate(clients)
        )
    )

    refused = [answer for answer in answers if "secret" not in answer]
    assert [(one["__typename"], one["most"]) for one in refused] == [
        ("TooManyWebhookEndpoints", MOST_ENDPOINTS)
    ] * 4
    made = await owner.fetch("SELECT event_types FROM webhook_endpoint")
    assert len(made) == MOST_ENDPOINTS
    assert await hears(owner, owner_id) == sorted({kind for row in made for kind in row[0]})


IMPOSSIBLE = [
    ("url", "http://hooks.example.com/"),
    ("url", "https://localhost/"),
    ("url", "https://169.254.169.254/latest"),
    ("url", "https://links.example/"),  # ours
    ("url", "https://app.example/"),
    ("url", ""),
    ("eventTypes", []),
    ("description", "x" * 501),
    ("description", "two\nlines"),
]


async def test_what_cannot_be_is_refused_with_its_reason(client):
    kept = (await client.act(CREATE, input=HOOK))["endpoint"]
    for field, given in IMPOSSIBLE:
        made = await client.act(CREATE, input=HOOK | {field: given})
        changed = await client.act(UPDATE, input={"endpointId": kept["id"], field: given})

        assert (made["__typename"], made["field"]) == ("InvalidInput", field), given
        assert made["reason"].endswith(".")
        assert changed == made
    assert (await client.ask(LISTED))["webhookEndpoints"]["nodes"] == [kept]


async def test_a_receiver_of_a_rehearsal_is_taken_where_it_was_named(client):
    hook = HOOK | {"url": "http://127.0.0.1:9000/in"}
    refused = await client.act(CREATE, input=hook)
    client.webhook_receivers = ("http://127.0.0.1:9000",)

    assert refused["field"] == "url"
    assert (await client.act(CREATE, input=hook))["endpoint"]["url"] == hook["url"]


async def test_an_endpoint_is_tried_out(owning, owner):
    client, owner_id = owning
    id = (await client.act(CREATE, input=HOOK))["endpoint"]["id"]

    sent = await client.act(TEST, id=id)

    assert (sent["status"], sent["eventType"], sent["entity"]) == ("PENDING", None, id)
    body = orjson.loads(sent["payload"])
    assert (body["type"], body["sequence"]) == ("webhook.test", 1)
    [duty] = await owner.fetch("SELECT kind, subject, account_id FROM duty")
    assert tuple(duty) == ("deliver_webhooks", str(decode("whep", id)), owner_id)
    assert client.rings > 0


async def test_what_is_sent_verifies_with_the_secret_that_was_shown(owning, db, owner, tmp_path):
    """From the API over the worker to the receiver, and back to whoever asks how it went."""
    client, _ = owning
    async with a_receiver() as receiver, a_postroom(db, owner, tmp_path) as room:
        room.allow(receiver.origin)
        client.webhook_receivers = (receiver.origin,)
        made = await client.act(CREATE, input=HOOK | {"url": f"{receiver.origin}/in"})
        sent = await client.act(TEST, id=made["endpoint"]["id"])

        await do_due(replace(room.deps, keyring=KEYRING))

        asked = await client.ask(DELIVERIES, id=made["endpoint"]["id"])
        [delivery] = asked["webhookEndpoint"]["deliveries"]["nodes"]
        [received] = receiver.seen
    assert (delivery["id"], delivery["status"]) == (sent["id"], "DELIVERED")
    assert [one["httpStatus"] for one in delivery["attemptLog"]] == [200]
    assert (received.id, received.body.decode()) == (delivery["eventId"], delivery["payload"])
    assert Webhook(made["secret"]).verify(received.body, received.headers)["sequence"] == 1


async def test_nothing_is_sent_to_a_disabled_endpoint_until_it_is_enabled(owning, owner):
    client, owner_id = owning
    id = (await client.act(CREATE, input=HOOK))["endpoint"]["id"]
    delivery_id = await a_delivery(
        owner, owner_id, decode("whep", id), status="PENDING", next_attempt_at=NOW
    )
    range_ = {"endpointId": id, "since": "2026-09-01T00:00:00Z", "until": "2026-09-02T00:00:00Z"}

    disabled = [await client.act(DISABLE, id=id) for _ in range(2)]
    refused = [
        await client.act(TEST, id=id),
        await client.act(REPLAY, id=f"wdlv_{delivery_id.hex}"),
        await client.act(FAILED, id=id),
        await client.act(RANGE, input=range_),
    ]
    [held] = (await client.ask(DELIVERIES, id=id))["webhookEndpoint"]["deliveries"]["nodes"]
    enabled = [await client.act(ENABLE, id=id) for _ in range(2)]
    replayed = await client.act(RANGE, input=range_)
    [asked] = (await client.ask(DELIVERIES, id=id))["webhookEndpoint"]["deliveries"]["nodes"]

    assert [(one["status"], one["disabledReason"]) for one in disabled] == [
        ("DISABLED", "OWNER")
    ] * 2
    assert {(one["__typename"], one["endpointId"]) for one in refused} == {
        ("WebhookEndpointDisabled", id)
    }
    assert held["status"] == "HELD"
    assert [(one["status"], one["disabledReason"]) for one in enabled] == [("ENABLED", None)] * 2
    assert replayed == {"count": 1}
    assert asked == held | {"status": "PENDING", "attempts": 0, "nextAttemptAt": _MOMENT}


async def test_ten_thousand_deliveries_to_an_endpoint_are_replayed_in_an_hour(owning, owner):
    client, owner_id = owning
    endpoint_id, other = [await an_endpoint(owner, owner_id) for _ in range(2)]
    ids = [
        f"wdlv_{(await a_delivery(owner, owner_id, one, status='FAILED')).hex}"
        for one in (endpoint_id, endpoint_id, endpoint_id, other)
    ]
    await owner.execute(
        "UPDATE webhook_endpoint SET replays = 9_998, replays_since = $1 WHERE id = $2",
        NOW - timedelta(minutes=59), endpoint_id,
    )  # fmt: skip
    range_ = {
        "endpointId": f"whep_{endpoint_id.hex}",
        "since": (NOW - timedelta(days=9)).isoformat(),
        "until": (NOW + timedelta(days=9)).isoformat(),
    }

    def refused(left: int) -> dict[str, object]:
        again_at = (NOW + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        type = "TooManyWebhookReplays"
        return {"__typename": type, "limit": 10_000, "left": left, "againAt": again_at}

    async def answered(mutation: str, **given: object) -> dict[str, object]:
        answer = await client.act(mutation, **given)
        answer.pop("message", None)
        return answer

    assert await answered(RANGE, input=range_) == refused(2)
    assert (await answered(REPLAY, id=ids[0]))["status"] == "PENDING"
    assert await answered(FAILED, id=range_["endpointId"]) == {"count": 1}, "the oldest"
    assert await answered(FAILED, id=range_["endpointId"]) == refused(0)
    assert await answered(REPLAY, id=ids[0]) == refused(0)
    assert (await answered(REPLAY, id=ids[3]))["status"] == "PENDING"
    await owner.execute("UPDATE webhook_endpoint SET replays_since = $1", NOW - timedelta(hours=1))
    assert await answered(RANGE, input=range_) == {"count": 3}
    hour = "SELECT replays_since, replays FROM webhook_endpoint WHERE id = $1"
    assert tuple(await owner.fetchrow(hour, endpoint_id)) == (NOW, 3)


_MOMENT = "2026-09-01T12:00:00Z"


async def test_what_was_sent_is_listed_with_its_attempts_and_sent_again(owning, owner):
    client, owner_id = owning
    endpoint_id = await an_endpoint(owner, owner_id)
    id = f"whep_{endpoint_id.hex}"
    made = {}
    for hours, status in enumerate(["FAILED", "DELIVERED", "HELD", "PENDING"]):
        made[status] = await a_delivery(
            owner, owner_id, endpoint_id, status=status, occurred_at=NOW - timedelta(hours=hours),
            body=f'{{ "as":  "{status} Ü" }}', entity=f"conv_{hours:032}",
            event_type="offer.changed" if status == "HELD" else "conversion.created",
        )  # fmt: skip
    await an_attempt(owner, owner_id, made["FAILED"], at=NOW, status=None, response=None)
    await an_attempt(owner, owner_id, made["FAILED"], at=NOW - timedelta(minutes=1))

    async def listed(**filter: object) -> list[str]:
        page = await client.ask(DELIVERIES, id=id, filter=filter)
        return [row["status"] for row in page["webhookEndpoint"]["deliveries"]["nodes"]]

    rows = (await client.ask(DELIVERIES, id=id))["webhookEndpoint"]["deliveries"]["nodes"]
    assert [row["status"] for row in rows] == [*made]  # the newest first
    assert rows[0]["payload"] == '{ "as":  "FAILED Ü" }'
    assert [one["httpStatus"] for one in rows[0]["attemptLog"]] == [None, 500]
    assert await listed(status=["HELD", "FAILED"]) == ["FAILED", "HELD"]
    assert await listed(eventType=["OFFER_CHANGED"]) == ["HELD"]
    assert await listed(entity=rows[1]["entity"]) == ["DELIVERED"]
    assert await listed(eventId=rows[3]["eventId"]) == ["PENDING"]
    assert await listed(since=_MOMENT) == ["FAILED"]
    assert await listed(until="2026-09-01T10:00:00Z") == ["HELD", "PENDING"]

    assert await client.act(FAILED, id=id) == {"count": 2}
    assert await listed(status=["PENDING"]) == ["PENDING"] * 3
    again = await client.act(REPLAY, id=rows[1]["id"])
    assert again == rows[1] | {"status": "PENDING", "attempts": 0, "nextAttemptAt": _MOMENT}
    half = {"endpointId": id, "since": "2026-09-01T10:00:00Z", "until": _MOMENT}
    assert await client.act(RANGE, input=half) == {"count": 2}
    empty = await client.act(RANGE, input=half | {"until": half["since"]})
    assert (empty["__typename"], empty["field"]) == ("InvalidInput", "until")


async def test_what_is_done_is_in_the_audit_of_whoever_did_it(client, db, owner):
    affiliate_id = await an_affiliate(owner)
    secrets = []
    for one in (client, affiliate_client(db, affiliate_id)):
        made = await one.act(CREATE, input=HOOK)
        secrets += [made["secret"], (await one.act(ROTATE, id=made["endpoint"]["id"]))["secret"]]
        await one.act(DELETE, id=made["endpoint"]["id"])

    done = ["createWebhookEndpoint", "rotateWebhookSecret", "deleteWebhookEndpoint"]
    inside = await owner.fetch("SELECT * FROM audit_entry ORDER BY number")
    outside = await owner.fetch("SELECT * FROM network_audit_entry ORDER BY at, id")
    assert [row["action"] for row in inside] == [row["action"] for row in outside] == done
    assert {row["account_id"] for row in inside} == {client.account_id}
    for rows in (inside, outside):
        [made], [deleted] = (orjson.loads(rows[number]["changes"]) for number in (0, 2))
        assert (made["before"], made["after"]["url"]) == (None, HOOK["url"])
        assert deleted["after"]["status"] == "DELETED"
    assert not any(secret in str([*inside, *outside]) for secret in secrets)
    assert await owner.fetchval("SELECT count(*) FROM audit_head") == 1
    async with db.transaction(client.account_id) as tx:
        assert await verify(tx, client.account_id) == Whole(3)


async def test_what_is_somebody_elses_is_not_there(client, stranger, db, owner):
    affiliates = [await an_affiliate(owner) for _ in range(2)]
    everybody = [client, stranger, *(affiliate_client(db, id) for id in affiliates)]
    for mine in (client, everybody[2]):
        id = (await mine.act(CREATE, input=HOOK))["endpoint"]["id"]
        sent = (await mine.act(TEST, id=id))["id"]
        before = await owner.fetch("TABLE webhook_endpoint")
        for other in (one for one in everybody if one is not mine):
            for mutation in (DELETE, ENABLE, DISABLE, ROTATE, TEST, FAILED):
                assert (await other.act(mutation, id=id))["__typename"] == "NotFound"
            assert (await other.act(REPLAY, id=sent))["__typename"] == "NotFound"
            moved = {"endpointId": id, "url": "https://mine.example.com/"}
            assert (await other.act(UPDATE, input=moved))["__typename"] == "NotFound"
            assert (await other.ask(DELIVERIES, id=id))["webhookEndpoint"] is None
            found = await other.ask("query($id: ID!) { node(id: $id) { id } }", id=sent)
            assert found["node"] is None
        assert await owner.fetch("TABLE webhook_endpoint") == before
    assert (await stranger.ask(LISTED))["webhookEndpoints"]["nodes"] == []


MAY = {
    Role.OWNER: (True, True, True),
    Role.MANAGER: (True, True, False),
    Role.FINANCE: (False, False, False),
    Role.VIEWER: (False, False, False),
}
"""Look at endpoints, try them out and replay, say where events go."""


async def test_only_who_administers_says_where_events_go(client, owner):
    for role, (reads, replays, changes) in MAY.items():
        id = f"whep_{(await an_endpoint(owner, client.account_id)).hex}"
        lesser = replace(client, scopes=SCOPES[role])
        for may, document, variables in (
            (reads, LISTED, {}),
            (replays, TEST, {"id": id}),
            (replays, FAILED, {"id": id}),
            (changes, CREATE, {"input": HOOK}),
            (changes, UPDATE, {"input": {"endpointId": id}}),
            *((changes, one, {"id": id}) for one in (ROTATE, DISABLE, ENABLE, DELETE)),
        ):
            answer = await lesser.answer(document, **variables)
            codes = [error["extensions"]["code"] for error in answer["errors"]]
            assert codes == ([] if may else ["FORBIDDEN"]), (role, document)


async def test_an_id_of_another_kind_is_refused(client):
    for mutation in (DELETE, ENABLE, DISABLE, ROTATE, TEST, REPLAY, FAILED):
        answer = await client.act(mutation, id="conv_" + "0" * 32)

        assert answer["__typename"] == "WrongId", mutation
