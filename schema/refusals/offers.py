"""Refusals of offers and partnerships."""

from datetime import date

import strawberry

from domain.affiliates import rules as affiliates
from domain.offers import incompatibility, lifecycle
from domain.offers import rules as offers
from schema.enums import (
    OfferSetting,
)
from schema.errors import Refusal, id_of, said, shows


@shows(incompatibility.IncompatibleWithAmazon)
class IncompatibleWithAmazon(Refusal):
    """Settings that Amazon's data cannot carry, all of them at once."""

    settings: list[OfferSetting] = said(
        "Which settings.", lambda found: [OfferSetting(s) for s in found]
    )
    reasons: list[str] = said("Why, a sentence for each of them, in their order.", list)


@shows(offers.StartsInThePast)
class StartsInThePast(Refusal):
    """Terms cannot start on a day that has passed."""

    starts_on: date = said("The day that was given, in the store's time zone.")
    today: date = said("The day at the store.")


@shows(lifecycle.SalesAlreadyReported)
class SalesAlreadyReported(Refusal):
    """Sales of the day have been priced, and a priced day keeps its terms."""

    day: date = said("The first day that has been priced, in the store's time zone.")


@shows(lifecycle.OfferNameTaken)
class OfferNameTaken(Refusal):
    """The store has an offer of this name, perhaps an archived one."""

    name: str = said("What was given, and is taken.")


@shows(lifecycle.OfferArchived)
class OfferArchived(Refusal):
    """The offer is archived and stays as it is."""

    name: str = said("What the offer is called.")


@shows(lifecycle.OfferInUse)
class OfferInUse(Refusal):
    """Partnerships go by the offer."""

    name: str = said("What the offer is called.")
    partnerships: int = said("How many.")


@shows(offers.OneStorePerOffer)
class OneStorePerOffer(Refusal):
    """The offer is of another store than the partnership."""

    offer_store_id: strawberry.ID = said("The offer's store.", id_of("stor"))
    other_store_id: strawberry.ID = said("The partnership's store.", id_of("stor"))


@shows(affiliates.AlreadyPartner)
class AlreadyPartner(Refusal):
    """The affiliate is a partner of the store already; move the partnership instead."""

    partnership_id: strawberry.ID = said("The partnership.", id_of("part"))
    offer_name: str = said("The offer that it goes by.")


@shows(affiliates.PartnershipEnded)
class PartnershipEnded(Refusal):
    """The partnership has ended; add the affiliate to an offer to begin again."""


@shows(affiliates.AffiliateSignedUp)
class AffiliateSignedUp(Refusal):
    """The address is that of somebody who has signed up; invite them, and they decide."""


@shows(affiliates.AffiliateLeft)
class AffiliateLeft(Refusal):
    """The affiliate ended the partnership; invite them, and they decide."""


@shows(affiliates.MoveInThePast)
class MoveInThePast(Refusal):
    """A partnership cannot move on a day that has passed."""

    starts_on: date = said("The day that was given, in the store's time zone.", of="from_day")
    today: date = said("The day at the store.")
