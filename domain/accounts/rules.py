"""What an account may do by its plan and its entitlement. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.access import Scope
from domain.errors import InvalidInput, Refusal

LONGEST_NAME: Final = 200


class Plan(StrEnum):
    """From the smallest to the largest."""

    LAUNCH = "LAUNCH"
    GROWTH = "GROWTH"
    SCALE = "SCALE"
    ENTERPRISE = "ENTERPRISE"

    def covers(self, needed: Plan) -> bool:
        """Whether this plan is the needed one or larger."""
        order = list(Plan)
        return order.index(self) >= order.index(needed)


class Entitlement(StrEnum):
    """What an account is granted once and keeps."""

    AMAZON = "AMAZON"


@dataclass(frozen=True, slots=True)
class Installation:
    """The policy of this installation, as far as it decides about accounts."""

    amazon_open: bool
    """Whether new accounts are given the Amazon entitlement."""
    default_plan: Plan
    amazon_plan: Plan
    """The smallest plan with which an Amazon store can be connected."""


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    name: str
    plan: Plan
    amazon_entitled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KnownKey:
    """An API key as it can be shown at any time: without its text, which nobody keeps."""

    id: UUID
    name: str
    prefix: str
    """How its text begins."""
    scopes: frozenset[Scope]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""
    revoked_at: datetime | None


@dataclass(eq=False)
class AmazonNotOffered(Refusal):
    entitlement: Entitlement = Entitlement.AMAZON

    @property
    def message(self) -> str:
        return (
            f"This account does not have the {self.entitlement.value} entitlement: the Amazon "
            "integration is no longer being offered to new accounts. Accounts that had it keep "
            "it; ask the operator of this installation whether it will open again."
        )


@dataclass(eq=False)
class PlanTooLow(Refusal):
    plan: Plan
    needed: Plan

    @property
    def message(self) -> str:
        return (
            f"Connecting an Amazon store needs the {self.needed.value.capitalize()} plan, and this "
            f"account is on {self.plan.value.capitalize()}. Upgrade to "
            f"{self.needed.value.capitalize()} and connect again."
        )


@dataclass(eq=False)
class ScopesNotHeld(Refusal):
    """A key was to be given scopes that its maker does not have."""

    scopes: tuple[Scope, ...]

    @property
    def message(self) -> str:
        one = len(self.scopes) == 1
        return (
            f"You do not have {'this scope' if one else 'these scopes'} yourself, so no key of "
            f"yours can: {', '.join(self.scopes)}. Leave {'it' if one else 'them'} out, or ask an "
            "owner of the account to make the key."
        )


def account_name(text: str) -> str:
    """The name as kept. Raises InvalidInput."""
    written = text.strip()
    if not written.isprintable() or not 1 <= len(written) <= LONGEST_NAME:
        raise InvalidInput("name", f"Give the account a name of 1 to {LONGEST_NAME} characters.")
    return written


def key_name(text: str) -> str:
    """The name as kept. Raises InvalidInput."""
    written = text.strip()
    if not written.isprintable() or not 1 <= len(written) <= LONGEST_NAME:
        raise InvalidInput("name", f"Give the key a name of 1 to {LONGEST_NAME} characters.")
    return written


def check_scopes(scopes: frozenset[Scope], of_maker: frozenset[Scope]) -> None:
    """Whether somebody with the scopes `of_maker` can make such a key.

    Raises InvalidInput for none at all, or ScopesNotHeld.
    """
    if not scopes:
        raise InvalidInput("scopes", "Give the key one scope at least; READ is the smallest.")
    missing = tuple(scope for scope in Scope if scope in scopes - of_maker)
    if missing:
        raise ScopesNotHeld(missing)


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Raises InvalidInput for a key that would never work."""
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("expiresAt", "Let the key end in the future, or leave this out.")


def may_connect_amazon(account: Account, installation: Installation) -> None:
    """Whether the account can connect a store on Amazon, be it the first or a further one.

    Raises AmazonNotOffered (S1; an account that was entitled stays so, S2) or PlanTooLow (S3).
    """
    if account.amazon_entitled_at is None and not installation.amazon_open:
        raise AmazonNotOffered
    if not account.plan.covers(installation.amazon_plan):
        raise PlanTooLow(account.plan, installation.amazon_plan)
