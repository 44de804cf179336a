"""Where an account, or an affiliate, is told what happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, cast
from uuid import UUID

import strawberry

from domain.access import Room, Scope
from domain.events.rules import EventType
from domain.ids import encode
from domain.webhooks import actions, endpoints
from domain.webhooks.rules import Signature
from domain.webhooks.signing import Secret
from schema.act import Acting
from schema.acting import Info, change
from schema.reading import (
    Connection,
    Node,
    column,
    contains,
    one_of,
    read_one,
    table,
    to_many,
    where,
)
from schema.refusals import InvalidInput, NotFound, TooManyWebhookEndpoints, WrongId
from schema.webhook_words import (
    WebhookDisabledReason,
    WebhookEndpointStatus,
    WebhookEventType,
    WebhookSignature,
)

if TYPE_CHECKING:
    from schema.webhook_log import WebhookDelivery

_STATUS: Final = "case when {t}.deleted_at is null then {t}.status else 'DELETED' end"
_EITHER: Final = frozenset({Room.ACCOUNT, Room.AFFILIATE})


@table("webhook_secret", tenant="account_id", affiliate="account_id", sort=("-created_at",))
class WebhookSecret:
    """A secret that deliveries are signed with. Its text was shown once, when it was made."""

    created_at: datetime = column("When it was made: it signs from then on.")
    expires_at: datetime | None = column(
        "When it signs no more; null for the newest, which signs until it is rotated."
    )


@strawberry.input(description="Narrows a list of webhook endpoints.")
class WebhookEndpointFilter:
    url: str | None = contains("Part of the URL.", "url")
    status: list[WebhookEndpointStatus] | None = one_of("Any of these.", f"({_STATUS})")
    event_type: WebhookEventType | None = where(
        "Those that listen to this type.", "{v} = any({t}.event_types)"
    )


@table(
    "webhook_endpoint",
    prefix="whep",
    tenant="account_id",
    affiliate="account_id",
    needs=Scope.MANAGE,
    filter=WebhookEndpointFilter,
    sort=("-created_at",),
)
class WebhookEndpoint(Node):
    """Where events are sent as they happen: to a server of the account's, or of an affiliate's."""

    url: str = column("Where they are sent, by POST.")
    description: str = column("What it is for, in your words; may be empty.")
    event_types: list[WebhookEventType] = column("The types of events that it listens to.")
    signature: WebhookSignature = column("How deliveries are signed.")
    status: WebhookEndpointStatus = column("Whether they are sent.", _STATUS, told=True)
    disabled_at: datetime | None = column("Since when it is disabled; null while it is not.")
    disabled_reason: WebhookDisabledReason | None = column(
        "Why it is disabled; null while it is not.", "disabled_because"
    )
    failing_since: datetime | None = column(
        "When the first attempt failed after the last that did not; null while they do not fail."
    )
    failures: int = column("Attempts that failed since then, of whatever delivery.")
    last_success_at: datetime | None = column("When one last succeeded; null if none has yet.")
    created_at: datetime = column("When it was made.")
    secrets: list[WebhookSecret] = to_many(
        "The secrets that deliveries are signed with, the newest first: since when and until when."
        " At most 11.",
        on="{t}.endpoint_id = {p}.id and ({t}.expires_at is null"
        " or {t}.expires_at > current_setting('app.now')::timestamptz)",
        at_most=11,
    )
    deliveries: Connection[Annotated["WebhookDelivery", strawberry.lazy("schema.webhook_log")]] = (
        to_many("What was sent to it, or is to be.", "endpoint_id")
    )


@strawberry.type(description="A page of webhook endpoints.")
class WebhookEndpointConnection(Connection[WebhookEndpoint]):
    pass


@strawberry.input(description="A new webhook endpoint.")
class CreateWebhookEndpointInput:
    url: str = strawberry.field(
        description="A public server's: https://…, port 443 or 8443, without user name and"
        " fragment; 2,000 characters at most."
    )
    event_types: list[WebhookEventType] = strawberry.field(
        description="What it listens to; at least one type, and at most 100 items."
    )
    description: str = strawberry.field(
        default="", description="What it is for; 500 characters at most."
    )
    signature: WebhookSignature = strawberry.field(
        default=WebhookSignature.STANDARD, description="How deliveries are signed."
    )


@strawberry.input(
    description="What changes of a webhook endpoint; what is left out, or null, stays."
)
class UpdateWebhookEndpointInput:
    endpoint_id: strawberry.ID = strawberry.field(description="Of the endpoint.")
    url: str | None = strawberry.field(default=None, description="As of a new one.")
    event_types: list[WebhookEventType] | None = strawberry.field(
        default=None, description="All that it listens to from now on; at most 100 items."
    )
    description: str | None = strawberry.field(default=None, description="As of a new one.")
    signature: WebhookSignature | None = strawberry.field(
        default=None, description="How deliveries are signed from now on."
    )


@strawberry.type(description="The secret of a webhook endpoint, just made.")
class WebhookSecretShown:
    endpoint_uuid: strawberry.Private[UUID]
    secret: str = strawberry.field(
        description="The secret itself: whsec_…, with which deliveries are verified. It is shown"
        " here and never again."
    )

    @strawberry.field(description="What it is the secret of.")
    async def endpoint(self, info: Info) -> WebhookEndpoint:
        return cast(WebhookEndpoint, await read_one(info, WebhookEndpoint, self.endpoint_uuid))


CreateWebhookEndpointResult = Annotated[
    WebhookSecretShown | TooManyWebhookEndpoints | InvalidInput,
    strawberry.union(
        "CreateWebhookEndpointResult", description="The endpoint and its secret, or why not."
    ),
]
UpdateWebhookEndpointResult = Annotated[
    WebhookEndpoint | InvalidInput | NotFound | WrongId,
    strawberry.union("UpdateWebhookEndpointResult", description="The endpoint, or why not."),
]
WebhookEndpointResult = Annotated[
    WebhookEndpoint | NotFound | WrongId,
    strawberry.union("WebhookEndpointResult", description="The endpoint, or why not."),
]
RotateWebhookSecretResult = Annotated[
    WebhookSecretShown | NotFound | WrongId,
    strawberry.union("RotateWebhookSecretResult", description="The new secret, or why not."),
]


@asynccontextmanager
async def _owned(act: Acting) -> AsyncIterator[UUID]:
    """The endpoints of whoever acts, to be changed; afterwards their owner hears what these listen
    to. Gives the owner's id."""
    room = act.context.seat.room
    await endpoints.hold(act.tx, room, act.room_id)
    async with act.at_home() as owner_id:
        yield owner_id
        types = await endpoints.heard(act.tx, owner_id)
    await endpoints.listen(act.tx, room, owner_id, types)


def _types(given: list[WebhookEventType]) -> list[EventType]:
    return [EventType[kind.name] for kind in given]


def _shown(endpoint_id: UUID, secret: Secret) -> WebhookSecretShown:
    return WebhookSecretShown(endpoint_uuid=endpoint_id, secret=secret.text)


EndpointId = Annotated[strawberry.ID, strawberry.argument(description="Of the endpoint.")]


@strawberry.type
class WebhookMutations:
    @change(
        "Have events sent to a server of yours as they happen, from now on. There may be 20"
        ' endpoints. `createWebhookEndpoint(input: {url: "https://hooks.example.com/sales",'
        " eventTypes: [CONVERSION_CREATED, CONVERSION_SETTLED]})` listens to two types.",
        needs=Scope.ADMINISTER,
        room=_EITHER,
    )
    async def create_webhook_endpoint(
        self, info: Info, input: CreateWebhookEndpointInput
    ) -> CreateWebhookEndpointResult:
        act = info.context.act
        async with _owned(act) as owner_id:
            made, secret = await endpoints.create(
                act.tx, owner_id, input.url, input.description, _types(input.event_types),
                Signature[input.signature.name], info.context.receivers, info.context.keyring,
                act.now,
            )  # fmt: skip
        act.made(WebhookEndpoint, made)
        return _shown(made, secret)

    @change(
        "Change an endpoint. What is on its way already goes where it is then, signed as it is"
        " then.",
        needs=Scope.ADMINISTER,
        room=_EITHER,
    )
    async def update_webhook_endpoint(
        self, info: Info, input: UpdateWebhookEndpointInput
    ) -> UpdateWebhookEndpointResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, input.endpoint_id)
        async with _owned(act) as owner_id:
            await endpoints.update(
                act.tx, owner_id, found, info.context.receivers, input.url, input.description,
                None if input.event_types is None else _types(input.event_types),
                None if input.signature is None else Signature[input.signature.name],
            )  # fmt: skip
        return await act.answer(WebhookEndpoint, found)

    @change(
        "Delete an endpoint for good, with its secrets. What was sent to it can still be looked at"
        " by its ids.",
        needs=Scope.ADMINISTER,
        room=_EITHER,
    )
    async def delete_webhook_endpoint(self, info: Info, id: EndpointId) -> WebhookEndpointResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, id)
        async with _owned(act) as owner_id:
            await endpoints.delete(act.tx, owner_id, found, act.now)
        return await act.answer(WebhookEndpoint, found)

    @change(
        "Give an endpoint a new secret. For 24 hours deliveries are signed with the old one too, so"
        " that the receiver can be told in between.",
        needs=Scope.ADMINISTER,
        room=_EITHER,
    )
    async def rotate_webhook_secret(self, info: Info, id: EndpointId) -> RotateWebhookSecretResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, id)
        async with act.at_home() as owner_id:
            keyring = info.context.keyring
            secret = await actions.rotate(act.tx, keyring, owner_id, found, act.now)
        act.note(encode("whep", found), None, {"secretRotatedAt": act.now.isoformat()})
        return _shown(found, secret)

    @change(
        "Send to an endpoint again, from now on. What was held meanwhile is sent when it is"
        " replayed. Twice is once.",
        needs=Scope.ADMINISTER,
        room=_EITHER,
    )
    async def enable_webhook_endpoint(self, info: Info, id: EndpointId) -> WebhookEndpointResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, id)
        async with act.at_home() as owner_id:
            await actions.enable(act.tx, owner_id, found)
        return await act.answer(WebhookEndpoint, found)

    @change(
        "Send nothing more to an endpoint; what happens meanwhile is held for a replay. Twice is"
        " once.",
        needs=Scope.ADMINISTER,
        room=_EITHER,
    )
    async def disable_webhook_endpoint(self, info: Info, id: EndpointId) -> WebhookEndpointResult:
        act = info.context.act
        found = await act.changes(WebhookEndpoint, id)
        async with act.at_home() as owner_id:
            await actions.disable(act.tx, owner_id, found, act.now)
        return await act.answer(WebhookEndpoint, found)
