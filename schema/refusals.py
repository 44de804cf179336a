"""Each expected no, as a type: the refusal of the trade, and the class that shows it."""

from datetime import date, datetime

import strawberry

from domain import errors, ids, money
from domain.accounts import rules as accounts
from domain.affiliates import rules as affiliates
from domain.amazon import rules as amazon
from domain.catalog import rules as catalog
from domain.conversions import rules as conversions
from domain.links import pasting, place, tags
from domain.links import rules as links
from domain.offers import incompatibility, lifecycle
from domain.offers import rules as offers
from domain.reports import runs
from schema.enums import Entitlement, OfferSetting, PartnershipStatus, Plan, RunState, Verdict
from schema.errors import Refusal, id_of, said, shows

# What any mutation may refuse.


@shows(errors.NotFound)
class NotFound(Refusal):
    """Your account has nothing of this kind and id; of other accounts' it says the same."""

    what: str = said("The kind of thing, in words: store, seller account.", of="kind")
    id: strawberry.ID = said("The id that was given.")


@shows(errors.InvalidInput)
class InvalidInput(Refusal):
    """One field of the input cannot be used."""

    field: str = said("The field's name.")
    reason: str = said("What is wrong with it and what would be right.")


@shows(ids.WrongId)
class WrongId(Refusal):
    """An id that is none, or that of another kind of thing."""

    id: strawberry.ID = said("What was given.")
    prefix: str | None = said("How an id of the right kind begins.")


# Connecting sellers and stores.


@shows(accounts.AmazonNotOffered)
class AmazonNotOffered(Refusal):
    """The account may not connect Amazon stores, and this installation offers it to no new one."""

    entitlement: Entitlement = said("What the account lacks.", Entitlement)


@shows(accounts.PlanTooLow)
class PlanTooLow(Refusal):
    """The account's plan is too small for an Amazon store."""

    plan: Plan = said("The account's plan.", Plan)
    needed: Plan = said("The smallest that will do.", Plan)


@shows(catalog.VendorCentral)
class VendorCentral(Refusal):
    """The profile is a Vendor Central account's."""

    profile_name: str = said("The profile's name.", of="profile")


@shows(catalog.AgencyProfile)
class AgencyProfile(Refusal):
    """The profile is an agency's, which sells nothing."""

    profile_name: str = said("The profile's name.", of="profile")


@shows(catalog.WrongMarketplace)
class WrongMarketplace(Refusal):
    """The profile is in a marketplace that this installation does not serve."""

    country: str = said("The marketplace's country.")
    open_countries: list[str] = said("Countries whose stores can be connected.", list)


@shows(catalog.NotInBrandRegistry)
class NotInBrandRegistry(Refusal):
    """Amazon does not let the profile use Attribution, as it does for registered brands."""

    profile_name: str = said("The profile's name.", of="profile")


@shows(catalog.EligibilityUnknown)
class EligibilityUnknown(Refusal):
    """Amazon has not said yet whether the profile may use Attribution."""

    profile_name: str = said("The profile's name.", of="profile")


@shows(catalog.ConsentNeeded)
class ConsentNeeded(Refusal):
    """Amazon no longer honours the seller's consent for advertising."""


@shows(catalog.OtherMerchant)
class OtherMerchant(Refusal):
    """The profile is of another seller than the seller account."""

    profile_name: str = said("The profile's name.", of="profile")
    merchant_id: str = said("Amazon's id of the profile's seller.")
    pinned_merchant_id: str = said("Amazon's id of the seller account's seller.")


@shows(amazon.MerchantTaken)
class MerchantTaken(Refusal):
    """The seller is connected under another seller account of yours."""

    merchant_id: str = said("Amazon's id of the seller.")


@shows(catalog.StoreExists)
class StoreExists(Refusal):
    """The brand has a store there already."""

    brand_name: str = said("The brand's name.", of="brand")
    where: str = said("The marketplace or the address.")
    disconnected: bool = said("Whether it is disconnected, so that it can be reconnected.")


@shows(money.UnknownCurrency)
class UnknownCurrency(Refusal):
    """A currency that is not in ISO 4217."""

    currency: str = said("What was given.")


@shows(catalog.NothingToFetch)
class NothingToFetch(Refusal):
    """Amazon is not asked about this store."""

    own_shop: bool = said("Whether it is the brand's own shop; otherwise it is disconnected.")


@shows(runs.NotHeld)
class NotHeld(Refusal):
    """The report is not held back, so there is nothing to accept."""

    state: RunState = said("What it is instead.", RunState)


# Offers and partnerships.


@shows(incompatibility.IncompatibleWithAmazon)
class IncompatibleWithAmazon(Refusal):
    """Settings that Amazon's data cannot carry, all of them at once."""

    settings: list[OfferSetting] = said("Which.", lambda found: [OfferSetting(s) for s in found])
    reasons: list[str] = said("Why, a sentence for each of them, in their order.", list)


@shows(offers.StartsInThePast)
class StartsInThePast(Refusal):
    """Terms cannot start on a day that has passed."""

    starts_on: date = said("The day that was given.")
    today: date = said("The day at the store.")


@shows(lifecycle.SalesAlreadyReported)
class SalesAlreadyReported(Refusal):
    """Sales of the day have been priced, and a priced day keeps its terms."""

    day: date = said("The day.")


@shows(lifecycle.OfferNameTaken)
class OfferNameTaken(Refusal):
    """The store has an offer of this name, perhaps an archived one."""

    name: str = said("The name.")


@shows(lifecycle.OfferArchived)
class OfferArchived(Refusal):
    """The offer is archived and stays as it is."""

    name: str = said("Its name.")


@shows(lifecycle.OfferInUse)
class OfferInUse(Refusal):
    """Partnerships go by the offer."""

    name: str = said("Its name.")
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


@shows(affiliates.MoveInThePast)
class MoveInThePast(Refusal):
    """A partnership cannot move on a day that has passed."""

    from_day: date = said("The day that was given.")
    today: date = said("The day at the store.")


# Links.


@shows(pasting.NotAnAmazonPage)
class NotAnAmazonPage(Refusal):
    """What was pasted is no page on Amazon."""

    pasted: str = said("What was pasted.")
    reason: str = said("Why not.")


@shows(pasting.ShortLink)
class ShortLink(Refusal):
    """What was pasted is a short link; paste the address behind it."""

    host: str = said("Whose short link.")


@shows(pasting.WrongMarketplace)
class PageOfOtherMarketplace(Refusal):
    """The page is in another of Amazon's marketplaces than the store."""

    found: str = said("The page's domain.")
    wanted: str = said("The store's domain.")


@shows(pasting.NotALandingPage)
class NotALandingPage(Refusal):
    """The page is neither a product's nor a Store's, and Amazon measures no other."""

    path: str = said("The page's path.")


@shows(pasting.AssociatesTag)
class AssociatesTag(Refusal):
    """The address carries a tag of Amazon Associates, which pays for the same sale."""

    tag: str = said("The tag.")


@shows(pasting.AlreadyTagged)
class AlreadyTagged(Refusal):
    """The address carries an Amazon Attribution tag already."""

    parameter: str = said("The parameter that shows it.")


@shows(pasting.UtmNotSupported)
class UtmNotSupported(Refusal):
    """The address carries UTM parameters, which Amazon reports nothing about."""

    parameter: str = said("The first of them.")


@shows(links.SubIdRefused)
class SubIdRefused(Refusal):
    """The subID cannot be used."""

    subid: str = said("What was given.")
    reason: str = said("Why not.")


@shows(place.NoNewLinks)
class NoNewLinks(Refusal):
    """The partnership gets no new links."""

    status: PartnershipStatus = said("Why: it is paused or has ended.", PartnershipStatus)


@shows(place.NotAnAmazonStore)
class NotAnAmazonStore(Refusal):
    """The store is the brand's own shop, and tagged links lead to Amazon only."""


@shows(place.StoreDisconnected)
class StoreDisconnected(Refusal):
    """The store is disconnected, so a new link's sales would never be reported."""

    disconnected_at: datetime = said("Since when.")


@shows(place.NotMeasuringYet)
class NotMeasuringYet(Refusal):
    """Amazon has not confirmed that it measures; try again in a minute."""


@shows(tags.BadTemplate)
class BadTemplate(Refusal):
    """Amazon's tag for the store is not understood, so no link is made of it."""

    template: str = said("What Amazon gave.")
    reason: str = said("What is wrong with it.")


# Conversions.


@shows(conversions.NotSettled)
class NotSettled(Refusal):
    """The conversion still moves with Amazon's reports."""

    conversion_id: strawberry.ID = said("Which.")
    day: date = said("The day of its sales.")
    settles_on: date = said("The first day on which it can be decided.")


@shows(conversions.AlreadyDecided)
class AlreadyDecided(Refusal):
    """The other verdict was given before, and a verdict stands."""

    conversion_id: strawberry.ID = said("Which.")
    verdict: Verdict = said("What was decided.", Verdict)
    since: datetime = said("When it was decided.", of="decided_at")
