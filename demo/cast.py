"""Who is in the demo: stores, affiliates, their links and habits. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

SHOPPING_DAYS = 60
DAYS = 95
"""Sixty days of shopping, then enough for the last of them to settle."""
LEVEL_DOWN = "ADGROUP"
DOWN_DAYS = range(20, 23)
"""Days on which Amazon answers reports of that level with 500."""
NEW_RATE_DAY = 30
TOO_EARLY_DAY = 12
"""Somebody tries to approve a conversion that is still pending."""
FIRST_VERDICTS_DAY = 72
RESTATED_AFTER_DAYS = [1, 7, 28, 44]
"""Amazon's three restatements, and one of the rare ones that come after a day has settled."""


class Page(StrEnum):
    """How an affiliate came by the address that they paste."""

    ASIN = "the bare ASIN"
    PLAIN = "a product page"
    SEARCHED = "a product page copied from search results"
    MOBILE = "a product page copied on a phone"
    CHARITY = "an old smile. address"
    HOME = "the brand's Store"
    SHELF = "a page of the brand's Store"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    name: str

    @property
    def email(self) -> str:
        return f"{self.name.split()[0].lower()}@people.example"


@dataclass(frozen=True, slots=True)
class Store:
    brand: str
    """As the sandbox's world names it."""
    offer: str
    percent: Decimal
    new_percent: Decimal | None = None
    """In force from `NEW_RATE_DAY` on."""


@dataclass(frozen=True, slots=True)
class Link:
    page: Page
    product: int = 0
    """Which of the brand's products, for a product page."""
    sub_id: str = ""
    share: int = 10
    """Of the affiliate's visitors, in relation to that of the other links."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One affiliate at one store: their links, and how many people follow them."""

    brand: str
    links: tuple[Link, ...]
    shoppers: int = 1
    """People who come on a day on which anybody comes."""
    every_days: int = 1
    first_day: int = 0
    last_day: int = SHOPPING_DAYS - 1

    @property
    def click_days(self) -> range:
        return range(self.first_day, self.last_day + 1, self.every_days)


class Joins(StrEnum):
    """How an affiliate and a store come together."""

    ENTERED = "the brand enters them"
    APPLIES = "they apply in the marketplace"
    INVITED = "the brand finds and invites them"


@dataclass(frozen=True, slots=True)
class Affiliate:
    name: str
    promotions: tuple[Promotion, ...]
    joins: Joins = Joins.ENTERED

    @property
    def email(self) -> str:
        return Person(self.name).email


STORES = (
    Store("fernhollow", "Fernhollow partners", Decimal("12.50"), Decimal("15.00")),
    Store("stonepath", "Stonepath outdoors", Decimal("8.25")),
)

AFFILIATES = (
    Affiliate(
        "Ada Marsh",
        (
            Promotion(
                "fernhollow",
                (
                    Link(Page.SEARCHED, 0),
                    Link(Page.PLAIN, 1, "newsletter"),
                    Link(Page.HOME, 0, "spring-video", share=1),
                ),
                shoppers=3,
            ),
        ),
    ),
    Affiliate(
        "Ben Okafor",
        (
            Promotion(
                "fernhollow",
                (Link(Page.PLAIN, 2), Link(Page.MOBILE, 3, "blog", share=1)),
                shoppers=2,
            ),
        ),
    ),
    Affiliate(
        "Clara Voss",
        (
            Promotion(
                "fernhollow", (Link(Page.SHELF, 0, "shorts"), Link(Page.ASIN, 4)), shoppers=2
            ),
            Promotion("stonepath", (Link(Page.CHARITY, 1), Link(Page.PLAIN, 5, "shorts"))),
        ),
    ),
    Affiliate(
        "Nora Winter",
        (Promotion("fernhollow", (Link(Page.PLAIN, 5), Link(Page.HOME, share=4))),),
        Joins.APPLIES,
    ),
    Affiliate(
        "Elsa Lind",
        (
            Promotion(
                "fernhollow", (Link(Page.PLAIN, 6), Link(Page.HOME)), every_days=4, first_day=2
            ),
        ),
    ),
    Affiliate(
        "Finn Doyle", (Promotion("fernhollow", (Link(Page.PLAIN, 7),), every_days=13, first_day=4),)
    ),
    Affiliate(
        "Gus Hale",
        (
            Promotion(
                "stonepath", (Link(Page.MOBILE, 0), Link(Page.HOME, 0, "podcast")), shoppers=2
            ),
        ),
    ),
    Affiliate(
        "Hana Ito",
        (
            Promotion(
                "stonepath",
                (
                    Link(Page.SEARCHED, 2),
                    Link(Page.SHELF, 0, "trail-notes", share=1),
                    Link(Page.PLAIN, 3),
                ),
                shoppers=2,
            ),
        ),
    ),
    Affiliate(
        "Iris Bell",
        (
            Promotion(
                "stonepath", (Link(Page.PLAIN, 4), Link(Page.MOBILE, 6)), every_days=3, first_day=1
            ),
        ),
    ),
    Affiliate(
        "Omar Reyes",
        (Promotion("stonepath", (Link(Page.PLAIN, 7, "deals"), Link(Page.HOME, share=1))),),
        Joins.INVITED,
    ),
    Affiliate(
        "Kim Sato",
        (Promotion("stonepath", (Link(Page.ASIN, 8),), shoppers=2, every_days=20, first_day=6),),
    ),
    Affiliate(
        "Lea Brandt",
        (Promotion("stonepath", (Link(Page.HOME),), every_days=6, first_day=3, last_day=53),),
    ),
)

FOLLOWED = "Elsa Lind", "fernhollow"
"""Whose way through the click threshold is told day by day."""

COMPANY = "Juniper Row Trading"
OPERATOR = Person("Olive Hart")
"""Runs the installation, and owns the account."""
MANAGER = Person("Mira Lund")
"""Works in the account: the trade and its decisions, but not who gets in."""
APPLICANT = Person("Nora Winter")
FOUND = Person("Omar Reyes")
TURNED_DOWN = Person("Piet Lager")
PASSWORD = "ferns grow in the rain"  # noqa: S105
"""Of everybody here: it guards a rehearsal."""
