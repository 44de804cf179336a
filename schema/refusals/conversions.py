"""Refusals of decisions and reports."""

from datetime import date, datetime

import strawberry

from domain.conversions import rules as conversions
from schema.enums import (
    Verdict,
)
from schema.errors import Refusal, said, shows


@shows(conversions.NotSettled)
class NotSettled(Refusal):
    """The conversion still moves with Amazon's reports."""

    conversion_id: strawberry.ID = said("Which conversion.")
    day: date = said("The day of its sales, in the store's time zone.")
    settles_on: date = said("The first day at the store on which it can be decided.")


@shows(conversions.AlreadyDecided)
class AlreadyDecided(Refusal):
    """The other verdict was given before, and a verdict stands."""

    conversion_id: strawberry.ID = said("Which conversion.")
    verdict: Verdict = said("What was decided.", Verdict)
    since: datetime = said("When it was decided.", of="decided_at")
