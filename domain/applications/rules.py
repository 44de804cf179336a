"""An application: who may apply, what has to be answered, and whom rules let in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.errors import InvalidInput, Refusal, excerpt
from domain.marketplace.rules import Acceptance, Question

LONGEST_MESSAGE: Final = 2_000
LONGEST_ANSWER: Final = 2_000
LONGEST_REASON: Final = 1_000
MOST_A_DAY: Final = 20
PACE: Final = timedelta(days=1)
RULES: Final = "rules"
"""Who decided when nobody had to look."""


class State(StrEnum):
    SUBMITTED = "SUBMITTED"
    """It waits for the brand."""
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    """By the affiliate, before the brand answered."""


class Doubt(StrEnum):
    """Why rules do not let somebody in and a person has to look, in words for both to read."""

    NOT_AUTOMATIC = "The brand looks at every application."
    KNOWN_BEFORE = "Affiliates who were here or were rejected before are let in by a person."
    NOT_VERIFIED = "Only affiliates whose address is verified are let in without a look."
    AUDIENCE = "The audience is smaller than that of those who are let in without a look."
    DAILY_LIMIT = "Today as many as may be were let in without a look."


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What an affiliate writes, and the agreement that they accept by its SHA-256."""

    message: str
    answers: tuple[Answer, ...] = ()
    agreement_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """An affiliate as the brand sees them when they apply."""

    affiliate_id: UUID
    name: str
    audience: int
    verified: bool
    known_before: bool
    """Whether the store ended a partnership with them or rejected an application of theirs."""


@dataclass(frozen=True, slots=True)
class Application:
    id: UUID
    offer_id: UUID
    store_id: UUID
    affiliate_id: UUID
    state: State
    decided_at: datetime | None


@dataclass(eq=False)
class QuestionsUnanswered(Refusal):
    questions: tuple[str, ...]

    @property
    def message(self) -> str:
        listed = " ".join(f"“{excerpt(one)}”" for one in self.questions)
        return f"The brand asks for an answer to: {listed}"


@dataclass(eq=False)
class AlreadyApplied(Refusal):
    application_id: UUID

    @property
    def message(self) -> str:
        return (
            "An application of yours to this store waits for the brand already. Withdraw it to "
            "apply anew."
        )


@dataclass(eq=False)
class PartnersAlready(Refusal):
    partnership_id: UUID

    @property
    def message(self) -> str:
        return (
            "You are a partner of this store already, so there is nothing to apply for: make links "
            "in your partnership. The brand can move it to another offer."
        )


@dataclass(eq=False)
class TooManyApplications(Refusal):
    most: int

    @property
    def message(self) -> str:
        return (
            f"You have sent {self.most} applications within a day, which is the most. Apply to "
            "further brands tomorrow."
        )


@dataclass(eq=False)
class ApplicationDecided(Refusal):
    """It was answered or withdrawn before, and that stands."""

    application_id: UUID
    state: State
    decided_at: datetime

    @property
    def message(self) -> str:
        done = f"This application was {self.state.value.lower()} on {self.decided_at:%Y-%m-%d}"
        match self.state:
            case State.ACCEPTED:
                return f"{done}. To part, end the partnership that it began."
            case State.REJECTED:
                return (
                    f"{done}. Invite the affiliate, or add them to the offer, to begin after all."
                )
            case _:
                return f"{done} and cannot be answered any more."


def message(text: str) -> str:
    """What the applicant writes, as kept; it may be empty. Raises InvalidInput."""
    written = text.strip()
    if len(written) > LONGEST_MESSAGE or "\0" in written:
        raise InvalidInput("message", f"Use {LONGEST_MESSAGE:,} characters at most.")
    return written


def reason(text: str) -> str:
    """Why somebody is rejected, as kept; they will read it. Raises InvalidInput."""
    written = text.strip()
    if not 1 <= len(written) <= LONGEST_REASON or "\0" in written:
        raise InvalidInput("reason", f"Give a reason of 1 to {LONGEST_REASON:,} characters.")
    return written


def answers(asked: Sequence[Question], given: Sequence[Answer]) -> tuple[Answer, ...]:
    """The answers as kept, in the order of the questions; empty ones are none.

    Raises InvalidInput, or QuestionsUnanswered with all questions that need an answer.
    """
    said: dict[str, str] = {}
    known = {one.question for one in asked}
    for one in given:
        question, answer = one.question.strip(), one.answer.strip()
        if question not in known:
            reason = (
                f"The brand does not ask “{excerpt(question)}” any more. Read the listing anew."
            )
            raise InvalidInput("answers", reason)
        if question in said:
            raise InvalidInput("answers", f"“{excerpt(question)}” is answered twice.")
        if len(answer) > LONGEST_ANSWER or "\0" in answer:
            raise InvalidInput("answers", f"Use {LONGEST_ANSWER:,} characters at most for each.")
        said[question] = answer
    missing = tuple(one.question for one in asked if one.required and not said.get(one.question))
    if missing:
        raise QuestionsUnanswered(missing)
    return tuple(
        Answer(one.question, said[one.question]) for one in asked if said.get(one.question)
    )


def doubt(rules: Acceptance, applicant: Applicant, let_in_today: int) -> Doubt | None:
    """Why a person has to look; None when the listing's rules let the applicant in at once.

    `let_in_today`: how many they let in before, this day of the store.
    """
    if not rules.auto_accept:
        return Doubt.NOT_AUTOMATIC
    if applicant.known_before:
        return Doubt.KNOWN_BEFORE
    if rules.verified_only and not applicant.verified:
        return Doubt.NOT_VERIFIED
    if applicant.audience < rules.minimum_audience:
        return Doubt.AUDIENCE
    if rules.daily_limit is not None and let_in_today >= rules.daily_limit:
        return Doubt.DAILY_LIMIT
    return None


def moves(application: Application, to: State) -> bool:
    """Whether the state is to be written: false when it stands. Raises ApplicationDecided."""
    if application.state is to:
        return False
    if application.state is not State.SUBMITTED:
        assert application.decided_at is not None, "what is answered has a moment"
        raise ApplicationDecided(application.id, application.state, application.decided_at)
    return True


def check_pace(applications: int) -> None:
    """How many an affiliate has sent within a day. Raises TooManyApplications."""
    if applications >= MOST_A_DAY:
        raise TooManyApplications(MOST_A_DAY)
