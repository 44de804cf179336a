"""Closed sets of words about webhooks. The name in GraphQL of a type of events is not the word in
the body, which its description says."""

from enum import Enum

import strawberry
from strawberry import enum_value as word


@strawberry.enum(description="What can happen that somebody is told of.")
class WebhookEventType(Enum):
    CONVERSION_CREATED = word(
        "conversion.created",
        description="`conversion.created`. A conversion is there that was not before.",
    )
    CONVERSION_RESTATED = word(
        "conversion.restated",
        description="`conversion.restated`. Amazon reports other figures of a conversion.",
    )
    CONVERSION_SETTLED = word(
        "conversion.settled",
        description="`conversion.settled`. A conversion's figures stand and it can be decided on.",
    )
    CONVERSION_APPROVED = word(
        "conversion.approved", description="`conversion.approved`. A conversion was approved."
    )
    CONVERSION_DENIED = word(
        "conversion.denied", description="`conversion.denied`. A conversion was denied."
    )
    CONVERSION_ADJUSTED = word(
        "conversion.adjusted",
        description="`conversion.adjusted`. Amazon reports other figures of one that had settled.",
    )
    THRESHOLD_REACHED = word(
        "threshold.reached",
        description="`threshold.reached`. An affiliate has so many clicks that Amazon shows sales.",
    )
    APPLICATION_SUBMITTED = word(
        "application.submitted",
        description="`application.submitted`. An affiliate applied to a listing.",
    )
    APPLICATION_ACCEPTED = word(
        "application.accepted", description="`application.accepted`. An application was accepted."
    )
    APPLICATION_REJECTED = word(
        "application.rejected", description="`application.rejected`. An application was rejected."
    )
    APPLICATION_WITHDRAWN = word(
        "application.withdrawn",
        description="`application.withdrawn`. An application was taken back.",
    )
    PARTNERSHIP_CREATED = word(
        "partnership.created",
        description="`partnership.created`. An affiliate and a store are partners.",
    )
    PARTNERSHIP_CHANGED = word(
        "partnership.changed",
        description="`partnership.changed`. A partnership was paused, resumed, ended or moved.",
    )
    OFFER_CHANGED = word(
        "offer.changed",
        description="`offer.changed`. An offer has other terms, or was archived or restored.",
    )
    LISTING_CHANGED = word(
        "listing.changed",
        description="`listing.changed`. A listing in the marketplace was made, changed or removed.",
    )
    STORE_CONNECTED = word(
        "store.connected", description="`store.connected`. A store was connected."
    )
    STORE_RECONNECT_NEEDED = word(
        "store.reconnect_needed",
        description="`store.reconnect_needed`. Amazon no longer honours a seller's consent.",
    )
    STORE_STALE = word(
        "store.stale", description="`store.stale`. A store's reports are older than they may be."
    )
    REPORT_FAILED = word(
        "report.failed",
        description="`report.failed`. A report could not be fetched, or was held back.",
    )
    PRODUCT_REMOVED = word(
        "product.removed", description="`product.removed`. A product is sold no more."
    )


@strawberry.enum(description="How deliveries are signed.")
class WebhookSignature(Enum):
    STANDARD = word("STANDARD", description="As Standard Webhooks 1.0.0 has it, by HMAC-SHA256.")
    REFERSION = word(
        "REFERSION",
        description="The same, and beside it the headers that receivers of Refersion's look for.",
    )


@strawberry.enum(description="Whether events are sent to an endpoint.")
class WebhookEndpointStatus(Enum):
    ENABLED = word("ENABLED", description="They are.")
    DISABLED = word("DISABLED", description="They are held; once it is enabled, replay them.")
    DELETED = word("DELETED", description="It is gone for good, and in no list.")


@strawberry.enum(description="Why an endpoint is disabled.")
class WebhookDisabledReason(Enum):
    OWNER = word("OWNER", description="Somebody of yours disabled it.")
    FAILING = word(
        "FAILING", description="Nothing has arrived for five days, and a delivery was given up."
    )
    GONE = word("GONE", description="The receiver answered 410: it wants no more.")


@strawberry.enum(description="Where a delivery stands.")
class WebhookDeliveryStatus(Enum):
    PENDING = word("PENDING", description="It is sent, or sent again, at `nextAttemptAt`.")
    DELIVERED = word("DELIVERED", description="The receiver answered 200 to 299.")
    FAILED = word("FAILED", description="It was tried ten times in three days, and given up.")
    HELD = word("HELD", description="It was not sent since the endpoint is disabled; replay it.")
