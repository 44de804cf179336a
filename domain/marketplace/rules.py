"""A listing: what a brand writes about an offer for affiliates to find, and whom it lets in. Pure.

An account lists one offer at a time, and listing costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

from domain.addresses import Unreadable, take_apart
from domain.errors import InvalidInput, Refusal, excerpt
from domain.marketplace.categories import Category, categories

LONGEST_DESCRIPTION: Final = 5_000
LONGEST_QUESTION: Final = 300
LONGEST_URL: Final = 2_000
MOST_CATEGORIES: Final = 5
MOST_QUESTIONS: Final = 10
MOST_PROMOTED: Final = 100
LARGEST_AUDIENCE: Final = 10**12


@dataclass(frozen=True, slots=True)
class Question:
    """Asked of everybody who applies."""

    question: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whom the listing's rules let in without a person looking.

    Without `auto_accept` every application waits for a person. With it, whoever falls short of the
    other rules waits for a person too: rules let in, and turn nobody away.
    """

    auto_accept: bool = False
    verified_only: bool = False
    minimum_audience: int = 0
    daily_limit: int | None = None
    """At most so many let in by rules on a day of the store; None for any number."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the brand writes itself."""

    description: str = ""
    categories: tuple[Category, ...] = ()
    cover_url: str | None = None
    questions: tuple[Question, ...] = ()
    acceptance: Acceptance = Acceptance()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a listing shows of the account's own tables, as it is in force on a day."""

    store_id: UUID
    brand_name: str
    store_name: str
    offer_name: str
    channel: str
    marketplace_id: str | None
    currency: str
    rate_bp: int
    cookie_days: int
    agreement_id: UUID | None


@dataclass(frozen=True, slots=True)
class Listing:
    id: UUID
    offer_id: UUID
    shown: Shown
    form: Form


SHOWN: Final = tuple(field.name for field in fields(Shown))


@dataclass(eq=False)
class OfferListed(Refusal):
    name: str

    @property
    def message(self) -> str:
        return (
            f'The offer "{excerpt(self.name)}" is listed in the marketplace. List another offer in '
            "its place or take it out of the marketplace, then archive it."
        )


@dataclass(eq=False)
class NotInForceYet(Refusal):
    """Nothing is paid by the offer today, so there is no rate to show."""

    starts_on: date

    @property
    def message(self) -> str:
        return (
            f"The offer pays from {self.starts_on} on, and the marketplace shows what is paid "
            "today. List it on that day, or list another offer."
        )


@dataclass(eq=False)
class NoStoreToPromote(Refusal):
    """The offer's store is disconnected."""

    disconnected_at: datetime

    @property
    def message(self) -> str:
        return (
            f"The offer's store was disconnected on {self.disconnected_at:%Y-%m-%d}, so nothing "
            "that affiliates sell there would be reported. Reconnect the store first."
        )


def form(
    description: str, names: Collection[str], cover_url: str | None,
    questions: Sequence[Question], acceptance: Acceptance,
) -> Form:  # fmt: skip
    """The form as kept. An empty address of the cover is none. Raises InvalidInput."""
    return Form(
        _description(description),
        categories("categories", names, MOST_CATEGORIES),
        _cover_url((cover_url or "").strip()),
        _questions(questions),
        _acceptance(acceptance),
    )


def promoted(product_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Products to show, in the order given. Raises InvalidInput."""
    if len(product_ids) > MOST_PROMOTED:
        raise InvalidInput("productIds", f"Show {MOST_PROMOTED} products at most.")
    if len(set(product_ids)) < len(product_ids):
        raise InvalidInput("productIds", "A product stands there twice. Give each of them once.")
    return tuple(product_ids)


def _description(text: str) -> str:
    written = text.strip()
    if len(written) > LONGEST_DESCRIPTION or "\0" in written:
        raise InvalidInput("description", f"Use {LONGEST_DESCRIPTION:,} characters at most.")
    return written


def _cover_url(text: str) -> str | None:
    if not text:
        return None
    try:
        host = take_apart(text).hostname or ""
    except Unreadable as fault:
        raise InvalidInput("coverUrl", f"This is no image's address: {fault}.") from None
    if len(text) > LONGEST_URL or not text.startswith("https://") or "." not in host:
        raise InvalidInput("coverUrl", "Give the whole address of an image: https://….")
    return text


def _questions(asked: Sequence[Question]) -> tuple[Question, ...]:
    if len(asked) > MOST_QUESTIONS:
        raise InvalidInput("questions", f"Ask {MOST_QUESTIONS} questions at most.")
    kept = tuple(Question(one.question.strip(), one.required) for one in asked)
    for one in kept:
        if not 1 <= len(one.question) <= LONGEST_QUESTION or not one.question.isprintable():
            raise InvalidInput(
                "questions", f"Write each question in one line of 1 to {LONGEST_QUESTION} signs."
            )
    if len({one.question for one in kept}) < len(kept):
        raise InvalidInput("questions", "A question stands there twice. Ask each of them once.")
    return kept


def _acceptance(rules: Acceptance) -> Acceptance:
    if not 0 <= rules.minimum_audience <= LARGEST_AUDIENCE:
        raise InvalidInput("minimumAudience", "Give a number of people, 0 for any.")
    if rules.daily_limit is not None and not 1 <= rules.daily_limit <= 10_000:
        raise InvalidInput("dailyLimit", "Give 1 to 10,000 a day, or nothing for any number.")
    return rules
