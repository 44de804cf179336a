"""What a delivery is signed with, and how: Standard Webhooks 1.0.0, and Refersion's way. Pure."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.events.rules import EventType
from domain.sealing import Place
from domain.webhooks.rules import Signature

OLD_FOR: Final = timedelta(hours=24)
"""So long an old secret signs beside the new one."""
MOST_OLD: Final = 10

_PREFIX: Final = "whsec_"
_BYTES: Final = 32

_TOPICS: Final[dict[str, str]] = {
    EventType.CONVERSION_CREATED: "NEW_CONVERSION",
    EventType.CONVERSION_APPROVED: "APPROVED_CONVERSION",
    EventType.CONVERSION_DENIED: "DENIED_CONVERSION",
    EventType.PARTNERSHIP_CREATED: "NEW_AFFILIATE",
    EventType.PARTNERSHIP_CHANGED: "AFFILIATE_STATUS_CHANGE",
}


@dataclass(frozen=True, slots=True)
class Secret:
    """`text` is what its owner is shown once: whsec_ and 32 random bytes in base64."""

    text: str = field(repr=False)

    @classmethod
    def new(cls) -> Secret:
        return cls(_PREFIX + b64encode(secrets.token_bytes(_BYTES)).decode())

    @property
    def key(self) -> bytes:
        return b64decode(self.text.removeprefix(_PREFIX))


def place_of(account_id: UUID, secret_id: UUID) -> Place:
    """Where a sealed secret opens. `account_id` is the endpoint's."""
    return Place("webhook_secret", "sealed_secret", account_id, secret_id)


def message_id(event_id: UUID) -> str:
    """The webhook-id: of the event, so the same in all attempts and replays."""
    return f"evnt_{event_id.hex}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one endpoint. `secrets` are all that are valid, the newest first."""

    kind: Signature
    secrets: Sequence[Secret] = field(repr=False)
    _keys: list[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_keys", [one.key for one in self.secrets])

    def headers(
        self, event_id: UUID, event_type: str, body: bytes, at: datetime
    ) -> list[tuple[str, str]]:
        """The headers that say who sent this, and when it was sent."""
        id, moment = message_id(event_id), str(int(at.timestamp()))
        signed = f"{id}.{moment}.".encode() + body
        found = [
            ("webhook-id", id),
            ("webhook-timestamp", moment),
            ("webhook-signature", " ".join(f"v1,{_mac(key, signed)}" for key in self._keys)),
        ]
        if self.kind is Signature.REFERSION:
            found += [
                ("Refersion-Topic", topic(event_type)),
                # Whoever checks it takes the secret as it stands, and not what it encodes.
                ("Refersion-Signature", _mac(self.secrets[0].text.encode(), body)),
            ]
        return found


def topic(event_type: str) -> str:
    """Refersion's word for it; ours in capitals where they have none."""
    return _TOPICS.get(event_type) or event_type.upper().replace(".", "_")


def _mac(key: bytes, data: bytes) -> str:
    return b64encode(hmac.digest(key, data, "sha256")).decode()
