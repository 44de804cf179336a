"""Keys with which programs ask and act for an account."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import strawberry

from domain import access
from domain.access import Scope as Scopes
from domain.accounts import actions
from schema.acting import Info, change
from schema.enums import Scope
from schema.reading import Connection, Node, column, contains, read_one, table, where
from schema.refusals import InvalidInput, NotFound, ScopesNotHeld, WrongId


@strawberry.input(description="Narrows a list of API keys.")
class ApiKeyFilter:
    name: str | None = contains("Part of the name.", "name")
    revoked: bool | None = where("Revoked or not.", "({t}.revoked_at is not null) = {v}")


@table(
    "api_key",
    prefix="akey",
    tenant="account_id",
    needs=Scopes.ADMINISTER,
    filter=ApiKeyFilter,
    sort=("-created_at", "name"),
)
class ApiKey(Node):
    """A key of the account. Its text was shown once, when it was made, and nobody has it since."""

    name: str = column("What it is for.")
    beginning: str = column("How its text begins, to recognise it by.", "prefix")
    scopes: list[Scope] = column("What may be done with it.")
    created_by: str = column("The id of the person or key that made it, or operator.")
    created_at: datetime = column("When it was made.")
    expires_at: datetime | None = column("When it ends by itself; null when it does not.")
    last_used_at: datetime | None = column("When it was last used, to the minute; null if never.")
    revoked_at: datetime | None = column(
        "Since when nobody is let in with it; null while it works."
    )


@strawberry.type(description="A page of API keys.")
class ApiKeyConnection(Connection[ApiKey]):
    pass


@strawberry.input(description="A new API key.")
class CreateApiKeyInput:
    name: str = strawberry.field(description="What it is for; 1 to 200 characters.")
    scopes: list[Scope] = strawberry.field(
        description="Each once, at least one, and none that you do not have. READ alone changes"
        " nothing."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it ends by itself; never, when left out."
    )


@strawberry.type(description="A key that was just made.")
class ApiKeyCreated:
    key_id: strawberry.Private[UUID]
    text: str = strawberry.field(
        description="The key itself, for the header Authorization: Bearer clk_…. It is shown here"
        " and never again."
    )

    @strawberry.field(description="What is known of it from now on.")
    async def api_key(self, info: Info) -> ApiKey:
        return cast(ApiKey, await read_one(info, ApiKey, self.key_id))


CreateApiKeyResult = Annotated[
    ApiKeyCreated | ScopesNotHeld | InvalidInput,
    strawberry.union("CreateApiKeyResult", description="The key, or why not."),
]
RevokeApiKeyResult = Annotated[
    ApiKey | NotFound | WrongId,
    strawberry.union("RevokeApiKeyResult", description="The key, or why not."),
]


@strawberry.type
class ApiKeyMutations:
    @change(
        "Make a key with which a program asks and acts for the account."
        ' `createApiKey(input: {name: "Nightly export", scopes: [READ]})` makes one that changes'
        " nothing.",
        needs=Scopes.ADMINISTER,
    )
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyResult:
        act = info.context.act
        made = await actions.create_api_key(
            act.tx, act.account_id, input.name,
            frozenset(access.Scope[scope.name] for scope in input.scopes), input.expires_at,
            created_by=act.actor, of_maker=info.context.seat.scopes,
        )  # fmt: skip
        act.made(ApiKey, made.id)
        return ApiKeyCreated(key_id=made.id, text=made.text)

    @change("Let nobody in with a key any more, at once. Twice is once.", needs=Scopes.ADMINISTER)
    async def revoke_api_key(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of the key.")],
    ) -> RevokeApiKeyResult:
        act = info.context.act
        found = await act.changes(ApiKey, id)
        await actions.revoke_api_key(act.tx, act.account_id, found)
        return await act.answer(ApiKey, found)
