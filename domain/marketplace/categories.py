"""What brands sell and affiliates speak of, in one list for both, so that they find each other.

A listing's categories and a profile's niches are names of it. A word is added here and nowhere
else; one that was used is never taken out.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from domain.errors import InvalidInput


class Category(StrEnum):
    APPLIANCES = "APPLIANCES"
    ART_AND_CRAFTS = "ART_AND_CRAFTS"
    AUTOMOTIVE = "AUTOMOTIVE"
    BABY = "BABY"
    BEAUTY = "BEAUTY"
    BOOKS = "BOOKS"
    CLEANING = "CLEANING"
    CLOTHING = "CLOTHING"
    COMPUTERS = "COMPUTERS"
    ELECTRONICS = "ELECTRONICS"
    FITNESS = "FITNESS"
    FOOD_AND_DRINK = "FOOD_AND_DRINK"
    FURNITURE = "FURNITURE"
    GAMES = "GAMES"
    GARDEN = "GARDEN"
    GIFTS = "GIFTS"
    HEALTH = "HEALTH"
    HOBBIES = "HOBBIES"
    HOME = "HOME"
    JEWELRY = "JEWELRY"
    KITCHEN = "KITCHEN"
    LUGGAGE_AND_TRAVEL = "LUGGAGE_AND_TRAVEL"
    MOVIES_AND_MUSIC = "MOVIES_AND_MUSIC"
    MUSICAL_INSTRUMENTS = "MUSICAL_INSTRUMENTS"
    OFFICE = "OFFICE"
    OUTDOORS = "OUTDOORS"
    PARENTING = "PARENTING"
    PETS = "PETS"
    PHOTOGRAPHY = "PHOTOGRAPHY"
    SHOES = "SHOES"
    SPORTS = "SPORTS"
    SUPPLEMENTS = "SUPPLEMENTS"
    TOOLS = "TOOLS"
    TOYS = "TOYS"
    OTHER = "OTHER"


def categories(field: str, names: Collection[str], most: int) -> tuple[Category, ...]:
    """The categories of these names, each once and in the list's order.

    `field` is the client's name for them. Raises InvalidInput for a name that is none and for more
    than `most`.
    """
    try:
        chosen = {Category(name) for name in names}
    except ValueError as unknown:
        raise InvalidInput(field, f"{unknown}. Choose from the list.") from unknown
    if len(chosen) > most:
        raise InvalidInput(field, f"Choose {most} at most.")
    return tuple(category for category in Category if category in chosen)
