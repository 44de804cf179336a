"""The events that there are. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import orjson

from domain.ids import encode

API_VERSION: Final = "2026-11-22"
"""Of the payloads. A field may be added under the same version; nothing else may change."""


class EventType(StrEnum):
    CONVERSION_CREATED = "conversion.created"
    CONVERSION_RESTATED = "conversion.restated"
    CONVERSION_SETTLED = "conversion.settled"
    CONVERSION_APPROVED = "conversion.approved"
    CONVERSION_DENIED = "conversion.denied"
    CONVERSION_ADJUSTED = "conversion.adjusted"
    THRESHOLD_REACHED = "threshold.reached"
    APPLICATION_SUBMITTED = "application.submitted"
    APPLICATION_ACCEPTED = "application.accepted"
    APPLICATION_REJECTED = "application.rejected"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    PARTNERSHIP_CREATED = "partnership.created"
    PARTNERSHIP_CHANGED = "partnership.changed"
    OFFER_CHANGED = "offer.changed"
    LISTING_CHANGED = "listing.changed"
    STORE_CONNECTED = "store.connected"
    STORE_RECONNECT_NEEDED = "store.reconnect_needed"
    STORE_STALE = "store.stale"
    REPORT_FAILED = "report.failed"
    PRODUCT_REMOVED = "product.removed"
    WEBHOOK_TEST = "webhook.test"
    """Sent on request to one endpoint, whatever it listens to."""


REPORTED: Final = (
    EventType.CONVERSION_CREATED,
    EventType.CONVERSION_RESTATED,
    EventType.CONVERSION_SETTLED,
    EventType.CONVERSION_ADJUSTED,
    EventType.THRESHOLD_REACHED,
)
"""What comes of taking a report in."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who of an account, and of the affiliates around it, listens to what."""

    account: frozenset[str]
    affiliates: Mapping[UUID, frozenset[str]]

    def __bool__(self) -> bool:
        return bool(self.account or self.affiliates)

    def of(self, event: Event) -> tuple[bool, list[UUID]]:
        """Whether the account is told, and which of the affiliates are."""
        return (
            event.to_account and event.type in self.account,
            sorted(
                id
                for id in set(event.affiliate_ids)
                if event.type in self.affiliates.get(id, frozenset())
            ),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an entity, which `data` is the whole of, as it is now."""

    type: EventType
    entity: str
    """The id as it is shown outside: conv_1f…"""
    data: Mapping[str, Any]
    occurred_at: datetime
    affiliate_ids: Collection[UUID] = ()
    """Those concerned, whether they listen or not."""
    to_account: bool = True
    """Whether it is any of the account's business."""


def moment(at: datetime) -> str:
    """RFC 3339, in UTC and to the second, as every answer of the API writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def body(event: Event, sequence: int, account_id: UUID, kind: str = "acct") -> str:
    """What is sent, to the byte. `kind` is the prefix of the owner's id: an affiliate who tries out
    an endpoint of theirs stands where the account would."""
    written: bytes = orjson.dumps(
        {
            "type": event.type.value,
            "timestamp": moment(event.occurred_at),
            "api_version": API_VERSION,
            "sequence": sequence,
            "entity": event.entity,
            "account": {"id": encode(kind, account_id)},
            "data": event.data,
        }
    )
    return written.decode()


def counted(events: Iterable[Event]) -> dict[str, int]:
    """How many events each entity has; entities in one order for everybody, who locks them."""
    many: dict[str, int] = {}
    for event in events:
        many[event.entity] = many.get(event.entity, 0) + 1
    return dict(sorted(many.items()))


def moved(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> EventType | None:
    """What a report has done to a conversion, given its payloads; None for nothing."""
    if before is None:
        return EventType.CONVERSION_CREATED
    if before == now:
        return None
    if now["status"] == "PENDING":
        return EventType.CONVERSION_RESTATED
    if before["status"] == "PENDING":
        return EventType.CONVERSION_SETTLED
    return EventType.CONVERSION_ADJUSTED
