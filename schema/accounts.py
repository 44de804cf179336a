"""The viewer and their account."""

from datetime import datetime
from typing import cast

import strawberry

from schema.acting import Info
from schema.enums import Plan
from schema.reading import Node, column, read_one, table


@table("workspace", prefix="acct", tenant="account_id")
class Account(Node):
    """A merchant's workspace: everything that one key can see."""

    name: str = column("Its name.")
    plan: Plan = column("What it pays for; Amazon stores need ENTERPRISE.")
    amazon_entitled_at: datetime | None = column(
        "Since when it may connect Amazon stores, which it keeps; null when it may not."
    )
    created_at: datetime = column("When it was opened.")


@strawberry.type(description="Who asks.")
class Viewer:
    @strawberry.field(description="The account of the key that was sent.")
    async def account(self, info: Info) -> Account:
        return cast(Account, await read_one(info, Account, info.context.account_id))

    @strawberry.field(
        description="The present moment as this installation has it; a rehearsal's clock may be"
        " far from yours."
    )
    def now(self, info: Info) -> datetime:
        return info.context.now()
