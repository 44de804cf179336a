"""Refusals of duties."""

import strawberry

from domain.duties import rules
from schema.errors import Refusal, id_of, said, shows


@shows(rules.BeingDone)
class BeingDone(Refusal):
    """A worker is at it: what comes of it is not known yet."""

    duty_id: strawberry.ID = said("Which duty.", id_of("duty"))
