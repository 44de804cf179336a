from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from domain.duties.rules import INSTALLATION
from domain.mail import actions, queries
from domain.mail.rules import KEPT, place_of
from domain.sealing import WrongSeal
from tests.factories import NOW, an_account
from tests.letterbox import KEYRING, everything_kept

WORDS = ("ann@example.com", "Hello\r\nBcc: all@example.com", "The token is t0k3n.", NOW)


async def test_a_letter_is_sealed_and_promised(db, owner):
    async with db.system() as tx:
        mail_id = await actions.send(tx, KEYRING, None, *WORDS)
        mail = await queries.mail(tx, mail_id)

    assert mail.subject == "Hello Bcc: all@example.com"
    assert KEYRING.open(mail.sealed_text, place_of(INSTALLATION, mail_id)) == WORDS[2]
    with pytest.raises(WrongSeal):
        KEYRING.open(mail.sealed_text, place_of(INSTALLATION, uuid4()))
    assert "t0k3n" not in await everything_kept(owner)
    assert mail.sealed_text not in repr(mail)
    duty = await owner.fetchrow("SELECT * FROM duty")
    assert (duty["kind"], duty["subject"], duty["account_id"], duty["payload"]) == (
        "send_mail", str(mail_id), INSTALLATION, "{}",
    )  # fmt: skip


async def test_an_account_sends_letters_and_reads_none(db, owner):
    account_id = await an_account(owner)
    async with db.transaction(account_id) as tx:
        await actions.send(tx, KEYRING, account_id, *WORDS)

    assert await owner.fetchval("SELECT account_id FROM duty") == account_id
    async with db.transaction(account_id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.fetch("SELECT id FROM mail")


async def test_a_letter_that_was_taken_back_is_not_sent(db, owner):
    async def send_and_fail() -> None:
        async with db.system() as tx:
            await actions.send(tx, KEYRING, None, *WORDS)
            raise LookupError

    with pytest.raises(LookupError):
        await send_and_fail()

    assert await owner.fetchval("SELECT count(*) FROM mail") == 0
    assert await owner.fetchval("SELECT count(*) FROM duty") == 0


async def test_letters_are_forgotten_after_a_month(db, owner):
    async with db.system() as tx:
        await actions.send(tx, KEYRING, None, *WORDS)
        await actions.forget_old(tx, NOW + KEPT)
        assert await owner.fetchval("SELECT count(*) FROM mail") == 0
        kept = await tx.fetchval("SELECT count(*) FROM mail")
        await actions.forget_old(tx, NOW + KEPT + timedelta(seconds=1))
        assert (kept, await tx.fetchval("SELECT count(*) FROM mail")) == (1, 0)
