"""How letters leave the house: by an SMTP server, or into a folder where somebody finds them."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from secrets import token_hex
from typing import Final

import aiosmtplib
import structlog
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from domain.mail.rules import Mail, SmtpServer
from workers.errors import GiveUp, TryAgain

_PATIENCE_S: Final = 30
_PERMANENT: Final = 500
"""SMTP's answers from here on stay the same when asked again."""


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Smtp:
    """A server that takes our letters."""

    server: SmtpServer
    tls: ssl.SSLContext | None = None
    """Whose certificates are believed; those of the system when None."""
    patience_s: float = _PATIENCE_S
    """With each step of the conversation."""

    async def deliver(self, message: EmailMessage) -> None:
        """Raises TryAgain, or GiveUp when the server will never take this letter."""
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.tls_from_start,
            # None is: when the server offers it.
            start_tls=False if server.tls_from_start else server.tls_required or None,
            tls_context=self.tls,
            local_hostname=socket.gethostname(),
            timeout=self.patience_s,
        )
        try:
            await client.connect()
            if server.user is not None and server.password is not None:
                await client.login(server.user, server.password)
            # Until here it is a matter of this house and its server, which somebody may mend. What
            # is said of the letter itself is final.
            await self._hand_in(client, message)
            with suppress(SMTPException):
                await client.quit()
        except (SMTPException, OSError) as error:
            raise TryAgain(f"The mail server {server.host} takes no letters: {error}") from error
        finally:
            client.close()

    async def _hand_in(self, client: aiosmtplib.SMTP, message: EmailMessage) -> None:
        try:
            await client.send_message(message)
        except SMTPRecipientsRefused as error:
            refused = error.recipients[0]
            raise _ending(refused.code, refused.message) from error
        except SMTPResponseException as error:
            raise _ending(error.code, error.message) from error


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder. A letter is there whole or not at all, and the same letter is there once."""

    folder: Path

    async def deliver(self, message: EmailMessage) -> None:
        await asyncio.to_thread(self._put, message)

    def _put(self, message: EmailMessage) -> None:
        name = message["Message-ID"].strip("<>").partition("@")[0]
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.folder / f".{name}.{token_hex(8)}.part"  # others may be at the same letter
        part.write_bytes(message.as_bytes())
        part.replace(self.folder / f"{name}.eml")


@dataclass(frozen=True, slots=True)
class Post:
    sender: str
    """Name <address>."""
    way: Smtp | Outbox

    async def send(self, mail: Mail, text: str) -> None:
        """Sent twice, a letter has the same Message-ID, by which the second is known as the first.

        Raises TryAgain or GiveUp.
        """
        await self.way.deliver(self._message(mail, text))

    def _message(self, mail: Mail, text: str) -> EmailMessage:
        message = EmailMessage(SMTP)
        message["From"] = self.sender
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.created_at)
        message["Message-ID"] = f"<{mail.id.hex}@{parseaddr(self.sender)[1].rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # nobody's absence is answered to us
        message.set_content(text)
        return message


def _ending(code: int, said: str) -> TryAgain | GiveUp:
    """What the server said may hold the address, which not everybody may see who sees the duty."""
    log.warning("mail_refused", code=code, said=said)
    if code < _PERMANENT:
        return TryAgain(f"The mail server puts the letter off: {code}. The log has its words.")
    return GiveUp(f"The mail server refuses the letter for good: {code}. The log has its words.")
