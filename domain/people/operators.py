"""Who runs the installation: the first operator with the first account, and further ones.

All of it takes a transaction of the system, and is asked for at the command line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from db.pool import Tx
from domain.access import Role
from domain.accounts import actions as accounts
from domain.accounts.actions import IssuedKey
from domain.affiliates.rules import email as email_address
from domain.errors import Refusal
from domain.people import queries, rules
from domain.people.rules import Purpose
from domain.people.tokens import new_token, token_hash


@dataclass(eq=False)
class BegunAlready(Refusal):
    @property
    def message(self) -> str:
        return (
            "This installation has an operator already, so it has begun. `create-operator` makes "
            "another one."
        )


@dataclass(frozen=True, slots=True)
class Operator:
    person_id: UUID
    token: str = field(repr=False)
    """With which they choose a password, once, within an hour."""


@dataclass(frozen=True, slots=True)
class Beginning:
    operator: Operator
    account_id: UUID
    key: IssuedKey


async def begin(tx: Tx, email: str, name: str, account_name: str, now: datetime) -> Beginning:
    """The first operator of an installation, who owns its first account.

    Raises InvalidInput or BegunAlready.
    """
    if not await queries.only_beginning(tx):
        raise BegunAlready
    operator = await create_operator(tx, email, name, now)
    account = await accounts.create_account(tx, account_name, None, now)
    await queries.join(tx, account.id, operator.person_id, Role.OWNER, now)
    key = await accounts.create_api_key(tx, account.id, "first key")
    return Beginning(operator, account.id, key)


async def create_operator(tx: Tx, email: str, name: str, now: datetime) -> Operator:
    """An operator of the installation, new or known by the address, which is believed.

    Raises InvalidInput.
    """
    address, written = email_address(email), rules.person_name(name)
    person_id = await queries.put_verified(tx, address, written, now)
    await queries.make_operator(tx, person_id, now)
    token, purpose = new_token(), Purpose.RESET_PASSWORD
    await queries.put_token(tx, address, purpose, token_hash(token), now + rules.VALID[purpose])
    return Operator(person_id, token)
