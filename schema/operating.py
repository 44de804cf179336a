"""The operators' room: accounts and plans, who signs in, what happened outside of accounts."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from domain.access import SCOPES, Role, Room
from domain.accounts import actions, rules
from domain.errors import InvalidInput as Unclear
from domain.members import actions as members
from schema.accounts import Account
from schema.acting import Info, change
from schema.enums import Plan
from schema.reading import (
    Connection,
    Node,
    at_least,
    at_most,
    column,
    contains,
    equals,
    one_of,
    table,
    where,
)
from schema.refusals import InvalidInput, NotFound, WrongId


@strawberry.input(description="Narrows a list of people.")
class LoginFilter:
    name: str | None = contains("Part of the name.", "name")
    email: str | None = equals("With exactly this address, in lower case.", "email")
    verified: bool | None = where(
        "Whether the address was shown to be theirs.",
        "({t}.email_verified_at is not null) = {v}",
    )
    operator: bool | None = where(
        "Whether they are an operator.", "({t}.operator_since is not null) = {v}"
    )


@table(
    "person",
    prefix="pers",
    operator=True,
    filter=LoginFilter,
    sort=("-created_at", "name", "email"),
)
class Login(Node):
    """Somebody who can sign in, as the operators see them: no password, no session."""

    name: str = column("What the person is called.")
    email: str = column("The address that they sign in with.")
    email_verified_at: datetime | None = column(
        "When it was shown to be theirs; null while it was not."
    )
    operator_since: datetime | None = column("Since when an operator; null for everybody else.")
    memberships: int = column(
        "How many accounts they are a member of.",
        "(select count(*) from membership m where m.person_id = {t}.id)",
        reads=2,
    )
    created_at: datetime = column("When they signed up.")


@strawberry.type(description="A page of people.")
class LoginConnection(Connection[Login]):
    pass


@strawberry.input(description="Narrows a list of what was done outside of accounts.")
class NetworkAuditEntryFilter:
    actor: str | None = equals("By this person, by their id.", "actor")
    action: list[str] | None = one_of("Any of these mutations.", "action")
    since: datetime | None = at_least("From this moment on.", "at")
    until: datetime | None = at_most("Up to and including this moment.", "at")


@table(
    "network_audit_entry",
    prefix="naud",
    operator=True,
    filter=NetworkAuditEntryFilter,
    sort=("-at",),
)
class NetworkAuditEntry(Node):
    """What somebody did outside of accounts: signing in, their own profile, operators' acts."""

    actor: str = column('The id of the person; "nobody" for one who was not signed in.')
    action: str = column("The mutation.")
    input: JSON = column("Its arguments, without secrets.", reads=10)
    changes: JSON = column("What changed, before and after.", reads=10)
    request_id: str | None = column(
        "The request, as the answer's header X-Request-Id said; null for what no request did."
    )
    at: datetime = column("When it was done.")


@strawberry.type(description="A page of what was done outside of accounts.")
class NetworkAuditEntryConnection(Connection[NetworkAuditEntry]):
    pass


@strawberry.input(description="A new workspace.")
class OpenAccountInput:
    name: str = strawberry.field(description="What people call it; 1 to 200 characters.")
    owner_email: str = strawberry.field(
        description="Of its first owner, who gets a mail with which to join."
    )
    plan: Plan | None = strawberry.field(
        default=None, description="The installation's default plan when left out."
    )


OpenAccountResult = Annotated[
    Account | InvalidInput,
    strawberry.union("OpenAccountResult", description="The account, or why not."),
]
SetPlanResult = Annotated[
    Account | NotFound | WrongId,
    strawberry.union("SetPlanResult", description="The account, or why not."),
]


@strawberry.type
class OperatorMutations:
    @change("Open an account and invite its first owner by mail.", room=Room.OPERATOR)
    async def open_account(self, info: Info, input: OpenAccountInput) -> OpenAccountResult:
        act = info.context.act
        plan = None if input.plan is None else rules.Plan[input.plan.name]
        account = await actions.create_account(act.tx, input.name, plan, act.now)
        inviter = members.Inviter(
            act.actor, act.person_id, SCOPES[Role.OWNER], info.context.keyring,
            info.context.front_end_url, act.now,
        )  # fmt: skip
        try:
            await members.invite(
                act.tx, account.id, input.owner_email, Role.OWNER, inviter, info.context.wall.now()
            )
        except Unclear as unclear:
            # The trade knows one address; here are an account's name and an owner's address.
            raise Unclear("ownerEmail", unclear.reason) from unclear
        return await act.answer(Account, account.id)

    @change(
        "Change what an account pays for. Connecting an Amazon store needs ENTERPRISE.",
        room=Room.OPERATOR,
    )
    async def set_plan(
        self,
        info: Info,
        account_id: Annotated[strawberry.ID, strawberry.argument(description="Whose plan.")],
        plan: Annotated[Plan, strawberry.argument(description="From now on.")],
    ) -> SetPlanResult:
        act = info.context.act
        id = await act.changes(Account, account_id)
        await actions.set_plan(act.tx, id, rules.Plan[plan.name])
        return await act.answer(Account, id)
