"""Affiliates: people of the network, seen by the accounts that know them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.access import Room, Scope
from domain.affiliates import actions
from schema.acting import Info, change
from schema.reading import (
    Connection,
    Node,
    column,
    contains,
    equals,
    table,
    to_many,
    where,
)
from schema.refusals import AffiliateSignedUp, InvalidInput

if TYPE_CHECKING:
    from schema.partnerships import PartnershipConnection

# A set, and no condition on each affiliate: the network is larger than what an account knows of it.
_KNOWN = """{t}.id in (select k.affiliate_id from partnership k where k.account_id = {account}
    union select k.affiliate_id from acquaintance k join affiliate n on n.id = k.affiliate_id
      where k.account_id = {account} and n.person_id is null)"""


@strawberry.input(description="Narrows a list of affiliates.")
class AffiliateFilter:
    name: str | None = contains("Part of the name.", "name")
    email: str | None = equals("With exactly this address, in lower case.", "email")
    store_id: strawberry.ID | None = where(
        "Partners of this store.",
        "exists (select from partnership k where k.account_id = {account}"
        " and k.affiliate_id = {t}.id and k.store_id = {v})",
        prefix="stor",
        only=Room.ACCOUNT,
    )


@table(
    "affiliate",
    prefix="affl",
    visible=_KNOWN,
    affiliate="{t}.id = {affiliate}",
    operator=True,
    filter=AffiliateFilter,
    sort=("name", "created_at"),
)
class Affiliate(Node):
    """A person who promotes stores, with one identity over all accounts.

    An account sees those who are or were its partners, and those whom it has entered itself while
    nobody has signed up as them.
    """

    name: str = column("What the person is called.")
    email: str = column("The address, in lower case; one person has one.")
    created_at: datetime = column("When the network first knew them.")
    partnerships: Annotated["PartnershipConnection", strawberry.lazy("schema.partnerships")] = (
        to_many("Their partnerships with stores of your account.", "affiliate_id")
    )


@strawberry.type(description="A page of affiliates.")
class AffiliateConnection(Connection[Affiliate]):
    pass


@strawberry.input(description="A person who promotes stores.")
class CreateAffiliateInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    email: str = strawberry.field(description="Tells people apart, in any case of letters.")


CreateAffiliateResult = Annotated[
    Affiliate | AffiliateSignedUp | InvalidInput,
    strawberry.union("CreateAffiliateResult", description="The affiliate, or why not."),
]


@strawberry.type
class AffiliateMutations:
    @change(
        "Enter an affiliate. An address that the network knows already gives the"
        " person it belongs to, under the name they have.",
        needs=Scope.MANAGE,
    )
    async def create_affiliate(
        self, info: Info, input: CreateAffiliateInput
    ) -> CreateAffiliateResult:
        act = info.context.act
        affiliate = await actions.create_affiliate(
            act.tx, act.account_id, input.name, input.email, act.now
        )
        return await act.answer(Affiliate, affiliate.id)
