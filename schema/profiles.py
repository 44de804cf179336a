"""What an affiliate says of themselves: the draft, and showing it."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.access import Room
from domain.discovery import actions
from domain.discovery.rules import Channel
from domain.discovery.rules import ChannelKind as Kind
from schema.acting import Info, change
from schema.discovery import AffiliateProfile
from schema.enums import Category, ChannelKind
from schema.reading import BigInt, Node, column, table, to_many, to_one
from schema.refusals import InvalidInput, NotFound, ProfileIncomplete


@table("draft_channel", affiliate="profile_id", sort=("place",))
class DraftChannel:
    """Where the affiliate reaches people, as written."""

    place: int = column("In the affiliate's own order, from 1.")
    kind: ChannelKind = column("What it is.")
    url: str = column("Its address, by https.")
    audience: BigInt = column("How many people it reaches.")


@table("affiliate_profile", prefix="pdrf", affiliate="id")
class ProfileDraft(Node):
    """The profile as its affiliate writes it; no brand sees it."""

    name: str = column("The name to be shown.")
    bio: str = column("About the affiliate; may be empty.")
    channels: list[DraftChannel] = to_many(
        "Where they reach people. At most 20.", "profile_id", at_most=20
    )
    niches: list[Category] = column("What they speak of.")
    countries: list[str] = column("Where their people are: ISO 3166, two letters.")
    amazon_capable: bool = column("Whether they can promote on Amazon.")
    changed_at: datetime = column("When it was saved last.")
    published: AffiliateProfile | None = to_one(
        "What every brand sees; null while nothing is shown.", "id"
    )


@strawberry.input(description="Where an affiliate reaches people.")
class ChannelInput:
    kind: ChannelKind = strawberry.field(description="What it is.")
    url: str = strawberry.field(description="Its address: https://….")
    audience: BigInt = strawberry.field(description="How many people it reaches; 0 or more.")

    def of_trade(self) -> Channel:
        return Channel(Kind(str(self.kind.value)), self.url, self.audience)


@strawberry.input(description="A profile, whole: it takes the place of the draft.")
class SaveProfileInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    bio: str = strawberry.field(default="", description="5,000 characters at most.")
    channels: list[ChannelInput] = strawberry.field(
        default_factory=list, description="20 at most, each with an address of its own."
    )
    niches: list[Category] = strawberry.field(default_factory=list, description="10 at most.")
    countries: list[str] = strawberry.field(
        default_factory=list, description="ISO 3166, two letters; 50 at most."
    )
    amazon_capable: bool = strawberry.field(
        default=True, description="Whether the affiliate can promote on Amazon."
    )


SaveProfileResult = Annotated[
    ProfileDraft | InvalidInput,
    strawberry.union("SaveProfileResult", description="The draft, or why not."),
]
PublishProfileResult = Annotated[
    ProfileDraft | ProfileIncomplete,
    strawberry.union("PublishProfileResult", description="The draft, shown, or why not."),
]
UnpublishProfileResult = Annotated[
    ProfileDraft | NotFound,
    strawberry.union("UnpublishProfileResult", description="The draft, not shown, or why not."),
]


@strawberry.type
class ProfileMutations:
    @change(
        "Write your profile. Brands see it as it was until it is published.", room=Room.AFFILIATE
    )
    async def save_profile(self, info: Info, input: SaveProfileInput) -> SaveProfileResult:
        act = info.context.act
        await act.remember(ProfileDraft, [act.affiliate_id])
        await actions.save_profile(
            act.tx,
            act.affiliate_id,
            input.name,
            input.bio,
            [channel.of_trade() for channel in input.channels],
            [str(niche.value) for niche in input.niches],
            input.countries,
            input.amazon_capable,
            act.now,
        )
        return await act.answer(ProfileDraft, act.affiliate_id)

    @change("Show your profile, as it is now, to every brand. Twice is once.", room=Room.AFFILIATE)
    async def publish_profile(self, info: Info) -> PublishProfileResult:
        act = info.context.act
        await act.remember(AffiliateProfile, [act.affiliate_id])
        await actions.publish_profile(act.tx, act.affiliate_id, act.now)
        return await act.answer(ProfileDraft, act.affiliate_id)

    @change(
        "Show your profile to nobody. Partnerships stay as they are. Twice is once.",
        room=Room.AFFILIATE,
    )
    async def unpublish_profile(self, info: Info) -> UnpublishProfileResult:
        act = info.context.act
        await act.remember(AffiliateProfile, [act.affiliate_id])
        await actions.unpublish_profile(act.tx, act.affiliate_id)
        return await act.answer(ProfileDraft, act.affiliate_id)
