"""From a name to a connection: looked up once, every address checked, a checked one dialled."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeAlias

from domain.webhooks.addresses import Target, is_public

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Addresses of a host, the preferred one first. Raises OSError."""
Stream: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial: TypeAlias = Callable[[str, int, ssl.SSLContext | None, str | None], Awaitable[Stream]]
"""To an address and port; with TLS for a name, or without. Raises OSError."""

# Threads of their own: a name whose servers do not answer holds one for as long as the resolver
# waits, and nothing else may have to wait for it.
_LOOKUPS: Final = ThreadPoolExecutor(32, thread_name_prefix="lookup")


class NotPublic(Exception):
    """The name leads to where nobody may be sent."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """One lookup, by the machine's resolver."""
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOKUPS, look)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


async def dial(address: str, port: int, tls: ssl.SSLContext | None, name: str | None) -> Stream:
    return await asyncio.open_connection(address, port, ssl=tls, server_hostname=name)


async def checked(target: Target, resolve: Resolve) -> Sequence[str]:
    """Where to dial just now. Raises NotPublic, when one of the addresses is none that may be
    dialled, and OSError.

    A receiver of a rehearsal stands as it is written: its origin was allowed.
    """
    if not target.tls:
        return [target.host]
    found = await resolve(target.host, target.port)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    # One bad address refuses: whoever mixes them means us to try until we reach it.
    if not all(is_public(address) for address in found):
        raise NotPublic
    return found
