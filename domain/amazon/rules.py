"""What a consent and a profile are, and how a publisher is chosen. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import Refusal
from domain.sealing import Place

CONSENT_VALID: Final = timedelta(minutes=15)
"""How long a person may take on Amazon's consent page."""

PROFILES_APPEAR_WITHIN: Final = timedelta(hours=2, minutes=30)
"""Amazon shows a new consent's profiles within two hours."""


class Api(StrEnum):
    """Amazon's two applications. A seller consents to each of them apart."""

    ADS = "ADS"
    SELLING_PARTNER = "SELLING_PARTNER"


class GrantState(StrEnum):
    AWAITING_CONSENT = "AWAITING_CONSENT"
    CONNECTING = "CONNECTING"
    """The consent's code is here and not yet exchanged for tokens."""
    CONNECTED = "CONNECTED"
    RECONNECT = "RECONNECT"
    """Amazon no longer honours the consent; only the seller can give a new one."""
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Grant:
    """One consent of a seller account, with its secrets still sealed."""

    account_id: UUID
    id: UUID
    seller_account_id: UUID
    api: Api
    state: GrantState
    problem: str | None
    sealed_code: str | None = field(repr=False)
    sealed_refresh_token: str | None = field(repr=False)
    sealed_access_token: str | None = field(repr=False)
    access_expires_at: datetime | None

    def place(self, column: str) -> Place:
        """Where one of the grant's secrets is kept."""
        return Place("amazon_grant", column, self.account_id, self.id)


@dataclass(frozen=True, slots=True)
class Started:
    """A consent that a person may now give. Whoever knows `state` may answer for them."""

    grant_id: UUID
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose consent Amazon's redirect brings."""

    account_id: UUID
    grant_id: UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """What Amazon's redirect says: a code, or an error's name when the person refused.

    `merchant_id` comes only with the Selling Partner API: the seller who consented.
    """

    code: str | None = field(repr=False)
    merchant_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """A consent that cannot be used; `reason` tells a person why and what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class FoundProfile:
    """An advertising profile as Amazon lists it. `kind` is SELLER, VENDOR or AGENCY."""

    region: str
    amazon_profile_id: str
    kind: str
    merchant_id: str
    name: str
    marketplace_id: str
    country: str
    currency: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Known:
    """A profile that is kept. `publisher_id` and `measuring_since` are set by the tag call."""

    seller_account_id: UUID
    found: FoundProfile
    publisher_id: str | None
    measuring_since: datetime | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Amazon gave for a code or a refresh token. The access token lives for `lifetime`."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Measurement:
    """What Amazon's tag call gave for a profile."""

    advertiser_id: str
    publisher_id: str
    tag_template: str


def state_hash(state: str) -> bytes:
    """Only the hash is kept, so that reading the database answers no consent."""
    return hashlib.sha256(state.encode()).digest()


def why_unusable(answer: Answer, api: Api, pinned_merchant_id: str | None) -> str | None:
    """The reason why the answer connects nothing, None when it does."""
    if answer.error == "access_denied":
        return "The consent was refused on Amazon's page. Connect again and choose Allow."
    if answer.error is not None:
        return f"Amazon ended the consent with {answer.error[:100]}. Connect again."
    if not answer.code:
        return "Amazon sent no code with the consent. Connect again."
    if api is Api.ADS:
        return None
    if not answer.merchant_id:
        return "Amazon did not say which seller consented. Connect again."
    if pinned_merchant_id not in (None, answer.merchant_id):
        return (
            f"The consent is of the seller {answer.merchant_id[:40]}, and this seller account is "
            f"connected to {pinned_merchant_id}. Sign in to Seller Central as that seller, or add "
            "a seller account for the other one."
        )
    return None


@dataclass(eq=False)
class MerchantTaken(Refusal):
    """One of Amazon's sellers is connected once in an account."""

    merchant_id: str

    @property
    def message(self) -> str:
        return (
            f"The seller {self.merchant_id[:40]} is connected under another seller account of this "
            "account already. Connect its stores there."
        )


@dataclass(eq=False)
class NoPublisher(Refusal):
    """None of Amazon's publishers can carry an affiliate's link."""

    @property
    def message(self) -> str:
        return (
            "Amazon lists no publisher for other blogs, e-mails or displays, so no tag can be "
            "made. Report this; Amazon has changed its list."
        )


_CHANNELS: Final = ("blogpost - other", "email - other", "display - other", "video - other")


def choose_publisher(publishers: Collection[tuple[str, str, bool]]) -> str:
    """The id of the publisher that affiliates' tags are made for. Raises NoPublisher.

    Each publisher is its id, name and whether its tags are filled in by an ad platform. Amazon has
    none for affiliates. A blog post is what an affiliate's page mostly is; the choice changes the
    label in Amazon's console and nothing that is measured. It goes by name, since Amazon promises
    no id.
    """
    by_name = {name.strip().lower(): id for id, name, macro in publishers if not macro}
    for name in (*_CHANNELS, *sorted(by_name)):
        if name in by_name and name.endswith("- other"):
            return by_name[name]
    raise NoPublisher
