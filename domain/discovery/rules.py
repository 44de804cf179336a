"""What an affiliate says of themselves, and when it can be shown. Pure.

A profile is written as a draft that nobody else reads. Publishing shows a copy of it to every
brand; what is written afterwards is shown when it is published again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

from domain.addresses import Unreadable, take_apart
from domain.errors import InvalidInput, Refusal, excerpt
from domain.marketplace.categories import Category, categories

LONGEST_NAME: Final = 200
LONGEST_BIO: Final = 5_000
LONGEST_URL: Final = 500
MOST_CHANNELS: Final = 20
MOST_NICHES: Final = 10
MOST_COUNTRIES: Final = 50
LARGEST_AUDIENCE: Final = 2_000_000_000


class ChannelKind(StrEnum):
    WEBSITE = "WEBSITE"
    BLOG = "BLOG"
    YOUTUBE = "YOUTUBE"
    INSTAGRAM = "INSTAGRAM"
    TIKTOK = "TIKTOK"
    NEWSLETTER = "NEWSLETTER"
    PODCAST = "PODCAST"
    PINTEREST = "PINTEREST"
    X = "X"
    FACEBOOK = "FACEBOOK"
    OTHER = "OTHER"


class Mark(StrEnum):
    """What a brand thinks of an affiliate whom it found. The affiliate never sees it."""

    STARRED = "STARRED"
    IGNORED = "IGNORED"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where an affiliate reaches people, and how many of them."""

    kind: ChannelKind
    url: str
    audience: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What an affiliate says of themselves, as kept."""

    name: str
    bio: str
    channels: tuple[Channel, ...]
    niches: tuple[Category, ...]
    countries: tuple[str, ...]
    amazon_capable: bool

    @property
    def channel_kinds(self) -> tuple[ChannelKind, ...]:
        """Each kind once, in the order of the list of kinds."""
        used = {channel.kind for channel in self.channels}
        return tuple(kind for kind in ChannelKind if kind in used)

    @property
    def audience(self) -> int:
        """Over all channels; whoever follows two of them counts twice."""
        return sum(channel.audience for channel in self.channels)


@dataclass(eq=False)
class ProfileIncomplete(Refusal):
    missing: tuple[str, ...]
    """Fields of the profile, in the order of the form."""

    @property
    def message(self) -> str:
        return (
            f"Brands cannot judge the profile yet: it has no {' and no '.join(self.missing)}. Add "
            "what is missing, save, then publish."
        )


def profile(
    name: str, bio: str, channels: Sequence[Channel], niches: Collection[str],
    countries: Iterable[str], amazon_capable: bool,
) -> Profile:  # fmt: skip
    """The profile as kept; all but the name may be empty. Raises InvalidInput."""
    return Profile(
        _name(name),
        _bio(bio),
        _channels(channels),
        categories("niches", niches, MOST_NICHES),
        _countries(countries),
        amazon_capable,
    )


def check_publishable(draft: Profile | None) -> Profile:
    """Whether it says enough for a brand to judge. Raises ProfileIncomplete."""
    if draft is None:
        raise ProfileIncomplete(("name", "bio", "channels", "niches"))
    said = {"bio": draft.bio, "channels": draft.channels, "niches": draft.niches}
    missing = tuple(field for field, value in said.items() if not value)
    if missing:
        raise ProfileIncomplete(missing)
    return draft


def _name(text: str) -> str:
    written = text.strip()
    if not written.isprintable() or not 1 <= len(written) <= LONGEST_NAME:
        raise InvalidInput("name", f"Give a name of 1 to {LONGEST_NAME} characters.")
    return written


def _bio(text: str) -> str:
    written = text.strip()
    if len(written) > LONGEST_BIO or "\0" in written:
        raise InvalidInput("bio", f"Use {LONGEST_BIO:,} characters at most.")
    return written


def _channels(channels: Sequence[Channel]) -> tuple[Channel, ...]:
    if len(channels) > MOST_CHANNELS:
        raise InvalidInput("channels", f"Name {MOST_CHANNELS} at most.")
    read = tuple(
        Channel(channel.kind, _url(channel.url), _audience(channel.audience))
        for channel in channels
    )
    urls = [channel.url for channel in read]
    for url in urls:
        if urls.count(url) > 1:
            # Its audience would be added up twice.
            raise InvalidInput("channels", f'"{excerpt(url)}" is named twice. Name it once.')
    return read


def _url(text: str) -> str:
    written = text.strip()
    try:
        parts = take_apart(written)
        if len(written) > LONGEST_URL:
            raise Unreadable(f"{LONGEST_URL} characters are the most")
        if not written.lower().startswith("https://"):
            raise Unreadable("it begins with https://")
        if "." not in (parts.hostname or ""):
            raise Unreadable("it names no site")
    except Unreadable as wrong:
        raise InvalidInput(
            "channels", f'"{excerpt(text)}" is not the address of a channel: {wrong}.'
        ) from wrong
    return written


def _audience(people: int) -> int:
    if not 0 <= people <= LARGEST_AUDIENCE:
        raise InvalidInput("channels", f"An audience is 0 to {LARGEST_AUDIENCE:,} people.")
    return people


def _countries(codes: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(sorted({code.strip().upper() for code in codes}))
    if len(chosen) > MOST_COUNTRIES:
        raise InvalidInput("countries", f"Name {MOST_COUNTRIES} at most.")
    for code in chosen:
        if code not in country_codes():
            raise InvalidInput(
                "countries",
                f'"{excerpt(code)}" is not a country. Use the two letters of ISO 3166, such as US.',
            )
    return chosen


@cache
def country_codes() -> frozenset[str]:
    """All of ISO 3166-1 alpha-2, as the time zone database lists them."""
    table = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(line[:2] for line in table.splitlines() if not line.startswith("#"))
