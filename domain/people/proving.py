"""What comes before a transaction: attempts are counted, passwords compared and hashed.

None of it holds a connection while a password is hashed, and each try is counted before it is
looked at. What is proven holds only if it still does in the transaction that follows, which looks
again (`actions`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from db.pool import Database
from domain.affiliates.rules import email as email_address
from domain.people import attempts, passwords, queries, rules
from domain.people.attempts import Counted
from domain.people.passwords import Verdict
from domain.people.rules import Purpose, TokenNotValid, WrongCredentials
from domain.people.tokens import token_hash

SIGN_IN: Final = "sign in"
SIGN_UP: Final = "sign up"
LETTER: Final = "letter"
TOKEN: Final = "token"  # noqa: S105 - the name of an attempt
KEY: Final = "key"


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody knew the password whose hash this is."""

    person_id: UUID
    password_hash: str = field(repr=False)
    rehashed: str | None = field(repr=False)
    """The same password by today's parameters, where the hash is of older ones."""
    counted: Counted


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A sign-up whose words are in order."""

    name: str
    email: str
    password_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that may be set, and what lets it be set."""

    proven: Proven
    password_hash: str = field(repr=False)


async def credentials(
    db: Database, email: str, password: str, client: str, now: datetime
) -> Proven:
    """For `actions.sign_in`. Raises TooManyAttempts or WrongCredentials."""
    address = rules.same_address(email)
    counted = await attempts.count(db, SIGN_IN, client, address, now)
    found = await queries.credentials(db, address)
    if found is None:
        return await _proven(None, None, password, counted)
    return await _proven(found["id"], found["password_hash"], password, counted)


async def address(db: Database, token: str, password: str, client: str, now: datetime) -> Proven:
    """For `actions.verify_email`. Raises TooManyAttempts, TokenNotValid or WrongCredentials."""
    await attempts.count(db, TOKEN, client, None, now)
    found = await queries.holder_of(db, token_hash(token), Purpose.VERIFY_EMAIL, now)
    if found is None:
        raise TokenNotValid
    counted = await attempts.count(db, SIGN_IN, client, found["email"], now)
    return await _proven(found["id"], found["password_hash"], password, counted)


async def new_person(
    db: Database, name: str, email: str, password: str, client: str, now: datetime
) -> NewPerson:
    """For `actions.sign_up`. Raises InvalidInput or TooManyAttempts."""
    written, kept = rules.person_name(name), email_address(email)
    passwords.check(password, kept, written)
    await attempts.count(db, SIGN_UP, client, kept, now)
    return NewPerson(written, kept, await passwords.hashed(password))


async def forgotten_password(
    db: Database, token: str, password: str, client: str, now: datetime
) -> str:
    """The hash for `actions.reset_password`.

    Raises TooManyAttempts, TokenNotValid or InvalidInput; nothing is hashed for a token that is
    made up.
    """
    await attempts.count(db, TOKEN, client, None, now)
    found = await queries.holder_of(db, token_hash(token), Purpose.RESET_PASSWORD, now)
    if found is None:
        raise TokenNotValid
    passwords.check(password, found["email"], found["name"])
    return await passwords.hashed(password)


async def new_password(
    db: Database, person_id: UUID, current: str, password: str, client: str, now: datetime
) -> NewPassword:
    """For `actions.change_password`. Raises InvalidInput, TooManyAttempts or WrongCredentials."""
    found = await queries.credentials_of(db, person_id)
    assert found is not None, "people are not deleted"
    passwords.check(password, found["email"], found["name"])
    counted = await attempts.count(db, SIGN_IN, client, found["email"], now)
    proven = await _proven(found["id"], found["password_hash"], current, counted)
    return NewPassword(proven, await passwords.hashed(password))


async def letter(db: Database, email: str, client: str, now: datetime) -> None:
    """Before a letter that anybody can ask for. Raises TooManyAttempts."""
    await attempts.count(db, LETTER, client, rules.same_address(email), now)


async def token(db: Database, client: str, now: datetime) -> None:
    """Before a token that somebody brings is looked at. Raises TooManyAttempts."""
    await attempts.count(db, TOKEN, client, None, now)


async def bad_key(db: Database, client: str, now: datetime) -> None:
    """After an API key that opens nothing; good ones are not counted. Raises TooManyAttempts."""
    await attempts.count(db, KEY, client, None, now)


async def _proven(
    person_id: UUID | None, kept: str | None, password: str, counted: Counted
) -> Proven:
    verdict = await passwords.verdict(kept, password)
    if verdict is Verdict.WRONG or person_id is None or kept is None:
        raise WrongCredentials
    rehashed = await passwords.hashed(password) if verdict is Verdict.OUTDATED else None
    return Proven(person_id, kept, rehashed, counted)
