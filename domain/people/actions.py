"""Sign up, verify, sign in, choose another password, become an affiliate.

All of it takes a transaction of the system. What needs a password is proven before (`proving`).
Who gets in, and for how long, goes by the server's own time, letters by that of the workers.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import asyncpg

from db.pool import Tx
from domain.mail import actions as mail
from domain.mail import letters
from domain.mail.rules import Letter, Sender
from domain.people import attempts, queries, rules, sessions
from domain.people.proving import NewPassword, NewPerson, Proven
from domain.people.rules import (
    Begun,
    EmailNotVerified,
    Purpose,
    TokenNotValid,
    WrongCredentials,
)
from domain.people.tokens import new_token, token_hash


class _NobodyThere(Exception):
    """Takes back what was written for somebody who is not there."""


async def sign_up(
    tx: Tx, new: NewPerson, sender: Sender, now: datetime, *,
    as_affiliate: bool = False,
) -> None:  # fmt: skip
    """A new person, who is sent a letter. They can sign in once they have followed it.

    It looks the same for an address that is known: its owner is told by letter. Until an address
    is verified, whoever signed up with it last is who it may become.
    """
    created = await queries.sign_up(tx, new.email, new.name, new.password_hash, as_affiliate, now)
    token = new_token()
    await _put(tx, new.email, Purpose.VERIFY_EMAIL, token, now)  # as much work in both cases
    if created:
        letter = letters.verify(sender.front_end_url, token)
    else:
        letter = letters.known_already(sender.front_end_url)
    await _send(tx, sender, new.email, letter)


async def send_verification_again(tx: Tx, email: str, sender: Sender, now: datetime) -> None:
    """The letter of the sign-up once more; the earlier one then no longer counts.

    It looks the same, and is as much work, when there is nothing to verify.
    """
    purpose = Purpose.VERIFY_EMAIL
    await _letter_to_whoever_is_there(tx, email, purpose, sender, now)


async def request_password_reset(tx: Tx, email: str, sender: Sender, now: datetime) -> None:
    """A letter with which to choose another password; an earlier one then no longer counts.

    It looks the same, and is as much work, when nobody has the address.
    """
    purpose = Purpose.RESET_PASSWORD
    await _letter_to_whoever_is_there(tx, email, purpose, sender, now)


async def verify_email(tx: Tx, token: str, proven: Proven, browser: str, now: datetime) -> Begun:
    """The address is theirs: who has the letter also knew the password. They are signed in.

    Whoever signed up as an affiliate becomes one. Raises TokenNotValid, or WrongCredentials when
    the password has changed meanwhile.
    """
    person_id = await queries.take_token(tx, token_hash(token), Purpose.VERIFY_EMAIL, now)
    if person_id is None or person_id != proven.person_id:
        raise TokenNotValid
    await _still(tx, proven)
    await _verified(tx, person_id, now)
    return await _let_in(tx, proven, browser, now)


async def sign_in(tx: Tx, proven: Proven, browser: str, now: datetime) -> Begun:
    """A new session. Raises EmailNotVerified, or WrongCredentials when the password has changed
    meanwhile."""
    person = await _still(tx, proven)
    if person["email_verified_at"] is None:
        raise EmailNotVerified
    return await _let_in(tx, proven, browser, now)


async def reset_password(
    tx: Tx, token: str, password_hash: str, sender: Sender, now: datetime
) -> UUID:
    """Another password for whoever got the letter, whose id is returned. The address is then
    verified too, and all sessions have ended. Raises TokenNotValid."""
    person_id = await queries.take_token(tx, token_hash(token), Purpose.RESET_PASSWORD, now)
    if person_id is None:
        raise TokenNotValid
    await _set_password(tx, person_id, password_hash, sender, now)
    await _verified(tx, person_id, now)
    return person_id


async def change_password(
    tx: Tx, new: NewPassword, browser: str, sender: Sender, now: datetime
) -> Begun:
    """Another password; all sessions end, and a new one takes the place of this one.

    Raises WrongCredentials when the password has changed meanwhile.
    """
    person_id = new.proven.person_id
    await _still(tx, new.proven)
    await _set_password(tx, person_id, new.password_hash, sender, now)
    await attempts.take_back(tx, new.proven.counted)
    return await sessions.begin(tx, person_id, browser, now)


async def become_affiliate(tx: Tx, person_id: UUID, now: datetime) -> UUID:
    """The affiliate whom this person is, from now on; being one already is fine. Its id.

    One that a brand has entered under the same address becomes theirs, with all its partnerships,
    which is why the address has to be verified. Raises EmailNotVerified.
    """
    person = await queries.lock(tx, person_id)
    if person["email_verified_at"] is None:
        raise EmailNotVerified
    known = await queries.affiliate_of(tx, person_id)
    if known is not None:
        return known
    made = await queries.put_affiliate(tx, person_id, person["email"], person["name"], now)
    assert made is not None, "an address has one person, and is never changed"
    return made


async def _letter_to_whoever_is_there(
    tx: Tx, email: str, purpose: Purpose, sender: Sender, now: datetime
) -> None:
    """Statement by statement the same for an address that nobody has, and then taken back."""
    address = rules.same_address(email)
    write = {Purpose.VERIFY_EMAIL: letters.verify, Purpose.RESET_PASSWORD: letters.reset}[purpose]
    with suppress(_NobodyThere):
        async with tx.transaction():
            token = new_token()
            found = await _put(tx, address, purpose, token, now)
            await _send(tx, sender, address, write(sender.front_end_url, token))
            if not found:
                raise _NobodyThere


async def _send(tx: Tx, sender: Sender, to: str, letter: Letter) -> None:
    await mail.send(tx, sender.keyring, None, to, *letter, sender.at)


async def _put(tx: Tx, address: str, purpose: Purpose, token: str, now: datetime) -> bool:
    expires_at = now + rules.VALID[purpose]
    return await queries.put_token(tx, address, purpose, token_hash(token), expires_at)


async def _still(tx: Tx, proven: Proven) -> asyncpg.Record:
    """The person, locked, with the password that was proven."""
    person = await queries.lock(tx, proven.person_id)
    if person["password_hash"] != proven.password_hash:
        raise WrongCredentials
    return person


async def _let_in(tx: Tx, proven: Proven, browser: str, now: datetime) -> Begun:
    if proven.rehashed is not None:
        await queries.set_password(tx, proven.person_id, proven.rehashed)
    await attempts.take_back(tx, proven.counted)
    return await sessions.begin(tx, proven.person_id, browser, now)


async def _verified(tx: Tx, person_id: UUID, now: datetime) -> None:
    wants_affiliate = (await queries.lock(tx, person_id))["wants_affiliate"]
    await queries.set_verified(tx, person_id, now)
    if wants_affiliate:
        await become_affiliate(tx, person_id, now)


async def _set_password(
    tx: Tx, person_id: UUID, password_hash: str, sender: Sender, now: datetime
) -> None:
    """Whoever got in by the old one is out, and whoever owns the address is told."""
    person = await queries.lock(tx, person_id)
    await queries.set_password(tx, person_id, password_hash)
    await queries.drop_tokens(tx, person_id)
    await queries.end_sessions(tx, person_id)
    letter = letters.password_changed(sender.front_end_url)
    await _send(tx, sender, person["email"], letter)
