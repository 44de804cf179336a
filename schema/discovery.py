"""Affiliates as they show themselves: what brands search, mark and judge by."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.access import Room, Scope
from domain.discovery import actions, record
from domain.discovery.rules import Mark
from schema.acting import Info, change
from schema.affiliates import Affiliate
from schema.enums import Category, ChannelKind, DiscoveryMark, Fit
from schema.reading import (
    EVERY,
    BigInt,
    Connection,
    Context,
    Node,
    column,
    computed,
    equals,
    table,
    to_many,
    to_one,
    where,
)
from schema.refusals import NotFound, WrongId

if TYPE_CHECKING:
    from schema.invitations import Invitation

_MARK = """(select m.mark from discovery_mark m
    where m.account_id = {account} and m.affiliate_id = {t}.id)"""
_PARTNER = """exists (select from partnership k where k.account_id = {account}
    and k.affiliate_id = {t}.id and k.status <> 'ENDED')"""

# As a set, so that few are found by their ids and nobody reads the network through for them.
_STARRED = """{t}.id = any(array(select m.affiliate_id from discovery_mark m
    where m.account_id = {account} and m.mark = 'STARRED'))"""

# Of the thousand whose audience is about as large, the ten with most niches and channels in common.
_SIMILAR = """{t}.id in (select s.id from (
      (select k.id, k.niches, k.channel_kinds, k.audience from published_profile k
        where (k.audience, k.id) > ({p}.audience, {p}.id) order by k.audience, k.id limit 500)
      union all
      (select k.id, k.niches, k.channel_kinds, k.audience from published_profile k
        where (k.audience, k.id) < ({p}.audience, {p}.id)
        order by k.audience desc, k.id desc limit 500)) s
    where s.niches && {p}.niches
    order by (select count(*) from unnest(s.niches) n where n = any({p}.niches))
           + (select count(*) from unnest(s.channel_kinds) c where c = any({p}.channel_kinds)) desc,
             abs(ln(1.0 + s.audience) - ln(1.0 + {p}.audience)), s.id
    limit 10)"""

_RECORD = """(select to_jsonb(r) - 'id' - 'measured_at' from track_record r where r.id = {t}.id)"""


def _record(figures: dict[str, int] | None) -> record.Record | None:
    return None if figures is None else record.Record(**figures)


@table("profile_channel", visible=EVERY, affiliate="profile_id", sort=("place",))
class ProfileChannel:
    """Where an affiliate reaches people."""

    place: int = column("In the affiliate's own order, from 1.")
    kind: ChannelKind = column("What it is.")
    url: str = column("Its address, by https.")
    audience: BigInt = column("How many people the affiliate says it reaches.")


@table("track_record", visible=EVERY, affiliate="id")
class TrackRecord:
    """How an affiliate has done in the last 90 days, over all accounts and none by itself.

    No amount of money stands here.
    """

    clicks: BigInt = column("Clicks counted on all links.")
    orders: BigInt = column("Orders of sales that have settled.")
    units: BigInt = column("Units of those sales, at the most that was ever reported of each.")
    returned_units: BigInt = column("How many of these units the newest reports have no more.")
    partnerships: int = column("Partnerships with stores on Amazon, the ended ones left out.")
    visible_partnerships: int = column(
        "How many of these have sent enough clicks for Amazon to show sales."
    )
    measured_at: datetime = column("When it was measured; once a day.")


@strawberry.input(description="Narrows the affiliates to be found.")
class AffiliateProfileFilter:
    search: str | None = where(
        'In the name, the niches and the text: all words, in any form. "A phrase", -not, or. A word'
        " that stands nowhere is taken for those most like it.",
        "{t}.search @@ search_query({v})",
    )
    niches: list[Category] | None = where(
        "Speaking of any of these.", "{t}.niches && asked({v}::text[])"
    )
    countries: list[str] | None = where(
        "Reaching people in any of these: ISO 3166, two capital letters.",
        "{t}.countries && asked({v}::text[])",
    )
    channel_kinds: list[ChannelKind] | None = where(
        "On any of these.", "{t}.channel_kinds && asked({v}::text[])"
    )
    amazon_capable: bool | None = equals("Who can promote on Amazon, or not.", "amazon_capable")
    verified: bool | None = equals("Whose address is shown to be theirs, or not.", "verified")
    minimum_audience: BigInt | None = where(
        "Reaching so many or more.", "{t}.audience >= asked({v}::bigint)"
    )
    starred: bool | None = where(
        "Starred by your account, or not.",
        f"({_STARRED}) = asked({{v}}::boolean)",
        only=Room.ACCOUNT,
    )
    ignored: bool | None = where(
        "Ignored by your account, or not: false leaves them out.",
        f"({_MARK} is not distinct from 'IGNORED') = {{v}}",
        only=Room.ACCOUNT,
    )
    partner: bool | None = where(
        "A partner of your account who is no former one, or not: false leaves partners out.",
        f"{_PARTNER} = {{v}}",
        only=Room.ACCOUNT,
    )


@table(
    "published_profile",
    prefix="affp",
    visible=EVERY,
    affiliate="id",
    filter=AffiliateProfileFilter,
    sort=("-published_at", "audience", "name"),
)
class AffiliateProfile(Node):
    """An affiliate as they show themselves to every brand, while they do."""

    name: str = column("As they call themselves here.")
    bio: str = column("In their own words.", reads=1)
    channels: list[ProfileChannel] = to_many(
        "Where they reach people. At most 20.", "profile_id", at_most=20
    )
    channel_kinds: list[ChannelKind] = column("Each kind of channel once.")
    audience: BigInt = column("Over all channels; whoever follows two of them counts twice.")
    niches: list[Category] = column("What they speak of.")
    countries: list[str] = column("Where their people are: ISO 3166, two letters.")
    amazon_capable: bool = column("Whether they say that they can promote on Amazon.")
    verified: bool = column("Whether they have shown that their address is theirs.")
    published_at: datetime = column("When they showed themselves first, without a break since.")
    record: TrackRecord | None = to_one(
        "How they have done so far; null until it was measured.", "id"
    )

    @computed("How well they sell, in one word.", needs=(_RECORD,), reads=1)
    def fit(context: Context, figures: dict[str, int] | None) -> Fit:
        return record.fit(_record(figures)).name  # type: ignore[return-value]

    @computed("The same in words, with the figures it is made of.", needs=(_RECORD,), reads=1)
    def fit_explained(context: Context, figures: dict[str, int] | None) -> str:
        return record.explain(_record(figures))

    mark: DiscoveryMark | None = column(
        "What your account thinks of them; null for nothing.",
        _MARK,
        reads=1,
        only=Room.ACCOUNT,
        told=True,
    )
    affiliate: Affiliate | None = to_one(
        "The person, whose address you see: null until your account knows them.",
        "id",
        only=Room.ACCOUNT,
    )
    invitation: Annotated["Invitation", strawberry.lazy("schema.invitations")] | None = to_one(
        "Your newest invitation that waits for their answer; null when none does.",
        on="{t}.affiliate_id = {p}.id and {t}.state = 'SENT'",
        pick="{t}.sent_at desc",
        only=Room.ACCOUNT,
    )
    similar: list[Annotated["AffiliateProfile", strawberry.lazy("schema.discovery")]] = to_many(
        "Those most like them by niches, channels and audience, the newest first. At most 10.",
        on=_SIMILAR,
        at_most=10,
        reads=300,
        only=Room.ACCOUNT,
    )


@strawberry.type(description="A page of affiliates to be found.")
class AffiliateProfileConnection(Connection[AffiliateProfile]):
    pass


MarkResult = Annotated[
    AffiliateProfile | NotFound | WrongId,
    strawberry.union("MarkResult", description="The affiliate as marked now, or why not."),
]
ProfileId = Annotated[strawberry.ID, strawberry.argument(description="Of the affiliate's profile.")]


@strawberry.type
class DiscoveryMutations:
    @change("Star an affiliate, whom you then do not ignore. Twice is once.", needs=Scope.MANAGE)
    async def star_affiliate(self, info: Info, id: ProfileId) -> MarkResult:
        return await _mark(info, id, Mark.STARRED)

    @change("Ignore an affiliate, who is then not starred. Twice is once.", needs=Scope.MANAGE)
    async def ignore_affiliate(self, info: Info, id: ProfileId) -> MarkResult:
        return await _mark(info, id, Mark.IGNORED)

    @change("Neither star nor ignore an affiliate any more. Twice is once.", needs=Scope.MANAGE)
    async def unmark_affiliate(self, info: Info, id: ProfileId) -> MarkResult:
        act = info.context.act
        affiliate_id = await act.changes(AffiliateProfile, id)
        await actions.unmark(act.tx, act.account_id, affiliate_id)
        return await act.answer(AffiliateProfile, affiliate_id)


async def _mark(info: Info, id: str, mark: Mark) -> AffiliateProfile:
    act = info.context.act
    affiliate_id = await act.changes(AffiliateProfile, id)
    await actions.mark(act.tx, act.account_id, affiliate_id, mark, act.now)
    return await act.answer(AffiliateProfile, affiliate_id)
