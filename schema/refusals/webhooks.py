"""Refusals of webhooks."""

from datetime import datetime

import strawberry

from domain.webhooks import endpoint
from schema.errors import Refusal, id_of, said, shows


@shows(endpoint.TooManyEndpoints)
class TooManyWebhookEndpoints(Refusal):
    """There are as many endpoints as there may be, the disabled ones counted."""

    most: int = said("How many that is.")


@shows(endpoint.EndpointDisabled)
class WebhookEndpointDisabled(Refusal):
    """Nothing is sent to a disabled endpoint: enable it first."""

    endpoint_id: strawberry.ID = said("Which endpoint.", id_of("whep"))


@shows(endpoint.TooManyReplays)
class TooManyWebhookReplays(Refusal):
    """More deliveries to an endpoint than may be replayed in an hour: ask for fewer, or later."""

    most: int = said("How many may be replayed in an hour.")
    left: int = said("How many of these are left.")
    again_at: datetime = said("When the next hour begins.")
