"""Compared with the libraries that receivers use."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.events.rules import EventType
from domain.ids import new_id
from domain.webhooks.rules import Signature
from domain.webhooks.signing import Secret, Signer, message_id, topic

EVENT = UUID("0192f0c14d7c7a3e9f6b1c2d3e4f5061")
SECRETS = [Secret.new() for _ in range(3)]
SIGNER = Signer(Signature.STANDARD, SECRETS)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf8")), inner),
)


def signed(body: bytes, at: datetime | None = None) -> dict[str, str]:
    found = SIGNER.headers(EVENT, EventType.OFFER_CHANGED, body, at or datetime.now(UTC))
    return dict(found)


@given(json)
def test_what_is_sent_verifies_with_any_of_the_secrets(content: object) -> None:
    body = orjson.dumps(content)
    for secret in SECRETS:
        assert Webhook(secret.text).verify(body, signed(body)) == content


@given(st.binary())
def test_any_bytes_are_signed_as_the_library_signs_them(body: bytes) -> None:
    """An empty body, too."""
    at = datetime(2026, 9, 1, 12, 0, 7, 999_999, tzinfo=UTC)
    headers = signed(body, at)
    own = [one.removeprefix("v1,") for one in headers["webhook-signature"].split(" ")]
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert own == [
        base64.b64encode(hmac.digest(base64.b64decode(one.text[6:]), said, "sha256")).decode()
        for one in SECRETS
    ]
    if body.isascii():
        library = Webhook(SECRETS[0].text).sign(message_id(EVENT), at, body.decode())
        assert library == f"v1,{own[0]}"


@given(json, st.data())
def test_whatever_is_altered_does_not_verify(content: object, data: st.DataObject) -> None:
    body = orjson.dumps(content)
    headers = signed(body)
    what = data.draw(st.sampled_from(["id", "timestamp", "body", "signature", "cut", "secret"]))
    webhook = Webhook(SECRETS[0].text)
    if what == "id":
        headers["webhook-id"] = message_id(new_id())
    elif what == "timestamp":
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
    elif what == "body":
        at = data.draw(st.integers(0, len(body) - 1))
        body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    elif what == "signature":
        headers["webhook-signature"] = "v1," + base64.b64encode(bytes(32)).decode()
    elif what == "cut":
        body = body[:-1]
    else:
        webhook = Webhook(Secret.new().text)
    with pytest.raises(WebhookVerificationError):
        webhook.verify(body, headers)


@pytest.mark.parametrize(
    ("seconds", "good"), [(-302, False), (-298, True), (298, True), (302, False)]
)
def test_a_timestamp_is_good_for_five_minutes(seconds: int, good: bool) -> None:
    headers = signed(b"{}", datetime.now(UTC) + timedelta(seconds=seconds))
    if good:
        Webhook(SECRETS[2].text).verify(b"{}", headers)
    else:
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRETS[2].text).verify(b"{}", headers)


def test_a_secret_is_random_and_shows_itself_to_nobody() -> None:
    one, other = Secret.new(), Secret.new()
    assert one.text.startswith("whsec_")
    assert len(one.key) == 32
    assert one.key != other.key
    assert one.text not in repr(one) + repr(Signer(Signature.STANDARD, [one]))


def test_receivers_of_refersions_find_its_headers_with_the_newest_secret() -> None:
    body = '{"ü": 1}'.encode()
    signer = Signer(Signature.REFERSION, SECRETS)
    headers = dict(signer.headers(EVENT, "conversion.approved", body, datetime.now(UTC)))
    assert headers["Refersion-Topic"] == "APPROVED_CONVERSION"
    mac = hmac.digest(SECRETS[0].text.encode(), body, "sha256")
    assert headers["Refersion-Signature"] == base64.b64encode(mac).decode()
    assert Webhook(SECRETS[2].text).verify(body, headers) == {"ü": 1}
    standard = dict(SIGNER.headers(EVENT, "conversion.approved", body, datetime.now(UTC)))
    assert not [name for name in standard if name.startswith("Refersion")]


def test_every_type_has_a_topic_of_its_own() -> None:
    topics = {topic(one) for one in EventType}
    assert len(topics) == len(EventType)
    assert all(one.replace("_", "").isupper() for one in topics)
    assert {"NEW_CONVERSION", "NEW_AFFILIATE", "AFFILIATE_STATUS_CHANGE", "OFFER_CHANGED"} <= topics
