"""Where a webhook may go: which URLs are taken, and which addresses are dialled. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import urlsplit

from domain.errors import InvalidInput, excerpt

LONGEST_URL: Final = 2_000
PORTS: Final = (443, 8443)

_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(one)
    for one in (
        "::/8",  # itself, loopback, and every way to write an IPv4 address in the first bits
        "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8",
    )
)  # fmt: skip

_HOST: Final = re.compile(
    r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}", re.ASCII
)
_ENDS_IN_A_NUMBER: Final = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)\.?", re.ASCII)
# Names that no public server has, whatever the resolver of this machine says.
_OF_NOBODY: Final = ("localhost", "local", "internal", "lan", "home.arpa", "onion", "invalid")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, taken apart for whoever sends to it."""

    host: str
    port: int
    path: str
    """With its query."""
    tls: bool
    """Otherwise it is a receiver of a rehearsal: dialled as it stands, unencrypted."""

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def check_url(
    url: str, receivers: Collection[str], own_hosts: Collection[str] = (), *, field: str = "url"
) -> str:
    """The URL without blanks around it, if webhooks may go there.

    `receivers` are origins of a rehearsal, allowed as they stand; `own_hosts` are ours, which are
    not. Raises InvalidInput, which names `field` and says what is wrong. Where the name leads is
    looked at whenever something is sent.
    """
    written = url.strip()
    target(written, receivers, own_hosts, field=field)
    return written


def target(
    url: str, receivers: Collection[str], own_hosts: Collection[str] = (), *, field: str = "url"
) -> Target:
    """The same, in its parts. Raises InvalidInput."""

    def refused(reason: str) -> InvalidInput:
        return InvalidInput(field, reason)

    if not 1 <= len(url) <= LONGEST_URL:
        raise refused(f"A URL has 1 to {LONGEST_URL} characters, this one has {len(url)}.")
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ' \\"<>`{}|^'):
        raise refused(
            "A URL has no blanks, backslashes, quotes, braces, nor letters outside of ASCII. Write"
            " a name like bücher.example as xn--bcher-kva.example, and escape the rest with %."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise refused(f'"{excerpt(url)}" cannot be read as a URL.') from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if "#" in url:
        raise refused("A fragment (what follows #) is never sent: leave it out.")
    if "@" in parts.netloc:
        raise refused(
            "User names and passwords in a URL are not sent: leave them out. Deliveries are signed."
        )
    if parts.scheme == "http" and f"http://{parts.netloc}" in receivers:
        return Target(host, port or 80, path, tls=False)
    if parts.scheme != "https":
        raise refused("Webhooks are sent by https only: begin with https://.")
    if port not in (None, *PORTS) or parts.netloc.endswith(":"):
        raise refused("Webhooks are sent to port 443 or 8443 only: leave the port out.")
    if ":" in host or "[" in parts.netloc or _ENDS_IN_A_NUMBER.fullmatch(host):
        raise refused("Webhooks are sent to a host by its name, not to a number: write the name.")
    if host in own_hosts:
        raise refused("This is our own address: webhooks are sent to a server of yours.")
    if not _HOST.fullmatch(host) or host.endswith(tuple(f".{name}" for name in _OF_NOBODY)):
        raise refused(
            f'"{excerpt(host)}" is no name of a public server. Write the whole name, like'
            " hooks.example.com, without a dot at its end."
        )
    return Target(host, port or 443, path, tls=True)


def is_public(address: str) -> bool:
    """Whether an address, as a lookup gives it, may be dialled. False for what is no address."""
    try:
        read = ip_address(address)
    except ValueError:
        return False
    if isinstance(read, IPv6Address):
        if read.scope_id is not None:
            return False
        return not any(read in network for network in _NOT_PUBLIC_6)
    return not any(read in network for network in _NOT_PUBLIC_4)
