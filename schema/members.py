"""Who works in an account, and who is asked to."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain import access
from domain.access import Scope
from domain.audit import actions as audit
from domain.ids import decode, encode
from domain.members import actions
from domain.members.actions import Inviter
from schema.acting import Info, change
from schema.enums import Role
from schema.reading import Connection, Node, column, contains, equals, one_of, table, where
from schema.refusals import (
    AddressInvited,
    AlreadyMember,
    EmailNotVerified,
    InvalidInput,
    InvitationForAnother,
    LastOwner,
    MemberInvitationClosed,
    MemberInvitationUnknown,
    NotFound,
    RoleNotHeld,
    WrongId,
)


@strawberry.input(description="Narrows a list of members.")
class MemberFilter:
    role: list[Role] | None = one_of("Any of these.", "role")
    name: str | None = contains("Part of the name.", "name")
    email: str | None = equals("With exactly this address, in lower case.", "email")


@table(
    "member",
    prefix="memb",
    tenant="account_id",
    filter=MemberFilter,
    sort=("-joined_at", "name", "email"),
)
class Member(Node):
    """Somebody who works in the account."""

    name: str = column("The person's name.")
    email: str = column("The person's address.")
    role: Role = column("What they may do.")
    joined_at: datetime = column("Since when.")


@strawberry.type(description="A page of members.")
class MemberConnection(Connection[Member]):
    pass


@strawberry.input(description="Narrows a list of invitations to join the account.")
class MemberInvitationFilter:
    email: str | None = equals("With exactly this address, in lower case.", "email")
    answered: bool | None = where(
        "Accepted or revoked, or neither.",
        "({t}.accepted_at is not null or {t}.revoked_at is not null) = {v}",
    )


@table(
    "member_invitation",
    prefix="minv",
    tenant="account_id",
    needs=Scope.ADMINISTER,
    filter=MemberInvitationFilter,
    sort=("-invited_at", "email"),
)
class MemberInvitation(Node):
    """An address that was asked to join the account."""

    email: str = column("The address.")
    role: Role = column("What whoever joins by it will be.")
    invited_by: str = column("The id of the person or key that invited.")
    invited_at: datetime = column("When it was sent the first time.")
    expires_at: datetime = column("Until when it can be accepted; sent again, it lives longer.")
    accepted_at: datetime | None = column("When somebody joined by it; null when nobody has.")
    revoked_at: datetime | None = column("When it was taken back; null while it stands.")


@strawberry.type(description="A page of invitations to join the account.")
class MemberInvitationConnection(Connection[MemberInvitation]):
    pass


@strawberry.input(description="An address to be asked.")
class InviteMemberInput:
    email: str = strawberry.field(description="Where the mail goes; who joins has this address.")
    role: Role = strawberry.field(description="At most what you may do yourself.")


@strawberry.type(description="You are a member of an account.")
class AccountJoined:
    account_id: strawberry.ID = strawberry.field(
        description="Which: say it in the header Acting-As to act for it."
    )
    account_name: str = strawberry.field(description="Its name.")
    member_id: strawberry.ID = strawberry.field(description="You, as a member of it.")
    role: Role = strawberry.field(description="What you may do.")


@strawberry.type(description="Somebody is a member no longer, and lost access with this answer.")
class MembershipEnded:
    account_id: strawberry.ID = strawberry.field(description="Of which account.")
    member_id: strawberry.ID = strawberry.field(description="Which member they were.")


InviteMemberResult = Annotated[
    MemberInvitation | AddressInvited | AlreadyMember | RoleNotHeld | InvalidInput,
    strawberry.union("InviteMemberResult", description="The invitation, or why not."),
]
ResendMemberInvitationResult = Annotated[
    MemberInvitation | MemberInvitationClosed | RoleNotHeld | NotFound | WrongId,
    strawberry.union("ResendMemberInvitationResult", description="The invitation, or why not."),
]
RevokeMemberInvitationResult = Annotated[
    MemberInvitation | MemberInvitationClosed | NotFound | WrongId,
    strawberry.union("RevokeMemberInvitationResult", description="The invitation, or why not."),
]
AcceptMemberInvitationResult = Annotated[
    AccountJoined
    | MemberInvitationUnknown
    | InvitationForAnother
    | EmailNotVerified
    | MemberInvitationClosed
    | AlreadyMember,
    strawberry.union("AcceptMemberInvitationResult", description="The account, or why not."),
]
ChangeMemberRoleResult = Annotated[
    Member | LastOwner | RoleNotHeld | NotFound | WrongId,
    strawberry.union("ChangeMemberRoleResult", description="The member, or why not."),
]
EndMembershipResult = Annotated[
    MembershipEnded | RoleNotHeld | LastOwner | NotFound | WrongId,
    strawberry.union("EndMembershipResult", description="Who is a member no longer, or why not."),
]
InvitationId = Annotated[strawberry.ID, strawberry.argument(description="Of the invitation.")]
MemberId = Annotated[strawberry.ID, strawberry.argument(description="Of the member.")]


@strawberry.type
class MemberMutations:
    @change(
        "Ask an address to join the account, by a mail with which it can be done within a week.",
        needs=Scope.ADMINISTER,
    )
    async def invite_member(self, info: Info, input: InviteMemberInput) -> InviteMemberResult:
        act = info.context.act
        id = await actions.invite(
            act.tx, act.account_id, input.email, access.Role[input.role.name], _inviter(info),
            info.context.wall.now(),
        )  # fmt: skip
        return await act.answer(MemberInvitation, id)

    @change(
        "Send the mail of an invitation again; it can then be accepted for another week. Links in"
        " its earlier mails work as long.",
        needs=Scope.ADMINISTER,
    )
    async def resend_member_invitation(
        self, info: Info, id: InvitationId
    ) -> ResendMemberInvitationResult:
        act = info.context.act
        found = await act.changes(MemberInvitation, id)
        now = info.context.wall.now()
        await actions.resend(act.tx, act.account_id, found, _inviter(info), now)
        return await act.answer(MemberInvitation, found)

    @change(
        "Take an invitation back that nobody has accepted. Twice is once.", needs=Scope.ADMINISTER
    )
    async def revoke_member_invitation(
        self, info: Info, id: InvitationId
    ) -> RevokeMemberInvitationResult:
        act = info.context.act
        found = await act.changes(MemberInvitation, id)
        await actions.revoke(act.tx, act.account_id, found, info.context.wall.now())
        return await act.answer(MemberInvitation, found)

    @change(
        "Join the account that asked you. Your own address, shown to be yours, has to be the one"
        " that was asked. Twice is once.",
        person=True,
    )
    async def accept_member_invitation(
        self,
        info: Info,
        token: Annotated[str, strawberry.argument(description="As it stands in the mail.")],
    ) -> AcceptMemberInvitationResult:
        act = info.context.act
        joined = await actions.accept(act.tx, token, act.person_id, info.context.wall.now())
        account_id, member_id = encode("acct", joined.account_id), encode("memb", joined.member_id)
        if not joined.again:
            await _tell(info, joined.account_id, member_id, None, joined.role)
        return AccountJoined(
            account_id=strawberry.ID(account_id),
            account_name=joined.account_name,
            member_id=strawberry.ID(member_id),
            role=Role[joined.role.name],
        )

    @change(
        "Let a member do more or less, from now on. An account always has an owner.",
        needs=Scope.ADMINISTER,
    )
    async def change_member_role(
        self,
        info: Info,
        id: MemberId,
        role: Annotated[Role, strawberry.argument(description="At most what you may do yourself.")],
    ) -> ChangeMemberRoleResult:
        act = info.context.act
        found = await act.changes(Member, id)
        await actions.change_role(
            act.tx, act.account_id, found, access.Role[role.name], info.context.seat.scopes
        )
        return await act.answer(Member, found)

    @change(
        "Let somebody be a member no longer. An account always has an owner.",
        needs=Scope.ADMINISTER,
    )
    async def remove_member(self, info: Info, id: MemberId) -> EndMembershipResult:
        act = info.context.act
        found = await act.changes(Member, id)
        await actions.remove(act.tx, act.account_id, found, info.context.seat.scopes)
        return _ended(act.account_id, found)

    @change(
        "Be a member of an account no longer, whatever your role in it is or your seat now. An"
        " account always has an owner.",
        person=True,
    )
    async def leave_account(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of the account.")],
    ) -> EndMembershipResult:
        act = info.context.act
        account_id = decode("acct", id)
        left = await actions.leave(act.tx, account_id, act.person_id)
        await _tell(info, account_id, encode("memb", left.id), left.role, None)
        return _ended(account_id, left.id)


def _inviter(info: Info) -> Inviter:
    context = info.context
    return Inviter(
        actor=context.act.actor,
        person_id=context.signed_in.person_id,
        scopes=context.seat.scopes,
        keyring=context.keyring,
        front_end_url=context.front_end_url,
        mails_at=context.act.now,
    )


def _ended(account_id: UUID, member_id: UUID) -> MembershipEnded:
    return MembershipEnded(
        account_id=strawberry.ID(encode("acct", account_id)),
        member_id=strawberry.ID(encode("memb", member_id)),
    )


async def _tell(
    info: Info, account_id: UUID, member_id: str, before: access.Role | None,
    after: access.Role | None,
) -> None:  # fmt: skip
    """What a person did in no account's name is remembered among the account's acts too."""
    act = info.context.act
    was, now = ({"role": role} if role else None for role in (before, after))
    act.note(member_id, was, now)
    change = {"id": member_id, "before": was, "after": now}
    await audit.record(
        act.tx, account_id, act.actor, info.field_name, act.input, [change],
        info.context.request_id, act.now,
    )  # fmt: skip
