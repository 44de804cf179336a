"""Refusals of listings and applications."""

from datetime import date, datetime

import strawberry

from domain.applications import rules as applications
from domain.marketplace import agreements
from domain.marketplace import rules as marketplace
from schema.enums import (
    ApplicationStatus,
)
from schema.errors import Refusal, id_of, said, shows


@shows(agreements.AgreementNotAccepted)
class AgreementNotAccepted(Refusal):
    """The brand's agreement has to be accepted, in its newest version."""

    agreement_id: strawberry.ID = said("The newest version.", id_of("agrm"))
    version: int = said("Its number.")
    sha256: str = said("Of its text, in hexadecimal.")
    accepted: str | None = said("What was given instead; null when nothing was.")


@shows(marketplace.OfferListed)
class OfferListed(Refusal):
    """The offer is in the marketplace; list another or take it out, then archive it."""

    name: str = said("What the offer is called.")


@shows(marketplace.NotInForceYet)
class NotInForceYet(Refusal):
    """The offer pays from a later day on, so there is no rate to show."""

    starts_on: date = said("From which day on, at the store.")


@shows(marketplace.NoStoreToPromote)
class NoStoreToPromote(Refusal):
    """The offer's store is disconnected."""

    disconnected_at: datetime = said("Since when.")


@shows(applications.QuestionsUnanswered)
class QuestionsUnanswered(Refusal):
    """The brand asks for answers that were not given."""

    questions: list[str] = said("All of those, in their order.", list)


@shows(applications.AlreadyApplied)
class AlreadyApplied(Refusal):
    """An application to the store waits already."""

    application_id: strawberry.ID = said("Which application.", id_of("appl"))


@shows(applications.PartnersAlready)
class PartnersAlready(Refusal):
    """You are a partner of the store already."""

    partnership_id: strawberry.ID = said("The partnership.", id_of("part"))


@shows(applications.TooManyApplications)
class TooManyApplications(Refusal):
    """You have sent as many applications within 24 hours as may be."""

    most: int = said("How many.")


@shows(applications.ApplicationDecided)
class ApplicationDecided(Refusal):
    """The application was answered otherwise or withdrawn before, and that stands."""

    application_id: strawberry.ID = said("Which application.", id_of("appl"))
    status: ApplicationStatus = said("What became of it.", ApplicationStatus, of="state")
    since: datetime = said("When it was answered or withdrawn.", of="decided_at")
