"""Refusals of connecting sellers and stores."""

from domain import money
from domain.accounts import rules as accounts
from domain.amazon import rules as amazon
from domain.catalog import rules as catalog
from domain.catalog import shops
from domain.reports import runs
from schema.enums import (
    Entitlement,
    Plan,
    RunStatus,
)
from schema.errors import Refusal, said, shows


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

    country: str = said("The marketplace's country, two letters.")
    open_countries: list[str] = said(
        "Countries whose stores can be connected, two letters each.", list
    )


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


@shows(shops.NotAShop)
class NotAShop(Refusal):
    """The store is on Amazon, which alone says what it is called and sells."""


@shows(shops.ShopInUse)
class ShopInUse(Refusal):
    """The shop has products or offers, which are in its currency and go by its days."""


@shows(catalog.NothingToFetch)
class NothingToFetch(Refusal):
    """Amazon is not asked about this store."""

    own_shop: bool = said("Whether it is the brand's own shop; otherwise it is disconnected.")


@shows(runs.NotHeld)
class NotHeld(Refusal):
    """The report is not held back, so there is nothing to accept."""

    status: RunStatus = said("What it is instead.", RunStatus, of="state")
