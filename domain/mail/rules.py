"""What a letter is, where it is kept sealed, and which server takes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from domain.sealing import Keyring, Place

KEPT: Final = timedelta(days=30)
"""So long it is remembered that a letter was sent, or could not be."""

_PORTS: Final = {"smtp": 587, "smtps": 465}


class Letter(NamedTuple):
    """Written, but not addressed. The subject is one line."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Sender:
    """What it takes to send a letter besides what it says."""

    keyring: Keyring = field(repr=False)
    front_end_url: str
    """Where the pages are that letters lead to."""
    at: datetime
    """Now, by the clock that the workers go by, which a rehearsal may move."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter on its way. `sealed_text` is None once it has gone."""

    id: UUID
    recipient: str
    subject: str
    sealed_text: str | None = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed in."""

    host: str
    port: int
    tls_from_start: bool
    """Otherwise the connection turns to TLS when the server offers it."""
    tls_required: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class BadSmtpUrl(ValueError):
    """Says what is wrong without quoting the address, which may hold a password."""


def place_of(account_id: UUID, mail_id: UUID) -> Place:
    """Where the text of a letter opens. `account_id` is its duty's."""
    return Place("mail", "sealed_text", account_id, mail_id)


def smtp_server(url: str) -> SmtpServer:
    """Read smtp://user:password@host:port or smtps://…; `?starttls=required` after the first.

    A password is never sent without TLS, but to this machine. Raises BadSmtpUrl.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise BadSmtpUrl("cannot be read as an address") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise BadSmtpUrl("must be smtp://host:port or smtps://host:port")
    if asked not in ({}, {"starttls": ["required"]}):
        raise BadSmtpUrl("may end in ?starttls=required and in nothing else")
    if (parts.username is None) != (parts.password is None):
        raise BadSmtpUrl("must have both user and password, or neither")
    whole = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls_from_start=whole,
        tls_required=whole
        or bool(asked)
        or (parts.password is not None and not _is_here(parts.hostname)),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
