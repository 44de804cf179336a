"""Refusals of links."""

from datetime import datetime

import strawberry

from domain.catalog import shops
from domain.links import aim, pasting, place, tags
from domain.links import rules as links
from schema.enums import (
    PartnershipStatus,
)
from schema.errors import Refusal, id_of, said, shows


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

    tag: str = said("What stands behind tag= in the address.")


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

    given: str = said("The subID that was given.", of="subid")
    reason: str = said("Why not.")


@shows(shops.NotAShopPage)
class NotAShopPage(Refusal):
    """The page is not one of the shop: links to a shop of the brand's own stay on its host."""

    pasted: str = said("What was pasted.")
    host: str = said("The shop's host.")
    reason: str = said("Why it is not.")


@shows(aim.ProductOfOtherStore)
class ProductOfOtherStore(Refusal):
    """The product is sold in another store than the one that the partnership is with."""

    product_store_id: strawberry.ID = said("The product's store.", id_of("stor"))
    store_id: strawberry.ID = said("The partnership's store.", id_of("stor"))


@shows(aim.NoStorefront)
class NoStorefront(Refusal):
    """Nobody has said where the brand's Store page on Amazon is: `setStorefront` does."""


@shows(place.NoNewLinks)
class NoNewLinks(Refusal):
    """The partnership gets no new links."""

    status: PartnershipStatus = said("Why: it is paused or has ended.", PartnershipStatus)


@shows(place.NotAnAmazonStore)
class NotAnAmazonStore(Refusal):
    """The store is the brand's own shop, whose storefront is its own address."""


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
