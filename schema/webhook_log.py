"""What was sent to whom, how that went, and to send it once more."""

from datetime import datetime
from typing import Annotated, Final

import strawberry

from domain.access import Room, Scope
from domain.ids import encode
from domain.webhooks import actions, endpoints
from schema.acting import Info, change
from schema.reading import (
    BigInt,
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
from schema.refusals import (
    InvalidInput,
    NotFound,
    TooManyWebhookReplays,
    WebhookEndpointDisabled,
    WrongId,
)
from schema.webhook_words import WebhookDeliveryStatus, WebhookEventType
from schema.webhooks import EndpointId, WebhookEndpoint

_EITHER: Final = frozenset({Room.ACCOUNT, Room.AFFILIATE})
_EVENT_ID: Final = "'evnt_' || encode(uuid_send({t}.event_id), 'hex')"


@table("webhook_attempt", tenant="account_id", affiliate="account_id", sort=("-at",))
class WebhookAttempt:
    """A delivery was sent, and this is what came of it."""

    at: datetime = column("When it was sent.")
    duration_ms: int = column("How long it took, in milliseconds.")
    http_status: int | None = column(
        "What the receiver answered; null when no answer came.", "status"
    )
    error: str | None = column("What went wrong, in words; null when nothing did.")
    response: str | None = column(
        "How the body of the answer began, 2,000 characters at most; null when no answer came."
    )


@strawberry.input(description="Narrows a list of webhook deliveries.")
class WebhookDeliveryFilter:
    status: list[WebhookDeliveryStatus] | None = one_of("Any of these.", "status")
    event_type: list[WebhookEventType] | None = one_of("Any of these.", "event_type")
    event_id: strawberry.ID | None = where(
        "Of this event: what the header webhook-id said.", f"{_EVENT_ID} = {{v}}"
    )
    entity: strawberry.ID | None = equals("About what has this id.", "entity")
    since: datetime | None = at_least("Of what happened at this moment or later.", "occurred_at")
    until: datetime | None = at_most("Of what happened at this moment or earlier.", "occurred_at")


@table(
    "webhook_delivery",
    prefix="wdlv",
    tenant="account_id",
    affiliate="account_id",
    needs=Scope.MANAGE,
    filter=WebhookDeliveryFilter,
    sort=("-occurred_at",),
)
class WebhookDelivery(Node):
    """One event on its way to one endpoint."""

    endpoint: WebhookEndpoint = to_one("Where it goes.", "endpoint_id")
    event_id: strawberry.ID = column(
        "The event: the header webhook-id, the same in every attempt and every replay.",
        _EVENT_ID,
    )
    event_type: WebhookEventType | None = column(
        "What happened; null for a test, which is asked for and of no type to listen to.",
        "nullif({t}.event_type, 'webhook.test')",
    )
    entity: strawberry.ID = column("The id of what it happened to.")
    sequence: BigInt = column(
        "Its number among the events of the entity, from 1, without a gap: what comes late and has"
        " a lower one is old."
    )
    occurred_at: datetime = column("When it happened.")
    # Not by its bare name, for the audit to keep: what was sent is nothing that a replay changes.
    payload: str = column(
        "The body, to the byte: JSON as it was when it happened.", "({t}.body)", reads=10
    )
    status: WebhookDeliveryStatus = column("Where it stands.")
    attempts: int = column("How often it was sent since it was last asked for.")
    next_attempt_at: datetime | None = column("When it is sent next; null unless it is pending.")
    delivered_at: datetime | None = column("When it arrived last; null if it never has.")
    last_http_status: int | None = column(
        "What the receiver answered last; null when it has not.", "last_status"
    )
    last_error: str | None = column("Why the last attempt failed; null when it did not.")
    attempt_log: list[WebhookAttempt] = to_many(
        "Every time that it was sent, the latest first, replays among them. At most 50.",
        "delivery_id",
        at_most=50,
    )


@strawberry.input(description="Events of a time, to be sent once more.")
class ReplayWebhookDeliveriesInput:
    endpoint_id: strawberry.ID = strawberry.field(description="To which endpoint.")
    since: datetime = strawberry.field(description="Of what happened at this moment or later.")
    until: datetime = strawberry.field(
        description="Of what happened before this moment; 10,000 deliveries at most."
    )


@strawberry.type(description="Deliveries that are sent once more.")
class WebhookReplay:
    count: int = strawberry.field(description="How many.")


WebhookDeliveryResult = Annotated[
    WebhookDelivery | WebhookEndpointDisabled | NotFound | WrongId,
    strawberry.union("WebhookDeliveryResult", description="The delivery, to be sent, or why not."),
]
ReplayWebhookDeliveryResult = Annotated[
    WebhookDelivery | WebhookEndpointDisabled | TooManyWebhookReplays | NotFound | WrongId,
    strawberry.union(
        "ReplayWebhookDeliveryResult", description="The delivery, to be sent again, or why not."
    ),
]
ReplayWebhookDeliveriesResult = Annotated[
    WebhookReplay
    | WebhookEndpointDisabled
    | TooManyWebhookReplays
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("ReplayWebhookDeliveriesResult", description="How many, or why none."),
]
ReplayFailedWebhookDeliveriesResult = Annotated[
    WebhookReplay | WebhookEndpointDisabled | TooManyWebhookReplays | NotFound | WrongId,
    strawberry.union("ReplayFailedWebhookDeliveriesResult", description="How many, or why none."),
]


@strawberry.type
class WebhookLogMutations:
    @change(
        "Send an event of the type webhook.test, to try an endpoint out. Ask for the delivery by"
        " its id until it is no longer pending.",
        needs=Scope.MANAGE,
        room=_EITHER,
    )
    async def test_webhook_endpoint(self, info: Info, id: EndpointId) -> WebhookDeliveryResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, id)
        async with act.at_home() as owner_id:
            delivery_id = await actions.enqueue_test(act.tx, owner_id, found, act.now)
        return await act.answer(WebhookDelivery, delivery_id)

    @change(
        "Send a delivery once more, the same body under the same id, whatever became of it.",
        needs=Scope.MANAGE,
        room=_EITHER,
    )
    async def replay_webhook_delivery(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of the delivery.")],
    ) -> ReplayWebhookDeliveryResult:
        act = info.context.act
        found = await act.changes(WebhookDelivery, id)
        async with act.at_home() as owner_id:
            await endpoints.replay(act.tx, owner_id, found, act.now)
        return await act.answer(WebhookDelivery, found)

    @change(
        "Send once more what happened in a time, whatever became of it, what was held too.",
        needs=Scope.MANAGE,
        room=_EITHER,
    )
    async def replay_webhook_deliveries(
        self, info: Info, input: ReplayWebhookDeliveriesInput
    ) -> ReplayWebhookDeliveriesResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, input.endpoint_id)
        async with act.at_home() as owner_id:
            count = await actions.redeliver_range(
                act.tx, owner_id, found, input.since, input.until, act.now
            )
        act.note(encode("whep", found), None, {"replayed": count})
        return WebhookReplay(count=count)

    @change(
        "Send once more what was given up or held: the oldest, and no more than may be replayed in"
        " an hour, which is 10,000.",
        needs=Scope.MANAGE,
        room=_EITHER,
    )
    async def replay_failed_webhook_deliveries(
        self, info: Info, id: EndpointId
    ) -> ReplayFailedWebhookDeliveriesResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, id)
        async with act.at_home() as owner_id:
            count = await actions.redeliver_failed(act.tx, owner_id, found, act.now)
        act.note(encode("whep", found), None, {"replayed": count})
        return WebhookReplay(count=count)
