"""Invite affiliates, one or many; withdraw, accept and decline."""

from typing import Annotated
from uuid import UUID

import strawberry

from domain import errors
from domain.access import Room, Scope
from domain.applications.telling import Post
from domain.discovery import invitation as rules
from domain.discovery import inviting as actions
from domain.discovery.invitations import account_of
from domain.errors import NotFound as NothingThere
from domain.ids import WrongId as NoSuchId
from domain.ids import decode, split
from schema.acting import Info, change
from schema.batches import Batch, told_apart
from schema.errors import Refusal
from schema.invitations import Invitation
from schema.refusals import (
    AgreementNotAccepted,
    AlreadyInvited,
    AlreadyPartner,
    InvalidInput,
    InvitationClosed,
    NoStoreToPromote,
    NotFound,
    OfferArchived,
    OfferNoLongerUsed,
    SalesAlreadyReported,
    TooManyInvitations,
    WrongId,
)


@strawberry.input(description="An invitation to an affiliate.")
class InviteAffiliateInput:
    affiliate_id: strawberry.ID = strawberry.field(
        description="The affiliate's profile, or an affiliate whom your account knows."
    )
    offer_id: strawberry.ID = strawberry.field(description="By which offer they would join.")
    message: str = strawberry.field(
        default="", description="For the affiliate to read; 2,000 characters at most."
    )


@strawberry.input(description="The same invitation to many.")
class InviteAffiliatesInput:
    affiliate_ids: list[strawberry.ID] = strawberry.field(
        description="Profiles, or affiliates whom your account knows; at most 100."
    )
    offer_id: strawberry.ID = strawberry.field(description="By which offer they would join.")
    message: str = strawberry.field(
        default="", description="For each of them to read; 2,000 characters at most."
    )


@strawberry.type(description="What became of one affiliate of a batch.")
class InvitationOutcome:
    id: strawberry.ID = strawberry.field(description="The id as it was given.")
    invitation: Invitation | None = strawberry.field(description="What was sent; null when not.")
    refusal: Refusal | None = strawberry.field(
        description="Why nothing was sent; null when it was."
    )


@strawberry.type(description="What became of each affiliate of a batch.")
class InvitationOutcomes:
    batch: strawberry.Private[Batch]

    @strawberry.field(description="One for each id, in the order given.")
    async def outcomes(self, info: Info) -> list[InvitationOutcome]:
        return await self.batch.outcomes(info, Invitation, "invitation", InvitationOutcome)


InviteAffiliateResult = Annotated[
    Invitation
    | AlreadyInvited
    | AlreadyPartner
    | OfferArchived
    | NoStoreToPromote
    | TooManyInvitations
    | InvalidInput
    | NotFound
    | WrongId,
    strawberry.union("InviteAffiliateResult", description="The invitation, or why not."),
]
InviteAffiliatesResult = Annotated[
    InvitationOutcomes | OfferArchived | NoStoreToPromote | InvalidInput | NotFound | WrongId,
    strawberry.union("InviteAffiliatesResult", description="An outcome for each, or why for none."),
]
WithdrawInvitationResult = Annotated[
    Invitation | InvitationClosed | NotFound | WrongId,
    strawberry.union("WithdrawInvitationResult", description="The invitation, or why not."),
]
AcceptInvitationResult = Annotated[
    Invitation
    | InvitationClosed
    | OfferNoLongerUsed
    | AgreementNotAccepted
    | AlreadyPartner
    | SalesAlreadyReported
    | NotFound
    | WrongId,
    strawberry.union("AcceptInvitationResult", description="The invitation, or why not."),
]
DeclineInvitationResult = Annotated[
    Invitation | InvitationClosed | InvalidInput | NotFound | WrongId,
    strawberry.union("DeclineInvitationResult", description="The invitation, or why not."),
]
InvitationId = Annotated[strawberry.ID, strawberry.argument(description="Of the invitation.")]


@strawberry.type
class InvitationMutations:
    @change(
        "Ask an affiliate to become a partner by an offer. They are told by mail."
        ' `inviteAffiliate(input: {affiliateId: "affp_1f…", offerId: "offr_1f…"})` needs no words.',
        needs=Scope.MANAGE,
    )
    async def invite_affiliate(
        self, info: Info, input: InviteAffiliateInput
    ) -> InviteAffiliateResult:
        act = info.context.act
        try:
            sent = await actions.invite(
                act.tx,
                act.account_id,
                _affiliate(input.affiliate_id),
                decode("offr", input.offer_id),
                input.message,
                act.actor,
                act.now,
                _post(info),
            )
        except NothingThere as nothing:
            raise _as_given(nothing, input.affiliate_id) from nothing
        return await act.answer(Invitation, sent.id)

    @change(
        "Ask many at once. Those who can be are invited, whatever becomes of the others.",
        needs=Scope.MANAGE,
    )
    async def invite_affiliates(
        self, info: Info, input: InviteAffiliatesInput
    ) -> InviteAffiliatesResult:
        act = info.context.act
        found, refusals = told_apart("affiliateIds", input.affiliate_ids, _affiliate)
        outcomes = await actions.invite_many(
            act.tx,
            act.account_id,
            list(found.values()),
            decode("offr", input.offer_id),
            input.message,
            act.actor,
            act.now,
            _post(info),
        )
        sent: dict[str, UUID] = {}
        for asked, affiliate_id in found.items():
            outcome = outcomes[affiliate_id]
            if isinstance(outcome, rules.Invitation):
                sent[asked] = outcome.id
                act.made(Invitation, outcome.id)
            else:
                refusals[asked] = _as_given(outcome, asked)
        return InvitationOutcomes(batch=Batch(input.affiliate_ids, sent, refusals))

    @change("Take back an invitation that was not answered. Twice is once.", needs=Scope.MANAGE)
    async def withdraw_invitation(self, info: Info, id: InvitationId) -> WithdrawInvitationResult:
        act = info.context.act
        invitation_id = await act.changes(Invitation, id)
        await actions.withdraw(act.tx, act.account_id, invitation_id, act.now)
        return await act.answer(Invitation, invitation_id)

    @change("Become a partner of the brand that asks you. Twice is once.", room=Room.AFFILIATE)
    async def accept_invitation(
        self,
        info: Info,
        id: InvitationId,
        agreement_sha256: Annotated[
            str | None,
            strawberry.argument(
                description="Of the brand's agreement, as you have read it; in hexadecimal. Null"
                " when it has none."
            ),
        ] = None,
    ) -> AcceptInvitationResult:
        act = info.context.act
        invitation_id = await _enter(info, id)
        await actions.accept(
            act.tx,
            act.account_id,
            invitation_id,
            act.affiliate_id,
            agreement_sha256,
            act.actor,
            act.now,
            _post(info),
        )
        return await act.answer(Invitation, invitation_id)

    @change(
        "Do not become a partner of the brand that asks you. Twice is once.", room=Room.AFFILIATE
    )
    async def decline_invitation(
        self,
        info: Info,
        id: InvitationId,
        reason: Annotated[
            str | None,
            strawberry.argument(description="For the brand to read; 1,000 characters at most."),
        ] = None,
    ) -> DeclineInvitationResult:
        act = info.context.act
        invitation_id = await _enter(info, id)
        await actions.decline(
            act.tx, act.account_id, invitation_id, act.affiliate_id, reason, act.now, _post(info)
        )
        return await act.answer(Invitation, invitation_id)


async def _enter(info: Info, id: str) -> UUID:
    """Into the account whose invitation it is, which the affiliate proves by seeing it.

    Raises WrongId or NotFound.
    """
    act = info.context.act
    invitation_id = decode("invt", id)
    account_id = await account_of(act.tx, act.affiliate_id, invitation_id)
    if account_id is None:
        raise NothingThere("invitation", id)
    await act.enter(account_id)
    await act.remember(Invitation, [invitation_id])
    return invitation_id


def _affiliate(id: str) -> UUID:
    """A profile has its affiliate's digits, so either tells who is meant. Raises WrongId."""
    prefix, uuid = split(id)
    if prefix not in ("affp", "affl"):
        raise NoSuchId(id, "affp")
    return uuid


def _as_given(refusal: errors.Refusal, id: str) -> errors.Refusal:
    """The trade says who is not there by the affiliate's id; a profile's may have been given."""
    if isinstance(refusal, NothingThere) and refusal.kind == "affiliate":
        return NothingThere(refusal.kind, id)
    return refusal


def _post(info: Info) -> Post:
    return Post(info.context.keyring, info.context.front_end_url)
