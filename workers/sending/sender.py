"""Sends webhooks, wherever their URLs lead, and comes back in time with what became of it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Final

import h11

from domain.errors import InvalidInput
from domain.webhooks.addresses import Target, target
from domain.webhooks.rules import Answer, storable
from workers.sending import addresses
from workers.sending.addresses import Dial, NotPublic, Resolve
from workers.sending.exchange import Connection, NoAnswer, Reply

MOST_DIALLED: Final = 4
"""Addresses of a name that are tried in one attempt: with more, whoever owns the name would have us
knock at the doors of others."""


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds."""

    connect_s: float = 5
    """For the lookup, the connection and TLS."""
    whole_s: float = 15
    """For all of it, however often something arrives."""


class NotConnected(TimeoutError):
    """There was no time left before there was a connection."""


class TooLate(Exception):
    """It may not be sent any more, and nothing of it was."""


@dataclass(frozen=True)
class Sender:
    receivers: Collection[str] = ()
    """Origins of a rehearsal."""
    own_hosts: Collection[str] = ()
    patience: Patience = field(default_factory=Patience)
    resolve: Resolve = addresses.resolve
    dial: Dial = addresses.dial

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Made once: to read this machine's certificates takes long."""
        return ssl.create_default_context()

    def line(self, url: str) -> Line:
        """To one receiver, for a while: connections are kept until it is closed."""
        return Line(self, url)


class Line:
    def __init__(self, sender: Sender, url: str) -> None:
        self.url = url
        self._sender = sender
        self._idle: list[Connection] = []
        self._target: Target | None = None
        try:
            self._target = target(url, sender.receivers, sender.own_hosts)
        except InvalidInput as refusal:
            self._refused = refusal.reason

    def close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()

    async def post(
        self, sign: Callable[[], list[tuple[str, str]]], body: bytes, may: Callable[[], bool]
    ) -> Answer:
        """Send a body once. Raises TooLate, and nothing else: what goes wrong is an answer.

        `sign` makes the headers and `may` says whether it may still go; both are asked when the
        connection stands and the next thing is to send.
        """
        if self._target is None:
            return Answer(0, error=self._refused)
        begun = time.monotonic()

        def answer(**what: object) -> Answer:
            return Answer(round((time.monotonic() - begun) * 1000), **what)  # type: ignore[arg-type]

        try:
            async with asyncio.timeout(self._sender.patience.whole_s):
                reply = await self._sent(self._target, sign, body, may)
        except NotConnected:
            return answer(error="No connection came about in time.", timed_out=True)
        except TimeoutError:
            return answer(error="No whole answer came in time.", timed_out=True)
        except NotPublic:
            return answer(error="The host leads to an address that is not public.")
        except NoAnswer:
            return answer(error="The receiver closed the connection without an answer.")
        except h11.RemoteProtocolError:
            return answer(error="The receiver's answer is not HTTP/1.1.")
        except OSError as error:
            return answer(error=_said(error))
        return answer(
            status=reply.status,
            response=storable(reply.body.decode("utf-8", "replace")),
            retry_after=reply.retry_after,
        )

    async def _sent(
        self,
        target: Target,
        sign: Callable[[], list[tuple[str, str]]],
        body: bytes,
        may: Callable[[], bool],
    ) -> Reply:
        connection, kept = await self._connected(target)
        while True:
            try:
                if not may():
                    raise TooLate
                headers = [
                    ("Host", target.authority),
                    ("User-Agent", "Clickledger-Webhooks/1"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(body))),
                    ("Accept-Encoding", "identity"),
                    *sign(),
                ]
                reply = await connection.exchange(target.path, headers, body)
            except (NoAnswer, ConnectionError):
                connection.close()
                if not kept:
                    raise
                # It was about to be closed when we took it. The address was checked just now.
                connection, kept = await self._dialled(target, [connection.address]), False
            except BaseException:
                connection.close()
                raise
            else:
                break
        if connection.idle:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    async def _connected(self, target: Target) -> tuple[Connection, bool]:
        """A connection to an address that was checked just now; whether it was there before."""
        try:
            async with asyncio.timeout(self._sender.patience.connect_s):
                checked = await addresses.checked(target, self._sender.resolve)
                while self._idle:
                    connection = self._idle.pop()
                    if connection.idle and connection.address in checked:
                        return connection, True
                    connection.close()
                return await self._dialled(target, checked), False
        except TimeoutError:
            raise NotConnected from None

    async def _dialled(self, target: Target, checked: Collection[str]) -> Connection:
        tls, name = (self._sender.tls, target.host) if target.tls else (None, None)
        failure: OSError = ConnectionError("no address")
        for address in islice(checked, MOST_DIALLED):
            try:
                reader, writer = await self._sender.dial(address, target.port, tls, name)
                return Connection(address, reader, writer)
            except ssl.SSLError:
                raise
            except OSError as error:
                failure = error
        raise failure


def _said(error: OSError) -> str:
    """Without our view of their network: names and addresses are not repeated."""
    if isinstance(error, socket.gaierror):
        return "The host's name could not be looked up."
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The receiver's certificate is not valid: {error.verify_message}."
    if isinstance(error, ssl.SSLError):
        return "No TLS connection could be made with the receiver."
    return f"The connection failed: {type(error).__name__}."
