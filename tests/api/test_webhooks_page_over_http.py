"""What docs/webhooks.md tells people to paste, sent over HTTP in the order of the page."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.ids import decode
from tests.api.walking import Walk
from tests.factories import NOW, an_account, an_affiliate
from tests.people import a_person, a_session, an_api_key
from tests.telling import a_delivery, an_attempt


@pytest.mark.parametrize("whose", ["an account's", "an affiliate's"])
async def test_every_block(walk: Walk, whose: str) -> None:
    owner, known, headers = walk.owner, walk.known, walk.browser.headers
    if whose == "an account's":
        owner_id: UUID = await an_account(owner)
        headers["Authorization"] = f"Bearer {await an_api_key(owner, owner_id)}"
    else:
        walk.app.state.wall = walk.app.state.clock  # the session is of the tests' time
        person_id = await a_person(owner)
        owner_id = await an_affiliate(owner, person_id=person_id)
        headers["Cookie"] = f"clickledger={await a_session(owner, person_id)}"

    async def which_endpoint() -> None:
        known["id"] = known["Listen"]["createWebhookEndpoint"]["endpoint"]["id"]
        known["endpointId"] = known["id"]

    async def sent() -> None:
        known["id"] = known["TryOut"]["testWebhookEndpoint"]["id"]
        await an_attempt(owner, owner_id, decode("wdlv", known["id"]), at=NOW)

    async def failed() -> None:
        assert known["HowDidItGo"]["webhookDelivery"]["status"] == "PENDING"
        known["id"] = known["endpointId"]
        await a_delivery(
            owner,
            owner_id,
            decode("whep", known["id"]),
            occurred_at=datetime(2026, 11, 21, tzinfo=UTC),
        )

    await walk.play(
        "webhooks.md", {"TryOut": which_endpoint, "HowDidItGo": sent, "WhatFailed": failed}
    )

    assert known["SendAgain"]["replayWebhookDeliveries"] == {"count": 1}
    rotated = known["Rotate"]["rotateWebhookSecret"]["endpoint"]["secrets"]
    assert [secret["expiresAt"] is None for secret in rotated] == [True, False]
